"""LeNet by hand (W5): pictures with the batch last, one gather and one product a convolution."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.lib.stride_tricks import as_strided

from tests.bench.references.common import (
    Array,
    Flat,
    History,
    Reference,
    cross_entropy,
    floats,
    joined,
)
from tests.bench.workloads import Case

KERNEL = 5


class Convolution:
    """z = K ∗ x + b with the bias in the product: [windows; 1] (c·25 + 1, rows·columns·batch).

    Products are taken one row of the picture at a time, by one call of matmul: so small that BLAS
    packs nothing, they are up to 2.7 times as fast as a single long one. The gradient of x is
    taken in two stages, columns before rows: five products and ten sums in place of twenty-five.
    """

    def __init__(self, x: tuple[int, ...], out: int, padding: int, weight: Array, slope: Array):
        channels, height, width, batch = x
        self.padded = np.zeros(
            (channels, height + 2 * padding, width + 2 * padding, batch), np.float32
        )
        self.inside = self.padded[:, padding : padding + height, padding : padding + width]
        rows = height + 2 * padding - KERNEL + 1
        columns = width + 2 * padding - KERNEL + 1
        self.z, self.dz = floats(2, out, rows, columns, batch)
        self.weight, self.slope = weight, slope
        c, h, w, b = self.padded.strides
        self._view = as_strided(
            self.padded, (channels, KERNEL, KERNEL, rows, columns, batch), (c, h, w, h, w, b)
        )
        self._matrix = np.ones((channels * KERNEL**2 + 1, rows * columns * batch), np.float32)
        self._windows = self._matrix[:-1].reshape(self._view.shape)
        self._wide = floats(channels, KERNEL, rows, width + 2 * padding, batch)
        self._dpadded = np.zeros_like(self.padded)
        self.dx = self._dpadded[:, padding : padding + height, padding : padding + width]

    def _by_row(self, array: Array) -> Array:
        """(…, rows · columns · batch) as (rows, …, columns · batch)."""
        rows = self.z.shape[1]
        return array.reshape(len(array), rows, -1).transpose(1, 0, 2)

    def forward(self) -> Callable[[], None]:
        """x is in ``inside`` already; z comes out."""
        weight, z, matrix = self.weight.T, self._by_row(self.z), self._by_row(self._matrix)
        copyto, windows, view, matmul = np.copyto, self._windows, self._view, np.matmul

        def run() -> None:
            copyto(windows, view)
            matmul(weight, matrix, z)

        return run

    def by_kernel(self) -> Callable[[], None]:
        """The gradient of [Kᵀ; b] from dz; the windows are still there."""
        matrix, dz_t = self._by_row(self._matrix), self._by_row(self.dz).transpose(0, 2, 1)
        slope, matmul = self.slope.reshape(-1), np.matmul
        shares = floats(len(matrix), *self.slope.shape)
        total, flat = np.ones(len(matrix), np.float32).dot, shares.reshape(len(matrix), -1)

        def run() -> None:
            matmul(matrix, dz_t, shares)
            total(flat, slope)

        return run

    def by_input(self) -> Callable[[], None]:
        """The gradient of x from dz."""
        out, rows, columns, batch = self.dz.shape
        channels = len(self.padded)
        dz, wide, dx = self._by_row(self.dz), self._wide, self._dpadded
        part = floats(channels * KERNEL, rows * columns * batch)
        part_rows = self._by_row(part)
        part_view = part.reshape(channels, KERNEL, rows, columns, batch)
        kernel = self.weight[:-1].reshape(channels, KERNEL, KERNEL, out)
        by_column = floats(KERNEL, channels, KERNEL, out)
        turned = kernel.transpose(2, 0, 1, 3)
        lefts = [one.reshape(-1, out) for one in by_column]
        sums = [wide[:, :, :, j : j + columns] for j in range(KERNEL)]
        places = [dx[:, i : i + rows] for i in range(KERNEL)]
        terms = [wide[:, i] for i in range(KERNEL)]
        copyto, add, matmul = np.copyto, np.add, np.matmul
        pairs, ends = list(zip(lefts, sums)), list(zip(places, terms))

        def run() -> None:
            copyto(by_column, turned)
            wide.fill(0)
            for left, place in pairs:
                matmul(left, dz, part_rows)
                add(place, part_view, place)
            dx.fill(0)
            for place, term in ends:
                add(place, term, place)

        return run


class MaxPool:
    """ReLU and the maximum of each 2 × 2 window: rows first, where memory is contiguous.

    Gradient goes to the maximum; the ReLU's mask is applied before it is spread out, which is
    the same: the gradient of the ReLU's output has the norm of the pooled gradient.
    """

    def __init__(self, conv: Convolution, out: Array, dout: Array) -> None:
        self.z, self.dz, self.out, self.dout = conv.z, conv.dz, out, dout
        channels, height, width, batch = self.z.shape
        self.h = floats(*self.z.shape)
        self.tall = floats(channels, height // 2, width, batch)

    def forward(self) -> Callable[[], None]:
        """h = max(z, 0) and its windows' maxima."""
        z, h, tall, out = self.z, self.h, self.tall, self.out
        zeros, maximum = np.zeros_like(z), np.maximum
        top, bottom = h[:, ::2], h[:, 1::2]
        left, right = tall[:, :, ::2], tall[:, :, 1::2]

        def run() -> None:
            maximum(z, zeros, out=h)
            maximum(top, bottom, out=tall)
            maximum(left, right, out=out)

        return run

    def backward(self) -> Callable[[], None]:
        """∂z from the gradient of the pooled picture."""
        h, tall, out, dout, dz = self.h, self.tall, self.out, self.dout, self.dz
        top, bottom = h[:, ::2], h[:, 1::2]
        left, right = tall[:, :, ::2], tall[:, :, 1::2]
        masked, positive = floats(*out.shape), np.empty(out.shape, bool)
        zeros, first = np.zeros_like(out), np.empty(out.shape, bool)
        dtall, upper = floats(*tall.shape), np.empty(tall.shape, bool)
        dleft, dright = dtall[:, :, ::2], dtall[:, :, 1::2]
        dtop, dbottom = dz[:, ::2], dz[:, 1::2]
        greater, not_less, multiply, subtract = (
            np.greater,
            np.greater_equal,
            np.multiply,
            np.subtract,
        )

        def run() -> None:
            greater(out, zeros, positive)
            multiply(dout, positive, masked)
            not_less(left, right, first)
            multiply(masked, first, dleft)
            subtract(masked, dleft, dright)
            not_less(top, bottom, upper)
            multiply(dtall, upper, dtop)
            subtract(dtall, dtop, dbottom)

        return run


