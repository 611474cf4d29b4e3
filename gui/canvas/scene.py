"""The scene: one item for each visible node, edge and open group; frames change colours only."""

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPen
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from engine.frame import Frame
from gui.canvas.edge_item import EdgeItem, Stub
from gui.canvas.items import FADED, FrameItem, NodeItem
from gui.canvas.look import Look, look_of, picture_of, shows_numbers
from gui.canvas.numbers import choose_places
from gui.canvas.palette import Palette
from gui.canvas.picture import Picture, Placement
from gui.canvas.visible import VisibleGraph
from gui.canvas.words import scalar_text
from gui.colour import CODES, Buckets, MagnitudeScale, Mark

NEVER = CODES + 1


class GraphScene(QGraphicsScene):
    """Draws a visible graph; knows nothing of sessions, layouts or files."""

    def __init__(self, palette: Palette) -> None:
        super().__init__()
        # Items are few and all of them change: an index costs more than it finds.
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.palette_ = palette
        self.visible: VisibleGraph | None = None
        self.looks: list[Look] = []
        self.nodes: list[NodeItem] = []
        self.edges: list[EdgeItem] = []
        self.frames: list[FrameItem] = []
        self._stubs: list[tuple[int, Stub]] = []
        self._node_codes: Buckets = np.zeros(0, np.int16)
        self._edge_codes: Buckets = np.zeros(0, np.int16)
        self._room: list[float] = []
        self._computed: NDArray[np.bool_] = np.zeros(0, bool)
        self._lit: tuple[frozenset[int], frozenset[int]] = (frozenset(), frozenset())
        self._selected: tuple[int | None, int | None] = (None, None)

    # -- building ----------------------------------------------------------------------------

    def build(self, visible: VisibleGraph) -> Picture:
        """Make the items of this graph in place of all others; return what to lay out."""
        self.clear()
        self.visible = visible
        numbers = shows_numbers(visible.topology)
        self.looks = [look_of(visible.topology, seen, numbers=numbers) for seen in visible.nodes]
        self.nodes = [
            NodeItem(seen, look) for seen, look in zip(visible.nodes, self.looks, strict=True)
        ]
        self.edges = [EdgeItem(seen, numbers=numbers) for seen in visible.edges]
        self.frames = [FrameItem(c, len(c.path)) for c in visible.clusters]
        for item in (*self.frames, *self.edges, *self.nodes):
            self.addItem(item)
        for frame in self.frames:
            self.addItem(frame.chip)
        used = {seen.source for seen in visible.edges}
        ends = [k for k in range(len(self.nodes)) if numbers and k not in used]
        self._stubs = [(k, Stub(self.nodes[k])) for k in ends]
        self._lit = (frozenset(), frozenset())
        self._selected = (None, None)
        self._room = [26.0] * len(self.edges)
        self._computed = np.ones(len(self.nodes), bool)
        self._forget_codes()
        self._paint(*self._blank_codes())
        for frame_item in self.frames:
            frame_item.paint_as(self.palette_)
        return picture_of(visible, self.looks)

    def place(self, placement: Placement) -> None:
        """Put everything where the layout wants it."""
        for item, centre in zip(self.nodes, placement.centres, strict=True):
            item.setPos(QPointF(*centre))
        for edge, curve in zip(self.edges, placement.curves, strict=True):
            edge.place(curve)
        for frame, rect in zip(self.frames, placement.frames, strict=True):
            frame.place(QRectF(*rect))
        self._put_numbers()
        lit, self._lit = self._lit, (frozenset(), frozenset())
        self._light(*lit, self._direction)

    def apply_palette(self, palette: Palette) -> None:
        """Take on a theme: everything is re-penned."""
        self.palette_ = palette
        nodes, edges = self._node_codes.copy(), self._edge_codes.copy()
        self._forget_codes()
        self._paint(nodes, edges)
        for frame in self.frames:
            frame.paint_as(palette)
        (nodes_lit, edges_lit), direction = self._lit, self._direction
        self._light(frozenset(), frozenset(), 0)
        self._light(nodes_lit, edges_lit, direction)
        selected, self._selected = self._selected, (None, None)
        self._mark_selected(*selected)

    # -- frames ------------------------------------------------------------------------------

    def show_frame(self, frame: Frame, scale: MagnitudeScale) -> None:
        """Take on a frame's numbers; only items whose bucket changed are touched."""
        visible = self.visible
        if visible is None:
            return
        norms, ready = visible.node_norms(frame)
        nodes = scale.buckets(norms, ready, visible.node_exists)
        norms, ready = visible.edge_norms(frame)
        edges = scale.buckets(norms, ready, visible.edge_exists)
        self._paint(nodes, edges)
        self._fade(visible.values_ready(frame))
        self._write_numbers(frame)
        self._light_operation(frame)

    def _blank_codes(self) -> tuple[Buckets, Buckets]:
        assert self.visible is not None
        exists = (self.visible.node_exists, self.visible.edge_exists)
        blank = [np.where(e, Mark.PENDING, Mark.ABSENT).astype(np.int16) for e in exists]
        return blank[0], blank[1]

    def _forget_codes(self) -> None:
        self._node_codes = np.full(len(self.nodes), NEVER, np.int16)
        self._edge_codes = np.full(len(self.edges), NEVER, np.int16)

    def _paint(self, nodes: Buckets, edges: Buckets) -> None:
        palette = self.palette_
        for k in np.flatnonzero(nodes != self._node_codes).tolist():
            self.nodes[k].paint_as(int(nodes[k]), palette)
        for k in np.flatnonzero(edges != self._edge_codes).tolist():
            self.edges[k].paint_as(int(edges[k]), palette)
        self._node_codes, self._edge_codes = nodes, edges
        for _, stub in self._stubs:
            stub.paint_as(palette)

    def _fade(self, computed: NDArray[np.bool_]) -> None:
        for k in np.flatnonzero(computed != self._computed).tolist():
            self.nodes[k].show_computed(bool(computed[k]))
        if not np.array_equal(computed, self._computed):
            for edge in self.edges:
                edge.setOpacity(1.0 if computed[edge.seen.source] else FADED)
        self._computed = computed

    def _put_numbers(self) -> None:
        """Find places for the numbers at the edges, clear of nodes and other edges."""
        if not self.edges or self.edges[0].value is None:
            return
        boxes = [item.body_on_scene() for item in self.nodes]
        paths = [edge.path() for edge in self.edges]
        for edge, at in zip(self.edges, choose_places(paths, boxes, self._room), strict=True):
            edge.put_numbers(at)

    def _write_numbers(self, frame: Frame) -> None:
        assert self.visible is not None
        topology = self.visible.topology
        for item in self.nodes:
            if item.look.scalar and item.seen.node is not None:
                k = item.seen.node
                text = scalar_text(frame, "value", k, bool(frame.value_ready[k]))
                item.subtitle.change(text or item.look.subtitle)
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

    # -- the lit operation -------------------------------------------------------------------

    _direction = 0

    def _light_operation(self, frame: Frame) -> None:
        assert self.visible is not None
        if frame.lit is None:
            self._light(frozenset(), frozenset(), 0)
            return
        operation = self.visible.topology.operations[frame.lit]
        nodes = frozenset(self.visible.shown_as[n] for n in operation.nodes)
        shown = self.visible.edge_shown_as
        edges = frozenset(shown[e] for e in operation.edges if e in shown)
        self._light(nodes, edges, -1 if operation.phase == "backward" else 1)

    def _light(self, nodes: frozenset[int], edges: frozenset[int], direction: int) -> None:
        before_nodes, before_edges = self._lit
        turned = direction != self._direction
        self._lit, self._direction = (nodes, edges), direction
        for k in before_nodes ^ nodes:
            self.nodes[k].show_ring("lit", self.palette_.lit if k in nodes else None, 4.5)
        for k in before_edges | edges if turned else before_edges ^ edges:
            self._glow(k)
            self.edges[k].show_flow(direction if k in edges else 0, self.palette_)

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
        self._mark_selected(seen_node, seen_edge)

    def _mark_selected(self, node: int | None, edge: int | None) -> None:
        old_node, old_edge = self._selected
        self._selected = (node, edge)
        if old_node is not None:
            self.nodes[old_node].show_ring("selected", None, 0)
        if node is not None:
            self.nodes[node].show_ring("selected", self.palette_.selected, 3.0)
        for k in (old_edge, edge):
            if k is not None:
                self._glow(k)

    def _glow(self, edge: int) -> None:
        pen: QPen | None = None
        if edge in self._lit[1]:
            pen = self.palette_.lit_edge
        if edge == self._selected[1]:
            pen = self.palette_.selected_edge
        self.edges[edge].show_glow(pen)

    @property
    def selected_node(self) -> NodeItem | None:
        """The item of the selected node."""
        return self.nodes[self._selected[0]] if self._selected[0] is not None else None

    @property
    def selected_edge(self) -> EdgeItem | None:
        """The item of the selected edge."""
        return self.edges[self._selected[1]] if self._selected[1] is not None else None

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

    def content_rect(self) -> QRectF:
        """What a picture of the whole graph has to hold."""
        rect = QRectF()
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
        self.nodes, self.edges, self.frames, self._stubs = [], [], [], []
        self.visible = None
        super().clear()
