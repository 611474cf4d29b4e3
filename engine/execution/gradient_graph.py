"""A pass with its gradient nodes, for the views that show them: which there are, their numbers.

Nodes and edges are counted as in a topology: the forward graph first, where an index is the node's
id, then the gradient nodes in the order of their ids, whose ids may have gaps.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from engine.execution.passes import Norms, Pass
from engine.execution.plan import NodeNorms, Plan
from engine.graph.differentiate import Gradients, differentiate
from engine.graph.graph import Node
from engine.graph.shapes import size
from engine.support.arrays import Array

Edge = tuple[int, int, int]


def extended(compiled: Pass, order: int) -> GradientGraph:
    """Return a pass's graph with gradient nodes up to ``order`` (1 or 2); cached with the pass."""
    key = f"order {order}"
    if key not in compiled.looked_at:
        compiled.looked_at[key] = GradientGraph(compiled, order)
    found: GradientGraph = compiled.looked_at[key]
    return found


def second_order(compiled: Pass) -> SecondOrder:
    """Return a pass's gradient graph differentiated again; cached with the pass."""
    if "second order" not in compiled.looked_at:
        compiled.looked_at["second order"] = _differentiate_again(compiled)
    found: SecondOrder = compiled.looked_at["second order"]
    return found


def node_count(compiled: Pass) -> int:
    """Return the number of nodes of the graph including gradient nodes of order 1."""
    return sum(node.id in compiled.plan for node in compiled.model.graph.nodes)


