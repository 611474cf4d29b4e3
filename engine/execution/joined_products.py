"""The products of ``engine.execution.affine_sums``: memory, calls, and what each node is read from.

Both plans of a pass (``plan``, ``training_plan``) take the same calls from here, so that they give
the same numbers bit for bit.
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
    """The contributions to all parameters of one sum, as the rows of one product x̃ gᵀ (rows, out).

    Attributes
    ----------
    nodes:
        The nodes of the contributions, in the order of their rows.
    heights:
        The number of rows of each.
    upstream:
        The node of the upstream gradient g (out, batch).
    inputs:
        x̃ (rows, batch).
    width:
        The number of outputs of the layer: the length of a row.
    place:
        Flat memory of the caller's (the optimiser's gradient) to write to, or None.
    """

    nodes: tuple[int, ...]
    heights: tuple[int, ...]
    upstream: int
    inputs: Array
    width: int
    place: Array | None

    @property
    def first(self) -> int:
        """The node with the smallest id: the plans compute the whole product in its place."""
        return min(self.nodes)

    @property
    def pattern(self) -> tuple[int, ...]:
        """The layout, equal where buffers are measured together: heights and their nodes."""
        return (*self.heights, *(self.nodes.index(node) for node in self.nodes))

    @property
    def size(self) -> int:
        """The number of elements of the product."""
        return sum(self.heights) * self.width

    @cached_property
    def cuts(self) -> list[slice]:
        """The slice of each node's elements in the flat product."""
        ends = np.cumsum([0, *self.heights]) * self.width
        return [slice(a, b) for a, b in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)]

    def parts(self, flat: Array, graph: Graph) -> dict[int, Array]:
        """Return each node's array, in its shape, as a view of flat memory of ``size`` elements."""
        pieces = list(zip(self.nodes, self.cuts, strict=True))
        # b_ih and b_hh have one contribution: it is the first of the two rows
        return {node: shaped(flat[cut], graph.nodes[node], True) for node, cut in pieces[::-1]}

    def bound_call(self, flat: Array, upstream: Array) -> BoundCall:
        """Return the call that computes the product into ``flat`` (size,) from g (out, batch)."""
        return self.inputs.dot, (upstream.T, flat.reshape(-1, self.width))


class Products:
    """The joined products of a pass; none before ``join``.

    Attributes
    ----------
    memory:
        Node → its flat memory, for nodes that are rows of an x̃.
    sums:
        Node of a sum → the call that computes it, without its last argument, the output.
    slopes:
        Node of a contribution → the ``Slopes`` that it is part of.
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
        """Set up the products of these sums and of the contributions to their parameters.

        ``vectors`` holds the parameters in the order of ``affines.parameters``; ``outputs`` maps
        gradient nodes to arrays inside the optimiser's gradient vector.
        """
        self._transposed |= {one for run in affines.parameters for one in run}
        begins = self._place(affines, vectors.theta.dtype)
        for affine in affines.sums:
            inputs = self._join(affine, begins, vectors)
            self._join_slopes(affine, inputs, gradients, vectors, outputs)
        self._turn(gradients, outputs)

    def reads(self, node: Node) -> tuple[int, ...]:
        """Return the nodes that a node is computed from: inputs, or those of its product."""
        return self._reads.get(node.id, node.inputs)

    def sum_call(self, node: int, out: Array) -> BoundCall:
        """Return the call that computes a joined sum into ``out`` (out, batch)."""
        function, arguments = self.sums[node]
        return function, (*arguments, out)

    def shaped(self, flat: Array, node: Node) -> Array:
        """Return flat memory in a node's shape, in column order where it is transposed."""
        return shaped(flat, node, node.id in self._transposed)

    def _place(self, affines: Affines, dtype: DType) -> dict[int, tuple[Array, int]]:
        """Make the memory of all runs; return the matrix and the first row of each node."""
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
            # one array for runs of equal shape, so that the norms of their values take one call
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
        """Set up the product that computes a sum; return its x̃ (rows, batch)."""
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
        """Set up x̃ gᵀ for a sum's parameters, where all their contributions have that form."""
        graph = self._graph
        upstream = gradients.by_node.get(affine.node)
        found = [gradients.by_edge.get(term.edge) for term in affine.terms]
        nodes = tuple(node for node in found if node is not None)
        if upstream is None or len(nodes) < len(found):
            return
        if self.slopes.keys() & set(
            nodes
        ):  # two sums with the same upstream gradient share the contribution of their biases
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
        """Find more nodes to store transposed: combined elementwise with transposed ones."""
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
        """Whether a node is elementwise and all its inputs of its shape are stored transposed.

        A node that is part of an x̃ keeps its row order.
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
    """Return flat memory in the shape of a node, in column order where it is ``transposed``."""
    if transposed and len(node.shape) == 2:
        return flat.reshape(node.shape[::-1]).T
    return flat.reshape(node.shape)


def _are_outputs(slopes: Slopes, place: Array, graph: Graph, outputs: Mapping[int, Array]) -> bool:
    """Whether each part of the product would lie exactly in the output array of its node."""
    parts = slopes.parts(place, graph)
    return all(
        node in outputs and outputs[node].ctypes.data == part.ctypes.data
        for node, part in parts.items()
    )
