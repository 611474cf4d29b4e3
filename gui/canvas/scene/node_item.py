"""The items of nodes and frames: composed of Qt's own items, which are painted without Python.

A new frame changes pens and brushes only; texts and shapes stay.
"""

from functools import cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainterPath, QPen
from PySide6.QtWidgets import (
    QGraphicsItem,
    QGraphicsPathItem,
    QGraphicsRectItem,
    QGraphicsSimpleTextItem,
)

from gui.canvas.colours.palette import NodeStyle, Palette
from gui.canvas.colours.tones import DIMMED, FAINT, PLAIN
from gui.canvas.graph.neuron_plan import NeuronPlan
from gui.canvas.graph.node_look import (
    CAP,
    FRAME_TITLE,
    STACK,
    SUBTITLE,
    Look,
    body_box,
    corner_radius,
    frame_title,
)
from gui.canvas.graph.visible import Cluster, VisibleNode
from gui.canvas.neurons.board import NeuronBoard
from gui.canvas.scene.frame_titles import button_text, frame_title_of
from gui.canvas.scene.sparkline import Spark
from gui.canvas.text.lettering import Lettering, lettering, text_font
from gui.colour.magnitude import CODES, GLYPHS, Mark, mixed

BEHIND = QGraphicsItem.GraphicsItemFlag.ItemStacksBehindParent
FADED = 0.4
# Opacity of dimmed items: still visible, but not prominent.
DIM = 0.16
OPACITY = {PLAIN: 1.0, FAINT: FADED, DIMMED: DIM}
LIT_DISTANCE, SELECTED_DISTANCE = 4.5, 3.0
NODE_Z, EDGE_Z, LIT_EDGE_Z, FRAME_Z = 10.0, 0.0, 1.0, -20.0


class Text(QGraphicsSimpleTextItem):
    """A line of text that is centred on a point."""

    def __init__(self, text: str, pixels: float, parent: QGraphicsItem, *, bold: bool = False):
        super().__init__(text, parent)
        self._middle = QPointF()
        self.setFont(text_font(pixels, bold=bold))

    @classmethod
    def of(cls, spot: Lettering, parent: QGraphicsItem) -> "Text":
        """Return a text of a node."""
        text = cls(spot.text, spot.pixels, parent, bold=spot.bold)
        text.centre_on(spot.x, spot.y)
        return text

    def centre_on(self, x: float, y: float) -> None:
        """Centre the text on this point."""
        self._middle = QPointF(x, y)
        bounds = self.boundingRect()
        self.setPos(x - bounds.width() / 2, y - bounds.height() / 2)

    def change(self, text: str) -> None:
        """Replace the text; its centre stays."""
        if text != self.text():
            self.setText(text)
            self.centre_on(self._middle.x(), self._middle.y())


