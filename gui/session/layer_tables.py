"""Edits of a network's list of layers as tables: insert, copy, move and remove, at any depth.

A path gives a layer's index at each level: (2, 0) is the first layer inside the third. Tables are
those of the system file; the functions return new lists and never change their arguments.
"""

import copy
import re
from collections.abc import Iterator, Sequence
from typing import Any

from engine.layers import types
from engine.layers.block import Container
from engine.layers.conv2d import Conv2d
from engine.model.builder import copy_names

Table = dict[str, Any]
Path = tuple[int, ...]

# units and channels of a new block's layers where no layer before it decides
WIDTH, CHANNELS = 32, 8
SEQUENCES = ("rnn", "lstm", "gru", "self_attention", "embedding", "tree")


def key_of(path: Path) -> str:
    """Return the dotted key of a layer.

    >>> key_of((2, 0))
    'layers.2.layers.0'
    """
    return ".".join(f"layers.{place}" for place in path)


def path_of(key: str) -> Path:
    """Return the path of the innermost layer that contains a dotted key, () for none.

    >>> path_of("layers.2.layers.0.units"), path_of("data.source")
    ((2, 0), ())
    """
    found = re.match(r"(?:layers\.\d+(?:\.|$))*", key)
    return tuple(int(number) for number in re.findall(r"\d+", found[0] if found else ""))


def containers() -> tuple[str, ...]:
    """Return the types of layers that contain layers."""
    return tuple(name for name, cls in types().items() if issubclass(cls, Container))


def siblings(tables: list[Table], path: Path) -> list[Table]:
    """Return the list that contains the layer at this path."""
    for place in path[:-1]:
        tables = tables[place]["layers"]
    return tables


def inserted(tables: list[Table], path: Path, table: Table) -> list[Table]:
    """Return the tables with a layer inserted at the path, renamed if its name is taken."""
    made = copy.deepcopy(tables)
    beside = siblings(made, path)
    beside.insert(path[-1], renamed(copy.deepcopy(table), beside))
    return made


def removed(tables: list[Table], path: Path) -> list[Table]:
    """Return the tables without the layer at the path."""
    made = copy.deepcopy(tables)
    del siblings(made, path)[path[-1]]
    return made


def duplicated(tables: list[Table], path: Path) -> list[Table]:
    """Return the tables with a copy after the layer at the path."""
    return inserted(tables, after(path), siblings(tables, path)[path[-1]])


def moved(tables: list[Table], source: Path, target: Path) -> tuple[list[Table], Path]:
    """Return the tables with a layer moved before the one at ``target``, and its new path."""
    table = siblings(tables, source)[source[-1]]
    there = list(target)
    level = len(source) - 1
    if source[:-1] == target[:level] and level < len(target) and source[-1] < target[level]:
        there[level] -= 1  # the layers after it have moved up
    return inserted(removed(tables, source), tuple(there), table), tuple(there)


def may_move(tables: list[Table], source: Path, target: Path) -> bool:
    """Whether a move changes anything, and leaves no block without layers."""
    if target[: len(source)] == source or target == after(source):
        return False
    same = source[:-1] == target[:-1]
    return same or len(source) == 1 or len(siblings(tables, source)) > 1


def after(path: Path) -> Path:
    """Return the path after a layer."""
    return (*path[:-1], path[-1] + 1)


def renamed(table: Table, beside: Sequence[Table]) -> Table:
    """Return the table with a name that is free: a taken one is counted on (conv1 → conv2)."""
    name = str(table.get("name", ""))
    taken = {
        one
        for other in beside
        if other.get("name")
        for one in (other["name"], *copy_names(other["name"], other.get("repeat", 1)))
    }
    if not name or name not in taken:
        return table
    stem = name.rstrip("0123456789")
    number = int(name[len(stem) :] or 1) + 1
    while f"{stem}{number}" in taken:
        number += 1
    return {**table, "name": f"{stem}{number}"}


def new_table(kind: str, tables: list[Table], path: Path) -> Table:
    """Return a new layer of this type that fits the place; a block gets layers."""
    if kind not in containers():
        return {"type": kind}
    pictures, size = _flow(tables, path)
    if pictures:
        first: Table = {"type": "conv2d", "channels": size, "padding": 1, "activation": "relu"}
    else:
        he = {"activation": "relu", "initializer": "he_normal"}
        first = {"type": "linear", "units": size, **he}
    if kind != "residual":
        return {"type": kind, "layers": [first]}
    last = {name: first[name] for name in first if name not in ("activation", "initializer")}
    return {"type": kind, "activation": "relu", "layers": [first, last]}


def as_container(kind: str, tables: list[Table], path: Path) -> Table:
    """Return the block that replaces a layer: with its own layers, or with the layer inside."""
    table = siblings(tables, path)[path[-1]]
    around: Table = {name: table[name] for name in ("name", "repeat") if name in table}
    inside = {name: value for name, value in table.items() if name not in around}
    return {"type": kind, **around, "layers": table.get("layers") or [inside]}


def _flow(tables: list[Table], path: Path) -> tuple[bool, int]:
    """Return whether images arrive at a place, and how many channels or units, if that is known.

    Shapes are known in the built graph only; here they are read from the layers before the place.
    """
    pooled = False
    for table in _before(tables, path):
        kind = table.get("type", "linear")
        if kind == "conv2d":
            return True, int(table.get("channels", Conv2d().channels))
        if kind == "linear" or kind in SEQUENCES:
            return False, table.get("units") or WIDTH
        if kind == "flatten":
            return False, WIDTH
        pooled = pooled or kind.endswith("pool2d")
    following = (t.get("type", "linear") for t in leaves(siblings(tables, path)[path[-1] :]))
    takes = next((form for kind in following if (form := types()[kind].takes)), None)
    return (True, CHANNELS) if pooled or takes == "picture" else (False, WIDTH)


def _before(tables: list[Table], path: Path) -> Iterator[Table]:
    """Yield the layers before a place that contain no others, nearest first."""
    for depth in range(len(path), 0, -1):
        yield from reversed(list(leaves(siblings(tables, path[:depth])[: path[depth - 1]])))


def leaves(tables: Sequence[Table]) -> Iterator[Table]:
    """Yield the layers that contain no others, in order."""
    for table in tables:
        if "layers" in table:
            yield from leaves(table["layers"])
        else:
            yield table
