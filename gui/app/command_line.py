"""The window's command line: a system, and the options of ``run`` that make sense here."""

import argparse
import dataclasses
from pathlib import Path

from engine.cli import arguments
from engine.cli.commands import make_window_parser
from engine.recipes.recipe import Recipe
from engine.support.errors import InputError
from engine.support.text import tr
from engine.system import catalogue
from engine.system.system import System


def parse_arguments(argv: list[str]) -> argparse.Namespace:
    """Read the arguments and check the files they name, before there is a window."""
    options = make_window_parser().parse_args(argv)
    if options.params is not None:
        from engine.training.parameter_files import read_parameters

        read_parameters(options.params)
    if options.batch is not None and not Path(options.batch).is_file():
        expected = tr("a file that can be read")
        raise InputError(expected, tr("none"), file=options.batch, field="--batch")
    return options


def names_a_system(options: argparse.Namespace) -> bool:
    """Whether the arguments name a system; otherwise the last session's system is opened."""
    return options.system is not None or options.expr is not None


def starting_recipe(options: argparse.Namespace, remembered: System | None = None) -> Recipe:
    """Return the recipe to open: a picture's own recipe, with the changes of the options applied.

    Where no system is named it is the remembered one, else the first of the catalogue.

    Raises
    ------
    EngineError
        For an unknown system, a change that it cannot take, or colours that do not fit.
    """
    if names_a_system(options):
        recipe = arguments.recipe_of(options)
    else:
        start = remembered or catalogue.load(catalogue.entries()[0].name)
        recipe = arguments.with_changes(Recipe(start), options)
    recipe = dataclasses.replace(
        recipe,
        parameters=options.params or recipe.parameters,
        batch=options.batch or recipe.batch,
    )
    said = {name: getattr(options, name) for name in ("colour", "range", "map")}
    said = {name: value for name, value in said.items() if value}
    if not said:
        return recipe
    from engine.cli.picture_options import coloured  # imports numpy, needed for pictures only

    return coloured(recipe, said)
