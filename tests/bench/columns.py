"""The columns of a workload, and the proof that all of them do the same."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from engine.support.arrays import Array
from tests.bench.measure import repeatedly
from tests.bench.ours import Ours
from tests.bench.references.numpy_conv import Lenet
from tests.bench.references.numpy_lstm import Lstm
from tests.bench.references.numpy_mlp import Deep, Tiny, Wide
from tests.bench.references.numpy_recurrent import Rnn
from tests.bench.references.numpy_residual import Residual
from tests.bench.workloads import Case, Workload

STEPS = 20
LOSS_TOLERANCE = 1e-3  # relative, at every one of the steps: float32 sums in other orders
GRADIENT_TOLERANCE = 1e-4  # of the largest entry, at step 0
NORM_TOLERANCE = 1e-4  # relative, at step 0

BY_HAND: dict[str, Any] = {
    "W1": Tiny,
    "W2": Wide,
    "W3": Deep,
    "W4": Residual,
    "W5": Lenet,
    "W6": Rnn,
    "W7": Lstm,
}
LIBRARIES = {"torch": ("torch_models", "Torch"), "jax": ("jax_models", "Jax")}


class Column(Protocol):
    """One way to make a training step."""

    @property
    def step(self) -> Callable[[], None]: ...
    def loss(self) -> float: ...
    def gradients(self) -> dict[str, Array]: ...
    def norms(self) -> Array: ...


def counted(column: Column) -> Callable[[int], None]:
    """Return what takes so many steps of a column: by its own loop where it has one."""
    return column.steps if isinstance(column, Ours) else repeatedly(column.step)


@dataclass(frozen=True)
class Library:
    """PyTorch or JAX where it is installed, else why it is left out."""

    name: str
    version: str
    make: Callable[..., Column] | None

    @property
    def note(self) -> str:
        """A line for the report."""
        return self.version if self.make else f"{self.name}: not installed, column skipped"


def library(name: str) -> Library:
    """Import a library's column, if the library is there."""
    module, kind = LIBRARIES[name]
    try:
        importlib.import_module(name)
    except ImportError:
        return Library(name, "", None)
    found = importlib.import_module(f"tests.bench.references.{module}")
    return Library(name, found.VERSION, getattr(found, kind))


def columns_of(workload: Workload, libraries: list[Library]) -> dict[str, Column]:
    """Every column of a workload, all starting from our parameters.

    Names end in "+" where norms are recorded.
    """
    ours = Ours(workload, record=True)
    case = ours.case(workload)
    columns: dict[str, Column] = {
        "ours+": ours,
        "ours": Ours(workload, record=False),
        "numpy+": BY_HAND[workload.name](case, record=True),
        "numpy": BY_HAND[workload.name](case, record=False),
    }
    for one in libraries:
        if one.make is not None:
            columns[f"{one.name}+"] = one.make(case, record=True)
    return columns


@dataclass
class Agreement:
    """How far the columns are from ours, the largest difference of each kind.

    ``wrong`` names what is beyond its tolerance.
    """

    loss: float
    gradient: float
    counts: dict[str, int]
    missing: dict[str, int]
    wrong: list[str]


def agreement(columns: dict[str, Column], steps: int = STEPS) -> Agreement:
    """Train all columns and compare gradients and norms of step 0 and every step's loss."""
    result = Agreement(0.0, 0.0, {}, {}, [])
    first: dict[str, Array] = {}
    for step in range(steps):
        for name, column in columns.items():
            column.step()
            if step == 0:
                _compare_gradients(result, name, column, columns["ours+"])
                if name.endswith("+"):
                    first[name] = column.norms().copy()
            _compare_losses(result, name, column, columns["ours+"], step)
    # what never changes, such as ∂J/∂L = 1, nobody records by hand
    moving = first["ours+"] != columns["ours+"].norms()
    result.counts = {name: len(norms[norms > 0]) for name, norms in first.items()}
    expected = first["ours+"][moving]
    result.missing = {name: _missing(expected, norms) for name, norms in first.items()}
    if result.missing["numpy+"]:
        result.wrong.append(f"numpy+: {result.missing['numpy+']} norms of ours are not recorded")
    return result


def _compare_gradients(result: Agreement, name: str, column: Column, ours: Column) -> None:
    expected, found = ours.gradients(), column.gradients()
    if set(found) != set(expected):
        result.wrong.append(f"{name}: other parameters than ours")
        return
    for key, array in expected.items():
        off = float(np.abs(found[key] - array).max() / max(np.abs(array).max(), 1e-30))
        result.gradient = max(result.gradient, off)
        if not off <= GRADIENT_TOLERANCE:
            result.wrong.append(f"{name}: gradient of {key} differs by {off:.1g}")


def _compare_losses(result: Agreement, name: str, column: Column, ours: Column, step: int) -> None:
    expected = ours.loss()
    off = abs(column.loss() - expected) / abs(expected)
    result.loss = max(result.loss, off)
    if not off <= LOSS_TOLERANCE:
        result.wrong.append(f"{name}: loss of step {step} differs by {off:.1g}")


def _missing(expected: Array, found: Array) -> int:
    """How many of the norms expected are not among those found."""
    ordered = np.sort(found.astype(np.float64))
    right = np.clip(np.searchsorted(ordered, expected), 0, len(ordered) - 1)
    left = np.clip(right - 1, 0, None)
    nearest = np.minimum(np.abs(ordered[right] - expected), np.abs(ordered[left] - expected))
    return int(np.sum(nearest > NORM_TOLERANCE * expected))


def case_of(workload: Workload) -> Case:
    """What every column of a workload starts from."""
    return Ours(workload, record=True).case(workload)
