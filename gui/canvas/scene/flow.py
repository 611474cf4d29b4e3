"""The gradient's direction as chevrons on the edges, and each path's share at forks.

It is one item above all edges. A plain scene paints it as an item; for a crowded one the raster
calls ``draw`` over its tiles.
"""

import math
import time

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF
from PySide6.QtWidgets import QGraphicsRectItem, QStyleOptionGraphicsItem, QWidget

from engine.messages.frame import Frame
from engine.support.arrays import Floats
from gui.canvas.colours.palette import Palette
from gui.canvas.graph.geometry import HEAD, Geometry, Indices
from gui.canvas.graph.node_look import LONGEST_SHARE, SHARE, text_width
from gui.canvas.graph.shares import Forks, share_text
from gui.canvas.graph.visible import VisibleGraph
from gui.canvas.layout.curves import bezier
from gui.canvas.scene.edge_labels import FARTHEST, Labels
from gui.canvas.text.lettering import text_font

FLOW_Z = 5.0
LABEL = SHARE
LABEL_HEIGHT = 16.0
# Sizes in pixels below which a share cannot be read, and a chevron not recognised.
LEGIBLE, DISCERNIBLE = 6.0, 4.0
# Length of line per chevron (scene units), and the most chevrons drawn at once.
SPACING, MOST = 120.0, 700
REACH = 6.0  # half the length of a chevron
_CHEVRON = np.array([(6.5, 0.0), (-5.0, -7.0), (-1.5, 0.0), (-5.0, 7.0)])


