"""Places for short labels on the edges of a graph: near their start, without overlaps."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from engine.support.arrays import Floats
from gui.canvas.graph.geometry import HEAD, Geometry, meets
from gui.canvas.graph.node_look import SCALAR_ROOM, Look, text_width
from gui.canvas.layout.curves import bezier
from gui.canvas.layout.model import TITLE_HEIGHT, Placement
from gui.canvas.text.lettering import lettering

# Lengths along an edge at which a label may be, and its distances from it (in label heights).
STATIONS = np.array([4.0, 8, 14, 24, 36, 50, 66, 84, 104, 130, 160, 200, 250, 310, 380, 460, 560])
FARTHEST = float(STATIONS[-1])
SIDES = np.array([0.0, 0.68, -0.68, 1.1, -1.1])
POINTS = 32
# Costs of a label outside the picture, and on a point of another edge; on a box, a label or
# another text there must be none.
OUTSIDE, ON_LINE = 60.0, 1.5


class Labels:
    """Finds places for labels of one size, one after the other; earlier ones are not moved.

    ``written`` (k, 4) are texts to avoid. ``places`` holds the centre (x, y) of each edge's
    label, None for an edge without room for one.
    """

    def __init__(self, geometry: Geometry, size: tuple[float, float], written: Floats) -> None:
        self._geometry, self.size, self._written = geometry, size, written
        self._bounds = corners(geometry.bounds().adjusted(-6, -6, 6, 6))
        self._taken = np.empty((0, 4))
        self.places: dict[int, tuple[float, float] | None] = {}

    def place(self, edges: list[int]) -> None:
        """Find places for the labels of some edges (a fork's): for all of them, or for none."""
        taken = self._taken
        for edge in edges:
            self._place(edge)
        if any(self.places[edge] is None for edge in edges):
            self.places.update(dict.fromkeys(edges))
            self._taken = taken

    def _place(self, edge: int) -> None:
        geometry, self.places[edge] = self._geometry, None
        middles, costs = _candidates(geometry, edge, self.size)
        if not len(middles):
            return
        half = np.array(self.size) / 2
        rects = np.hstack([middles - half, middles + half])
        area = np.hstack([rects[:, :2].min(axis=0), rects[:, 2:].max(axis=0)])
        boxes = geometry.node_box[meets(geometry.node_box, area)]
        met = _overlaps(rects, boxes, 2.0) + _overlaps(rects, self._taken, 2.0)
        met += _overlaps(rects, self._written[meets(self._written, area)], 0.0)
        costs[met > 0] = np.inf
        outside = (rects[:, :2] < self._bounds[:2]) | (rects[:, 2:] > self._bounds[2:])
        costs += OUTSIDE * outside.any(axis=1)
        others = meets(geometry.cubic_box, area, 4.0) & (geometry.edge != edge)
        points = bezier(geometry.cubics[others], np.linspace(0, 1, POINTS)).reshape(-1, 2)
        costs += ON_LINE * _holds(rects, points)
        best = int(np.argmin(costs))
        if np.isfinite(costs[best]):
            x, y = middles[best].tolist()
            self.places[edge] = (x, y)
            self._taken = np.vstack([self._taken, rects[best]])


def written_beside(looks: Sequence[Look], placement: Placement, widths: Floats) -> Floats:
    """Return the boxes (k, 4) of texts outside of nodes: frames' titles, and those below circles.

    ``widths`` are the widths of the titles.
    """
    left, top = np.array(placement.frames, float).reshape(-1, 4)[:, :2].T
    titles = np.column_stack([left + 6, top + 5, left + widths - 16, top + TITLE_HEIGHT])
    below = []
    for look, (x, y) in zip(looks, placement.centres, strict=True):
        if look.kind == "operator" and look.subtitle:
            text = lettering(look)[-1]
            half = text_width(SCALAR_ROOM if look.scalar else text.text, text.pixels) / 2
            middle, high = y + text.y, text.pixels * 0.6
            below.append((x - half, middle - high, x + half, middle + high))
    return np.vstack([titles, np.array(below, float).reshape(-1, 4)])


def corners(rect: QRectF) -> Floats:
    """Return left, top, right and bottom of a rectangle."""
    return np.array([rect.left(), rect.top(), rect.right(), rect.bottom()])


def _candidates(geometry: Geometry, edge: int, size: tuple[float, float]) -> tuple[Floats, Floats]:
    """Return the candidate places on and beside an edge, and the basic cost of each."""
    first, stop = np.searchsorted(geometry.edge, [edge, edge + 1])
    points = bezier(geometry.cubics[first:stop], np.linspace(0, 1, POINTS)).reshape(-1, 2)
    step = np.hypot(*np.diff(points, axis=0).T)
    length = np.append(0.0, np.cumsum(step))
    stations = size[0] / 2 + STATIONS
    stations = stations[stations < length[-1] - HEAD - size[1] / 2]
    if not len(stations):
        return np.empty((0, 2)), np.empty(0)
    places = np.column_stack([np.interp(stations, length, c) for c in points.T])
    ahead = np.column_stack([np.interp(stations + 1.0, length, c) for c in points.T]) - places
    ahead /= np.maximum(np.hypot(*ahead.T), 1e-9)[:, None]
    across = ahead[:, ::-1] * (-1.0, 1.0)
    reach = np.abs(across) @ np.array(size)
    middles = places[:, None] + across[:, None] * (reach[:, None] * SIDES)[..., None]
    costs = 0.03 * stations[:, None] + 1.2 * np.abs(SIDES)
    return middles.reshape(-1, 2), costs.ravel()


def _overlaps(rects: Floats, boxes: Floats, gap: float) -> NDArray[np.intp]:
    """Return how many of ``boxes`` each rectangle intersects."""
    a, b = rects[:, None], boxes[None]
    apart = (a[..., :2] >= b[..., 2:] + gap) | (a[..., 2:] <= b[..., :2] - gap)
    return np.asarray((~apart.any(axis=-1)).sum(axis=1))


def _holds(rects: Floats, points: Floats) -> NDArray[np.intp]:
    """Return how many points lie in each rectangle."""
    inside = (points[None] >= rects[:, None, :2] - 1.5) & (points[None] <= rects[:, None, 2:] + 1.5)
    return np.asarray(inside.all(axis=-1).sum(axis=1))
