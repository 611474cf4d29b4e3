"""The stack of panels with tabs, and the window of a floating panel."""

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
    """A panel with its title, wherever it is shown; has the methods of a QDockWidget.

    ``visibilityChanged(bool)``: whether the panel can be seen, neither behind a tab nor closed.
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
        """Open the panel at its place."""
        self._workspace.open(self.name)

    def close(self) -> bool:
        """Close the panel; the View menu opens it again."""
        self._workspace.change(lambda now: now.shut(self.name))
        return True

    def raise_(self) -> None:
        """Bring the panel to the front of its stack."""
        self._workspace.raise_panel(self.name)

    def isHidden(self) -> bool:
        """Whether the panel is closed."""
        return self.name in self._workspace.arrangement.closed

    def isFloating(self) -> bool:
        """Whether the panel has a window of its own."""
        return self.name in self._workspace.arrangement.floating

    def setFloating(self, floating: bool) -> None:
        """Float the panel, or put it back at its place."""
        self._workspace.float(self.name) if floating else self._workspace.dock(self.name)

    def showEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().showEvent(event)  # type: ignore[arg-type]
        self.visibilityChanged.emit(True)

    def hideEvent(self, event: QEvent) -> None:  # type: ignore[override]
        super().hideEvent(event)  # type: ignore[arg-type]
        self.visibilityChanged.emit(False)


class Tabs(QTabBar):
    """The tabs of a stack: a click brings a panel to the front, dragging moves it elsewhere."""

    dragged = Signal(int, QPoint)  # index of the tab, screen position
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
        """Detach the tab once it is dragged out of the bar."""
        super().mouseMoveEvent(event)
        if self._pressed < 0:
            return
        if not self.rect().adjusted(0, -8, 0, 8).contains(event.position().toPoint()):
            if self._dragged < 0:
                self.grabKeyboard()  # to receive Esc
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
        """While a tab is dragged, Esc ends dragging instead of the window's shortcut."""
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
    """Tabs above panels; a single flat panel has two buttons at its side instead."""

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
        """The panel in front."""
        return self.docks[max(0, self.tabs.currentIndex())]

    def raise_panel(self, name: str) -> None:
        """Bring one of its panels to the front."""
        index = self.names.index(name)
        self.tabs.setCurrentIndex(index)
        self.pages.setCurrentIndex(index)

    @property
    def fixed_height(self) -> int:
        """The fixed height of the stack in pixels, 0 where it has none."""
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
        """Show the menu of a tab: places for its panel, and the list of panels."""
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
    """The window of a floating panel, which stays above the main window."""

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
        """The corner of the window's frame and the size of its content."""
        return self.pos().x(), self.pos().y(), self.width(), self.height()

    def put(self, frame: ScreenRect) -> None:
        """Move and resize the window to this rectangle."""
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
        """The window was closed: close the panel, which the View menu opens again."""
        if event.spontaneous():
            event.ignore()
            self.view.front.close()
        else:
            super().closeEvent(event)


def add_panels(menu: QMenu, docks: list[Dock]) -> None:
    """Add an action per panel to a menu."""
    for dock in docks:
        menu.addAction(dock.toggleViewAction())
