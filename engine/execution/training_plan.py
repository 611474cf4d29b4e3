"""The leanest list of numpy calls for a training step, with the norm of every gradient recorded.

It makes the calls of ``engine.execution.plan`` on the same numbers, so parameters come out equal
bit for bit, but its buffers are few and used again while they are in the cache. Measured on 50
layers of 64 with residual sums and layer normalisation, where every value is 16 kB: with a buffer
for each value every call goes to the third-level cache and takes twice the time. Further savings:

- views need no call, and nodes that depend on constants only are computed once;
- blocks of rows that are put together (the gates of an LSTM) are computed in place;
- a gradient's norm is measured while the gradient is still in the cache, one call for a page of
  them (``engine.execution.buffers``), and one more call takes all square roots.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.execution.buffers import Buffers, Page
from engine.execution.joined_products import Products, Slopes
from engine.execution.norm_groups import FAST, Group, Rows, grouped
from engine.execution.plan import needed_for, view_of
from engine.graph.graph import Graph, Node
from engine.graph.op import BoundCall, Workspace
from engine.graph.shapes import size
from engine.support import cancellation
from engine.support.arrays import Array, DType


class TrainingPlan:
    """Computes the ``keep`` and the ``recorded`` nodes, and measures the norms of the latter.

    Parameters
    ----------
    leaves:
        The array of each leaf, shared with ``engine.execution.plan.Plan``.
    outputs:
        Arrays of the caller's into which computed nodes write (parameter gradients side by side).
    keep:
        Ids of the nodes whose values can be read after a run.
    recorded:
        Ids of the nodes whose norms ``record`` writes.
    others:
        Further contiguous arrays whose norms are recorded as well (parameters, updates).
    products:
        The joined products of the pass.

    Attributes
    ----------
    size:
        The number of columns of a row that ``record`` writes.
    """

    def __init__(
        self,
        graph: Graph,
        dtype: DType,
        leaves: Mapping[int, Array],
        outputs: Mapping[int, Array],
        keep: Collection[int],
        recorded: Collection[int],
        others: Sequence[Array] = (),
        products: Products | None = None,
    ) -> None:
        self._graph = graph
        self._products = products = products or Products(graph)
        self._fast = dtype in FAST
        self._arrays: dict[int, Array] = dict(leaves)
        needed = needed_for(graph, {*keep, *outputs, *recorded}, products.reads)
        order = [i for i in needed if graph.nodes[i].op is not None]
        self._constant = _constants(graph, needed).difference(outputs)
        cut = {_base(graph, node) for node in recorded if 0 < _repeats(graph, node) < 1}
        sharing = (node for node in order if graph.nodes[node].op.shares)  # type: ignore[union-attr]
        kept = {*keep, *cut, *sharing}
        bases = {_base(graph, node) for node in recorded} - self._constant
        bases |= {products.slopes[node].first for node in bases if node in products.slopes}
        self._buffers = Buffers(graph, order, dtype, outputs, kept, bases, products)
        self._unread = self._unread_places(order)
        self._column: dict[int, int] = {}
        self._width = 0
        self._outputs = frozenset(outputs)
        program = self._compile(order)
        self._rest = self._rest_of(recorded, others)
        program += self._rest
        self.size = self._width
        self._sums = np.ones(self.size, dtype if self._fast else np.float64)
        self._lowest = np.zeros(self.size)
        self._calls = self._expanded(program)
        self._floor = self._lowest.max(initial=0.0)

    def run(self) -> None:
        """Compute and measure; the caller has numpy's warnings off.

        An exception of a kernel is passed on: ``Pass.train`` has ``Plan`` name the node.
        """
        for function, arguments in self._calls:
            function(*arguments)

    def record(self, row: NDArray[np.float64]) -> bool:
        """Write the norms of the last run into ``row`` (size,); return whether all can be trusted.

        A sum of squares that is tiny or not finite may have under- or overflown. Where the array
        it belongs to was overwritten since, ``Plan`` has to repeat the pass.
        """
        sums = self._sums
        if not self.size:
            return True
        np.sqrt(sums, row)
        # argmin finds NaN as well, and both cost a fifth of min and max
        low, high = sums.item(sums.argmin()), sums.item(sums.argmax())
        return (low >= self._floor and high < math.inf and self._fast) or self._mend(row)

    def _mend(self, row: NDArray[np.float64]) -> bool:
        """Measure doubtful norms again where their arrays still exist; return if all are good."""
        if not self._fast:
            return False
        good = (self._sums >= self._lowest) & (self._sums < math.inf)
        for part in self._rest:
            if isinstance(part, Measure) and not good[part.first : part.last].all():
                bad = np.flatnonzero(~good[part.first : part.last])
                row[part.first + bad] = part.group.norms(bad)
                good[part.first : part.last] = True
        return bool(good.all())

    def record_outputs(self, row: NDArray[np.float64]) -> None:
        """Write the current norms of the outputs and of ``others`` into ``row`` (size,)."""
        for part in self._rest:
            if not isinstance(part, Measure):
                part[0](*part[1])
            elif self._fast:
                sums = self._sums[part.first : part.last]
                for function, arguments in part.group.calls(sums):
                    function(*arguments)
                row[part.first : part.last] = np.sqrt(sums)
            else:
                places = np.arange(part.last - part.first)
                row[part.first : part.last] = part.group.norms(places)
        self._mend(row)

    def is_output(self, node: int) -> bool:
        """Whether a recorded node's norm is that of an output array."""
        return self._origin(node)[0] in self._outputs

    def array(self, node: int) -> Array:
        """Return the buffer of a kept node."""
        return self._arrays[node]

    def column(self, node: int) -> tuple[int, float]:
        """Return the column of a row with a recorded node's norm, and the factor on it."""
        origin, factor = self._origin(node)
        return self._column[origin], factor

    def _unread_places(self, order: Iterable[int]) -> set[int]:
        """The ``place_rows`` nodes that need no call: all their readers are assembled in place."""
        nodes, assembled = self._graph.nodes, self._buffers.assembled
        reads = self._products.reads
        read = {source for i in order if i not in assembled for source in reads(nodes[i])}
        return self._buffers.placed.keys() - read

    def _compile(self, order: Sequence[int]) -> list[BoundCall | Measure]:
        shared: Workspace = {}
        program: list[BoundCall | Measure] = []
        for identity in order:
            cancellation.checkpoint()
            node = self._graph.nodes[identity]
            if identity in self._constant:
                self._arrays[identity] = _computed(node, [self._arrays[s] for s in node.inputs])
                continue
            if identity in self._unread:
                continue
            program += self._calls_of(node, shared)
            page = self._buffers.finish(identity)
            if page is not None:
                program += self._page(page)
        for page in self._buffers.unfinished():
            program += self._page(page)
        return program

    def _calls_of(self, node: Node, shared: Workspace) -> list[BoundCall]:
        """Give a node its array; return the call that computes it, none where none is needed."""
        identity, products = node.id, self._products
        slopes = products.slopes.get(identity)
        if slopes is not None:
            if identity != slopes.first:
                return []
            flat = self._buffers.joined(slopes)
            self._arrays.update(slopes.parts(flat, self._graph))
            return [slopes.bound_call(flat, self._arrays[slopes.upstream])]
        if identity in self._buffers.assembled:
            self._arrays[identity] = self._buffers.array_for(identity)
            return []
        if identity in products.sums:
            out = self._arrays[identity] = self._buffers.array_for(identity)
            return [products.sum_call(identity, out)]
        inputs = [self._arrays[source] for source in node.inputs]
        view = view_of(node, inputs)
        if view is not None:
            self._arrays[identity] = view
            return []
        out = self._arrays[identity] = self._buffers.array_for(identity)
        return [node.op.bound_call(out, inputs, node.params, shared)]  # type: ignore[union-attr]

    def _page(self, page: Page) -> list[BoundCall | Measure]:
        """The measuring of a page's rows and of the parts of assembled nodes in them."""
        nodes = page.nodes[: page.complete]
        rows = page.rows[: page.complete]
        if nodes[0] in self._products.slopes:
            return self._page_of_slopes([self._products.slopes[node] for node in nodes], rows)
        parts = [part for node in nodes for part in self._parts(node)]
        if len({self._arrays[part].size for part in parts}) == 1:
            groups = [(rows, nodes), (rows.reshape(len(parts), -1), parts)]
        else:
            groups = [(rows, nodes), *((self._arrays[p].reshape(1, -1), [p]) for p in parts)]
        return [self._measure(Rows(matrix, []), keys) for matrix, keys in groups]

    def _page_of_slopes(self, slopes: Sequence[Slopes], rows: Array) -> list[BoundCall | Measure]:
        """The measuring of each contribution of joined products, one product a row."""
        found: list[BoundCall | Measure] = []
        for place, cut in enumerate(slopes[0].cuts):
            keys = [one.nodes[place] for one in slopes]
            if not self._column.keys() & set(keys):  # b_ih and b_hh have one contribution
                found.append(self._measure(Rows(rows[:, cut], []), keys))
        return found

    def _parts(self, whole: int) -> list[int]:
        """The nodes of the blocks of an assembled node, in the order of their rows."""
        if whole not in self._buffers.assembled:
            return []
        inside, placed = self._buffers.inside, self._buffers.placed
        sources = [placed[place] for place in self._graph.nodes[whole].inputs]
        return sorted(sources, key=lambda source: inside[source][1])

    def _rest_of(
        self, recorded: Iterable[int], others: Sequence[Array]
    ) -> list[BoundCall | Measure]:
        """The measuring, at the end, of what is in no page: outputs, leaves, parts of views."""
        origins = dict.fromkeys(self._origin(node)[0] for node in recorded)
        nodes = [node for node in origins if node not in self._column]
        fixed = [n for n in nodes if n in self._constant or self._graph.nodes[n].kind == "constant"]
        nodes = [node for node in nodes if node not in fixed]
        arrays = [*(self._arrays[node] for node in nodes), *others]
        keys = [*nodes, *(-1 - k for k in range(len(others)))]
        found: list[BoundCall | Measure] = []
        for node in fixed:
            row = self._arrays[node].reshape(1, -1)
            found.append(self._measure(Rows(row, []), [node], changes=False))
        for index, array in enumerate(arrays):
            if not array.flags.forc:
                arrays[index] = np.empty_like(array, order="C")
                found.append((np.copyto, (arrays[index], array)))
        groups = grouped(arrays)
        return found + [self._measure(g, [keys[place] for place in g.places]) for g in groups]

    def _origin(self, node: int) -> tuple[int, float]:
        """The node whose memory is measured for a node's norm, and the factor on that norm.

        A reshaped node has its input's norm, one repeated n times √n times that, and a
        ``place_rows`` node (rows among zeros) that of the rows.
        """
        factor = 1.0
        while node not in self._column:
            if node in self._buffers.placed:
                node = self._buffers.placed[node]
                continue
            repeats = _repeats(self._graph, node)
            if repeats < 1:
                break
            node = self._graph.nodes[node].inputs[0]
            factor *= math.sqrt(repeats)
        return node, factor

    def _measure(self, group: Group, keys: Sequence[int], *, changes: bool = True) -> Measure:
        first = self._width
        self._width += len(keys)
        self._column.update(zip(keys, range(first, self._width), strict=True))
        return Measure(group, first, self._width, changes)

    def _expanded(self, program: Iterable[BoundCall | Measure]) -> list[BoundCall]:
        """Replace each ``Measure`` by its calls, now that the number of columns is known."""
        calls: list[BoundCall] = []
        for part in program:
            if not isinstance(part, Measure):
                calls.append(part)
            elif self._fast:
                measuring = part.group.calls(self._sums[part.first : part.last])
                self._lowest[part.first : part.last] = part.group.lowest
                if part.changes:
                    calls += measuring
                else:
                    with np.errstate(all="ignore"):
                        for function, arguments in measuring:
                            function(*arguments)
        return calls

    @property
    def others(self) -> NDArray[np.intp]:
        """The columns of a row with the norms of the further arrays."""
        count = sum(key < 0 for key in self._column)
        return np.array([self._column[-1 - k] for k in range(count)], np.intp)


