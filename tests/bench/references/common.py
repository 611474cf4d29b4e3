"""What the hand-written steps share: flat vectors, arenas of equal buffers, rows of history.

Samples are columns. A layer's weight and bias are one matrix W̃ᵀ = [Wᵀ; b] of shape
(in + 1, out), multiplied with inputs that have a last row of ones: the bias costs no call, and
the gradients of weight and bias are each contiguous, for their norms.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.bench.workloads import Case

Array = NDArray[np.float32]
ROWS = 256  # of history, used in turn
ONE = np.array(1, np.float32)


def scalar(value: float) -> Array:
    """A 0-d array: numpy takes it twice as fast as a Python number."""
    return np.array(value, np.float32)


def floats(*shape: int) -> Array:
    """An uninitialised float32 array."""
    return np.empty(shape, np.float32)


def with_ones(x: Array) -> Array:
    """x (features, batch) with a last row of ones."""
    return np.concatenate([x, np.ones((1, *x.shape[1:]), np.float32)])


class Flat:
    """Parameters and their gradients in flat vectors; an update is two calls.

    Attributes
    ----------
    value, gradient:
        Views by layer, each in its own shape.
    """

    def __init__(self, start: Mapping[str, Array], rate: float) -> None:
        total = sum(array.size for array in start.values())
        self.theta, self.slope, self.scratch = (np.zeros(total, np.float32) for _ in range(3))
        self.value: dict[str, Array] = {}
        self.gradient: dict[str, Array] = {}
        self.rate = scalar(rate)
        place = 0
        for name, array in start.items():
            part = slice(place, place + array.size)
            self.value[name] = self.theta[part].reshape(array.shape)
            self.gradient[name] = self.slope[part].reshape(array.shape)
            self.value[name][...] = array
            place = part.stop

    def sgd(self) -> Callable[[], None]:
        """θ ← θ − η g."""
        theta, slope, scratch, rate = self.theta, self.slope, self.scratch, self.rate
        multiply, subtract = np.multiply, np.subtract

        def update() -> None:
            multiply(slope, rate, scratch)
            subtract(theta, scratch, theta)

        return update


class History:
    """Rows of recorded norms: sums of squares come in, one call puts their roots away."""

    def __init__(self, count: int) -> None:
        self.squares = np.zeros(count, np.float32)
        self.table = np.zeros((ROWS, count), np.float32)
        self._rows = list(self.table)
        self._taken = 0

    def part(self, start: int, *shape: int) -> Array:
        """Where sums of squares go, from this place of a row on."""
        return self.squares[start : start + int(np.prod(shape))].reshape(shape)

    def keep(self) -> None:
        """Finish a row."""
        np.sqrt(self.squares, self._rows[self._taken % ROWS])
        self._taken += 1

    def last(self) -> Array:
        """The row finished last."""
        return self.table[(self._taken - 1) % ROWS]


class Reference:
    """A hand-written step: ``step()`` trains once; the rest is for checking it."""

    flat: Flat
    history: History | None

    def __init__(self, case: Case, *, record: bool) -> None:
        self.case = case
        self.record = record
        self.history = None
        self.losses = np.zeros(1, np.float32)
        self.step: Callable[[], None]

    def loss(self) -> float:
        """The objective of the last forward pass."""
        return float(self.losses[0])

    def norms(self) -> Array:
        """The norms recorded last."""
        assert self.history is not None
        return self.history.last()

    def gradients(self) -> dict[str, Array]:
        """The gradients of the last backward pass, by the engine's names and shapes."""
        return self.named(self.flat.gradient)

    def named(self, flat: Mapping[str, Array]) -> dict[str, Array]:
        """Views by layer as parameters by name."""
        found: dict[str, Array] = {}
        for layer, joined in flat.items():
            if joined.ndim == 1:
                found[layer] = joined
            else:
                found[f"{layer}.weight"] = joined[:-1].T
                found[f"{layer}.bias"] = joined[-1]
        return found


def joined(case: Case, layer: str) -> Array:
    """[Wᵀ; b] of a linear layer."""
    weight, bias = case.start[f"{layer}.weight"], case.start[f"{layer}.bias"]
    return np.concatenate([weight.T, bias[np.newaxis]])


def joined_layers(case: Case) -> dict[str, Array]:
    """[Wᵀ; b] of every linear layer, in order."""
    names = [name.removesuffix(".weight") for name in case.start if name.endswith(".weight")]
    return {name: joined(case, name) for name in names}


def cross_entropy(o: Array, y: Array, gradient: Array, losses: Array) -> Callable[[], None]:
    """L = mean over the batch of −ln softmax(o) at y into losses[0]; ∂L/∂o into ``gradient``."""
    classes, batch = o.shape
    top, total, logs = floats(batch), floats(batch), floats(batch)
    shifted, exps = floats(*o.shape), floats(*o.shape)
    ones, over = np.ones(classes, np.float32), np.ones(batch, np.float32)
    shares = (y / batch).astype(np.float32)
    count = scalar(batch)
    flat_shares, flat_shifted = shares.reshape(-1), shifted.reshape(-1)
    maximum: Any = np.maximum.reduce
    subtract, exp, log = np.subtract, np.exp, np.log
    multiply, divide = np.multiply, np.divide

    def run() -> None:
        maximum(o, 0, None, top)
        subtract(o, top, shifted)
        exp(shifted, exps)
        ones.dot(exps, total)
        log(total, logs)
        losses[0] = over.dot(logs) / batch - flat_shares.dot(flat_shifted)
        multiply(total, count, total)
        divide(exps, total, gradient)
        subtract(gradient, shares, gradient)

    return run
