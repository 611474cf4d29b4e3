"""The legend's scale: the nodes' quantity, its unit and ends, and the numbers marked on it."""

import math
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QLinearGradient, QPainter, QPen, QPolygonF

from engine.observe.quantities import GRADIENT_NORM, QUANTITIES, Quantity
from engine.support.text import tr
from gui.appearance.fonts import maths_font
from gui.canvas.colours.palette import Palette
from gui.canvas.colours.values import Standing
from gui.canvas.graph.node_look import elided, text_width
from gui.colour.linear import Scale, value_text
from gui.colour.magnitude import BUCKETS, mixed
from gui.colour.maps import map_colours

TITLE_PIXELS, TEXT_PIXELS, FLAG_PIXELS = 12, 11, 10
BAR_HEIGHT, BAR_TOP = 13.0, 22.0
# Width by which the texts of the first line may be longer than the bar.
SPARE = 30.0
# Gap between the texts of two ticks.
APART = 5.0


@dataclass
class ScaleBar:
    """Paints the scale of ``quantity``.

    ``selection`` is marked with a filled tip, ``hovered`` with a hollow one. ``title_width`` is
    the width of a control in place of the title, 0 where the title is painted; ``noted``:
    formula and unit are beside it.
    """

    palette: Palette
    scale: Scale
    quantity: Quantity = QUANTITIES[GRADIENT_NORM]
    objective: str = "J"
    selection: Standing | None = None
    hovered: Standing | None = None
    title_width: float = 0.0
    noted: bool = True

    @property
    def title(self) -> str:
        """The name of the quantity that the nodes are coloured by."""
        return tr(self.quantity.title)

    @property
    def symbol(self) -> str:
        """The quantity's formula."""
        return self.quantity.symbol.format(objective=self.objective)

    @property
    def unit(self) -> str:
        """The quantity's unit."""
        return tr(self.quantity.unit).format(objective=self.objective)

    @property
    def state(self) -> str:
        """How the ends were chosen (pinned, provisional), "" for the usual fit."""
        if self.scale.pinned:
            return tr("pinned")
        return tr("provisional") if self.scale.provisional else ""

    def explanation(self) -> str:
        """Return the scale's tooltip, line by line."""
        low, high = self.scale.end_texts
        kind = {
            "magnitude": tr("logarithmic, from {low} to {high}"),
            "fraction": tr("linear, from {low} to {high}"),
            "signed": tr("linear, from {low} to {high}, zero in the middle"),
        }[self.quantity.kind].format(low=low, high=high)
        ends = tr("fixed for the run until refitted")
        if self.scale.pinned:
            ends = tr("pinned until unpinned")
        elif self.scale.provisional:
            ends = tr("provisional until all of it is computed")
        elif self.quantity.kind == "fraction":
            ends = tr("always all of it")
        return "\n".join(
            [
                f"{self.title}  {self.symbol}",
                tr(self.quantity.words),
                f"{kind}; {ends}",
                tr("Unit: {unit}").format(unit=self.unit),
                tr("Click to colour the nodes by something else."),
            ]
        )

    def paint(self, painter: QPainter, left: float, top: float, width: float) -> None:
        """Paint at (``left``, ``top``); the bar is ``width`` wide."""
        used = self.title_width
        if not used:
            write(painter, self.palette, left, top, self.title, bold=True)
            used = text_width(self.title, TITLE_PIXELS, bold=True) + 8
        if self.noted:
            write(painter, self.palette, left + used, top, self._note(width + SPARE - used))
        bar = QRectF(left, top + BAR_TOP, width, BAR_HEIGHT)
        self._paint_colours(painter, bar)
        self._paint_ticks(painter, bar)
        self.paint_standings(painter, left, top, width)

    def paint_standings(self, painter: QPainter, left: float, top: float, width: float) -> None:
        """Paint the numbers marked on the bar of the same place."""
        bar = QRectF(left, top + BAR_TOP, width, BAR_HEIGHT)
        marks = [(self.hovered, True), (self.selection, False)]
        shown = [(standing, hollow) for standing, hollow in marks if standing is not None]
        for standing, hollow in reversed(shown):
            self._paint_tip(painter, bar, standing, hollow)
        if shown:
            self._paint_flag(painter, bar, shown[0][0])

    def _note(self, room: float) -> str:
        """Return formula, unit and state, as far as they fit into ``room``."""
        unit = [self.unit, self.state] if self.state else [self.unit]
        choices = [[self.symbol, *unit], unit, unit[-1:]]
        for words in choices:
            text = " · ".join(words)
            if text_width(text, TEXT_PIXELS) <= room:
                return text
        return elided(unit[-1], TEXT_PIXELS, max(0.0, room))

    def _paint_colours(self, painter: QPainter, bar: QRectF) -> None:
        gradient = QLinearGradient(bar.topLeft(), bar.topRight())
        colours = map_colours(self.palette.node_map)
        for k in range(0, BUCKETS, 4):
            gradient.setColorAt(k / (BUCKETS - 1), colours[k])
        painter.fillRect(bar, QBrush(gradient))
        painter.setPen(QPen(self.palette.operator_outline.color(), 0.8))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(bar)

    def _paint_ticks(self, painter: QPainter, bar: QRectF) -> None:
        for x, at, text in self.ticks_in(bar.left(), bar.width()):
            painter.setPen(QPen(self.palette.operator_outline.color(), 0.8))
            painter.drawLine(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + 4))
            write(painter, self.palette, at, bar.bottom() + 5, text)

    def ticks_in(self, left: float, width: float) -> list[tuple[float, float, str]]:
        """Return (x, x of its text, text) of ticks whose texts do not overlap.

        The ends come first; then those that have room, from the upper end on.
        """
        found: list[tuple[float, float, str]] = []
        ticks = self.scale.ticks()
        for place, text in (*ticks[:1], *reversed(ticks[1:])):
            x, wide = left + place * width, text_width(text, TEXT_PIXELS)
            at = max(left - 6, min(x - wide / 2, left + width + 16 - wide))
            spans = ((begin, begin + text_width(other, TEXT_PIXELS)) for _, begin, other in found)
            if all(at > end + APART or at + wide < begin - APART for begin, end in spans):
                found.append((x, at, text))
        return sorted(found)

    def _place(self, bar: QRectF, standing: Standing) -> float | None:
        place = self.scale.position(standing.value) if standing.placed else None
        return None if place is None else bar.left() + place * bar.width()

    def _beside(self, bar: QRectF, standing: Standing, width: float) -> float:
        """Return the x of a flag without a place on the bar: at the end beyond which the number is.

        In the middle for NaN, and for a number of another scale.
        """
        value = standing.value
        if not standing.placed or math.isnan(value):
            return bar.center().x() - width / 2
        return bar.right() - width if value > self.scale.ends[0] else bar.left()

    def _paint_tip(self, painter: QPainter, bar: QRectF, standing: Standing, hollow: bool) -> None:
        x = self._place(bar, standing)
        if x is None:
            return
        accent, canvas = self.palette.selected.color(), self.palette.canvas
        tip = QPolygonF([QPointF(x, bar.top() + 5), QPointF(x - 5, bar.top() - 4)])
        tip.append(QPointF(x + 5, bar.top() - 4))
        painter.setBrush(QBrush(canvas if hollow else accent))
        painter.setPen(QPen(accent if hollow else canvas, 1.2))
        painter.drawPolygon(tip)

    def _paint_flag(self, painter: QPainter, bar: QRectF, standing: Standing) -> None:
        """Write the name and number that the tip marks, on the bar beside it."""
        figure = value_text(standing.value, self.quantity.kind if standing.placed else "magnitude")
        if not standing.placed:
            figure = tr("contribution {figure}").format(figure=figure)
        room = bar.width() - 24 - text_width(f": {figure}", FLAG_PIXELS)
        text = f"{elided(standing.symbol, FLAG_PIXELS, room)}: {figure}"
        width = text_width(text, FLAG_PIXELS) + 10
        x = self._place(bar, standing)
        left = self._beside(bar, standing, width) if x is None else x + 7
        if x is not None and left + width > bar.right() - 2:
            left = x - 7 - width
        left = min(max(left, bar.left() + 2), bar.right() - 2 - width)
        flag = QRectF(left, bar.top() + 0.5, width, bar.height() - 1)
        theme = self.palette.theme
        painter.setBrush(QBrush(self.palette.canvas))
        painter.setPen(QPen(QColor(mixed(theme.canvas, theme.text, 0.35)), 0.8))
        painter.drawRoundedRect(flag, 4, 4)
        painter.setFont(maths_font(FLAG_PIXELS))
        painter.setPen(QPen(theme.text))
        painter.drawText(flag, Qt.AlignmentFlag.AlignCenter, text)


def write(
    painter: QPainter, palette: Palette, left: float, top: float, text: str, *, bold: bool = False
) -> None:
    """Write a line of the legend; titles are bold."""
    painter.save()
    painter.setFont(maths_font(TITLE_PIXELS if bold else TEXT_PIXELS, bold=bold))
    theme = palette.theme
    painter.setPen(QPen(theme.text if bold else mixed(theme.muted, theme.text, 0.4)))
    rect = QRectF(left, top, 2000, 17)
    painter.drawText(rect, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, text)
    painter.restore()
