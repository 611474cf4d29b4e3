"""The scene with an item per visible node, edge and open group; frames change colours only."""

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Signal
from PySide6.QtWidgets import QGraphicsItem, QGraphicsScene

from engine.messages.frame import Frame
from engine.messages.wiring import Part
from gui.canvas.colours.palette import Palette
from gui.canvas.colours.tones import Tones, blank_tones, dimmed_beside, tones_of
from gui.canvas.graph.geometry import Geometry, geometry_of
from gui.canvas.graph.node_look import Look, layout_input, look_of, shows_numbers
from gui.canvas.graph.visible import GroupPath, VisibleGraph
from gui.canvas.layout.model import LayoutInput, Placement
from gui.canvas.neurons.words import BoardState
from gui.canvas.scene.cards import draw_boards, draw_trends, show_details
from gui.canvas.scene.drawing import Drawing
from gui.canvas.scene.edge_item import EdgeItem
from gui.canvas.scene.edge_labels import written_beside
from gui.canvas.scene.flow import Flow
from gui.canvas.scene.gradient_ties import GradientTies
from gui.canvas.scene.highlight import Highlight
from gui.canvas.scene.lazy_items import LazyItems
from gui.canvas.scene.node_item import DIM, OPACITY, FrameItem, NodeItem
from gui.canvas.scene.wire_numbers import WireNumbers
from gui.canvas.text.tooltips import scalar_text
from gui.colour.linear import Scale
from gui.colour.magnitude import MagnitudeScale

if TYPE_CHECKING:
    from gui.canvas.graph.prepared import Prepared

# From this many nodes and edges on, Qt's painting of items is slower than the raster's lookups.
CROWD = 100


