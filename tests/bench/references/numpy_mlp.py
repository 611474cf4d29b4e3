"""Multilayer perceptrons by hand: W1 (tiny), W2 (wide) and W3 (deep)."""

from __future__ import annotations

from collections.abc import Callable
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
    joined_layers,
    scalar,
    with_ones,
)
from tests.bench.workloads import Case


class Tiny(Reference):
    """W1. Everything lies in one vector: all norms are a product and a segmented sum."""

    def __init__(self, case: Case, *, record: bool) -> None:
        super().__init__(case, record=record)
        start = joined_layers(case)
        self.flat = Flat(start, case.workload.rate)
        (n, w1), (_, w2), (_, w3) = ((k, v) for k, v in start.items())
        del n
        batch = case.x.shape[1]
        inner = [("do", 1), ("dz2", 8), ("dz1", 8), ("dh2", 8), ("dh1", 8), ("dx", 2)]
        sizes = [size for w in (w1, w2, w3) for size in (w[:-1].size, w.shape[1])]
        sizes += [rows * batch for _, rows in inner]
        starts = np.cumsum([0, *sizes])
        every = np.zeros(starts[-1], np.float32)
        self._move_gradient(every)
        self.parts = {
            key: every[starts[6 + k] : starts[7 + k]].reshape(rows, batch)
            for k, (key, rows) in enumerate(inner)
        }
        self.every, self.starts = every, starts[:-1]
        if record:
            self.history = History(len(sizes))
        self.step = self._make()

    def _move_gradient(self, every: Array) -> None:
        flat = self.flat
        flat.slope = every[: flat.theta.size]
        place = 0
        for name, old in flat.gradient.items():
            flat.gradient[name] = every[place : place + old.size].reshape(old.shape)
            place += old.size

    def _make(self) -> Callable[[], None]:
        case, losses, history = self.case, self.losses, self.history
        inputs = case.inputs
        batch = case.x.shape[1]
        w1, w2, w3 = self.flat.value.values()
        g1, g2, g3 = self.flat.gradient.values()
        do, dz2, dz1, dh2, dh1, dx = self.parts.values()
        x, y = with_ones(case.x), case.y
        states, slopes = np.ones((18, batch), np.float32), floats(18, batch)
        x1, x2 = states[:9], states[9:]
        h1, h2, s1, s2 = x1[:8], x2[:8], slopes[:8], slopes[9:17]
        o, difference = floats(1, batch), floats(1, batch)
        flat_difference = difference.reshape(-1)
        forward1, forward2, forward3 = w1.T.dot, w2.T.dot, w3.T.dot
        slope1, slope2, slope3 = x.dot, x1.dot, x2.dot
        back1, back2 = w1[:-1].dot, w2[:-1].dot
        column3 = w3[:-1]
        do_t, dz2_t, dz1_t = do.T, dz2.T, dz1.T
        share, one = scalar(2 / batch), ONE
        multiply, subtract, tanh = np.multiply, np.subtract, np.tanh
        update = self.flat.sgd()
        square_dot = flat_difference.dot
        every, squares, starts = self.every, np.empty_like(self.every), self.starts
        segments = np.add.reduceat
        keep, sums = (history.keep, history.squares) if history else (None, None)

        def step() -> None:
            forward1(x, h1)
            tanh(h1, h1)
            forward2(x1, h2)
            tanh(h2, h2)
            forward3(x2, o)
            subtract(o, y, difference)
            losses[0] = square_dot(flat_difference) / batch
            multiply(difference, share, do)
            multiply(states, states, slopes)
            subtract(one, slopes, slopes)
            slope3(do_t, g3)
            multiply(column3, do, dh2)
            multiply(dh2, s2, dz2)
            slope2(dz2_t, g2)
            back2(dz2, dh1)
            multiply(dh1, s1, dz1)
            slope1(dz1_t, g1)
            if inputs:
                back1(dz1, dx)
            if keep is not None:
                multiply(every, every, squares)
                segments(squares, starts, 0, None, sums)
                keep()
            update()

        return step


