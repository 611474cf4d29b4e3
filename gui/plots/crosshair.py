"""The crosshair of a plot: a line at a step, a dot on each curve, and all values in a small box.

It is a widget above the plot rather than an item of its scene: so moving it costs no bounds or
transforms of pyqtgraph's, and exported pictures leave it out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPen, QRegion
from PySide6.QtWidgets import QWidget

from engine.support.text import tr
from gui.appearance.theme import Theme

DOT_RADIUS = 3.0
PADDING, EDGE, SWATCH, GAP = 5, 3, 10, 5
MOST_COLUMNS = 3
# The box's shares of the plot's width: a narrow one first, a wide one if values need it.
WIDEST, ROOMIEST = 0.62, 0.95


@dataclass(frozen=True)
class CurveValue:
    """One curve at the crosshair: ``number`` is its dot's height, ``words`` its value as text."""

    name: str
    colour: str
    number: float
    words: str


@dataclass(frozen=True)
class Reading:
    """The values of all curves at ``x`` (view coordinates)."""

    x: float
    heading: str
    values: tuple[CurveValue, ...]

    def __str__(self) -> str:
        """Return "step 12: loss 0.31, validation 0.4"."""
        return f"{self.heading}: " + ", ".join(f"{v.name} {v.words}" for v in self.values)


class ReadPlot(Protocol):
    """What the crosshair needs of the plot beneath it."""

    view: Any
    theme: Theme

    def mapFromScene(self, *at: Any) -> Any: ...
    def to_view(self, values: Any) -> np.ndarray: ...