class GradientGraph:
    """A pass's forward graph with its gradient nodes of order 1, and of order 2 if asked for.

    S = ½ ‖∂J/∂θ‖² is what second order differentiates.

    Attributes
    ----------
    ids, nodes:
        By index, the ids of the nodes and the nodes.
    index:
        Id of a node → its index.
    edges:
        (source, target, position) by index; those of the forward graph first.
    orders:
        By index the order 0, 1 or 2; the nodes that compute S are of order 2.
    carries:
        By index, whether a gradient node is a gradient or contribution (depends on ∂J/∂J) rather
        than a part of a local derivative.
    """

    def __init__(self, compiled: Pass, order: int) -> None:
        graph = compiled.model.graph
        self.compiled = compiled
        self.second = second_order(compiled) if order > 1 else None
        beyond = [node.id for node in graph.nodes[compiled.forward_nodes :]]
        first = [identity for identity in beyond if identity in compiled.plan]
        again = []
        if self.second is not None:
            plan = self.second.plan
            again = [i for i in beyond if i in plan and i not in compiled.plan]
        self.ids = [*range(compiled.forward_nodes), *first, *again]
        self.nodes: list[Node] = [graph.nodes[identity] for identity in self.ids]
        self.index = {identity: place for place, identity in enumerate(self.ids)}
        self.orders = [0] * compiled.forward_nodes + [1] * len(first) + [2] * len(again)
        self.edges: list[Edge] = [
            (self.index[source], place, position)
            for place, node in enumerate(self.nodes)
            for position, source in enumerate(node.inputs)
        ]
        self.carries = self._carrying()
        count = len(compiled.edges)
        self.carried = [
            bool(self.carries[source]) and self.orders[source] == self.orders[target]
            for source, target, _ in self.edges[count:]
        ]
        self._own_norms = NodeNorms(compiled.plan, first)
        self._again = again
        self._again_norms = NodeNorms(self.second.plan, again) if self.second else None
        self._sources = np.array([source for source, _, _ in self.edges[count:]], np.intp)
        self._scalars = [k for k in range(len(self)) if size(self.nodes[k].shape) == 1]

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def forward_nodes(self) -> int:
        """The number of nodes of the forward graph, which come first."""
        return self.compiled.forward_nodes

    def gradients_of(self, order: int) -> Gradients:
        """Return the ``Gradients`` of this order: which node holds which gradient."""
        if order == 1 or self.second is None:
            return self.compiled.gradients
        return self.second.gradients

    def holds(self) -> dict[int, list[int]]:
        """Return for each gradient node (by index) the nodes whose gradient it holds."""
        found: dict[int, list[int]] = {}
        for order in (1, 2) if self.second is not None else (1,):
            for node, gradient in self.gradients_of(order).by_node.items():
                place = self.index.get(gradient, -1)
                if place >= self.forward_nodes and self.orders[place] == order:
                    found.setdefault(place, []).append(self.index[node])
        return found

    def _carrying(self) -> list[bool]:
        starts = set()
        for order in (1, 2) if self.second is not None else (1,):
            gradients = self.gradients_of(order)
            starts.add((order, gradients.by_node.get(gradients.objective)))
        found = [False] * self.forward_nodes
        for place in range(self.forward_nodes, len(self)):
            node, order = self.nodes[place], self.orders[place]
            inputs = (self.index[source] for source in node.inputs)
            through = any(found[k] and self.orders[k] == order for k in inputs)
            found.append(through or (order, node.id) in starts)
        return found

    # -- numbers ---------------------------------------------------------------------------------

    def renew(self) -> None:
        """Run the plan of second order with the current values of the leaves."""
        if self.second is not None:
            self.second.plan.run()

    def value(self, place: int) -> Array:
        """Return a node's value (a live read-only view)."""
        plan = self.compiled.plan
        if self.orders[place] == 2 and self.second is not None:
            plan = self.second.plan
        return plan.value(self.ids[place])

    def gradient(self, place: int) -> Array | None:
        """Return the gradient ∂S/∂node of the node at this index; None where it has none."""
        if self.second is None:
            return None
        found = self.second.gradients.by_node.get(self.ids[place])
        return None if found is None else self.second.plan.value(found)

    def second_contribution(self, edge: Edge) -> Array | None:
        """Return the contribution of an edge to a gradient of S; None where no gradient flows."""
        if self.second is None:
            return None
        source, target, position = edge
        key = (self.ids[source], self.ids[target], position)
        found = self.second.gradients.by_edge.get(key)
        return None if found is None else self.second.plan.value(found)

    def norms(self) -> Norms:
        """Return the norms by index; a gradient node's gradient norm is that of its value."""
        forward = self.compiled.norms()
        own = [self._own_norms.measure()]
        if self._again_norms is not None:
            own.append(self._again_norms.measure())
        return Norms(*self._beside((forward.values, forward.gradients, forward.contributions), own))

    def scalars(self) -> tuple[Array, Array, Array]:
        """Return the numbers of one-element arrays by index, as ``Pass.scalars``."""
        own = np.full(len(self) - self.forward_nodes, np.nan)
        for place in self._scalars:
            if place >= self.forward_nodes:
                own[place - self.forward_nodes] = self.value(place).flat[0]
        return self._beside(self.compiled.scalars(), [own])

    def _beside(
        self, forward: tuple[Array, Array, Array], own: Iterable[Array]
    ) -> tuple[Array, Array, Array]:
        """Append the numbers of gradient nodes to those of the forward graph."""
        values = np.concatenate([forward[0], *own])
        carries = np.array(self.carries[self.forward_nodes :], bool)
        mine = np.where(carries, values[self.forward_nodes :], np.nan)
        flows = np.where(np.array(self.carried, bool), values[self._sources], np.nan)
        gradients = np.concatenate([forward[1], mine])
        return values, gradients, np.concatenate([forward[2], flows])


@dataclass(frozen=True)
class SecondOrder:
    """The gradients of S = ½ ‖∂J/∂θ‖², and the plan that computes them from the pass's leaves.

    ``gradients.objective`` is the node of S; no gradients where J depends on no parameter.
    """

    plan: Plan
    gradients: Gradients


def _differentiate_again(compiled: Pass) -> SecondOrder:
    """Extend a pass's graph by S and its gradients."""
    graph, first = compiled.model.graph, compiled.gradients
    squares = [
        graph.value(first.by_node[parameter.node]).apply("sum_squares")
        for parameter in compiled.model.parameters
        if parameter.node in first.by_node
    ]
    if not squares:
        return SecondOrder(compiled.plan, Gradients(first.objective, {}, {}, 2))
    total = squares[0] if len(squares) == 1 else squares[0].apply("sum_all", *squares[1:])
    second = differentiate(graph, total * 0.5)
    reached = {*second.by_node.values(), *second.by_edge.values()}
    targets = {second.objective, *compiled.plan.order, *reached}
    plan = Plan(graph, targets, compiled.plan.dtype, compiled.plan.leaves)
    return SecondOrder(plan, second)
