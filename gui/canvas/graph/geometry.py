"""Boxes and curves of the canvas as arrays, for drawing the raster and for hit tests.

Units are the scene's. Rows are the visible nodes, the visible edges, or the cubic segments of the
edges' curves; nothing here knows colours or pixels.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from engine.support.arrays import Floats
from gui.canvas.graph.node_look import CAP, STACK, Look, body_box, corner_radius
from gui.canvas.layout.curves import bezier
from gui.canvas.layout.model import Curve, Placement

Indices = NDArray[np.intp]

# A node's marks, rings and stack extend this far beyond its box (scene units).
NODE_REACH, MARKS = 14.0, 8.0
HEAD = 10.0
OUTWARDS = np.array([-1.0, -1.0, 1.0, 1.0])
LINE_END = 0.7 * HEAD


@dataclass(frozen=True)
class Rounded:
    """Rounded rectangles: ``box`` (n, 4) left, top, right, bottom; ``radius`` and ``node`` (n,)."""

    box: Floats
    radius: Floats
    node: Indices

    def __getitem__(self, chosen: NDArray[np.bool_]) -> "Rounded":
        return Rounded(self.box[chosen], self.radius[chosen], self.node[chosen])


@dataclass(frozen=True)
class Geometry:
    """All visible nodes and edges of one placement.

    ``cubics`` (m, 4, 2) are the curves' segments, the last one of each ending under its head;
    ``edge`` (m,) is the edge of each, ``along`` (m,) the length of the curve before it, ``ends``
    (m, 2) whether it begins or ends the curve. ``start`` (e, 2) is where an edge begins,
    ``tip`` and ``towards`` (e, 2) are the heads' points and directions.
    """

    node_box: Floats
    frames: Floats
    edge_box: Floats
    bodies: Rounded
    stacks: Rounded
    caps: Rounded
    cubics: Floats
    cubic_box: Floats
    edge: Indices
    along: Floats
    starts: NDArray[np.bool_]
    start: Floats
    tip: Floats
    towards: Floats

    def bounds(self) -> QRectF:
        """Return the bounding rectangle of everything that is drawn."""
        boxes = [
            self.node_box + MARKS * OUTWARDS,
            self.edge_box + HEAD * OUTWARDS,
            self.frames,
        ]
        everything = np.vstack(boxes)
        if not len(everything):
            return QRectF()
        left, top = everything[:, :2].min(axis=0).tolist()
        right, bottom = everything[:, 2:].max(axis=0).tolist()
        return QRectF(left, top, right - left, bottom - top)

    def nodes_in(self, box: Floats) -> Indices:
        """Return the nodes whose boxes, with rings and marks, intersect a box."""
        return np.flatnonzero(meets(self.node_box, box, NODE_REACH))

    def edges_in(self, box: Floats, reach: float) -> Indices:
        """Return the edges that may be closer to a box than ``reach`` (scene units)."""
        near = np.unique(self.edge[meets(self.cubic_box, box, reach)])
        return np.asarray(near, np.intp)


def meets(boxes: Floats, box: Floats, reach: float = 0.0) -> NDArray[np.bool_]:
    """Return which of ``boxes`` (n, 4) intersect ``box``, grown by ``reach``."""
    left, top, right, bottom = boxes.T
    return np.asarray(
        (left <= box[2] + reach)
        & (right >= box[0] - reach)
        & (top <= box[3] + reach)
        & (bottom >= box[1] - reach)
    )


def geometry_of(looks: Sequence[Look], placement: Placement) -> Geometry:
    """Return the arrays of a placement."""
    centres = np.array(placement.centres, float).reshape(-1, 2)
    offset = np.tile(centres, 2)
    sizes = np.array([(look.width / 2, look.height / 2) for look in looks]).reshape(-1, 2)
    everyone = np.arange(len(looks), dtype=np.intp)
    body = np.array([body_box(look) for look in looks]).reshape(-1, 4)
    radius = np.array([corner_radius(look) for look in looks])
    bodies = _rounded(body + offset, radius, everyone)
    stacked = np.array([look.kind == "group" for look in looks], bool)
    capped = np.array([look.kind == "variable" for look in looks], bool)
    up = np.array([STACK, -STACK, STACK, -STACK])
    stacks = _rounded((body + offset + up)[stacked], np.full(stacked.sum(), 8.0), everyone[stacked])
    cap = np.array(
        [(k.cap_left, -CAP, k.cap_left + k.cap, CAP) for k in looks if k.kind == "variable"]
    ).reshape(-1, 4)
    caps = _rounded(cap + offset[capped], np.full(capped.sum(), CAP), everyone[capped])
    return Geometry(
        np.hstack([centres - sizes, centres + sizes]),
        _frames(placement),
        **_curves(placement.curves),
        bodies=bodies,
        stacks=stacks,
        caps=caps,
    )


def _frames(placement: Placement) -> Floats:
    rects = np.array(placement.frames, float).reshape(-1, 4)
    return np.hstack([rects[:, :2], rects[:, :2] + rects[:, 2:]])


def _rounded(box: Floats, radius: Floats, node: Indices) -> Rounded:
    half = np.minimum(box[:, 2] - box[:, 0], box[:, 3] - box[:, 1]) / 2
    return Rounded(box, np.minimum(radius, half), node)


def _curves(curves: Sequence[Curve]) -> dict[str, NDArray]:
    """Cut the curves into cubic segments and shorten each curve's last one under its head."""
    points = np.array([p for curve in curves for p in curve], float).reshape(-1, 2)
    lengths = np.array([len(curve) for curve in curves], np.intp)
    first = np.cumsum(lengths) - lengths
    counts = (lengths - 1) // 3
    edge = np.repeat(np.arange(len(curves), dtype=np.intp), counts)
    within = np.arange(len(edge)) - np.repeat(np.cumsum(counts) - counts, counts)
    begin = first[edge] + 3 * within
    cubics = points[begin[:, None] + np.arange(4)]
    last = within == counts[edge] - 1
    tip = cubics[last, 3].copy()
    back = cubics[last, 2] - tip
    distance = np.hypot(*back.T)
    towards = -back / np.where(distance > 1e-9, distance, 1.0)[:, None]
    share = np.minimum(LINE_END / np.maximum(distance, 1e-6), 0.9) * (distance >= 1e-6)
    cubics[last, 3] += back * share[:, None]
    length = _lengths(cubics)
    total = np.cumsum(length) - length
    along = total - total[np.searchsorted(edge, edge)] if len(edge) else total
    box = np.hstack([cubics.min(axis=1), cubics.max(axis=1)])
    edges = np.arange(len(curves))
    edge_box = np.hstack([np.full((len(curves), 2), np.inf), np.full((len(curves), 2), -np.inf)])
    if len(edges):
        starts = np.searchsorted(edge, edges)
        edge_box = np.hstack(
            [np.minimum.reduceat(box[:, :2], starts), np.maximum.reduceat(box[:, 2:], starts)]
        )
    return {
        "edge_box": edge_box,
        "cubics": cubics,
        "cubic_box": box,
        "edge": edge,
        "along": along,
        "starts": within == 0,
        "start": points[first],
        "tip": tip,
        "towards": towards,
    }


def _lengths(cubics: Floats, pieces: int = 12) -> Floats:
    points = bezier(cubics, np.linspace(0.0, 1.0, pieces + 1))
    return np.asarray(np.hypot(*np.moveaxis(np.diff(points, axis=1), -1, 0)).sum(axis=1))
