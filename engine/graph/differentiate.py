"""Reverse-mode differentiation as a function from a graph to the same graph, extended.

Gradients are nodes of the graph: the backward pass is drawn, stepped and inspected by the code for
the forward pass, and differentiating twice needs no code of its own.
"""

from dataclasses import dataclass

from engine.graph.graph import Graph, Value
from engine.support.errors import GraphError
from engine.support.figures import shape_text
from engine.support.text import tr

Edge = tuple[int, int, int]


@dataclass(frozen=True)
class Gradients:
    """The nodes of the extended graph that hold the gradients of an objective.

    Attributes
    ----------
    objective:
        The node that was differentiated.
    by_node:
        Node id → id of the node that holds its gradient; nodes the objective does not depend on
        differentiably have none.
    by_edge:
        (source, target, position) → id of the node that holds the edge's contribution.
    order:
        1 for the gradients of a forward graph, 2 where gradient nodes were differentiated.

    Invariant: a node's gradient is the sum of its outgoing edges' contributions.
    """

    objective: int
    by_node: dict[int, int]
    by_edge: dict[Edge, int]
    order: int


def differentiate(graph: Graph, objective: Value) -> Gradients:
    """Extend the graph by the gradient of a scalar node with respect to every node before it.

    One reverse sweep over the ids: linear in the number of nodes and edges.

    Raises
    ------
    GraphError
        The objective is not a scalar.
    """
    if objective.shape != ():
        raise GraphError(
            tr("the objective {name!r} must be a scalar, found {shape}").format(
                name=objective.name, shape=shape_text(objective.shape)
            )
        )
    order = max(node.order for node in graph.nodes[: objective.id + 1]) + 1
    active = _active(graph, objective.id)
    by_node: dict[int, int] = {}
    by_edge: dict[Edge, int] = {}
    waiting: dict[int, list[Value]] = {}
    for identity in range(objective.id, -1, -1):
        if not active[identity]:
            continue
        with graph.gradient_of(identity, order):
            gradient = _gradient(graph, objective.id, identity, waiting.pop(identity, []))
            if gradient is None:
                continue
            by_node[identity] = gradient.id
        for edge, contribution in _contributions(graph, identity, gradient, active, order):
            by_edge[edge] = contribution.id
            waiting.setdefault(edge[0], []).append(contribution)
    return Gradients(objective.id, by_node, by_edge, order)


def _active(graph: Graph, last: int) -> list[bool]:
    """Return for each node up to ``last`` whether it depends on a differentiable leaf."""
    active: list[bool] = []
    for node in graph.nodes[: last + 1]:
        if node.op is None:
            active.append(node.differentiable)
        else:
            active.append(any(active[source] for source in node.inputs))
    return active


def _gradient(graph: Graph, objective: int, node: int, parts: list[Value]) -> Value | None:
    """The sum of a node's contributions; 1 for the objective itself."""
    if node == objective:
        return graph.constant(1.0)
    if not parts:
        return None
    if len(parts) == 1:
        return parts[0]
    if len(parts) == 2:
        return parts[0] + parts[1]
    return parts[0].apply("sum_all", *parts[1:])


def _contributions(
    graph: Graph, target: int, gradient: Value, active: list[bool], order: int
) -> list[tuple[Edge, Value]]:
    """What each incoming edge of ``target`` carries back: upstream × local derivative."""
    node = graph.nodes[target]
    if node.op is None:
        return []
    output = graph.value(target)
    inputs = [graph.value(source) for source in node.inputs]
    found: list[tuple[Edge, Value]] = []
    for position, source in enumerate(node.inputs):
        rule = node.op.pullback(position)
        if rule is None or not active[source]:
            continue
        with graph.gradient_of(source, order):
            contribution = rule(gradient, output, *inputs, **node.params)
            if contribution is None:
                continue
            if contribution.shape != inputs[position].shape:
                contribution = contribution.apply("sum_to", shape=inputs[position].shape)
        found.append(((source, target, position), contribution))
    return found