class NodeItem(QGraphicsPathItem):
    """The item of a visible node; its origin is the centre of the layout's box."""

    def __init__(self, seen: VisibleNode, look: Look) -> None:
        super().__init__(body_path(look))
        self.seen = seen
        self.look = look
        self.code = int(Mark.PENDING)
        self._style: NodeStyle | None = None
        self._faded = False
        self.setZValue(NODE_Z)
        self._stack = self._circle = self._bar = None
        self._badge: _Badge | None = None
        self._rings: dict[str, QGraphicsPathItem] = {}
        if look.kind == "group":
            self._stack = _child(self, _rounded(self._body.translated(STACK, -STACK), 8), BEHIND)
        if look.kind == "parameter":
            self._bar = _child(self, bar_path(look))
        if look.kind == "variable":
            self._circle = _child(self, cap_path(look))
        texts = {spot.role: Text.of(spot, self) for spot in lettering(look)}
        self._symbol = texts.get("symbol")
        self.title, self.subtitle = texts["title"], texts["subtitle"]
        self.spark = Spark(look, self) if look.spark else None
        self.board: NeuronBoard | None = None
        if seen.board is not None:
            self.board = NeuronBoard(NeuronPlan(seen.board.rows, seen.board.columns), self)

    @property
    def _body(self) -> QRectF:
        return body_rect(self.look)

    def body_on_scene(self) -> QRectF:
        """Return the rectangle of the box or circle on the scene, without marks and rings."""
        look = self.look
        rect = QRectF(-look.width / 2, -look.height / 2, look.width, look.height)
        return rect.translated(self.pos())

    def is_hit(self, pixel: QRectF) -> bool:
        """Whether a rectangle of the scene intersects the node or one of its parts."""
        parts = (self, *self.childItems())
        return any(p.isVisible() and p.shape().intersects(p.mapRectFromScene(pixel)) for p in parts)

    def show_computed(self, computed: bool) -> None:
        """Fade the fill of a node that has no value yet in this pass; its text stays readable."""
        self._faded = not computed
        self._fill()

    def paint_as(self, code: int, palette: Palette) -> None:
        """Apply the colours of a bucket."""
        self.code = code
        style = palette.nodes[code]
        self._style = style
        self._fill()
        if self._bar is not None:
            self._bar.setBrush(style.text)
            self._bar.setPen(QPen(Qt.PenStyle.NoPen))
        if self._circle is not None:
            self._circle.setBrush(palette.operator_fill)
            self._circle.setPen(palette.cap_outline(code))
        if self._symbol is not None:
            self._symbol.setBrush(palette.text if self._circle is not None else style.text)
        self.title.setBrush(style.text)
        if self.spark is not None:
            self.spark.paint_as(style.text.color())
        if self.board is not None:
            self.board.paint_as(palette)
        bare = self.look.kind == "operator"
        self.subtitle.setBrush(palette.muted if bare else style.text)
        self._show_badge(code, palette)

    def _fill(self) -> None:
        if self._style is None:
            return
        fill, outline = QBrush(self._style.fill), QPen(self._style.outline)
        if self._faded:
            for part in (fill, outline):
                colour = part.color()
                colour.setAlphaF(FADED)
                part.setColor(colour)
        for shape in (self, self._stack):
            if shape is not None:
                shape.setBrush(fill)
                shape.setPen(outline)

    def _show_badge(self, code: int, palette: Palette) -> None:
        glyph = GLYPHS.get(Mark(code)) if code >= Mark.BELOW else None
        if glyph is None:
            if self._badge is not None:
                self._badge.setVisible(False)
            return
        if self._badge is None:
            self._badge = _Badge(self)
        self._badge.show_glyph(glyph, code, palette)
        body = self._body
        self._badge.setPos(body.right() - 4, body.top() + 1)

    def show_ring(self, name: str, pen: QPen | None, distance: float) -> None:
        """Draw a named outline around the node, or remove it (``pen`` None)."""
        ring = self._rings.get(name)
        if pen is None:
            if ring is not None:
                ring.setVisible(False)
            return
        if ring is None:
            ring = _child(self, outline_path(self.look, distance), BEHIND)
            ring.setBrush(QBrush(Qt.BrushStyle.NoBrush))
            self._rings[name] = ring
        ring.setPen(pen)
        ring.setVisible(True)


class _Badge(QGraphicsPathItem):
    """A small pill at a node's corner with the glyph of a mark: 0, ≈0, NaN, ∞, ▲, ▼."""

    def __init__(self, parent: QGraphicsItem) -> None:
        super().__init__(parent)
        self._text = Text("", 10, self, bold=True)
        self._text.centre_on(0, 0)

    def show_glyph(self, glyph: str, code: int, palette: Palette) -> None:
        self._text.change(glyph)
        half = max(8.0, self._text.boundingRect().width() / 2 + 4)
        path = QPainterPath()
        path.addRoundedRect(QRectF(-half, -8, 2 * half, 16), 8, 8)
        self.setPath(path)
        theme = palette.theme
        invalid = code in (Mark.NAN, Mark.INFINITE)
        fill = palette.invalid if invalid else theme.surface
        text = theme.canvas if invalid else theme.text
        self.setBrush(QBrush(fill))
        self.setPen(QPen(QColor(mixed(fill, theme.text, 0.55)), 1.0))
        self._text.setBrush(QBrush(text))
        self.setVisible(True)


