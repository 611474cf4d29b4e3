"""Matrix products and biases. Samples are columns: z = W x + b with x (features × batch)."""

import numpy as np

from engine.graph import shapes
from engine.graph.graph import Value
from engine.graph.op import BoundCall, Op, Sample, register
from engine.support.arrays import Array


def _bind_matmul(out: Array, inputs: "list[Array]", params: dict[str, object]) -> BoundCall:
    a, b = inputs
    if out.ndim == 2 and out.flags.c_contiguous:
        return a.dot, (b, out)
    if out.ndim == a.ndim == b.ndim == 2 and out.T.flags.c_contiguous:
        return b.T.dot, (a.T, out.T)
    return np.matmul, (a, b, out) if out.ndim else (a, b, out[...])


def _column(value: Value) -> Value:
    return value.apply("reshape", shape=(value.shape[0], 1))


def _row(value: Value) -> Value:
    return value.apply("reshape", shape=(1, value.shape[0]))


def _left(g: Value, y: Value, a: Value, b: Value) -> Value:
    """∂y/∂a: g bᵀ, with a vector standing for a row (left) or a column (right)."""
    if len(a.shape) == 2:
        return g @ b.apply("transpose") if len(b.shape) == 2 else _column(g) @ _row(b)
    return b @ g if len(b.shape) == 2 else g * b


def _right(g: Value, y: Value, a: Value, b: Value) -> Value:
    """∂y/∂b: aᵀ g, with a vector standing for a row (left) or a column (right)."""
    if len(a.shape) == 2:
        return a.apply("transpose") @ g
    return _column(a) @ _row(g) if len(b.shape) == 2 else g * a


matmul = register(
    Op(
        name="matmul",
        symbol="×",
        formula="{y} = {a} {b}",
        local=("{b}ᵀ", "{a}ᵀ"),
        flow=("{g} {b}ᵀ", "{a}ᵀ {g}"),
        shape=shapes.matmul,
        bind=_bind_matmul,
        pullbacks=(_left, _right),
        samples=(
            Sample(((2, 3), (3, 4))),
            Sample(((2, 3), (3,))),
            Sample(((3,), (3, 2))),
            Sample(((3,), (3,))),
        ),
    )
)


def _bind_add_bias(out: Array, inputs: "list[Array]", params: dict[str, object]) -> BoundCall:
    z, b = inputs
    return np.add, (z, b.reshape(b.shape + (1,) * (z.ndim - 1)), out)


def _bias_pullback(g: Value, y: Value, z: Value, b: Value) -> Value:
    axes = tuple(range(1, len(g.shape)))
    return g.apply("sum", axis=axes) if axes else g


add_bias = register(
    Op(
        name="add_bias",
        symbol="+",
        formula="{y} = {a} + {b}",
        local=("1", "1, summed over the batch"),
        flow=("{g}", "Σ over the batch {g}"),
        shape=shapes.add_bias,
        bind=_bind_add_bias,
        pullbacks=(lambda g, y, z, b: g, _bias_pullback),
        samples=(Sample(((3, 4), (3,))), Sample(((3,), (3,))), Sample(((3, 2, 2, 4), (3,)))),
    )
)
