"""Vanishing, exploding, dead, non-finite: one predicate each, and the nodes it holds for.

Thresholds are conventional: they say where to look, not that a network cannot learn. The rules
of ``diagnose`` and the window's jumps to trouble use the same predicates.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.support.arrays import Array, Flags

if TYPE_CHECKING:
    from engine.messages.frame import Frame
    from engine.messages.topology import Topology

Trouble = Literal["vanishing", "exploding", "dead", "non-finite"]

VANISHING = 1e-4
EXPLODING = 1e3
DEAD_SHARE = 0.5
# With fewer layers a gradient does not vanish or explode by depth.
LEAST_LAYERS = 3


def vanishing(norms: Array) -> Flags:
    """Return the layers (n,) of gradient norms below 10⁻⁴ of the last one's.

    Only where the first layer is one of them: a gradient vanishes on its way to the input.
    """
    if len(norms) < LEAST_LAYERS or not np.all(np.isfinite(norms)) or norms.max() == 0:
        return np.zeros(len(norms), bool)
    below = norms < VANISHING * norms[-1]
    found: Flags = below & below[0]
    return found


def growing(norms: Array) -> Flags:
    """Return the layers (n,) of gradient norms above 10³ times the last one's.

    Only where the first layer is one of them: the gradient grows on its way to the input.
    """
    if len(norms) < LEAST_LAYERS or not np.all(np.isfinite(norms)):
        return np.zeros(len(norms), bool)
    above = norms > EXPLODING * max(float(norms[-1]), float(np.finfo(float).tiny))
    found: Flags = above & above[0]
    return found


def against_weights(norms: Array, weights: Array) -> Array:
    """Return ‖gradient‖ / ‖weights‖ by layer (n,); 0 where a layer has no weights yet."""
    return np.divide(norms, weights, out=np.zeros(len(norms)), where=weights > 0)


def exploding(norms: Array, weights: Array) -> Flags:
    """Return the layers (n,) whose gradient grows, or is far larger than the weights it updates."""
    if not np.all(np.isfinite(norms)):
        return np.zeros(len(norms), bool)
    return growing(norms) | (against_weights(norms, weights) > EXPLODING)


def silent(value: Array) -> Flags:
    """Return the units (features,) of a ReLU's value that are 0 for every sample."""
    units = value.reshape(value.shape[0], -1) if value.ndim else value.reshape(1, 1)
    found: Flags = ~np.any(units > 0, axis=1)
    return found


def is_dead(silent_units: Flags) -> bool:
    """Whether half of a ReLU's units or more are silent."""
    return bool(silent_units.mean() >= DEAD_SHARE)


# -- on a frame ------------------------------------------------------------------------------------


def layer_norms(topology: Topology, norms: Array) -> Array:
    """Return the norm of each layer's parameters together, from the norms of all nodes."""
    return np.array(
        [np.hypot.reduce(norms[list(k.parameters)], initial=0.0) for k in topology.layers]
    )


def troubled(topology: Topology, frame: Frame, trouble: Trouble) -> list[int]:
    """Return the nodes of a frame that are in this trouble, in the order of computation.

    A layer is represented by its first parameter. Vanishing and exploding need layers and a
    complete pass, as in the diagnosis; an expression has no layers.
    """
    if trouble == "dead":
        dead = (finding for finding in frame.findings if finding.kind == "dead")
        return sorted(place.node for finding in dead for place in finding.places)
    if trouble == "non-finite":
        forward = np.array([node.order == 0 for node in topology.nodes], bool)
        value = frame.value_ready & ~np.isfinite(frame.value_norm)
        gradient = frame.gradient_ready & ~np.isfinite(frame.gradient_norm)
        return np.flatnonzero(forward & (value | gradient)).tolist()
    if not topology.task:
        return []
    norms = frame.layer_gradient_norm
    if trouble == "vanishing":
        found = vanishing(norms)
    else:
        found = exploding(norms, layer_norms(topology, frame.value_norm))
    layers = [topology.layers[k] for k in np.flatnonzero(found).tolist()]
    return sorted(layer.parameters[0] for layer in layers if layer.parameters)
