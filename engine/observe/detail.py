"""``Detail``, the inspector's numbers of a node or edge: value, gradient, contributions."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.execution.gradient_graph import GradientGraph, extended
from engine.execution.passes import Pass
from engine.graph.differentiate import Edge
from engine.graph.graph import Graph
from engine.graph.interpret import interpret
from engine.graph.symbols import local_of
from engine.messages.frame import Detail, LedgerRow, Past
from engine.messages.pictures import Pictures
from engine.messages.topology import Topology
from engine.observe.pictures import POOLS, make_pictures
from engine.observe.seen import Seen
from engine.support.arrays import Array, frozen, read_only

if TYPE_CHECKING:
    from engine.training.feed import Feed

MOST_OF_THE_PAST = 500


def make_detail(
    compiled: Pass,
    node: int,
    edge: int | None,
    step: int,
    value_ready: Array,
    gradient_ready: Array,
    feed: Feed | None = None,
) -> Detail:
    """Return copies of what the inspector shows of a node, or of one of its outgoing edges.

    ``feed`` tells the data's picture shape and classes; without it they are inferred from the
    graph.
    """
    rows = [
        row
        for row, one in enumerate(compiled.edges)
        if one[0] == node and (edge is None or row == edge)
    ]
    gradient = compiled.gradient(node) if gradient_ready[node] else None
    ledger = tuple(_ledger_row(compiled, row, gradient_ready) for row in rows)
    residual = None
    if gradient is not None and edge is None:
        parts = [row.contribution for row in ledger if row.contribution is not None]
        if parts and len(parts) == sum(row.contribution is not None for row in ledger):
            with np.errstate(all="ignore"):
                residual = float(np.max(np.abs(gradient - sum(parts[1:], parts[0]))))
    value = frozen(compiled.value(node)) if value_ready[node] else None
    gradient = frozen(gradient)
    ready = value_ready, gradient_ready
    if edge is None:
        pictures = make_pictures(compiled, node, value, gradient, ready, feed)
    else:
        pictures = _routing(compiled, edge, ready, feed)
    return Detail(
        node=node,
        edge=edge,
        step=step,
        value=value,
        gradient=gradient,
        ledger=ledger,
        residual=residual,
        pictures=pictures,
    )


def _routing(
    compiled: Pass, edge: int, ready: tuple[Array, Array], feed: Feed | None
) -> Pictures | None:
    """Return the pictures of the pooling that an edge leads to, None where it leads to none."""
    if edge >= len(compiled.edges):
        return None
    target = compiled.edges[edge][1]
    if compiled.model.graph.nodes[target].op_name not in POOLS:
        return None
    value = frozen(compiled.value(target)) if ready[0][target] else None
    gradient = frozen(compiled.gradient(target)) if ready[1][target] else None
    return make_pictures(compiled, target, value, gradient, ready, feed)


def _ledger_row(compiled: Pass, row: int, gradient_ready: Array) -> LedgerRow:
    edge = compiled.edges[row]
    source, target, position = edge
    graph = compiled.model.graph
    contribution = compiled.contribution(edge)
    known = contribution is not None and bool(gradient_ready[source])
    upstream = compiled.gradient(target) if gradient_ready[target] else None
    return LedgerRow(
        edge=row,
        target=graph.nodes[target].name,
        position=position,
        local=local_of(graph, target, position),
        upstream=frozen(upstream),
        local_value=local_derivative(compiled, edge) if known else None,
        contribution=frozen(contribution) if known else None,
    )


def local_derivative(compiled: Pass, edge: Edge) -> Array | None:
    """Return ∂target/∂source entry by entry where the operation is elementwise, else None.

    It is the operation's own rule with an upstream gradient of ones, before what was broadcast is
    summed; shape of the target.
    """
    _, target, position = edge
    node = compiled.model.graph.nodes[target]
    if node.op is None or not node.op.elementwise:
        return None
    rule = node.op.pullback(position)
    if rule is None:
        return None
    graph = Graph()
    inputs = [
        graph.leaf("input", f"x{k}", compiled.model.graph.nodes[source].shape)
        for k, source in enumerate(node.inputs)
    ]
    output = graph.leaf("input", "y", node.shape)
    ones = graph.leaf("input", "g", node.shape)
    result = rule(ones, output, *inputs, **node.params)
    if result is None:
        return None
    leaves = {
        value.id: compiled.value(source) for value, source in zip(inputs, node.inputs, strict=True)
    }
    leaves[output.id] = compiled.value(target)
    leaves[ones.id] = np.ones(node.shape)
    values = interpret(graph, leaves, compiled.plan.dtype)
    return frozen(np.broadcast_to(values[result.id], node.shape))


def make_gradient_detail(
    topology: Topology, graph: GradientGraph, node: int, edge: int | None, step: int, ready: Array
) -> Detail:
    """Return what the inspector shows of a gradient node; ``ready`` are value flags by index.

    A gradient node has a gradient and a ledger of its own in second order only.
    """
    value = frozen(graph.value(node)) if ready[node] else None
    whole = bool(ready.all())
    gradient = frozen(graph.gradient(node)) if whole and graph.orders[node] else None
    rows = [row for row, one in enumerate(graph.edges) if one[0] == node] if whole else []
    if edge is not None:
        rows = [edge] if edge in rows else []
    found = (_row(topology, graph, row) for row in rows) if graph.orders[node] == 1 else ()
    ledger = tuple(row for row in found if row.contribution is not None)
    residual = None
    parts = [row.contribution for row in ledger if row.contribution is not None]
    if gradient is not None and parts and edge is None:
        with np.errstate(all="ignore"):
            residual = float(np.max(np.abs(gradient - sum(parts[1:], parts[0]))))
    return Detail(node, edge, step, value, gradient, ledger, residual)


def _row(topology: Topology, graph: GradientGraph, row: int) -> LedgerRow:
    _, target, position = graph.edges[row]
    info = topology.nodes[target]
    return LedgerRow(
        edge=row,
        target=info.title,
        position=position,
        local=topology.edges[row].local,
        upstream=frozen(graph.gradient(target)),
        local_value=None,
        contribution=frozen(graph.second_contribution(graph.edges[row])),
    )


def detail_of(seen: Seen, node: int | None, edge: int | None) -> Detail | None:
    """Return the detail of the selected node or edge; None without one, or if it is not shown."""
    topology, compiled = seen.topology, seen.current
    value_ready, gradient_ready, _ = seen.readiness.at(seen.cursor)
    if edge is not None:
        node = topology.edges[edge].source if edge < len(topology.edges) else None
    if node is None or node >= len(topology.nodes):
        return None
    if node >= compiled.forward_nodes or (edge is not None and edge >= len(compiled.edges)):
        graph = extended(compiled, topology.order)
        return make_gradient_detail(topology, graph, node, edge, seen.step, value_ready)
    feed = seen.training.feed
    detail = make_detail(compiled, node, edge, seen.step, value_ready, gradient_ready, feed)
    return replace(detail, past=_past(seen, node, edge))


def _past(seen: Seen, node: int, edge: int | None) -> Past | None:
    """The norms of a node's gradient, or of an edge's contribution, at the last steps."""
    compiled = seen.current
    if edge is None:
        holder = compiled.gradients.by_node.get(node)
    else:
        holder = compiled.gradients.by_edge.get(compiled.edges[edge])
    if holder is None:
        return None
    steps, norms = seen.recorder.past(holder, MOST_OF_THE_PAST)
    return Past(read_only(steps), read_only(norms)) if len(steps) > 1 else None