class Lenet(Reference):
    """W5."""

    def __init__(self, case: Case, *, record: bool) -> None:
        super().__init__(case, record=record)
        start = {}
        for name in ("conv1", "conv2"):
            kernel, bias = case.start[f"{name}.weight"], case.start[f"{name}.bias"]
            flat = kernel.reshape(len(kernel), -1).T
            start[name] = np.concatenate([flat, bias[np.newaxis]])
        start |= {name: joined(case, name) for name in ("linear1", "linear2", "linear3")}
        self.flat = Flat(start, case.workload.rate)
        self.step = self._make()

    def named(self, flat: Mapping[str, Array]) -> dict[str, Array]:
        """Kernels in their four dimensions again."""
        found = super().named(flat)
        return {name: array.reshape(self.case.start[name].shape) for name, array in found.items()}

    def _make(self) -> Callable[[], None]:
        case, values, slopes = self.case, self.flat.value, self.flat.gradient
        batch = case.x.shape[-1]
        conv1 = Convolution(case.x.shape, 6, 2, values["conv1"], slopes["conv1"])
        np.copyto(conv1.inside, case.x)
        conv2 = Convolution((6, 14, 14, batch), 16, 0, values["conv2"], slopes["conv2"])
        inputs = [np.ones((size + 1, batch), np.float32) for size in (400, 120, 84)]
        dinputs = [floats(size, batch) for size in (400, 120, 84)]
        dzs = [floats(size, batch) for size in (120, 84)]
        pool1 = MaxPool(conv1, conv2.inside, conv2.dx)
        shape = (16, 5, 5, batch)
        pool2 = MaxPool(conv2, inputs[0][:-1].reshape(shape), dinputs[0].reshape(shape))
        o, do = floats(10, batch), floats(10, batch)
        loss = cross_entropy(o, case.y, do, self.losses)
        w = [values[f"linear{k}"] for k in (1, 2, 3)]
        g = [slopes[f"linear{k}"] for k in (1, 2, 3)]
        up = [conv1.forward(), pool1.forward(), conv2.forward(), pool2.forward()]
        down = [pool2.backward(), conv2.by_kernel(), conv2.by_input(), pool1.backward()]
        down.append(conv1.by_kernel())
        if case.inputs:
            down.append(conv1.by_input())
        hidden = [
            (w[k].T.dot, inputs[k], inputs[k + 1][:-1], np.zeros_like(dzs[k])) for k in (0, 1)
        ]
        masks = [np.empty(dz.shape, bool) for dz in dzs]
        last, slope3, back3 = w[2].T.dot, inputs[2].dot, w[2][:-1].dot
        do_t, g3, above = do.T, g[2], dinputs[2]
        back = [
            (
                h,
                zeros,
                mask,
                dinputs[k + 1],
                dzs[k],
                inputs[k].dot,
                dzs[k].T,
                g[k],
                w[k][:-1].dot,
                dinputs[k],
            )
            for k, (_, _, h, zeros), mask in zip((0, 1), hidden, masks)
        ][::-1]
        maximum, greater, multiply = np.maximum, np.greater, np.multiply
        record = self._recording([conv1, conv2], [do, *dzs, *dinputs]) if self.record else None
        update = self.flat.sgd()

        def step() -> None:
            for run in up:
                run()
            for product, below, h, zeros in hidden:
                product(below, h)
                maximum(h, zeros, out=h)
            last(inputs[2], o)
            loss()
            slope3(do_t, g3)
            back3(do, above)
            for h, zeros, mask, upper, dz, outer, dz_t, into, product, lower in back:
                greater(h, zeros, mask)
                multiply(upper, mask, dz)
                outer(dz_t, into)
                product(dz, lower)
            for run in down:
                run()
            if record is not None:
                record()
            update()

        return step

    def _recording(self, convolutions: list[Convolution], small: list[Array]) -> Callable[[], None]:
        """The gradients of kernels, biases, z and the pooled pictures, one call each."""
        arrays: list[Array] = [a for g in self.flat.gradient.values() for a in (g[:-1], g[-1])]
        arrays += [*small, *(conv.dz for conv in convolutions)]
        flat = [a.reshape(-1) for a in arrays]
        pictures = [convolutions[1].dx] + ([convolutions[0].dx] if self.case.inputs else [])
        history = self.history = History(len(flat) + len(pictures))
        squares, keep = history.squares, history.keep
        work = [(k, a.dot, a) for k, a in enumerate(flat)]
        # a picture without its padding is not contiguous; the padding of dx is no gradient
        copies = [
            (len(flat) + k, picture, floats(*picture.shape)) for k, picture in enumerate(pictures)
        ]
        copyto = np.copyto
        copies_flat = [(k, p, c, c.reshape(-1)) for k, p, c in copies]

        def run() -> None:
            for k, dot, array in work:
                squares[k] = dot(array)
            for k, picture, copy, array in copies_flat:
                copyto(copy, picture)
                squares[k] = array.dot(array)
            keep()

        return run
