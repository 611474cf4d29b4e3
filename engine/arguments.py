"""The command line's arguments: their names, types and help, and the systems they describe."""

from __future__ import annotations

import argparse
import dataclasses
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from engine import catalogue
from engine import system as systems
from engine.data.npz import read_archive
from engine.errors import InputError, UsageError
from engine.expression import parse_values
from engine.system import System
from engine.text import tr


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, raised as ``UsageError``."""

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        text = message.removeprefix("argument ")
        raise UsageError(tr("{text}. See {prog} --help.").format(text=text, prog=self.prog))


def make_parser() -> Parser:
    """Return the parser of ``list``, ``run``, ``check`` and ``sweep``."""
    parser = Parser(prog="main.py", description=tr("Gradient Flow Explorer without its window."))
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=Parser)
    listing = verbs.add_parser("list", help=tr("the built-in systems"))
    listing.add_argument("--json", action="store_true", help=tr("as JSON"))
    run = verbs.add_parser("run", help=tr("train without a window"))
    add_system_options(run)
    _add_run_options(run)
    check = verbs.add_parser("check", help=tr("every gradient against central differences"))
    add_system_options(check)
    check.add_argument("--all", action="store_true", help=tr("print every comparison"))
    sweep = verbs.add_parser("sweep", help=tr("the effect of the input scale"))
    add_system_options(sweep)
    _add_sweep_options(sweep)
    return parser


def add_system_options(parser: argparse.ArgumentParser) -> None:
    """Add what names and changes a system: SYSTEM, --expr, --at, --set, --seed, --dtype."""
    parser.add_argument("system", nargs="?", help=tr("a name of the catalogue or a .toml file"))
    parser.add_argument("--expr", help=tr("formulas in place of a system"))
    parser.add_argument("--at", default="", help=tr("values of the formulas' variables"))
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=tr("override a field of the system file, dotted; repeatable"),
    )
    parser.add_argument("--seed", type=_whole(0), help=tr("the seed of all random numbers"))
    parser.add_argument("--dtype", choices=systems.DTYPES, help=tr("the numbers' precision"))


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=_whole(0), default=0, help=tr("optimiser updates"))
    parser.add_argument("--params", metavar="FILE.npz", help=tr("starting parameters by name"))
    parser.add_argument("--batch", metavar="FILE.npz", help=tr("arrays x and y for every step"))
    parser.add_argument("--report", metavar="FILE.json", help=tr("the report; - = output"))
    parser.add_argument("--dump", metavar="FILE.npz", help=tr("every array"))
    parser.add_argument("--metrics", metavar="FILE.csv", help=tr("a row a step"))
    parser.add_argument("--order", type=int, choices=(0, 1, 2), default=0)
    for kind in ("png", "svg", "pdf"):
        parser.add_argument(f"--{kind}", metavar="FILE", help=tr("a picture of the graph"))
    parser.add_argument("--dpi", type=_whole(10, 2400), help=tr("the PNG's resolution"))
    parser.add_argument("--theme", choices=("light", "dark"), default="light")
    parser.add_argument("--expand", default="default", metavar="all|none|GROUP")


def _add_sweep_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--input-scale", required=True, metavar="FROM:TO:COUNT")
    parser.add_argument("--steps", type=_whole(0), default=0, help=tr("optimiser updates"))
    parser.add_argument("--jobs", type=_whole(1), help=tr("processes at once"))
    parser.add_argument("--scheduler", metavar="ADDRESS", help=tr("not available yet"))
    parser.add_argument("--report", metavar="FILE.json", default="-")


def system_of(options: argparse.Namespace) -> System:
    """Return the system that the arguments describe, overrides applied in their order."""
    if (options.system is None) == (options.expr is None):
        raise InputError(
            tr("the name of a system, a .toml file or --expr"),
            tr("nothing") if options.system is None else tr("both"),
        )
    if options.expr is not None:
        values = parse_values(options.at) if options.at.strip() else {}
        system = System(
            name="expression", expression=options.expr, values=dict(values), dtype="float64"
        )
    else:
        system = catalogue.open_system(options.system)
        if options.at.strip():
            values = {**system.values, **parse_values(options.at)}
            system = dataclasses.replace(system, values=values)
    for assignment in options.set:
        system = override(system, assignment)
    for key in ("seed", "dtype"):
        if getattr(options, key) is not None:
            system = systems.override(system, key, getattr(options, key))
    return system


def override(system: System, assignment: str) -> System:
    """Apply one ``--set KEY=VALUE``; a value that is no TOML is taken as a text."""
    key, equals, text = assignment.partition("=")
    if not equals or not key.strip():
        raise InputError("KEY=VALUE", repr(assignment), field="--set")
    return systems.override(system, key.strip(), _toml_value(text.strip()))


def read_parameters(path: str) -> dict[str, Any]:
    """Return the arrays of an NPZ file by name, "parameter/NAME" (as dumped) as NAME.

    Raises
    ------
    InputError
        Naming the file and the array: unreadable, or no real numbers.
    """
    arrays: dict[str, Any] = {}
    for key, array in read_archive(Path(path), path).items():
        if array.dtype.kind not in "fiub":
            raise InputError(tr("an array of real numbers"), str(array.dtype), file=path, field=key)
        name = key.removeprefix("parameter/")
        if name != key or "/" not in key:  # a whole dump has values and gradients as well
            if name in arrays:
                raise InputError(tr("each parameter once"), key, file=path, field=name)
            arrays[name] = array
    return arrays


def _toml_value(text: str) -> Any:
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except (tomllib.TOMLDecodeError, KeyError):
        return text


def _whole(low: int, high: int | None = None) -> Callable[[str], int]:
    """Return the type of a whole number within bounds, with a message in plain words."""
    bounds = tr("of {low} or more").format(low=low)
    if high is not None:
        bounds = tr("from {low} to {high}").format(low=low, high=high)

    def read(text: str) -> int:
        number = int(text) if text.strip().lstrip("+-").isdecimal() else None
        if number is None or number < low or (high is not None and number > high):
            raise argparse.ArgumentTypeError(
                tr("expected a whole number {bounds}, found {text!r}").format(
                    bounds=bounds, text=text
                )
            )
        return number

    return read
