"""Returns the keyboard focus to the canvas when the user has finished elsewhere."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, QTimer
from PySide6.QtGui import QAction
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QLineEdit,
    QMenu,
    QPlainTextEdit,
    QWidget,
)

from gui.window.parts import WindowParts


class Focus(QObject):
    """Gives the canvas the focus after a menu choice, a dialog, an opening or a rebuild.

    Otherwise Space would open the combo box that was clicked last, rather than run the training. A
    widget that was reached by Tab keeps the focus, and typing is never interrupted.
    """

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self._by_tab: QWidget | None = None
        self._before: QWidget | None = None
        self._choosing = False
        window.menuBar().triggered.connect(self._after_choice)
        for menu in window.menus.values():
            menu.aboutToShow.connect(self._begin_choice)
            menu.aboutToHide.connect(self._end_choice)

    def to_canvas(self) -> None:
        """Focus the canvas; a field that loses the focus applies its text."""
        self._by_tab = None
        self._window.canvas.setFocus(Qt.FocusReason.OtherFocusReason)

    def went_by_tab(self) -> None:
        """Remember the focused widget as reached by Tab."""
        self._by_tab = QApplication.focusWidget()

    def after_build(self) -> None:
        """Focus the canvas after a graph was built, unless the user types or works by Tab."""
        now = QApplication.focusWidget()
        elsewhere = QApplication.activePopupWidget() or QApplication.activeModalWidget()
        if elsewhere is None and not is_typing(now) and (now is None or now is not self._by_tab):
            self.to_canvas()

    def after_enter(self) -> bool:
        """End typing in a panel's field, unless its text was refused; return whether it did."""
        now = QApplication.focusWidget()
        if now is None or now is self._by_tab or not is_typing(now) or now.property("refused"):
            return False
        if not any(dock.isAncestorOf(now) for dock in self._window.docks.values()):
            return False
        self.to_canvas()
        return True

    # -- menus -------------------------------------------------------------------------------

    def _begin_choice(self) -> None:
        if not self._choosing:  # not when moving from one menu to the next
            self._choosing, self._before = True, QApplication.focusWidget()

    def _end_choice(self) -> None:
        # A menu closes before its action is triggered: reset in the next event-loop turn.
        QTimer.singleShot(0, self, self._forget_choice)

    def _forget_choice(self) -> None:
        open_menu = isinstance(QApplication.activePopupWidget(), QMenu)
        self._choosing = self._choosing and open_menu

    def _after_choice(self, _: QAction) -> None:
        """Give the canvas the focus after an action, unless the action itself moved the focus."""
        if self._choosing and QApplication.focusWidget() is self._before:
            self.to_canvas()


def is_typing(widget: QWidget | None) -> bool:
    """Whether the widget takes keys as text."""
    if isinstance(widget, QComboBox):
        return widget.isEditable()
    return isinstance(widget, QLineEdit | QPlainTextEdit | QAbstractSpinBox)