# Not a plain QGraphicsItem, which crashes the process when its scene is garbage collected.
class Flow(QGraphicsRectItem):
    """Chevrons and shares of one visible graph, drawn over its edges.

    ``shares``: whether shares are written. ``backward``: whether the pass is in its backward
    half, in which gradients flow.
    """

    def __init__(self, visible: VisibleGraph, palette: Palette, *, shares: bool) -> None:
        super().__init__()
        self.visible, self.palette = visible, palette
        self.shares, self.backward = shares, False
        self._geometry: Geometry | None = None
        self._written: Floats = np.empty((0, 4))
        self._frame: Frame | None = None
        self._forks: Forks | None = None
        self._labels: Labels | None = None
        self._known: tuple[Frame, Floats] | None = None
        self._chevrons: tuple[Floats, Floats, Indices] | None = None
        self._codes = np.empty(0, np.int16)
        self._hidden = np.zeros(len(visible.edges), bool)
        self.setZValue(FLOW_Z)
        self.setAcceptedMouseButtons(Qt.MouseButton.NoButton)

    # -- what it shows -----------------------------------------------------------------------

    def place(self, geometry: Geometry, written: Floats) -> None:
        """Follow these edges; labels avoid the texts beside nodes, ``written`` (k, 4)."""
        self.prepareGeometryChange()
        self._geometry, self._written = geometry, written
        self._labels = self._chevrons = None

    def show_frame(self, frame: Frame, codes: np.ndarray) -> None:
        """Take a frame's numbers and the buckets of the edges."""
        self._frame, self._codes = frame, codes
        operations = self.visible.topology.operations
        done = operations[frame.cursor - 1].phase if 0 < frame.cursor <= len(operations) else ""
        # While training runs, every frame is a whole pass: no operation is the latest.
        self.backward = done == "backward" and not frame.running
        self.update()

    def hide_on(self, edges: np.ndarray | None) -> None:
        """Draw nothing on these visible edges (flags, (edges,)); None: draw on all."""
        self._hidden = np.zeros(len(self.visible.edges), bool) if edges is None else edges
        self.update()

    def share_labels(
        self, area: Floats | None = None, seconds: float = math.inf
    ) -> tuple[dict[int, tuple[QPointF, str]], bool]:
        """Return (centre, text) of the share labels of edges that begin in or near an area.

        The second value says whether all are found: the search for places ends after ``seconds``.
        """
        if not self.shares or self._frame is None or self._geometry is None:
            return {}, True
        if self._forks is None:
            self._forks = Forks.of(self.visible)
        if self._labels is None:
            size = (text_width(LONGEST_SHARE, LABEL) + 8, LABEL_HEIGHT)
            self._labels = Labels(self._geometry, size, self._written)
        if self._known is None or self._known[0] is not self._frame:
            self._known = (self._frame, self._forks.shares(self._frame))
        edges, shares = self._forks.readable, self._known[1]
        if area is not None:
            start = self._geometry.start[edges]
            near = ((start > area[:2] - FARTHEST) & (start < area[2:] + FARTHEST)).all(axis=1)
            edges = edges[np.isin(self._forks.start[edges], self._forks.start[edges[near]])]
        places, end = self._labels.places, time.perf_counter() + seconds
        found: dict[int, tuple[QPointF, str]] = {}
        for fork in self._forks.apart(edges):
            if fork[0] not in places:
                if time.perf_counter() > end:
                    return found, False
                self._labels.place(fork)
            for edge in fork:
                middle = places[edge]
                if middle is not None and not (np.isnan(shares[edge]) or self._hidden[edge]):
                    found[edge] = (QPointF(*middle), share_text(float(shares[edge])))
        return found, True

    def chevrons(self, area: Floats | None = None) -> tuple[Floats, Floats]:
        """Return points and directions (n, 2) of the chevrons in an area.

        They point against the edges of the forward graph and along those of the gradient graph.
        """
        none = np.empty((0, 2))
        if not self.backward or self._geometry is None or self._frame is None:
            return none, none
        if self._chevrons is None:
            self._chevrons = stations(self._geometry)
        points, ahead, owner = self._chevrons
        chosen = self._flowing()[owner]
        if area is not None:
            reach = 10.0  # includes chevrons that are partly outside
            chosen &= ((points > area[:2] - reach) & (points < area[2:] + reach)).all(axis=1)
        back = np.where(self.visible.edge_orders[owner[chosen]] == 0, -1.0, 1.0)
        return points[chosen], ahead[chosen] * back[:, None]

    def clear_of(
        self, labels: list[QPointF], points: Floats, ahead: Floats
    ) -> tuple[Floats, Floats]:
        """Return the chevrons without those that a label would partly cover."""
        if not labels or not len(points) or self._labels is None:
            return points, ahead
        middles = np.array([middle.toTuple() for middle in labels])
        reach = np.array(self._labels.size) / 2 + REACH
        hidden = (np.abs(points[:, None] - middles) < reach).all(axis=2).any(axis=1)
        return points[~hidden], ahead[~hidden]

    def _flowing(self) -> np.ndarray:
        """Return flags of the visible edges of the forward graph whose gradient is computed."""
        assert self._frame is not None
        _, ready = self.visible.edge_norms(self._frame)
        return np.asarray(ready & self.visible.edge_exists & ~self._hidden)

    # -- painting ----------------------------------------------------------------------------

    def boundingRect(self) -> QRectF:
        """All edges, with a margin for the labels beside them."""
        if self._geometry is None or not len(self._geometry.edge_box):
            return QRectF()
        return self._geometry.bounds().adjusted(-30, -30, 30, 30)

    def shape(self) -> QPainterPath:
        """Empty, so that it gets no mouse events."""
        return QPainterPath()

    def paint(
        self, painter: QPainter, option: QStyleOptionGraphicsItem, widget: QWidget | None = None
    ) -> None:
        """Paint as an item of a scene."""
        self.draw(painter)

    def draw(
        self, painter: QPainter, area: Floats | None = None, seconds: float = math.inf
    ) -> bool:
        """Paint what is large enough at the painter's scale; its units are the scene's.

        Return whether all is painted: the search for labels' places ends after ``seconds``.
        """
        scale = painter.transform().m11() * painter.device().devicePixelRatioF()
        labels: dict[int, tuple[QPointF, str]] = {}
        done = True
        if self.shares and scale * LABEL >= LEGIBLE:
            labels, done = self.share_labels(area, seconds)
        if self.backward and scale * 2 * abs(_CHEVRON[1, 1]) >= DISCERNIBLE:
            self._draw_chevrons(painter, area, [middle for middle, _ in labels.values()])
        self._draw_labels(painter, labels)
        return done

    def prepare(self, area: Floats, scale: float) -> None:
        """Find all places for labels in an area now, for exported pictures."""
        if scale * LABEL >= LEGIBLE:
            self.share_labels(area)

    def _draw_chevrons(self, painter: QPainter, area: Floats | None, labels: list[QPointF]) -> None:
        points, ahead = self.clear_of(labels, *self.chevrons(area))
        if not len(points) or (area is not None and len(points) > MOST):
            return
        draw_chevrons(painter, points, ahead, self.palette)

    def _draw_labels(self, painter: QPainter, labels: dict[int, tuple[QPointF, str]]) -> None:
        palette = self.palette
        painter.setFont(text_font(LABEL))
        for edge, (middle, text) in labels.items():
            x, y = middle.x(), middle.y()
            width = text_width(text, LABEL)
            rect = QRectF(x - width / 2 - 4, y - LABEL_HEIGHT / 2, width + 8, LABEL_HEIGHT)
            painter.setPen(QPen(palette.edges[self._codes[edge]].line.color(), 1.4))
            painter.setBrush(palette.canvas)
            painter.drawRoundedRect(rect, 4, 4)
            painter.setPen(QColor(palette.theme.text))
            painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, text)


