"""What one product computes at once: its memory, its calls, and who reads what because of it.

Both plans of a pass take the same calls from here, so that they give the same numbers bit for bit
(``engine.execution.affine_sums`` says what is computed so).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from engine.execution.affine_sums import ONE, Affine, Affines, base_of
from engine.execution.parameter_vectors import Vectors
from engine.graph.differentiate import Gradients
from engine.graph.graph import Graph, Node
from engine.graph.op import BoundCall
from engine.graph.shapes import size
from engine.support.arrays import Array, DType


@dataclass(frozen=True, eq=False)
class Slopes:
    """What flows back to the parameters of a sum: rows of x̃ gᵀ (rows, out).

    Attributes
    ----------
    nodes:
        The contributions, in the order of their rows.
    heights:
        How many rows each has.
    upstream:
        The node of g (out, batch).
    inputs:
        x̃ (rows, batch).
    width:
        How many outputs the layer has: the length of a row.
    place:
        The caller's memory for all of them, or None.
    """

    nodes: tuple[int, ...]
    heights: tuple[int, ...]
    upstream: int
    inputs: Array
    width: int
    place: Array | None

    @property
    def first(self) -> int:
        """The node at which all are computed."""
        return min(self.nodes)

    @property
    def pattern(self) -> tuple[int, ...]:
        """The heights, and which rows are those of one node."""
        return (*self.heights, *(self.nodes.index(node) for node in self.nodes))

    @property
    def size(self) -> int:
        """How many numbers they are."""
        return sum(self.heights) * self.width

    @cached_property
    def cuts(self) -> list[slice]:
        """Where each node's numbers are among these."""
        ends = np.cumsum([0, *self.heights]) * self.width
        return [slice(a, b) for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]

    def parts(self, flat: Array, graph: Graph) -> dict[int, Array]:
        """Return each node's array, in its shape, in memory of this size."""
        pieces = list(zip(self.nodes, self.cuts, strict=True))
        # b_ih and b_hh have one contribution: it is the first of the two rows
        return {node: shaped(flat[cut], graph.nodes[node], True) for node, cut in pieces[::-1]}

    def bound_call(self, flat: Array, upstream: Array) -> BoundCall:
        """Return the call that computes all of them."""
        return self.inputs.dot, (upstream.T, flat.reshape(-1, self.width))


