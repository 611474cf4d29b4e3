"""How a picture is drawn, as options of the command line and as values of its recipe."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from typing import Any

from engine.messages.topology import Topology
from engine.observe.quantities import GRADIENT_NORM, quantity_of
from engine.recipes.colour_maps import map_names, read_map
from engine.recipes.colour_ranges import parse_range
from engine.recipes.emphasis import asked
from engine.recipes.recipe import Recipe
from engine.support.errors import InputError, nearest
from engine.support.text import tr

# The options that say how a picture is drawn; the recipe has them under the same names.
_LOOK = ("theme", "expand", "background", "legend", "caption", "shares", "tiles", "dpi", "fps")
_COLOURS = ("colour", "range", "map")
_RANGE = ("from_step", "to_step", "every")
# The options that name nodes or groups: they are checked once the graph is built.
_NAMED = ("upstream", "downstream", "path", "select", "neurons")


def drawn(options: argparse.Namespace, recipe: Recipe) -> Recipe:
    """Return the recipe with the picture options that are given; the others stay as they were.

    Raises
    ------
    InputError
        For colours that do not fit the quantity (see ``coloured``).
    """
    given = {name: getattr(options, name) for name in (*_LOOK, *_COLOURS, *_RANGE)}
    given = {name: value for name, value in given.items() if value is not None}
    if "expand" in given:
        recipe = recipe.drawn(opened=None, seen=None, layout=None)
    colours = {name: given.pop(name) for name in _COLOURS if name in given}
    return coloured(recipe.drawn(**given), colours)


def coloured(recipe: Recipe, given: Mapping[str, Any]) -> Recipe:
    """Return the recipe with these colours: ``colour``, ``range`` and ``map``, a list.

    Raises
    ------
    InputError
        For maps and a range that the nodes' quantity cannot be drawn with.
    """
    before = recipe.picture
    if given.get("colour", before.get("colour")) != before.get("colour"):
        recipe = recipe.drawn(node_colours=None, range=None)
    name = str(given.get("colour", before.get("colour", GRADIENT_NORM)))
    _check_colours(name, given.get("map", ()), given.get("range"))
    chosen = list(given.get("map", ()))
    if chosen:
        kinds = {read_map(one).diverging for one in chosen}
        kept = [one for one in before.get("map", []) if read_map(str(one)).diverging not in kinds]
        chosen = [*kept, *chosen]
    return recipe.drawn(**{**given, "map": chosen or before.get("map")})


def _check_colours(colour: str, maps: Sequence[str], ends: str | None) -> None:
    """Refuse maps and a range that do not fit; a map of magnitudes always fits the edges."""
    quantity = quantity_of(colour)
    chosen: dict[bool, str] = {}
    for name in maps:
        diverging = read_map(name).diverging
        if diverging and quantity.kind != "signed":
            raise InputError(
                tr("a map of magnitudes, as {colour} has no sign").format(colour=colour),
                tr("{name!r}, a map of signs").format(name=name),
                field="--map",
                hint=tr("Choose from {names}.").format(names=", ".join(map_names(diverging=False))),
            )
        if chosen.setdefault(diverging, name) != name:
            raise InputError(
                tr("one map of a kind"), f"{chosen[diverging]!r}, {name!r}", field="--map"
            )
    if ends is not None:
        parse_range(ends, quantity.kind)


def placed(options: argparse.Namespace, recipe: Recipe, topology: Topology) -> Recipe:
    """Return the recipe with the options that name nodes or groups, once the graph is built.

    Raises
    ------
    InputError
        For a name that the graph does not have; nothing was trained by then.
    """
    _check_groups(str(recipe.picture.get("expand", "default")), topology)
    wishes = {name: getattr(options, name) for name in _NAMED}
    if wishes["neurons"] and recipe.picture.get("neurons") is None:
        recipe = recipe.drawn(layout=None)
    return asked(recipe, topology, wishes)


def _check_groups(expand: str, topology: Topology) -> None:
    paths = {node.group[:depth] for node in topology.nodes for depth in range(len(node.group) + 1)}
    names = {"default", "all", "none", *("/".join(p) for p in paths), *(p[-1] for p in paths if p)}
    if expand not in names - {""}:
        raise InputError(
            tr("a group of the graph"), repr(expand), field="--expand", hint=nearest(expand, names)
        )
