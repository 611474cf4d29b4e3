"""Highlights on the scene: the operation just done, and the selection."""

import numpy as np
from numpy.typing import NDArray

from engine.messages.frame import Frame
from gui.canvas.colours.palette import Palette
from gui.canvas.graph.visible import VisibleGraph
from gui.canvas.scene.edge_item import EdgeItem
from gui.canvas.scene.lazy_items import LazyItems
from gui.canvas.scene.node_item import LIT_DISTANCE, SELECTED_DISTANCE, NodeItem

IndexSet = frozenset[int]


class Highlight:
    """Lit and selected visible nodes and edges; updates those items that exist.

    ``direction`` is that of the flow in lit edges: 1 forward, −1 backward.
    """

    def __init__(
        self, nodes: LazyItems[NodeItem], edges: LazyItems[EdgeItem], palette: Palette
    ) -> None:
        self._nodes, self._edges = nodes, edges
        self.palette = palette
        self.lit_nodes: IndexSet = frozenset()
        self.lit_edges: IndexSet = frozenset()
        self.direction = 0
        self.partners: IndexSet = frozenset()
        self._orders: NDArray[np.intp] = np.zeros(0, np.intp)
        self.node: int | None = None
        self.edge: int | None = None
        self.other: int | None = None

    @property
    def all_nodes(self) -> IndexSet:
        """The nodes that are lit or selected."""
        return self.lit_nodes | _known(self.node, self.other) | self.partners

    @property
    def all_edges(self) -> IndexSet:
        """The edges that are lit or selected."""
        return self.lit_edges | _known(self.edge)

    def light_operation(self, visible: VisibleGraph, frame: Frame) -> None:
        """Light the nodes and edges of the operation just done; none while training runs."""
        if frame.lit is None:
            self._light(frozenset(), frozenset(), 0)
            return
        self._orders = visible.edge_orders
        operation = visible.topology.operations[frame.lit]
        nodes = frozenset(visible.shown_as[n] for n in operation.nodes)
        shown = visible.edge_shown_as
        edges = frozenset(shown[e] for e in operation.edges if e in shown)
        self._light(nodes, edges, -1 if operation.phase == "backward" else 1)

    def _light(self, nodes: IndexSet, edges: IndexSet, direction: int) -> None:
        changed = self.lit_edges ^ edges
        if direction != self.direction:
            changed = self.lit_edges | edges
        rings = self.lit_nodes ^ nodes
        self.lit_nodes, self.lit_edges, self.direction = nodes, edges, direction
        self._update(rings, changed)

    def select(self, node: int | None, edge: int | None, partners: IndexSet = frozenset()) -> None:
        """Select a visible node or edge, or nothing; ``partners`` are the nodes tied to it."""
        nodes, edges = _known(self.node, node), _known(self.edge, edge)
        nodes |= self.partners | partners
        self.node, self.edge, self.partners = node, edge, partners
        self._update(nodes, edges)

    def select_other(self, node: int | None) -> None:
        """Select a second visible node beside the first, or none."""
        nodes = _known(self.other, node)
        self.other = node
        self._update(nodes, frozenset())

    def refresh(self) -> None:
        """Update all highlights: after a new placement or theme."""
        self._update(self.all_nodes, self.all_edges)

    def _update(self, nodes: IndexSet, edges: IndexSet) -> None:
        for k in nodes & self._nodes.made.keys():
            self.update_node(k, self._nodes[k])
        for k in edges & self._edges.made.keys():
            self.update_edge(k, self._edges[k])

    def update_node(self, k: int, item: NodeItem) -> None:
        """Draw a node's rings (lit, selected); the scene calls it for a new item."""
        palette = self.palette
        item.show_ring("lit", palette.lit if k in self.lit_nodes else None, LIT_DISTANCE)
        pen = palette.selected if k in (self.node, self.other) else None
        pen = palette.partner if pen is None and k in self.partners else pen
        item.show_ring("selected", pen, SELECTED_DISTANCE)

    def update_edge(self, k: int, item: EdgeItem) -> None:
        """Draw an edge's glow and arrow; the scene calls it for a new item."""
        colour = self.palette.lit_edge if k in self.lit_edges else None
        if k == self.edge:
            colour = self.palette.selected_edge
        item.show_glow(colour, self.palette)
        along = abs(self.direction) if k < len(self._orders) and self._orders[k] else self.direction
        item.show_flow(along if k in self.lit_edges else 0, self.palette)


def _known(*numbers: int | None) -> IndexSet:
    return frozenset(number for number in numbers if number is not None)
