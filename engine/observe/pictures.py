"""``Pictures`` of a node: kernels, feature maps, samples, a pooling's routing.

Inside, pictures are (channels, height, width, samples) and kernels (out, in, height, width).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from engine.graph.op import find
from engine.messages.pictures import Kind, Picture, Pictures, Pooling
from engine.support.arrays import Array, frozen
from engine.support.figures import figure

if TYPE_CHECKING:
    from engine.execution.passes import Pass
    from engine.graph.graph import Graph, Node
    from engine.training.feed import Feed

POOLS = ("max_pool2d", "avg_pool2d")


def make_pictures(
    compiled: Pass,
    node: int,
    value: Array | None,
    gradient: Array | None,
    ready: tuple[Array, Array],
    feed: Feed | None = None,
) -> Pictures | None:
    """Return a node's pictures, None where its value is not a picture.

    ``value`` and ``gradient`` are the node's own; ``ready`` are the flags of all nodes' values
    and gradients.
    """
    graph = compiled.model.graph
    this = graph.nodes[node]
    targets = _targets(compiled, ready[0], feed)
    if node in compiled.model.inputs:
        return _samples(compiled, node, value, gradient, ready, feed, targets)
    if this.kind == "parameter":
        kernel = _kernel(compiled, node, feed)
        return None if kernel is None else _reshaped("kernels", kernel, value, gradient)
    if not _is_picture(compiled, node):
        return None
    channels, height, width, count = this.shape
    pooling = _pooling(compiled, this, ready) if this.op_name in POOLS else None
    shape = (channels, height, width, count)
    return Pictures("maps", shape, value, gradient, targets, pooling=pooling)


def _reshaped(
    kind: Kind,
    shape: tuple[int, int, int, int],
    value: Array | None,
    gradient: Array | None,
    targets: tuple[str, ...] = (),
) -> Pictures:
    """Views of read-only arrays, which are read-only as well; where numpy must copy, a copy."""
    arrays = [None if one is None else one.reshape(shape) for one in (value, gradient)]
    for one in arrays:
        if one is not None:
            one.flags.writeable = False
    return Pictures(kind, shape, arrays[0], arrays[1], targets)


# -- which nodes are pictures


def _is_picture(compiled: Pass, node: int) -> bool:
    """Whether (channels, height, width, samples) is what the node's axes mean.

    That holds for the results of convolution and pooling, for inputs that are pictures, and for
    nodes of the same shape that are computed from these.
    """
    graph = compiled.model.graph
    shape = graph.nodes[node].shape
    waiting, seen = [node], {node}
    while waiting and len(shape) == 4:
        this = graph.nodes[waiting.pop()]
        if this.op_name in ("conv2d", *POOLS) or this.id in compiled.model.inputs:
            return True
        same = {source for source in this.inputs if graph.nodes[source].shape == shape} - seen
        waiting += same
        seen |= same
    return False


def _uses(graph: Graph, node: int) -> Iterator[tuple[Node, int]]:
    """The forward nodes that read a node, each with the position of the argument."""
    for _, target, position in graph.network.out_edges(node, keys=True):
        if graph.nodes[target].order == 0:
            yield graph.nodes[target], position


def _kernel(compiled: Pass, node: int, feed: Feed | None) -> tuple[int, int, int, int] | None:
    """(out, in, height, width) of a convolution's weight, or of a linear layer's on pictures."""
    graph = compiled.model.graph
    shape = graph.nodes[node].shape
    for target, position in _uses(graph, node):
        if target.op_name == "conv2d" and position == 1:
            return shape[0], shape[1], shape[2], shape[3]
        if target.op_name == "matmul" and position == 0:
            pixels = _pixels(compiled, target.inputs[1], feed)
            if pixels is not None and len(shape) == 2 and shape[1] == int(np.prod(pixels)):
                return shape[0], *pixels
    return None


def _pixels(compiled: Pass, node: int, feed: Feed | None) -> Picture | None:
    """The (channels, height, width) of a column of features; None where it is no picture."""
    graph, inputs = compiled.model.graph, compiled.model.inputs
    this = graph.nodes[node]
    if this.op_name == "reshape" and _is_picture(compiled, this.inputs[0]):
        channels, height, width, _ = graph.nodes[this.inputs[0]].shape
        return channels, height, width
    if this.op is not None and this.op.elementwise:  # the input scale's factor
        same = [source for source in this.inputs if source in inputs]
        return _pixels(compiled, same[0], feed) if same else None
    if node in inputs and len(inputs) == 1 and feed is not None:
        return feed.picture
    return None


# -- their values


def _samples(
    compiled: Pass,
    node: int,
    value: Array | None,
    gradient: Array | None,
    ready: tuple[Array, Array],
    feed: Feed | None,
    targets: tuple[str, ...],
) -> Pictures | None:
    shape = compiled.model.graph.nodes[node].shape
    if len(shape) == 4:
        channels, height, width, count = shape
        whole = (channels, height, width, count)
        return _reshaped("samples", whole, value, gradient, targets)
    if len(compiled.model.inputs) > 1:
        return _time_steps(compiled, node, ready, targets) if shape[0] > 1 else None
    if len(shape) == 3:  # tokens as columns: each is a row of the picture
        value = None if value is None else value.transpose(1, 0, 2)
        gradient = None if gradient is None else gradient.transpose(1, 0, 2)
        whole = (1, shape[1], shape[0], shape[2])
        return _reshaped("samples", whole, value, gradient, targets)
    pixels = _pixels(compiled, node, feed)
    if pixels is None or len(shape) != 2:
        return None
    return _reshaped("samples", (*pixels, shape[1]), value, gradient, targets)


def _time_steps(
    compiled: Pass, node: int, ready: tuple[Array, Array], targets: tuple[str, ...]
) -> Pictures:
    """The pictures of a network whose time steps take a row each."""
    inputs = compiled.model.inputs
    width, count = compiled.model.graph.nodes[node].shape
    known = [ready[0][one] for one in inputs], [ready[1][one] for one in inputs]
    values = [compiled.value(one) if k else None for one, k in zip(inputs, known[0], strict=True)]
    back = [compiled.gradient(one) if k else None for one, k in zip(inputs, known[1], strict=True)]
    shape = (1, len(inputs), width, count)
    row = inputs.index(node)
    return Pictures("samples", shape, _stacked(values), _stacked(back), targets, row)


def _stacked(rows: list[Array | None]) -> Array | None:
    """Rows as pictures (1, rows, width, samples); NaN where one is not known, None for none."""
    known = [row for row in rows if row is not None]
    if not known:
        return None
    missing = np.full_like(known[0], np.nan)
    return frozen(np.stack([missing if row is None else row for row in rows])[None])


def _targets(compiled: Pass, value_ready: Array, feed: Feed | None) -> tuple[str, ...]:
    """Each sample's class or number; () where there is more than one number."""
    y = compiled.model.y
    if y is None or not value_ready[y]:
        return ()
    target = compiled.value(y)
    if target.ndim != 2:
        return ()
    names = feed.class_names if feed is not None else ()
    if target.shape[0] == 1:
        return tuple(_named(float(one), names) for one in target[0])
    one_hot = ((target == 0) | (target == 1)).all() and (target.sum(axis=0) == 1).all()
    if not one_hot:
        return ()
    return tuple(_named(float(one), names) for one in target.argmax(axis=0))


