"""The values of a recipe's picture, declared as settings are and checked before they are used.

A picture is something that one gets from others. ``check_values`` is called when a recipe is read,
``check_against`` once its graph is built: indices and spans are compared with the graph before
anything is made of them.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from engine.messages.topology import Topology
from engine.observe.quantities import QUANTITIES
from engine.settings.declaration import parse, setting
from engine.support.errors import InputError
from engine.support.text import quote, tr

MOST_ENTRIES = 100_000  # of a list: a graph has at most three times as many nodes
LONGEST_TEXT = 1000
FURTHEST = 1e7  # pixels: a graph of 20,000 nodes is a hundredth as wide
_BACKGROUNDS = ("theme", "white", "transparent")
_NODES = ("selected_node", "other_node")


@dataclass(frozen=True)
class Magnitudes:
    """A logarithmic scale, from 10^low to 10^high."""

    low: float = setting(minimum=-400, maximum=400)
    high: float = setting(minimum=-400, maximum=400)
    smallest_normal: float = setting(1e-300, above=0.0, maximum=1.0)
    provisional: bool = setting(False)
    pinned: bool = setting(False)

    def __post_init__(self) -> None:
        _check_ends(self.low, self.high)


@dataclass(frozen=True)
class Numbers:
    """A linear scale, from low to high."""

    low: float = setting()
    high: float = setting()
    signed: bool = setting(False)
    provisional: bool = setting(False)
    pinned: bool = setting(False)

    def __post_init__(self) -> None:
        _check_ends(self.low, self.high)


@dataclass(frozen=True)
class Full:
    """The magnitudes of full colour in a layer's neuron view."""

    group: list[str] = setting()
    weights: float | None = setting(None, minimum=0.0)
    gradient: float | None = setting(None, minimum=0.0)
    update: float | None = setting(None, minimum=0.0)
    inputs: float | None = setting(None, minimum=0.0)
    outputs: float | None = setting(None, minimum=0.0)


@dataclass(frozen=True)
class Marked:
    """A weight or neuron marked in a layer's neuron view."""

    group: list[str] = setting()
    kind: str = setting(choices=("weight", "input", "output"))
    row: int = setting(minimum=0, maximum=10_000)
    column: int = setting(minimum=0, maximum=10_000)


@dataclass(frozen=True)
class PictureValues:
    """What a recipe may say of its picture; each under the name of its option, if it has one."""

    # paper
    theme: str = setting("light", choices=("light", "dark"))
    background: str = setting("theme", choices=_BACKGROUNDS)
    dpi: float = setting(96.0, minimum=1, maximum=10_000)
    legend: bool = setting(True)
    caption: bool = setting(True)
    tiles: bool = setting(False)
    seen: list[float] | None = setting(None)
    size: list[int] | None = setting(None)
    # graph
    order: int = setting(0, minimum=0, maximum=2)
    expand: str = setting("default")
    opened: list[list[str]] = setting([])
    layout: str = setting("")
    part: list[list[int]] = setting([])
    part_words: str = setting("")
    shares: bool = setting(True)
    selected_node: int | None = setting(None, minimum=0)
    selected_edge: int | None = setting(None, minimum=0)
    other_node: int | None = setting(None, minimum=0)
    lit: int = setting(-1, minimum=-1)
    trend: list[int] = setting([])
    # colours
    colour: str = setting("gradient-norm")
    range: str = setting("")
    map: list[str] = setting([])
    colours: dict[str, Any] = setting({})
    node_colours: dict[str, Any] = setting({})
    # neuron views
    neurons: list[list[str]] = setting([])
    neurons_show: str = setting("")
    neurons_updates: bool = setting(True)
    neurons_sample: int | None = setting(None, minimum=0)
    neurons_full: list[dict[str, Any]] = setting([])
    neurons_chosen: list[dict[str, Any]] = setting([])
    neurons_fan: list[dict[str, Any]] = setting([])
    # films and plots
    from_step: int = setting(0, minimum=0)
    to_step: int = setting(0, minimum=0)
    every: int = setting(1, minimum=1)
    fps: int = setting(8, minimum=1, maximum=50)
    plot: str = setting("")
    input_scale: str = setting("")
    log: bool = setting(True)
    smoothing: float = setting(0.0, minimum=0.0, maximum=1.0)
    epoch_means: bool = setting(False)

    def __post_init__(self) -> None:
        if self.seen is not None:
            _check_rectangle(self.seen)
        if self.size is not None and not (
            len(self.size) == 2 and all(50 <= side <= 10_000 for side in self.size)
        ):
            raise InputError(
                tr("width and height from 50 to 10000"), quote(self.size), field="size"
            )
        if self.trend and not (len(self.trend) == 2 and 0 <= self.trend[0] <= self.trend[1]):
            raise InputError(tr("a first and a last step"), quote(self.trend), field="trend")
        if self.colours:
            parse(Magnitudes, self.colours, "colours")
        if self.node_colours:
            known = QUANTITIES.get(self.colour)
            scale = Magnitudes if known is not None and known.kind == "magnitude" else Numbers
            parse(scale, self.node_colours, "node_colours")
        for name, entries in (
            ("neurons_full", self.neurons_full),
            ("neurons_chosen", self.neurons_chosen),
            ("neurons_fan", self.neurons_fan),
        ):
            for number, entry in enumerate(entries):
                parse(Full if name == "neurons_full" else Marked, entry, f"{name}.{number}")


