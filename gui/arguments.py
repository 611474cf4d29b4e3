"""The window's command line: a system, and the options of ``run`` that make sense here."""

import dataclasses
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import catalogue
from engine.errors import InputError, nearest
from engine.recipe import Recipe
from engine.system import System, override
from engine.text import tr

OPTIONS = (
    *("--set", "--seed", "--dtype", "--params", "--batch", "--threads"),
    *("--colour", "--range", "--map"),
)


@dataclass
class Arguments:
    """What was asked for; None and "" for what was not said.

    ``parameters`` and ``batch`` are files; ``colour``, ``range`` and ``maps`` are the canvas's.
    """

    system: str = ""
    changes: list[tuple[str, Any]] = field(default_factory=list)
    parameters: str = ""
    batch: str = ""
    threads: int | None = None
    colour: str = ""
    range: str = ""
    maps: list[str] = field(default_factory=list)

    @property
    def colours(self) -> dict[str, Any]:
        """What was said of the colours, as a recipe's picture says it."""
        said = {"colour": self.colour, "range": self.range, "map": self.maps}
        return {name: value for name, value in said.items() if value}


def parse_arguments(argv: list[str]) -> Arguments | None:
    """Read the arguments; None where only help was asked for.

    Raises
    ------
    InputError
        For an unknown option, a missing value or a second system.
    """
    found = Arguments()
    words = iter(argv)
    for word in words:
        if not word.startswith("-"):
            if found.system:
                raise InputError(tr("one system"), tr("also {word!r}").format(word=word))
            found.system = word
            continue
        name, equals, value = word.partition("=")
        if name not in OPTIONS:
            raise InputError(tr("a known option"), repr(name), hint=nearest(name, OPTIONS))
        if not equals:
            value = next(words, "")
        if not value:
            raise InputError(tr("a value"), tr("nothing"), field=name)
        _take_option(found, name, value)
    return found


def _take_option(found: Arguments, name: str, value: str) -> None:
    match name:
        case "--params":
            from engine.parameter_files import read_parameters

            read_parameters(value)  # before there is a window, not after it
            found.parameters = value
        case "--batch":
            if not Path(value).is_file():
                raise InputError(tr("a file that can be read"), tr("none"), file=value, field=name)
            found.batch = value
        case "--threads":
            if not value.isdecimal() or int(value) < 1:
                raise InputError(tr("a whole number of 1 or more"), repr(value), field=name)
            found.threads = int(value)
        case "--seed":
            found.changes.append(("seed", _literal(value)))
        case "--dtype":
            found.changes.append(("dtype", value))
        case "--set":
            key, equals, text = value.partition("=")
            if not equals or not key:
                raise InputError("KEY=VALUE", repr(value), field="--set")
            found.changes.append((key, _literal(text)))
        case "--map":
            found.maps.append(value)
        case _:
            setattr(found, name.removeprefix("--"), value)


def _literal(text: str) -> Any:
    """Read a value as TOML writes it; bare words are texts."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


def starting_recipe(arguments: Arguments, remembered: System | None = None) -> Recipe:
    """Return what the command line asks for: of a picture, its own course with the changes.

    Where no system is named it is the one remembered, else the first of the catalogue.

    Raises
    ------
    EngineError
        For a system that there is not, a change that it cannot take, or colours that do not fit.
    """
    if remembered is None:
        recipe = catalogue.open_recipe(arguments.system or catalogue.entries()[0].name)
    else:
        recipe = Recipe(remembered)
    recipe = recipe.mapped(lambda system: starting_system(system, arguments))
    recipe = dataclasses.replace(
        recipe,
        parameters=arguments.parameters or recipe.parameters,
        batch=arguments.batch or recipe.batch,
    )
    if not arguments.colours:
        return recipe
    from engine.picture_options import coloured  # numpy's time, where it is not needed

    return coloured(recipe, arguments.colours)


def starting_system(system: System, arguments: Arguments) -> System:
    """Return the system with the changes of the command line."""
    for key, value in arguments.changes:
        system = override(system, key, value)
    return system
