"""The canvas with the panels around it, always built from an ``Arrangement``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QApplication, QMenu, QSplitter, QVBoxLayout, QWidget

from engine.support.text import tr
from gui.appearance.theme import Theme
from gui.panels.area import AREAS, Area, Home
from gui.panels.panel import Panel
from gui.workspace import arrangement as places
from gui.workspace.arrangement import Arrangement, Shown
from gui.workspace.dragging import Dragging
from gui.workspace.host import PanelHost
from gui.workspace.stack import Dock, FloatWindow, StackView, add_panels

LEAST = QSize(420, 300)
HANDLE = 5
FIRST_HEIGHT = 200  # default pixels of an area above or below the canvas
FLOAT_LEAST, FLOAT_MOST = QSize(300, 160), QSize(520, 620)


class Line(QSplitter):
    """Widgets in a row or column whose lengths are ``wish(length)`` at every size."""

    def __init__(
        self,
        orientation: Qt.Orientation,
        wish: Callable[[int], list[int]],
        moved: Callable[[int], None],
    ) -> None:
        super().__init__(orientation)
        self._wish = wish
        self.setHandleWidth(HANDLE)
        self.setChildrenCollapsible(False)
        self.splitterMoved.connect(lambda _, handle: moved(handle))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit()

    def fit(self) -> None:
        """Set the lengths."""
        across = self.orientation() == Qt.Orientation.Horizontal
        length = self.width() if across else self.height()
        parts = [self.widget(index) for index in range(self.count())]
        shown = sum(part is not None and not part.isHidden() for part in parts)
        self.setSizes(self._wish(length - HANDLE * max(0, shown - 1)))


class Workspace(PanelHost):
    """Shows an arrangement, and changes it as the user drags, closes and floats panels."""

    arranged = Signal()

    def __init__(self, centre: QWidget, theme: Theme) -> None:
        super().__init__()
        self.centre, self.theme = centre, theme
        self.docks: dict[str, Dock] = {}
        self.homes: dict[str, Home] = {}
        self._slim: set[str] = set()
        self.arrangement = places.first({})
        self._views: dict[Area, list[tuple[Shown, StackView]]] = {area: [] for area in AREAS}
        self._floats: dict[str, FloatWindow] = {}
        self._alone = self._arranging = False
        self._dragging = Dragging(self)
        down, across = Qt.Orientation.Vertical, Qt.Orientation.Horizontal
        self._lines: dict[Area, Line] = {}
        for area in AREAS:
            self._lines[area] = Line(
                down if area in ("left", "right") else across,
                partial(self._stack_lengths, area),
                partial(self._stacks_moved, area),
            )
        self._middle = Line(down, self._middle_lengths, self._middle_moved)
        for part in (self._lines["top"], centre, self._lines["bottom"]):
            self._middle.addWidget(part)
        self._root = Line(across, self._root_lengths, self._root_moved)
        for part in (self._lines["left"], self._middle, self._lines["right"]):
            self._root.addWidget(part)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.addWidget(self._root)

    def minimumSizeHint(self) -> QSize:
        return LEAST

    def add_panel(self, panel: Panel, title: str) -> Dock:
        """Add a panel; the next ``arrange`` gives it a place."""
        dock = self.docks[panel.name] = Dock(self, panel, title)
        self.homes[panel.name] = Home(panel.area, panel.stack)
        if panel.slim:
            self._slim.add(panel.name)
        dock.setParent(self)
        dock.setVisible(False)
        dock.asked_anew.connect(self._fit)
        return dock

    def apply_theme(self, theme: Theme) -> None:
        """Pass the theme on to the buttons."""
        self.theme = theme
        for views in self._views.values():
            for _, view in views:
                view.apply_theme(theme)
        for window in self._floats.values():
            window.view.apply_theme(theme)

    # -- arranging ---------------------------------------------------------------------------

    def change(self, how: Callable[[Arrangement], Arrangement]) -> None:
        """Apply a function to the arrangement, and show the result."""
        self.arrange(how(self.arrangement))

    def reset(self) -> None:
        """Restore the default arrangement."""
        self.arrange(places.first(self.homes))

    def restore(self, text: str) -> None:
        """Restore a saved arrangement (see ``Arrangement.to_text``), or the default one."""
        self.arrange(places.from_text(text, self.homes))

    def arrange(self, arrangement: Arrangement) -> None:
        """Show this arrangement; the only method that places panels."""
        if self._arranging:
            return
        self._arranging = True
        self.arrangement = arrangement
        focus = QApplication.focusWidget()
        try:
            wanted = places.shown(arrangement, self.width())
            self._build(wanted)
            self._float_all()
            self._fit()
        finally:
            self._arranging = False
        if focus is not None and focus is not QApplication.focusWidget() and focus.isVisible():
            focus.setFocus()
        for name, dock in self.docks.items():
            dock.toggleViewAction().setChecked(name not in arrangement.closed)
        self.arranged.emit()

    def _build(self, wanted: dict[Area, tuple[Shown, ...]]) -> None:
        """Make new stacks in the areas whose panels are grouped differently."""
        changed = [area for area in AREAS if self._structure(area) != _structure(wanted[area])]
        old = [view for area in changed for _, view in self._views[area]]
        away = set(self._floats) - set(self.arrangement.floating) | (
            set(self._floats) & self.arrangement.closed
        )
        windows = [self._floats.pop(name) for name in away]
        for dock in self.docks.values():
            if dock.parent() is not None and any(
                view.isAncestorOf(dock) for view in (*old, *windows)
            ):
                dock.setParent(self)  # hidden here while its old stack is deleted
        for view in (*old, *windows):
            view.setParent(None)
            view.deleteLater()
        for area in changed:
            line = self._lines[area]
            self._views[area] = []
            for shown in wanted[area]:
                docks = [self.docks[name] for name in shown.panels]
                slim = area in ("top", "bottom") and self._slim.issuperset(shown.panels)
                view = StackView(self, docks, slim and len(docks) == 1)
                line.addWidget(view)
                self._views[area].append((shown, view))
        for area in AREAS:
            views = [view for _, view in self._views[area]]
            self._views[area] = list(zip(wanted[area], views, strict=True))
            for shown, view in self._views[area]:
                view.raise_panel(shown.front)
            self._lines[area].setVisible(bool(views) and not self._alone)

    def _structure(self, area: Area) -> list[tuple[str, ...]]:
        return _structure([shown for shown, _ in self._views[area]])

    def _float_all(self) -> None:
        for name, frame in self.arrangement.floating.items():
            if name in self.arrangement.closed:
                continue
            if name not in self._floats:
                self._floats[name] = FloatWindow(self, self.docks[name])
                self._floats[name].put(frame)
            self._floats[name].setVisible(self.window().isVisible() and not self._alone)

    def _fit(self) -> None:
        for line in (self._root, self._middle, *self._lines.values()):
            line.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """At another width the settings may move to another place."""
        super().resizeEvent(event)
        wanted = places.shown(self.arrangement, self.width())
        if any(self._structure(area) != _structure(wanted[area]) for area in AREAS):
            self.arrange(self.arrangement)

    def set_alone(self, alone: bool) -> None:
        """Show the canvas alone, or the panels as well."""
        self._alone = alone
        self.arrange(self.arrangement)

    def show_floats(self) -> None:
        """Show the floating windows; called after the main window was shown."""
        self._float_all()

    def close_floats(self) -> None:
        """Close the floating windows, which would keep the program running."""
        for window in self._floats.values():
            window.hide()

    # -- lengths -----------------------------------------------------------------------------

    def _there(self) -> list[Area]:
        return [area for area in AREAS if self._views[area] and not self._alone]

    def _root_lengths(self, total: int) -> list[int]:
        sides = places.side_widths(self.arrangement, self._there(), total)
        left, right = sides.get("left", 0), sides.get("right", 0)
        return [left, total - left - right, right]

    def _middle_lengths(self, total: int) -> list[int]:
        there: list[Area] = [area for area in self._there() if area in ("top", "bottom")]
        hints = {area: self._hint(area) for area in there}
        found = places.heights(self.arrangement, hints, total)
        found.update({area: hints[area] for area in there if self._is_fixed(area)})
        top, bottom = found.get("top", 0), found.get("bottom", 0)
        return [top, total - top - bottom, bottom]

    def _is_fixed(self, area: Area) -> bool:
        views = self._views[area]
        return bool(views) and all(view.fixed_height for _, view in views)

    def _hint(self, area: Area) -> int:
        fixed = [view.fixed_height for _, view in self._views[area]]
        return max(fixed) if all(fixed) else max(FIRST_HEIGHT, *fixed)

    def _stack_lengths(self, area: Area, total: int) -> list[int]:
        return places.lengths([shown.weight for shown, _ in self._views[area]], total)

    def _root_moved(self, handle: int) -> None:
        self._drawn(self._root, handle, "left", "right")

    def _middle_moved(self, handle: int) -> None:
        self._drawn(self._middle, handle, "top", "bottom")

    def _drawn(self, line: Line, handle: int, before: Area, after: Area) -> None:
        """Take the size set by a handle beside the canvas, as far as the canvas keeps its share."""
        sizes = line.sizes()
        moved, other = (before, after) if handle == 1 else (after, before)
        found = {before: sizes[0], after: sizes[2]}
        found[moved] = min(found[moved], places.most(sum(sizes)) - found[other])
        for area in (before, after):
            if area in self._there():
                self.arrangement = self.arrangement.sized(area, found[area])
        line.fit()

    def _stacks_moved(self, area: Area, _: int) -> None:
        views = self._views[area]
        sizes = self._lines[area].sizes()
        weights = {shown.index: size for (shown, _), size in zip(views, sizes, strict=True)}
        self.arrangement = self.arrangement.weighted(area, weights)
        now = self.arrangement.areas[area]
        self._views[area] = [
            (Shown(s.index, s.panels, s.front, now[s.index].weight), view) for s, view in views
        ]

    # -- user actions ------------------------------------------------------------------------

    def chosen(self, name: str) -> None:
        """Called when a tab was clicked."""
        if not self._arranging:
            self.raise_panel(name)

    def raise_panel(self, name: str) -> None:
        """Bring a panel to the front of its stack or window."""
        if name in self._floats:
            self._floats[name].raise_()
        for area in AREAS:
            for shown, _ in self._views[area]:
                if name in shown.panels:
                    self.arrange(self.arrangement.raised(name, area, shown.index))
                    return

    def open(self, name: str) -> None:
        """Open a closed panel at its place."""
        self.change(lambda now: now.opened(name))
        self.raise_panel(name)

    def float(self, name: str, corner: QPoint | None = None) -> None:
        """Float a panel at this screen position, or a little beside its place."""
        dock = self.docks[name]
        size = dock.size() if dock.isVisible() else dock.sizeHint()
        size = size.expandedTo(FLOAT_LEAST).boundedTo(FLOAT_MOST)
        if corner is None:
            corner = dock.mapToGlobal(QPoint(24, 24)) if dock.isVisible() else self._corner()
        if name in self._floats:
            self._floats[name].move(corner)
            return
        rect = within(QRect(corner, size), self.screen().availableGeometry())
        frame = (rect.x(), rect.y(), rect.width(), rect.height())
        self.change(lambda now: now.floated(name, frame))

    def _corner(self) -> QPoint:
        return self.mapToGlobal(self.rect().center()) - QPoint(200, 150)

    def dock(self, name: str) -> None:
        """Put a floating panel back at its place."""
        self.change(lambda now: now.docked(name))
        self.raise_panel(name)

    def float_moved(self, name: str, frame: places.ScreenRect) -> None:
        """Called when a floating panel was moved or resized."""
        if not self._arranging and name in self.arrangement.floating:
            self.arrangement = self.arrangement.resting_at(name, frame)

    def menu_for(self, name: str) -> QMenu:
        """Return the context menu of a panel's tab."""
        dock, menu = self.docks[name], QMenu()
        words = tr("Dock this panel") if dock.isFloating() else tr("Float this panel")
        menu.addAction(words, lambda: dock.setFloating(not dock.isFloating()))
        menu.addAction(tr("Close this panel"), dock.close)
        menu.addSeparator()
        titles: dict[Area, str] = {
            "left": tr("Move to the left"),
            "right": tr("Move to the right"),
            "top": tr("Move above the graph"),
            "bottom": tr("Move below the graph"),
        }
        for area, title in titles.items():
            menu.addAction(title, partial(self._move_to, dock.name, area))
        menu.addSeparator()
        add_panels(menu, list(self.docks.values()))
        return menu

    def _move_to(self, name: str, area: Area) -> None:
        self.change(lambda now: now.moved(name, area, self.count_of(area), join=False))

    def drag(self, name: str, point: QPoint) -> None:
        """Show where a panel dragged to this screen position would be dropped."""
        self._dragging.move(name, point)

    def drop(self, name: str, point: QPoint) -> None:
        """Drop the panel there."""
        self._dragging.drop(name, point)

    def give_up_drag(self) -> None:
        """End dragging without moving the panel."""
        self._dragging.give_up()

    # -- for dragging ------------------------------------------------------------------------

    def stacks_on_screen(self) -> list[tuple[Area, int, QRect]]:
        """Return area, index and screen rectangle of every visible stack."""
        return [
            (area, shown.index, QRect(view.mapToGlobal(QPoint(0, 0)), view.size()))
            for area in AREAS
            for shown, view in self._views[area]
        ]

    def centre_on_screen(self) -> QRect:
        """Return the canvas's screen rectangle."""
        return QRect(self.centre.mapToGlobal(QPoint(0, 0)), self.centre.size())

    def count_of(self, area: Area) -> int:
        """Return the number of stacks of an area."""
        return len(self.arrangement.areas.get(area, ()))


def _structure(stacks: tuple[Shown, ...] | list[Shown]) -> list[tuple[str, ...]]:
    return [shown.panels for shown in stacks]


def within(rect: QRect, room: QRect) -> QRect:
    """Return the rectangle moved, and if needed shrunk, into another one."""
    size = rect.size().boundedTo(room.size())
    x = min(max(rect.x(), room.x()), room.right() - size.width() + 1)
    y = min(max(rect.y(), room.y()), room.bottom() - size.height() + 1)
    return QRect(QPoint(x, y), size)
