"""The numbers of a gradient node, or of an edge that leaves one or enters one."""

from __future__ import annotations

import numpy as np

from engine.execution.gradient_graph import GradientGraph
from engine.messages.frame import Detail, LedgerRow
from engine.messages.topology import Topology
from engine.support.arrays import Array, frozen


def make_gradient_detail(
    topology: Topology, graph: GradientGraph, node: int, edge: int | None, step: int, ready: Array
) -> Detail:
    """Copy what the inspector shows; ``ready`` are the value flags by index.

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
        target=info.symbol or info.name,
        position=position,
        local=topology.edges[row].local,
        upstream=frozen(graph.gradient(target)),
        local_value=None,
        contribution=frozen(graph.second_contribution(graph.edges[row])),
    )
