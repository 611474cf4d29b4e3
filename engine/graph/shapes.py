"""Shape rules: from the shapes of an operation's inputs to the shape of its output.

Every rule takes the input shapes and the operation's parameters by name and returns the shape of
the output. A misfit raises ``ShapeError`` with all shapes; the graph adds the operation's name.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from engine.support.errors import ShapeError
from engine.support.figures import shape_text
from engine.support.text import tr

Shape = tuple[int, ...]
ShapeRule = Callable[..., Shape]


def size(shape: Shape) -> int:
    """Return the number of elements."""
    return math.prod(shape)


def misfit(requirement: str, *shapes: Shape) -> ShapeError:
    """Return the error for shapes that break a requirement."""
    found = ", ".join(f"({shape_text(shape)})" for shape in shapes)
    return ShapeError(tr("{rule}, found {shapes}").format(rule=requirement, shapes=found))


def same(shape: Shape, **_: Any) -> Shape:
    """The shape of the one input: elementwise operations."""
    return shape


def broadcast(*shapes: Shape, **_: Any) -> Shape:
    """numpy's broadcasting of all inputs."""
    try:
        return np.broadcast_shapes(*shapes)
    except ValueError:
        raise misfit(tr("shapes must broadcast together"), *shapes) from None


def equal(*shapes: Shape, **_: Any) -> Shape:
    """All inputs have one shape, which is the output's."""
    if len(set(shapes)) != 1:
        raise misfit(tr("shapes must be equal"), *shapes)
    return shapes[0]


def scalar_of_equal(*shapes: Shape, **_: Any) -> Shape:
    """Losses: output and target have one shape; the result is a scalar."""
    equal(*shapes)
    return ()


def scalar_of_columns(*shapes: Shape, **_: Any) -> Shape:
    """Losses over classes: two (classes × batch) matrices of one shape, at least two classes."""
    if len(equal(*shapes)) != 2 or shapes[0][0] < 2:
        raise misfit(tr("needs two matrices of classes × batch with 2 or more classes"), *shapes)
    return ()


def matmul(a: Shape, b: Shape, **_: Any) -> Shape:
    """Matrix product of matrices (m × k)(k × n); a vector stands for a row or a column."""
    if not (1 <= len(a) <= 2 and 1 <= len(b) <= 2) or a[-1] != b[0]:
        raise misfit(tr("columns of the first must equal rows of the second"), a, b)
    return a[:-1] + b[1:]


def add_bias(z: Shape, b: Shape, **_: Any) -> Shape:
    """(features × …) plus one number for each feature."""
    if len(b) != 1 or not z or z[0] != b[0]:
        raise misfit(tr("the bias needs one number for each row"), z, b)
    return z


def normalised_axes(shape: Shape, axis: int | tuple[int, ...] | None) -> tuple[int, ...]:
    """Return the axes as sorted non-negative numbers; None means all."""
    if axis is None:
        return tuple(range(len(shape)))
    axes = axis if isinstance(axis, tuple) else (axis,)
    for one in axes:
        if not -len(shape) <= one < len(shape):
            raise misfit(tr("there is no axis {axis}").format(axis=one), shape)
    return tuple(sorted({one % len(shape) for one in axes}))


def reduced(shape: Shape, *, axis: Any = None, keepdims: bool = False, **_: Any) -> Shape:
    """A reduction over ``axis`` (None = all); ``keepdims`` leaves length-1 axes."""
    axes = normalised_axes(shape, axis)
    if keepdims:
        return tuple(1 if k in axes else n for k, n in enumerate(shape))
    return tuple(n for k, n in enumerate(shape) if k not in axes)


def transposed(shape: Shape, *, axes: tuple[int, ...] | None = None, **_: Any) -> Shape:
    """Axes reversed, or permuted as given."""
    order = tuple(reversed(range(len(shape)))) if axes is None else axes
    if sorted(order) != list(range(len(shape))):
        raise misfit(tr("axes {axes} are no permutation").format(axes=order), shape)
    return tuple(shape[k] for k in order)


def reshaped(old: Shape, *, shape: Shape, **_: Any) -> Shape:
    """The given shape, which must hold as many elements."""
    if size(old) != size(shape) or min(shape, default=1) < 1:
        raise misfit(tr("both must hold as many elements"), old, shape)
    return shape


def broadcast_to(old: Shape, *, shape: Shape, **_: Any) -> Shape:
    """The given shape, to which the input must broadcast."""
    if broadcast(old, shape) != shape:
        raise misfit(tr("the first must broadcast to the second"), old, shape)
    return shape


def sum_to(old: Shape, *, shape: Shape, **_: Any) -> Shape:
    """The given shape, which must broadcast to the input's: the adjoint of broadcasting."""
    if broadcast(old, shape) != old:
        raise misfit(tr("the second must broadcast to the first"), old, shape)
    return shape
