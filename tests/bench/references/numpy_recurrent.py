"""The tanh RNN by hand (W6), and what the LSTM shares: one product a time step each way.

The inputs of a step, [x_t; h_{t−1}; 1], lie one below the other, so that W_ih, W_hh and the biases
are one matrix. b_ih and b_hh always have the same gradient: one of them is trained by hand, and
both are updated alike.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise

import numpy as np

from tests.bench.references.common import (
    ONE,
    Array,
    Flat,
    History,
    Reference,
    cross_entropy,
    floats,
    joined,
)
from tests.bench.workloads import Case

SIGMOIDS_FIRST = (0, 1, 3, 2)  # i f o g in place of the engine's i f g o: one slice for σ


class Recurrent(Reference):
    """What both have in common: weights, inputs, the last layer, and the sum over time."""

    def __init__(self, case: Case, *, record: bool) -> None:
        super().__init__(case, record=record)
        self.steps, self.features, self.batch = case.x.shape
        self.units = case.start["cell.weight_hh"].shape[1]
        self.gate_count = len(case.start["cell.weight_hh"]) // self.units
        start = {"cell": self._joined_cell(), "last": joined(case, "linear1")}
        self.flat = Flat(start, case.workload.rate)
        self.width = self.features + self.units
        self.u = np.ones((self.steps + 1, self.width + 1, self.batch), np.float32)
        self.u[: self.steps, : self.features] = case.x
        self.u[0, self.features : self.width] = 0
        self.o, self.do = floats(10, self.batch), floats(10, self.batch)

    def _joined_cell(self) -> Array:
        """[W_ihᵀ; W_hhᵀ; b_ih + b_hh] with the gates in the order used here."""
        start = self.case.start
        ih, hh = start["cell.weight_ih"], start["cell.weight_hh"]
        bias = start["cell.bias_ih"] + start["cell.bias_hh"]
        every = np.concatenate([ih.T, hh.T, bias[np.newaxis]])
        return self.ordered(every)

    def ordered(self, matrix: Array) -> Array:
        """Exchange the columns of gates g and o; the same again undoes it."""
        if self.gate_count == 1:
            return matrix
        parts = matrix.reshape(len(matrix), 4, -1)[:, SIGMOIDS_FIRST]
        return np.ascontiguousarray(parts).reshape(matrix.shape)

    def named(self, flat: Mapping[str, Array]) -> dict[str, Array]:
        """Split the joined matrix by the engine's names."""
        cell, last = self.ordered(flat["cell"]), flat["last"]
        return {
            "cell.weight_ih": cell[: self.features].T,
            "cell.weight_hh": cell[self.features : self.width].T,
            "cell.bias_ih": cell[-1],
            "cell.bias_hh": cell[-1],
            "linear1.weight": last[:-1].T,
            "linear1.bias": last[-1],
        }

    def _update(self) -> Callable[[], None]:
        """SGD; the joined bias is b_ih + b_hh, each of which takes a step of its own."""
        update, bias = self.flat.sgd(), self.flat.value["cell"][-1]
        slope, moved = self.flat.gradient["cell"][-1], floats(self.flat.value["cell"].shape[1])
        rate, multiply, subtract = self.flat.rate, np.multiply, np.subtract

        def run() -> None:
            update()
            multiply(slope, rate, moved)
            subtract(bias, moved, bias)

        return run

    def _sum_over_time(self, dz: Array) -> Callable[[], None]:
        """The cell's gradient; recorded, it is the sum of the steps' contributions."""
        u, slope = self.u[: self.steps], self.flat.gradient["cell"]
        dz_t, matmul = dz.transpose(0, 2, 1), np.matmul
        shares = floats(self.steps, *slope.shape)
        total, ones = slope.reshape(-1), np.ones(self.steps, np.float32)
        flat = shares.reshape(self.steps, -1)
        columns = slope.shape[1]
        cut = [0, self.features * columns, self.width * columns, slope.size]
        ih, hh, bias = (flat[:, a:b] for a, b in pairwise(cut))
        self.shares = [ih, hh[1:], bias]  # before the first step there is no state
        self.totals = [total[a:b] for a, b in pairwise(cut)]

        def run() -> None:
            matmul(u, dz_t, shares)
            ones.dot(flat, total)

        return run

    def _sum_at_once(self, dz: Array) -> Callable[[], None]:
        """The cell's gradient as one long product, where nobody asks for the shares."""
        u, slope = self.u[: self.steps], self.flat.gradient["cell"]
        rows, by_row = floats(*_turned(u)), floats(*_turned(dz))
        left = rows.reshape(-1, rows.shape[2]).T.dot
        right = by_row.reshape(-1, by_row.shape[2])
        u_t, dz_t, copyto = u.transpose(0, 2, 1), dz.transpose(0, 2, 1), np.copyto

        def run() -> None:
            copyto(rows, u_t)
            copyto(by_row, dz_t)
            left(right, slope)

        return run

    def _top(self, dh: Array) -> Callable[[], None]:
        """The last layer forward, the loss, and back to the last state."""
        loss = cross_entropy(self.o, self.case.y, self.do, self.losses)
        w, g = self.flat.value["last"], self.flat.gradient["last"]
        last = self.u[self.steps, self.features :]
        forward, outer, back = w.T.dot, last.dot, w[:-1].dot
        o, do, do_t = self.o, self.do, self.do.T

        def run() -> None:
            forward(last, o)
            loss()
            outer(do_t, g)
            back(do, dh)

        return run

    def _recording(self, rows: list[Array], extra: int = 0) -> Callable[[], None]:
        """Square and sum the shares, the totals, the last layer's gradients and ``rows``."""
        g = self.flat.gradient["last"]
        single = [*self.totals, g[:-1].reshape(-1), g[-1], self.do.reshape(-1)]
        arrays = [*self.shares, *rows]
        self.history = History(sum(_rows(a) for a in arrays) + len(single) + extra)
        place, parts = 0, []
        for array in [*arrays, *single]:
            many = array.ndim > 1
            where = self.history.part(place, *array.shape[:-1])
            parts.append((array, where))
            place += _rows(array) if many else 1
        self.extra = self.history.squares[place:]
        vecdot = np.vecdot

        def run() -> None:
            for array, where in parts:
                vecdot(array, array, where)

        self.places = [where for _, where in parts]
        return run