class FrameItem(QGraphicsRectItem):
    """The titled frame around an open group; its title opens and closes."""

    def __init__(self, cluster: Cluster, depth: int) -> None:
        super().__init__()
        self.cluster = cluster
        self.setZValue(FRAME_Z + depth)
        # A separate item, so that it is above the edges that enter the frame there.
        self.chip = QGraphicsPathItem()
        self.chip.setZValue(LIT_EDGE_Z + 1)
        self.title = Text(frame_title(cluster.path[-1]), FRAME_TITLE, self.chip, bold=True)
        self.neurons: Text | None = None
        self.button_area = QRectF()

    def place(self, rect: QRectF) -> None:
        """Move the frame and its title to this rectangle of the scene."""
        self.setRect(rect)
        title = frame_title_of(self.cluster, rect, offered=self.neurons is not None)
        self.title.setPos(title.title_at)
        self.button_area = title.button_area
        if self.neurons is not None:
            self.neurons.setPos(title.button_at)
        self.chip.setPath(title.chip)

    def offer_neurons(self) -> None:
        """Show a button beside the title that opens the layer's neuron view."""
        self.neurons = Text(button_text(), SUBTITLE, self.chip)

    def offers_neurons_at(self, point: QPointF) -> bool:
        """Whether a point of the scene is on that button."""
        return self.button_area.contains(point)

    def title_area(self) -> QRectF:
        """The strip along the top, in which a double click closes the group."""
        rect = self.rect()
        return QRectF(rect.left(), rect.top(), rect.width(), 28)

    def paint_as(self, palette: Palette) -> None:
        """Take on a theme."""
        self.setBrush(palette.frame_fill)
        self.setPen(palette.frame_outline)
        self.title.setBrush(palette.text)
        if self.neurons is not None:
            self.neurons.setBrush(QBrush(QColor(palette.theme.accent)))
        self.chip.setBrush(palette.frame_fill)
        self.chip.setPen(QPen(Qt.PenStyle.NoPen))


@cache
def marked_codes() -> NDArray[np.bool_]:
    """Return flags (codes,) of the buckets whose nodes have a badge or a dashed outline."""
    marked = (*GLYPHS, Mark.ABSENT)
    return np.array([code >= Mark.BELOW and Mark(code) in marked for code in range(CODES)], bool)


def body_rect(look: Look) -> QRectF:
    """Return the box, or the circle where there is no box, relative to the item's origin."""
    left, top, right, bottom = body_box(look)
    return QRectF(left, top, right - left, bottom - top)


def body_path(look: Look) -> QPainterPath:
    """Return the outline that has the magnitude's colour."""
    return _rounded(body_rect(look), corner_radius(look))


def cap_path(look: Look) -> QPainterPath:
    """Return the operator's circle at the side of a box."""
    return _rounded(QRectF(look.cap_left, -CAP, look.cap, 2 * CAP), CAP)


def outline_path(look: Look, distance: float) -> QPainterPath:
    """Return the outline of box and circle together, ``distance`` outside of them."""
    rect = body_rect(look).adjusted(-distance, -distance, distance, distance)
    path = _rounded(rect, corner_radius(look) + distance)
    if look.kind == "variable":
        cap = QRectF(look.cap_left, -CAP, look.cap, 2 * CAP)
        grown = cap.adjusted(-distance, -distance, distance, distance)
        path = path.united(_rounded(grown, CAP + distance))
    return path


@cache
def bar_path(look: Look) -> QPainterPath:
    """Return the bar that marks a parameter."""
    left, top, _, bottom = body_box(look)
    return _rounded(QRectF(left + 5, top + 7, 3.5, bottom - top - 14), 1.7)


def _rounded(rect: QRectF, radius: float) -> QPainterPath:
    path = QPainterPath()
    radius = min(radius, rect.height() / 2)
    path.addRoundedRect(rect, radius, radius)
    return path


def _child(
    parent: QGraphicsItem,
    path: QPainterPath,
    flag: QGraphicsItem.GraphicsItemFlag | None = None,
) -> QGraphicsPathItem:
    item = QGraphicsPathItem(path, parent)
    if flag is not None:
        item.setFlag(flag)
    return item
