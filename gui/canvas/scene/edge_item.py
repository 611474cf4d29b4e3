"""The item of an edge: a line in a casing, a head, an arrow for the flow, and its numbers."""

import math

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QPainterPath, QPainterPathStroker, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsItem, QGraphicsPathItem, QGraphicsPolygonItem

from gui.canvas.colours.palette import Palette
from gui.canvas.graph.node_look import NUMBER, STUB
from gui.canvas.graph.visible import VisibleEdge
from gui.canvas.layout.model import Curve
from gui.canvas.scene.node_item import BEHIND, EDGE_Z, LIT_EDGE_Z, NodeItem, Text
from gui.canvas.scene.number_places import beside
from gui.colour.magnitude import Mark

HEAD = 10.0
HIT_WIDTH = 14.0
# Distance from a node's box to the centre of a number above or below it.
MEETING = 9.0
_HEAD_SHAPE = QPolygonF([QPointF(0, 0), QPointF(-HEAD, -5), QPointF(-HEAD, 5)])
_FLOW_SHAPE = QPolygonF(
    [QPointF(9, 0), QPointF(-7, -9), QPointF(-3, 0), QPointF(-7, 9)],
)


class EdgeItem(QGraphicsPathItem):
    """The item of a visible edge along a curve; its hit shape is wider than the line and cached."""

    def __init__(self, seen: VisibleEdge, *, numbers: bool = False) -> None:
        super().__init__()
        self.seen = seen
        self.code = int(Mark.PENDING)
        self.setZValue(EDGE_Z)
        self.setBrush(QBrush(Qt.BrushStyle.NoBrush))
        self._line = QPainterPath()
        self._hit: QPainterPath | None = None
        self._casing = QGraphicsPathItem(self)
        self._casing.setFlag(BEHIND)
        self._head = QGraphicsPolygonItem(_HEAD_SHAPE, self)
        self._flow: QGraphicsPolygonItem | None = None
        self._glow: QGraphicsPathItem | None = None
        self._glow_colour: QColor | None = None
        self._at, self._side = 0.5, -1
        self.value = Text("", NUMBER, self) if numbers else None
        self.gradient = Text("", NUMBER, self) if numbers else None

    def place(self, curve: Curve) -> None:
        """Follow this curve; the line ends under the head, whose tip is the curve's end."""
        path = _path(_shortened(curve, HEAD * 0.7))
        # Qt calls ``shape`` in ``setPath`` and caches the resulting bounds.
        self._line, self._hit = path, None
        self.setPath(path)
        self._casing.setPath(path)
        if self._glow is not None:
            self._glow.setPath(path)
        (ax, ay), (bx, by) = curve[-2], curve[-1]
        self._head.setPos(bx, by)
        self._head.setRotation(math.degrees(math.atan2(by - ay, bx - ax)))
        if self._flow is not None:
            self._flow.setVisible(False)
        self._place_numbers()

    def shape(self) -> QPainterPath:
        """A band around the line, wide enough for the mouse; cached."""
        if self._hit is None:
            stroker = QPainterPathStroker()
            stroker.setWidth(HIT_WIDTH)
            self._hit = stroker.createStroke(self._line)
        return self._hit

    def owns(self, part: QGraphicsItem) -> bool:
        """Whether an item under the pointer is a part of this edge: line, head or numbers."""
        return part is not self._casing and part is not self._glow

    def is_hit(self, pixel: QRectF) -> bool:
        """Whether a rectangle of the scene intersects the band or the head."""
        head = self._head
        return self.shape().intersects(pixel) or head.shape().intersects(
            head.mapRectFromScene(pixel)
        )

    def paint_as(self, code: int, palette: Palette) -> None:
        """Apply the width and colour of a bucket."""
        self.code = code
        style = palette.edges[code]
        self.setPen(style.line)
        self._casing.setPen(style.casing)
        self._head.setBrush(style.head)
        self._head.setPen(style.head_outline)
        self._head.setScale(style.head_scale)
        if self.value is not None and self.gradient is not None:
            self.value.setBrush(QBrush(palette.theme.value))
            self.gradient.setBrush(QBrush(palette.theme.gradient))
        if self._glow is not None and self._glow_colour is not None:
            self._glow.setPen(palette.band(code, self._glow_colour))

    def show_glow(self, colour: QColor | None, palette: Palette) -> None:
        """Draw a band under line and head (lit or selected), or remove it."""
        self._glow_colour = colour
        if self._glow is None and colour is not None:
            self._glow = QGraphicsPathItem(self.path(), self)
            self._glow.setFlag(BEHIND)
            # The band of a selected edge is visible even where the edge is dimmed.
            self._glow.setFlag(QGraphicsItem.GraphicsItemFlag.ItemIgnoresParentOpacity)
            self._glow.stackBefore(self._casing)
        if self._glow is not None:
            self._glow.setVisible(colour is not None)
            if colour is not None:
                self._glow.setPen(palette.band(self.code, colour))
        self.setZValue(LIT_EDGE_Z if colour is not None else EDGE_Z)

    def show_flow(self, direction: int, palette: Palette) -> None:
        """Show an arrow in the direction of flow: 1 forward, −1 backward, 0 none."""
        if direction == 0:
            if self._flow is not None:
                self._flow.setVisible(False)
            return
        if self._flow is None:
            self._flow = QGraphicsPolygonItem(_FLOW_SHAPE, self)
        path = self.path()
        middle = path.pointAtPercent(0.5)
        angle = -path.angleAtPercent(0.5)
        self._flow.setPos(middle)
        self._flow.setRotation(angle if direction > 0 else angle + 180)
        self._flow.setBrush(QBrush(palette.theme.highlight))
        self._flow.setPen(QPen(palette.canvas, 1.4))
        self._flow.setVisible(True)

    def show_numbers(self, value: str, gradient: str) -> None:
        """Write the value above the line and the gradient below it."""
        if self.value is None or self.gradient is None:
            return
        if (value, gradient) != (self.value.text(), self.gradient.text()):
            self.value.setText(value)
            self.gradient.setText(gradient)
            self._place_numbers()

    def numbers_width(self) -> float:
        """The width of the wider one of the two numbers."""
        texts = [text for text in (self.value, self.gradient) if text is not None]
        return max((text.boundingRect().width() for text in texts), default=0.0)

    def put_numbers(self, at: float, side: int = -1) -> None:
        """Put the numbers at a share of the line's length, the gradient below (−1) or above (1)."""
        self._at, self._side = at, side
        self._place_numbers()

    def _place_numbers(self) -> None:
        if self.value is None or self.gradient is None or self.path().isEmpty():
            return
        for text, side in ((self.value, -self._side), (self.gradient, self._side)):
            size = text.boundingRect()
            middle = beside(self.path(), self._at, size.width(), size.height(), side)
            text.centre_on(middle.x(), middle.y())


