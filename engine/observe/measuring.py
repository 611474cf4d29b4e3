"""The ``measure`` functions of ``quantities``: from a trainer to parts and wholes by node."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from engine.execution.gradient_graph import extended
from engine.execution.norm_groups import Rows, grouped
from engine.graph.shapes import size
from engine.observe.seen import Seen
from engine.support.arrays import Array, Floats
from engine.support.norms import norm

if TYPE_CHECKING:
    from engine.execution.passes import Norms
    from engine.execution.plan import Plan

Measure: TypeAlias = "Callable[[Seen], tuple[Floats, Floats | None]]"


@dataclass(frozen=True)
class Part:
    """Nodes of one plan: their indices in the topology and their ids in the graph."""

    plan: Plan
    places: list[int]
    ids: list[int]


def parts_of(seen: Seen, *, gradients: bool) -> list[Part]:
    """Return the plans and nodes that hold the values, or the ``gradients``, of all nodes.

    A gradient node's gradient is its value (see ``engine.execution.gradient_graph``).
    """
    compiled, order = seen.current, seen.topology.order
    by_node = compiled.gradients.by_node
    if gradients:
        found = [Part(compiled.plan, list(by_node), list(by_node.values()))]
    else:
        forward = list(range(compiled.forward_nodes))
        found = [Part(compiled.plan, forward, forward)]
    if order:
        graph = extended(compiled, order)
        beyond = range(graph.forward_nodes, len(graph))
        for number, plan in ((1, compiled.plan), (2, graph.second.plan if graph.second else None)):
            here = [k for k in beyond if graph.orders[k] == number]
            here = [k for k in here if graph.carries[k] or not gradients]
            if plan is not None:
                found.append(Part(plan, here, [graph.ids[k] for k in here]))
    return found


def _sizes(seen: Seen) -> Floats:
    return np.array([size(node.shape) for node in seen.topology.nodes], float)


def _norms(seen: Seen) -> Norms:
    order = seen.topology.order
    return extended(seen.current, order).norms() if order else seen.current.norms()


def value_norms(seen: Seen) -> tuple[Floats, None]:
    """‖x‖₂ of each value."""
    return _norms(seen).values, None


def value_rms(seen: Seen) -> tuple[Floats, Floats]:
    """‖x‖₂ of each value, and √n."""
    return _norms(seen).values, np.sqrt(_sizes(seen))


def gradient_norms(seen: Seen) -> tuple[Floats, None]:
    """‖g‖₂ of each gradient."""
    return _norms(seen).gradients, None


def gradient_rms(seen: Seen) -> tuple[Floats, Floats]:
    """‖g‖₂ of each gradient, and √n."""
    return _norms(seen).gradients, np.sqrt(_sizes(seen))


def updates(seen: Seen) -> tuple[Floats, Floats]:
    """‖Δθ‖ of the last update, and ‖θ‖ before it."""
    parts = np.full(len(seen.topology.nodes), np.nan)
    wholes = parts.copy()
    vectors = seen.training.vectors
    for parameter in seen.current.model.parameters:
        theta, change = vectors.parameters[parameter.name], vectors.updates[parameter.name]
        parts[parameter.node] = norm(change)
        with np.errstate(all="ignore"):
            wholes[parameter.node] = norm(theta - change)
    return parts, wholes


def over(of: Entrywise, *, gradients: bool) -> Measure:
    """Return a measure: Σ of(entry) over each value or gradient, and the number of entries."""

    def measure(seen: Seen) -> tuple[Floats, Floats]:
        found = np.full(len(seen.topology.nodes), np.nan)
        for part in parts_of(seen, gradients=gradients):
            found[part.places] = sums(part.plan, part.ids, of)
        return found, _sizes(seen)

    return measure


def is_zero(array: Array) -> Array:
    """Return 1 where an entry is exactly 0."""
    zero: Array = array == 0
    return zero


def is_not_finite(array: Array) -> Array:
    """Return 1 where an entry is NaN or infinite."""
    return ~np.isfinite(array)


def itself(array: Array) -> Array:
    """Return the entries unchanged."""
    return array


Entrywise = Callable[[Array], Array]


# At most this many entries are processed at once, to bound the memory of intermediate results.
_AT_ONCE = 1 << 22


def sums(plan: Plan, nodes: Iterable[int], of: Entrywise) -> Floats:
    """Return Σ of(entry) for the value of each of these nodes, added up in float64.

    Nodes that share memory are measured once, and arrays of one size at equal distances in
    memory as the rows of one matrix.
    """
    plan.refresh()
    wanted = list(nodes)
    origins = [plan.origin(node)[0] for node in wanted]
    distinct = list(dict.fromkeys(origins))
    slots = {node: slot for slot, node in enumerate(distinct)}
    arrays = [plan.array(node) for node in distinct]
    solid = [k for k, array in enumerate(arrays) if array.flags.forc]
    totals = np.zeros(len(arrays))
    with np.errstate(all="ignore"):
        for group in grouped([arrays[k] for k in solid]):
            places = [solid[place] for place in group.places]
            if isinstance(group, Rows):
                totals[places] = _row_sums(group.matrix, of)
            else:
                entries = of(group.flat).astype(np.float64)
                totals[places] = np.add.reduceat(entries, np.array(group.starts, np.intp))
        for k in set(range(len(arrays))).difference(solid):
            totals[k] = np.sum(of(arrays[k]), dtype=np.float64)
    found = totals[[slots[node] for node in origins]]
    # A node that repeats another n times has n times its sum.
    repeats = [
        plan.array(node).size / max(1, plan.array(origin).size)
        for node, origin in zip(wanted, origins, strict=True)
    ]
    total: Floats = found * np.array(repeats)
    return total


def _row_sums(matrix: Array, of: Entrywise) -> Floats:
    rows = max(1, _AT_ONCE // max(1, matrix.shape[1]))
    parts = [
        np.sum(of(matrix[k : k + rows]), axis=1, dtype=np.float64)
        for k in range(0, len(matrix), rows)
    ]
    return np.concatenate(parts)
