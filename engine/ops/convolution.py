"""Convolution of pictures (channels, height, width, batch); as cross-correlation, as is usual.

With the batch last, a picture's windows are one strided copy and the convolution one matrix
product. Convolution, its gradient by the input and its gradient by the kernel are each bilinear
in two of (x, w, g) and are each other's derivatives, so all differentiate again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from engine.graph.graph import Value
from engine.graph.op import BoundCall, Op, Sample, Workspace, register
from engine.graph.shapes import Shape, misfit
from engine.ops.reduction import bind_total
from engine.support.arrays import Array
from engine.support.errors import ShapeError
from engine.support.text import tr


def _output_shape(x: Shape, w: Shape, stride: int, padding: int) -> Shape:
    if len(x) != 4 or len(w) != 4:
        raise misfit(tr("needs (channels, height, width, batch) and (out, in, h, w)"), x, w)
    if x[0] != w[1]:
        raise misfit(tr("the kernel's input channels must be the picture's"), x, w)
    height = (x[1] + 2 * padding - w[2]) // stride + 1
    width = (x[2] + 2 * padding - w[3]) // stride + 1
    if x[1] + 2 * padding < w[2] or x[2] + 2 * padding < w[3]:
        raise misfit(tr("the kernel is larger than the padded picture"), x, w)
    return (w[0], height, width, x[3])


class _Windows:
    """The windows of a padded picture as a matrix (channels · h · w, height' · width' · batch)."""

    def __init__(
        self, x: Shape, kernel: Shape, stride: int, padding: int, dtype: np.dtype[Any]
    ) -> None:
        channels, height, width, batch = x
        padded = np.zeros((channels, height + 2 * padding, width + 2 * padding, batch), dtype)
        _, rows, columns, _ = _output_shape(x, (1, channels, *kernel), stride, padding)
        self.matrix = np.empty((channels * kernel[0] * kernel[1], rows * columns * batch), dtype)
        self.by_row = by_row(self.matrix, rows)
        self._view = windows_of(padded, kernel, stride, (rows, columns))
        self._target: Array = self.matrix.reshape(self._view.shape)
        end = padding + height, padding + width
        self._inner = padded[:, padding : end[0], padding : end[1]]

    def gather(self, x: Array) -> None:
        """Copy the windows of x into ``matrix``."""
        np.copyto(self._inner, x)
        np.copyto(self._target, self._view)


def by_row(array: Array, rows: int) -> Array:
    """View (channels, rows · columns · batch) as (rows, channels, columns · batch).

    Products are taken one row of the picture at a time, by one call of matmul: so small that BLAS
    packs nothing, they are up to 2.7 times as fast as a single long one.
    """
    return array.reshape(len(array), rows, -1).transpose(1, 0, 2)


def windows_of(padded: Array, kernel: Shape, stride: int, size: tuple[int, int]) -> Array:
    """Return a view (channels, h, w, rows, columns, batch) of every window of a picture."""
    c, h, w, b = padded.strides
    shape = (padded.shape[0], *kernel, *size, padded.shape[3])
    return as_strided(padded, shape, (c, h, w, h * stride, w * stride, b))


def _shared_windows(
    x: Array, kernel: Shape, params: dict[str, Any], workspace: Workspace
) -> tuple[_Windows, bool]:
    """The windows of x, and whether an earlier operation of the plan gathers them."""
    key = "windows", id(x), kernel, params["stride"], params["padding"]
    known = key in workspace
    if not known:
        workspace[key] = _Windows(x.shape, kernel, params["stride"], params["padding"], x.dtype)
    return workspace[key], known


def _bind_forward(
    out: Array, inputs: Sequence[Array], params: dict[str, Any], workspace: Workspace
) -> BoundCall:
    x, w = inputs
    windows, known = _shared_windows(x, w.shape[2:], params, workspace)
    rows = by_row(out, out.shape[1])

    def run() -> None:
        if not known:
            windows.gather(x)
        np.matmul(w.reshape(len(w), -1), windows.by_row, rows)

    return run, ()


def _bind_input(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    """Add the windows' entries at the places they were gathered from: the adjoint of gathering.

    One column of the kernel at a time, so that the product is still in the cache when it is added:
    first down, whole rows of the picture, then across.
    """
    g, w = inputs
    stride, padding = params["stride"], params["padding"]
    channels, height, width, batch = out.shape
    (h, across), (rows, columns) = w.shape[2:], g.shape[1:3]
    padded = np.zeros((channels, height + 2 * padding, width + 2 * padding, batch), g.dtype)
    inner = padded[:, padding : padding + height, padding : padding + width]
    tall = np.empty((channels, height + 2 * padding, columns, batch), g.dtype)
    product = np.empty((channels * h, rows * columns * batch), g.dtype)
    terms = product.reshape(channels, h, rows, columns, batch)
    down = [(tall[:, i : i + (rows - 1) * stride + 1 : stride], terms[:, i]) for i in range(h)]
    ends = [padded[:, :, j : j + (columns - 1) * stride + 1 : stride] for j in range(across)]
    result = by_row(product, rows)

    def run() -> None:
        upstream = by_row(g, rows)
        padded.fill(0)
        for j, place in enumerate(ends):
            np.matmul(w[..., j].reshape(len(w), -1).T, upstream, result)
            tall.fill(0)
            for row, term in down:
                np.add(row, term, row)
            np.add(place, tall, place)
        np.copyto(out, inner)

    return run, ()


def _bind_kernel(
    out: Array, inputs: Sequence[Array], params: dict[str, Any], workspace: Workspace
) -> BoundCall:
    x, g = inputs
    windows, known = _shared_windows(x, out.shape[2:], params, workspace)
    shares = np.empty((g.shape[1], len(windows.matrix), len(out)), out.dtype)
    turned = np.empty((len(windows.matrix), len(out)), out.dtype)
    total, arguments = bind_total(turned, shares, (0,), keepdims=False)
    flat = out.reshape(len(out), -1)

    def run() -> None:
        if not known:
            windows.gather(x)
        np.matmul(windows.by_row, by_row(g, g.shape[1]).transpose(0, 2, 1), shares)
        total(*arguments)
        np.copyto(flat, turned.T)

    return run, ()


def _input_shape(g: Shape, w: Shape, *, shape: Shape, stride: int, padding: int) -> Shape:
    if _output_shape(shape, w, stride, padding) != g:
        raise misfit(tr("the gradient must have the convolution's shape"), g, w, shape)
    return shape


def _kernel_shape(x: Shape, g: Shape, *, kernel: Shape, stride: int, padding: int) -> Shape:
    shape = (g[0], x[0], *kernel)
    if _output_shape(x, shape, stride, padding) != g:
        raise misfit(tr("the gradient must have the convolution's shape"), x, g)
    return shape


def _by_input(g: Value, w: Value, like: Value, stride: int, padding: int) -> Value:
    return g.apply("conv2d_input", w, shape=like.shape, stride=stride, padding=padding)


def _by_kernel(x: Value, g: Value, like: Value, stride: int, padding: int) -> Value:
    return x.apply("conv2d_kernel", g, kernel=like.shape[2:], stride=stride, padding=padding)


def _forward(x: Value, w: Value, stride: int, padding: int) -> Value:
    return x.apply("conv2d", w, stride=stride, padding=padding)


_PLAIN = {"stride": 1, "padding": 0}
_STRIDED = {"stride": 2, "padding": 1}

conv2d = register(
    Op(
        name="conv2d",
        symbol="∗",
        formula="{y} = {a} ∗ {b}",
        local=("{b}, turned round", "windows of {a}"),
        flow=("{g} ∗ᵀ {b}", "{a} ∗ {g}"),
        shape=lambda x, w, *, stride, padding: _output_shape(x, w, stride, padding),
        bind=_bind_forward,
        shares=True,
        pullbacks=(
            lambda g, y, x, w, stride, padding: _by_input(g, w, x, stride, padding),
            lambda g, y, x, w, stride, padding: _by_kernel(x, g, w, stride, padding),
        ),
        samples=(
            Sample(((2, 5, 4, 3), (3, 2, 3, 2)), params=_PLAIN),
            Sample(((1, 5, 5, 2), (2, 1, 3, 3)), params=_STRIDED),
        ),
        defaults=_PLAIN,
    )
)

conv2d_input = register(
    Op(
        name="conv2d_input",
        symbol="∗ᵀ",
        formula="{y} = {a} ∗ᵀ {b}",
        local=("{b}", "windows"),
        flow=("{g} ∗ {b}", "{g} ∗ {a}"),
        shape=_input_shape,
        bind=_bind_input,
        pullbacks=(
            lambda g, y, a, w, shape, stride, padding: _forward(g, w, stride, padding),
            lambda g, y, a, w, shape, stride, padding: _by_kernel(g, a, w, stride, padding),
        ),
        samples=(
            Sample(((3, 3, 3, 3), (3, 2, 3, 2)), params={"shape": (2, 5, 4, 3), **_PLAIN}),
            Sample(((2, 3, 3, 2), (2, 1, 3, 3)), params={"shape": (1, 5, 5, 2), **_STRIDED}),
        ),
    )
)

conv2d_kernel = register(
    Op(
        name="conv2d_kernel",
        symbol="∗",
        formula="{y} = {a} ∗ {b}",
        local=("{b}", "windows of {a}"),
        flow=("{b} ∗ᵀ {g}", "{a} ∗ {g}"),
        shape=_kernel_shape,
        bind=_bind_kernel,
        shares=True,
        pullbacks=(
            lambda g, y, x, a, kernel, stride, padding: _by_input(a, g, x, stride, padding),
            lambda g, y, x, a, kernel, stride, padding: _forward(x, g, stride, padding),
        ),
        samples=(
            Sample(((2, 5, 4, 3), (3, 3, 3, 3)), params={"kernel": (3, 2), **_PLAIN}),
            Sample(((1, 5, 5, 2), (2, 3, 3, 2)), params={"kernel": (3, 3), **_STRIDED}),
        ),
    )
)


def check_window(size: int, stride: int, x: Shape) -> tuple[int, int]:
    """Return how many windows fit; ShapeError where none does."""
    if len(x) != 4:
        raise misfit(tr("needs (channels, height, width, batch)"), x)
    if x[1] < size or x[2] < size:
        raise ShapeError(
            tr("a window of {size} × {size} does not fit into {h} × {w}").format(
                size=size, h=x[1], w=x[2]
            )
        )
    return (x[1] - size) // stride + 1, (x[2] - size) // stride + 1
