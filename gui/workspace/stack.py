"""A stack of panels behind tabs, and the small window that a panel has when it floats."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, Signal
from PySide6.QtGui import (
    QAction,
    QCloseEvent,
    QContextMenuEvent,
    QKeyEvent,
    QMouseEvent,
    QMoveEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import (
    QBoxLayout,
    QHBoxLayout,
    QMenu,
    QStackedWidget,
    QTabBar,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.support.text import tr
from gui.appearance.icons import icon
from gui.appearance.theme import Theme
from gui.panels.panel import Panel
from gui.widgets.layout_shield import LayoutShield
from gui.workspace.arrangement import ScreenRect
from gui.workspace.host import PanelHost


class Dock(LayoutShield):
    """A panel in its place: what may be asked of it, wherever it stands.

    ``visibilityChanged(bool)`` tells whether it can be seen: not behind a tab, not closed.
    """

    visibilityChanged = Signal(bool)

    def __init__(self, workspace: PanelHost, panel: Panel, title: str) -> None:
        super().__init__(panel)
        self.name = panel.name
        self.setObjectName(f"dock-{self.name}")
        self.setWindowTitle(title)
        self._workspace = workspace
        self._toggle = QAction(title, workspace)
        self._toggle.setCheckable(True)
        panel.windowTitleChanged.connect(self.setWindowTitle)
        self.windowTitleChanged.connect(self._toggle.setText)
        self._toggle.triggered.connect(lambda on: self.show() if on else self.close())

    def toggleViewAction(self) -> QAction:
        """The action of the View menu, checked while the panel is not closed."""
        return self._toggle

    def show(self) -> None:
        """Bring it back to where it was."""
        self._workspace.open(self.name)

    def close(self) -> bool:
        """Take it away until the View menu brings it back."""
        self._workspace.change(lambda now: now.shut(self.name))
        return True

    def raise_(self) -> None:
        """Bring it to the front of its stack."""
        self._workspace.raise_panel(self.name)

    def isHidden(self) -> bool:
        """Whether it is closed."""
        return self.name in self._workspace.arrangement.closed

    def isFloating(self) -> bool:
        """Whether it has a window of its own."""
        return self.name in self._workspace.arrangement.floating

    def setFloating(self, floating: bool) -> None:
        """Give it a window of its own, or put it back."""
        self._workspace.float(self.name) if floating else self._workspace.dock(self.name)

    def showEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().showEvent(event)  # type: ignore[arg-type]
        self.visibilityChanged.emit(True)

    def hideEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().hideEvent(event)  # type: ignore[arg-type]
        self.visibilityChanged.emit(False)


class Tabs(QTabBar):
    """The titles of a stack: a click brings a panel to the front, dragging takes it elsewhere."""

    dragged = Signal(int, QPoint)  # the tab, where on the screen
    dropped = Signal(int, QPoint)
    given_up = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setElideMode(Qt.TextElideMode.ElideNone)
        self.setObjectName("panels")
        self._pressed = self._dragged = -1

    def mousePressEvent(self, event: QMouseEvent) -> None:
        super().mousePressEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._pressed = self.tabAt(event.position().toPoint())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Outside of the bar the tab comes off."""
        super().mouseMoveEvent(event)
        if self._pressed < 0:
            return
        if not self.rect().adjusted(0, -8, 0, 8).contains(event.position().toPoint()):
            if self._dragged < 0:
                self.grabKeyboard()  # for Esc
            self._dragged = self._pressed
        if self._dragged >= 0:
            self.dragged.emit(self._dragged, event.globalPosition().toPoint())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        super().mouseReleaseEvent(event)
        tab = self._dragged
        self._let_go()
        if tab >= 0:
            self.dropped.emit(tab, event.globalPosition().toPoint())

    def event(self, event: QEvent) -> bool:
        """While a tab is dragged, Esc is not the window's."""
        if event.type() == QEvent.Type.ShortcutOverride and self._dragged >= 0:
            event.accept()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if self._dragged >= 0 and event.key() == Qt.Key.Key_Escape:
            self._let_go()
            self.given_up.emit()
        else:
            super().keyPressEvent(event)

    def _let_go(self) -> None:
        if self._dragged >= 0:
            self.releaseKeyboard()
        self._pressed = self._dragged = -1


