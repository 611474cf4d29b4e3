"""How the docks stand at first, and their title bars."""

from itertools import pairwise

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import (
    QBoxLayout,
    QDockWidget,
    QLabel,
    QMainWindow,
    QTabBar,
    QTabWidget,
    QToolButton,
    QWidget,
)
from shiboken6 import isValid

from engine.text import tr
from gui.holder import Holder
from gui.icons import icon
from gui.panel import Panel
from gui.theme import Theme

# The plots and what explains them share two stacks of tabs at the right, so that only the slim
# transport takes height from the canvas. Other panels stand where they say themselves.
STACKS = (("gradient_norms", "loss", "input_scaling"), ("inspector", "diagnosis"))
UPRIGHT = ("transport",)
# The form takes a column of its own where there is room for three, else a tab at the right.
FORM = "settings"
ROOMY = 1320
LEFT_WIDTH, RIGHT_WIDTH, RIGHT_SHARE = 286, 392, 0.36
SIDES = (Qt.DockWidgetArea.LeftDockWidgetArea, Qt.DockWidgetArea.RightDockWidgetArea)


class DockTitle(QWidget):
    """A slim title: the name, and small buttons to float and to close.

    It vanishes in a stack of tabs, where the tab is the title (drag it out to float the panel,
    right-click for the list of panels), and stands upright at the side of a flat dock.
    """

    def __init__(self, dock: QDockWidget, theme: Theme, upright: bool = False) -> None:
        super().__init__(dock)
        self._dock = dock
        self._float = self._button(tr("Float or dock this panel"))
        self._float.clicked.connect(lambda: dock.setFloating(not dock.isFloating()))
        self._close = self._button(tr("Close this panel (the View menu brings it back)"))
        self._close.clicked.connect(dock.close)
        direction = QBoxLayout.Direction
        line = QBoxLayout(direction.TopToBottom if upright else direction.LeftToRight, self)
        line.setContentsMargins(*((2, 4, 0, 4) if upright else (10, 3, 4, 1)))
        line.setSpacing(0)
        if not upright:
            label = QLabel(dock.windowTitle(), self)
            label.setProperty("role", "heading")
            dock.windowTitleChanged.connect(label.setText)
            line.addWidget(label)
            line.addStretch(1)
        line.addWidget(self._float)
        line.addWidget(self._close)
        if upright:
            line.addStretch(1)
        self._in_tabs = False
        self.apply_theme(theme)

    def show_place(self, in_tabs: bool) -> None:
        """Vanish in a stack of tabs, come back elsewhere."""
        if in_tabs != self._in_tabs:
            self._in_tabs = in_tabs
            self.setMaximumHeight(0 if in_tabs else 16777215)
            self.updateGeometry()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, 0) if self._in_tabs else super().minimumSizeHint()

    def sizeHint(self) -> QSize:
        return QSize(0, 0) if self._in_tabs else super().sizeHint()

    def _button(self, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.setIconSize(QSize(11, 11))
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        button.setStyleSheet("QToolButton { padding: 2px; }")
        return button

    def apply_theme(self, theme: Theme) -> None:
        """Tint the buttons."""
        self._float.setIcon(icon("float", theme, theme.muted))
        self._close.setIcon(icon("cancel", theme, theme.muted))


def make_dock(window: QMainWindow, name: str, panel: QWidget, title: str, theme: Theme):
    """Return a dock for a panel, with its slim title."""
    dock = QDockWidget(title, window)
    dock.setObjectName(f"dock-{name}")
    dock.setWidget(Holder(panel))
    features = QDockWidget.DockWidgetFeature
    upright = name in UPRIGHT
    if upright:
        dock.setFeatures(dock.features() | features.DockWidgetVerticalTitleBar)
    panel.windowTitleChanged.connect(dock.setWindowTitle)
    bar = DockTitle(dock, theme, upright)
    dock.setTitleBarWidget(bar)

    def show_place() -> None:
        if isValid(window):  # docks change once more while the window is taken apart
            bar.show_place(not dock.isFloating() and bool(window.tabifiedDockWidgets(dock)))

    dock.visibilityChanged.connect(show_place)
    dock.topLevelChanged.connect(show_place)
    dock.dockLocationChanged.connect(show_place)
    return dock


def place_docks(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Put all docks where they stand at first: the canvas keeps the largest part."""
    left, right = SIDES
    window.setCorner(Qt.Corner.TopLeftCorner, left)
    window.setCorner(Qt.Corner.BottomLeftCorner, left)
    window.setCorner(Qt.Corner.TopRightCorner, right)
    window.setCorner(Qt.Corner.BottomRightCorner, right)
    window.setTabPosition(right, QTabWidget.TabPosition.North)
    window.setTabPosition(left, QTabWidget.TabPosition.North)
    stacks = list(STACKS if is_roomy(window) else (STACKS[0], (*STACKS[1], FORM)))
    stacked = [name for stack in stacks for name in stack]
    for name, dock in docks.items():
        panel = dock.findChild(Panel)
        dock.setFloating(False)
        if name not in stacked:
            area = panel.area if panel is not None else right
            window.addDockWidget(area, dock, Qt.Orientation.Vertical)
    for stack in stacks:
        present = [docks[name] for name in stack if name in docks]
        for dock in present:
            window.addDockWidget(right, dock, Qt.Orientation.Vertical)
        for first, second in pairwise(present):
            window.tabifyDockWidget(first, second)
        if present:
            present[0].raise_()
    fit_docks(window, docks)


def fit_docks(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Give the docks their first sizes; takes effect once the window has its own."""
    fit_columns(window, docks)
    upper, lower = (docks.get(stack[0]) for stack in STACKS)
    if upper and lower:
        window.resizeDocks([upper, lower], [100, 130], Qt.Orientation.Vertical)


def fit_columns(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Give the columns at the sides their first widths."""
    for area, width in zip(SIDES, (LEFT_WIDTH, right_width(window)), strict=True):
        for dock in docks.values():
            away = dock.isFloating() or dock.isHidden()
            if window.dockWidgetArea(dock) == area and not away:
                window.resizeDocks([dock], [width], Qt.Orientation.Horizontal)
                break


def is_roomy(window: QMainWindow) -> bool:
    """Whether the window is wide enough for three columns."""
    return window.width() >= ROOMY


def right_width(window: QMainWindow) -> int:
    """The first width of the right column: the canvas keeps the larger part of a small window."""
    return min(RIGHT_WIDTH, round(RIGHT_SHARE * window.width()))


def move_form(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Take the form where a window of this width has it, unless a person put it elsewhere."""
    left = SIDES[0]
    form, neighbour = docks[FORM], docks[STACKS[1][-1]]
    if form.isFloating() or form.isHidden():
        return
    beside = window.tabifiedDockWidgets(form)
    if is_roomy(window) and neighbour in beside:
        window.addDockWidget(left, form, Qt.Orientation.Vertical)
    elif not is_roomy(window) and not beside and window.dockWidgetArea(form) == left:
        if neighbour.isFloating() or neighbour.isHidden():
            return
        front = next((d for d in docks.values() if d is not form and _leads(d, neighbour)), None)
        window.tabifyDockWidget(neighbour, form)
        (front or neighbour).raise_()
    else:
        return
    fit_columns(window, docks)


def _leads(dock: QDockWidget, neighbour: QDockWidget) -> bool:
    """Whether it is in front in the stack of its neighbour."""
    window = dock.parent()
    assert isinstance(window, QMainWindow)
    together = dock is neighbour or neighbour in window.tabifiedDockWidgets(dock)
    return together and not dock.visibleRegion().isEmpty()


def hide_stray_bars(window: QMainWindow, docks: dict[str, QDockWidget]) -> None:
    """Hide the tab bars that Qt leaves behind when docks of a shown window are stacked anew.

    They would be painted over the new ones; of the bars of one stack only the newest is live.
    """
    if not isValid(window):  # closed in the meantime
        return
    stacks = {
        frozenset(one.windowTitle() for one in (dock, *window.tabifiedDockWidgets(dock)))
        for dock in docks.values()
    }
    bars = window.findChildren(QTabBar, options=Qt.FindChildOption.FindDirectChildrenOnly)
    for bar in reversed(bars):
        titles = frozenset(bar.tabText(k) for k in range(bar.count()))
        if titles in stacks:
            stacks.discard(titles)
        else:
            bar.hide()