def check_values(values: Any) -> dict[str, Any]:
    """Return a picture's values where each has its type and range.

    Raises
    ------
    InputError
        Naming the first that has not, as "picture.part".
    """
    if not isinstance(values, Mapping):
        raise InputError(tr("a table"), quote(values), field="picture")
    for name, value in values.items():
        _refuse_large(value, f"picture.{name}")
    parse(PictureValues, values, "picture")
    return dict(values)


def check_against(values: Mapping[str, Any], topology: Topology) -> None:
    """Refuse values that name a node, an edge or a group which the graph does not have.

    Raises
    ------
    InputError
        Naming the first, as "picture.selected_node".
    """
    nodes, edges = len(topology.nodes), len(topology.edges)
    for name in _NODES:
        _check_below(nodes, values.get(name), name, tr("a node's number below {count}"))
    operations = len(topology.operations)
    _check_below(operations, values.get("lit"), "lit", tr("an operation below {count}"))
    edge = values.get("selected_edge")
    _check_below(edges, edge, "selected_edge", tr("an edge's number below {count}"))
    for span in values.get("part", []):
        if not (len(span) == 2 and 0 <= span[0] <= span[1] < nodes):
            expected = tr("a first and a last node below {count}").format(count=nodes)
            raise InputError(expected, quote(span), field="picture.part")
    groups = {node.group[:depth] for node in topology.nodes for depth in range(len(node.group) + 1)}
    shapes = {layer.group: layer for layer in topology.dense}
    marked = [*values.get("neurons_chosen", []), *values.get("neurons_fan", [])]
    for name, paths in (
        ("opened", values.get("opened", [])),
        ("neurons", values.get("neurons", [])),
        ("neurons_chosen", [one["group"] for one in marked]),
        ("neurons_full", [one["group"] for one in values.get("neurons_full", [])]),
    ):
        for path in paths:
            if tuple(path) not in groups:
                raise InputError(tr("a group of the graph"), quote(path), field=f"picture.{name}")
    for one in marked:
        layer = shapes.get(tuple(one["group"]))
        if layer is not None and (one["row"] > layer.rows or one["column"] > layer.columns):
            expected = tr("a row up to {rows} and a column up to {columns}").format(
                rows=layer.rows, columns=layer.columns
            )
            found = f"{one['row']}, {one['column']}"
            raise InputError(expected, found, field="picture.neurons_chosen")


def _check_below(count: int, value: int | None, name: str, expected: str) -> None:
    if value is not None and value >= count:
        raise InputError(expected.format(count=count), str(value), field=f"picture.{name}")


def _check_ends(low: float, high: float) -> None:
    if not low < high:
        raise InputError(tr("a low end below the high one"), f"{low}, {high}", field="low")


def _check_rectangle(rectangle: list[float]) -> None:
    fits = len(rectangle) == 4 and all(
        math.isfinite(side) and abs(side) <= FURTHEST for side in rectangle
    )
    if not (fits and rectangle[2] > 0 and rectangle[3] > 0):
        expected = tr("left, top, width and height of a part of the graph")
        raise InputError(expected, quote(rectangle), field="seen")


def _refuse_large(value: Any, field: str) -> None:
    """Refuse long texts and lists anywhere inside; their nesting is bounded by the parser."""
    if isinstance(value, str) and len(value) > LONGEST_TEXT:
        expected = tr("at most {most} characters").format(most=LONGEST_TEXT)
        raise InputError(expected, quote(value), field=field)
    if isinstance(value, (list, dict)):
        if len(value) > MOST_ENTRIES:
            expected = tr("at most {most} entries").format(most=MOST_ENTRIES)
            raise InputError(expected, str(len(value)), field=field)
        inside: Iterable[Any] = value.values() if isinstance(value, dict) else value
        for one in inside:
            _refuse_large(one, field)
