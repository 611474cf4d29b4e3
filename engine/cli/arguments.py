"""From parsed command-line arguments to a system or recipe with its overrides."""

from __future__ import annotations

import argparse
import dataclasses
import sys
from typing import Any

from engine.expression import parse_values
from engine.recipes.recipe import Recipe, open_recipe
from engine.settings.toml_values import parse_value
from engine.support.errors import InputError
from engine.support.text import tr
from engine.system import system as systems
from engine.system.system import System


def system_of(options: argparse.Namespace) -> System:
    """Return the system that the arguments describe, overrides applied in their order."""
    return recipe_of(options).system


def recipe_of(options: argparse.Namespace) -> Recipe:
    """Return the recipe to train, a picture's own where a picture is named, with the overrides."""
    if (options.system is None) == (options.expr is None):
        raise InputError(
            tr("the name of a system, a .toml file or --expr"),
            tr("nothing") if options.system is None else tr("both"),
        )
    if options.expr is None:
        recipe = open_recipe(options.system)
        if recipe.outside:
            files = ", ".join(recipe.outside)
            print(
                tr("reads files outside its folder: {files}").format(files=files), file=sys.stderr
            )
        return with_changes(recipe, options)
    if not options.expr.strip():
        expected = tr("formulas such as f = (x + y) * z")
        raise InputError(expected, repr(options.expr), field="--expr")
    system = System(name="expression", expression=options.expr, dtype="float64")
    return with_changes(Recipe(system), options)


def with_changes(recipe: Recipe, options: argparse.Namespace) -> Recipe:
    """Return the recipe with the overrides of the arguments: --at, --set, --seed, --dtype."""

    def changed(system: System) -> System:
        if options.at.strip():
            values = {**system.values, **_values(options.at)}
            system = dataclasses.replace(system, values=values)
        for assignment in options.set:
            system = override(system, assignment)
        for key in ("seed", "dtype"):
            if getattr(options, key) is not None:
                system = systems.override(system, key, getattr(options, key))
        return system

    return recipe.mapped(changed)


def _values(text: str) -> dict[str, Any]:
    try:
        return parse_values(text)
    except InputError as error:
        raise error.located(field="--at") from None


def override(system: System, assignment: str) -> System:
    """Apply one ``--set KEY=VALUE``; a value that is not TOML is taken as a string."""
    key, equals, text = assignment.partition("=")
    if not equals or not key.strip():
        raise InputError("KEY=VALUE", repr(assignment), field="--set")
    return systems.override(system, key.strip(), _value(text.strip()))


def _value(text: str) -> Any:
    try:
        return parse_value(text)
    except ValueError:
        return text
