"""Neuron views in a picture's recipe: to plain values and back."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, get_args

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from gui.canvas.graph.neuron_plan import Spot, SpotKind, limit_of
from gui.canvas.graph.visible import GroupPath
from gui.canvas.neurons.words import WHATS, BoardState, Names

_SHOWN = ("weights", "gradient", "update", "inputs", "outputs")
_MARKS = ("chosen", "fan")  # a picture does not show what was hovered


def board_values(boards: Mapping[GroupPath, BoardState]) -> dict[str, Any]:
    """Return a recipe's values for the neuron views; ``boards_of`` reads them back."""
    if not boards:
        return {}
    states = list(boards.values())
    known = [one.neurons for one in states if one.neurons is not None]
    values: dict[str, Any] = {
        "neurons": sorted(list(path) for path in boards),
        "neurons_show": states[0].what,
        "neurons_updates": not known or any(one.update is not None for one in known),
    }
    if known:
        values["neurons_sample"] = known[0].sample
    values["neurons_full"] = [
        {"group": list(path), **one.full} for path, one in boards.items() if one.full
    ] or None
    for name in _MARKS:
        marked = {path: getattr(one, name) for path, one in boards.items()}
        spots = [_spot_values(path, spot) for path, spot in marked.items() if spot is not None]
        values[f"neurons_{name}"] = spots or None
    return values


def boards_of(topology: Topology, picture: Mapping[str, Any]) -> dict[GroupPath, BoardState]:
    """Return the states of a picture's neuron views; their numbers come with the frames."""
    layers = {layer.group: layer for layer in topology.dense}
    what = picture.get("neurons_show", WHATS[0])
    marks = {name: _spots(picture.get(f"neurons_{name}", [])) for name in _MARKS}
    paths = [tuple(path) for path in picture.get("neurons", [])]
    full = {
        tuple(one["group"]): {name: float(one[name]) for name in _SHOWN if name in one}
        for one in picture.get("neurons_full", [])
    }
    return {
        path: BoardState(
            Names.of(topology, layers[path]),
            what=what if what in WHATS else WHATS[0],
            chosen=marks["chosen"].get(path),
            fan=marks["fan"].get(path),
            full=full.get(path, {}),
        )
        for path in paths
        if path in layers
    }


def fixed_over(
    boards: Mapping[GroupPath, BoardState], frames: Iterable[Frame]
) -> dict[GroupPath, BoardState]:
    """Return the states with magnitudes of full colour that are the same in all these frames."""
    full: dict[GroupPath, dict[str, float]] = {path: {} for path in boards}
    for one in (neurons for frame in frames for neurons in frame.neurons):
        found = full.get(one.layer.group, {})
        for name in _SHOWN:
            values = getattr(one, name)
            if values is not None:
                found[name] = max(found.get(name, 0.0), limit_of(values))
    return {path: replace(state, full=full[path]) for path, state in boards.items()}


def opened_beside(
    opened: frozenset[GroupPath], boards: Iterable[GroupPath]
) -> frozenset[GroupPath]:
    """Return the open groups with those around these layers, whose neurons are shown."""
    found = set(opened)
    for path in boards:
        found -= {one for one in found if one[: len(path)] == path}
        found |= {path[:depth] for depth in range(1, len(path))}
    return frozenset(found)


def _spot_values(path: GroupPath, spot: Spot) -> dict[str, Any]:
    return {"group": list(path), "kind": spot.kind, "row": spot.row, "column": spot.column}


def _spots(stored: list[Mapping[str, Any]]) -> dict[GroupPath, Spot]:
    return {
        tuple(one["group"]): Spot(one["kind"], int(one["row"]), int(one["column"]))
        for one in stored
        if one["kind"] in get_args(SpotKind)
    }