class Wide(Reference):
    """W2. Three large products; the regulariser's contribution is λ times the weight."""

    def __init__(self, case: Case, *, record: bool) -> None:
        super().__init__(case, record=record)
        self.flat = Flat(joined_layers(case), case.workload.rate)
        if record:
            self.history = History(12)
        self.step = self._make()

    def _make(self) -> Callable[[], None]:
        case, losses, history = self.case, self.losses, self.history
        inputs, batch = case.inputs, case.x.shape[1]
        w1, w2 = self.flat.value.values()
        g1, g2 = self.flat.gradient.values()
        hidden = w1.shape[1]
        x = with_ones(case.x)
        x1 = np.ones((hidden + 1, batch), np.float32)
        h = x1[:hidden]
        zeros, positive = np.zeros_like(h), np.empty(h.shape, bool)
        o, do = floats(10, batch), floats(10, batch)
        pair = floats(2, *h.shape)
        dh, dz = pair
        dx = floats(*case.x.shape)
        loss = cross_entropy(o, case.y, do, losses)
        forward1, forward2 = w1.T.dot, w2.T.dot
        slope1, slope2, back1, back2 = x.dot, x1.dot, w1[:-1].dot, w2[:-1].dot
        dz_t, do_t = dz.T, do.T
        weights = [w[:-1].reshape(-1) for w in (w1, w2)]
        slopes = [g[:-1].reshape(-1) for g in (g1, g2)]
        biases = [g[-1] for g in (g1, g2)]
        decays = [floats(w.size) for w in weights]
        decay = case.workload.loss["l2"]
        factor = scalar(decay)
        greater, multiply, maximum, add, vecdot = (
            np.greater,
            np.multiply,
            np.maximum,
            np.add,
            np.vecdot,
        )
        flat_pair, flat_do, flat_dx = pair.reshape(2, -1), do.reshape(-1), dx.reshape(-1)
        update = self.flat.sgd()

        def step() -> None:
            forward1(x, h)
            maximum(h, zeros, out=h)
            forward2(x1, o)
            loss()
            squares = [w.dot(w) for w in weights]
            losses[0] += decay / 2 * (squares[0] + squares[1])
            slope2(do_t, g2)
            back2(do, dh)
            greater(h, zeros, positive)
            multiply(dh, positive, dz)
            slope1(dz_t, g1)
            if inputs:
                back1(dz, dx)
            if history is not None:
                row = history.squares
                for k in (0, 1):
                    row[k] = slopes[k].dot(slopes[k])
                    row[2 + k] = squares[k] * (decay * decay)
                    row[4 + k] = biases[k].dot(biases[k])
                vecdot(flat_pair, flat_pair, row[6:8])
                row[8] = flat_do.dot(flat_do)
                if inputs:
                    row[9] = flat_dx.dot(flat_dx)
            for w, g, scaled in zip(weights, slopes, decays):
                multiply(w, factor, scaled)
                add(g, scaled, g)
            if history is not None:
                for k in (0, 1):
                    row[10 + k] = slopes[k].dot(slopes[k])
                history.keep()
            update()

        return step


class Deep(Reference):
    """W3. Each layer's three gradients of equal size lie side by side: one call a layer."""

    def __init__(self, case: Case, *, record: bool) -> None:
        super().__init__(case, record=record)
        self.flat = Flat(joined_layers(case), case.workload.rate)
        self.count = len(self.flat.value) - 1
        if record:
            self.history = History(4 * self.count + 4)
        self.step = self._make()

    def _make(self) -> Callable[[], None]:
        case, losses, history, count = self.case, self.losses, self.history, self.count
        width, batch = case.x.shape
        w, g = list(self.flat.value.values()), list(self.flat.gradient.values())
        states = np.ones((count + 1, width + 1, batch), np.float32)
        states[0, :-1] = case.x
        o, do = floats(10, batch), floats(10, batch)
        loss = cross_entropy(o, case.y, do, losses)
        dh, dz = np.zeros((count + 1, width, batch), np.float32), floats(count, width, batch)
        slope = floats(width, batch)
        multiply, subtract, tanh, vecdot, one = (
            np.multiply,
            np.subtract,
            np.tanh,
            np.vecdot,
            ONE,
        )
        up = [(w[k].T.dot, states[k], states[k + 1][:-1]) for k in range(count)]
        last, top = w[count].T.dot, states[count]
        down: list[tuple[Any, ...]] = [
            (
                states[k + 1][:-1],
                dh[k + 1],
                dz[k],
                states[k].dot,
                dz[k].T,
                g[k],
                w[k][:-1].dot,
                dh[k],
            )
            for k in reversed(range(count))
        ]
        if not case.inputs:
            down[-1] = (*down[-1][:-2], _nothing, dh[0])
        top_slope, top_back, do_t, top_g = top.dot, w[count][:-1].dot, do.T, g[count]
        dh_top = dh[count]
        update = self.flat.sgd()
        if history is not None:
            size, wide = width * batch, width * width
            flat_dh, flat_dz = dh.reshape(count + 1, size), dz.reshape(count, size)
            slopes = self.flat.slope[: count * (wide + width)].reshape(count, wide + width)
            dw, db = slopes[:, :wide], slopes[:, wide:]
            ends = [do.reshape(-1), top_g[:-1].reshape(-1), top_g[-1]]
            parts = [(a, history.part(k * count, count)) for k, a in enumerate((flat_dz, dw, db))]
            parts.append((flat_dh, history.part(3 * count, count + 1)))
            parts += [
                (a, history.part(4 * count + 1 + k, 1).reshape(())) for k, a in enumerate(ends)
            ]

        def step() -> None:
            for product, below, above in up:
                product(below, above)
                tanh(above, above)
            last(top, o)
            loss()
            top_slope(do_t, top_g)
            top_back(do, dh_top)
            for h, upper, z, outer, z_t, into, back, lower in down:
                multiply(h, h, slope)
                subtract(one, slope, slope)
                multiply(upper, slope, z)
                outer(z_t, into)
                back(z, lower)
            if history is not None:
                for array, place in parts:
                    vecdot(array, array, place)
                history.keep()
            update()

        return step


def _nothing(*_: object) -> None:
    """In place of a product that nobody asks for."""
