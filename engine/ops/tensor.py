"""Products of tensors, slices of rows and steps: for recurrence, normalisation, attention."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from engine.graph import shapes
from engine.graph.graph import Value
from engine.graph.op import BoundCall, Op, Sample, kernel, register
from engine.graph.shapes import Shape, misfit
from engine.support.arrays import Array
from engine.support.errors import ShapeError
from engine.support.text import tr


def _einsum_shape(a: Shape, b: Shape, *, spec: str) -> Shape:
    inputs, _, output = spec.partition("->")
    left, right = inputs.split(",")
    sizes: dict[str, int] = {}
    if len(left) != len(a) or len(right) != len(b):
        raise misfit(tr("{spec} needs as many axes").format(spec=spec), a, b)
    for letter, count in zip(left + right, a + b, strict=True):
        if sizes.setdefault(letter, count) != count:
            raise misfit(tr("axis {a} of {spec} must be equal").format(a=letter, spec=spec), a, b)
    if set(output) - set(sizes) or any(len(set(part)) != len(part) for part in (left, right)):
        raise ShapeError(tr("{spec} is no product of two tensors").format(spec=spec))
    return tuple(sizes[letter] for letter in output)


def _adjoint(g: Value, other: Value, spec: str, position: int) -> Value:
    """The derivative of a product by one factor is a product too: of g and the other factor."""
    inputs, _, output = spec.partition("->")
    left, right = inputs.split(",")
    mine, others = (left, right) if position == 0 else (right, left)
    return g.apply("einsum", other, spec=f"{output},{others}->{mine}")


def _bind_einsum(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    spec = params["spec"]
    path = np.einsum_path(spec, *inputs, optimize="optimal")[0]
    return (lambda a, b: np.einsum(spec, a, b, out=out, optimize=path)), tuple(inputs)


einsum = register(
    Op(
        name="einsum",
        symbol="⊗",
        formula="{y} = {a} {b}  [{spec}]",
        local=("{b}", "{a}"),
        flow=("{g} {b}", "{a} {g}"),
        shape=_einsum_shape,
        bind=_bind_einsum,
        pullbacks=(
            lambda g, y, a, b, spec: _adjoint(g, b, spec, 0),
            lambda g, y, a, b, spec: _adjoint(g, a, spec, 1),
        ),
        samples=(
            Sample(((2, 3), (3, 4, 2)), params={"spec": "od,dtb->otb"}),
            Sample(((3, 4, 2), (3, 4, 2)), params={"spec": "ftb,fub->tub"}),
        ),
    )
)


def _features(x: Shape, scale: Shape) -> Shape:
    if len(scale) != 1 or not x or x[0] != scale[0]:
        raise misfit(tr("needs one factor for each feature"), x, scale)
    return x


def _bind_scale_features(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    x, scale = inputs
    return np.multiply, (x, scale.reshape(scale.shape + (1,) * (x.ndim - 1)), out)


def _scale_pullback(g: Value, y: Value, x: Value, scale: Value) -> Value:
    product, axes = g * x, tuple(range(1, len(x.shape)))
    return product.apply("sum", axis=axes) if axes else product


scale_features = register(
    Op(
        name="scale_features",
        symbol="⊙",
        formula="{y} = {b} ⊙ {a}",
        local=("{b}", "{a}, summed over the batch"),
        flow=("{g} ⊙ {b}", "Σ over the batch {g} ⊙ {a}"),
        shape=_features,
        bind=_bind_scale_features,
        pullbacks=(lambda g, y, x, s: g.apply("scale_features", s), _scale_pullback),
        samples=(Sample(((3, 4), (3,))), Sample(((3, 2, 2, 4), (3,)))),
    )
)


def _rows_shape(x: Shape, *, start: int, stop: int) -> Shape:
    if not x or not 0 <= start < stop <= x[0]:
        raise misfit(tr("there are no rows {a} to {b}").format(a=start, b=stop), x)
    return (stop - start, *x[1:])


def _place_shape(x: Shape, *, start: int, total: int) -> Shape:
    if not x or start + x[0] > total:
        raise misfit(tr("does not fit into {n} rows from {a}").format(n=total, a=start), x)
    return (total, *x[1:])


def _place(out: Array, x: Array, start: int, total: int) -> None:
    out.fill(0)
    out[start : start + len(x)] = x


rows = register(
    Op(
        name="rows",
        symbol="[·]",
        formula="{y} = rows {start} to {stop} of {a}",
        local=("1 in these rows, else 0",),
        flow=("{g} in these rows, else 0",),
        shape=_rows_shape,
        bind=kernel(lambda out, x, start, stop: np.copyto(out, x[start:stop])),
        pullbacks=(
            lambda g, y, x, start, stop: g.apply("place_rows", start=start, total=x.shape[0]),
        ),
        samples=(Sample(((4, 3),), params={"start": 1, "stop": 3}),),
        view=lambda x, start, stop: x[start:stop],
    )
)

place_rows = register(
    Op(
        name="place_rows",
        symbol="[·]ᵀ",
        formula="{y} = {a} from row {start}, else 0",
        local=("1 in these rows",),
        flow=("rows of {g}",),
        shape=_place_shape,
        bind=kernel(_place),
        pullbacks=(
            lambda g, y, x, start, total: g.apply("rows", start=start, stop=start + x.shape[0]),
        ),
        samples=(Sample(((2, 3),), params={"start": 1, "total": 4}),),
    )
)


def _stack_shape(*inputs: Shape) -> Shape:
    first = shapes.equal(*inputs)
    if len(first) != 2:
        raise misfit(tr("needs (features × batch) for each step"), *inputs)
    return (first[0], len(inputs), first[1])


def _stack(out: Array, *inputs: Array) -> None:
    for index, one in enumerate(inputs):
        out[:, index] = one


stack_steps = register(
    Op(
        name="stack_steps",
        symbol="⫴",
        formula="{y} = steps {inputs} side by side",
        local=("1 at its step",),
        flow=("{g} at its step",),
        shape=_stack_shape,
        bind=kernel(_stack),
        pullbacks=(lambda position, g, y, *inputs: g.apply("step_of", index=position),),
        samples=(Sample(((2, 3), (2, 3), (2, 3))),),
        variadic=True,
    )
)


def _step_shape(x: Shape, *, index: int) -> Shape:
    if len(x) != 3 or not 0 <= index < x[1]:
        raise misfit(tr("there is no step {k}").format(k=index), x)
    return (x[0], x[2])


def _unstep(out: Array, x: Array, index: int, total: int) -> None:
    out.fill(0)
    out[:, index] = x


step_of = register(
    Op(
        name="step_of",
        symbol="[t]",
        formula="{y} = step {index} of {a}",
        local=("1 at this step, else 0",),
        flow=("{g} at this step, else 0",),
        shape=_step_shape,
        bind=kernel(lambda out, x, index: np.copyto(out, x[:, index])),
        pullbacks=(lambda g, y, x, index: g.apply("place_step", index=index, total=x.shape[1]),),
        samples=(Sample(((2, 4, 3),), params={"index": 1}),),
    )
)

place_step = register(
    Op(
        name="place_step",
        symbol="[t]ᵀ",
        formula="{y} = {a} at step {index}, else 0",
        local=("1 at this step",),
        flow=("step of {g}",),
        shape=lambda x, *, index, total: (x[0], total, x[1]),
        bind=kernel(_unstep),
        pullbacks=(lambda g, y, x, index, total: g.apply("step_of", index=index),),
        samples=(Sample(((2, 3),), params={"index": 1, "total": 4}),),
    )
)
