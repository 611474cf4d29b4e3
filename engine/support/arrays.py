"""What an array is called in types, and arrays that nobody may change any more."""

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
DType: TypeAlias = np.dtype[Any]
Floats: TypeAlias = NDArray[np.float64]
Flags: TypeAlias = NDArray[np.bool_]


def frozen(array: Array | None) -> Array | None:
    """Return a read-only copy."""
    if array is None:
        return None
    copied = np.array(array)
    copied.flags.writeable = False
    return copied
