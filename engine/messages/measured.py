"""A quantity of every node at one moment, and sums over the entries of many arrays."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.execution.norm_groups import Rows, grouped
from engine.support.arrays import Array, Flags, Floats

if TYPE_CHECKING:
    from engine.execution.plan import Plan

Indices = NDArray[np.intp]
Entrywise = Callable[[Array], Array]
# So many entries are looked at in one go: what a comparison writes down takes no more memory.
_AT_ONCE = 1 << 22


@dataclass(frozen=True)
class Measured:
    """A quantity of every forward node at one moment.

    Attributes
    ----------
    name:
        The quantity's.
    parts, wholes:
        (nodes,) the quantity is part / whole; ``wholes`` None: the part itself. They are norms
        where ``squared``, else sums over the entries. NaN where not ``ready``.
    ready, exists:
        (nodes,) whether it is computed yet in this pass, and whether the node has it at all.
    """

    name: str
    parts: Floats
    wholes: Floats | None
    squared: bool
    ready: Flags
    exists: Flags

    @property
    def values(self) -> Floats:
        """The quantity of each node (nodes,), NaN where there is none."""
        return _ratio(self.parts, self.wholes)

    def of_groups(self, count: int, index: Indices, owner: Indices) -> tuple[Floats, Flags]:
        """Return the quantity of ``count`` groups, and whether all of their members' are ready.

        Node ``index[k]`` belongs to group ``owner[k]``: √(Σ part²) / √(Σ whole²) of norms,
        Σ part / Σ whole of sums, over the members that have the quantity.
        """
        there = self.exists[index]
        index, owner = index[there], owner[there]
        ready = np.bincount(owner, ~self.ready[index], count) == 0
        known = self.ready[index]
        add = _norms_of if self.squared else _sums_of
        parts = add(np.where(known, self.parts[index], 0.0), owner, count)
        if self.wholes is None:
            return parts, ready
        wholes = add(np.where(known, self.wholes[index], 0.0), owner, count)
        return _ratio(parts, wholes), ready


def _ratio(parts: Floats, wholes: Floats | None) -> Floats:
    """Part / whole; nothing of nothing is 0: a parameter of zeros that stays where it is."""
    if wholes is None:
        return parts
    with np.errstate(all="ignore"):
        return np.where((parts == 0) & (wholes == 0), 0.0, parts / wholes)


def _sums_of(values: Floats, owner: Indices, count: int) -> Floats:
    total: Floats = np.bincount(owner, values, count).astype(np.float64)
    return total


def _norms_of(values: Floats, owner: Indices, count: int) -> Floats:
    """√(Σ v²) by owner. Squares of 1e-200 are 0: scaled by the group's largest before squaring."""
    largest = np.zeros(count)
    np.fmax.at(largest, owner, np.abs(values))
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    with np.errstate(all="ignore"):
        squares = (values / scale[owner]) ** 2
        total: Floats = np.sqrt(np.bincount(owner, squares, count)) * scale
    return total


def sums(plan: Plan, nodes: Iterable[int], of: Entrywise) -> Floats:
    """Return Σ of(entry) for the value of each of these nodes, added up in float64.

    What shares memory is looked at once, and arrays of one size that lie at equal distances as
    the rows of one matrix.
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
    # What is repeated n times has n times the sum.
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
