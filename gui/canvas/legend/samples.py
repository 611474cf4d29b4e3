"""The legend's samples: drawings of each mark, shape and line with their texts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen, QPolygonF

from engine.observe.quantities import Quantity
from engine.support.text import tr
from gui.appearance.fonts import maths_font
from gui.canvas.colours.palette import Palette
from gui.canvas.legend.scale_bar import TEXT_PIXELS
from gui.canvas.scene.flow import draw_chevrons
from gui.colour.magnitude import BUCKETS, GLYPHS, MagnitudeScale, Mark, mixed

DrawSample = Callable[[QPainter, QRectF], None]
# Heights of the sample sparkline, from left to right; 1 is at the top.
TREND = (0.55, 0.9, 0.6, 0.68, 0.35, 0.4, 0.1)


@dataclass(frozen=True)
class LegendSamples:
    """The entries of the legend's grids; the fields are those of ``Legend``."""

    palette: Palette
    quantity: Quantity
    edge_scale: MagnitudeScale | None
    numbers: bool
    groups: bool
    trends: bool
    ties: bool

    def marks(self) -> list[tuple[DrawSample, str]]:
        return [
            (self._mark(Mark.ZERO), tr("exactly 0")),
            (self._mark(Mark.UNDERFLOW), tr("underflow")),
            (self._mark(Mark.NAN, "NaN"), tr("NaN")),
            (self._mark(Mark.INFINITE), tr("infinite")),
            (self._mark(Mark.PENDING), tr("not computed yet")),
            (self._mark(Mark.ABSENT), self._absent_words()),
            (self._mark(Mark.ABOVE), tr("above scale")),
            (self._mark(Mark.BELOW), tr("below scale")),
        ]

    def _absent_words(self) -> str:
        """Return the text for nodes without a number, by the quantity that is shown."""
        return tr("no gradient") if self.quantity.source == "gradient" else tr("has none")

    def _mark(self, code: Mark, glyph: str | None = None) -> DrawSample:
        def draw(painter: QPainter, rect: QRectF) -> None:
            style = self.palette.nodes[code]
            painter.setBrush(style.fill)
            painter.setPen(style.outline)
            painter.drawRoundedRect(rect, 4, 4)
            text = glyph or GLYPHS.get(code, "")
            painter.setFont(maths_font(9, bold=True))
            painter.setPen(QPen(style.text, 1))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

        return draw

    def shapes(self) -> list[tuple[DrawSample, str]]:
        samples: list[tuple[DrawSample, str]] = [
            (self._box(7.5), tr("input")),
            (self._box(1.5, bar=True), tr("parameter")),
            (self._variable, tr("operator, variable")),
            (self._operator, tr("operator alone")),
            (self._box(0.0), tr("constant")),
        ]
        if self.groups:
            samples.append((self._group, tr("closed group")))
        if self.trends:
            samples.append((self._trend, tr("its norm, step by step")))
        return samples

    def _sample_pens(self, painter: QPainter) -> None:
        theme = self.palette.theme
        painter.setBrush(QBrush(mixed(theme.canvas, theme.muted, 0.2)))
        painter.setPen(QPen(QColor(theme.muted), 1.2))

    def _box(self, radius: float, *, bar: bool = False) -> DrawSample:
        def draw(painter: QPainter, rect: QRectF) -> None:
            self._sample_pens(painter)
            painter.drawRoundedRect(rect, radius, radius)
            if bar:
                painter.setBrush(painter.pen().color())
                painter.drawRoundedRect(
                    QRectF(rect.left() + 4, rect.top() + 3, 2.5, rect.height() - 6), 1, 1
                )

        return draw

    def _variable(self, painter: QPainter, rect: QRectF) -> None:
        self._sample_pens(painter)
        painter.drawRoundedRect(rect.adjusted(6, 0, 0, 0), 3, 3)
        painter.setBrush(self.palette.operator_fill)
        painter.drawEllipse(rect.center() - QPointF(7, 0), 5.5, 5.5)

    def _operator(self, painter: QPainter, rect: QRectF) -> None:
        self._sample_pens(painter)
        painter.drawEllipse(rect.center(), 7.5, 7.5)

    def _group(self, painter: QPainter, rect: QRectF) -> None:
        self._sample_pens(painter)
        painter.drawRoundedRect(rect.adjusted(3, 0, 0, -3), 3, 3)
        painter.drawRoundedRect(rect.adjusted(0, 3, -3, 0), 3, 3)

    def _trend(self, painter: QPainter, rect: QRectF) -> None:
        """Draw the sparkline of a closed group, with the dot of the newest step at its end."""
        self._sample_pens(painter)
        painter.drawRoundedRect(rect, 3, 3)
        room = rect.adjusted(4, 3, -5, -3)
        apart = room.width() / (len(TREND) - 1)
        places = [
            QPointF(room.left() + k * apart, room.bottom() - height * room.height())
            for k, height in enumerate(TREND)
        ]
        painter.setPen(QPen(QColor(self.palette.theme.text), 1.2))
        painter.drawPolyline(QPolygonF(places))
        painter.setBrush(painter.pen().color())
        painter.drawEllipse(places[-1], 1.3, 1.3)

    def lines(self) -> list[tuple[DrawSample, str]]:
        samples: list[tuple[DrawSample, str]] = [
            (self._flow, self._flow_words()),
            (self._no_flow, tr("carries no gradient")),
        ]
        samples.append((self._backward, tr("gradient flows back")))
        if self.ties:
            samples.append((self._tie, tr("a node and its gradient")))
        if not self.numbers:
            samples.append((self._share, tr("a path's share")))
        else:
            value, gradient = self.palette.theme.value, self.palette.theme.gradient
            samples.append((self._digits("1.2", value), tr("value")))
            samples.append((self._digits("−3", gradient), tr("gradient")))
        return samples

    def _flow_words(self) -> str:
        """Return the coloured line's text; with the scale's ends where nodes have another scale."""
        if self.edge_scale is None:
            return tr("upstream × local")
        low, high = self.edge_scale.end_texts
        return tr("upstream × local, norm {low} … {high}").format(low=low, high=high)

    def _flow(self, painter: QPainter, rect: QRectF) -> None:
        """Draw a line that grows in width and changes colour along the scale."""
        count = 13
        for k in range(count):
            style = self.palette.edges[k * (BUCKETS - 1) // (count - 1)]
            x = rect.left() + rect.width() * k / count
            painter.setPen(QPen(style.line.color(), style.line.widthF()))
            y = rect.center().y()
            painter.drawLine(QPointF(x, y), QPointF(x + rect.width() / count + 0.5, y))

    def _backward(self, painter: QPainter, rect: QRectF) -> None:
        """Draw a chevron on a line, pointing from target to source."""
        style = self.palette.edges[BUCKETS // 2]
        painter.setPen(QPen(style.line.color(), 3.0))
        middle = rect.center()
        painter.drawLine(QPointF(rect.left(), middle.y()), QPointF(rect.right(), middle.y()))
        points, back = np.array([middle.toTuple()]), np.array([[-1.0, 0.0]])
        draw_chevrons(painter, points, back, self.palette)

    def _share(self, painter: QPainter, rect: QRectF) -> None:
        """Draw a share's label, as it is on an edge."""
        painter.setPen(QPen(self.palette.edges[BUCKETS // 2].line.color(), 1.4))
        painter.setBrush(self.palette.canvas)
        painter.drawRoundedRect(rect.adjusted(1, 1, -1, -1), 4, 4)
        painter.setFont(maths_font(10))
        painter.setPen(QColor(self.palette.theme.text))
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, tr("9 %"))

    def _no_flow(self, painter: QPainter, rect: QRectF) -> None:
        painter.setPen(self.palette.edges[Mark.ABSENT].line)
        y = rect.center().y()
        painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))

    def _tie(self, painter: QPainter, rect: QRectF) -> None:
        painter.setPen(self.palette.tie(1.6))
        y = rect.center().y()
        painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))

    def _digits(self, text: str, colour: str) -> DrawSample:
        def draw(painter: QPainter, rect: QRectF) -> None:
            painter.setFont(maths_font(TEXT_PIXELS + 1))
            painter.setPen(QPen(colour))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

        return draw
