"""The LSTM by hand (W7): c_t = f ⊙ c_{t−1} + i ⊙ g, h_t = o ⊙ tanh(c_t)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.bench.references.common import ONE, floats, scalar
from tests.bench.references.numpy_recurrent import Recurrent
from tests.bench.workloads import Case


class Lstm(Recurrent):
    """W7. σ(z) = ½ tanh(z/2) + ½, for three gates at once; local derivatives for all steps at once.

    Attributes
    ----------
    gates, dz:
        (steps, 4, units, batch): i f o g after σ and tanh, and the gradients before.
    inner:
        (steps, 8, units, batch): the gradients of i, f, o, g, then of tanh(c), its path into c,
        what c hands on to the step before it (f ⊙ ∂c), and c.
    """

    def __init__(self, case: Case, *, record: bool) -> None:
        super().__init__(case, record=record)
        steps, units, batch = self.steps, self.units, self.batch
        self.gates, self.dz, self.local = floats(3, steps, 4, units, batch)
        self.cells = np.zeros((steps + 1, units, batch), np.float32)
        self.roots, self.root_local = floats(2, steps, units, batch)  # tanh(c_t)
        self.inner = np.zeros((steps, 8, units, batch), np.float32)
        self.du = np.zeros((steps, self.width, batch), np.float32)
        self.dh_last = floats(units, batch)
        self.step = self._make()

    def _make(self) -> Callable[[], None]:
        dz = self.dz.reshape(self.steps, 4 * self.units, self.batch)
        up, down, top = self._up(), self._down(), self._top(self.dh_last)
        total = self._sum_over_time(dz) if self.record else self._sum_at_once(dz)
        record = self._record() if self.record else None
        update = self._update()

        def step() -> None:
            up()
            top()
            down()
            total()
            if record is not None:
                record()
            update()

        return step

    def _up(self) -> Callable[[], None]:
        forward = self.flat.value["cell"].T.dot
        product = floats(self.units, self.batch)
        plan: list[tuple[Any, ...]] = []
        for t in range(self.steps):
            z = self.gates[t].reshape(4 * self.units, self.batch)
            h = self.u[t + 1, self.features : self.width]
            cells = self.cells[t], self.cells[t + 1], self.roots[t]
            plan.append((self.u[t], z, z[: 3 * self.units], *self.gates[t], *cells, h))
        multiply, add, tanh, half = np.multiply, np.add, np.tanh, scalar(0.5)

        def run() -> None:
            for below, z, sigmoids, i, f, o, g, before, c, root, h in plan:
                forward(below, z)
                multiply(sigmoids, half, sigmoids)
                tanh(z, z)
                multiply(sigmoids, half, sigmoids)
                add(sigmoids, half, sigmoids)
                multiply(i, g, c)
                multiply(f, before, product)
                add(c, product, c)
                tanh(c, root)
                multiply(o, root, h)

        return run

    def _slopes(self) -> Callable[[], None]:
        """σ′ = σ (1 − σ) and tanh′ = 1 − tanh², for all steps."""
        roots, root_local = self.roots, self.root_local
        sigmoids, sigmoid_local = self.gates[:, :3], self.local[:, :3]
        g, g_local = self.gates[:, 3], self.local[:, 3]
        multiply, subtract, one = np.multiply, np.subtract, ONE

        def run() -> None:
            multiply(roots, roots, root_local)
            subtract(one, root_local, root_local)
            subtract(one, sigmoids, sigmoid_local)
            multiply(sigmoid_local, sigmoids, sigmoid_local)
            multiply(g, g, g_local)
            subtract(one, g_local, g_local)

        return run

    def _down(self) -> Callable[[], None]:
        features, inputs = self.features, self.case.inputs
        w = self.flat.value["cell"]
        back = w[:-1].dot if inputs else w[features:-1].dot
        carried_last = np.zeros((self.units, self.batch), np.float32)
        plan: list[tuple[Any, ...]] = []
        for t in reversed(range(self.steps)):
            last = t == self.steps - 1
            dh = self.dh_last if last else self.du[t + 1, features:]
            inner, z = self.inner[t], self.dz[t]
            lower = self.du[t] if inputs else self.du[t, features:]
            later = carried_last if last else self.inner[t + 1, 6]
            known = (dh, later, *self.gates[t], self.cells[t], self.roots[t], self.root_local[t])
            whole = (inner[:4], self.local[t], z, z.reshape(4 * self.units, self.batch), lower)
            plan.append((known, tuple(inner), whole))
        slopes, multiply, add = self._slopes(), np.multiply, np.add

        def run() -> None:
            slopes()
            for known, inner, (gates, slope, z, flat_z, lower) in plan:
                dh, later, i, f, o, g, before, root, bend = known
                di, df, do, dg, droot, path, carried, dc = inner
                multiply(dh, o, droot)
                multiply(droot, bend, path)
                add(path, later, dc)
                multiply(dc, f, carried)
                multiply(dh, root, do)
                multiply(dc, g, di)
                multiply(dc, before, df)
                multiply(dc, i, dg)
                multiply(gates, slope, z)
                back(flat_z, lower)

        return run

    def _record(self) -> Callable[[], None]:
        """All squares, gate by gate; of all four gates together their sum."""
        steps, cut = self.steps, self.features * self.batch
        flat_du = self.du.reshape(steps, -1)
        rows = [
            self.dz.reshape(steps, 4, -1),
            self.inner.reshape(steps, 8, -1),
            flat_du[1:, cut:],
            self.dh_last.reshape(-1),
        ]
        if self.case.inputs:
            rows.append(flat_du[:, :cut])
        squares = self._recording(rows, extra=steps)
        history, whole, by_gate = self.history, self.extra, self.places[len(self.shares)]
        assert history is not None
        add_up: Any = np.add.reduce
        keep = history.keep

        def run() -> None:
            squares()
            add_up(by_gate, 1, None, whole)
            keep()

        return run