@dataclass(frozen=True)
class Measure:
    """A point of the program at which a group is measured into columns ``first`` to ``last``.

    A group whose values never change (``changes`` is False), as ∂J/∂J = 1, is measured once.
    """

    group: Group
    first: int
    last: int
    changes: bool


def _computed(node: Node, inputs: list[Array]) -> Array:
    """The value of a node that depends on constants only, in an array of its own."""
    out = np.empty(node.shape, inputs[0].dtype)
    function, arguments = node.op.bound_call(out, inputs, node.params)  # type: ignore[union-attr]
    with np.errstate(all="ignore"):
        function(*arguments)
    return out


def _base(graph: Graph, node: int) -> int:
    """The node at the base of a chain of views; its buffer becomes the row of a page."""
    while (op := graph.nodes[node].op) is not None and op.view is not None:
        node = graph.nodes[node].inputs[0]
    return node


def _constants(graph: Graph, needed: Iterable[int]) -> set[int]:
    """The computed nodes that depend on constants only."""
    found: set[int] = set()
    for identity in needed:
        node = graph.nodes[identity]
        if node.kind == "constant" or (node.inputs and found.issuperset(node.inputs)):
            found.add(identity)
    return {identity for identity in found if graph.nodes[identity].op is not None}


def _repeats(graph: Graph, node: int) -> float:
    """How often a view shows each entry of its input: below 1 for a part of it, 0 for no view."""
    viewer = graph.nodes[node]
    if viewer.op is None or viewer.op.view is None:
        return 0.0
    return size(viewer.shape) / max(1, size(graph.nodes[viewer.inputs[0]].shape))
