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

from engine.errors import ShapeError
from engine.graph import Value
from engine.op import Array, Op, Sample, Step, register
from engine.shapes import Shape, misfit
from engine.text import tr


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
        self.padding = padding
        self.height, self.width = height, width
        self.padded = np.zeros((channels, height + 2 * padding, width + 2 * padding, batch), dtype)
        _, rows, columns, _ = _output_shape(x, (1, channels, *kernel), stride, padding)
        self.view = windows_of(self.padded, kernel, stride, (rows, columns))
        self.matrix = np.empty((channels * kernel[0] * kernel[1], rows * columns * batch), dtype)
        self._target = self.matrix.reshape(self.view.shape)
        end = padding + height, padding + width
        self.inner = self.padded[:, padding : end[0], padding : end[1]]

    def gather(self, x: Array) -> Array:
        """Return the windows of x."""
        np.copyto(self.inner, x)
        np.copyto(self._target, self.view)
        return self.matrix

    def scatter(self, out: Array) -> None:
        """Add every window's entries in ``matrix`` up where they came from: the adjoint."""
        self.padded.fill(0)
        for i in range(self.view.shape[1]):
            for j in range(self.view.shape[2]):
                self.view[:, i, j] += self._target[:, i, j]
        np.copyto(out, self.inner)


def windows_of(padded: Array, kernel: Shape, stride: int, size: tuple[int, int]) -> Array:
    """Return a view (channels, h, w, rows, columns, batch) of every window of a picture."""
    c, h, w, b = padded.strides
    shape = (padded.shape[0], *kernel, *size, padded.shape[3])
    return as_strided(padded, shape, (c, h, w, h * stride, w * stride, b))


def _bind_forward(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> Step:
    x, w = inputs
    windows = _Windows(x.shape, w.shape[2:], params["stride"], params["padding"], x.dtype)
    flat = out.reshape(out.shape[0], -1)

    def run(x: Array, w: Array) -> None:
        np.dot(w.reshape(w.shape[0], -1), windows.gather(x), flat)

    return run, (x, w)


def _bind_input(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> Step:
    g, w = inputs
    windows = _Windows(out.shape, w.shape[2:], params["stride"], params["padding"], g.dtype)

    def run(g: Array, w: Array) -> None:
        np.dot(w.reshape(w.shape[0], -1).T, g.reshape(g.shape[0], -1), windows.matrix)
        windows.scatter(out)

    return run, (g, w)


def _bind_kernel(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> Step:
    x, g = inputs
    windows = _Windows(x.shape, out.shape[2:], params["stride"], params["padding"], x.dtype)
    flat = out.reshape(out.shape[0], -1)

    def run(x: Array, g: Array) -> None:
        np.dot(g.reshape(g.shape[0], -1), windows.gather(x).T, flat)

    return run, (x, g)


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