def _named(number: float, names: tuple[str, ...]) -> str:
    if names and number.is_integer() and 0 <= number < len(names):
        return names[int(number)]
    return figure(number)


def _pooling(compiled: Pass, node: Node, ready: tuple[Array, Array]) -> Pooling:
    source = node.inputs[0]
    size, stride = node.params["size"], node.params["stride"]
    pooled = frozen(compiled.value(source)) if ready[0][source] else None
    routed = compiled.contribution((source, node.id, 0)) if ready[1][source] else None
    places = None
    if node.op_name == "max_pool2d" and pooled is not None:
        places = places_of_maxima(pooled, size, stride)
    return Pooling(node.op_name, size, stride, source, pooled, frozen(routed), places)


def places_of_maxima(x: Array, size: int, stride: int) -> Array:
    """Return for each window of x (channels, height, width, samples) where its maximum is.

    It runs the operation of the second derivative on indices instead of values, so that what is
    shown is what the gradient does.

    >>> x = np.array([[1.0, 9.0], [3.0, 4.0]]).reshape(1, 2, 2, 1)
    >>> int(places_of_maxima(x, 2, 2).item())
    1
    """
    op = find("pool_gather")
    height, width = x.shape[1:3]
    numbers = np.arange(float(height * width)).reshape(1, height, width, 1)
    numbers = np.broadcast_to(numbers, x.shape)
    params = {"size": size, "stride": stride}
    out = np.empty(op.shape(x.shape, x.shape, **params))
    run, arguments = op.bound_call(out, (numbers, x), params)
    run(*arguments)
    places = out.astype(np.intp)
    places.flags.writeable = False
    return places
