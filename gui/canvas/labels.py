"""Where a few short labels stand on the lines of a graph: near their start, clear of the rest."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from gui.canvas.geometry import HEAD, Floats, Geometry, bezier, meets
from gui.canvas.picture import TITLE_HEIGHT, Placement

# Lengths along a line at which a label may stand, and how far beside it (in label heights).
STATIONS = np.array([4.0, 8, 14, 24, 36, 50, 66, 84, 104, 130, 160, 200, 250, 310, 380, 460, 560])
FARTHEST = float(STATIONS[-1])
SIDES = np.array([0.0, 0.68, -0.68])
POINTS = 32
# What it costs to stand on a box or label, off the picture, on a frame's title, on a point of
# another line.
ON_BOX, OUTSIDE, ON_TITLE, ON_LINE = 100.0, 60.0, 30.0, 1.5


class Labels:
    """Places for labels of one size, found one after the other: the first served first.

    ``titles`` (k, 4) are boxes to keep clear of. ``places`` holds the middle (x, y) of each line's
    label, None for a line that has no room for one.
    """

    def __init__(self, geometry: Geometry, size: tuple[float, float], titles: Floats) -> None:
        self._geometry, self._size, self._titles = geometry, size, titles
        self._bounds = corners(geometry.bounds().adjusted(-6, -6, 6, 6))
        self._taken = np.empty((0, 4))
        self.places: dict[int, tuple[float, float] | None] = {}

    def place(self, edge: int) -> None:
        """Find the place for an edge's label."""
        geometry, self.places[edge] = self._geometry, None
        middles, costs = _candidates(geometry, edge, self._size)
        if not len(middles):
            return
        half = np.array(self._size) / 2
        rects = np.hstack([middles - half, middles + half])
        area = np.hstack([rects[:, :2].min(axis=0), rects[:, 2:].max(axis=0)])
        boxes = geometry.node_box[meets(geometry.node_box, area)]
        costs += ON_BOX * (_overlaps(rects, boxes, 2.0) + _overlaps(rects, self._taken, 2.0))
        costs += ON_TITLE * _overlaps(rects, self._titles[meets(self._titles, area)], 0.0)
        outside = (rects[:, :2] < self._bounds[:2]) | (rects[:, 2:] > self._bounds[2:])
        costs += OUTSIDE * outside.any(axis=1)
        others = meets(geometry.cubic_box, area, 4.0) & (geometry.edge != edge)
        points = bezier(geometry.cubics[others], np.linspace(0, 1, POINTS)).reshape(-1, 2)
        costs += ON_LINE * _holds(rects, points)
        best = int(np.argmin(costs))
        if costs[best] < ON_BOX:
            x, y = middles[best].tolist()
            self.places[edge] = (x, y)
            self._taken = np.vstack([self._taken, rects[best]])


def title_boxes(placement: Placement, widths: Floats) -> Floats:
    """Return the boxes (k, 4) of the frames' titles; ``widths`` is the room kept for each."""
    left, top = np.array(placement.frames, float).reshape(-1, 4)[:, :2].T
    return np.column_stack([left + 6, top + 5, left + widths - 16, top + TITLE_HEIGHT])


def corners(rect: QRectF) -> Floats:
    """Return left, top, right and bottom of a rectangle."""
    return np.array([rect.left(), rect.top(), rect.right(), rect.bottom()])


def _candidates(geometry: Geometry, edge: int, size: tuple[float, float]) -> tuple[Floats, Floats]:
    """Return places on and beside a line, and what each costs before anything is in its way."""
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
    """Return how many of ``boxes`` each rectangle meets."""
    a, b = rects[:, None], boxes[None]
    apart = (a[..., :2] >= b[..., 2:] + gap) | (a[..., 2:] <= b[..., :2] - gap)
    return np.asarray((~apart.any(axis=-1)).sum(axis=1))


def _holds(rects: Floats, points: Floats) -> NDArray[np.intp]:
    """Return how many points lie in each rectangle."""
    inside = (points[None] >= rects[:, None, :2] - 1.5) & (points[None] <= rects[:, None, 2:] + 1.5)
    return np.asarray(inside.all(axis=-1).sum(axis=1))