def _rows(array: Array) -> int:
    return int(np.prod(array.shape[:-1]))


def _turned(array: Array) -> tuple[int, int, int]:
    steps, rows, columns = array.shape
    return steps, columns, rows


class Rnn(Recurrent):
    """W6. h_t = tanh(W̃ [x_t; h_{t−1}; 1])."""

    def __init__(self, case: Case, *, record: bool) -> None:
        super().__init__(case, record=record)
        self.step = self._make()

    def _make(self) -> Callable[[], None]:
        steps, units, batch, history = self.steps, self.units, self.batch, None
        u, features, width = self.u, self.features, self.width
        w = self.flat.value["cell"]
        states = [u[t + 1, features:width] for t in range(steps)]
        du, dz = floats(steps, width, batch), floats(steps, units, batch)
        slopes, dh_last = floats(steps, units, batch), floats(units, batch)
        forward = w.T.dot
        # where the batch's gradient is not wanted, only the state's rows are multiplied
        back = w[:-1].dot if self.case.inputs else w[features:-1].dot
        down = [du[t] if self.case.inputs else du[t, features:] for t in range(steps)]
        uppers = [du[t + 1, features:] for t in range(steps - 1)] + [dh_last]
        up = list(zip(u, states))
        backward = list(zip(uppers, slopes, dz, down))[::-1]
        every = u[1:, features:width]
        top = self._top(dh_last)
        total = self._sum_over_time(dz) if self.record else self._sum_at_once(dz)
        if self.record:
            flat_du = du.reshape(steps, -1)
            rows = [dz.reshape(steps, -1), flat_du[1:, features * batch :], dh_last.reshape(-1)]
            if self.case.inputs:
                rows.append(flat_du[:, : features * batch])
            record, history = self._recording(rows), self.history
        update = self._update()
        multiply, subtract, tanh, one = np.multiply, np.subtract, np.tanh, ONE

        def step() -> None:
            for below, state in up:
                forward(below, state)
                tanh(state, state)
            top()
            multiply(every, every, slopes)
            subtract(one, slopes, slopes)
            for upper, slope, z, lower in backward:
                multiply(upper, slope, z)
                back(z, lower)
            total()
            if history is not None:
                record()
                history.keep()
            update()

        return step
