"""The command line's exports: their options, checked before the training, written after it."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.colour_maps import map_names
from engine.errors import InputError, nearest
from engine.exporting import Format, Kind, Material, export, format_for
from engine.frame import Topology
from engine.quantities import GRADIENT_NORM, QUANTITIES
from engine.ranges import parse_range
from engine.recipe import Recipe
from engine.replay import chosen_steps
from engine.text import tr
from engine.whole import whole

PLOTS = ("loss", "gradient-norms", "layer-profile")
SWEEP_PLOTS = ("input-scaling", "input-scaling-norms", "input-scaling-norms-after")
# What of the command line says how a picture is drawn, under the names that its recipe has.
_LOOK = ("theme", "expand", "background", "legend", "caption", "tiles", "dpi", "fps")
_COLOURS = ("colour", "range", "map")
_RANGE = ("from_step", "to_step", "every")


@dataclass(frozen=True)
class Wanted:
    """One file to be written: ``option`` asked for it, ``plot`` names which plot it is."""

    option: str
    target: str
    format: Format
    plot: str = ""


def add(parser: argparse.ArgumentParser, formats: Sequence[Format]) -> None:
    """Add what leaves the program as a picture, animation, plot or graph, and how it is drawn."""
    files = parser.add_argument_group(tr("exports (each can be given as SYSTEM again)"))
    for one in formats:
        if one.kind == "picture":
            files.add_argument(f"--{one.name}", metavar="FILE", help=tr("a picture of the graph"))
    text = tr("the graph; the suffix says as what: {suffixes}; repeatable")
    text = text.format(suffixes=_suffixes(formats, "picture", "data"))
    files.add_argument("--export", action="append", default=[], metavar="FILE", help=text)
    text = tr("the graph step after step, its colours fixed: {suffixes}")
    text = text.format(suffixes=_suffixes(formats, "animation"))
    files.add_argument("--animate", metavar="FILE", help=text)
    add_plots(files, formats, PLOTS)
    moving = parser.add_argument_group(tr("the steps of --animate"))
    steps = whole(0, 10**12)
    moving.add_argument("--from-step", type=steps, metavar="A", help=tr("first (default 0)"))
    moving.add_argument("--to-step", type=steps, metavar="B", help=tr("last (default --steps)"))
    moving.add_argument(
        "--every", type=whole(1, 10**12), metavar="K", help=tr("one in K steps (default 1)")
    )
    moving.add_argument(
        "--fps", type=whole(1, 50), metavar="N", help=tr("pictures a second (default 8)")
    )
    _add_look(parser.add_argument_group(tr("how it is drawn")))


def add_plots(parser: Any, formats: Sequence[Format], names: Sequence[str]) -> None:
    """Add ``--plot`` for these plots."""
    text = tr("a plot as {suffixes}, by NAME: {names}; repeatable").format(
        suffixes=_suffixes(formats, "plot"), names=" ".join(names)
    )
    parser.add_argument("--plot", action="append", default=[], metavar="NAME=FILE", help=text)


def _add_look(look: Any) -> None:
    look.add_argument("--dpi", type=whole(10, 2400), help=tr("the resolution (default 192)"))
    look.add_argument("--theme", choices=("light", "dark"), help=tr("default light"))
    look.add_argument("--expand", metavar="all|none|GROUP", help=tr("the groups that are open"))
    text = tr("what colours the nodes: {names}").format(names=" ".join(QUANTITIES))
    look.add_argument("--colour", choices=QUANTITIES, metavar="QUANTITY", help=text)
    text = tr("the ends of its scale, as 1e-6:1e2; default fitted")
    look.add_argument("--range", metavar="LO:HI", help=text)
    names = [*map_names(diverging=False), *map_names(diverging=True)]
    text = tr("the colour map: {names}; repeatable").format(names=" ".join(names))
    look.add_argument("--map", action="append", choices=names, metavar="NAME", help=text)
    backgrounds = ("theme", "white", "transparent")
    look.add_argument("--background", choices=backgrounds, help=tr("default theme"))
    switches = {
        "legend": tr("the legend below"),
        "caption": tr("the line with system, seed and step"),
        "tiles": tr("a PNG too large for one file as several, in place of scaled down"),
    }
    for name, text in switches.items():
        switch = argparse.BooleanOptionalAction
        look.add_argument(f"--{name}", action=switch, default=None, help=text)


def wanted(
    options: argparse.Namespace, formats: Sequence[Format], plots: Sequence[str] = PLOTS
) -> list[Wanted]:
    """Return the files asked for.

    Raises
    ------
    InputError
        For a suffix or a plot that there is not.
    """
    found = []

    def add(option: str, kinds: tuple[Kind, ...], target: str, plot: str = "") -> None:
        found.append(Wanted(option, target, format_for(formats, kinds, target), plot))

    for one in formats:
        target = getattr(options, one.name, None) if one.kind == "picture" else None
        if target is not None:
            add(f"--{one.name}", ("picture",), target)
    for target in getattr(options, "export", []):
        add("--export", ("picture", "data"), target)
    if getattr(options, "animate", None) is not None:
        add("--animate", ("animation",), options.animate)
    for text in options.plot:
        name, equals, target = text.partition("=")
        if not equals or name not in plots:
            expected = tr("NAME=FILE with a NAME of {names}").format(names=", ".join(plots))
            raise InputError(expected, repr(text), field="--plot", hint=nearest(name, plots))
        add("--plot", ("plot",), target, name)
    return found


def drawn(options: argparse.Namespace, recipe: Recipe) -> Recipe:
    """Return the recipe with what the options say of the picture; else it stays as it was.

    Raises
    ------
    InputError
        For a range that the quantity's scale cannot have.
    """
    given = {name: getattr(options, name) for name in (*_LOOK, *_COLOURS, *_RANGE)}
    given = {name: value for name, value in given.items() if value is not None}
    if given.get("colour", recipe.picture.get("colour")) != recipe.picture.get("colour"):
        recipe = recipe.drawn(node_colours=None, range=None)
    if "expand" in given:
        recipe = recipe.drawn(opened=None, seen=None, layout=None)
    recipe = recipe.drawn(**given)
    if "range" in given:
        name = str(recipe.picture.get("colour", GRADIENT_NORM))
        parse_range(given["range"], QUANTITIES[name].kind)
    return recipe


def last_step(options: argparse.Namespace, recipe: Recipe) -> int:
    """Return how far to train: --steps, else the end of the animation, else the picture's step.

    Raises
    ------
    InputError
        For an animation that goes further than --steps.
    """
    to_step = options.to_step
    if options.steps is None:
        return to_step if to_step is not None else recipe.step
    if to_step is not None and to_step > options.steps:
        expected = tr("a step up to {steps} (--steps)").format(steps=options.steps)
        raise InputError(expected, str(to_step), field="--to-step")
    return int(options.steps)


def animated(recipe: Recipe, steps: int) -> range:
    """Return the steps of the animation; raises ``InputError`` where it has too many."""
    picture = recipe.picture
    last = min(int(picture.get("to_step", steps)), steps)
    return chosen_steps(int(picture.get("from_step", 0)), last, int(picture.get("every", 1)))


def write(files: Sequence[Wanted], material: Material) -> list[str]:
    """Write the files; return what there is to say about them.

    Raises
    ------
    InputError
        Naming the one that could not be drawn or written.
    """
    notes = []
    for file in files:
        recipe = material.recipe.drawn(plot=file.plot or None)
        made = export(file.format, dataclasses.replace(material, recipe=recipe), file.target)
        notes += [f"{Path(file.target).name}: {note}" for note in made]
    return notes


def _suffixes(formats: Sequence[Format], *kinds: Kind) -> str:
    chosen = [suffix for one in formats if one.kind in kinds for suffix in one.suffixes]
    return " ".join(suffix or tr("or none: a folder") for suffix in chosen)


def check_groups(expand: str, topology: Topology) -> None:
    """Refuse a group for ``--expand`` that the graph does not have, before anything is trained.

    Raises
    ------
    InputError
        With the nearest name.
    """
    paths = {node.group[:depth] for node in topology.nodes for depth in range(len(node.group) + 1)}
    names = {"default", "all", "none", *("/".join(p) for p in paths), *(p[-1] for p in paths if p)}
    if expand not in names - {""}:
        raise InputError(
            tr("a group of the graph"), repr(expand), field="--expand", hint=nearest(expand, names)
        )
