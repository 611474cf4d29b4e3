"""``Neurons``: the scalars of a small dense layer, each weight with its gradient and update.

Frames carry one for each layer that the window watches (``commands.Watch``).
"""

from __future__ import annotations

import numpy as np

from engine.messages.commands import Watch
from engine.messages.frame import Neurons
from engine.messages.topology import Dense
from engine.observe.seen import Seen
from engine.support.arrays import Array, frozen


def neurons_of(trainer: Seen, watch: Watch) -> tuple[Neurons, ...]:
    """Return copies of the scalars of the watched layers, as far as they are computed."""
    if watch.generation != trainer.generation:  # it watched layers of an earlier graph
        return ()
    value_ready, gradient_ready, _ = trainer.readiness.at(trainer.cursor)
    return tuple(
        _neurons(trainer, layer, watch.sample, value_ready, gradient_ready)
        for layer in watch.layers
    )


def _neurons(
    trainer: Seen, layer: Dense, sample: int | None, value_ready: Array, gradient_ready: Array
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


def _update(trainer: Seen, node: int) -> Array | None:
    """The last update of a parameter."""
    training = trainer.training
    names = {parameter.node: parameter.name for parameter in trainer.current.model.parameters}
    if not training.optimizer.updated or node not in names:
        return None
    return frozen(training.vectors.updates[names[node]])
