"""The norms of many arrays that stay where they are, in a handful of numpy calls.

Arrays of one size that lie at equal distances in memory are the rows of one matrix, and a matrix
gives the sums of squares of all its rows in one ``np.vecdot``: 50 µs for 200 arrays of 4,096
numbers, two to four times as fast as one by one. Sums of squares are bare here, unlike in
``engine.support.norms``, for speed: an array whose sum may have under- or overflown is measured
again with the functions there.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from engine.graph.op import BoundCall
from engine.support.arrays import Array
from engine.support.norms import LONGEST_SUM, norm, norms, trustworthy

FAST = (np.float32, np.float64)


# Adjacent arrays of at most this many elements together are squared in one call (see ``Span``).
_SPAN = 8192


@dataclass(frozen=True)
class Rows:
    """Arrays of one size as the rows of a matrix; ``places[k]`` is the array that row k is."""

    matrix: Array
    places: list[int]

    def calls(self, sums: Array) -> list[BoundCall]:
        """Return the calls that write the sums of squares into ``sums`` (rows,).

        Single precision adds up at most ``LONGEST_SUM`` squares at a time; these sums are added
        pairwise.
        """
        matrix = self.matrix
        rows, columns = matrix.shape
        count = columns // LONGEST_SUM
        if matrix.dtype == np.float64 or count == 0 or columns == LONGEST_SUM:
            if rows == 1:  # half the price of vecdot
                return [(matrix[0].dot, (matrix[0], sums.reshape(())))]
            return [(np.vecdot, (matrix, matrix, sums))]
        down, along = matrix.strides
        blocks = as_strided(matrix, (rows, count, LONGEST_SUM), (down, LONGEST_SUM * along, along))
        parts = np.zeros((rows, count + 1), matrix.dtype)
        calls: list[BoundCall] = [(np.vecdot, (blocks, blocks, parts[:, :-1]))]
        if columns % LONGEST_SUM:
            rest = matrix[:, count * LONGEST_SUM :]
            calls.append((np.vecdot, (rest, rest, parts[:, -1])))
        return [*calls, (np.add.reduce, (parts, 1, None, sums))]

    def norms(self, chosen: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the norms of the chosen rows by the slow path that cannot under- or overflow."""
        return norms(self.matrix[chosen])

    @property
    def lowest(self) -> float:
        """The least sum of squares that can be trusted."""
        return trustworthy(self.matrix.dtype, self.matrix.shape[1])


@dataclass(frozen=True)
class Span:
    """Adjacent small arrays of any sizes: ``flat`` in parts that begin at ``starts``.

    ``places[k]`` is the array that part k is.
    """

    flat: Array
    starts: list[int]
    places: list[int]

    def calls(self, sums: Array) -> list[BoundCall]:
        """Return the calls that write the sums of squares into ``sums`` (parts,)."""
        squares = np.empty_like(self.flat)
        return [
            (np.square, (self.flat, squares)),
            (np.add.reduceat, (squares, np.array(self.starts, np.intp), 0, None, sums)),
        ]

    def norms(self, chosen: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the norms of the chosen parts by the slow path that cannot under- or overflow."""
        ends = [*self.starts[1:], self.flat.size]
        return np.array([norm(self.flat[self.starts[k] : ends[k]]) for k in chosen.tolist()])

    @property
    def lowest(self) -> float:
        """The least sum of squares that can be trusted."""
        return trustworthy(self.flat.dtype, self.flat.size)


Group = Rows | Span


class Recording:
    """L2 norms of a fixed list of arrays, each as accurate as ``engine.support.norms.norm``.

    Parameters
    ----------
    arrays:
        Contiguous arrays (in row or column order) of one dtype, whose values change in place.
    """

    def __init__(self, arrays: Sequence[Array]) -> None:
        dtype = arrays[0].dtype if arrays else np.dtype(np.float64)
        self._fast = dtype in FAST
        self._groups = grouped(arrays)
        self._places = np.array([p for group in self._groups for p in group.places], np.intp)
        self._sums = np.zeros(len(arrays), dtype if self._fast else np.float64)
        self._calls: list[BoundCall] = []
        for first, group in self._located():
            if self._fast:
                self._calls += group.calls(self._sums[first : first + len(group.places)])

    def _located(self) -> list[tuple[int, Group]]:
        first, found = 0, []
        for group in self._groups:
            found.append((first, group))
            first += len(group.places)
        return found

    def measure(self) -> NDArray[np.float64]:
        """Return a new vector of the norms, in the order of the arrays."""
        found = np.empty(len(self._sums))
        row = np.empty(len(self._sums))
        with np.errstate(all="ignore"):
            for function, arguments in self._calls:
                function(*arguments)
            np.sqrt(self._sums, row)
            for first, group in self._located():
                sums = self._sums[first : first + len(group.places)]
                good = (sums >= group.lowest) & (sums < math.inf) & self._fast
                if not good.all():
                    bad = np.flatnonzero(~good)
                    row[first + bad] = group.norms(bad)
        found[self._places] = row
        return found


def grouped(arrays: Sequence[Array]) -> list[Group]:
    """Return groups of the arrays, each of which is measured in one call.

    Raises
    ------
    ValueError
        If an array is not contiguous.
    """
    if not all(array.flags.forc for array in arrays):
        raise ValueError("only contiguous arrays have their norms recorded")
    arrays = [array if array.flags.c_contiguous else array.T for array in arrays]
    by_root: dict[int, list[int]] = {}
    for index, array in enumerate(arrays):
        by_root.setdefault(id(_root(array)), []).append(index)
    found: list[Group] = []
    for places in by_root.values():
        places.sort(key=lambda place: (arrays[place].ctypes.data, arrays[place].size))
        span = _span(arrays, places)
        found += [span] if span is not None else _rows(arrays, places)
    return found


def _span(arrays: Sequence[Array], places: list[int]) -> Span | None:
    """The arrays as one ``Span``; None where there are gaps, too many elements, or few sizes."""
    sizes = [arrays[place].size for place in places]
    first = arrays[places[0]]
    starts = [(arrays[p].ctypes.data - first.ctypes.data) // first.itemsize for p in places]
    total = sum(sizes)
    solid = starts == np.cumsum([0, *sizes[:-1]]).tolist() and 0 not in sizes
    if not solid or total > _SPAN or len(set(sizes)) < 3:
        return None
    flat = as_strided(first.reshape(-1), (total,), (first.itemsize,))
    return Span(flat, starts, places)


def _rows(arrays: Sequence[Array], places: list[int]) -> list[Group]:
    """The arrays, sorted by address, as rows at equal distances."""
    by_size: dict[int, list[int]] = {}
    for place in places:
        by_size.setdefault(arrays[place].size, []).append(place)
    found: list[Group] = []
    for elements, same in by_size.items():
        addresses = [arrays[place].ctypes.data for place in same]
        first = 0
        while first < len(same):
            last, step = first + 1, 0
            while last < len(same) and step in (0, addresses[last] - addresses[last - 1]):
                step = addresses[last] - addresses[last - 1]
                last += 1
            flat = arrays[same[first]].reshape(-1)
            strides = step or flat.nbytes, flat.itemsize
            matrix = as_strided(flat, (last - first, elements), strides)
            found.append(Rows(matrix, same[first:last]))
            first = last
    return found


def _root(array: Array) -> Array:
    """The array that owns the memory."""
    while isinstance(array.base, np.ndarray):
        array = array.base
    return array