def _path(curve: Curve) -> QPainterPath:
    path = QPainterPath(QPointF(*curve[0]))
    for k in range(1, len(curve), 3):
        path.cubicTo(*(QPointF(x, y) for x, y in curve[k : k + 3]))
    return path


def _shortened(curve: Curve, length: float) -> Curve:
    """Move the curve's end back along its last direction, so that the line ends under the head."""
    (cx, cy), (ex, ey) = curve[-2], curve[-1]
    distance = math.dist((cx, cy), (ex, ey))
    if distance < 1e-6:
        return curve
    share = min(length / distance, 0.9)
    end = (ex + (cx - ex) * share, ey + (cy - ey) * share)
    return (*curve[:-1], end)


class Meeting:
    """Value and gradient of a node that several edges leave; each edge has its contribution."""

    def __init__(self, node: NodeItem) -> None:
        self._node = node
        self._value = Text("", NUMBER, node)
        self._gradient = Text("", NUMBER, node)

    def show_numbers(self, value: str, gradient: str) -> None:
        """Write the value above the node, and below it the sum of the contributions."""
        self._value.setText(value)
        self._gradient.setText(f"Σ {gradient}" if gradient else "")
        reach = self._node.look.height / 2 + MEETING
        self._value.centre_on(0, -reach)
        self._gradient.centre_on(0, reach)

    def rects(self) -> list[QRectF]:
        """Return the rectangles of the two numbers on the scene, for the placing of others."""
        reach = self._node.look.height / 2 + MEETING
        middle = self._node.pos()
        return [
            QRectF(middle.x() - 24, middle.y() + y - MEETING, 48, 2 * MEETING)
            for y in (-reach, reach)
        ]

    def paint_as(self, palette: Palette) -> None:
        """Take on a theme."""
        self._value.setBrush(QBrush(palette.theme.value))
        self._gradient.setBrush(QBrush(palette.theme.gradient))


class Stub(QGraphicsPathItem):
    """The outgoing line of the last node of a small scalar graph, with its value and gradient."""

    def __init__(self, node: NodeItem) -> None:
        super().__init__(node)
        side = -1 if node.look.mirrored else 1
        left = side * node.look.width / 2
        path = QPainterPath(QPointF(left, 0))
        path.lineTo(left + side * STUB, 0)
        self.setPath(path)
        self._middle = left + side * (STUB / 2 + 4)
        self._value = Text("", NUMBER, self)
        self._gradient = Text("", NUMBER, self)
        self.show_numbers("", "")

    def show_numbers(self, value: str, gradient: str) -> None:
        """Write the value above the line and the gradient below it, as on an edge."""
        self._value.setText(value)
        self._gradient.setText(gradient)
        self._value.centre_on(self._middle, -12)
        self._gradient.centre_on(self._middle, 12)

    def paint_as(self, palette: Palette) -> None:
        """Take on a theme."""
        self.setPen(QPen(palette.muted, 1.4))
        self._value.setBrush(QBrush(palette.theme.value))
        self._gradient.setBrush(QBrush(palette.theme.gradient))
