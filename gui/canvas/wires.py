"""The numbers on the wires of a small graph of scalars: written, and kept clear of each other."""

from collections.abc import Sequence

from engine.frame import Frame
from gui.canvas.edge_item import EdgeItem, Stub
from gui.canvas.items import NodeItem
from gui.canvas.numbers import choose_places
from gui.canvas.palette import Palette
from gui.canvas.visible import VisibleGraph
from gui.canvas.words import scalar_text

NARROW = 26.0


class Wires:
    """Values and gradients at the edges, and at a wire that leaves what nothing uses."""

    def __init__(
        self, visible: VisibleGraph, nodes: Sequence[NodeItem], edges: Sequence[EdgeItem]
    ) -> None:
        self._topology = visible.topology
        self._nodes, self._edges = nodes, edges
        used = {seen.source for seen in visible.edges}
        self._stubs = [(k, Stub(nodes[k])) for k in range(len(nodes)) if k not in used]
        self._room = [NARROW] * len(edges)

    def paint_as(self, palette: Palette) -> None:
        """Take on a theme."""
        for _, stub in self._stubs:
            stub.paint_as(palette)

    def place(self) -> None:
        """Find places for the numbers, clear of nodes and other edges."""
        boxes = [item.body_on_scene() for item in self._nodes]
        paths = [edge.path() for edge in self._edges]
        for edge, at in zip(self._edges, choose_places(paths, boxes, self._room), strict=True):
            edge.put_numbers(at)

    def write(self, frame: Frame) -> None:
        """Write a frame's numbers; places are chosen again only when room runs out."""
        nodes, edges = self._topology.nodes, self._topology.edges
        for edge in self._edges:
            if edge.value is not None:
                k = edge.seen.edges[0]
                source = edges[k].source
                flows = nodes[source].order > 0 and edges[k].differentiable
                known = bool(frame.value_ready[source]) and not flows
                edge.show_numbers(
                    scalar_text(frame, "value", source, known),
                    scalar_text(frame, "contribution", k, bool(frame.contribution_ready[k])),
                )
        room = [max(r, e.numbers_width()) for r, e in zip(self._room, self._edges, strict=True)]
        if any(new > old + 2 for new, old in zip(room, self._room, strict=True)):
            self._room = [width + 6 if width > NARROW else width for width in room]
            self.place()
        for k, stub in self._stubs:
            node = self._nodes[k].seen.members[0]
            own = nodes[node].order == 0 or not nodes[node].differentiable
            known = bool(frame.value_ready[node]) and own
            stub.show_numbers(
                scalar_text(frame, "value", node, known),
                scalar_text(frame, "gradient", node, bool(frame.gradient_ready[node])),
            )
