"""Type aliases of arrays, and read-only arrays."""

from typing import Any, TypeAlias, TypeVar

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
DType: TypeAlias = np.dtype[Any]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]
ArrayT = TypeVar("ArrayT", bound=Array)


def read_only(array: ArrayT) -> ArrayT:
    """Make the array itself read-only and return it."""
    array.flags.writeable = False
    return array


def frozen(array: Array | None) -> Array | None:
    """Return a read-only copy."""
    if array is None:
        return None
    return read_only(np.array(array))
