"""Arrays as tables of numbers: which are small enough, and their text for the clipboard."""

from __future__ import annotations

import numpy as np

MOST_CELLS = 12  # most rows and columns that are shown as a table by default
MOST_NUMBERS = 100_000  # most entries shown as a table at all


def as_matrix(array: np.ndarray) -> np.ndarray:
    """Return the array as a matrix: a vector as one column, leading axes joined to rows."""
    if array.ndim == 2:
        return array
    if array.ndim < 2:
        return array.reshape(-1, 1)
    return array.reshape(-1, array.shape[-1])


def is_small(array: np.ndarray) -> bool:
    """Whether the array is shown as a table of numbers by default."""
    return max(as_matrix(array).shape) <= MOST_CELLS


def as_text(array: np.ndarray) -> str:
    """Return the numbers in full precision as tab-separated lines, as spreadsheets read them."""
    rows = as_matrix(array).tolist()
    return "\n".join("\t".join(repr(value) for value in row) for row in rows)
