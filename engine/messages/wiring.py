"""Which nodes lead to which: everything upstream or downstream of a node, and between two."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

import numpy as np

Way = Literal["upstream", "downstream"]
Numbers = frozenset[int]


class Edge(Protocol):
    """What is needed of an edge here: its two ends."""

    @property
    def source(self) -> int: ...
    @property
    def target(self) -> int: ...


@dataclass(frozen=True)
class Part:
    """Some nodes of a graph with all edges between them."""

    nodes: Numbers
    edges: Numbers


class Wiring:
    """The edges of a graph by the node that they leave and by the node that they enter.

    Made once for a graph; a sweep then visits each node and edge at most once.
    """

    def __init__(self, count: int, edges: Sequence[Edge]) -> None:
        self._sources = [edge.source for edge in edges]
        self._targets = [edge.target for edge in edges]
        self._out = _Fans(count, self._sources)
        self._in = _Fans(count, self._targets)

    def leaving(self, node: int) -> list[int]:
        """Return the edges that leave a node, in their order."""
        return self._out.of(node)

    def entering(self, node: int) -> list[int]:
        """Return the edges that enter a node, in their order."""
        return self._in.of(node)

    def reached(self, start: Iterable[int], way: Way) -> Numbers:
        """Return ``start`` and the nodes that can be reached from it against or along the edges.

        ``upstream`` is what a node is computed from, ``downstream`` what is computed from it.
        """
        fans, ends = (self._in, self._sources) if way == "upstream" else (self._out, self._targets)
        seen = set(start)
        waiting = list(seen)
        while waiting:
            for edge in fans.of(waiting.pop()):
                end = ends[edge]
                if end not in seen:
                    seen.add(end)
                    waiting.append(end)
        return frozenset(seen)

    def side(self, start: Iterable[int], way: Way) -> Part:
        """Return these nodes with all that is upstream or downstream of them."""
        return self._part(self.reached(start, way))

    def between(self, start: Iterable[int], end: Iterable[int]) -> Part | None:
        """Return all paths from ``start`` to ``end``; None where there is none.

        A node is on such a path where ``start`` reaches it and it reaches ``end``.
        """
        nodes = self.reached(start, "downstream") & self.reached(end, "upstream")
        return self._part(nodes) if nodes else None

    def _part(self, nodes: Numbers) -> Part:
        inside = (e for node in nodes for e in self._out.of(node) if self._targets[e] in nodes)
        return Part(nodes, frozenset(inside))


class _Fans:
    """Edges grouped by one of their ends."""

    def __init__(self, count: int, ends: list[int]) -> None:
        order = np.argsort(np.array(ends, np.intp), kind="stable")
        starts = np.searchsorted(np.array(ends, np.intp)[order], np.arange(count + 1))
        self._order: list[int] = order.tolist()
        self._starts: list[int] = starts.tolist()

    def of(self, node: int) -> list[int]:
        return self._order[self._starts[node] : self._starts[node + 1]]
