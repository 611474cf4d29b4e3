"""Dragging a panel by its tab: the drop place is shown, and the panel is moved there."""

from __future__ import annotations

from typing import NamedTuple

from PySide6.QtCore import QPoint, QRect, QTimer
from PySide6.QtWidgets import QRubberBand

from gui.panels.area import Area
from gui.workspace.host import PanelHost

# The outer share of a stack in which a drop makes a new stack, and of the canvas in which it adds
# a stack beside it.
EDGE = 0.25
GRIP = QPoint(40, 12)  # the offset of the mouse from the corner of a floating window


class DropPlace(NamedTuple):
    """A place for a panel, and the screen rectangle that marks it while dragging."""

    area: Area
    stack: int
    join: bool
    rect: QRect


class Dragging:
    """Follows the mouse while a panel is dragged; away from every place the panel floats."""

    def __init__(self, workspace: PanelHost) -> None:
        self._workspace = workspace
        self._band = QRubberBand(QRubberBand.Shape.Rectangle, workspace)

    def move(self, name: str, point: QPoint) -> None:
        """Show where the panel would be dropped."""
        place = self.place_under(point)
        if place is None:
            self._band.hide()
            return
        corner = self._workspace.mapFromGlobal(place.rect.topLeft())
        self._band.setGeometry(QRect(corner, place.rect.size()))
        self._band.show()
        self._band.raise_()

    def drop(self, name: str, point: QPoint) -> None:
        """Move the panel after the mouse event, whose widget may be deleted by the move."""
        self._band.hide()
        place = self.place_under(point)
        QTimer.singleShot(0, self._workspace, lambda: self._put(name, place, point))

    def give_up(self) -> None:
        """End dragging without moving the panel."""
        self._band.hide()

    def _put(self, name: str, place: DropPlace | None, point: QPoint) -> None:
        if place is None:
            self._workspace.float(name, point - GRIP)
        else:
            self._workspace.change(
                lambda now: now.moved(name, place.area, place.stack, join=place.join)
            )

    def place_under(self, point: QPoint) -> DropPlace | None:
        """Return the drop place at a point of the screen."""
        for area, index, rect in self._workspace.stacks_on_screen():
            if rect.contains(point):
                return _within(area, index, rect, point)
        return _beside(self._workspace.centre_on_screen(), point, self._workspace.count_of)


def _within(area: Area, index: int, rect: QRect, point: QPoint) -> DropPlace:
    """Return the place over a stack: its tabs, or a stack of its own at either end."""
    upright = area in ("left", "right")
    length = rect.height() if upright else rect.width()
    along = (point.y() - rect.top() if upright else point.x() - rect.left()) / max(1, length)
    half = QRect(rect)
    if EDGE <= along <= 1 - EDGE:
        return DropPlace(area, index, True, rect)
    if upright:
        half.setHeight(length // 2)
    else:
        half.setWidth(length // 2)
    if along > 1 - EDGE:
        half.translate(0 if upright else length // 2, length // 2 if upright else 0)
    return DropPlace(area, index + (along > 1 - EDGE), False, half)


def _beside(rect: QRect, point: QPoint, count_of) -> DropPlace | None:
    """Return the place over the canvas: an area beside it when near an edge."""
    if not rect.contains(point):
        return None
    x = (point.x() - rect.left()) / max(1, rect.width())
    y = (point.y() - rect.top()) / max(1, rect.height())
    away: dict[Area, float] = {"left": x, "right": 1 - x, "top": y, "bottom": 1 - y}
    area = min(away, key=lambda name: away[name])
    if away[area] > EDGE:
        return None
    strip = QRect(rect)
    wide, high = round(EDGE * rect.width()), round(EDGE * rect.height())
    if area == "left":
        strip.setWidth(wide)
    elif area == "right":
        strip.setLeft(rect.right() - wide)
    elif area == "top":
        strip.setHeight(high)
    else:
        strip.setTop(rect.bottom() - high)
    return DropPlace(area, count_of(area), False, strip)
