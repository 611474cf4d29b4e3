"""The command line's exports, checked before the training, written after it."""

from __future__ import annotations

import argparse
import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.cli.options import PLOTS
from engine.export.formats import Format, Kind, Material, export, format_for
from engine.messages.state_paths import state_paths
from engine.messages.topology import Topology
from engine.recipes.recipe import Recipe
from engine.recipes.replay import chosen_steps
from engine.support.errors import EngineError, InputError, nearest
from engine.support.text import tr


@dataclass(frozen=True)
class Wanted:
    """One file to be written: ``option`` asked for it, ``plot`` names which plot it is."""

    option: str
    target: str
    format: Format
    plot: str = ""


def wanted(
    options: argparse.Namespace, formats: Sequence[Format], plots: Sequence[str] = PLOTS
) -> list[Wanted]:
    """Return the files asked for.

    Raises
    ------
    InputError
        For an unknown suffix or plot.
    """
    found = []

    def add_wanted(option: str, kinds: tuple[Kind, ...], target: str, plot: str = "") -> None:
        found.append(Wanted(option, target, format_for(formats, kinds, target), plot))

    for one in formats:
        target = getattr(options, one.name, None) if one.kind == "picture" else None
        if target is not None:
            chosen = format_for([one], ("picture",), target)
            found.append(Wanted(f"--{one.name}", target, chosen))
    for target in getattr(options, "export", []):
        add_wanted("--export", ("picture", "data"), target)
    if getattr(options, "animate", None) is not None:
        add_wanted("--animate", ("animation",), options.animate)
    for text in options.plot:
        name, equals, target = text.partition("=")
        if not equals or name not in plots:
            expected = tr("NAME=FILE with a NAME of {names}").format(names=", ".join(plots))
            hint = nearest(name, plots)
            if name in plots:  # the plot is known: what is missing is the file
                hint = tr("For instance {example}.").format(example=f"--plot {name}={name}.png")
            raise InputError(expected, repr(text), field="--plot", hint=hint)
        add_wanted("--plot", ("plot",), target, name)
    return found


def check_plots(files: Sequence[Wanted], topology: Topology) -> None:
    """Refuse a plot that this system does not have, before anything is trained.

    Raises
    ------
    InputError
        Naming the option.
    """
    if any(file.plot == "time-steps" for file in files) and not state_paths(topology):
        expected = tr("a system with time steps, for the plot time-steps")
        raise InputError(expected, repr(topology.system), field="--plot")


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
    """Return the steps of the animation; ``InputError`` where it has none or too many."""
    picture = recipe.picture
    last = min(int(picture.get("to_step", steps)), steps)
    first = int(picture.get("from_step", 0))
    if first > last:
        expected = tr("a step up to {last}, the last one").format(last=last)
        raise InputError(expected, str(first), field="--from-step")
    return chosen_steps(first, last, int(picture.get("every", 1)))


def write(files: Sequence[Wanted], material: Material) -> tuple[list[str], list[EngineError]]:
    """Write the files; return their notes, and the errors of those that could not be written.

    Where one fails the others are still written, since a long training may be behind them.
    """
    notes: list[str] = []
    errors: list[EngineError] = []
    for file in files:
        recipe = material.recipe.drawn(plot=file.plot or None)
        try:
            made = export(file.format, dataclasses.replace(material, recipe=recipe), file.target)
        except EngineError as error:
            errors.append(error)
        else:
            notes += [f"{Path(file.target).name}: {note}" for note in made]
    return notes, errors
