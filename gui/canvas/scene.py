"""The scene: an item for each visible node, edge and open group; frames change colours only."""

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from engine.frame import Frame
from gui.canvas.edge_item import HIT_WIDTH, EdgeItem, Stub
from gui.canvas.geometry import Geometry, geometry_of
from gui.canvas.highlight import Highlight
from gui.canvas.items import FADED, FrameItem, NodeItem
from gui.canvas.lazy import LazyItems
from gui.canvas.look import Look, look_of, picture_of, shows_numbers
from gui.canvas.numbers import choose_places
from gui.canvas.palette import Palette
from gui.canvas.picture import Picture, Placement
from gui.canvas.tones import Tones, blank_tones, tones_of
from gui.canvas.visible import VisibleGraph
from gui.canvas.words import scalar_text
from gui.colour import MagnitudeScale

# From this many nodes and edges on, Qt's own painting of them takes longer than a lookup.
CROWD = 100


class GraphScene(QGraphicsScene):
    """Draws a visible graph; knows nothing of sessions, layouts or files.

    With ``raster`` the items of a graph of more than ``CROWD`` nodes and edges are made only when
    something is asked of them: a view shows such a ``crowded`` scene from a raster (``repaint``).

    Signals
    -------
    changed_look(): a crowded scene has to be painted again
    """

    changed_look = Signal()

    def __init__(self, palette: Palette, *, raster: bool = False) -> None:
        super().__init__()
        # Items are few and all of them change: an index costs more than it finds.
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.palette_ = palette
        self.crowded = False
        self.visible: VisibleGraph | None = None
        self.frame: Frame | None = None
        self.tones: Tones | None = None
        self.placement: Placement | None = None
        self.looks: list[Look] = []
        self.scalars = self.stacked = np.zeros(0, bool)
        self.nodes: LazyItems[NodeItem] = LazyItems()
        self.edges: LazyItems[EdgeItem] = LazyItems()
        self.frames: list[FrameItem] = []
        self._raster = raster
        self._numbers = False
        self._geometry: Geometry | None = None
        self._stubs: list[tuple[int, Stub]] = []
        self._room: list[float] = []
        self.highlight = Highlight(self.nodes, self.edges, palette)

    # -- building ----------------------------------------------------------------------------

    def build(self, visible: VisibleGraph) -> Picture:
        """Make the items of this graph in place of all others; return what to lay out."""
        self.clear()
        self.visible = visible
        numbers = self._numbers = shows_numbers(visible.topology)
        self.looks = [look_of(visible.topology, seen, numbers=numbers) for seen in visible.nodes]
        self.scalars = np.array([look.scalar for look in self.looks], bool)
        self.stacked = np.array([look.kind == "group" for look in self.looks], bool)
        self.tones = blank_tones(visible)
        count = len(visible.nodes) + len(visible.edges)
        self.crowded = self._raster and not numbers and count > CROWD
        self.frames = [FrameItem(c, len(c.path)) for c in visible.clusters]
        for frame in self.frames:
            self.addItem(frame)
            self.addItem(frame.chip)
            frame.paint_as(self.palette_)
        self.edges = LazyItems(len(visible.edges), self._make_edge)
        self.nodes = LazyItems(len(visible.nodes), self._make_node)
        self.highlight = Highlight(self.nodes, self.edges, self.palette_)
        if not self.crowded:
            list(self.edges)
            list(self.nodes)
        used = {seen.source for seen in visible.edges}
        ends = [k for k in range(len(self.nodes)) if numbers and k not in used]
        self._stubs = [(k, Stub(self.nodes[k])) for k in ends]
        for _, stub in self._stubs:
            stub.paint_as(self.palette_)
        self._room = [26.0] * len(self.edges)
        return picture_of(visible, self.looks)

    def _make_node(self, k: int) -> NodeItem:
        assert self.visible is not None
        assert self.tones is not None
        item = NodeItem(self.visible.nodes[k], self.looks[k])
        if self.placement is not None:
            item.setPos(QPointF(*self.placement.centres[k]))
        item.paint_as(int(self.tones.nodes[k]), self.palette_)
        if self.tones.nodes_faded[k]:
            item.show_computed(False)
        if self.frame is not None:
            self._write_scalar(item, self.frame)
        self.addItem(item)
        self.highlight.dress_node(k, item)
        return item

    def _make_edge(self, k: int) -> EdgeItem:
        assert self.visible is not None
        assert self.tones is not None
        item = EdgeItem(self.visible.edges[k], numbers=self._numbers)
        if self.placement is not None:
            item.place(self.placement.curves[k])
        item.paint_as(int(self.tones.edges[k]), self.palette_)
        item.setOpacity(FADED if self.tones.edges_faded[k] else 1.0)
        self.addItem(item)
        self.highlight.dress_edge(k, item)
        return item

    def place(self, placement: Placement) -> None:
        """Put everything where the layout wants it."""
        self.placement, self._geometry = placement, None
        for k, item in self.nodes.made.items():
            item.setPos(QPointF(*placement.centres[k]))
        for k, edge in self.edges.made.items():
            edge.place(placement.curves[k])
        for frame, rect in zip(self.frames, placement.frames, strict=True):
            frame.place(QRectF(*rect))
        self._put_numbers()
        self.highlight.refresh()
        self.changed_look.emit()

    @property
    def geometry(self) -> Geometry:
        """Where everything is; the scene has to be placed."""
        if self._geometry is None:
            assert self.placement is not None
            self._geometry = geometry_of(self.looks, self.placement)
        return self._geometry

    def apply_palette(self, palette: Palette) -> None:
        """Take on a theme: everything is re-penned."""
        self.palette_ = palette
        for node in self.nodes.made.values():
            node.paint_as(node.code, palette)
        for edge in self.edges.made.values():
            edge.paint_as(edge.code, palette)
        for _, stub in self._stubs:
            stub.paint_as(palette)
        for frame in self.frames:
            frame.paint_as(palette)
        self.highlight.palette = palette
        self.highlight.refresh()
        self.changed_look.emit()

    # -- frames ------------------------------------------------------------------------------

    def show_frame(self, frame: Frame, scale: MagnitudeScale) -> None:
        """Take on a frame's numbers; only items whose look changed are touched."""
        visible = self.visible
        if visible is None:
            return
        self.frame = frame
        self._tone(tones_of(visible, frame, scale))
        self._write_numbers(frame)
        self.highlight.light_operation(visible, frame)
        self.changed_look.emit()

    def _tone(self, tones: Tones) -> None:
        before, self.tones = self.tones, tones
        assert before is not None
        for k in _changed(before.nodes, tones.nodes, self.nodes):
            self.nodes[k].paint_as(int(tones.nodes[k]), self.palette_)
        for k in _changed(before.edges, tones.edges, self.edges):
            self.edges[k].paint_as(int(tones.edges[k]), self.palette_)
        for k in _changed(before.nodes_faded, tones.nodes_faded, self.nodes):
            self.nodes[k].show_computed(not tones.nodes_faded[k])
        for k in _changed(before.edges_faded, tones.edges_faded, self.edges):
            self.edges[k].setOpacity(FADED if tones.edges_faded[k] else 1.0)

    def _put_numbers(self) -> None:
        """Find places for the numbers at the edges, clear of nodes and other edges."""
        if not self._numbers:
            return
        boxes = [item.body_on_scene() for item in self.nodes]
        paths = [edge.path() for edge in self.edges]
        for edge, at in zip(self.edges, choose_places(paths, boxes, self._room), strict=True):
            edge.put_numbers(at)

    def _write_numbers(self, frame: Frame) -> None:
        assert self.visible is not None
        topology = self.visible.topology
        for item in self.nodes.made.values():
            self._write_scalar(item, frame)
        if not self._numbers:
            return
        for edge in self.edges:
            if edge.value is not None:
                k = edge.seen.edges[0]
                source = topology.edges[k].source
                edge.show_numbers(
                    scalar_text(frame, "value", source, bool(frame.value_ready[source])),
                    scalar_text(frame, "contribution", k, bool(frame.contribution_ready[k])),
                )
        # Numbers change with every step: places are chosen again only when room runs out.
        room = [max(r, edge.numbers_width()) for r, edge in zip(self._room, self.edges)]
        if any(new > old + 2 for new, old in zip(room, self._room, strict=True)):
            self._room = [width + 6 if width > 26 else width for width in room]
            self._put_numbers()
        for k, stub in self._stubs:
            node = self.nodes[k].seen.members[0]
            stub.show_numbers(
                scalar_text(frame, "value", node, bool(frame.value_ready[node])),
                scalar_text(frame, "gradient", node, bool(frame.gradient_ready[node])),
            )

    def scalar_text(self, node: int, frame: Frame) -> str:
        """Return the second line of a visible node that is one number."""
        assert self.visible is not None
        k = self.visible.nodes[node].members[0]
        text = scalar_text(frame, "value", k, bool(frame.value_ready[k]))
        return text or self.looks[node].subtitle

    def _write_scalar(self, item: NodeItem, frame: Frame) -> None:
        if item.look.scalar and item.seen.node is not None:
            item.subtitle.change(self.scalar_text(item.seen.index, frame))

    # -- selection ---------------------------------------------------------------------------

    def select(self, node: int | None, edge: int | None) -> None:
        """Mark a topology node or edge (or the closed group it lies in) as selected."""
        if self.visible is None:
            return
        seen_node = self.visible.shown_as[node] if node is not None else None
        seen_edge = self.visible.edge_shown_as.get(edge) if edge is not None else None
        if edge is not None and seen_edge is None:  # inside a closed group
            source = self.visible.topology.edges[edge].source
            seen_node = self.visible.shown_as[source]
        self.highlight.select(seen_node, seen_edge)
        self.changed_look.emit()

    @property
    def selected_node(self) -> NodeItem | None:
        """The item of the selected node."""
        node = self.highlight.node
        return None if node is None else self.nodes[node]

    @property
    def selected_edge(self) -> EdgeItem | None:
        """The item of the selected edge."""
        edge = self.highlight.edge
        return None if edge is None else self.edges[edge]

    # -- finding -----------------------------------------------------------------------------

    def item_for_node(self, node: int) -> NodeItem:
        """Return the item that shows a topology node: its own, or its closed group's."""
        assert self.visible is not None
        return self.nodes[self.visible.shown_as[node]]

    def item_for_edge(self, edge: int) -> EdgeItem | None:
        """Return the item that shows a topology edge; None inside a closed group."""
        assert self.visible is not None
        seen = self.visible.edge_shown_as.get(edge)
        return None if seen is None else self.edges[seen]

    def item_near(self, pixel: QRectF) -> QGraphicsItem | None:
        """Return the node or edge item of a crowded scene at a pixel, or the frame titled there."""
        box = np.array([pixel.left(), pixel.top(), pixel.right(), pixel.bottom()])
        for frame in self.frames:
            if frame.chip.path().intersects(pixel):
                return frame
        for k in self.geometry.nodes_in(box).tolist():
            if self.nodes[k].is_hit(pixel):
                return self.nodes[k]
        for k in self.geometry.edges_in(box, HIT_WIDTH)[::-1].tolist():
            if self.edges[k].is_hit(pixel):
                return self.edges[k]
        titled = [f for f in self.frames if f.title_area().contains(pixel.topLeft())]
        return max(titled, key=lambda frame: frame.zValue(), default=None)

    def content_rect(self) -> QRectF:
        """What a picture of the whole graph has to hold."""
        rect = QRectF()
        if self.crowded and self.placement is not None:
            return self.geometry.bounds()
        for item in self.items():
            if item.isVisible() and item.parentItem() is None:
                rect = rect.united(item.sceneBoundingRect())
                rect = rect.united(item.mapRectToScene(item.childrenBoundingRect()))
        return rect

    @staticmethod
    def owner(item: QGraphicsItem | None) -> QGraphicsItem | None:
        """Return the node, edge or frame item that a part belongs to."""
        while item is not None and item.parentItem() is not None:
            item = item.parentItem()
        return item

    def clear(self) -> None:
        """Remove everything."""
        self.nodes, self.edges, self.frames, self._stubs = LazyItems(), LazyItems(), [], []
        self.visible = self.frame = self.tones = self.placement = self._geometry = None
        self.crowded = False
        super().clear()


def _changed(before: np.ndarray, after: np.ndarray, items: LazyItems) -> list[int]:
    """Return where two arrays differ and an item exists."""
    if len(items.made) == len(items):
        return np.flatnonzero(before != after).tolist()
    return [k for k in items.made if before[k] != after[k]]
