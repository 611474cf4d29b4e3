"""W4 by hand: y = x + ReLU(LayerNorm(W x + b)) fifty times over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

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
    scalar,
)
from tests.bench.workloads import Case

EPS = 1e-5


def _start(case: Case) -> dict[str, Array]:
    """W̃ᵀ, γ and β of each layer, then W̃ᵀ of the last: each layer's parts in equal distance."""
    found: dict[str, Array] = {}
    for name in case.start:
        layer, _, part = name.partition(".")
        if part == "weight":
            found[layer] = joined(case, layer)
        elif part.startswith("norm."):
            found[name] = case.start[name]
    return found


class Residual(Reference):
    """W4. What is recorded of the normalisation decides how its gradient is computed.

    Recording follows the paths through ẑ = c / √(σ² + ε), c = z − μ; without it the short
    formula ∂z = (∂ẑ − mean(∂ẑ) − ẑ mean(∂ẑ ẑ)) / √(σ² + ε) does (Ba et al. 2016).
    """

    def __init__(self, case: Case, *, record: bool) -> None:
        super().__init__(case, record=record)
        self.flat = Flat(_start(case), case.workload.rate)
        self.count = (len(self.flat.value) - 1) // 3
        width, batch = case.x.shape
        self.x = np.ones((self.count + 1, width + 1, batch), np.float32)
        self.x[0, :-1] = case.x
        self.positive = np.empty((self.count, width, batch), bool)
        self.normal = floats(self.count, width, batch)
        self.inverse = floats(self.count, batch)
        self.centred = floats(self.count, width, batch) if record else None
        self.dy = floats(width, batch)
        self.o, self.do = floats(10, batch), floats(10, batch)
        if record:
            self.history = History(17 * self.count + 4)
        self.step = self._make()

    def _make(self) -> Callable[[], None]:
        loss = cross_entropy(self.o, self.case.y, self.do, self.losses)
        up = self._up()
        down = self._down_recording() if self.record else self._down()
        w, g = list(self.flat.value.values())[-1], list(self.flat.gradient.values())[-1]
        forward, top, o = w.T.dot, self.x[-1], self.o
        outer, do_t, back, do, dy = top.dot, self.do.T, w[:-1].dot, self.do, self.dy
        update = self.flat.sgd()

        def step() -> None:
            up()
            forward(top, o)
            loss()
            outer(do_t, g)
            back(do, dy)
            down()
            update()

        return step

    def _layers(self, flat: dict[str, Array]) -> Iterator[tuple[Array, Array, Array]]:
        parts = list(flat.values())
        yield from (tuple(parts[3 * k : 3 * k + 3]) for k in range(self.count))  # type: ignore[misc]

    def _up(self) -> Callable[[], None]:
        _, rows, batch = self.normal.shape
        z, square, act = floats(rows, batch), floats(rows, batch), floats(rows, batch)
        mean, deviation = floats(batch), floats(batch)
        zeros, share = np.zeros((rows, batch), np.float32), np.full(rows, 1 / rows, np.float32)
        average, eps, one = share.dot, scalar(EPS), ONE
        subtract, multiply, add, divide, sqrt, maximum, greater = (
            np.subtract,
            np.multiply,
            np.add,
            np.divide,
            np.sqrt,
            np.maximum,
            np.greater,
        )
        plan: list[tuple[Any, ...]] = []
        for k, (w, gamma, beta) in enumerate(self._layers(self.flat.value)):
            centred = self.centred[k] if self.centred is not None else z
            plan.append(
                (
                    w.T.dot,
                    self.x[k],
                    self.x[k, :-1],
                    self.x[k + 1, :-1],
                    gamma[:, None],
                    beta[:, None],
                    centred,
                    self.normal[k],
                    self.inverse[k],
                    self.positive[k],
                )
            )

        def run() -> None:
            for product, wide, x, y, gamma, beta, centred, normal, inverse, positive in plan:
                product(wide, z)
                average(z, mean)
                subtract(z, mean, centred)
                multiply(centred, centred, square)
                average(square, deviation)
                add(deviation, eps, deviation)
                sqrt(deviation, deviation)
                divide(one, deviation, inverse)
                multiply(centred, inverse, normal)
                multiply(normal, gamma, act)
                add(act, beta, act)
                greater(act, zeros, positive)
                maximum(act, zeros, out=act)
                add(x, act, y)

        return run

    def _down(self) -> Callable[[], None]:
        _, rows, batch = self.normal.shape
        da, t, lower = floats(rows, batch), floats(rows, batch), floats(rows, batch)
        mean, other = floats(batch), floats(batch)
        ones, average = np.ones(batch, np.float32), np.full(rows, 1 / rows, np.float32).dot
        share = scalar(1 / rows)
        dy, da_t = self.dy, da.T
        multiply, subtract, add = np.multiply, np.subtract, np.add
        plan: list[tuple[Any, ...]] = []
        values, slopes = self._layers(self.flat.value), self._layers(self.flat.gradient)
        for k, ((w, gamma, _), (dw, dgamma, dbeta)) in enumerate(zip(values, slopes)):
            plan.append(
                (
                    self.positive[k],
                    self.normal[k],
                    self.inverse[k],
                    gamma,
                    gamma[:, None],
                    dgamma,
                    dbeta,
                    self.x[k].dot,
                    dw,
                    w[:-1].dot,
                )
            )
        plan.reverse()
        first = plan[-1]
        inputs = self.case.inputs

        def run() -> None:
            for one in plan:
                positive, normal, inverse, gamma, column, dgamma, dbeta, outer, dw, back = one
                multiply(dy, positive, da)
                da.dot(ones, dbeta)
                multiply(da, normal, t)
                t.dot(ones, dgamma)
                gamma.dot(t, other)
                multiply(other, share, other)
                multiply(normal, other, t)
                multiply(da, column, da)
                average(da, mean)
                subtract(da, mean, da)
                subtract(da, t, da)
                multiply(da, inverse, da)
                outer(da_t, dw)
                if inputs or one is not first:
                    back(da, lower)
                    add(dy, lower, dy)

        return run

    def _down_recording(self) -> Callable[[], None]:
        """Each layer's large gradients are squared at once, while they are in the cache."""
        assert self.history is not None
        assert self.centred is not None
        history, count = self.history, self.count
        _, rows, batch = self.normal.shape
        arena = floats(8, rows, batch)
        dy, da, dnormal, e1, e2, dc, dz, lower = arena
        flat_arena = arena.reshape(8, -1)
        small = floats(3, batch)
        minus_dd, dv, dmean = small
        t, row = floats(rows, batch), floats(batch)
        ones, minus_sums = np.ones(batch, np.float32), np.full(rows, -1, np.float32)
        half, twice, share = scalar(-0.5), scalar(2 / rows), scalar(1 / rows)
        dz_t = dz.T
        multiply, add, vecdot = np.multiply, np.add, np.vecdot
        large = history.part(0, count, 8)
        narrow = history.part(8 * count, count, 3)
        derived = history.part(11 * count, 3, count)
        places = iter(zip(reversed(list(large)), reversed(list(narrow))))
        plan: list[tuple[Any, ...]] = []
        values, slopes = self._layers(self.flat.value), self._layers(self.flat.gradient)
        for k, ((w, gamma, _), (dw, dgamma, dbeta)) in enumerate(zip(values, slopes)):
            plan.append(
                (
                    self.positive[k],
                    self.normal[k],
                    self.centred[k],
                    self.inverse[k],
                    gamma,
                    gamma[:, None],
                    dgamma,
                    dbeta,
                    self.x[k].dot,
                    dw,
                    w[:-1].dot,
                )
            )
        plan.reverse()
        plan = [(*one, *place) for one, place in zip(plan, places)]
        size = rows * rows + 3 * rows
        slopes_of = self.flat.slope[: count * size].reshape(count, size)
        ends = np.cumsum([0, rows * rows, rows, rows, rows])
        parts = [
            (slopes_of[:, a:b], history.part((14 + k) * count, count))
            for k, (a, b) in enumerate(pairwise(ends[:4]))
        ]
        parts += [(slopes_of[:, ends[3] :], derived[2])]
        top = list(self.flat.gradient.values())[-1]
        for k, a in enumerate((self.do, top[:-1], top[-1], None)):
            flat = dy.reshape(-1) if a is None else a.reshape(-1)
            parts.append((flat, history.part(17 * count + k, 1).reshape(())))
        *parts, bottom = parts
        self.dy = dy
        spread = scalar(1 / rows)
        n1, n2 = narrow[:, 1], narrow[:, 2]
        doubled, quarter = large[:, 4], scalar(0.25)
        inputs, first = self.case.inputs, plan[-1]

        def run() -> None:
            for one in plan:
                (
                    positive,
                    normal,
                    centred,
                    inverse,
                    gamma,
                    column,
                    dgamma,
                    dbeta,
                    outer,
                    dw,
                    back,
                    squares,
                    narrow_squares,
                ) = one
                multiply(dy, positive, da)
                da.dot(ones, dbeta)
                multiply(da, normal, t)
                t.dot(ones, dgamma)
                gamma.dot(t, minus_dd)
                multiply(da, column, dnormal)
                multiply(dnormal, inverse, e1)
                multiply(minus_dd, inverse, minus_dd)
                multiply(minus_dd, inverse, dv)
                multiply(dv, half, dv)
                multiply(dv, twice, row)
                multiply(centred, row, e2)
                add(e1, e2, dc)
                minus_sums.dot(dc, dmean)
                multiply(dmean, share, row)
                add(dc, row, dz)
                outer(dz_t, dw)
                if inputs or one is not first:
                    back(dz, lower)
                vecdot(flat_arena, flat_arena, squares)
                vecdot(small, small, narrow_squares)
                if inputs or one is not first:
                    add(dy, lower, dy)
            for array, place in parts:
                vecdot(array, array, place)
            vecdot(bottom[0], bottom[0], bottom[1])
            multiply(n1, spread, derived[0])
            multiply(n2, spread, derived[1])
            multiply(doubled, quarter, doubled)
            history.keep()

        return run
