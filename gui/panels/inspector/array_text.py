"""Arrays as numbers in rows: which are small enough for it, and their text for the clipboard."""

from __future__ import annotations

import numpy as np

MOST_CELLS = 12  # of a side, for a table unasked
MOST_NUMBERS = 100_000  # in a table at all


def as_matrix(array: np.ndarray) -> np.ndarray:
    """The array as rows and columns: a vector as one column, leading axes laid out as rows."""
    if array.ndim == 2:
        return array
    if array.ndim < 2:
        return array.reshape(-1, 1)
    return array.reshape(-1, array.shape[-1])


def is_small(array: np.ndarray) -> bool:
    """Whether all numbers are shown unasked."""
    return max(as_matrix(array).shape) <= MOST_CELLS


def as_text(array: np.ndarray) -> str:
    """The numbers in full precision, separated by tabs and line ends, as spreadsheets take them."""
    rows = as_matrix(array).tolist()
    return "\n".join("\t".join(repr(value) for value in row) for row in rows)
