"""The window's command line: a system, and the options of ``run`` that make sense here."""

import tomllib
from dataclasses import dataclass, field
from typing import Any

from engine.errors import InputError, nearest
from engine.system import System, override
from engine.text import tr

OPTIONS = ("--set", "--seed", "--dtype", "--params", "--threads")


@dataclass
class Arguments:
    """What was asked for; ``parameters`` are the arrays of ``--params``, None what was not said."""

    system: str = ""
    changes: list[tuple[str, Any]] = field(default_factory=list)
    parameters: dict[str, Any] | None = None
    parameters_file: str = ""
    threads: int | None = None


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
    if name == "--params":
        found.parameters, found.parameters_file = _load_parameters(value), value
    elif name == "--threads":
        if not value.isdecimal() or int(value) < 1:
            raise InputError(tr("a whole number of 1 or more"), repr(value), field=name)
        found.threads = int(value)
    elif name == "--seed":
        found.changes.append(("seed", _literal(value)))
    elif name == "--dtype":
        found.changes.append(("dtype", value))
    else:
        key, equals, text = value.partition("=")
        if not equals or not key:
            raise InputError("KEY=VALUE", repr(value), field="--set")
        found.changes.append((key, _literal(text)))


def _literal(text: str) -> Any:
    """Read a value as TOML writes it; bare words are texts."""
    try:
        return tomllib.loads(f"v = {text}")["v"]
    except tomllib.TOMLDecodeError:
        return text


def _load_parameters(path: str) -> dict[str, Any]:
    import numpy as np

    try:
        with np.load(path, allow_pickle=False) as stored:
            return {name: stored[name] for name in stored.files}
    except (OSError, ValueError, AttributeError) as error:
        expected = tr("an .npz file of parameters")
        raise InputError(expected, str(error), file=path, field="--params") from None


def starting_system(system: System, arguments: Arguments) -> System:
    """Return the system with the changes of the command line."""
    for key, value in arguments.changes:
        system = override(system, key, value)
    return system
