"""Sparklines: a closed group's gradient norm over the last steps, as a small line on its card.

The line has the colour of the card's text and its own logarithmic scale of at least a decade, so
that noise does not look like a collapse. Its right end is the newest step.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QBrush,
    QColor,
    QPaintEngine,
    QPainter,
    QPainterPath,
    QPen,
    QPolygonF,
    QTransform,
)
from PySide6.QtWidgets import QGraphicsItem, QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget
from shiboken6 import wrapInstance

from engine.messages.frame import Frame
from engine.support.arrays import Floats
from engine.support.figures import figure
from engine.support.text import tr
from gui.canvas.graph.node_look import PADDING, SPARK, Look, body_box
from gui.canvas.graph.visible import VisibleGraph

KEPT = 64
LEAST_DECADES = 1.0
WIDTH, DOT = 1.3, 1.7
BELOW = 7.0  # distance from the card's lower edge


class Trends:
    """The gradient norms of all layers after the last ``KEPT`` steps of one graph."""

    def __init__(self) -> None:
        self.generation = -1
        self.steps = np.zeros(0, np.int64)
        self.norms = np.zeros((0, 0))
        self._lines: tuple[VisibleGraph, dict[int, int], Floats] | None = None

    def copy(self) -> "Trends":
        """Return an independent copy."""
        other = Trends()
        other.generation, other.steps, other.norms = self.generation, self.steps, self.norms
        return other

    def add_frame(self, frame: Frame) -> bool:
        """Append a frame's rows, replacing those of the same steps; return whether it had any."""
        rows = frame.scalars
        if frame.generation != self.generation:
            self.generation = frame.generation
            self._keep(np.zeros(0, np.int64), np.zeros((0, rows.layer_gradient_norm.shape[1])))
        last = frame.step
        if frame.rewound:  # back to step 0 is a reset: its first pass comes again
            last = frame.step if frame.step > 0 else -1
        if len(rows):
            last = min(last, int(rows.step[0]) - 1)
        kept = self.steps <= last
        if kept.all() and not len(rows):
            return False
        self._keep(
            np.concatenate([self.steps[kept], rows.step[-KEPT:]]),
            np.concatenate([self.norms[kept], rows.layer_gradient_norm[-KEPT:]]),
        )
        return True

    def _keep(self, steps: NDArray[np.int64], norms: Floats) -> None:
        self.steps, self.norms = steps[-KEPT:], norms[-KEPT:]
        self._lines = None

    def lines(self, visible: VisibleGraph) -> tuple[dict[int, int], Floats]:
        """Return each visible group's column (if it has a line), and heights (steps, columns)."""
        if self._lines is None or self._lines[0] is not visible:
            columns = {node: k for k, node in enumerate(visible.trends)}
            self._lines = visible, columns, self.heights(list(visible.trends.values()))
        return self._lines[1:]

    def line(self, visible: VisibleGraph, node: int) -> Floats:
        """Return the heights (steps,) of a visible group's sparkline; empty before any step."""
        if self.generation != visible.topology.generation:
            return np.zeros(0)
        columns, heights = self.lines(visible)
        found: Floats = heights[:, columns[node]]
        return found

    def of(self, layers: Sequence[int]) -> Floats:
        """Return the L2 norm (steps,) of these layers together."""
        with np.errstate(all="ignore"):
            found: Floats = np.hypot.reduce(self.norms[:, list(layers)], axis=1)
        return found

    def heights(self, groups: Sequence[Sequence[int]]) -> Floats:
        """Return heights (steps, groups) of each group's line, 0 at the bottom, 1 at the top.

        A norm that is not positive and finite has the height NaN: the line has a gap there.
        """
        table = np.zeros((len(self.steps), len(groups)))
        single = np.array([len(layers) == 1 for layers in groups], bool)
        table[:, single] = self.norms[:, [layers[0] for layers in groups if len(layers) == 1]]
        for place in np.flatnonzero(~single).tolist():
            table[:, place] = self.of(groups[place])
        with np.errstate(all="ignore"):
            logs = np.where((table > 0) & np.isfinite(table), np.log10(table), np.nan)
        low = np.fmin.reduce(logs, axis=0, initial=np.inf)
        high = np.fmax.reduce(logs, axis=0, initial=-np.inf)
        span = np.maximum(high - low, LEAST_DECADES)
        with np.errstate(all="ignore"):
            found: Floats = 0.5 + (logs - (low + high) / 2) / span
        return found


