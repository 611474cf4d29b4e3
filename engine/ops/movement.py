"""Operations that move numbers without changing them: reshape, transpose, broadcasting."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.graph import shapes
from engine.graph.graph import Value
from engine.graph.op import BoundCall, Op, Sample, kernel, register
from engine.ops.reduction import bind_total
from engine.support.arrays import Array


def _inverse(axes: tuple[int, ...] | None) -> tuple[int, ...] | None:
    return None if axes is None else tuple(int(k) for k in np.argsort(axes))


def _transpose_pullback(g: Value, y: Value, a: Value, axes: tuple[int, ...] | None = None) -> Value:
    return g.apply("transpose") if axes is None else g.apply("transpose", axes=_inverse(axes))


transpose = register(
    Op(
        name="transpose",
        symbol="ᵀ",
        formula="{y} = {a}ᵀ",
        local=("(·)ᵀ",),
        shape=shapes.transposed,
        bind=kernel(lambda out, x, axes=None: np.copyto(out, np.transpose(x, axes))),
        pullbacks=(_transpose_pullback,),
        samples=(Sample(((2, 3),)), Sample(((2, 3, 4),), params={"axes": (1, 2, 0)})),
        view=lambda x, axes=None: np.transpose(x, axes),
    )
)

reshape = register(
    Op(
        name="reshape",
        symbol="⇲",
        formula="{y} = reshape({a})",
        local=("reshape back",),
        shape=shapes.reshaped,
        bind=kernel(lambda out, x, shape: np.copyto(out, x.reshape(shape))),
        pullbacks=(lambda g, y, a, shape: g.apply("reshape", shape=a.shape),),
        samples=(Sample(((2, 3),), params={"shape": (3, 2)}),),
        view=lambda x, shape: x.reshape(shape),
    )
)

broadcast_to = register(
    Op(
        name="broadcast_to",
        symbol="⇉",
        formula="{y} = broadcast({a})",
        local=("sum over the copies",),
        shape=shapes.broadcast_to,
        bind=kernel(lambda out, x, shape: np.copyto(out, x)),
        pullbacks=(lambda g, y, a, shape: g.apply("sum_to", shape=a.shape),),
        samples=(
            Sample(((2, 1),), params={"shape": (2, 3)}),
            Sample(((),), params={"shape": (2, 3)}),
            Sample(((3,),), params={"shape": (2, 3)}),
        ),
        view=np.broadcast_to,
    )
)


def _bind_sum_to(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    x, shape = inputs[0], params["shape"]
    extra = x.ndim - len(shape)
    kept = enumerate(shape, start=extra)
    axes = (*range(extra), *(k for k, n in kept if n == 1 and x.shape[k] != 1))
    return bind_total(out.reshape((1,) * extra + shape), x, axes, keepdims=True)


sum_to = register(
    Op(
        name="sum_to",
        symbol="Σ",
        formula="{y} = Σ over the copies of {a}",
        local=("broadcast",),
        shape=shapes.sum_to,
        bind=_bind_sum_to,
        pullbacks=(lambda g, y, a, shape: g.apply("broadcast_to", shape=a.shape),),
        samples=(
            Sample(((2, 3),), params={"shape": (2, 1)}),
            Sample(((2, 3),), params={"shape": ()}),
            Sample(((4, 2, 3),), params={"shape": (1, 3)}),
        ),
    )
)
