"""``Measured``: a quantity of every node at one moment, also of closed groups of nodes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.support.arrays import Flags, Floats
from engine.support.norms import norms_by_group

Indices = NDArray[np.intp]


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
        add = norms_by_group if self.squared else _sums_of
        parts = add(np.where(known, self.parts[index], 0.0), owner, count)
        if self.wholes is None:
            return parts, ready
        wholes = add(np.where(known, self.wholes[index], 0.0), owner, count)
        return _ratio(parts, wholes), ready


def _ratio(parts: Floats, wholes: Floats | None) -> Floats:
    """Part / whole, with 0 / 0 = 0: a parameter of zeros that is not updated."""
    if wholes is None:
        return parts
    with np.errstate(all="ignore"):
        return np.where((parts == 0) & (wholes == 0), 0.0, parts / wholes)


def _sums_of(values: Floats, owner: Indices, count: int) -> Floats:
    total: Floats = np.bincount(owner, values, count).astype(np.float64)
    return total
