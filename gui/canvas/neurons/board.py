"""The item of a neuron view: a small dense layer's neurons as dots, its weights as lines.

Sign is the colour, magnitude the width and opacity, as in TensorFlow Playground.
"""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainter, QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsObject, QStyleOptionGraphicsItem, QWidget

from engine.messages.frame import Neurons
from engine.support.figures import figure
from gui.canvas.colours.palette import Palette
from gui.canvas.graph.neuron_plan import PAD, SIDE, NeuronPlan, Spot
from gui.canvas.neurons.strokes import WeightLines
from gui.canvas.neurons.words import BoardState, chips, footer, head_row
from gui.canvas.text.lettering import text_font
from gui.colour.magnitude import mixed

EDGE, RADIUS = 6.0, 5.0
CHIP_TEXT, WORDS_TEXT = 11, 11
# Opacity of the other lines, while those of one neuron are shown.
DIMMED = 0.16


class NeuronBoard(QGraphicsObject):
    """The neuron view of one layer, a child of the layer's node item, below its title.

    ``live``: on screen during training, where lines are drawn fast first and antialiased when
    the weights stop changing. Otherwise, as in an export, all are drawn as vectors.
    """

    def __init__(self, plan: NeuronPlan, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self.plan = plan
        self.live = False
        self.state: BoardState | None = None
        self.strokes = WeightLines(plan, self, self.update)
        self._palette: Palette | None = None
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    # -- what it shows -----------------------------------------------------------------------

    def show_state(self, state: BoardState | None) -> None:
        """Show a state; the lines are redrawn only if their values changed."""
        if state is None:
            self.strokes.show_values(None)
        else:
            self.strokes.show_values(state.values, state.full.get(state.what))
        self.state = state
        self.update()

    def paint_as(self, palette: Palette) -> None:
        """Apply a theme's colours."""
        if palette is not self._palette:
            self._palette = palette
            self.strokes.paint_as(palette)
            self.update()

    def boundingRect(self) -> QRectF:
        plan = self.plan
        return QRectF(-plan.width / 2, -plan.height / 2, plan.width, plan.height)

    def in_title(self, point: QPointF) -> bool:
        """Whether a point (from the box's middle) is on the strip with the title."""
        return point.y() < head_row(self.plan).top()

    def what_is_at(self, point: QPointF, fan: Spot | None) -> str | Spot | None:
        """Return the name of the chip, or the scalar, at a point from the box's middle."""
        for name, rect, _, _ in chips(self.plan, self.state):
            if rect.contains(point):
                return name
        strength = self.strokes.strength
        if not len(strength):
            return None
        only = None if fan is None else self.plan.fan(fan)
        return self.plan.spot_at(point.x(), point.y(), strength, only)

    # -- painting ----------------------------------------------------------------------------

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        palette, plan, state = self._palette, self.plan, self.state
        if palette is None:
            return
        top = head_row(plan).top() - 4
        panel = QRectF(
            -plan.width / 2 + EDGE, top, plan.width - 2 * EDGE, plan.height / 2 - top - EDGE
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(palette.canvas)
        painter.drawRoundedRect(panel, RADIUS, RADIUS)
        self._paint_chips(painter, palette)
        if state is None or state.neurons is None:
            return
        painter.save()
        if state.fan is not None:
            painter.setOpacity(DIMMED)
        if self.live:
            self.strokes.draw_live(painter)
        else:
            self.strokes.draw_all(painter)
        painter.restore()
        self._paint_marked(painter, palette, state)
        self._paint_dots(painter, palette, state, state.neurons)
        self._paint_words(painter, palette, state)

    def _paint_marked(self, painter: QPainter, palette: Palette, state: BoardState) -> None:
        """Draw on top the lines of one neuron, and the selected and hovered lines."""
        if state.fan is not None:
            self.strokes.draw_fan(painter, state.fan)
        for spot, colour in _marked(palette, state):
            if spot.kind == "weight":
                self.strokes.draw_marked(painter, spot, colour)

    def _paint_dots(
        self, painter: QPainter, palette: Palette, state: BoardState, neurons: Neurons
    ) -> None:
        theme, plan = palette.theme, self.plan
        rim = QPen(QColor(mixed(theme.canvas, theme.text, 0.55)), 1.0)
        sides = (
            (-plan.span / 2, plan.input_y, neurons.inputs, state.limit("inputs")),
            (plan.span / 2, plan.output_y, neurons.outputs, state.limit("outputs")),
        )
        painter.setPen(rim)
        for x, column, values, limit in sides:
            for k, y in enumerate(column.tolist()):
                value = None if values is None else float(values[k])
                painter.setBrush(_dot_brush(value, limit, palette))
                painter.drawEllipse(QPointF(x, y), plan.radius, plan.radius)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        for spot, colour in _marked(palette, state):
            if spot.kind != "weight":
                painter.setPen(QPen(colour, 2.2))
                reach = plan.radius + 2.0
                painter.drawEllipse(QPointF(*plan.place_of(spot)), reach, reach)

    def _paint_chips(self, painter: QPainter, palette: Palette) -> None:
        theme = palette.theme
        painter.setFont(text_font(CHIP_TEXT))
        for name, rect, text, on in chips(self.plan, self.state):
            if not (self.live or on or name == "sample"):
                continue  # an export has no switches to press
            painter.setPen(QPen(QColor(theme.accent if on else theme.border), 1.0))
            painter.setBrush(QBrush(QColor(theme.accent)) if on else QBrush(QColor(theme.surface)))
            painter.drawRoundedRect(rect, rect.height() / 2, rect.height() / 2)
            painter.setPen(QColor(theme.on_accent if on else theme.text))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_words(self, painter: QPainter, palette: Palette, state: BoardState) -> None:
        plan = self.plan
        painter.setFont(text_font(WORDS_TEXT))
        names = state.names
        middle = plan.top + PAD + 4
        painter.setPen(palette.text.color())
        neurons = state.neurons
        sides = (
            (-1, names.input, None if neurons is None else neurons.inputs, state.limit("inputs")),
            (1, names.output, None if neurons is None else neurons.outputs, state.limit("outputs")),
        )
        for side, text, values, limit in sides:
            x = side * (plan.span / 2 + SIDE / 2 + 3)
            painter.setPen(palette.text.color())
            rect = QRectF(x - 24, middle - 9, 48, 16)
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)
            if values is not None:  # the magnitude of full colour
                painter.setPen(palette.muted.color())
                rect.translate(0, 15)
                painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, "±" + figure(limit, 3))
        inks = (palette.text, palette.text, palette.muted)
        for (rect, text), ink in zip(footer(plan, state, live=self.live), inks, strict=True):
            painter.setPen(ink.color())
            flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
            shown = painter.fontMetrics().elidedText(
                text, Qt.TextElideMode.ElideRight, int(rect.width())
            )
            painter.drawText(rect, int(flags), shown)


def _marked(palette: Palette, state: BoardState) -> list[tuple[Spot, QColor]]:
    """Return the hovered and the selected scalar with their colours."""
    both = ((state.hovered, palette.text.color()), (state.chosen, palette.selected.color()))
    return [(spot, colour) for spot, colour in both if spot is not None]


def _dot_brush(value: float | None, limit: float, palette: Palette) -> QBrush:
    theme = palette.theme
    if value is None:
        return QBrush(QColor(mixed(theme.canvas, theme.muted, 0.13)))
    if not np.isfinite(value):
        return QBrush(QColor(palette.invalid))
    end = theme.positive if value > 0 else theme.negative
    return QBrush(QColor(mixed(theme.canvas, end, min(1.0, abs(value) / limit))))
