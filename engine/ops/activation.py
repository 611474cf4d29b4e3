"""Activation functions φ, applied element by element."""

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from engine.graph import shapes
from engine.graph.graph import Value
from engine.graph.op import BoundCall, Op, Sample, filled, kernel, register, ufunc
from engine.support.arrays import Array

_ONE = (Sample(((2, 3),)), Sample(((),)))


def _bind_sigmoid(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    """1 / (1 + exp(−x)) by tanh, which neither over- nor underflows."""
    x, half = inputs[0], np.array(0.5, out.dtype)

    def run() -> None:
        np.multiply(x, half, out)
        np.tanh(out, out)
        np.multiply(out, half, out)
        np.add(out, half, out)

    return run, ()


sigmoid = register(
    Op(
        name="sigmoid",
        symbol="σ",
        formula="{y} = σ({a})",
        local=("{y} (1 − {y})",),
        shape=shapes.same,
        bind=_bind_sigmoid,
        pullbacks=(lambda g, y, a: g * (y * y.apply("one_minus")),),
        samples=_ONE,
        elementwise=True,
    )
)

tanh = register(
    Op(
        name="tanh",
        symbol="tanh",
        formula="{y} = tanh({a})",
        local=("1 − {y}²",),
        shape=shapes.same,
        bind=ufunc(np.tanh),
        pullbacks=(lambda g, y, a: g * (y * y).apply("one_minus"),),
        samples=_ONE,
        elementwise=True,
    )
)


def _bind_relu(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    """max(0, x) against an array of zeros: half the time of one scalar zero."""
    return partial(np.maximum, out=out), (inputs[0], filled(0.0, out.shape, out.dtype))


relu = register(
    Op(
        name="relu",
        symbol="ReLU",
        formula="{y} = max(0, {a})",
        local=("1 where {a} > 0, else 0",),
        shape=shapes.same,
        bind=_bind_relu,
        pullbacks=(lambda g, y, a: g * a.apply("positive"),),
        samples=_ONE,
        elementwise=True,
        branch=lambda base, now: np.where(base[0] > 0, now[0], now[0].dtype.type(0)),
    )
)


def _leaky(base: Array, x: Array, slope: float) -> Array:
    return np.where(base > 0, x, x * x.dtype.type(slope))


leaky_slope = register(
    Op(
        name="leaky_slope",
        symbol="x>0",
        formula="{y} = 1 where {a} > 0, else {slope:g}",
        local=("0",),
        shape=shapes.same,
        bind=kernel(lambda out, x, slope: np.copyto(out, _leaky(x, np.ones_like(x), slope))),
        pullbacks=(lambda g, y, a, slope: None,),
        samples=(Sample(((2, 3),), params={"slope": 0.01}),),
        elementwise=True,
        branch=lambda base, now, slope: _leaky(base[0], np.ones_like(now[0]), slope),
    )
)

leaky_relu = register(
    Op(
        name="leaky_relu",
        symbol="LReLU",
        formula="{y} = {a} where {a} > 0, else {slope:g} {a}",
        local=("1 where {a} > 0, else {slope:g}",),
        shape=shapes.same,
        bind=kernel(lambda out, x, slope: np.copyto(out, _leaky(x, x, slope))),
        pullbacks=(lambda g, y, a, slope: g * a.apply("leaky_slope", slope=slope),),
        samples=(Sample(((2, 3),), params={"slope": 0.01}),),
        elementwise=True,
        branch=lambda base, now, slope: _leaky(base[0], now[0], slope),
        defaults={"slope": 0.01},
    )
)


def _elu(base: Array, x: Array, alpha: float) -> Array:
    negative = x.dtype.type(alpha) * np.expm1(np.where(base > 0, x.dtype.type(0), x))
    return np.where(base > 0, x, negative)


def _elu_pullback(g: Value, y: Value, a: Value, alpha: float) -> Value:
    """φ′ = 1 for x > 0, else y + α."""
    mask = a.apply("positive")
    return g * (mask + mask.apply("one_minus") * (y + alpha))


elu = register(
    Op(
        name="elu",
        symbol="ELU",
        formula="{y} = {a} where {a} > 0, else {alpha:g} (exp({a}) − 1)",
        local=("1 where {a} > 0, else {y} + {alpha:g}",),
        shape=shapes.same,
        bind=kernel(lambda out, x, alpha: np.copyto(out, _elu(x, x, alpha))),
        pullbacks=(_elu_pullback,),
        samples=(Sample(((2, 3),), params={"alpha": 1.0}),),
        elementwise=True,
        branch=lambda base, now, alpha: _elu(base[0], now[0], alpha),
        defaults={"alpha": 1.0},
    )
)

_ERF = np.frompyfunc(math.erf, 1, 1)


def _normal_cdf(out: Array, x: Array) -> None:
    """Φ(x) = ½ (1 + erf(x / √2)), the normal distribution function."""
    erf = _ERF(np.asarray(x, np.float64) / math.sqrt(2.0))
    np.copyto(out, 0.5 * (1.0 + np.asarray(erf, np.float64)), casting="same_kind")


def _normal_density(value: Value) -> Value:
    """exp(−x²/2) / √(2π)."""
    return (value * value * -0.5).apply("exp") * (1.0 / math.sqrt(2.0 * math.pi))


normal_cdf = register(
    Op(
        name="normal_cdf",
        symbol="Φ",
        formula="{y} = Φ({a})",
        local=("exp(−{a}²/2) / √(2π)",),
        shape=shapes.same,
        bind=kernel(_normal_cdf),
        pullbacks=(lambda g, y, a: g * _normal_density(a),),
        samples=_ONE,
        elementwise=True,
    )
)


def _gelu(out: Array, x: Array) -> None:
    _normal_cdf(out, x)
    np.multiply(out, x, out)


gelu = register(
    Op(
        name="gelu",
        symbol="GELU",
        formula="{y} = {a} Φ({a})",
        local=("Φ({a}) + {a} exp(−{a}²/2) / √(2π)",),
        shape=shapes.same,
        bind=kernel(_gelu),
        pullbacks=(lambda g, y, a: g * (a.apply("normal_cdf") + a * _normal_density(a)),),
        samples=_ONE,
        elementwise=True,
    )
)


def _bind_silu(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    sigmoid_of, _ = _bind_sigmoid(out, inputs, params)

    def run(x: Array) -> None:
        sigmoid_of()
        np.multiply(out, x, out)

    return run, (inputs[0],)


def _silu_pullback(g: Value, y: Value, a: Value) -> Value:
    """φ′ = σ(x) + y (1 − σ(x))."""
    s = a.apply("sigmoid")
    return g * (s + y * s.apply("one_minus"))


silu = register(
    Op(
        name="silu",
        symbol="SiLU",
        formula="{y} = {a} σ({a})",
        local=("σ({a}) + {y} (1 − σ({a}))",),
        shape=shapes.same,
        bind=_bind_silu,
        pullbacks=(_silu_pullback,),
        samples=_ONE,
        elementwise=True,
    )
)

softplus = register(
    Op(
        name="softplus",
        symbol="softplus",
        formula="{y} = ln(1 + exp({a}))",
        local=("σ({a})",),
        shape=shapes.same,
        bind=kernel(lambda out, x: np.logaddexp(x, x.dtype.type(0), out)),
        pullbacks=(lambda g, y, a: g * a.apply("sigmoid"),),
        samples=_ONE,
        elementwise=True,
    )
)
