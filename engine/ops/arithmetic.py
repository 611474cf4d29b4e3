"""Elementwise arithmetic with numpy's broadcasting."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.graph import shapes
from engine.graph.graph import Value
from engine.graph.op import BoundCall, Op, Sample, kernel, register, ufunc, with_number
from engine.support.arrays import Array

_PAIRS = (
    Sample(((2, 3), (2, 3))),
    Sample(((2, 3), ())),
    Sample(((3,), (2, 1))),
    Sample(((2, 1, 3), (4, 1))),
)
_POSITIVE_PAIRS = tuple(Sample(s.shapes, 0.5, 2.0) for s in _PAIRS)
_ONE = (Sample(((2, 3),)), Sample(((),)))
_POSITIVE = (Sample(((2, 3),), 0.3, 2.0), Sample(((),), 0.3, 2.0))


def to(g: Value, like: Value) -> Value:
    """Sum a gradient over broadcast axes to the shape of ``like``; first, as it is then smaller."""
    return g if g.shape == like.shape else g.apply("sum_to", shape=like.shape)


add = register(
    Op(
        name="add",
        symbol="+",
        formula="{y} = {a} + {b}",
        local=("1", "1"),
        shape=shapes.broadcast,
        bind=ufunc(np.add),
        pullbacks=(lambda g, y, a, b: g, lambda g, y, a, b: g),
        samples=_PAIRS,
        elementwise=True,
    )
)

subtract = register(
    Op(
        name="subtract",
        symbol="−",
        formula="{y} = {a} − {b}",
        local=("1", "−1"),
        shape=shapes.broadcast,
        bind=ufunc(np.subtract),
        pullbacks=(lambda g, y, a, b: g, lambda g, y, a, b: -to(g, b)),
        samples=_PAIRS,
        elementwise=True,
    )
)

multiply = register(
    Op(
        name="multiply",
        symbol="×",
        formula="{y} = {a} ⊙ {b}",
        local=("{b}", "{a}"),
        shape=shapes.broadcast,
        bind=ufunc(np.multiply),
        pullbacks=(lambda g, y, a, b: g * b, lambda g, y, a, b: g * a),
        samples=_PAIRS,
        elementwise=True,
    )
)

divide = register(
    Op(
        name="divide",
        symbol="÷",
        formula="{y} = {a} / {b}",
        local=("1 / {b}", "−{y} / {b}"),
        shape=shapes.broadcast,
        bind=ufunc(np.divide),
        pullbacks=(lambda g, y, a, b: g / b, lambda g, y, a, b: -(to(g * y, b) / b)),
        samples=_POSITIVE_PAIRS,
        elementwise=True,
    )
)

pow = register(  # noqa: A001  the operation's name
    Op(
        name="pow",
        symbol="xᵃ",
        formula="{y} = {a} ^ {b}",
        local=("{b} {a}^({b} − 1)", "{y} ln {a}"),
        shape=shapes.broadcast,
        bind=ufunc(np.power),
        pullbacks=(
            lambda g, y, a, b: g * (b * a.apply("pow", b - 1)),
            lambda g, y, a, b: g * (y * a.apply("log")),
        ),
        samples=_POSITIVE_PAIRS,
        elementwise=True,
    )
)

negate = register(
    Op(
        name="negate",
        symbol="×(−1)",
        formula="{y} = −{a}",
        local=("−1",),
        shape=shapes.same,
        bind=ufunc(np.negative),
        pullbacks=(lambda g, y, a: -g,),
        samples=_ONE,
        elementwise=True,
    )
)


scale = register(
    Op(
        name="scale",
        symbol="×{factor:.4g}",
        formula="{y} = {factor:.4g} {a}",
        local=("{factor:.4g}",),
        shape=shapes.same,
        bind=with_number(np.multiply, "factor"),
        pullbacks=(lambda g, y, a, factor: g * factor,),
        samples=(Sample(((2, 3),), params={"factor": -1.7}),),
        elementwise=True,
    )
)

shift = register(
    Op(
        name="shift",
        symbol="{amount:+.4g}",
        formula="{y} = {a} {amount:+.4g}",
        local=("1",),
        shape=shapes.same,
        bind=with_number(np.add, "amount"),
        pullbacks=(lambda g, y, a, amount: g,),
        samples=(Sample(((2, 3),), params={"amount": -1.7}),),
        elementwise=True,
    )
)

one_minus = register(
    Op(
        name="one_minus",
        symbol="1−x",
        formula="{y} = 1 − {a}",
        local=("−1",),
        shape=shapes.same,
        bind=with_number(np.subtract, 1.0, first=True),
        pullbacks=(lambda g, y, a: -g,),
        samples=_ONE,
        elementwise=True,
    )
)

reciprocal = register(
    Op(
        name="reciprocal",
        symbol="1/x",
        formula="{y} = 1 / {a}",
        local=("−1 / {a}²",),
        shape=shapes.same,
        bind=ufunc(np.reciprocal),
        pullbacks=(lambda g, y, a: -(g * (y * y)),),
        samples=_POSITIVE,
        elementwise=True,
    )
)


def _bind_power(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    if params["exponent"] == 2:
        return np.square, (inputs[0], out)
    return with_number(np.power, "exponent")(out, inputs, params)


def _power_pullback(g: Value, y: Value, a: Value, exponent: float) -> Value:
    if exponent == 2:
        return g * (a * 2.0)
    if exponent == 1:
        return g
    return g * (a ** (exponent - 1) * exponent)


power = register(
    Op(
        name="power",
        symbol="x^{exponent:.4g}",
        formula="{y} = {a} ^ {exponent:.4g}",
        local=("{exponent:.4g} {a}^({exponent:.4g} − 1)",),
        shape=shapes.same,
        bind=_bind_power,
        pullbacks=(_power_pullback,),
        samples=(
            Sample(((2, 3),), params={"exponent": 2.0}),
            Sample(((2, 3),), params={"exponent": 3.0}),
            Sample(((2, 3),), 0.5, 2.0, params={"exponent": -1.5}),
        ),
        elementwise=True,
    )
)

exp = register(
    Op(
        name="exp",
        symbol="exp",
        formula="{y} = exp({a})",
        local=("exp({a})",),
        shape=shapes.same,
        bind=ufunc(np.exp),
        pullbacks=(lambda g, y, a: g * y,),
        samples=_ONE,
        elementwise=True,
    )
)

log = register(
    Op(
        name="log",
        symbol="ln",
        formula="{y} = ln {a}",
        local=("1 / {a}",),
        shape=shapes.same,
        bind=ufunc(np.log),
        pullbacks=(lambda g, y, a: g / a,),
        samples=_POSITIVE,
        elementwise=True,
    )
)

sqrt = register(
    Op(
        name="sqrt",
        symbol="√",
        formula="{y} = √{a}",
        local=("1 / (2√{a})",),
        shape=shapes.same,
        bind=ufunc(np.sqrt),
        pullbacks=(lambda g, y, a: g * 0.5 / y,),
        samples=_POSITIVE,
        elementwise=True,
    )
)

sin = register(
    Op(
        name="sin",
        symbol="sin",
        formula="{y} = sin {a}",
        local=("cos {a}",),
        shape=shapes.same,
        bind=ufunc(np.sin),
        pullbacks=(lambda g, y, a: g * a.apply("cos"),),
        samples=_ONE,
        elementwise=True,
    )
)

cos = register(
    Op(
        name="cos",
        symbol="cos",
        formula="{y} = cos {a}",
        local=("−sin {a}",),
        shape=shapes.same,
        bind=ufunc(np.cos),
        pullbacks=(lambda g, y, a: -(g * a.apply("sin")),),
        samples=_ONE,
        elementwise=True,
    )
)


def _flat(*_: Any, **__: Any) -> None:
    """The pullback of a piecewise constant function: no gradient flows."""


sign = register(
    Op(
        name="sign",
        symbol="sgn",
        formula="{y} = sgn {a}",
        local=("0",),
        shape=shapes.same,
        bind=ufunc(np.sign),
        pullbacks=(_flat,),
        samples=_ONE,
        elementwise=True,
        branch=lambda base, now: np.sign(base[0]),
    )
)


def _bind_positive(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    x, zero, mask = inputs[0], np.zeros((), out.dtype), np.empty(out.shape, bool)

    def run() -> None:
        np.greater(x, zero, mask)
        np.copyto(out, mask)

    return run, ()


positive = register(
    Op(
        name="positive",
        symbol="x>0",
        formula="{y} = 1 where {a} > 0, else 0",
        local=("0",),
        shape=shapes.same,
        bind=_bind_positive,
        pullbacks=(_flat,),
        samples=_ONE,
        elementwise=True,
        branch=lambda base, now: (base[0] > 0).astype(now[0].dtype),
    )
)

greater_equal = register(
    Op(
        name="greater_equal",
        symbol="≥",
        formula="{y} = 1 where {a} ≥ {b}, else 0",
        local=("0", "0"),
        shape=shapes.broadcast,
        bind=kernel(lambda out, a, b: np.greater_equal(a, b, out, casting="unsafe")),
        pullbacks=(_flat, _flat),
        samples=_PAIRS,
        elementwise=True,
        branch=lambda base, now: (base[0] >= base[1]).astype(now[0].dtype),
    )
)

abs = register(  # noqa: A001  the operation's name
    Op(
        name="abs",
        symbol="|x|",
        formula="{y} = |{a}|",
        local=("sgn {a}",),
        shape=shapes.same,
        bind=ufunc(np.absolute),
        pullbacks=(lambda g, y, a: g * a.apply("sign"),),
        samples=_ONE,
        elementwise=True,
        branch=lambda base, now: np.sign(base[0]) * now[0],
    )
)

maximum = register(
    Op(
        name="maximum",
        symbol="max",
        formula="{y} = max({a}, {b})",
        local=("1 where {a} ≥ {b}, else 0", "1 where {b} > {a}, else 0"),
        shape=shapes.broadcast,
        bind=kernel(lambda out, a, b: np.maximum(a, b, out=out)),
        pullbacks=(
            lambda g, y, a, b: g * a.apply("greater_equal", b),
            lambda g, y, a, b: g * a.apply("greater_equal", b).apply("one_minus"),
        ),
        samples=_PAIRS,
        elementwise=True,
        branch=lambda base, now: np.where(base[0] >= base[1], now[0], now[1]),
    )
)

minimum = register(
    Op(
        name="minimum",
        symbol="min",
        formula="{y} = min({a}, {b})",
        local=("1 where {a} ≤ {b}, else 0", "1 where {b} < {a}, else 0"),
        shape=shapes.broadcast,
        bind=kernel(lambda out, a, b: np.minimum(a, b, out=out)),
        pullbacks=(
            lambda g, y, a, b: g * b.apply("greater_equal", a),
            lambda g, y, a, b: g * b.apply("greater_equal", a).apply("one_minus"),
        ),
        samples=_PAIRS,
        elementwise=True,
        branch=lambda base, now: np.where(base[1] >= base[0], now[0], now[1]),
    )
)
