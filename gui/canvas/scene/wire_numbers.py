"""Values and gradients written at the edges of a small graph of scalars, without overlaps."""

from collections import Counter
from collections.abc import Sequence

from engine.messages.frame import Frame
from gui.canvas.colours.palette import Palette
from gui.canvas.graph.visible import VisibleEdge, VisibleGraph
from gui.canvas.scene.edge_item import EdgeItem, Meeting, Stub
from gui.canvas.scene.node_item import NodeItem
from gui.canvas.scene.number_places import choose_places
from gui.canvas.text.tooltips import scalar_text

NARROW = 26.0


class WireNumbers:
    """Writes values and gradients at the edges, and at a stub of the last node.

    Where several edges leave a node its value is written once, above it, and below it the sum of
    the edges' contributions.
    """

    def __init__(
        self, visible: VisibleGraph, nodes: Sequence[NodeItem], edges: Sequence[EdgeItem]
    ) -> None:
        self._topology = visible.topology
        self._nodes, self._edges = nodes, edges
        used = {seen.source for seen in visible.edges}
        unused = (k for k in range(len(nodes)) if k not in used)
        self._at_nodes: list[tuple[int, Stub | Meeting]] = [(k, Stub(nodes[k])) for k in unused]
        self._room = [NARROW] * len(edges)
        parts = Counter(seen.source for seen in visible.edges if _is_part(visible, seen))
        meetings = {k: Meeting(nodes[k]) for k, count in parts.items() if count > 1}
        self._at_nodes += meetings.items()
        self._meetings = tuple(meetings.values())
        self._alone = [parts[seen.source] > 1 and _is_part(visible, seen) for seen in visible.edges]

    def paint_as(self, palette: Palette) -> None:
        """Apply a theme's colours."""
        for _, item in self._at_nodes:
            item.paint_as(palette)

    def place(self) -> None:
        """Find places for the numbers that overlap neither nodes nor other edges."""
        boxes = [item.body_on_scene() for item in self._nodes]
        boxes += [rect for meeting in self._meetings for rect in meeting.rects()]
        paths = [edge.path() for edge in self._edges]
        places = choose_places(paths, boxes, self._room, self._alone)
        for edge, place in zip(self._edges, places, strict=True):
            edge.put_numbers(*place)

    def write(self, frame: Frame) -> None:
        """Write a frame's numbers; places are chosen anew only when a text no longer fits."""
        nodes, edges = self._topology.nodes, self._topology.edges
        for edge, alone in zip(self._edges, self._alone, strict=True):
            if edge.value is not None:
                k = edge.seen.edges[0]
                source = edges[k].source
                flows = nodes[source].order > 0 and edges[k].differentiable
                known = bool(frame.value_ready[source]) and not flows and not alone
                edge.show_numbers(
                    scalar_text(frame, "value", source, known),
                    scalar_text(frame, "contribution", k, bool(frame.contribution_ready[k])),
                )
        room = [max(r, e.numbers_width()) for r, e in zip(self._room, self._edges, strict=True)]
        if any(new > old + 2 for new, old in zip(room, self._room, strict=True)):
            self._room = [width + 6 if width > NARROW else width for width in room]
            self.place()
        for k, item in self._at_nodes:
            node = self._nodes[k].seen.members[0]
            own = nodes[node].order == 0 or not nodes[node].differentiable
            known = bool(frame.value_ready[node]) and own
            item.show_numbers(
                scalar_text(frame, "value", node, known),
                scalar_text(frame, "gradient", node, bool(frame.gradient_ready[node])),
            )


def _is_part(visible: VisibleGraph, seen: VisibleEdge) -> bool:
    """Whether an edge carries one of several contributions to its source's gradient."""
    edge, nodes = visible.topology.edges[seen.edges[0]], visible.topology.nodes
    return edge.differentiable and nodes[edge.source].order == nodes[edge.target].order == 0
