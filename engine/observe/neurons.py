"""A small dense layer down to its scalars: each weight with gradient and update, each neuron.

Frames carry a ``Neurons`` for each layer that is watched (``commands.Watch``); what nobody watches
costs nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from engine.support.arrays import Array, frozen

if TYPE_CHECKING:
    from engine.messages.commands import Watch
    from engine.messages.frame import EdgeInfo, Frame, NodeInfo, Topology
    from engine.training.trainer import Trainer

# Neurons of a layer that can be told apart on one screen.
MOST = 64


@dataclass(frozen=True)
class Dense:
    """A layer h = φ(W x + b), as nodes of a topology.

    ``weight`` is W (n, m), ``source`` x (m, batch), ``product`` W x + b (n, batch) or W x where
    the layer has no ``bias``; ``output`` the last value of that shape in the layer's group.
    """

    group: tuple[str, ...]
    weight: int
    bias: int | None
    source: int
    product: int
    output: int
    rows: int
    columns: int


@dataclass(frozen=True)
class Neurons:
    """The scalars of a dense layer at one moment; all arrays are read-only copies.

    ``weights``, ``gradient`` and ``update`` are (n, m), those of the bias (n,); ``inputs`` (m,) and
    ``outputs`` (n,) are the values of sample ``sample`` of the batch, or their means over the batch
    where it is None. What is not computed yet in this pass is None; so is an update that
    nobody knows: none was made, or it was gone back. ``update`` is what the optimiser added last,
    before rounding: it led to this step's weights.
    """

    layer: Dense
    step: int
    sample: int | None
    samples: int
    weights: Array
    gradient: Array | None
    update: Array | None
    bias: Array | None
    bias_gradient: Array | None
    bias_update: Array | None
    inputs: Array | None
    outputs: Array | None


def dense_layers(topology: Topology) -> tuple[Dense, ...]:
    """Return the dense layers of at most 64 × 64 weights that are used once in a pass.

    A layer that is used at each time step has no one activation to show.
    """
    nodes = topology.nodes
    uses: dict[int, list[EdgeInfo]] = {}
    inputs: dict[int, dict[int, int]] = {}
    inside: dict[tuple[str, ...], list[NodeInfo]] = {}
    for edge in topology.edges:
        if nodes[edge.target].order == 0:
            uses.setdefault(edge.source, []).append(edge)
            inputs.setdefault(edge.target, {})[edge.position] = edge.source
    for node in topology.forward:
        inside.setdefault(node.group, []).append(node)
    found: dict[tuple[str, ...], list[Dense]] = {}
    for weight in topology.forward:
        small = len(weight.shape) == 2 and max(weight.shape) <= MOST
        if weight.kind != "parameter" or not small or not weight.group:
            continue
        products = [e for e in uses.get(weight.index, []) if nodes[e.target].op == "matmul"]
        if len(products) != 1 or products[0].position != 0:
            continue
        product, bias = products[0].target, None
        source = inputs[product][1]
        if len(nodes[source].shape) != 2 or nodes[product].group != weight.group:
            continue
        for edge in uses.get(product, []):
            if nodes[edge.target].op == "add_bias":
                product, bias = edge.target, inputs[edge.target][1]
        output = max(
            node.index
            for node in inside[weight.group]
            if node.kind == "operation" and node.shape == nodes[product].shape
        )
        found.setdefault(weight.group, []).append(
            Dense(weight.group, weight.index, bias, source, product, output, *weight.shape)
        )
    return tuple(layers[0] for layers in found.values() if len(layers) == 1)


def neurons_of(trainer: Trainer, watch: Watch, frame: Frame) -> tuple[Neurons, ...]:
    """Copy the scalars of what is watched, as far as they are computed at this frame."""
    if watch.generation != trainer.generation:  # the watched graph is gone
        return ()
    return tuple(
        _neurons(trainer, layer, watch.sample, frame.value_ready, frame.gradient_ready)
        for layer in watch.layers
    )


def _neurons(
    trainer: Trainer, layer: Dense, sample: int | None, value_ready: Array, gradient_ready: Array
) -> Neurons:
    compiled = trainer.current
    samples = trainer.topology.nodes[layer.source].shape[1]
    sample = None if sample is None else sample % samples

    def gradient(node: int | None) -> Array | None:
        if node is None or not gradient_ready[node]:
            return None
        return frozen(compiled.gradient(node))

    def seen(node: int) -> Array | None:
        if not value_ready[node]:
            return None
        value = compiled.value(node)
        with np.errstate(all="ignore"):
            return frozen(value.mean(axis=1) if sample is None else value[:, sample])

    return Neurons(
        layer=layer,
        step=trainer.step,
        sample=sample,
        samples=samples,
        weights=np.asarray(frozen(compiled.value(layer.weight))),
        gradient=gradient(layer.weight),
        update=_update(trainer, layer.weight),
        bias=None if layer.bias is None else frozen(compiled.value(layer.bias)),
        bias_gradient=gradient(layer.bias),
        bias_update=None if layer.bias is None else _update(trainer, layer.bias),
        inputs=seen(layer.source),
        outputs=seen(layer.output),
    )


def _update(trainer: Trainer, node: int) -> Array | None:
    """What the optimiser added last to a parameter."""
    training = trainer.training
    names = {parameter.node: parameter.name for parameter in trainer.current.model.parameters}
    if not training.optimizer.updated or node not in names:
        return None
    return frozen(training.vectors.updates[names[node]])
