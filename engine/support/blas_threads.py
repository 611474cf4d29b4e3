"""How many threads numpy's matrix products use: one unless told otherwise.

On matrices as small as these a second thread helps little and stalls while the window is busy.
The environment variables decide what a BLAS starts with, also in the processes of a sweep;
threadpoolctl changes the one that is loaded. Standard library only on import: this runs before
numpy does.
"""

from __future__ import annotations

import os
from typing import Any

DEFAULT = 1
VARIABLES = (
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)


def prepare() -> None:
    """Set one thread in the environment unless the user has set it; before numpy's import."""
    for name in VARIABLES:
        os.environ.setdefault(name, str(DEFAULT))


def use(count: int) -> int:
    """Use this many threads from the next product on; return how many are then in use.

    Must not run during a product: call it on the thread that computes.
    """
    for name in VARIABLES:
        os.environ[name] = str(count)
    for library in _libraries():
        library.set_num_threads(count)
    return in_use()


def in_use() -> int:
    """Return how many threads products use, 0 where the BLAS does not say (Apple's Accelerate)."""
    return max((int(library.num_threads or 0) for library in _libraries()), default=0)


def choices() -> tuple[int, ...]:
    """Return the counts worth choosing here: powers of two up to the processors this one may use.

    >>> choices()[0]
    1
    """
    most = processors()
    powers = [2**k for k in range(most.bit_length())]
    return tuple(dict.fromkeys([*powers, most]))


def processors() -> int:
    """Return how many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _libraries() -> list[Any]:
    import numpy as np  # noqa: F401  threadpoolctl finds only a BLAS that is loaded
    from threadpoolctl import ThreadpoolController

    return list(ThreadpoolController().select(user_api="blas").lib_controllers)
