"""The batch as libraries with samples as rows take it."""

import numpy as np

from engine.support.arrays import Array
from tests.bench.workloads import Case


def rows_of(case: Case) -> tuple[list[Array], Array]:
    """A list of x (batch, …), one a time step where there are any; y (batch, outputs)."""
    steps = case.x if case.workload.sequence else case.x[np.newaxis]
    return [np.ascontiguousarray(np.moveaxis(x, -1, 0)) for x in steps], np.ascontiguousarray(
        case.y.T
    )
