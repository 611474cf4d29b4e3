"""One forward and backward pass, compiled: model, gradients, plan, and who records what."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.differentiate import Edge, differentiate
from engine.model import Mask, Model
from engine.op import Array, DType
from engine.plan import Plan
from engine.shapes import size
from engine.vectors import Vectors


@dataclass(frozen=True)
class Norms:
    """L2 norms by node id, and by edge in the order of ``Pass.edges``; NaN where there is none."""

    values: Array
    gradients: Array
    contributions: Array


class Pass:
    """A model with its gradients, compiled for one batch size.

    Attributes
    ----------
    forward_nodes:
        How many nodes the forward graph has; their ids are 0 … forward_nodes − 1.
    edges:
        The forward graph's edges (source, target, position), by target and position.
    """

    def __init__(
        self,
        model: Model,
        dtype: DType,
        vectors: Vectors,
    ) -> None:
        graph = model.graph
        self.model = model
        self.forward_nodes = len(graph)
        self.edges: list[Edge] = [
            (source, node.id, position)
            for node in graph.nodes
            for position, source in enumerate(node.inputs)
        ]
        self.gradients = differentiate(graph, graph.value(model.objective))
        by_node, by_edge = self.gradients.by_node, self.gradients.by_edge
        self._copies: list[tuple[Array, int]] = []
        outputs: dict[int, Array] = {}
        for parameter in model.parameters:
            place = vectors.gradients[parameter.name]
            node = by_node.get(parameter.node)
            if node is None:
                place[...] = 0
            elif graph.nodes[node].op is None or graph.nodes[node].op.view or node in outputs:  # type: ignore[union-attr]
                self._copies.append((place, node))
            else:
                outputs[node] = place
        targets = {*range(self.forward_nodes), *by_node.values(), *by_edge.values()}
        leaves = {p.node: vectors.parameters[p.name] for p in model.parameters}
        self.plan = Plan(graph, targets, dtype, leaves, outputs)
        for node, array in model.given:
            self.plan.leaf(node)[...] = array
        self._node_rows = np.array(sorted(by_node), dtype=np.intp)
        self._edge_rows = np.array(
            [row for row, edge in enumerate(self.edges) if edge in by_edge], dtype=np.intp
        )
        self._record = self.plan.recorder(
            [
                *range(self.forward_nodes),
                *(by_node[int(node)] for node in self._node_rows),
                *(by_edge[self.edges[int(row)]] for row in self._edge_rows),
            ]
        )
        self._scalar_nodes = [
            node.id for node in graph.nodes[: self.forward_nodes] if size(node.shape) == 1
        ]
        self._scalar_edges = [
            row
            for row, edge in enumerate(self.edges)
            if edge in by_edge and size(graph.nodes[edge[0]].shape) == 1
        ]

    def feed(self, inputs: list[Array], y: Array) -> None:
        """Put a batch into the graph."""
        for node, array in zip(self.model.inputs, inputs, strict=True):
            self.plan.leaf(node)[...] = array
        if self.model.y is not None:
            self.plan.leaf(self.model.y)[...] = y

    def set_mask(self, mask: Mask, rng: np.random.Generator) -> None:
        """Draw a dropout mask into its leaf."""
        leaf = self.plan.leaf(mask.node)
        leaf[...] = mask.draw(leaf.shape, rng)

    def set_input_scale(self, scale: float) -> None:
        """Set the factor on the inputs, where the model has one."""
        if self.model.input_scale is not None:
            self.plan.leaf(self.model.input_scale)[...] = scale

    def gather(self) -> None:
        """Copy the parameter gradients that could not be computed in place."""
        for place, node in self._copies:
            np.copyto(place, self.plan.value(node))

    def value(self, node: int) -> Array:
        """Return a forward node's value (a live read-only view)."""
        return self.plan.value(node)

    def gradient(self, node: int) -> Array | None:
        """Return a forward node's gradient, or None where it has none."""
        found = self.gradients.by_node.get(node)
        return None if found is None else self.plan.value(found)

    def contribution(self, edge: Edge) -> Array | None:
        """Return what an edge carries back, or None where no gradient flows."""
        found = self.gradients.by_edge.get(edge)
        return None if found is None else self.plan.value(found)

    def scalars(self) -> tuple[Array, Array, Array]:
        """Signed values and gradients by node, contributions by edge, of one-element arrays."""
        values = np.full(self.forward_nodes, np.nan)
        gradients = np.full(self.forward_nodes, np.nan)
        contributions = np.full(len(self.edges), np.nan)
        for node in self._scalar_nodes:
            values[node] = self.plan.value(node).flat[0]
            if node in self.gradients.by_node:
                gradients[node] = self.plan.value(self.gradients.by_node[node]).flat[0]
        for row in self._scalar_edges:
            node = self.gradients.by_edge[self.edges[row]]
            contributions[row] = self.plan.value(node).flat[0]
        return values, gradients, contributions

    def norms(self) -> Norms:
        """Return the norms of all values, gradients and contributions at this moment."""
        found = self._record()
        first, last = self.forward_nodes, self.forward_nodes + len(self._node_rows)
        gradients = np.full(self.forward_nodes, np.nan)
        gradients[self._node_rows] = found[first:last]
        contributions = np.full(len(self.edges), np.nan)
        contributions[self._edge_rows] = found[last:]
        return Norms(found[:first], gradients, contributions)