class StackView(QWidget):
    """Tabs above panels; where a single slim panel lies across, two buttons at its side."""

    def __init__(self, workspace: PanelHost, docks: list[Dock], slim: bool = False) -> None:
        super().__init__()
        self._workspace, self.docks, self.slim = workspace, docks, slim
        self.names = tuple(dock.name for dock in docks)
        self.setObjectName(f"stack-{self.names[0]}")
        self.pages = QStackedWidget(self)
        self.tabs = Tabs(self)
        self._float = self._button(tr("Float or dock this panel"), self._float_front)
        self._close = self._button(
            tr("Close this panel (the View menu brings it back)"), self.front.close
        )
        for dock in docks:
            self.pages.addWidget(dock)
            dock.windowTitleChanged.connect(self._name_tabs)
            index = self.tabs.addTab("")
            self.tabs.setTabToolTip(
                index, tr("Drag it elsewhere; the right button lists places and panels")
            )
        self._name_tabs()
        direction = QBoxLayout.Direction
        buttons = QBoxLayout(direction.TopToBottom if slim else direction.LeftToRight)
        buttons.setSpacing(0)
        buttons.addWidget(self._float)
        buttons.addWidget(self._close)
        box: QBoxLayout
        if slim:
            self.tabs.hide()
            box = QHBoxLayout(self)
            buttons.setContentsMargins(2, 4, 0, 4)
            buttons.addStretch(1)
            box.addLayout(buttons)
        else:
            box = QVBoxLayout(self)
            line = QHBoxLayout()
            line.setContentsMargins(2, 0, 2, 0)
            line.setSpacing(0)
            line.addWidget(self.tabs, 1)
            line.addLayout(buttons)
            box.addLayout(line)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.pages, 1)
        self.tabs.currentChanged.connect(self._chosen)
        self.tabs.dragged.connect(lambda k, where: workspace.drag(docks[k].name, where))
        self.tabs.dropped.connect(lambda k, where: workspace.drop(docks[k].name, where))
        self.tabs.given_up.connect(workspace.give_up_drag)
        self.apply_theme(workspace.theme)

    @property
    def front(self) -> Dock:
        """The panel that is seen."""
        return self.docks[max(0, self.tabs.currentIndex())]

    def raise_panel(self, name: str) -> None:
        """Bring one of its panels to the front."""
        index = self.names.index(name)
        self.tabs.setCurrentIndex(index)
        self.pages.setCurrentIndex(index)

    @property
    def fixed_height(self) -> int:
        """The height that it always has, 0 where it takes what it gets."""
        fixed = [dock.fixed_height for dock in self.docks]
        if not all(fixed):
            return 0
        return max(fixed) + (0 if self.slim else self.tabs.sizeHint().height())

    def _name_tabs(self) -> None:
        for index, dock in enumerate(self.docks):
            self.tabs.setTabText(index, dock.windowTitle().replace("&", "&&"))

    def _chosen(self, index: int) -> None:
        self.pages.setCurrentIndex(index)
        self._workspace.chosen(self.docks[index].name)

    def _float_front(self) -> None:
        self.front.setFloating(not self.front.isFloating())

    def _button(self, tip: str, run) -> QToolButton:
        button = QToolButton(self)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setIconSize(QSize(11, 11))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setStyleSheet("QToolButton { padding: 2px; }")
        button.clicked.connect(run)
        return button

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """On a tab: places to take its panel to, and the list of panels."""
        index = self.tabs.tabAt(self.tabs.mapFrom(self, event.pos()))
        if self.slim or self.tabs.geometry().contains(event.pos()):
            dock = self.docks[index] if index >= 0 else self.front
            menu = self._workspace.menu_for(dock.name)
            menu.setParent(self, menu.windowFlags())
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(event.globalPos())

    def apply_theme(self, theme: Theme) -> None:
        """Tint the buttons."""
        self._float.setIcon(icon("float", theme, theme.muted))
        self._close.setIcon(icon("cancel", theme, theme.muted))


class FloatWindow(QWidget):
    """A window that stays above the main one; the window manager gives it its frame."""

    def __init__(self, workspace: PanelHost, dock: Dock) -> None:
        super().__init__(workspace.window(), Qt.WindowType.Tool)
        self._workspace, self.name = workspace, dock.name
        self.setWindowTitle(dock.windowTitle())
        dock.windowTitleChanged.connect(self.setWindowTitle)
        self.setObjectName(f"float-{dock.name}")
        self.view = StackView(workspace, [dock])
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self.view)

    @property
    def frame(self) -> ScreenRect:
        """Where it stands: the corner of its frame, the size of what is in it."""
        return self.pos().x(), self.pos().y(), self.width(), self.height()

    def put(self, frame: ScreenRect) -> None:
        """Stand there."""
        self.resize(frame[2], frame[3])
        self.move(frame[0], frame[1])

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        self._tell_frame()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._tell_frame()

    def _tell_frame(self) -> None:
        if self.isVisible():
            self._workspace.float_moved(self.name, self.frame)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Closed at its frame: the View menu brings it back."""
        if event.spontaneous():
            event.ignore()
            self.view.front.close()
        else:
            super().closeEvent(event)


def add_panels(menu: QMenu, docks: list[Dock]) -> None:
    """List the panels in a menu."""
    for dock in docks:
        menu.addAction(dock.toggleViewAction())
