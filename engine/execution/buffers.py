"""The memory of a training step: buffers that are used again after the last reader of a value.

A value is needed from the call that computes it to its last reader; then the next value of its size
gets its buffer, which is still in the processor's cache. Gradients whose norms are recorded are
rows of a page: when a page is full the norms of its rows are measured in one call, and the page is
used again after the last reader of its rows. ``engine.execution.training_plan`` is the caller.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from engine.execution.joined_products import Products, Slopes
from engine.graph.graph import Graph, Node
from engine.graph.shapes import size
from engine.support.arrays import Array, DType

PAGE_BYTES = 2**17
PAGE_ROWS = 64
_Kind = tuple[int, tuple[int, ...]]


@dataclass(eq=False)
class Page:
    """Rows of equal size, each the buffer of a recorded node.

    ``parts`` is what the nodes of one page have in common besides their size: the rows at which
    their parts begin (``Buffers.assembled``), or ``Slopes.pattern``. Of a joined product ``nodes``
    has the first node. ``complete`` counts the rows computed so far; ``living`` are the nodes
    that are still to be read.
    """

    rows: Array
    parts: tuple[int, ...] = ()
    nodes: list[int] = field(default_factory=list)
    complete: int = 0
    living: set[int] = field(default_factory=set)
    measured: bool = False


class Buffers:
    """Gives each computed node of a training plan the array that it writes to.

    Call ``array_for`` and then ``finish`` for one node after the other, in their order.

    Parameters
    ----------
    order:
        Ids of the computed nodes, ascending.
    outputs:
        Arrays of the caller's that some of them write to instead.
    keep:
        Ids whose values must still be there after a run.
    recorded:
        Ids whose norms are recorded.
    products:
        The joined products of the pass.

    Attributes
    ----------
    assembled:
        Node of a sum of ``place_rows`` that only puts blocks of rows together (the gates of an
        LSTM) → the rows at which the blocks begin. The blocks are computed in place, so the sum
        itself needs no call.
    placed:
        Node of such a ``place_rows`` → the node of the block.
    inside:
        Node of a block → the assembled node, and the block's first row there.
    """

    def __init__(
        self,
        graph: Graph,
        order: Sequence[int],
        dtype: DType,
        outputs: Mapping[int, Array],
        keep: Collection[int],
        recorded: Collection[int],
        products: Products,
    ) -> None:
        self._graph = graph
        self._dtype = dtype
        self._outputs = outputs
        self._recorded = recorded
        self._products = products
        self._expected = Counter(self._size(node) for node in recorded)
        self.assembled: dict[int, tuple[int, ...]] = {}
        self.placed: dict[int, int] = {}
        self.inside: dict[int, tuple[int, int]] = {}
        for identity in order:
            self._assemble(graph.nodes[identity])
        self._leaving = self._last_readers(order, keep)
        self._pool: dict[int, list[Array]] = {}
        self._borrowed: dict[int, Array] = {}
        self._pages: dict[int, Page] = {}
        self._open: dict[_Kind, Page] = {}
        self._idle: dict[_Kind, list[Page]] = {}

    def array_for(self, identity: int) -> Array:
        """Return the array, in the node's shape, that the node with this id is computed into."""
        node = self._graph.nodes[identity]
        if identity in self._outputs:
            return self._outputs[identity]
        if identity in self.inside:
            whole, start = self.inside[identity]
            rows = self._flat(whole).reshape(self._graph.nodes[whole].shape)
            return rows[start : start + node.shape[0]]
        return self._products.shaped(self._flat(identity), node)

    def joined(self, slopes: Slopes) -> Array:
        """Return the flat memory that a joined product of contributions is computed into."""
        return self._flat(slopes.first) if slopes.place is None else slopes.place

    def finish(self, identity: int) -> Page | None:
        """Free the buffers that this node is the last to read; return the page it has filled."""
        page = self._pages.get(identity)
        if page is not None:
            page.complete += 1
        for node in self._leaving.get(identity, ()):
            self._leave(node)
        if page is None or page.complete < len(page.rows):
            return None
        page.measured = True
        if not page.living:
            self._idle[_kind(page)].append(page)
        return page

    def unfinished(self) -> list[Page]:
        """Return the pages that are not full after the last node: they are still to be measured."""
        return [page for page in set(self._pages.values()) if not page.measured]

    def _size(self, identity: int) -> int:
        """The number of elements computed at this node: its own, or those of its joined product."""
        slopes = self._products.slopes.get(identity)
        return slopes.size if slopes else size(self._graph.nodes[identity].shape)

    def _flat(self, identity: int) -> Array:
        """The flat buffer of the node or of its joined product, taken at its first use."""
        flat = self._borrowed.get(identity)
        if flat is None:
            flat = self._borrowed[identity] = self._lend(identity)
        return flat

    def _lend(self, identity: int) -> Array:
        if identity in self._products.memory:
            return self._products.memory[identity]
        elements = self._size(identity)
        if identity in self._recorded:
            return self._row(identity, elements)
        waiting = self._pool.setdefault(elements, [])
        return waiting.pop() if waiting else np.full(elements, np.nan, self._dtype)

    def _row(self, identity: int, elements: int) -> Array:
        kind = elements, self._parts(identity)
        page = self._open.get(kind)
        if page is None or len(page.nodes) == len(page.rows):
            page = self._open[kind] = self._fresh_page(kind)
        page.nodes.append(identity)
        page.living.add(identity)
        self._pages[identity] = page
        row: Array = page.rows[len(page.nodes) - 1]
        return row

    def _parts(self, identity: int) -> tuple[int, ...]:
        """What the rows of one page have in common besides their size."""
        slopes = self._products.slopes.get(identity)
        return slopes.pattern if slopes else self.assembled.get(identity, ())

    def _fresh_page(self, kind: _Kind) -> Page:
        elements, parts = kind
        idle = self._idle.setdefault(kind, [])
        if idle:
            return Page(idle.pop().rows, parts)
        bytes_each = max(1, elements * self._dtype.itemsize)
        count = min(PAGE_ROWS, self._expected[elements], max(1, PAGE_BYTES // bytes_each))
        return Page(np.full((count, elements), np.nan, self._dtype), parts)

    def _leave(self, node: int) -> None:
        page, flat = self._pages.get(node), self._borrowed.get(node)
        if page is not None:
            page.living.discard(node)
            if page.measured and not page.living:
                self._idle[_kind(page)].append(page)
        elif flat is not None:
            self._pool.setdefault(flat.size, []).append(flat)

    def _assemble(self, node: Node) -> None:
        """Note a sum that only puts blocks of rows together: its blocks are computed in place."""
        nodes = self._graph.nodes
        parts = [nodes[source] for source in node.inputs]
        if node.op_name not in ("add", "sum_all") or node.id in self._outputs:
            return
        if any(part.op_name != "place_rows" for part in parts):
            return
        sources = [nodes[part.inputs[0]] for part in parts]
        starts = [part.params["start"] for part in parts]
        ends = [start + source.shape[0] for start, source in zip(starts, sources, strict=True)]
        if sorted([0, *ends]) != sorted([*starts, node.shape[0]]):
            return
        if len({s.id for s in sources}) < len(sources) or not all(map(self._is_free, sources)):
            return
        self.assembled[node.id] = tuple(sorted(starts))
        for part, source, start in zip(parts, sources, starts, strict=True):
            self.placed[part.id] = source.id
            self.inside[source.id] = node.id, start

    def _is_free(self, node: Node) -> bool:
        """Whether a node is computed, and its memory is not yet determined by anything else."""
        computed = node.op is not None and node.op.view is None
        if node.id in self._products.memory or node.id in self._products.slopes:
            return False
        taken = node.id in self.inside or node.id in self._outputs or node.id in self.assembled
        return computed and not taken

    def _last_readers(self, order: Iterable[int], keep: Collection[int]) -> dict[int, list[int]]:
        """Node → the nodes whose last reader it is.

        A reader of a view reads the view's base as well, a reader of a block its assembled node,
        and all parts of a joined product are freed together.
        """
        nodes, slopes = self._graph.nodes, self._products.slopes
        last: dict[int, int] = {}
        kept = set(keep)
        for identity in order:
            for source in (identity, *self._products.reads(nodes[identity])):
                while True:
                    if source in slopes:
                        last[slopes[source].first] = identity
                    else:
                        last[source] = identity
                    if source in self.inside:
                        last[self.inside[source][0]] = identity
                    op = nodes[source].op
                    if op is None or op.view is None:
                        break
                    source = nodes[source].inputs[0]
        kept.update(slopes[node].first for node in keep if node in slopes)
        leaving: dict[int, list[int]] = {}
        for node, reader in last.items():
            if node not in kept:
                leaving.setdefault(reader, []).append(node)
        return leaving


def _kind(page: Page) -> _Kind:
    return page.rows.shape[1], page.parts
