"""What a picture emphasises: a part of the graph with the rest dimmed, a selection, neurons.

The command line names nodes and groups; a recipe has indices of nodes, which are the same whenever
the same system is built.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from engine.messages.commands import Watch
from engine.messages.topology import MOST_NEURONS, Topology
from engine.messages.wiring import Part, Way
from engine.recipes.recipe import Recipe
from engine.support.errors import InputError, nearest
from engine.support.text import tr

Group = tuple[str, ...]
LONGEST_HINT = 400  # a longer list of names is not shown with an error


def spans(nodes: Iterable[int]) -> list[list[int]]:
    """Return indices of nodes as a recipe has them: each run by its first and last.

    >>> spans({0, 1, 2, 7, 5, 4})
    [[0, 2], [4, 5], [7, 7]]
    """
    found: list[list[int]] = []
    for node in sorted(nodes):
        if found and found[-1][1] == node - 1:
            found[-1][1] = node
        else:
            found.append([node, node])
    return found


def part_of(topology: Topology, picture: Mapping[str, Any]) -> Part | None:
    """Return the part that a recipe's picture emphasises; None where nothing is dimmed."""
    if "part" not in picture:
        return None
    nodes = frozenset(k for first, last in picture["part"] for k in range(first, last + 1))
    nodes &= frozenset(range(len(topology.nodes)))
    edges = (e.index for e in topology.edges if e.source in nodes and e.target in nodes)
    return Part(nodes, frozenset(edges))


def watch_of(topology: Topology, picture: Mapping[str, Any]) -> Watch | None:
    """Return the ``Watch`` of the layers whose neurons a recipe's picture shows."""
    paths = {tuple(path) for path in picture.get("neurons", [])}
    layers = tuple(layer for layer in topology.dense if layer.group in paths)
    sample = picture.get("neurons_sample")
    return Watch(topology.generation, layers, sample) if layers else None


def asked(recipe: Recipe, topology: Topology, wishes: Mapping[str, Any]) -> Recipe:
    """Return the recipe with the emphasis that options of the command line ask for by name.

    Raises
    ------
    InputError
        For a name that the graph does not have, with the nearest one; for two nodes that no path
        joins, for a layer without neurons to show.
    """
    for way in ("upstream", "downstream"):
        if wishes.get(way):
            recipe = _with_part(recipe, *_side(topology, wishes[way], way))
    if wishes.get("path"):
        recipe = _with_part(recipe, *_between(topology, *wishes["path"]))
    if wishes.get("select"):
        node = _members(topology, wishes["select"], "--select")[0]
        recipe = recipe.drawn(selected_node=node, selected_edge=None, other_node=None)
    if wishes.get("neurons"):
        recipe = _with_neurons(recipe, topology, wishes["neurons"])
    return recipe


def _with_part(recipe: Recipe, part: Part, words: str) -> Recipe:
    return recipe.drawn(part=spans(part.nodes), part_words=words)


def _side(topology: Topology, name: str, way: Way) -> tuple[Part, str]:
    words = tr("Upstream of {name}") if way == "upstream" else tr("Downstream of {name}")
    members = _members(topology, name, f"--{way}")
    return topology.wiring.side(members, way), words.format(name=name)


def _between(topology: Topology, first: str, second: str) -> tuple[Part, str]:
    ends = [(name, _members(topology, name, "--path")) for name in (first, second)]
    for (a, start), (b, end) in (ends, ends[::-1]):
        part = topology.wiring.between(start, end)
        if part is not None:
            return part, tr("Paths from {a} to {b}").format(a=a, b=b)
    raise InputError(tr("two nodes that a path joins"), f"{first!r}, {second!r}", field="--path")


def _members(topology: Topology, name: str, field: str) -> tuple[int, ...]:
    """The node of this name, or all nodes of the group."""
    for node in topology.nodes:
        if node.name == name:
            return (node.index,)
    paths = _named(name, (node.group[:d] for node in topology.nodes for d in _depths(node.group)))
    members = tuple(n.index for n in topology.nodes if any(n.group[: len(p)] == p for p in paths))
    if members:
        return members
    known = [node.name for node in topology.nodes]
    groups = dict.fromkeys(part for node in topology.nodes for part in node.group)
    hint = nearest(name, [*known, *groups])
    raise InputError(
        tr("a node or a group of the graph"),
        repr(name),
        field=field,
        hint=hint if len(hint) <= LONGEST_HINT else "",
    )


def _with_neurons(recipe: Recipe, topology: Topology, names: Sequence[str]) -> Recipe:
    layers = {layer.group: layer for layer in topology.dense}
    found: list[Group] = []
    for name in names:
        paths = list(layers) if name == "all" else _named(name, layers)
        if not paths:
            raise InputError(
                tr("a dense layer of at most {most} × {most} weights").format(most=MOST_NEURONS),
                repr(name),
                field="--neurons",
                hint=nearest(name, ["/".join(path) for path in layers]),
            )
        found += paths
    return recipe.drawn(neurons=sorted(list(path) for path in dict.fromkeys(found)))


def _named(name: str, paths: Iterable[Group]) -> list[Group]:
    """The groups of this name: the last part of a path, or the path with "/"."""
    return [p for p in dict.fromkeys(paths) if p and name in (p[-1], "/".join(p))]


def _depths(group: Group) -> range:
    return range(1, len(group) + 1)