def draw_chevrons(painter: QPainter, points: Floats, ahead: Floats, palette: Palette) -> None:
    """Draw chevrons at points (n, 2) that point in these directions (n, 2) of length 1."""
    across = ahead[:, ::-1] * (-1.0, 1.0)
    along, aside = _CHEVRON[:, 0, None, None], _CHEVRON[:, 1, None, None]
    corners = np.moveaxis(points + along * ahead + aside * across, 0, 1)
    painter.setPen(QPen(palette.canvas, 1.3))
    painter.setBrush(QColor(palette.theme.gradient))
    # One by one: a single path of all takes Qt eight times as long.
    for chevron in corners.tolist():
        painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in chevron]))


def stations(geometry: Geometry) -> tuple[Floats, Floats, Indices]:
    """Return the chevrons' points and directions (n, 2) on the edges, and the edge of each (n,).

    One in the middle of a short edge; longer ones have one per ``SPACING``.
    """
    pieces = bezier(geometry.cubics, np.linspace(0, 1, 9))
    length = np.hypot(*np.moveaxis(np.diff(pieces, axis=1), -1, 0)).sum(axis=1)
    ends = np.cumsum(length)
    count = len(geometry.tip)
    first = np.searchsorted(geometry.edge, np.arange(count))
    last = np.searchsorted(geometry.edge, np.arange(count), side="right") - 1
    begin, end = ends[first] - length[first], ends[last]
    whole = end - begin
    number = np.maximum(1, np.rint(whole / SPACING)).astype(np.intp)
    number[whole < 2 * HEAD] = 0
    owner = np.repeat(np.arange(count, dtype=np.intp), number)
    within = np.arange(len(owner)) - np.repeat(np.cumsum(number) - number, number)
    free = np.maximum(whole - HEAD, 0.0)  # without the head at the end
    at = begin[owner] + free[owner] * (within + 0.5) / number[owner]
    cubic = np.clip(np.searchsorted(ends, at), 0, len(ends) - 1)
    share = np.clip(1 - (ends[cubic] - at) / np.maximum(length[cubic], 1e-9), 0.02, 0.98)
    p = geometry.cubics[cubic]
    s, t = (1 - share)[:, None], share[:, None]
    points = s**3 * p[:, 0] + 3 * s**2 * t * p[:, 1] + 3 * s * t**2 * p[:, 2] + t**3 * p[:, 3]
    legs = np.diff(p, axis=1)
    ahead = s**2 * legs[:, 0] + 2 * s * t * legs[:, 1] + t**2 * legs[:, 2]
    ahead /= np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    return points, ahead, owner
