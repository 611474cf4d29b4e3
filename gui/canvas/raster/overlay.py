"""Items painted over a sheet: changing numbers, highlights, sparklines, chevrons and shares."""

from functools import lru_cache

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QPainter, QPainterPath, QTransform

from gui.canvas.graph.geometry import Indices, meets
from gui.canvas.graph.node_look import SPARK, Look
from gui.canvas.raster.grounds import paint_item, paint_node
from gui.canvas.raster.palette_arrays import palette_arrays_of
from gui.canvas.raster.pixels import packed
from gui.canvas.scene.cards import draw_trends
from gui.canvas.scene.edge_labels import corners
from gui.canvas.scene.node_item import DIM, LIT_DISTANCE, outline_path
from gui.canvas.scene.scene import GraphScene
from gui.canvas.scene.sparkline import draw_many
from gui.canvas.text.lettering import draw, lettering
from gui.widgets.drawing_rates import EDGE_LABELS_SECONDS

# Up to this many items in sight are painted as items: a sheet would not be faster.
FEW = 60
# Pixels below which a text cannot be read and changing numbers are not painted.
LEGIBLE = 1.5
# Pixels below which a sparkline cannot be read.
LEAST_SPARK = 2.0


def few_in(scene: GraphScene, area: np.ndarray) -> tuple[Indices, Indices] | None:
    """Return the nodes and edges in an area of the scene if they are few, else None."""
    nodes = scene.geometry.nodes_in(area)
    if len(nodes) > FEW:
        return None
    edges = scene.geometry.edges_in(area, 12.0)
    return (nodes, edges) if len(nodes) + len(edges) <= FEW else None


def paint_few(
    painter: QPainter, scene: GraphScene, view: QTransform, nodes: Indices, edges: Indices
) -> bool:
    """Paint these nodes, edges and all frames as the scene would; return whether all is done."""
    area = view.inverted()[0].mapRect(QRectF(painter.viewport()))
    seen = np.flatnonzero(meets(scene.geometry.frames, corners(area), 2.0)).tolist()
    frames = sorted((scene.frames[k] for k in seen), key=lambda frame: frame.zValue())
    lines = sorted((scene.edges[k] for k in edges.tolist()), key=lambda item: item.zValue())
    boxes = [scene.nodes[k] for k in nodes.tolist()]
    if scene.visible is not None:
        draw_trends(boxes, scene.drawing)
    for item in (*frames, *lines, *(frame.chip for frame in frames)):
        paint_item(painter, item, view)
    if scene.ties is not None:
        paint_item(painter, scene.ties.chosen, view)
    done = paint_flow(painter, scene, view)
    for box in boxes:
        paint_item(painter, box, view)
    return done


def paint_flow(painter: QPainter, scene: GraphScene, view: QTransform) -> bool:
    """Paint chevrons and shares of the edges in sight; return whether all are painted."""
    if scene.flow is None:
        return True
    area = view.inverted()[0].mapRect(QRectF(painter.viewport()))
    painter.save()
    painter.setTransform(view)
    done = scene.flow.draw(painter, corners(area), EDGE_LABELS_SECONDS)
    painter.restore()
    return done


def paint_over(painter: QPainter, scene: GraphScene, view: QTransform, nodes: Indices) -> bool:
    """Paint the parts that a sheet does not have of the nodes in sight and of all edges."""
    assert scene.visible is not None
    _write_scalars(painter, scene, view, nodes[scene.scalars[nodes]])
    done = paint_flow(painter, scene, view)
    highlight = scene.highlight
    seen = set(nodes.tolist())
    lit = sorted(highlight.all_nodes & seen)
    if len(lit) > FEW:
        _paint_rings(painter, scene, view, lit)
        lit = []
    if scene.ties is not None:
        paint_item(painter, scene.ties.chosen, view)
    edges = [scene.visible.edges[k] for k in sorted(highlight.all_edges)]
    for edge in edges:
        paint_item(painter, scene.edges[edge.index], view)
    ends = {end for edge in edges for end in (edge.source, edge.target)} & seen
    boards = (n.index for n in scene.visible.nodes if n.board is not None and n.index in seen)
    for node in sorted(ends.union(lit, boards)):
        paint_node(painter, scene.nodes[node], view)
    _draw_trends(painter, scene, view, nodes)
    return done


def _draw_trends(painter: QPainter, scene: GraphScene, view: QTransform, nodes: Indices) -> None:
    """Draw the sparklines of the cards in sight, which change with every frame."""
    visible, palette = scene.visible, scene.palette_
    assert visible is not None
    assert scene.tones is not None
    pixels = view.m11() * painter.device().devicePixelRatioF()
    if SPARK * pixels < LEAST_SPARK or scene.frame is None:
        return
    columns, heights = scene.drawing.trends.lines(visible)
    cards = [node for node in nodes.tolist() if node in columns]
    if cards:
        bodies = scene.geometry.bodies.box[cards]
        inks = packed(palette_arrays_of(palette).text)[scene.tones.nodes[cards]]
        draw_many(painter, view, bodies, heights[:, [columns[node] for node in cards]], inks)


def _paint_rings(painter: QPainter, scene: GraphScene, view: QTransform, nodes: list[int]) -> None:
    """Paint the rings of many lit nodes without making their items."""
    painter.save()
    painter.setPen(scene.palette_.lit)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for node in nodes:
        painter.setTransform(_middle_of(scene, node) * view)
        painter.drawPath(_ring(scene.looks[node]))
    painter.restore()


def _write_scalars(painter: QPainter, scene: GraphScene, view: QTransform, nodes: Indices) -> None:
    """Write the values of scalar nodes, which change with every frame."""
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
        painter.setOpacity(DIM if scene.tones.node_dimmed(node) else 1.0)
        draw(painter, spot, look.subtitle if frame is None else scene.scalar_text(node, frame))
    painter.restore()


def _middle_of(scene: GraphScene, node: int) -> QTransform:
    left, top, right, bottom = scene.geometry.node_box[node].tolist()
    return QTransform.fromTranslate((left + right) / 2, (top + bottom) / 2)


@lru_cache(1024)
def _ring(look: Look) -> QPainterPath:
    return outline_path(look, LIT_DISTANCE)
