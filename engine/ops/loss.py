"""Losses L = ℓ(o, y): output and target are (outputs × batch); the result is a scalar.

Their local derivatives are written with operations that differentiate again, so that second
order works (softmax cross-entropy ↔ softmax, binary cross-entropy ↔ sigmoid).
"""

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.graph import shapes
from engine.graph.graph import Value
from engine.graph.op import BoundCall, Op, Sample, kernel, register
from engine.ops.reduction import bind_total
from engine.support.arrays import Array

_PAIR = (Sample(((3, 4), (3, 4))), Sample(((2, 1), (2, 1))))
_PROBABILITIES = (Sample(((3, 4), (3, 4)), 0.05, 0.95),)


def _batch(value: Value) -> int:
    return value.shape[-1] if len(value.shape) > 1 else 1


def _over(g: Value, count: int) -> Value:
    return g if count == 1 else g * (1.0 / count)


def _bind_squares(out: Array, o: Array, y: Array, count: int) -> BoundCall:
    """Σ (o − y)² / count."""
    difference, scaled = np.empty(o.shape, o.dtype), np.empty(o.size, o.dtype)
    flat, factor = difference.reshape(-1), np.array(1 / count, o.dtype)

    def run() -> None:
        np.subtract(o, y, difference)
        np.multiply(flat, factor, scaled)
        scaled.dot(flat, out)

    return run, ()


def _mse_pullback(g: Value, o: Value, y: Value) -> Value:
    return (o - y) * (g * (2.0 / max(1, int(np.prod(o.shape)))))


mean_squared_error = register(
    Op(
        name="mean_squared_error",
        symbol="ℓ",
        formula="{y} = mean(({a} − {b})²)",
        local=("2 ({a} − {b}) / n", "2 ({b} − {a}) / n"),
        shape=shapes.scalar_of_equal,
        bind=lambda out, inputs, params: _bind_squares(out, inputs[0], inputs[1], inputs[0].size),
        pullbacks=(
            lambda g, loss, o, y: _mse_pullback(g, o, y),
            lambda g, loss, o, y: _mse_pullback(g, y, o),
        ),
        samples=_PAIR,
    )
)


def _bind_squared_error(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    o, y = inputs
    return _bind_squares(out, o, y, 2 * (o.shape[-1] if o.ndim > 1 else 1))


squared_error = register(
    Op(
        name="squared_error",
        symbol="ℓ",
        formula="{y} = ½ Σ({a} − {b})² / batch",
        local=("({a} − {b}) / batch", "({b} − {a}) / batch"),
        shape=shapes.scalar_of_equal,
        bind=_bind_squared_error,
        pullbacks=(
            lambda g, loss, o, y: (o - y) * _over(g, _batch(o)),
            lambda g, loss, o, y: (y - o) * _over(g, _batch(o)),
        ),
        samples=_PAIR,
    )
)


def _bind_cross_entropy(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    """mean over the batch of Σ_k y_k (logsumexp(o) − o_k), stable for any o."""
    o, y = inputs
    shifted, powers, top = np.empty_like(o), np.empty_like(o), np.empty((1, o.shape[1]), o.dtype)
    total, arguments = bind_total(top, powers, (0,), keepdims=True)
    batch, flat = np.array(o.shape[1], o.dtype), powers.reshape(-1)

    def run() -> None:
        np.maximum.reduce(o, axis=0, out=top, keepdims=True)
        np.subtract(o, top, shifted)
        np.exp(shifted, powers)
        total(*arguments)
        np.log(top, top)
        np.subtract(top, shifted, powers)
        flat.dot(y.reshape(-1), out)
        np.divide(out, batch, out)

    return run, ()


def _cross_entropy_logits(g: Value, loss: Value, o: Value, y: Value) -> Value:
    """(softmax(o) Σ_k y_k − y) / batch; Σ_k y_k is 1 for classes, and kept for second order."""
    weight = y.apply("sum", axis=0, keepdims=True) if y.node.differentiable else None
    softmax = o.apply("softmax", axis=0)
    expected = softmax if weight is None else softmax * weight
    return (expected - y) * _over(g, _batch(o))


def _cross_entropy_target(g: Value, loss: Value, o: Value, y: Value) -> Value:
    return (o.apply("logsumexp", axis=0, keepdims=True) - o) * _over(g, _batch(o))


softmax_cross_entropy = register(
    Op(
        name="softmax_cross_entropy",
        symbol="ℓ",
        formula="{y} = −mean over the batch of Σ {b} ln softmax({a})",
        local=("(softmax({a}) − {b}) / batch", "−ln softmax({a}) / batch"),
        shape=shapes.scalar_of_columns,
        bind=_bind_cross_entropy,
        pullbacks=(_cross_entropy_logits, _cross_entropy_target),
        samples=_PROBABILITIES,
    )
)


def _binary_cross_entropy(out: Array, o: Array, y: Array) -> None:
    """mean(softplus(o) − y o): the cross-entropy of logits, stable for any o."""
    out[...] = np.mean(np.logaddexp(o, o.dtype.type(0)) - y * o)


def _count(value: Value) -> int:
    return max(1, int(np.prod(value.shape)))


binary_cross_entropy = register(
    Op(
        name="binary_cross_entropy",
        symbol="ℓ",
        formula="{y} = mean(ln(1 + exp({a})) − {b} {a})",
        local=("(σ({a}) − {b}) / n", "−{a} / n"),
        shape=shapes.scalar_of_equal,
        bind=kernel(_binary_cross_entropy),
        pullbacks=(
            lambda g, loss, o, y: (o.apply("sigmoid") - y) * _over(g, _count(o)),
            lambda g, loss, o, y: o * _over(-g, _count(o)),
        ),
        samples=_PROBABILITIES,
    )
)


def _margins(o: Array, y: Array) -> Array:
    """1 + o_k − o_y for k ≠ y, and 0 for the true class (one-hot y)."""
    true = np.sum(o * y, axis=0, keepdims=True)
    margins: Array = (1 - y) * (o - true + o.dtype.type(1))
    return margins


def _hinge(out: Array, o: Array, y: Array) -> None:
    margins = _margins(o, y)
    out[...] = np.sum(np.maximum(margins, 0)) / o.shape[1]


def _hinge_branch(base: list[Array], now: list[Array]) -> Array:
    active = _margins(*base) > 0
    total: Array = np.sum(np.where(active, _margins(*now), 0)) / now[0].shape[1]
    return total


def _hinge_pullback(g: Value, loss: Value, o: Value, y: Value) -> Value:
    """1 for each class whose margin is positive, minus their number for the true class (CS231n)."""
    others = y.apply("one_minus")
    true = (o * y).apply("sum", axis=0, keepdims=True)
    broken = (others * (o - true + 1.0)).apply("positive") * others
    pulled = y * broken.apply("sum", axis=0, keepdims=True)
    return (broken - pulled) * _over(g, _batch(o))


hinge = register(
    Op(
        name="hinge",
        symbol="ℓ",
        formula="{y} = mean over the batch of Σ_k≠y max(0, {a}_k − {a}_y + 1)",
        local=("[margin broken] − [true class] · count of broken margins", "0"),
        shape=shapes.scalar_of_columns,
        bind=kernel(_hinge),
        pullbacks=(_hinge_pullback, lambda g, loss, o, y: None),
        samples=(Sample(((3, 4), (3, 4)), one_hot=1),),
        branch=_hinge_branch,
    )
)
