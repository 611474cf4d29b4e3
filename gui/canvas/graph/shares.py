"""The share of a node's gradient that each of its outgoing edges contributes. No Qt."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from engine.messages.frame import Frame
from gui.canvas.graph.visible import VisibleGraph

# At more paths than this no shares are drawn (many, and small): they are in the tooltips.
MOST_PATHS = 3


@dataclass(frozen=True)
class Forks:
    """The nodes of a visible graph where contributions meet; computed once for all frames.

    ``source`` (edges of the topology,) and ``carries`` say where its edges start and whether they
    carry a gradient; ``owner`` is the visible edge of each, −1 inside a closed group.
    ``meets`` (visible edges,) says whether an edge is one of several, ``start`` at which node of
    the topology, ``size`` how many visible edges meet there. ``preferred`` are the forks that
    textbooks draw: around a residual block into its sum, and from a weight to loss and
    regulariser; they get their labels first.
    """

    source: NDArray[np.intp]
    carries: NDArray[np.bool_]
    owner: NDArray[np.intp]
    meets: NDArray[np.bool_]
    start: NDArray[np.intp]
    size: NDArray[np.intp]
    nodes: int
    preferred: NDArray[np.bool_]

    @classmethod
    def of(cls, visible: VisibleGraph) -> "Forks":
        """Find the forks of a visible graph."""
        edges, count = visible.topology.edges, len(visible.topology.nodes)
        source = np.array([edge.source for edge in edges], np.intp)
        orders = [node.order for node in visible.topology.nodes]
        carries = np.array([e.differentiable and orders[e.target] == 0 for e in edges], bool)
        owner = np.full(len(edges), -1, np.intp)
        rows = [row for seen in visible.edges for row in seen.edges]
        whose = np.repeat(
            np.arange(len(visible.edges)), [len(seen.edges) for seen in visible.edges]
        )
        owner[rows] = whose
        start = np.array([edges[seen.edges[0]].source for seen in visible.edges], np.intp)
        mixed = np.bincount(whose, source[rows] != start[whose], len(visible.edges)) > 0
        carrying = np.bincount(whose, carries[rows], len(visible.edges))
        leaving = np.bincount(source[carries], minlength=count)
        meets = ~mixed & (carrying > 0) & (carrying < leaving[start])
        # No share at a fork whose other paths are inside a closed group.
        seen = np.bincount(start[meets], carrying[meets], count)
        meets &= seen[start] == leaving[start]
        size = np.bincount(start[meets], minlength=count)[start]
        nodes = visible.topology.nodes
        residual = np.zeros(count, bool)
        residual[[e.source for e in edges if e.differentiable and nodes[e.target].op == "add"]] = 1
        residual |= np.array([node.kind == "parameter" for node in nodes], bool)
        return cls(source, carries, owner, meets, start, size, count, residual[start])

    @cached_property
    def readable(self) -> NDArray[np.intp]:
        """The visible edges that get a share label, by fork, preferred and small forks first."""
        few = np.flatnonzero(self.meets & (self.size <= MOST_PATHS))
        return few[np.lexsort((few, self.start[few], self.size[few], ~self.preferred[few]))]

    def apart(self, edges: NDArray[np.intp]) -> list[list[int]]:
        """Split these readable edges by fork, in their order."""
        cuts = np.flatnonzero(np.diff(self.start[edges])) + 1
        return [fork.tolist() for fork in np.split(edges, cuts)] if len(edges) else []

    def shares(self, frame: Frame) -> NDArray[np.float64]:
        """Return each visible edge's share at its source (edges,), 0 to 1, or NaN."""
        norms = np.where(frame.contribution_ready, frame.contribution_norm, np.nan)
        norms = np.where(self.carries, norms, 0.0)
        largest = np.zeros(self.nodes)
        shown = self.owner >= 0
        with np.errstate(all="ignore"):
            np.maximum.at(largest, self.source, norms)
            scaled = norms / largest[self.source]  # sums of tiny norms must not underflow
            total = np.bincount(self.source, scaled, self.nodes)
            part = np.bincount(self.owner[shown], scaled[shown], len(self.meets))
            shares = part / total[self.start]
        return np.where(self.meets & np.isfinite(shares), shares, np.nan)


def edge_shares(visible: VisibleGraph, frame: Frame) -> NDArray[np.float64]:
    """Return each visible edge's share of the contributions that meet at its source, by norm.

    ‖contribution‖ / Σ ‖contribution‖ over all edges that meet there: for instance how much of the
    gradient the identity path of a residual block carries. NaN where an edge is the only one,
    where its topology edges leave different nodes, and where a contribution is missing or not
    finite.
    """
    return Forks.of(visible).shares(frame)


def share_text(share: float) -> str:
    """Return "61 %"; a share that would round to 0 or 100 % is written "< 1 %" or "> 99 %".

    >>> share_text(0.613), share_text(0.002), share_text(0.999), share_text(1.0)
    ('61 %', '< 1 %', '> 99 %', '100 %')
    """
    if 0 < share < 0.01:
        return "< 1 %"
    return "> 99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"