class GraphScene(QGraphicsScene):
    """Shows a ``Drawing``; independent of session, layout and files.

    With ``raster`` the items of a graph of more than ``CROWD`` nodes and edges are made lazily:
    a view paints such a ``crowded`` scene from a raster (``gui.canvas.raster``).
    ``offered`` are the groups whose titles have a button that opens their neurons.

    Signals
    -------
    changed_look(): a crowded scene has to be repainted
    emptied(): all items were removed
    """

    changed_look = Signal()
    emptied = Signal()

    def __init__(self, palette: Palette, *, raster: bool = False) -> None:
        super().__init__()
        # Items are few and all of them change: an index would cost more than it saves.
        self.setItemIndexMethod(QGraphicsScene.ItemIndexMethod.NoIndex)
        self.palette_ = palette
        self.crowded = False
        self.drawing = Drawing()
        self.tones: Tones | None = None
        self.looks: list[Look] = []
        self.scalars = self.stacked = np.zeros(0, bool)
        self.nodes: LazyItems[NodeItem] = LazyItems()
        self.edges: LazyItems[EdgeItem] = LazyItems()
        self.frames: LazyItems[FrameItem] = LazyItems()
        self.flow: Flow | None = None
        self.ties: GradientTies | None = None
        self._raster = raster
        self._numbers = False
        self._geometry: Geometry | None = None
        self._ready: Prepared | None = None
        self.offered: set[GroupPath] = set()
        self._looked_at: set[GroupPath] | None = None
        self._titles = np.zeros(0)
        self._wires: WireNumbers | None = None
        self.highlight = Highlight(self.nodes, self.edges, palette)

    # -- what is shown -----------------------------------------------------------------------

    @property
    def visible(self) -> VisibleGraph | None:
        """The graph that is shown; None before there is one."""
        return self.drawing.visible

    @property
    def frame(self) -> Frame | None:
        """The frame whose numbers are shown."""
        return self.drawing.frame

    @property
    def placement(self) -> Placement | None:
        """The present placement, also during an animation."""
        return self.drawing.placement

    @property
    def part(self) -> Part | None:
        """The part of the graph that is not dimmed; None where nothing is dimmed."""
        return self.drawing.part

    def show(self, drawing: Drawing) -> None:
        """Show a whole drawing in the scene's palette; used for exports."""
        assert drawing.visible is not None
        assert drawing.placement is not None
        self.drawing = replace(self.drawing, trends=drawing.trends, boards=drawing.boards)
        self.build(drawing.visible)
        self.bring_out(drawing.part, drawing.part_words)
        self.show_shares(drawing.shares)
        self.place(drawing.placement)
        if drawing.frame is not None:
            self.show_frame(drawing.frame, drawing.scale, drawing.node_scale)
        self.select(drawing.selected_node, drawing.selected_edge)
        self.select_other(drawing.other_node)

    # -- building ----------------------------------------------------------------------------

    def build(self, visible: VisibleGraph, ready: "Prepared | None" = None) -> LayoutInput:
        """Replace all items by those of this graph; return the layout's input.

        ``ready``: the prepared graph, if there is one, whose looks and geometry are then used.
        """
        if self.visible is None or self.visible.topology is not visible.topology:
            self.drawing = replace(self.drawing, part=None)
        self.clear()
        self.drawing = replace(self.drawing, visible=visible)
        numbers = self._numbers = shows_numbers(visible.topology)
        self._ready = ready
        self.looks = (
            [look_of(visible.topology, seen, numbers=numbers) for seen in visible.nodes]
            if ready is None
            else ready.looks
        )
        self.scalars = np.array([look.scalar for look in self.looks], bool)
        self.stacked = np.array([look.kind == "group" for look in self.looks], bool)
        self.tones = dimmed_beside(blank_tones(visible), visible, self.part)
        count = len(visible.nodes) + len(visible.edges)
        self.crowded = self._raster and not numbers and count > CROWD
        self.offered = {layer.group for layer in visible.topology.dense} if self._raster else set()
        self.frames = LazyItems(len(visible.clusters), self._make_frame)
        self.edges = LazyItems(len(visible.edges), self._make_edge, self._renew_edge)
        self.nodes = LazyItems(len(visible.nodes), self._make_node, self._renew_node)
        self.highlight = Highlight(self.nodes, self.edges, self.palette_)
        if not self.crowded:
            list(self.frames)
            list(self.edges)
            list(self.nodes)
        if numbers:
            self._wires = WireNumbers(visible, self.nodes, self.edges)
            self._wires.paint_as(self.palette_)
        self.flow = Flow(visible, self.palette_, shares=self.drawing.shares and not numbers)
        self._dim_around()
        self.ties = GradientTies(visible, self.looks, self.palette_)
        if not self.crowded:
            self.addItem(self.flow)
            self.addItem(self.ties)
        to_lay_out = layout_input(visible, self.looks) if ready is None else ready.to_lay_out
        self._titles = np.array([frame.title_width for frame in to_lay_out.frames])
        return to_lay_out

    def _make_frame(self, k: int) -> FrameItem:
        assert self.visible is not None
        cluster = self.visible.clusters[k]
        item = FrameItem(cluster, len(cluster.path))
        if cluster.path in self.offered:
            item.offer_neurons()
        if self.placement is not None:
            item.place(QRectF(*self.placement.frames[k]))
        item.paint_as(self.palette_)
        item.chip.setOpacity(self.title_opacity(k))
        self.addItem(item)
        self.addItem(item.chip)
        return item

    def _make_node(self, k: int) -> NodeItem:
        assert self.visible is not None
        item = NodeItem(self.visible.nodes[k], self.looks[k])
        if self.placement is not None:
            item.setPos(QPointF(*self.placement.centres[k]))
        self._renew_node(k, item)
        self.addItem(item)
        self.highlight.update_node(k, item)
        return item

    def _renew_node(self, k: int, item: NodeItem) -> None:
        """Update an item to the newest frame."""
        assert self.visible is not None
        assert self.tones is not None
        item.paint_as(int(self.tones.nodes[k]), self.palette_)
        item.show_computed(not self.tones.nodes_faded[k])
        item.setOpacity(DIM if self.tones.node_dimmed(k) else 1.0)
        if self.frame is not None:
            self._write_scalar(item, self.frame)
        show_details(item, self.drawing, live=self._raster)

    def _make_edge(self, k: int) -> EdgeItem:
        assert self.visible is not None
        item = EdgeItem(self.visible.edges[k], numbers=self._numbers)
        if self.placement is not None:
            item.place(self.placement.curves[k])
        self._renew_edge(k, item)
        self.addItem(item)
        self.highlight.update_edge(k, item)
        return item

    def _renew_edge(self, k: int, item: EdgeItem) -> None:
        assert self.tones is not None
        item.paint_as(int(self.tones.edges[k]), self.palette_)
        self._set_edge_opacity(item)

    def place(self, placement: Placement, geometry: Geometry | None = None) -> None:
        """Move everything to a placement; ``geometry`` is computed where it is not given."""
        if geometry is None and self._ready and self._ready.placement is placement:
            geometry = self._ready.geometry
        self.drawing = replace(self.drawing, placement=placement)
        self._geometry = geometry
        for k, item in self.nodes.made.items():
            item.setPos(QPointF(*placement.centres[k]))
        for k, edge in self.edges.made.items():
            edge.place(placement.curves[k])
        for k, frame in self.frames.made.items():
            frame.place(QRectF(*placement.frames[k]))
        if self._wires is not None:
            self._wires.place()
        if self.ties is not None:
            self.ties.place(placement)
        if self.flow is not None:
            self.flow.place(self.geometry, written_beside(self.looks, placement, self._titles))
        self.highlight.refresh()
        self.changed_look.emit()

    @property
    def geometry(self) -> Geometry:
        """The geometry of all nodes and edges; the scene must have a placement."""
        if self._geometry is None:
            assert self.placement is not None
            self._geometry = geometry_of(self.looks, self.placement)
        return self._geometry

    def apply_palette(self, palette: Palette) -> None:
        """Apply a palette: all items get new pens and brushes."""
        self.palette_ = palette
        if self.flow is not None:
            self.flow.palette = palette
        if self.ties is not None:
            self.ties.paint_as(palette)
        for node in self.nodes.made.values():
            node.paint_as(node.code, palette)
        for edge in self.edges.made.values():
            edge.paint_as(edge.code, palette)
        if self._wires is not None:
            self._wires.paint_as(palette)
        for frame in self.frames.made.values():
            frame.paint_as(palette)
        self.highlight.palette = palette
        self.highlight.refresh()
        self.changed_look.emit()

    # -- frames ------------------------------------------------------------------------------

    def show_frame(
        self, frame: Frame, scale: MagnitudeScale, node_scale: Scale | None = None
    ) -> None:
        """Show a frame's numbers, unless they are another graph's.

        Only items whose look changed are updated.
        """
        visible = self.visible
        if visible is None or not visible.fits(frame):
            return
        trends = self.drawing.trends.copy()
        grown = trends.add_frame(frame)
        self.drawing = replace(
            self.drawing, frame=frame, scale=scale, node_scale=node_scale, trends=trends
        )
        assert self.tones is not None
        before, tones = self.tones, tones_of(visible, frame, scale, node_scale)
        self.tones = tones.dimmed_as(before)
        if self.crowded:  # the raster shows them; few items exist
            self.nodes.outdate()
            self.edges.outdate()
        else:
            self._repaint_items(before, self.tones)
            for item in self.nodes:
                self._write_scalar(item, frame)
        if self._wires is not None:
            self._wires.write(frame)
        self.highlight.light_operation(visible, frame)
        if grown and not self.crowded:
            draw_trends(self.nodes, self.drawing)
        if self.flow is not None:
            self.flow.show_frame(frame, self.tones.edges)
        self.changed_look.emit()

    def bring_out(self, part: Part | None, words: str = "") -> None:
        """Dim everything outside this part of the graph, which ``words`` name; None: nothing."""
        self.drawing = replace(self.drawing, part=part, part_words=words)
        if self.visible is None or self.tones is None:
            return
        self.tones = dimmed_beside(self.tones, self.visible, part)
        for k, node in self.nodes.made.items():
            node.setOpacity(DIM if self.tones.node_dimmed(k) else 1.0)
        for edge in self.edges.made.values():
            self._set_edge_opacity(edge)
        self._dim_around()
        self.changed_look.emit()

    def _dim_around(self) -> None:
        """Dim the titles of open groups outside the part, and hide chevrons and shares there."""
        assert self.visible is not None
        assert self.tones is not None
        if self.flow is not None:
            self.flow.hide_on(self.tones.edges_dimmed)
        part, nodes = self.part, self.visible.topology.nodes
        self._looked_at = (
            None
            if part is None
            else {
                nodes[k].group[:depth]
                for k in part.nodes
                for depth in range(1, len(nodes[k].group) + 1)
            }
        )
        for k, frame in self.frames.made.items():
            frame.chip.setOpacity(self.title_opacity(k))

    def title_opacity(self, cluster: int) -> float:
        """Return the opacity of an open group's title, from 0 to 1."""
        assert self.visible is not None
        inside = self._looked_at
        return 1.0 if inside is None or self.visible.clusters[cluster].path in inside else DIM

    def _set_edge_opacity(self, item: EdgeItem) -> None:
        assert self.tones is not None
        level = self.tones.edge_level(item.seen.index)
        item.setOpacity(OPACITY[level])

    def _repaint_items(self, before: Tones, tones: Tones) -> None:
        """Update the items whose tones differ from those before."""
        changed = (before.nodes != tones.nodes) | (before.nodes_faded != tones.nodes_faded)
        for k in np.flatnonzero(changed).tolist():
            self._renew_node(k, self.nodes[k])
        changed = (before.edges != tones.edges) | (before.edges_faded != tones.edges_faded)
        for k in np.flatnonzero(changed).tolist():
            self._renew_edge(k, self.edges[k])

    def scalar_text(self, node: int, frame: Frame) -> str:
        """Return the second line of a visible node that is a scalar: its value."""
        assert self.visible is not None
        k = self.visible.nodes[node].members[0]
        text = scalar_text(frame, "value", k, bool(frame.value_ready[k]))
        return text or self.looks[node].subtitle

    def _write_scalar(self, item: NodeItem, frame: Frame) -> None:
        if item.look.scalar and item.seen.node is not None:
            item.subtitle.change(self.scalar_text(item.seen.index, frame))

    def show_shares(self, shown: bool) -> None:
        """Write each path's share at forks, or not.

        Not where gradients are written at the edges, from which shares can be read.
        """
        self.drawing = replace(self.drawing, shares=shown)
        if self.flow is not None:
            self.flow.shares = shown and not self._numbers
            self.flow.update()
        self.changed_look.emit()

    def show_boards(self, states: Mapping[GroupPath, BoardState]) -> None:
        """Show these states in the neuron views, by group."""
        self.drawing = replace(self.drawing, boards=states)
        draw_boards(self.nodes.made.values(), self.drawing)

    # -- selection ---------------------------------------------------------------------------

    def select(self, node: int | None, edge: int | None) -> None:
        """Mark a topology node or edge (or the closed group it lies in) as selected."""
        if self.visible is None:
            return
        self.drawing = replace(self.drawing, selected_node=node, selected_edge=edge)
        seen_node = self.visible.shown_as[node] if node is not None else None
        seen_edge = self.visible.edge_shown_as.get(edge) if edge is not None else None
        if edge is not None and seen_edge is None:  # inside a closed group
            source = self.visible.topology.edges[edge].source
            seen_node = self.visible.shown_as[source]
        partners = self.visible.partners(seen_node) if seen_edge is None else frozenset()
        self.highlight.select(seen_node, seen_edge, partners)
        if self.ties is not None:
            self.ties.choose(seen_node if seen_edge is None else None)
        self.changed_look.emit()

    def select_other(self, node: int | None) -> None:
        """Mark the topology's node that is the second end of paths; None for none."""
        if self.visible is None:
            return
        self.drawing = replace(self.drawing, other_node=node)
        shown = None if node is None else self.visible.shown_as[node]
        if self.highlight.other != shown:
            self.highlight.select_other(shown)

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

    def content_rect(self) -> QRectF:
        """Return the bounding rectangle of the whole graph."""
        rect = QRectF()
        if self.crowded and self.placement is not None:
            return self.geometry.bounds()
        for item in self.items():
            if item.isVisible() and item.parentItem() is None and item is not self.flow:
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
        self.nodes, self.edges, self.frames = LazyItems(), LazyItems(), LazyItems()
        self.highlight = Highlight(self.nodes, self.edges, self.palette_)
        self._wires = None
        self.drawing = replace(
            self.drawing,
            visible=None,
            placement=None,
            frame=None,
            selected_node=None,
            selected_edge=None,
            other_node=None,
        )
        self.tones = self._geometry = None
        self.crowded, self.flow, self.ties, self._ready = False, None, None, None
        super().clear()
        self.emptied.emit()
