"""L2 norms that are accurate for every array: no underflow, overflow or lost digits.

The plain ‖a‖ = √(Σ aᵢ²) fails in three ways that matter for gradients: in float32 the squares of
gradients below 1e-19 vanish, those above 1e19 overflow, and one running float32 sum over a million
entries is off by 1e-4. Here sums run over short blocks that are added in float64, and an array
whose sum of squares looks suspicious is scaled by a power of two first (exact, as in LAPACK's
``nrm2``; Blue, "A portable Fortran program to find the Euclidean norm of a vector", 1978).
"""

import math
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

# A float32 sum of this many squares is accurate to about 1e-6.
LONGEST_SUM = 4096
# Each square loses at most the smallest normal number to underflow, so a sum of n squares that is
# this many times n times that number is accurate to 1e-6.
_SAFETY = 1e6


def norm(array: NDArray[Any]) -> float:
    """Return the L2 norm of all entries of a real array of any shape.

    Right to 1e-5 relative for every float16, float32 and float64 array, subnormal numbers
    included; infinite only where the norm exceeds float64 or an entry is infinite. NaN if there
    is a NaN; 0 for an empty array.

    >>> f"{norm(np.array([3e-30, 4e-30], dtype=np.float32)):.5g}"
    '5e-30'
    """
    flat = array.ravel(order="K")
    if flat.dtype != np.float32 and flat.dtype != np.float64:
        return float(_safe(flat[np.newaxis])[0])
    with np.errstate(all="ignore"):
        whole = flat.size - flat.size % LONGEST_SUM if flat.dtype == np.float32 else 0
        rest = flat[whole:]
        total = float(np.vecdot(rest, rest))
        if whole:
            blocks = flat[:whole].reshape(-1, LONGEST_SUM)
            total += float(np.vecdot(blocks, blocks).sum(dtype=np.float64))
    if trustworthy(flat.dtype, flat.size) <= total < math.inf:
        return math.sqrt(total)
    return float(_safe(flat[np.newaxis])[0])


def norms(matrix: NDArray[Any]) -> NDArray[np.float64]:
    """Return the L2 norm of each row of a (rows, columns) matrix, shape (rows,), in one call.

    As accurate as ``norm``; rows whose sum of squares is tiny, zero or not finite are computed
    again on the safe path, all at once.

    Raises
    ------
    ValueError
        If the array is not two-dimensional.
    """
    if matrix.ndim != 2:
        raise ValueError(f"norms takes a matrix, not shape {matrix.shape}")
    columns = matrix.shape[1]
    if matrix.dtype != np.float32 and matrix.dtype != np.float64:
        return _safe(matrix)
    if len(matrix) == 1:
        return np.array([norm(matrix)])
    with np.errstate(all="ignore"):
        if matrix.dtype == np.float32 and columns > LONGEST_SUM:
            totals = _in_blocks(matrix)
        else:
            totals = np.vecdot(matrix, matrix).astype(np.float64)
        result: NDArray[np.float64] = np.sqrt(totals)
    bad = ~((totals >= trustworthy(matrix.dtype, columns)) & (totals < math.inf))
    if bad.any():
        result[bad] = _safe(matrix[bad])
    return result


def norms_by_group(
    values: NDArray[np.float64], owner: NDArray[np.intp], count: int
) -> NDArray[np.float64]:
    """Return √(Σ v²) of each of ``count`` groups, shape (count,); entry k belongs to ``owner[k]``.

    For groups of unequal size, as the nodes in a closed group of the graph. NaN where a member is
    NaN; 0 for a group without members.
    """
    largest = np.zeros(count)
    np.fmax.at(largest, owner, np.abs(values))
    # The square of 1e-200 is 0: each group is scaled by its largest entry before squaring.
    scale = np.where((largest > 0) & np.isfinite(largest), largest, 1.0)
    with np.errstate(all="ignore"):
        squares = (values / scale[owner]) ** 2
        total: NDArray[np.float64] = np.sqrt(np.bincount(owner, squares, count)) * scale
    return total


def _in_blocks(matrix: NDArray[Any]) -> NDArray[np.float64]:
    """Return the sums of squares of long float32 rows, each block's added in float64."""
    rows, columns = matrix.shape
    count = columns // LONGEST_SUM
    down, along = matrix.strides
    blocks = as_strided(
        matrix, (rows, count, LONGEST_SUM), (down, LONGEST_SUM * along, along), writeable=False
    )
    totals: NDArray[np.float64] = np.vecdot(blocks, blocks).sum(axis=1, dtype=np.float64)
    rest = matrix[:, count * LONGEST_SUM :]
    totals += np.vecdot(rest, rest)
    return totals


def trustworthy(dtype: "np.dtype[Any]", count: int) -> float:
    """Return the least sum of ``count`` squares that is accurate in spite of underflow."""
    tiny = 1.2e-38 if dtype == np.float32 else 2.3e-308
    return _SAFETY * tiny * max(count, 1)


def _safe(matrix: NDArray[Any]) -> NDArray[np.float64]:
    """Return the row norms computed in float64; rows of float64 are scaled to at most 1 first."""
    rows = matrix.astype(np.float64)
    result: NDArray[np.float64]
    with np.errstate(all="ignore"):
        if matrix.dtype != np.float64:  # float64 holds the square of every narrower number
            result = np.sqrt(np.vecdot(rows, rows))
            return result
        np.abs(rows, out=rows)
        peaks = rows.max(axis=1, initial=0.0)
        exponents = np.frexp(np.where(np.isfinite(peaks), peaks, 0.0))[1]
        np.ldexp(rows, -exponents[:, np.newaxis], out=rows)
        result = np.ldexp(np.sqrt(np.vecdot(rows, rows)), exponents)
    return np.where(np.isfinite(peaks), result, peaks)