class Crosshair(QWidget):
    """Draws a ``Reading`` over a plot; ``pointer`` is the mouse's y, None for the keyboard."""

    def __init__(self, plot: ReadPlot, parent: QWidget) -> None:
        super().__init__(parent)
        self._plot = plot
        self.reading: Reading | None = None
        self.pointer: float | None = None
        self._drawn = QRegion()
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hide()

    def show_reading(self, reading: Reading | None, pointer: float | None = None) -> None:
        """Show this reading, or nothing; only the changed region is repainted."""
        self.reading, self.pointer = reading, pointer
        self.setVisible(reading is not None)
        if reading is not None:
            region = self._region()
            self.update(region.united(self._drawn))
            self._drawn = region

    # -- where things are ----------------------------------------------------------------------

    def _area(self) -> QRectF:
        """The rectangle of the curves, in pixels of the plot."""
        return QRectF(self._plot.mapFromScene(self._plot.view.sceneBoundingRect()).boundingRect())

    def _dots(self) -> list[tuple[QPointF, str]]:
        """Return place and colour of the dot of each value that can be drawn."""
        assert self.reading is not None
        x = self._pixel(self.reading.x, 0.0).x()
        heights = self._plot.to_view([value.number for value in self.reading.values])
        return [
            (QPointF(x, self._pixel(0.0, y).y()), value.colour)
            for value, y in zip(self.reading.values, heights.tolist(), strict=True)
            if np.isfinite(y)
        ]

    def _pixel(self, x: float, y: float) -> QPointF:
        return QPointF(self._plot.mapFromScene(self._plot.view.mapViewToScene(QPointF(x, y))))

    def _region(self) -> QRegion:
        """The region that ``paintEvent`` paints."""
        assert self.reading is not None
        area, reach = self._area().toRect(), int(DOT_RADIUS) + 2
        x = round(self._pixel(self.reading.x, 0.0).x())
        region = QRegion(x - reach, area.top(), 2 * reach + 1, area.height())
        if self.pointer is not None:
            y = round(self._pixel(0.0, self.pointer).y())
            region += QRegion(area.left(), y - 1, area.width(), 3)
        return region + QRegion(self.box().rect)

    def box(self) -> ReadoutBox:
        """Return the box of values, placed on the side away from the crosshair."""
        assert self.reading is not None
        area = self._area()
        middle = self.pointer
        if middle is None:
            middle = sum(self._plot.view.viewRange()[1]) / 2
        away = np.abs(self._plot.to_view([v.number for v in self.reading.values]) - middle)
        away = np.nan_to_num(away, nan=np.inf)
        height = self.height() - area.top()
        box = ReadoutBox(self.reading, away, self.fontMetrics(), area, height)
        left = self._pixel(self.reading.x, 0.0).x() > area.center().x()
        x = area.left() + EDGE if left else area.right() - EDGE - box.rect.width()
        box.rect.moveTo(round(x), round(area.top()) + EDGE)
        return box

    # -- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.reading is None:
            return
        theme, area = self._plot.theme, self._area()
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(area.adjusted(0, -1, 1, 1))
        painter.setPen(QPen(QColor(theme.muted), 1, Qt.PenStyle.DashLine))
        x = round(self._pixel(self.reading.x, 0.0).x()) + 0.5
        painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        if self.pointer is not None:
            y = round(self._pixel(0.0, self.pointer).y()) + 0.5
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(QPen(QColor(theme.surface), 1))
        for place, colour in self._dots():
            painter.setBrush(QColor(colour))
            painter.drawEllipse(place, DOT_RADIUS, DOT_RADIUS)
        painter.setClipping(False)
        self._paint_box(painter, self.box())
        painter.end()

    def _paint_box(self, painter: QPainter, box: ReadoutBox) -> None:
        theme = self._plot.theme
        ground = QColor(theme.surface)
        ground.setAlphaF(0.92)
        painter.setBrush(ground)
        painter.setPen(QColor(theme.border))
        painter.drawRoundedRect(QRectF(box.rect).adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        painter.setPen(QColor(theme.muted))
        left, right = Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignRight
        painter.drawText(box.line(0), left, box.heading)
        for value, cell in box.cells():
            painter.setPen(QPen(QColor(value.colour), 2.5))
            middle = cell.center().y() + 1
            painter.drawLine(cell.left(), middle, cell.left() + SWATCH, middle)
            painter.setPen(QColor(theme.text))
            painter.drawText(cell.adjusted(SWATCH + GAP, 0, 0, 0), left, value.name)
            painter.drawText(cell, right, value.words)
        if box.left_out:
            painter.setPen(QColor(theme.muted))
            words = tr("… and {count} more").format(count=box.left_out)
            painter.drawText(box.line(box.rows + 1), left, words)


class ReadoutBox:
    """The values in up to three columns; those nearest to the pointer if not all fit."""

    def __init__(
        self,
        reading: Reading,
        away: np.ndarray,
        metrics: QFontMetrics,
        area: QRectF,
        height: float,
    ) -> None:
        values = reading.values
        self.heading, self.height = reading.heading, metrics.height()
        widths = [_width(metrics, value) for value in values]
        self.width = max(widths, default=0)
        # The box first grows over the tick labels below, then in width; then values are left out.
        columns = room = 1
        for share, tall in ((WIDEST, area.height()), (WIDEST, height), (ROOMIEST, height)):
            if len(values) > room * columns:
                room = max(1, int((tall - 2 * EDGE - 2 * PADDING) / self.height) - 1)
                columns = self._columns(share * area.width())
        if len(values) > room * columns:
            room = max(1, room - 1)  # for the line that says how many are left out
            near = sorted(np.argsort(away, kind="stable")[: room * columns].tolist())
            self.values: Sequence[CurveValue] = [values[k] for k in near]
        else:
            self.values = values
        self.left_out = len(values) - len(self.values)
        self.columns = min(columns, -(-len(self.values) // room)) or 1
        self.rows = -(-len(self.values) // self.columns)
        lines = 1 + self.rows + bool(self.left_out)
        inner = self.columns * self.width + (self.columns - 1) * 3 * GAP
        inner = max(inner, metrics.horizontalAdvance(self.heading))
        self.rect = QRect(0, 0, inner + 2 * PADDING, lines * self.height + 2 * PADDING)

    def _columns(self, width: float) -> int:
        """Return how many columns of values fit into this width."""
        inner = width - 2 * PADDING + 3 * GAP
        return max(1, min(MOST_COLUMNS, int(inner / (self.width + 3 * GAP))))

    def line(self, k: int) -> QRect:
        """Return the place of the k-th line of the box; 0 is the heading."""
        inner = self.rect.adjusted(PADDING, PADDING, -PADDING, -PADDING)
        return QRect(inner.left(), inner.top() + k * self.height, inner.width(), self.height)

    def cells(self) -> list[tuple[CurveValue, QRect]]:
        """Return each value shown, with its place."""
        found = []
        for k, value in enumerate(self.values):
            column, row = divmod(k, self.rows)
            line = self.line(1 + row)
            x = line.left() + column * (self.width + 3 * GAP)
            found.append((value, QRect(x, line.top(), self.width, self.height)))
        return found


def _width(metrics: QFontMetrics, value: CurveValue) -> int:
    words = metrics.horizontalAdvance(value.name) + metrics.horizontalAdvance(value.words)
    return words + SWATCH + 3 * GAP
