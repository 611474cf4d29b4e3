"""Many curves as one pyqtgraph item, drawn fast enough to follow training.

pyqtgraph's curve items cost 0.15 ms each before they draw anything, and a pen wider than a pixel
under a stretched coordinate system costs Qt ten times what it costs in pixels. So one item draws
all curves, as separate straight lines that it maps to pixels itself.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np
import pyqtgraph as pg
from pyqtgraph.Qt.internals import PrimitiveArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QTransform
from shiboken6 import wrapInstance

from engine.support.arrays import Floats

# Antialiased lines cost two to seven times as much: only for few points and short lengths.
AFFORDABLE_POINTS = 1_500
AFFORDABLE_PIXELS = 15_000  # vertical length of all curves together
# A hairline costs half of what a wider line does: from here on all curves but the top one are.
HAIRLINES_FROM = 8_000
# A dash pattern that continues across segments needs a QPainterPath, slow for many points.
DASHES_UP_TO = 250
DOT_RADIUS = 2.6


class Polylines(pg.GraphicsObject):
    """Curves over shared x; NaN is a gap, and a point between two gaps is drawn as a dot."""

    def __init__(self) -> None:
        super().__init__()
        self._x: Floats = np.empty(0)
        self._y: Floats = np.empty((0, 0))
        self.pens: list[QPen] = []
        self._hairs: list[QPen] = []
        self._fills: list[str | None] = []
        self._top: int | None = None
        self._bounds = QRectF()
        self._lines = PrimitiveArray(QLineF, 4)

    def set_data(self, x: Floats, y: Floats) -> None:
        """Draw these curves: ``x`` (points,), increasing; ``y`` (points, curves)."""
        self.prepareGeometryChange()
        self._x, self._y = x, y
        finite = y[np.isfinite(y)]
        if not len(finite):
            self._bounds = QRectF()
        else:
            # A margin on all sides for the pen's width; it also gives a level curve a height.
            low, high = float(finite.min()), float(finite.max())
            wide, tall = max(x[-1] - x[0], 1.0), max(high - low, 1.0)
            self._bounds = QRectF(x[0] - wide, low - tall, 3 * wide, 3 * tall)
        self.update()

    def get_data(self) -> tuple[Floats, Floats]:
        """Return the x (points,) and y (points, curves) that are drawn."""
        return self._x, self._y

    def set_pens(self, pens: Sequence[QPen], top: int | None = None) -> None:
        """A pen for each curve, widths in pixels; ``top`` is drawn above the others."""
        self.pens, self._top = [_scaled(pen) for pen in pens], top
        self._hairs = [_hairline(pen) for pen in pens]
        self.update()

    def set_dots(self, fills: Sequence[str | None]) -> None:
        """Mark the points of some curves with dots; ``fills`` has a colour or None per curve."""
        self._fills = list(fills)
        self.update()

    def boundingRect(self) -> QRectF:
        """The rectangle around all curves, in the view's coordinates."""
        return self._bounds

    def paint(self, painter: QPainter, *_: Any) -> None:
        """Draw each curve with its pen."""
        count = min(len(self.pens), self._y.shape[1])
        if not count or not len(self._x):
            return
        transform = painter.transform()
        painter.save()
        painter.resetTransform()
        x, y = _mapped(self._x, self._y, transform)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, _smooth(y))
        order = [k for k in range(count) if k != self._top]
        order += [self._top] if self._top is not None and self._top < count else []
        pens = self._hairs if y.size > HAIRLINES_FROM else self.pens
        whole = _joined(x, y)
        for k in order:
            pen = self.pens[k] if k == self._top else pens[k]
            if whole is not None and _is_plain(pen, x):
                painter.setPen(pen)
                first = cast(QLineF, wrapInstance(whole[k].ctypes.data, QLineF))
                painter.drawLines(first, len(x) - 1)
            else:
                self._draw(painter, pen, x, y[k])
            if k < len(self._fills) and self._fills[k] is not None:
                self._dot(painter, self.pens[k].color(), QColor(self._fills[k]), x, y[k])
        painter.restore()

    def _dot(self, painter: QPainter, colour: QColor, fill: QColor, x: Floats, y: Floats) -> None:
        painter.setPen(QPen(colour, 1.2))
        painter.setBrush(fill)
        for place in zip(x.tolist(), y.tolist(), strict=True):
            if math.isfinite(place[1]):
                painter.drawEllipse(QPointF(*place), DOT_RADIUS, DOT_RADIUS)
        painter.setBrush(Qt.BrushStyle.NoBrush)

    def _draw(self, painter: QPainter, pen: QPen, x: Floats, y: Floats) -> None:
        painter.setPen(pen)
        if not _is_plain(pen, x):
            painter.drawPath(pg.arrayToQPath(x, y, connect="finite"))
            return
        x0, y0, x1, y1 = _segments(x, y)
        self._lines.resize(len(x0))
        lines = self._lines.ndarray()
        lines[:, 0], lines[:, 1], lines[:, 2], lines[:, 3] = x0, y0, x1, y1
        painter.drawLines(*self._lines.drawargs())


def _smooth(y: Floats) -> bool:
    """Whether curves (curves, points) in pixels are few and short enough for antialiasing."""
    if y.size > AFFORDABLE_POINTS:
        return False
    return bool(np.nansum(np.abs(np.diff(y, axis=1))) <= AFFORDABLE_PIXELS)


def _scaled(pen: QPen) -> QPen:
    """Scale a pen wider than a pixel to the screen's pixel ratio; hairlines stay, they are fast."""
    pen = QPen(pen)
    pen.setCosmetic(pen.widthF() <= 1)
    return pen


def _hairline(pen: QPen) -> QPen:
    pen = QPen(pen)
    pen.setWidthF(1.0)
    return _scaled(pen)


def _mapped(x: Floats, y: Floats, transform: QTransform) -> tuple[Floats, Floats]:
    """Map x (points,) and y (points, curves) to pixels: (points,) and (curves, points)."""
    return (
        transform.m11() * x + transform.dx(),
        np.ascontiguousarray((transform.m22() * y + transform.dy()).T),
    )


def _is_plain(pen: QPen, x: Floats) -> bool:
    """Whether a curve may be drawn as separate segments, with no dash pattern across them."""
    return pen.style() == Qt.PenStyle.SolidLine or len(x) > DASHES_UP_TO


def _joined(x: Floats, y: Floats) -> Floats | None:
    """Return all segments of gapless curves, (curves, lines, 4): x₀, y₀, x₁, y₁; else None.

    Computed for all curves (some fifty a frame) at once, and passed to Qt without a copy.
    """
    if len(x) < 2 or not np.isfinite(y).all():
        return None
    lines = np.empty((len(y), len(x) - 1, 4))
    lines[..., 0], lines[..., 1], lines[..., 2], lines[..., 3] = x[:-1], y[:, :-1], x[1:], y[:, 1:]
    return lines


def _segments(x: Floats, y: Floats) -> tuple[Floats, Floats, Floats, Floats]:
    """Return each segment's ends x₀, y₀, x₁, y₁; an isolated point is a very short segment."""
    finite = np.isfinite(y)
    if len(y) > 1 and finite.all():
        return x[:-1], y[:-1], x[1:], y[1:]
    joined = finite[:-1] & finite[1:]
    start = np.flatnonzero(joined)
    lonely = np.flatnonzero(finite & ~np.append(False, joined) & ~np.append(joined, False))
    begin, end = np.concatenate([start, lonely]), np.concatenate([start + 1, lonely])
    x1 = x[end]
    x1[len(start) :] += 0.1
    return x[begin], y[begin], x1, y[end]
