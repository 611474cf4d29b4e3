"""The command line's arguments: their names, types and help, and the systems they describe."""

from __future__ import annotations

import argparse
import dataclasses
import tomllib
from collections.abc import Sequence
from typing import Any, NoReturn

from engine import catalogue, export_options, threads
from engine import system as systems
from engine.errors import InputError, UsageError, nearest
from engine.exporting import Format
from engine.expression import parse_values
from engine.recipe import Recipe
from engine.system import System
from engine.text import tr
from engine.whole import whole

MOST_LISTED = 6


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, raised as ``UsageError``.

    Options are written out in full: half a name that means one option today means two tomorrow.
    """

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords, allow_abbrev=False)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse what is left over where its verb is known, with the nearest option."""
        found, rest = super().parse_known_args(args, namespace)
        if rest:
            name = rest[0].partition("=")[0]
            options = [option for option in self._option_string_actions if len(option) > 2]
            hint = f" {nearest(name, options, choices=False)}" if name.startswith("-") else ""
            text = tr("expected options of {prog}, found {found!r}.{hint}")
            self.error(text.format(prog=self.prog, found=rest[0], hint=hint.rstrip()))
        return found, rest

    def error(self, message: str) -> NoReturn:
        """Raise instead of printing the usage."""
        text = message.removeprefix("argument ")
        text += "" if text.endswith((".", "?")) else "."
        raise UsageError(tr("{text} See {prog} --help.").format(text=text, prog=self.prog))

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse what is none of the choices, with the nearest one."""
        if action.choices is None or value in action.choices:
            return
        names = list(map(str, action.choices))
        listed = len(names) <= MOST_LISTED
        expected = tr("one of {names}") if listed else tr("a known name")
        hint = nearest(str(value), names, choices=not listed)
        text = tr("expected {expected}, found {value!r}. {hint}")
        expected = expected.format(names=", ".join(names))
        text = text.format(expected=expected, value=value, hint=hint)
        raise argparse.ArgumentError(action, text.rstrip())


def make_parser(formats: Sequence[Format] = ()) -> Parser:
    """Return the parser of ``list``, ``run``, ``check`` and ``sweep``."""
    parser = Parser(prog="main.py", description=tr("Gradient Flow Explorer without its window."))
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=Parser)
    listing = verbs.add_parser("list", help=tr("the built-in systems"))
    listing.add_argument("--json", action="store_true", help=tr("as JSON"))
    run = verbs.add_parser("run", help=tr("train without a window"))
    add_system_options(run)
    _add_run_options(run)
    export_options.add(run, formats)
    check = verbs.add_parser("check", help=tr("every gradient against central differences"))
    add_system_options(check)
    check.add_argument("--all", action="store_true", help=tr("print every comparison"))
    sweep = verbs.add_parser("sweep", help=tr("the effect of the input scale"))
    add_system_options(sweep)
    _add_sweep_options(sweep)
    export_options.add_plots(sweep, formats, export_options.SWEEP_PLOTS)
    return parser


def add_system_options(parser: argparse.ArgumentParser) -> None:
    """Add what names and changes a system: SYSTEM, --expr, --at, --set, --seed …"""
    parser.add_argument(
        "system", nargs="?", help=tr("a name of the catalogue, a .toml file, or a picture")
    )
    parser.add_argument("--expr", help=tr("formulas in place of a system"))
    parser.add_argument("--at", default="", help=tr("values of the formulas' variables"))
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help=tr("override a field of the system file, dotted; repeatable"),
    )
    parser.add_argument("--seed", type=whole(0), help=tr("the seed of all random numbers"))
    parser.add_argument("--dtype", choices=systems.DTYPES, help=tr("the numbers' precision"))
    text = tr("threads of a matrix product (default {count})").format(count=threads.DEFAULT)
    parser.add_argument("--threads", type=whole(1), metavar="N", help=text)


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=whole(0), help=tr("optimiser updates (default 0)"))
    parser.add_argument("--params", metavar="FILE.npz", help=tr("starting parameters by name"))
    parser.add_argument("--batch", metavar="FILE.npz", help=tr("arrays x and y for every step"))
    parser.add_argument("--report", metavar="FILE.json", help=tr("the report; - = output"))
    parser.add_argument("--dump", metavar="FILE.npz", help=tr("every array"))
    parser.add_argument("--metrics", metavar="FILE.csv", help=tr("a row a step"))
    parser.add_argument("--order", type=int, choices=(0, 1, 2), default=0)


def _add_sweep_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--input-scale", metavar="FROM:TO:COUNT", help=tr("as 1e-3:1e3:13"))
    parser.add_argument("--steps", type=whole(0), help=tr("optimiser updates (default 0)"))
    parser.add_argument("--jobs", type=whole(1), help=tr("processes at once"))
    parser.add_argument("--scheduler", metavar="ADDRESS", help=tr("not available yet"))
    parser.add_argument("--report", metavar="FILE.json", help=tr("the table; - = output (default)"))
    parser.add_argument("--theme", choices=("light", "dark"), help=tr("of the plots"))


def system_of(options: argparse.Namespace) -> System:
    """Return the system that the arguments describe, overrides applied in their order."""
    return recipe_of(options).system


def recipe_of(options: argparse.Namespace) -> Recipe:
    """Return what is to be trained; of a picture, its own course with the overrides applied."""
    if (options.system is None) == (options.expr is None):
        raise InputError(
            tr("the name of a system, a .toml file or --expr"),
            tr("nothing") if options.system is None else tr("both"),
        )
    if options.expr is not None:
        if not options.expr.strip():
            expected = tr("formulas such as f = (x + y) * z")
            raise InputError(expected, repr(options.expr), field="--expr")
        system = System(name="expression", expression=options.expr, dtype="float64")
        recipe = Recipe(system)
    else:
        recipe = catalogue.open_recipe(options.system)

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
    """Apply one ``--set KEY=VALUE``; a value that is no TOML is taken as a text."""
    key, equals, text = assignment.partition("=")
    if not equals or not key.strip():
        raise InputError("KEY=VALUE", repr(assignment), field="--set")
    return systems.override(system, key.strip(), _toml_value(text.strip()))


def _toml_value(text: str) -> Any:
    try:
        table = tomllib.loads(f"value = {text}")
    except (tomllib.TOMLDecodeError, RecursionError):
        return text
    return table["value"] if len(table) == 1 else text  # a line break may begin another key
