"""Pooling of pictures (channels, height, width, batch): the mean, or the maximum, of each window.

The maximum's gradient goes to the maximum's place only (the first one among equals); *gather* and
*route* are each other's adjoints, so both differentiate again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from engine.graph.graph import Value
from engine.graph.op import BoundCall, Op, Sample, Workspace, register
from engine.graph.shapes import Shape, misfit
from engine.ops.convolution import check_window
from engine.support.arrays import Array
from engine.support.text import tr


def _pooled(x: Shape, *_: Shape, size: int, stride: int) -> Shape:
    return (x[0], *check_window(size, stride, x), x[3])


def _spots(x: Array, size: int, stride: int) -> Iterator[Array]:
    """One strided view of x for each place in a window, row by row."""
    rows, columns = check_window(size, stride, x.shape)
    for i in range(size):
        for j in range(size):
            yield x[:, i : i + rows * stride : stride, j : j + columns * stride : stride]


def _where(x: Array, size: int, stride: int) -> Array:
    """The number of the place of the (first) maximum in each window."""
    best: Array | None = None
    place = np.zeros(0)
    for number, spot in enumerate(_spots(x, size, stride)):
        if best is None:
            best, place = spot.copy(), np.zeros(spot.shape, np.int8)
        else:
            above = (spot > best) | (np.isnan(spot) & ~np.isnan(best))
            np.copyto(best, spot, where=above)
            place[above] = number
    return place


def _gather(out: Array, x: Array, place: Array, size: int, stride: int) -> None:
    for number, spot in enumerate(_spots(x, size, stride)):
        np.copyto(out, spot, where=place == number)


def _route(out: Array, g: Array, place: Array, size: int, stride: int) -> None:
    out.fill(0)
    for number, spot in enumerate(_spots(out, size, stride)):
        spot += np.where(place == number, g, g.dtype.type(0))


def _bind_max(
    out: Array, inputs: Sequence[Array], params: dict[str, Any], workspace: Workspace
) -> BoundCall:
    x, size, stride = inputs[0], params["size"], params["stride"]
    first, *others = _spots(x, size, stride)
    workspace["maxima", id(x), size, stride] = out

    def run() -> None:
        np.copyto(out, first)
        for spot in others:
            np.maximum(out, spot, out=out)

    return run, ()


def _bind_route(
    out: Array, inputs: Sequence[Array], params: dict[str, Any], workspace: Workspace
) -> BoundCall:
    """Compare each place with the maxima of the forward pass, if it is in the workspace."""
    g, x = inputs
    size, stride = params["size"], params["stride"]
    maxima = workspace.get(("maxima", id(x), size, stride))
    if maxima is None or stride < size:
        return lambda: _route(out, g, _where(x, size, stride), size, stride), ()
    pairs = list(zip(_spots(x, size, stride), _spots(out, size, stride), strict=True))
    here, free = np.empty(g.shape, bool), np.empty(g.shape, bool)
    tiled = all(n == m * size for n, m in zip(x.shape[1:3], g.shape[1:3], strict=True))

    def run() -> None:
        if np.isnan(maxima.max()):  # NaN equals nothing: its place is found by argmax
            _route(out, g, _where(x, size, stride), size, stride)
            return
        if not tiled:
            out.fill(0)
        free.fill(True)
        for spot, target in pairs:
            np.equal(spot, maxima, here)
            np.logical_and(here, free, here)
            np.greater(free, here, free)
            np.multiply(g, here, target)

    return run, ()


def _bind_gather(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    v, x = inputs
    return lambda: _gather(out, v, _where(x, **params), **params), ()


def _branch_max(base: list[Array], now: list[Array], size: int, stride: int) -> Array:
    out = np.empty(_pooled(now[0].shape, size=size, stride=stride), now[0].dtype)
    _gather(out, now[0], _where(base[0], size, stride), size, stride)
    return out


def _branch_gather(base: list[Array], now: list[Array], size: int, stride: int) -> Array:
    out = np.empty(_pooled(now[0].shape, size=size, stride=stride), now[0].dtype)
    _gather(out, now[0], _where(base[1], size, stride), size, stride)
    return out


def _branch_route(base: list[Array], now: list[Array], size: int, stride: int) -> Array:
    out = np.empty_like(now[1])
    _route(out, now[0], _where(base[1], size, stride), size, stride)
    return out


def _routed(g: Shape, x: Shape, *, size: int, stride: int) -> Shape:
    if _pooled(x, size=size, stride=stride) != g:
        raise misfit(tr("the gradient must have the pooled shape"), g, x)
    return x


def _route_value(g: Value, x: Value, size: int, stride: int) -> Value:
    return g.apply("pool_route", x, size=size, stride=stride)


def _gather_value(v: Value, x: Value, size: int, stride: int) -> Value:
    return v.apply("pool_gather", x, size=size, stride=stride)


_TWO = {"size": 2, "stride": 2}
_OVERLAPPING = {"size": 3, "stride": 2}

max_pool2d = register(
    Op(
        name="max_pool2d",
        symbol="max",
        formula="{y} = max of each {size} × {size} window of {a}",
        local=("1 at the maximum's place, else 0",),
        flow=("{g} at the maximum's place, else 0",),
        shape=_pooled,
        bind=_bind_max,
        shares=True,
        pullbacks=(lambda g, y, x, size, stride: _route_value(g, x, size, stride),),
        samples=(
            Sample(((2, 4, 6, 3),), params=_TWO),
            Sample(((1, 5, 5, 2),), params=_OVERLAPPING),
        ),
        branch=_branch_max,
    )
)

pool_gather = register(
    Op(
        name="pool_gather",
        symbol="pick",
        formula="{y} = {a} where {b} has its maximum",
        local=("1 at the maximum's place of {b}, else 0", "0"),
        shape=_pooled,
        bind=_bind_gather,
        pullbacks=(
            lambda g, y, v, x, size, stride: _route_value(g, x, size, stride),
            lambda g, y, v, x, size, stride: None,
        ),
        samples=(Sample(((2, 4, 4, 3), (2, 4, 4, 3)), params=_TWO),),
        branch=_branch_gather,
    )
)

pool_route = register(
    Op(
        name="pool_route",
        symbol="route",
        formula="{y} = {a} at the place where {b} has its maximum, else 0",
        local=("1 at the maximum's place of {b}, else 0", "0"),
        shape=_routed,
        bind=_bind_route,
        shares=True,
        pullbacks=(
            lambda g, y, v, x, size, stride: _gather_value(g, x, size, stride),
            lambda g, y, v, x, size, stride: None,
        ),
        samples=(
            Sample(((2, 2, 2, 3), (2, 4, 4, 3)), params=_TWO),
            Sample(((1, 2, 2, 2), (1, 5, 5, 2)), params=_OVERLAPPING),
        ),
        branch=_branch_route,
    )
)


def _bind_mean(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    size, stride = params["size"], params["stride"]
    spots = list(_spots(inputs[0], size, stride))
    share = out.dtype.type(1.0 / size**2)

    def run() -> None:
        np.copyto(out, spots[0])
        for spot in spots[1:]:
            np.add(out, spot, out)
        np.multiply(out, share, out)

    return run, ()


def _bind_spread(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
    size, stride, g = params["size"], params["stride"], inputs[0]
    spots = list(_spots(out, size, stride))
    share = out.dtype.type(1.0 / size**2)

    def run() -> None:
        out.fill(0)
        part = g * share
        for spot in spots:
            np.add(spot, part, spot)

    return run, ()


def _spread_shape(g: Shape, *, shape: Shape, size: int, stride: int) -> Shape:
    return _routed(g, shape, size=size, stride=stride)


avg_pool2d = register(
    Op(
        name="avg_pool2d",
        symbol="mean",
        formula="{y} = mean of each {size} × {size} window of {a}",
        local=("1 / {size}² in the window",),
        flow=("{g} / {size}², spread over the window",),
        shape=_pooled,
        bind=_bind_mean,
        pullbacks=(
            lambda g, y, x, size, stride: g.apply(
                "avg_unpool2d", shape=x.shape, size=size, stride=stride
            ),
        ),
        samples=(
            Sample(((2, 4, 6, 3),), params=_TWO),
            Sample(((1, 5, 5, 2),), params=_OVERLAPPING),
        ),
    )
)

avg_unpool2d = register(
    Op(
        name="avg_unpool2d",
        symbol="spread",
        formula="{y} = {a} / {size}², spread over each window",
        local=("1 / {size}²",),
        shape=_spread_shape,
        bind=_bind_spread,
        pullbacks=(
            lambda g, y, a, shape, size, stride: g.apply("avg_pool2d", size=size, stride=stride),
        ),
        samples=(Sample(((2, 2, 3, 3),), params={"shape": (2, 4, 6, 3), **_TWO}),),
    )
)
