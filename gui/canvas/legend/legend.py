"""The legend: what colours, marks, shapes and lines mean. It is always visible.

``Legend`` paints on any device: the window's strip (``strip``), an image, SVG, PDF. It is below the
graph, so it never covers a node.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainter, QPen

from engine.observe.quantities import GRADIENT_NORM, QUANTITIES, Quantity
from engine.support.text import tr
from gui.canvas.colours.palette import Palette
from gui.canvas.colours.values import Standing
from gui.canvas.graph.node_look import text_width
from gui.canvas.legend.samples import DrawSample, LegendSamples
from gui.canvas.legend.scale_bar import TEXT_PIXELS, TITLE_PIXELS, ScaleBar, write
from gui.colour.linear import Scale
from gui.colour.magnitude import MagnitudeScale

BAR_WIDEST, BAR_NARROWEST = 320.0, 224.0
SECTION_HEIGHT, ROW_HEIGHT = 58.0, 18.5
SWATCH_WIDTH, SWATCH_HEIGHT = 26.0, 15.0
GAP, EDGE = 20.0, 14.0
# Gaps between the columns of a grid: the usual one, and that of a narrow legend.
APART, CLOSE, NARROW = 14.0, 4.0, 440.0


@dataclass(frozen=True)
class _Section:
    """A block of the legend: ``paint(painter, left, top)``."""

    width: float
    paint: Callable[[QPainter, float, float], None]


@dataclass(frozen=True)
class _Arranged:
    """The sections arranged in lines for one width, and the width of the scale's bar there."""

    lines: list[list[_Section]]
    bar: float


@dataclass(frozen=True)
class _Column:
    """Samples below each other, with their texts."""

    samples: list[tuple[DrawSample, str]]
    width: float


