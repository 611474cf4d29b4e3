"""The legend: what colours, marks, shapes and lines mean. A strip that is never scrolled away.

``Legend`` paints on anything: the window's strip (``legend_strip``), an image, SVG, PDF. It stands
below the graph in a strip of its own, so it never covers a node.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen

from engine.quantities import GRADIENT_NORM, QUANTITIES, Quantity
from engine.text import tr
from gui.canvas.colour_bar import TEXT_PIXELS, TITLE_PIXELS, ScaleBar, write
from gui.canvas.colour_scales import Scale
from gui.canvas.colour_values import Standing
from gui.canvas.flow import draw_chevrons
from gui.canvas.look import text_width
from gui.canvas.palette import Palette
from gui.colour import BUCKETS, GLYPHS, MagnitudeScale, Mark, mixed
from gui.fonts import maths_font

BAR_WIDEST, BAR_NARROWEST = 320.0, 236.0
SECTION_HEIGHT, ROW_HEIGHT = 58.0, 18.5
SWATCH_WIDTH, SWATCH_HEIGHT = 26.0, 15.0
GAP, EDGE = 20.0, 14.0
# Between the columns of a grid; less where the legend is narrow.
APART, CLOSE, NARROW = 14.0, 4.0, 440.0

Drawing = Callable[[QPainter, QRectF], None]


@dataclass(frozen=True)
class _Section:
    """A block of the legend: ``paint(painter, left, top)``."""

    width: float
    paint: Callable[[QPainter, float, float], None]


@dataclass
class Legend:
    """What the legend has to explain.

    ``scale`` is that of ``quantity``, by which nodes are coloured; ``edge_scale`` that of the
    contributions where it is another. ``selection`` and ``hovered`` are what is marked on it.
    Where it is not ``full``, the shapes of nodes are left out rather than begin a third line.
    ``title_width`` is the room of a control that stands in place of the scale's title; ``ties``:
    a gradient graph is drawn.
    """

    palette: Palette
    scale: Scale
    numbers: bool = False
    groups: bool = False
    selection: Standing | None = None
    full: bool = True
    objective: str = "J"
    quantity: Quantity = QUANTITIES[GRADIENT_NORM]
    edge_scale: MagnitudeScale | None = None
    hovered: Standing | None = None
    title_width: float = 0.0
    ties: bool = False
    _bar: float = BAR_WIDEST
    _apart: float = APART

    @property
    def bar(self) -> ScaleBar:
        """What paints the scale."""
        return ScaleBar(
            self.palette,
            self.scale,
            self.quantity,
            self.objective,
            self.selection,
            self.hovered,
            self.title_width,
        )

    def height_for(self, width: float) -> float:
        """Return the height that the legend needs in this width."""
        return len(self._lines(width)) * SECTION_HEIGHT + 2 * 8

    def paint(self, painter: QPainter, left: float, top: float, width: float) -> None:
        """Paint into this place; wraps into lines where the width is short."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette.frame_outline.color(), 1))
        painter.drawLine(QPointF(left, top + 0.5), QPointF(left + width, top + 0.5))
        y = top + 8
        for line in self._lines(width):
            x = left + EDGE
            for section in line:
                section.paint(painter, x, y)
                x += section.width + GAP
            y += SECTION_HEIGHT
        painter.restore()

    def _lines(self, width: float) -> list[list[_Section]]:
        lines = self._wrapped(width, self._sections)
        if len(lines) <= 2 or self.full:
            return lines

        def fewer() -> list[_Section]:
            scale, marks, _, edges = self._sections()
            return [scale, edges, marks]

        return self._wrapped(width, fewer)

    def _wrapped(self, width: float, make: Callable[[], list[_Section]]) -> list[list[_Section]]:
        lines: list[list[_Section]] = [[]]
        room = width - 2 * EDGE
        # A wide bar shows decades apart, but a third line of legend would cost the graph more.
        self._apart = APART if room >= NARROW else CLOSE
        self._bar = min(BAR_WIDEST, max(BAR_NARROWEST, room * 0.3))
        sections = make()
        halves = [sections[:2], sections[2:]]
        if sum(s.width + GAP for s in sections) - GAP > room and all(
            sum(s.width + GAP for s in half) - GAP <= room for half in halves
        ):
            return halves
        for section in sections:
            used = sum(s.width + GAP for s in lines[-1])
            if lines[-1] and used + section.width > room:
                lines.append([])
            lines[-1].append(section)
        return lines

    def _sections(self) -> list[_Section]:
        return [
            _Section(self._bar + 16, lambda p, x, y: self.bar.paint(p, x, y, self._bar)),
            self._grid(tr("Not on the scale"), self._marks()),
            self._grid(tr("Nodes"), self._shapes()),
            self._grid(tr("Edges: contributions"), self._lines_and_numbers()),
        ]

    # -- grids of samples --------------------------------------------------------------------

    def _grid(self, title: str, samples: list[tuple[Drawing, str]]) -> _Section:
        """Two rows of samples with their words, column by column."""
        columns = [samples[k : k + 2] for k in range(0, len(samples), 2)]
        apart = self._apart
        widths = [
            SWATCH_WIDTH + 6 + max(text_width(word, TEXT_PIXELS) for _, word in column) + apart
            for column in columns
        ]

        def paint(painter: QPainter, left: float, top: float) -> None:
            write(painter, self.palette, left, top, title, bold=True)
            x = left
            for column, width in zip(columns, widths, strict=True):
                for row, (draw, word) in enumerate(column):
                    y = top + 20 + row * ROW_HEIGHT
                    painter.save()
                    draw(painter, QRectF(x, y, SWATCH_WIDTH, SWATCH_HEIGHT))
                    painter.restore()
                    write(painter, self.palette, x + SWATCH_WIDTH + 6, y + 0.5, word)
                x += width

        return _Section(max(sum(widths) - apart, text_width(title, TITLE_PIXELS, bold=True)), paint)

    def _marks(self) -> list[tuple[Drawing, str]]:
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
        """What a node lacks that has no number."""
        return tr("no gradient") if self.quantity.source == "gradient" else tr("has none")

    def _mark(self, code: Mark, glyph: str | None = None) -> Drawing:
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

    def _shapes(self) -> list[tuple[Drawing, str]]:
        samples: list[tuple[Drawing, str]] = [
            (self._box(7.5), tr("input")),
            (self._box(1.5, bar=True), tr("parameter")),
            (self._variable, tr("operator, variable")),
            (self._operator, tr("operator alone")),
            (self._box(0.0), tr("constant")),
        ]
        if self.groups:
            samples.append((self._group, tr("closed group")))
        return samples

    def _sample_pens(self, painter: QPainter) -> None:
        theme = self.palette.theme
        painter.setBrush(QBrush(mixed(theme.canvas, theme.muted, 0.2)))
        painter.setPen(QPen(QColor(theme.muted), 1.2))

    def _box(self, radius: float, *, bar: bool = False) -> Drawing:
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

    def _lines_and_numbers(self) -> list[tuple[Drawing, str]]:
        samples: list[tuple[Drawing, str]] = [
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
        """What the coloured line means; its ends where nodes are on another scale."""
        if self.edge_scale is None:
            return tr("upstream × local")
        low, high = self.edge_scale.end_texts
        return tr("upstream × local, norm {low} … {high}").format(low=low, high=high)

    def _flow(self, painter: QPainter, rect: QRectF) -> None:
        """A line that grows and changes colour along the scale."""
        count = 13
        for k in range(count):
            style = self.palette.edges[k * (BUCKETS - 1) // (count - 1)]
            x = rect.left() + rect.width() * k / count
            painter.setPen(QPen(style.line.color(), style.line.widthF()))
            y = rect.center().y()
            painter.drawLine(QPointF(x, y), QPointF(x + rect.width() / count + 0.5, y))

    def _backward(self, painter: QPainter, rect: QRectF) -> None:
        """A chevron on a line, from target to source."""
        style = self.palette.edges[BUCKETS // 2]
        painter.setPen(QPen(style.line.color(), 3.0))
        middle = rect.center()
        painter.drawLine(QPointF(rect.left(), middle.y()), QPointF(rect.right(), middle.y()))
        points, back = np.array([middle.toTuple()]), np.array([[-1.0, 0.0]])
        draw_chevrons(painter, points, back, self.palette)

    def _share(self, painter: QPainter, rect: QRectF) -> None:
        """A plate with a number, as it stands on an edge."""
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

    def _digits(self, text: str, colour: str) -> Drawing:
        def draw(painter: QPainter, rect: QRectF) -> None:
            painter.setFont(maths_font(TEXT_PIXELS + 1))
            painter.setPen(QPen(colour))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

        return draw
