"""The place of a badge on a view: where it covers the least of the graph."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRect

if TYPE_CHECKING:
    from gui.canvas.view.view import GraphView

TITLE = 26.0  # height of an open group's title


def free_place(view: "GraphView", places: Sequence[QRect]) -> QRect:
    """Return the place (pixels of the viewport) that covers the least, the first of equal ones."""
    scene = view.graph
    if scene.placement is None or not len(scene.nodes):
        return places[0]
    frames = np.array(scene.geometry.frames, float).reshape(-1, 4)
    titles = frames.copy()
    titles[:, 3] = np.minimum(frames[:, 3], frames[:, 1] + TITLE)
    boxes = np.vstack([np.array(scene.geometry.node_box, float).reshape(-1, 4), titles])
    across = view.viewportTransform()
    start = np.array([across.dx(), across.dy()] * 2)
    boxes = boxes * np.array([across.m11(), across.m22()] * 2) + start

    def covered(place: QRect) -> float:
        low = np.maximum(boxes[:, :2], [place.left(), place.top()])
        high = np.minimum(boxes[:, 2:], [place.right() + 1, place.bottom() + 1])
        return float(np.maximum(high - low, 0.0).prod(axis=1).sum())

    return min(places, key=covered)