class Products:
    """The products of a pass; none before ``join``.

    Attributes
    ----------
    memory:
        Flat arrays of the nodes that lie below one another, or above ones.
    sums:
        Node of a sum → the product that computes it, but for where to.
    slopes:
        Contribution → the ``Slopes`` that it is one of.
    """

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.memory: dict[int, Array] = {}
        self.slopes: dict[int, Slopes] = {}
        self.sums: dict[int, BoundCall] = {}
        self._reads: dict[int, tuple[int, ...]] = {}
        self._transposed: set[int] = set()

    def join(
        self,
        affines: Affines,
        gradients: Gradients,
        vectors: Vectors,
        outputs: Mapping[int, Array],
    ) -> None:
        """Compute these sums and what flows back from them as products.

        ``vectors`` has the parameters where ``affines`` want them, ``outputs`` the arrays for
        gradients that are the optimiser's.
        """
        self._transposed |= {one for run in affines.parameters for one in run}
        begins = self._place(affines, vectors.theta.dtype)
        for affine in affines.sums:
            inputs = self._join(affine, begins, vectors)
            self._join_slopes(affine, inputs, gradients, vectors, outputs)
        self._turn(gradients, outputs)

    def reads(self, node: Node) -> tuple[int, ...]:
        """Return what a node is computed from: its inputs, unless a product says otherwise."""
        return self._reads.get(node.id, node.inputs)

    def sum_call(self, node: int, out: Array) -> BoundCall:
        """Return the call that computes a sum of products into ``out``."""
        function, arguments = self.sums[node]
        return function, (*arguments, out)

    def shaped(self, flat: Array, node: Node) -> Array:
        """Return flat memory in a node's shape: by columns where what it is combined with is."""
        return shaped(flat, node, node.id in self._transposed)

    def _place(self, affines: Affines, dtype: DType) -> dict[int, tuple[Array, int]]:
        """Make the memory of all runs; return where each node begins: the matrix and the row."""
        nodes = self._graph.nodes
        columns = {
            base_of(self._graph, source): nodes[affine.node].shape[1]
            for affine in affines.sums
            for source in affine.sources
        }
        alike: dict[tuple[int, int], list[tuple[int, ...]]] = defaultdict(list)
        for run in affines.sources:
            width = next(columns[one] for one in run if one != ONE)
            rows = sum(1 if one == ONE else size(nodes[one].shape) // width for one in run)
            alike[rows, width].append(run)
        begins: dict[int, tuple[Array, int]] = {}
        for (rows, width), runs in alike.items():
            # side by side, so that the norms of values are measured together
            for matrix, run in zip(np.ones((len(runs), rows, width), dtype), runs, strict=True):
                row = 0
                for one in run:
                    height = 1 if one == ONE else size(nodes[one].shape) // width
                    if one != ONE:
                        self.memory[one] = matrix[row : row + height].reshape(-1)
                        begins[one] = matrix, row
                    row += height
        return begins

    def _join(
        self,
        affine: Affine,
        begins: Mapping[int, tuple[Array, int]],
        vectors: Vectors,
    ) -> Array:
        """Compute a sum as one product; return x̃ (rows, batch)."""
        before = next(k for k, term in enumerate(affine.terms) if term.source != ONE)
        matrix, row = begins[base_of(self._graph, affine.sources[0])]
        weights = vectors.joined(vectors.theta, affine.parameters)
        inputs: Array = matrix[row - before : row - before + len(weights)]
        self.sums[affine.node] = weights.T.dot, (inputs,)
        self._reads[affine.node] = (*affine.parameters, *affine.sources)
        return inputs

    def _join_slopes(
        self,
        affine: Affine,
        inputs: Array,
        gradients: Gradients,
        vectors: Vectors,
        outputs: Mapping[int, Array],
    ) -> None:
        """Compute what flows back to the sum's parameters as one product, where that is so."""
        graph = self._graph
        upstream = gradients.by_node.get(affine.node)
        found = [gradients.by_edge.get(term.edge) for term in affine.terms]
        nodes = tuple(node for node in found if node is not None)
        if upstream is None or len(nodes) < len(found):
            return
        if self.slopes.keys() & set(nodes):  # two sums of one upstream gradient share a Σg
            return
        if any(graph.nodes[n].op_name not in ("matmul", "sum") for n in nodes):
            return
        if any(graph.nodes[n].inputs[0] != upstream for n in nodes):
            return
        shapes = [graph.nodes[term.parameter].shape for term in affine.terms]
        heights = tuple(shape[1] if len(shape) == 2 else 1 for shape in shapes)
        place = None
        if outputs.keys() & set(nodes):
            place = vectors.joined(vectors.gradient, affine.parameters).reshape(-1)
        slopes = Slopes(nodes, heights, upstream, inputs, shapes[0][0], place)
        if place is not None and not _are_outputs(slopes, place, graph, outputs):
            return
        for node in nodes:
            self.slopes[node] = slopes
            self._reads[node] = (upstream, *affine.sources)

    def _turn(self, gradients: Gradients, outputs: Mapping[int, Array]) -> None:
        """Find the nodes that are combined with transposed parameters entry by entry."""
        nodes, turned = self._graph.nodes, self._transposed
        flows = {
            node
            for edge, node in gradients.by_edge.items()
            if edge[0] in turned and nodes[node].op_name == "matmul"
        }
        for node in nodes:
            if node.id in outputs:
                if not outputs[node.id].flags.c_contiguous:
                    turned.add(node.id)
            elif node.id in flows or self._goes_along(node):
                turned.add(node.id)

    def _goes_along(self, node: Node) -> bool:
        """Whether it works entry by entry on arrays that are all transposed.

        What lies below others, or above ones, lies there by rows.
        """
        if (
            node.id in self.memory
            or node.op is None
            or len(node.shape) != 2
            or not (node.op.elementwise or node.op.variadic)
        ):
            return False
        same = [one for one in node.inputs if self._graph.nodes[one].shape == node.shape]
        return bool(same) and self._transposed.issuperset(same)


def shaped(flat: Array, node: Node, transposed: bool) -> Array:
    """Return flat memory in the shape of a node, a matrix by columns where it is transposed."""
    if transposed and len(node.shape) == 2:
        return flat.reshape(node.shape[::-1]).T
    return flat.reshape(node.shape)


def _are_outputs(slopes: Slopes, place: Array, graph: Graph, outputs: Mapping[int, Array]) -> bool:
    """Whether this memory is that of the outputs."""
    parts = slopes.parts(place, graph)
    return all(
        node in outputs and outputs[node].ctypes.data == part.ctypes.data
        for node, part in parts.items()
    )
