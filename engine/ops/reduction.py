"""Sums, means, maxima and log-sum-exp over axes."""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.graph import shapes
from engine.graph.graph import Value
from engine.graph.op import BoundCall, Op, Sample, filled, kernel, register
from engine.support.arrays import Array

_AXES = (
    Sample(((2, 3),)),
    Sample(((2, 3),), params={"axis": 1}),
    Sample(((2, 3, 4),), params={"axis": (0, 2), "keepdims": True}),
)


def _spread(value: Value, like: Value, axis: Any = None, keepdims: bool = False) -> Value:
    """Broadcast a reduced value back to the shape it was reduced from."""
    kept = shapes.reduced(like.shape, axis=axis, keepdims=True)
    if value.shape != kept:
        value = value.apply("reshape", shape=kept)
    return value if kept == like.shape else value.apply("broadcast_to", shape=like.shape)


def _reduce(function: Any) -> Any:
    """Bind a ufunc's reduction."""

    def bind(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
        axis, keepdims = params.get("axis"), params.get("keepdims", False)
        return function.reduce, (inputs[0], axis, None, out, keepdims)

    return bind


def bind_total(
    out: Array, x: Array, axes: Sequence[int], keepdims: bool, weight: float = 1.0
) -> BoundCall:
    """Bind the sum of weight · x over axes.

    Over the first or the last axes of contiguous memory it is a product with a vector of equal
    entries, 3 to 5 times faster than numpy's sum.
    """
    kept = [k for k in range(x.ndim) if k not in axes]
    ends = kept == list(range(len(kept))), kept == list(range(x.ndim - len(kept), x.ndim))
    if not any(ends) or not x.size or not (x.flags.c_contiguous and out.flags.c_contiguous):
        return _bind_slow_total(out, x, tuple(axes), keepdims, weight)
    count = x.size // out.size
    factors, flat = filled(weight, (count,), x.dtype), out.reshape(out.size)
    if out.size == 1:
        return x.reshape(-1).dot, (factors, flat.reshape(()))
    if ends[0]:
        return x.reshape(out.size, count).dot, (factors, flat)
    return factors.dot, (x.reshape(count, out.size), flat)


def _bind_slow_total(
    out: Array, x: Array, axes: tuple[int, ...], keepdims: bool, weight: float
) -> BoundCall:
    factor = np.array(weight, out.dtype)

    def run() -> None:
        np.add.reduce(x, axis=axes, out=out, keepdims=keepdims)
        np.multiply(out, factor, out)

    return (np.add.reduce, (x, axes, None, out, keepdims)) if weight == 1.0 else (run, ())


def _total(of_mean: bool) -> Any:
    def bind(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
        x, keepdims = inputs[0], params.get("keepdims", False)
        axes = shapes.normalised_axes(x.shape, params.get("axis"))
        weight = out.size / x.size if of_mean and x.size else 1.0
        return bind_total(out, x, axes, keepdims, weight)

    return bind


def _mean_pullback(g: Value, y: Value, a: Value, **axes: Any) -> Value:
    count = math.prod(a.shape) / math.prod(y.shape)
    return _spread(g * (1.0 / count), a, **axes)


sum = register(  # noqa: A001  the operation's name
    Op(
        name="sum",
        symbol="Σ",
        formula="{y} = Σ {a}",
        local=("1",),
        shape=shapes.reduced,
        bind=_total(of_mean=False),
        pullbacks=(lambda g, y, a, **axes: _spread(g, a, **axes),),
        samples=_AXES,
    )
)

mean = register(
    Op(
        name="mean",
        symbol="mean",
        formula="{y} = mean {a}",
        local=("1 / n",),
        shape=shapes.reduced,
        bind=_total(of_mean=True),
        pullbacks=(_mean_pullback,),
        samples=_AXES,
    )
)


def _is_max(out: Array, x: Array, axis: Any = None, keepdims: bool = False) -> None:
    """1 at the maximum (shared equally among equals, so that the contributions sum to one)."""
    np.equal(x, np.max(x, axis=axis, keepdims=True), out, casting="unsafe")
    out /= np.sum(out, axis=axis, keepdims=True)


def _is_max_of(base: Array, axis: Any = None, keepdims: bool = False) -> Array:
    out = np.empty_like(base)
    _is_max(out, base, axis)
    return out


is_max = register(
    Op(
        name="is_max",
        symbol="argmax",
        formula="{y} = 1 where {a} is its maximum, else 0",
        local=("0",),
        shape=lambda shape, **_: shape,
        bind=kernel(_is_max),
        pullbacks=(lambda g, y, a, **axes: None,),
        samples=_AXES,
        branch=lambda base, now, **axes: _is_max_of(base[0], **axes),
    )
)

max = register(  # noqa: A001  the operation's name
    Op(
        name="max",
        symbol="max",
        formula="{y} = max {a}",
        local=("1 at the maximum, else 0",),
        shape=shapes.reduced,
        bind=_reduce(np.maximum),
        pullbacks=(lambda g, y, a, **axes: _spread(g, a, **axes) * a.apply("is_max", **axes),),
        samples=_AXES,
        branch=lambda base, now, axis=None, keepdims=False: np.sum(
            _is_max_of(base[0], axis) * now[0], axis=axis, keepdims=keepdims
        ),
    )
)


def _logsumexp(out: Array, x: Array, axis: Any = None, keepdims: bool = False) -> None:
    top = np.max(x, axis=axis, keepdims=True)
    total = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    np.copyto(out, total.reshape(out.shape))


logsumexp = register(
    Op(
        name="logsumexp",
        symbol="lse",
        formula="{y} = ln Σ exp({a})",
        local=("softmax({a})",),
        shape=shapes.reduced,
        bind=kernel(_logsumexp),
        pullbacks=(
            lambda g, y, a, axis=None, keepdims=False: (
                _spread(g, a, axis, keepdims) * a.apply("softmax", axis=axis)
            ),
        ),
        samples=_AXES,
    )
)


def _bind_softmax(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    """exp(x − max x) / Σ exp(x − max x), stable for any x."""
    x, axis = inputs[0], params["axis"]
    top = np.empty(shapes.reduced(x.shape, axis=axis, keepdims=True), x.dtype)
    total, arguments = bind_total(top, out, shapes.normalised_axes(x.shape, axis), True)

    def run() -> None:
        np.maximum.reduce(x, axis=axis, out=top, keepdims=True)
        np.subtract(x, top, out)
        np.exp(out, out)
        total(*arguments)
        np.divide(out, top, out)

    return run, ()


softmax = register(
    Op(
        name="softmax",
        symbol="softmax",
        formula="{y} = softmax({a})",
        local=("diag({y}) − {y} {y}ᵀ",),
        shape=lambda shape, *, axis: (shapes.normalised_axes(shape, axis), shape)[1],
        bind=_bind_softmax,
        pullbacks=(lambda g, y, a, axis: y * (g - (g * y).apply("sum", axis=axis, keepdims=True)),),
        samples=(
            Sample(((3, 4),)),
            Sample(((3, 4),), params={"axis": 1}),
            Sample(((5,),)),
        ),
        defaults={"axis": 0},
    )
)


def _bind_sum_squares(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    x = inputs[0].T if inputs[0].flags.f_contiguous else inputs[0]
    if not x.flags.c_contiguous:
        return (lambda: np.copyto(out, np.vdot(x, x))), ()
    flat = x.reshape(x.size)
    return flat.dot, (flat, out)


sum_squares = register(
    Op(
        name="sum_squares",
        symbol="‖·‖²",
        formula="{y} = Σ {a}²",
        local=("2 {a}",),
        shape=lambda shape: (),
        bind=_bind_sum_squares,
        pullbacks=(lambda g, y, a: a * (g * 2.0),),
        samples=(Sample(((2, 3),)), Sample(((),))),
    )
)


def _sum_all(out: Array, first: Array, *others: Array) -> None:
    if not others:
        np.copyto(out, first)
        return
    np.add(first, others[0], out)
    for other in others[1:]:
        np.add(out, other, out)


sum_all = register(
    Op(
        name="sum_all",
        symbol="+",
        formula="{y} = {inputs}",
        local=("1",),
        shape=shapes.equal,
        bind=kernel(_sum_all),
        pullbacks=(lambda position, g, y, *inputs: g,),
        samples=(Sample(((2, 3), (2, 3), (2, 3))), Sample(((2,),))),
        variadic=True,
    )
)
