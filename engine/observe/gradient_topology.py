"""Adds gradient nodes to a topology, behind the forward nodes: names, groups, operations."""

from __future__ import annotations

import dataclasses

from engine.execution.gradient_graph import GradientGraph, extended, node_count
from engine.execution.passes import Pass
from engine.graph.graph import Node
from engine.graph.symbols import denominator, formula_of, local_of, op_symbol
from engine.messages.topology import (
    SECOND_ORDER_UP_TO,
    EdgeInfo,
    NodeInfo,
    Operation,
    Topology,
    gradient_group,
)
from engine.support import cancellation
from engine.support.errors import InputError
from engine.support.text import tr

SECOND_OBJECTIVE = "S"  # ½ ‖∂J/∂θ‖²


def up_to_order(topology: Topology, compiled: Pass, order: int) -> Topology:
    """Return the topology with gradient nodes up to ``order``, where the graph allows it.

    Raises
    ------
    InputError
        For the second order of a graph that is too large for it.
    """
    if order > max(1, topology.highest_order):
        raise InputError(
            tr("a graph of at most {most} nodes with gradients, to differentiate it again").format(
                most=SECOND_ORDER_UP_TO
            ),
            tr("{count} nodes").format(count=topology.counts[1]),
        )
    return with_gradients(topology, compiled, order)


def with_gradients(topology: Topology, compiled: Pass, order: int) -> Topology:
    """Return the topology with gradient nodes up to ``order``, 0 for the forward graph alone.

    A gradient node belongs to the operation that computes it, so that stepping walks the gradient
    graph.
    """
    forward = _forward_part(topology, compiled)
    if order == 0:
        return forward
    graph = extended(compiled, order)
    named = _Named(graph, topology.objective)
    nodes = [_node_info(graph, named, k) for k in range(len(forward.nodes), len(graph))]
    edges = [_edge_info(graph, named, k) for k in range(len(forward.edges), len(graph.edges))]
    counts = (*forward.counts, len(graph)) if order > 1 else forward.counts
    return dataclasses.replace(
        forward,
        nodes=(*forward.nodes, *nodes),
        edges=(*forward.edges, *edges),
        operations=_operations(forward, graph),
        order=order,
        counts=counts,
    )


def _forward_part(topology: Topology, compiled: Pass) -> Topology:
    count = compiled.forward_nodes
    operations = (
        dataclasses.replace(
            one,
            nodes=tuple(node for node in one.nodes if node < count),
            edges=tuple(edge for edge in one.edges if edge < len(compiled.edges)),
        )
        for one in topology.operations
    )
    return dataclasses.replace(
        topology,
        nodes=topology.nodes[:count],
        edges=topology.edges[: len(compiled.edges)],
        operations=tuple(operations),
        order=0,
        counts=(count, node_count(compiled)),
    )


class _Named:
    """The nodes of a graph in which gradients are called ∂J/∂h⁽¹⁾, in second order ∂S/∂W⁽¹⁾.

    ``engine.graph.symbols`` writes formulas with these names.
    """

    def __init__(self, graph: GradientGraph, objective: str) -> None:
        self.nodes: list[Node] = list(graph.compiled.model.graph.nodes)
        self.holds = graph.holds()
        symbols = ("", objective, SECOND_OBJECTIVE)
        if graph.second is not None:
            self._call(graph.second.gradients.objective, SECOND_OBJECTIVE)
            for half in self.nodes[graph.second.gradients.objective].inputs:
                self._call(half, f"‖∂{objective}/∂θ‖²")
        for place, owners in sorted(self.holds.items()):
            owner = self.nodes[graph.ids[owners[0]]]
            below = denominator(self, owner)
            below = f"({below})" if "∂" in below and not below.startswith("(") else below
            self._call(graph.ids[place], f"∂{symbols[graph.orders[place]]}/∂{below}")

    def _call(self, identity: int, symbol: str) -> None:
        self.nodes[identity] = dataclasses.replace(self.nodes[identity], symbol=symbol)


def _node_info(graph: GradientGraph, named: _Named, place: int) -> NodeInfo:
    cancellation.checkpoint()
    node = named.nodes[graph.ids[place]]
    order = graph.orders[place]
    return NodeInfo(
        index=place,
        id=node.id,
        name=node.name,
        symbol=node.symbol,
        op=node.op_name,
        op_symbol=op_symbol(node),
        kind=node.kind,
        group=gradient_group(node.group, order),
        shape=node.shape,
        formula=formula_of(named, node.id),
        differentiable=graph.carries[place],
        order=order,
        origin=None if node.origin is None else graph.index.get(node.origin),
        gradient_of=tuple(named.holds.get(place, ())),
    )


def _edge_info(graph: GradientGraph, named: _Named, row: int) -> EdgeInfo:
    cancellation.checkpoint()
    source, target, position = graph.edges[row]
    local = local_of(named, graph.ids[target], position)
    carried = graph.carried[row - len(graph.compiled.edges)]
    return EdgeInfo(row, source, target, position, local, carried)


def _operations(forward: Topology, graph: GradientGraph) -> tuple[Operation, ...]:
    """Return the operations; each of the backward pass gets the gradient nodes it needs first."""
    turns: dict[int, int] = {}
    for k, operation in enumerate(forward.operations):
        if operation.phase == "backward":
            _claim(graph, _results(operation, graph), k, turns)
    nodes: dict[int, list[int]] = {}
    for place, turn in sorted(turns.items()):
        nodes.setdefault(turn, []).append(place)
    edges: dict[int, list[int]] = {}
    for row in range(len(forward.edges), len(graph.edges)):
        target = graph.edges[row][1]
        if target in turns:
            edges.setdefault(turns[target], []).append(row)
    return tuple(
        dataclasses.replace(
            one, nodes=(*one.nodes, *nodes.get(k, ())), edges=(*one.edges, *edges.get(k, ()))
        )
        for k, one in enumerate(forward.operations)
    )


def _results(operation: Operation, graph: GradientGraph) -> list[int]:
    """The nodes of the gradient and the contributions that a backward operation computes."""
    gradients = graph.compiled.gradients
    carried = (gradients.by_edge[graph.compiled.edges[row]] for row in operation.edges)
    ids = (gradients.by_node[operation.nodes[0]], *carried)
    return [graph.index[identity] for identity in ids]


def _claim(graph: GradientGraph, results: list[int], turn: int, turns: dict[int, int]) -> None:
    """Assign ``turn`` to these gradient nodes and their ancestors, unless they have one."""
    waiting = [place for place in results if place >= graph.forward_nodes]
    while waiting:
        place = waiting.pop()
        if place not in turns:
            turns[place] = turn
            sources = (graph.index[source] for source in graph.nodes[place].inputs)
            waiting += [source for source in sources if source >= graph.forward_nodes]
