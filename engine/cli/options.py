"""What each command takes: options, their types, choices and help.

Needs the standard library only, so that ``--help`` works before anything was installed. What the
options mean is read elsewhere: ``arguments``, ``export_options``, ``picture_options``.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Any

from engine.cli.argument_types import whole
from engine.export.formats import Format, Kind
from engine.recipes.colour_maps import map_names
from engine.settings.choices import DTYPES, QUANTITY_NAMES
from engine.support import blas_threads
from engine.support.text import tr

PLOTS = ("loss", "gradient-norms", "layer-profile", "time-steps")
SWEEP_PLOTS = ("input-scaling", "input-scaling-norms", "input-scaling-norms-after")


def list_options(parser: argparse.ArgumentParser, formats: Sequence[Format]) -> None:
    """Add the options of ``list``."""
    parser.add_argument("--json", action="store_true", help=tr("as JSON"))


def run_options(parser: argparse.ArgumentParser, formats: Sequence[Format]) -> None:
    """Add the options of ``run``."""
    _add_system_options(parser)
    _add_run_options(parser)
    _add_exports(parser, formats)


def check_options(parser: argparse.ArgumentParser, formats: Sequence[Format]) -> None:
    """Add the options of ``check``."""
    _add_system_options(parser)
    parser.add_argument("--all", action="store_true", help=tr("print every comparison"))


def sweep_options(parser: argparse.ArgumentParser, formats: Sequence[Format]) -> None:
    """Add the options of ``sweep``."""
    _add_system_options(parser)
    _add_sweep_options(parser)
    _add_plots(parser, formats, SWEEP_PLOTS)


def window_options(parser: argparse.ArgumentParser) -> None:
    """Add what the window takes."""
    _add_system_options(parser)
    _add_starting_files(parser)
    _add_colours(parser.add_argument_group(tr("colours")))


def draws(argv: Sequence[str], formats: Sequence[Format]) -> bool:
    """Whether Qt will be needed for the exports: asked before there is any package to ask."""
    pictures = [one for one in formats if one.kind == "picture" and one.draws]
    options = ("--animate", "--plot", *(f"--{one.name}" for one in pictures))
    suffixes = tuple(suffix for one in pictures for suffix in one.suffixes)
    exports = [word for word in argv[2:] if word.lower().endswith(suffixes)]
    return bool(exports) or any(word.startswith(options) for word in argv)


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
    """What is brought out, the rest dimmed: one at a time."""
    text = tr("dim all but what lies upstream of a node or group")
    parts.add_argument("--upstream", metavar="NAME", help=text)
    text = tr("dim all but what lies downstream of it")
    parts.add_argument("--downstream", metavar="NAME", help=text)
    text = tr("dim all but the paths between two")
    parts.add_argument("--path", nargs=2, metavar=("NAME", "NAME"), help=text)
