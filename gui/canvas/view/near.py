"""What lies under a pointer on a crowded scene: looked for in arrays, not among items."""

import numpy as np
from PySide6.QtCore import QRectF
from PySide6.QtWidgets import QGraphicsItem

from gui.canvas.graph.geometry import meets
from gui.canvas.scene.edge_item import HIT_WIDTH
from gui.canvas.scene.edge_labels import corners
from gui.canvas.scene.scene import GraphScene


def item_near(scene: GraphScene, pixel: QRectF) -> QGraphicsItem | None:
    """Return the node or edge item at a pixel of the scene, or the frame that is titled there."""
    box, geometry = corners(pixel), scene.geometry
    frames = [scene.frames[k] for k in np.flatnonzero(meets(geometry.frames, box)).tolist()]
    for frame in frames:
        if frame.chip.path().intersects(pixel):
            return frame
    for k in geometry.nodes_in(box).tolist():
        if scene.nodes[k].is_hit(pixel):
            return scene.nodes[k]
    for k in geometry.edges_in(box, HIT_WIDTH)[::-1].tolist():
        if scene.edges[k].is_hit(pixel):
            return scene.edges[k]
    titled = [frame for frame in frames if frame.title_area().contains(pixel.topLeft())]
    return max(titled, key=lambda frame: frame.zValue(), default=None)