def trend_words(trends: Trends, visible: VisibleGraph, node: int) -> str:
    """Return the tooltip's text on a card's sparkline; "" where it has none yet."""
    layers = visible.trends.get(node)
    if layers is None or trends.generation != visible.topology.generation or len(trends.steps) < 2:
        return ""
    norms = trends.of(layers)
    return tr("line: from step {first} to {last}, {low} … {high} (logarithmic)").format(
        first=int(trends.steps[0]),
        last=int(trends.steps[-1]),
        low=figure(float(norms.min()), 3),
        high=figure(float(norms.max()), 3),
    )


def across(count: int) -> Floats:
    """Return the x of ``count`` steps (count,), 1 at the right end."""
    return 1.0 - np.arange(count - 1, -1, -1) / (KEPT - 1)


def spark_rect(look: Look) -> QRectF:
    """Return the sparkline's rectangle on a card, relative to the node's middle."""
    left, _, right, bottom = body_box(look)
    return QRectF(left + PADDING, bottom - BELOW - SPARK, right - left - 2 * PADDING, SPARK)


class Spark(QGraphicsRectItem):
    """The item of one card's sparkline, a child of its node's item."""

    def __init__(self, look: Look, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._rect = spark_rect(look)
        self._ink = QColor()
        self._heights = np.zeros(0)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    def boundingRect(self) -> QRectF:
        return self._rect.adjusted(-DOT, -DOT, DOT, DOT)

    def shape(self) -> QPainterPath:
        return QPainterPath()

    def show_heights(self, heights: Floats) -> None:
        """Draw a line through these heights (steps,), 0 to 1, the newest last."""
        if not np.array_equal(heights, self._heights, equal_nan=True):
            self._heights = heights
            self.update()

    def paint_as(self, ink: QColor) -> None:
        """Apply the colour of the card's texts."""
        if ink != self._ink:
            self._ink = ink
            self.update()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        rect = self._rect
        x = rect.left() + across(len(self._heights)) * rect.width()
        y = rect.bottom() - self._heights * rect.height()
        known = np.isfinite(y)
        # In a vector picture a hairline would be invisible in print.
        pixels = painter.paintEngine().type() == QPaintEngine.Type.Raster
        painter.setPen(QPen(self._ink, _width(painter.worldTransform().m11()) if pixels else WIDTH))
        breaks = np.flatnonzero(~known)
        for part in np.split(np.arange(len(y)), breaks):
            part = part[known[part]]
            if len(part) > 1:
                points = zip(x[part].tolist(), y[part].tolist(), strict=True)
                painter.drawPolyline(QPolygonF([QPointF(a, b) for a, b in points]))
        if len(y) and known[-1]:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QBrush(self._ink))
            painter.drawEllipse(QPointF(float(x[-1]), float(y[-1])), DOT, DOT)


def draw_many(
    painter: QPainter,
    view: QTransform,
    bodies: Floats,
    heights: Floats,
    inks: NDArray[np.uint32],
) -> None:
    """Draw the sparklines of many cards of a crowded scene, all of one colour in one call.

    ``bodies`` (cards, 4) are the cards' boxes on the scene (left, top, right, bottom), ``heights``
    is (steps, cards), ``inks`` (cards,) are opaque ARGB.
    """
    if not len(heights):
        return
    scale = view.m11()
    left = (bodies[:, 0] + PADDING) * scale + view.dx()
    width = (bodies[:, 2] - bodies[:, 0] - 2 * PADDING) * scale
    bottom = (bodies[:, 3] - BELOW) * view.m22() + view.dy()
    x = left + across(len(heights))[:, None] * width
    y = bottom - heights * (SPARK * view.m22())
    lines = np.stack([x[:-1], y[:-1], x[1:], y[1:]], axis=-1)
    known: NDArray[np.bool_] = np.asarray(np.isfinite(lines).all(axis=-1))
    ends = np.stack([x[-1], y[-1]], axis=-1)
    painter.save()
    painter.resetTransform()
    for ink in set(inks.tolist()):
        cards = inks == ink
        chosen, tips = lines[:, cards][known[:, cards]], ends[cards]
        tips = tips[np.isfinite(tips).all(axis=1)]
        colour = QColor.fromRgba(ink)
        painter.setPen(QPen(colour, _width(scale) * scale))
        if len(chosen):
            painter.drawLines(first_of(chosen, QLineF), len(chosen))
        pen = QPen(colour, 2 * DOT * scale)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        if len(tips):
            painter.drawPoints(first_of(tips, QPointF), len(tips))
    painter.restore()


def first_of(array: Floats, kind: type) -> Any:
    """Return an array's first row as a Qt object, for calls with a pointer and a count.

    It shares the array's memory, so the array must outlive it.
    """
    assert array.flags.c_contiguous
    return wrapInstance(array.ctypes.data, kind)


def _width(pixels: float) -> float:
    """Return the pen's width at ``pixels`` per unit; 0 is one pixel wide and fast."""
    return WIDTH if WIDTH * pixels >= 1.5 else 0.0
