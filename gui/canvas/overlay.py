"""What is painted over a sheet, item by item: changing numbers, what is lit or selected."""

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QTransform

from gui.canvas.geometry import Indices
from gui.canvas.grounds import paint_item, paint_node
from gui.canvas.items import LIT_DISTANCE, outline_path
from gui.canvas.lettering import draw, lettering
from gui.canvas.look import Look
from gui.canvas.scene import GraphScene

# So few items in sight are painted as they are; a sheet would not be faster.
FEW = 60
# Pixels below which a text is a smudge in which no number is seen to change.
LEGIBLE = 1.5


def few_in(scene: GraphScene, area: np.ndarray) -> tuple[Indices, Indices] | None:
    """Return the nodes and edges in an area of the scene where they are few, else None."""
    nodes = scene.geometry.nodes_in(area)
    if len(nodes) > FEW:
        return None
    edges = scene.geometry.edges_in(area, 12.0)
    return (nodes, edges) if len(nodes) + len(edges) <= FEW else None


def paint_few(
    painter: QPainter, scene: GraphScene, view: QTransform, nodes: Indices, edges: Indices
) -> None:
    """Paint these nodes and edges and all frames as the scene would."""
    frames = sorted(scene.frames, key=lambda frame: frame.zValue())
    area = view.inverted()[0].mapRect(QRectF(painter.viewport()))
    frames = [frame for frame in frames if frame.sceneBoundingRect().intersects(area)]
    lines = sorted((scene.edges[k] for k in edges.tolist()), key=lambda item: item.zValue())
    boxes = [scene.nodes[k] for k in nodes.tolist()]
    for item in (*frames, *lines, *(frame.chip for frame in frames), *boxes):
        paint_item(painter, item, view)


def paint_over(painter: QPainter, scene: GraphScene, view: QTransform, nodes: Indices) -> None:
    """Paint what a sheet cannot show of the nodes in sight and of all edges."""
    assert scene.visible is not None
    _write_scalars(painter, scene, view, nodes[scene.scalars[nodes]])
    highlight = scene.highlight
    seen = set(nodes.tolist())
    lit = sorted(highlight.all_nodes & seen)
    if len(lit) > FEW:
        _paint_rings(painter, scene, view, lit)
        lit = []
    edges = [scene.visible.edges[k] for k in sorted(highlight.all_edges)]
    for edge in edges:
        paint_item(painter, scene.edges[edge.index], view)
    ends = {end for edge in edges for end in (edge.source, edge.target)} & seen
    for node in sorted(ends.union(lit)):
        paint_node(painter, scene.nodes[node], view)


def _paint_rings(painter: QPainter, scene: GraphScene, view: QTransform, nodes: list[int]) -> None:
    """Paint the rings of many lit nodes without their items."""
    painter.save()
    painter.setPen(scene.palette_.lit)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for node in nodes:
        painter.setTransform(_middle_of(scene, node) * view)
        painter.drawPath(_ring(scene.looks[node]))
    painter.restore()


def _write_scalars(painter: QPainter, scene: GraphScene, view: QTransform, nodes: Indices) -> None:
    """Write the numbers of nodes that are one number; they are others in every frame."""
    palette, frame = scene.palette_, scene.frame
    assert scene.tones is not None
    pixels = view.m11() * painter.device().devicePixelRatioF()
    painter.save()
    for node in nodes.tolist():
        look = scene.looks[node]
        spot = lettering(look)[-1]
        if spot.pixels * pixels < LEGIBLE:
            break
        painter.setTransform(_middle_of(scene, node) * view)
        style = palette.nodes[scene.tones.nodes[node]]
        painter.setPen((palette.muted if spot.fixed else style.text).color())
        draw(painter, spot, look.subtitle if frame is None else scene.scalar_text(node, frame))
    painter.restore()


def _middle_of(scene: GraphScene, node: int) -> QTransform:
    left, top, right, bottom = scene.geometry.node_box[node].tolist()
    return QTransform.fromTranslate((left + right) / 2, (top + bottom) / 2)


@lru_cache(1024)
def _ring(look: Look) -> QPainterPath:
    return outline_path(look, LIT_DISTANCE)
