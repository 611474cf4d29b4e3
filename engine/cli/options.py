"""The parsers of the command line: verbs and options, their types, choices and help.

Needs the standard library only, so that ``--help`` works before anything was installed. What the
options mean is read elsewhere: ``arguments``, ``export_options``, ``picture_options``.
"""

from __future__ import annotations

import argparse
import contextlib
import re
from collections.abc import Sequence
from typing import Any, NoReturn

from engine.cli.argument_types import whole
from engine.export.formats import Format, Kind
from engine.recipes.colour_maps import map_names
from engine.settings.choices import DTYPES, QUANTITY_NAMES
from engine.support import blas_threads
from engine.support.about import HELP
from engine.support.errors import UsageError, nearest
from engine.support.text import tr

MOST_LISTED = 6
PLOTS = ("loss", "gradient-norms", "layer-profile", "time-steps")
SWEEP_PLOTS = ("input-scaling", "input-scaling-norms", "input-scaling-norms-after")


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, raised as ``UsageError``.

    Options must be written out in full: an abbreviation could become ambiguous with a new option.
    """

    def __init__(self, **keywords: Any) -> None:
        super().__init__(**keywords, allow_abbrev=False)
        self._negative_number_matcher = re.compile(r"-\.?\d")  # -0.5:0.5 is a value, not an option

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Refuse unknown arguments, naming the nearest option of the verb."""
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
        """Refuse a value that is none of the choices, naming the nearest one."""
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
    _add_system_options(run)
    _add_run_options(run)
    _add_exports(run, formats)
    check = verbs.add_parser("check", help=tr("every gradient against central differences"))
    _add_system_options(check)
    check.add_argument("--all", action="store_true", help=tr("print every comparison"))
    sweep = verbs.add_parser("sweep", help=tr("the effect of the input scale"))
    _add_system_options(sweep)
    _add_sweep_options(sweep)
    _add_plots(sweep, formats, SWEEP_PLOTS)
    return parser


def make_window_parser() -> Parser:
    """Return the parser of the window's own command line: a system, and what changes it."""
    parser = Parser(
        prog="main.py",
        usage="python3 main.py [SYSTEM] [options]",
        description=HELP,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_system_options(parser)
    _add_starting_files(parser)
    _add_colours(parser.add_argument_group(tr("colours")))
    return parser


def show_help(verb: str, formats: Sequence[Format]) -> None:
    """Print the help of a verb, or of the window where there is none."""
    if not verb:
        make_window_parser().print_help()
        return
    with contextlib.suppress(SystemExit):
        make_parser(formats).parse_args([verb, "--help"])


def _add_system_options(parser: argparse.ArgumentParser) -> None:
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
    parser.add_argument("--dtype", choices=DTYPES, help=tr("the numbers' precision"))
    text = tr("threads of a matrix product (default {count})").format(count=blas_threads.DEFAULT)
    parser.add_argument("--threads", type=whole(1), metavar="N", help=text)


def _add_run_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--steps", type=whole(0), help=tr("optimiser updates (default 0)"))
    _add_starting_files(parser)
    parser.add_argument("--report", metavar="FILE.json", help=tr("the report; - = output"))
    parser.add_argument("--dump", metavar="FILE.npz", help=tr("every array"))
    parser.add_argument("--metrics", metavar="FILE.csv", help=tr("a row a step"))
    parser.add_argument("--order", type=int, choices=(0, 1, 2), default=0)


def _add_starting_files(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--params", metavar="FILE.npz", help=tr("starting parameters by name"))
    parser.add_argument("--batch", metavar="FILE.npz", help=tr("arrays x and y for every step"))


def _add_sweep_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--input-scale", metavar="FROM:TO:COUNT", help=tr("as 1e-3:1e3:13"))
    parser.add_argument("--steps", type=whole(0), help=tr("optimiser updates (default 0)"))
    parser.add_argument("--jobs", type=whole(1), help=tr("processes at once"))
    parser.add_argument("--scheduler", metavar="ADDRESS", help=tr("not available yet"))
    parser.add_argument("--report", metavar="FILE.json", help=tr("the table; - = output (default)"))
    parser.add_argument("--theme", choices=("light", "dark"), help=tr("of the plots"))


def _add_exports(parser: argparse.ArgumentParser, formats: Sequence[Format]) -> None:
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
    _add_plots(files, formats, PLOTS)
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


def _add_plots(parser: Any, formats: Sequence[Format], names: Sequence[str]) -> None:
    """Add ``--plot`` for these plots."""
    text = tr("a plot as {suffixes}, by NAME: {names}; repeatable").format(
        suffixes=_suffixes(formats, "plot"), names=" ".join(names)
    )
    parser.add_argument("--plot", action="append", default=[], metavar="NAME=FILE", help=text)


def _suffixes(formats: Sequence[Format], *kinds: Kind) -> str:
    chosen = [suffix for one in formats if one.kind in kinds for suffix in one.suffixes]
    return " ".join(suffix or tr("or none: a folder") for suffix in chosen)


def _add_look(look: Any) -> None:
    """Add the options of how a picture is drawn."""
    look.add_argument("--dpi", type=whole(10, 2400), help=tr("the resolution (default 192)"))
    look.add_argument("--theme", choices=("light", "dark"), help=tr("default light"))
    look.add_argument("--expand", metavar="all|none|GROUP", help=tr("the groups that are open"))
    text = tr("the neurons of a small dense layer, or of all; repeatable")
    look.add_argument("--neurons", action="append", metavar="LAYER", help=text)
    _add_colours(look)
    text = tr("a node or group that is selected")
    look.add_argument("--select", metavar="NAME", help=text)
    _add_parts(look.add_mutually_exclusive_group())
    backgrounds = ("theme", "white", "transparent")
    look.add_argument("--background", choices=backgrounds, help=tr("default theme"))
    switches = {
        "legend": tr("the legend below"),
        "caption": tr("the line with system, seed and step"),
        "shares": tr("each path's share where contributions meet"),
        "tiles": tr("a PNG too large for one file as several, in place of scaled down"),
    }
    for name, text in switches.items():
        switch = argparse.BooleanOptionalAction
        look.add_argument(f"--{name}", action=switch, default=None, help=text)


def _add_colours(look: Any) -> None:
    text = tr("what colours the nodes: {names}").format(names=" ".join(QUANTITY_NAMES))
    look.add_argument("--colour", choices=QUANTITY_NAMES, metavar="QUANTITY", help=text)
    text = tr("the ends of its scale, as 1e-6:1e2; default fitted")
    look.add_argument("--range", metavar="LO:HI", help=text)
    names = [*map_names(diverging=False), *map_names(diverging=True)]
    text = tr("the colour map: {names}; repeatable").format(names=" ".join(names))
    look.add_argument("--map", action="append", choices=names, metavar="NAME", help=text)


def _add_parts(parts: Any) -> None:
    """Add the options that bring out a part of the graph and dim the rest; one at a time."""
    text = tr("dim all but what lies upstream of a node or group")
    parts.add_argument("--upstream", metavar="NAME", help=text)
    text = tr("dim all but what lies downstream of it")
    parts.add_argument("--downstream", metavar="NAME", help=text)
    text = tr("dim all but the paths between two")
    parts.add_argument("--path", nargs=2, metavar=("NAME", "NAME"), help=text)