@dataclass
class Legend:
    """The legend of one picture of the graph; frozen.

    ``scale`` is that of ``quantity``, by which nodes are coloured; ``edge_scale`` that of the
    contributions where it is another. ``selection`` and ``hovered`` are marked on the scale.
    Unless it is ``full``, the shapes of nodes are left out if they would need a third line, and
    at most ``most`` lines are painted (0: as many as needed).
    ``title_width`` is the width of the control that replaces the scale's title, 0 without one;
    ``noted``: formula and unit follow it; ``ties``: lines from nodes to their gradients are
    drawn; ``trends``: closed groups have sparklines.
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
    noted: bool = True
    ties: bool = False
    trends: bool = False
    most: int = 0

    @property
    def bar(self) -> ScaleBar:
        """The painter of the scale."""
        return ScaleBar(
            self.palette,
            self.scale,
            self.quantity,
            self.objective,
            self.selection,
            self.hovered,
            self.title_width,
            self.noted,
        )

    def height_for(self, width: float) -> float:
        """Return the height that the legend needs in this width."""
        return len(self._lines(width)) * SECTION_HEIGHT + 2 * 8

    def paint(
        self, painter: QPainter, left: float, top: float, width: float, rule: float = 0.0
    ) -> None:
        """Paint at (``left``, ``top``), wrapped into lines that fit ``width`` (painter units).

        The horizontal rule above has the length ``rule``, or that of the width where it is 0.
        """
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self.palette.frame_outline.color(), 1))
        painter.drawLine(QPointF(left, top + 0.5), QPointF(left + (rule or width), top + 0.5))
        y = top + 8
        for line in self._lines(width):
            x = left + EDGE
            for section in line:
                section.paint(painter, x, y)
                x += section.width + GAP
            y += SECTION_HEIGHT
        painter.restore()

    def paint_standings(self, painter: QPainter, left: float, top: float, bar: float) -> None:
        """Paint the scale's marked numbers over a legend that was painted without them.

        ``bar`` is the bar's width there (``bar_width``).
        """
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self.bar.paint_standings(painter, left + EDGE, top + 8, bar)

    def bar_width(self, width: float) -> float:
        """Return the width of the scale's bar in a legend of this width."""
        return self._arranged(width).bar

    def leaves_out(self, width: float) -> bool:
        """Whether some sections do not fit into this width and ``most`` lines."""
        shown = sum(len(line) for line in self._lines(width))
        parts = self._parts(width - 2 * EDGE, BAR_NARROWEST, CLOSE)
        return shown < sum(len(part) for part in parts)

    def right_ends(self, width: float) -> list[float]:
        """Return the right end of each line in a legend of this width."""
        return [EDGE + _breadth(line) for line in self._lines(width)]

    def _lines(self, width: float) -> list[list[_Section]]:
        return self._arranged(width).lines

    def _arranged(self, width: float) -> _Arranged:
        found = self._wrapped(width, (0, 1, 2, 3))
        if not self.full and len(found.lines) > 2:
            found = self._wrapped(width, (0, 3, 1))
        return _Arranged(found.lines[: self.most], found.bar) if self.most else found

    def _wrapped(self, width: float, which: tuple[int, ...]) -> _Arranged:
        """Break the sections into lines; with smaller gaps where that saves a line."""
        room = width - 2 * EDGE
        wide = min(BAR_WIDEST, max(BAR_NARROWEST, room * 0.3))
        ways = [(wide, APART if room >= NARROW else CLOSE), (BAR_NARROWEST, CLOSE)]
        found = []
        for bar, apart in ways:
            parts = self._parts(room, bar, apart)
            lines = _broken([section for k in which for section in parts[k]], room)
            found.append(_Arranged(lines, bar))
        return min(found, key=lambda one: len(one.lines))

    def _parts(self, room: float, bar: float, apart: float) -> list[list[_Section]]:
        """Return the sections (scale, marks, shapes, lines), each to fit into ``room``."""
        samples = LegendSamples(
            self.palette,
            self.quantity,
            self.edge_scale,
            self.numbers,
            self.groups,
            self.trends,
            self.ties,
        )
        return [
            [_Section(bar + 16, lambda p, x, y: self.bar.paint(p, x, y, bar))],
            self._grid(tr("Not on the scale"), samples.marks(), room, apart),
            self._grid(tr("Nodes"), samples.shapes(), room, apart),
            self._grid(tr("Edges: contributions"), samples.lines(), room, apart),
        ]

    # -- grids of samples --------------------------------------------------------------------

    def _grid(
        self, title: str, samples: list[tuple[DrawSample, str]], room: float, apart: float
    ) -> list[_Section]:
        """Return two rows of samples with their texts; in several sections where too wide."""
        sections: list[_Section] = []
        columns: list[_Column] = []
        for k in range(0, len(samples), 2):
            words = max(text_width(word, TEXT_PIXELS) for _, word in samples[k : k + 2])
            column = _Column(samples[k : k + 2], SWATCH_WIDTH + 6 + words)
            if columns and _breadth([*columns, column], apart) > room:
                sections.append(self._section(title, columns, apart))
                title, columns = "", []
            columns.append(column)
        return [*sections, self._section(title, columns, apart)]

    def _section(self, title: str, columns: list[_Column], apart: float) -> _Section:
        def paint(painter: QPainter, left: float, top: float) -> None:
            write(painter, self.palette, left, top, title, bold=True)
            x = left
            for column in columns:
                for row, (draw, word) in enumerate(column.samples):
                    y = top + 20 + row * ROW_HEIGHT
                    painter.save()
                    draw(painter, QRectF(x, y, SWATCH_WIDTH, SWATCH_HEIGHT))
                    painter.restore()
                    write(painter, self.palette, x + SWATCH_WIDTH + 6, y + 0.5, word)
                x += column.width + apart

        heading = text_width(title, TITLE_PIXELS, bold=True)
        return _Section(max(_breadth(columns, apart), heading), paint)


def _broken(sections: list[_Section], room: float) -> list[list[_Section]]:
    """Return the sections in lines: two of equal count if they fit, else as many in each as fit."""
    halves = [sections[: len(sections) // 2], sections[len(sections) // 2 :]]
    if _breadth(sections) > room and all(_breadth(half) <= room for half in halves):
        return halves
    lines: list[list[_Section]] = [[]]
    for section in sections:
        if lines[-1] and _breadth([*lines[-1], section]) > room:
            lines.append([])
        lines[-1].append(section)
    return lines


def _breadth(parts: Sequence[_Section | _Column], apart: float = GAP) -> float:
    """Return the width of sections side by side."""
    return sum(part.width + apart for part in parts) - apart
