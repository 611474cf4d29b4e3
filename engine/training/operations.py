"""What a pass does, operation by operation: mini-batch, forward, backward, update.

``Trainer`` runs a pass by them, and ``engine.observe.topology`` puts them into words.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from engine.execution.passes import Pass
from engine.messages.topology import Phase
from engine.support import cancellation


@dataclass(frozen=True)
class PassOperation:
    """One operation of a pass: the nodes and rows of edges that it computes.

    ``stop``: the ``stop`` of ``Plan.run`` after it; −1 where the plan computes nothing for it.
    """

    phase: Phase
    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    stop: int


def operations_of(compiled: Pass) -> tuple[PassOperation, ...]:
    """Return the operations of a pass in their order; the update is the last."""
    graph = compiled.model.graph
    edges_in: dict[int, list[int]] = defaultdict(list)
    edges_out: dict[int, list[int]] = defaultdict(list)
    for row, edge in enumerate(compiled.edges):
        edges_in[edge[1]].append(row)
        if edge in compiled.gradients.by_edge:
            edges_out[edge[0]].append(row)
    found = _batch(compiled)
    for node in range(compiled.forward_nodes):
        if graph.nodes[node].op is not None:
            cancellation.checkpoint()
            stop = compiled.plan.stop_after(node)
            found.append(PassOperation("forward", (node,), tuple(edges_in[node]), stop))
    for node in range(compiled.forward_nodes - 1, -1, -1):
        if node in compiled.gradients.by_node:
            cancellation.checkpoint()
            rows = tuple(edges_out[node])
            stop = max(_stop_after_gradients(compiled, node, rows), found[-1].stop if found else -1)
            found.append(PassOperation("backward", (node,), rows, stop))
    found.append(PassOperation("update", (), (), -1))
    return tuple(found)


def _batch(compiled: Pass) -> list[PassOperation]:
    """The mini-batch, where there are samples: the leaves that it fills."""
    model = compiled.model
    if model.y is None:
        return []
    leaves = (*model.inputs, model.y, *(mask.node for mask in model.masks))
    return [PassOperation("batch", leaves, (), 0)]


def _stop_after_gradients(compiled: Pass, node: int, rows: tuple[int, ...]) -> int:
    """The ``stop`` at which a node's gradient and its outgoing edges' contributions are known."""
    gradients = compiled.gradients
    nodes = [gradients.by_node[node]]
    nodes += [gradients.by_edge[compiled.edges[row]] for row in rows]
    return max(compiled.plan.stop_after(one) for one in nodes)
