"""Ties: dotted lines from the nodes of the forward graph to their gradients' nodes.

All are drawn where they are few; in a larger graph only those of the selection.
"""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsItemGroup, QGraphicsPathItem

from gui.canvas.colours.palette import Palette
from gui.canvas.graph.node_look import Look, body_box
from gui.canvas.graph.visible import VisibleGraph
from gui.canvas.layout.model import Placement, Point

TIE_Z = -5.0
MOST = 12


class GradientTies(QGraphicsItemGroup):
    """The ties of one visible graph, as one item without mouse events."""

    def __init__(self, visible: VisibleGraph, looks: list[Look], palette: Palette) -> None:
        super().__init__()
        self.visible, self._looks = visible, looks
        self._centres: tuple[Point, ...] = ()
        self._all = QGraphicsPathItem(self)
        self.chosen = QGraphicsPathItem(self)
        self._node: int | None = None
        self.setZValue(TIE_Z)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)
        self.paint_as(palette)

    def place(self, placement: Placement) -> None:
        """Draw the ties for this placement."""
        self._centres = placement.centres
        ties = self.visible.ties
        self._all.setPath(self._path(ties if len(ties) <= MOST else ()))
        self.choose(self._node)

    def choose(self, node: int | None) -> None:
        """Make the ties of a visible node stand out."""
        self._node = node
        chosen = tuple(tie for tie in self.visible.ties if node in tie)
        self.chosen.setPath(self._path(chosen))

    @property
    def drawn(self) -> bool:
        """Whether any tie is drawn; the legend asks."""
        return not (self._all.path().isEmpty() and self.chosen.path().isEmpty())

    def paint_as(self, palette: Palette) -> None:
        """Apply a theme's colours."""
        self._all.setPen(palette.tie(1.2))
        self.chosen.setPen(palette.tie(2.2))

    def shape(self) -> QPainterPath:
        """Empty, so that it gets no mouse events."""
        return QPainterPath()

    def _path(self, ties: tuple[tuple[int, int], ...]) -> QPainterPath:
        path = QPainterPath()
        if not self._centres:
            return path
        for gradient, origin in ties:
            upper, lower = sorted((origin, gradient), key=lambda k: self._centres[k][1])
            (x0, y0), (x1, y1) = self._centres[upper], self._centres[lower]
            y0 += self._looks[upper].height / 2
            y1 -= body_box(self._looks[lower])[3]
            bend = (y1 - y0) * 0.5
            path.moveTo(QPointF(x0, y0))
            path.cubicTo(QPointF(x0, y0 + bend), QPointF(x1, y1 - bend), QPointF(x1, y1))
        return path
