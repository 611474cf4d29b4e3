"""The states of unrolled recurrent layers in a topology, in the order of time."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass

from engine.messages.topology import NodeInfo, Topology

STATES = ("h", "c")  # the hidden state, and an LSTM's cell
_TIME_STEP = re.compile(r"t([1-9][0-9]*)")


@dataclass(frozen=True)
class StatePath:
    """One state of one layer through time: ``nodes[k]`` is the topology's node at ``times[k]``."""

    layer: str
    letter: str
    times: tuple[int, ...]
    nodes: tuple[int, ...]


def state_paths(topology: Topology) -> tuple[StatePath, ...]:
    """Return h (and c) of each layer that was unrolled over at least two time steps.

    A layer's step t is the group "t…" inside the layer's own, and a state in it is the variable
    named LAYER.t….h or LAYER.t….c (``engine.layers.recurrent``).
    """
    found: defaultdict[tuple[str, str], dict[int, int]] = defaultdict(dict)
    for node in topology.nodes:
        place = _place(node)
        if place is not None:
            layer, letter, time = place
            found[layer, letter][time] = node.index
    return tuple(
        StatePath(layer, letter, tuple(sorted(steps)), tuple(steps[t] for t in sorted(steps)))
        for (layer, letter), steps in sorted(found.items(), key=lambda item: _order(item[0], found))
        if len(steps) > 1
    )


def _place(node: NodeInfo) -> tuple[str, str, int] | None:
    """The layer, the letter and the time step of a state; None for any other node."""
    layer, _, rest = node.name.rpartition(".t")
    step, _, letter = rest.partition(".")
    if not node.differentiable or not layer or letter not in STATES or not node.group:
        return None
    match = _TIME_STEP.fullmatch(node.group[-1])
    return (layer, letter, int(step)) if match and match.group(1) == step else None


def _order(key: tuple[str, str], found: dict[tuple[str, str], dict[int, int]]) -> tuple[int, int]:
    """Sort key: the order of the layers in the graph, h before c."""
    layer, letter = key
    first = min(min(steps.values()) for (name, _), steps in found.items() if name == layer)
    return first, STATES.index(letter)
