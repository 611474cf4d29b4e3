"""The legend: what colours, marks, shapes and lines mean. A strip that is never scrolled away.

``Legend`` paints on anything (the window's strip, an image, SVG, PDF); ``LegendStrip`` is the
widget. It stands below the graph in a strip of its own, so it never covers a node.
"""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from engine.text import tr
from gui.canvas.look import elided, text_width
from gui.canvas.palette import Palette
from gui.colour import BUCKETS, GLYPHS, MagnitudeScale, Mark, bucket_colours, mixed, number_text
from gui.fonts import maths_font

TITLE_PIXELS, TEXT_PIXELS = 12, 11
BAR_WIDEST, BAR_NARROWEST, BAR_HEIGHT = 320.0, 236.0, 13.0
SECTION_HEIGHT, ROW_HEIGHT = 58.0, 18.5
SWATCH_WIDTH, SWATCH_HEIGHT = 26.0, 15.0
GAP, EDGE = 20.0, 14.0

Drawing = Callable[[QPainter, QRectF], None]


@dataclass(frozen=True)
class _Section:
    """A block of the legend: ``paint(painter, left, top)``."""

    width: float
    paint: Callable[[QPainter, float, float], None]


@dataclass
class Legend:
    """What the legend has to explain. ``selection`` is (symbol, norm) of what is selected.

    Where it is not ``full``, the shapes of nodes are left out rather than begin a third line.
    """

    palette: Palette
    scale: MagnitudeScale
    numbers: bool = False
    groups: bool = False
    selection: tuple[str, float] | None = None
    full: bool = True
    objective: str = "J"
    _bar: float = BAR_WIDEST

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
            _Section(self._bar + 16, self._paint_scale),
            self._grid(tr("Not on the scale"), self._marks()),
            self._grid(tr("Nodes"), self._shapes()),
            self._grid(tr("Edges: contributions"), self._lines_and_numbers()),
        ]

    # -- the scale ---------------------------------------------------------------------------

    def _paint_scale(self, painter: QPainter, left: float, top: float) -> None:
        palette = self.palette
        title = tr("Gradient norm ‖∂{objective}/∂·‖₂").format(objective=self.objective)
        self._text(painter, left, top, title, bold=True)
        used = text_width(title, TITLE_PIXELS, bold=True) + 8
        self._text(painter, left + used, top, self._note(self._bar + 12 - used))
        bar = QRectF(left, top + 22, self._bar, BAR_HEIGHT)
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        colours = bucket_colours()
        for k in range(0, BUCKETS, 5):
            gradient.setColorAt(k / (BUCKETS - 1), colours[k])
        painter.fillRect(bar, QBrush(gradient))
        painter.setPen(QPen(palette.operator_outline.color(), 0.8))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)
        for place, text in self.scale.ticks():
            x = left + place * self._bar
            painter.drawLine(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + 4))
            half = text_width(text, TEXT_PIXELS) / 2
            self._text(painter, max(left - 6, x - half), bar.bottom() + 5, text)
        self._paint_selection(painter, bar)

    def _note(self, room: float) -> str:
        """What stands beside the title: the selection's norm, or how the scale is to be read."""
        if self.selection is not None:
            symbol, norm = self.selection
            figure = f": {number_text(norm)}"
            return elided(symbol, TEXT_PIXELS, room - text_width(figure, TEXT_PIXELS)) + figure
        return tr("provisional") if self.scale.provisional else tr("log scale")

    def _paint_selection(self, painter: QPainter, bar: QRectF) -> None:
        place = self.scale.position(self.selection[1]) if self.selection is not None else None
        if place is None:
            return
        x = bar.left() + place * bar.width()
        tip = QPolygonF([QPointF(x, bar.top() + 5), QPointF(x - 5, bar.top() - 4)])
        tip.append(QPointF(x + 5, bar.top() - 4))
        painter.setBrush(QBrush(self.palette.selected.color()))
        painter.setPen(QPen(self.palette.canvas, 1.2))
        painter.drawPolygon(tip)

    # -- grids of samples --------------------------------------------------------------------

    def _grid(self, title: str, samples: list[tuple[Drawing, str]]) -> _Section:
        """Two rows of samples with their words, column by column."""
        columns = [samples[k : k + 2] for k in range(0, len(samples), 2)]
        widths = [
            SWATCH_WIDTH + 6 + max(text_width(word, TEXT_PIXELS) for _, word in column) + 14
            for column in columns
        ]

        def paint(painter: QPainter, left: float, top: float) -> None:
            self._text(painter, left, top, title, bold=True)
            x = left
            for column, width in zip(columns, widths, strict=True):
                for row, (draw, word) in enumerate(column):
                    y = top + 20 + row * ROW_HEIGHT
                    painter.save()
                    draw(painter, QRectF(x, y, SWATCH_WIDTH, SWATCH_HEIGHT))
                    painter.restore()
                    self._text(painter, x + SWATCH_WIDTH + 6, y + 0.5, word)
                x += width

        return _Section(max(sum(widths) - 14, text_width(title, TITLE_PIXELS, bold=True)), paint)

    def _marks(self) -> list[tuple[Drawing, str]]:
        return [
            (self._mark(Mark.ZERO), tr("exactly 0")),
            (self._mark(Mark.UNDERFLOW), tr("underflow")),
            (self._mark(Mark.NAN, "NaN"), tr("NaN")),
            (self._mark(Mark.INFINITE), tr("infinite")),
            (self._mark(Mark.PENDING), tr("not computed yet")),
            (self._mark(Mark.ABSENT), tr("no gradient")),
            (self._mark(Mark.ABOVE), tr("above scale")),
            (self._mark(Mark.BELOW), tr("below scale")),
        ]

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
            (self._flow, tr("upstream × local")),
            (self._no_flow, tr("carries no gradient")),
        ]
        if self.numbers:
            value, gradient = self.palette.theme.value, self.palette.theme.gradient
            samples.append((self._digits("1.2", value), tr("value")))
            samples.append((self._digits("−3", gradient), tr("gradient")))
        return samples

    def _flow(self, painter: QPainter, rect: QRectF) -> None:
        """A line that grows and changes colour along the scale."""
        count = 13
        for k in range(count):
            style = self.palette.edges[k * (BUCKETS - 1) // (count - 1)]
            x = rect.left() + rect.width() * k / count
            painter.setPen(QPen(style.line.color(), style.line.widthF()))
            y = rect.center().y()
            painter.drawLine(QPointF(x, y), QPointF(x + rect.width() / count + 0.5, y))

    def _no_flow(self, painter: QPainter, rect: QRectF) -> None:
        painter.setPen(self.palette.edges[Mark.ABSENT].line)
        y = rect.center().y()
        painter.drawLine(QPointF(rect.left(), y), QPointF(rect.right(), y))

    def _digits(self, text: str, colour: str) -> Drawing:
        def draw(painter: QPainter, rect: QRectF) -> None:
            painter.setFont(maths_font(TEXT_PIXELS + 1))
            painter.setPen(QPen(colour))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

        return draw

    def _text(
        self, painter: QPainter, left: float, top: float, text: str, *, bold: bool = False
    ) -> None:
        painter.save()
        painter.setFont(maths_font(TITLE_PIXELS if bold else TEXT_PIXELS, bold=bold))
        theme = self.palette.theme
        painter.setPen(QPen(theme.text if bold else mixed(theme.muted, theme.text, 0.4)))
        rect = QRectF(left, top, 2000, 17)
        painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
        painter.restore()


class LegendStrip(QWidget):
    """The legend along the lower edge of the canvas."""

    def __init__(self, legend: Legend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.legend = legend
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(tr("Legend"))

    def refresh(self) -> None:
        """Show a legend that has changed."""
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Narrow canvases get a legend of several lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height in this width."""
        return round(self.legend.height_for(width))

    def sizeHint(self) -> QSize:
        """As wide as it happens to be."""
        return QSize(400, self.heightForWidth(max(400, self.width())))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint on the canvas colour."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.legend.palette.canvas)
        self.legend.paint(painter, 0, 0, self.width())
        painter.end()
