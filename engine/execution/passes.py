"""One forward and backward pass, compiled: model, gradients, plans, and the recorded norms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from engine.execution.affine_sums import Affines
from engine.execution.joined_products import Products
from engine.execution.parameter_vectors import Vectors
from engine.execution.plan import KERNEL_ERRORS, NodeNorms, Plan
from engine.execution.training_plan import TrainingPlan
from engine.graph.differentiate import Edge, Gradients, differentiate
from engine.graph.shapes import size
from engine.model.model import Mask, Model
from engine.support.arrays import Array, DType


@dataclass(frozen=True)
class Norms:
    """L2 norms by node id, and by edge in the order of ``Pass.edges``; NaN where there is none."""

    values: Array
    gradients: Array
    contributions: Array


class Pass:
    """A model with its gradients, compiled for one batch size.

    Parameters
    ----------
    layers:
        For each layer its flat parameters, then for each layer its flat last update; their norms
        are recorded with those of the gradients at each training step.
    affines:
        The sums of the model's graph that are computed as products.

    Attributes
    ----------
    forward_nodes:
        How many nodes the forward graph has; their ids are 0 … forward_nodes − 1.
    edges:
        The forward graph's edges (source, target, position), by target and position.
    copies:
        Parameter gradients that cannot be computed in place: (target array, gradient node).
    products:
        The joined products, which both plans share.
    plan, training:
        The plan in which every value can be read, and the lean one that training runs.
    """

    def __init__(
        self,
        model: Model,
        dtype: DType,
        vectors: Vectors,
        layers: Sequence[Array],
        affines: Affines,
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
        self.copies: list[tuple[Array, int]] = []
        outputs: dict[int, Array] = {}
        for parameter in model.parameters:
            place = vectors.gradients[parameter.name]
            node = by_node.get(parameter.node)
            if node is None:
                place[...] = 0
            elif graph.nodes[node].op is None or graph.nodes[node].op.view or node in outputs:  # type: ignore[union-attr]
                self.copies.append((place, node))
            else:
                outputs[node] = place
        targets = {*range(self.forward_nodes), *by_node.values(), *by_edge.values()}
        leaves = {p.node: vectors.parameters[p.name] for p in model.parameters}
        self.products = Products(graph)
        self.products.join(affines, self.gradients, vectors, outputs)
        self.plan = Plan(graph, targets, dtype, leaves, outputs, self.products)
        for node, array in model.given:
            self.plan.leaf(node)[...] = array
        self._node_rows = np.array(sorted(by_node), dtype=np.intp)
        self._edge_rows = np.array(
            [row for row, edge in enumerate(self.edges) if edge in by_edge], dtype=np.intp
        )
        self.recorded = _recorded(model, self.gradients)
        read = (one.node for one in model.statistics)
        keep = {model.objective, model.loss, *read, *(node for _, node in self.copies)}
        self.training = TrainingPlan(
            graph,
            self.plan.dtype,
            self.plan.leaves,
            outputs,
            keep,
            self.recorded,
            layers,
            self.products,
        )
        places = [self.training.column(node) for node in self.recorded]
        self._columns = np.array([column for column, _ in places], np.intp)
        self._factors = np.array([factor for _, factor in places])
        self._place_of = {node: place for place, node in enumerate(self.recorded)}
        self._parameter_places = np.array(
            [self._place_of.get(by_node.get(p.node, -1), -1) for p in model.parameters], np.intp
        )
        self._by_training = False
        # A cache for ``gradient_graph``, filled when gradient nodes are shown.
        self.looked_at: dict[str, Any] = {}
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
            with np.errstate(over="ignore"):  # float32 has no 1e300: data, not an error
                self.plan.leaf(self.model.input_scale)[...] = scale

    def train(self) -> None:
        """Run the whole pass by the training plan; the caller has numpy's warnings off."""
        self._by_training = self.plan.stale = True
        try:
            self.training.run()
        except KERNEL_ERRORS:
            self.plan.run()  # names the node
            raise

    def run(self, start: int, stop: int) -> None:
        """Run the plan's calls from ``start`` up to ``stop``; all values can be read."""
        self._by_training = False
        self.plan.run(start, stop)

    def live(self, node: int) -> Array:
        """Return the array of a node that every pass keeps (objective, loss, statistics)."""
        return self.training.array(node) if self._by_training else self.plan.array(node)

    def gather(self) -> None:
        """Copy the parameter gradients that could not be computed in place."""
        for place, node in self.copies:
            np.copyto(place, self.live(node))

    def record(self, row: Array) -> bool:
        """Write the pass's norms into ``row`` (training.size,); return whether all are finite.

        The caller has numpy's warnings off.
        """
        if self._by_training and self.training.record(row):
            return True
        self.training.record_outputs(row)
        row[self._columns[self._inner]] = self._of_inner.measure() / self._factors[self._inner]
        return bool(np.isfinite(row).all())

    def recorded_norms(self, rows: Array) -> Array:
        """Return the norms (…, recorded) of all ``recorded`` nodes from rows of ``record``."""
        found: Array = rows[..., self._columns] * self._factors
        return found

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
        """Return the numbers themselves of one-element arrays: values, gradients, contributions.

        By node, by node and by edge; NaN where an array has more elements.
        """
        values = np.full(self.forward_nodes, np.nan)
        gradients = np.full(self.forward_nodes, np.nan)
        contributions = np.full(len(self.edges), np.nan)
        self.plan.refresh()
        for node in self._scalar_nodes:
            values[node] = self.plan.value(node).flat[0]
            if node in self.gradients.by_node:
                gradients[node] = self.plan.value(self.gradients.by_node[node]).flat[0]
        for row in self._scalar_edges:
            node = self.gradients.by_edge[self.edges[row]]
            contributions[row] = self.plan.value(node).flat[0]
        return values, gradients, contributions

    def column(self, node: int) -> tuple[int, float] | None:
        """Return the column of recorded rows with a gradient node's norm, and the factor on it."""
        place = self._place_of.get(node)
        return None if place is None else (int(self._columns[place]), float(self._factors[place]))

    def parameter_norms(self, rows: Array) -> Array:
        """Return the gradient norm of each parameter (…, parameters) from recorded rows."""
        places = self._parameter_places
        if not self.recorded:
            return np.zeros((*rows.shape[:-1], len(places)))
        found: Array = rows[..., self._columns[places]] * self._factors[places]
        found[..., places < 0] = 0.0
        return found

    def norms_of_layers(self, rows: Array) -> Array:
        """Return the norms of ``layers`` (…, layers) from recorded rows."""
        found: Array = rows[..., self.training.others]
        return found

    def layer_norms(self) -> tuple[Array, Array]:
        """Return the norms (layers,) of the layers' parameters and of their last updates."""
        row = np.empty(self.training.size)
        with np.errstate(all="ignore"):
            self.training.record_outputs(row)
        norms = self.norms_of_layers(row)
        return norms[: len(norms) // 2], norms[len(norms) // 2 :]

    @cached_property
    def _inner(self) -> Array:
        """The places in ``recorded`` of the nodes that are no parameter's gradient."""
        inner = (k for k, node in enumerate(self.recorded) if not self.training.is_output(node))
        return np.fromiter(inner, np.intp)

    @cached_property
    def _of_inner(self) -> NodeNorms:
        return NodeNorms(self.plan, [self.recorded[place] for place in self._inner])

    @cached_property
    def _of_values(self) -> NodeNorms:
        return NodeNorms(self.plan, range(self.forward_nodes))

    @cached_property
    def _of_flow(self) -> NodeNorms:
        by_node, by_edge = self.gradients.by_node, self.gradients.by_edge
        nodes = (by_node[int(node)] for node in self._node_rows)
        return NodeNorms(
            self.plan, [*nodes, *(by_edge[self.edges[int(row)]] for row in self._edge_rows)]
        )

    def norms(self) -> Norms:
        """Return the norms of all values, gradients and contributions at this moment."""
        found = self._of_flow.measure()
        count = len(self._node_rows)
        gradients = np.full(self.forward_nodes, np.nan)
        gradients[self._node_rows] = found[:count]
        contributions = np.full(len(self.edges), np.nan)
        contributions[self._edge_rows] = found[count:]
        return Norms(self._of_values.measure(), gradients, contributions)


def _recorded(model: Model, gradients: Gradients) -> list[int]:
    """The gradients and contributions of all nodes that depend on a parameter.

    Training does not need the gradients of the data: the full plan computes them for display.
    """
    reached = {parameter.node for parameter in model.parameters}
    for node in model.graph.nodes[: gradients.objective + 1]:
        if reached.intersection(node.inputs):
            reached.add(node.id)
    nodes = [found for node, found in gradients.by_node.items() if node in reached]
    edges = [found for edge, found in gradients.by_edge.items() if edge[0] in reached]
    return list(dict.fromkeys([*nodes, *edges]))
