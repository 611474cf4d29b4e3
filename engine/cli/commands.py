"""Every command of the command line, declared once: parser, help and main.py are made of this list.

Needs the standard library only, so that ``--help`` works before anything was installed and
``list`` is quick: what computes is imported by the functions that run a command. Results go to
standard output, the rest to error.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from engine.cli.options import (
    check_options,
    list_options,
    run_options,
    sweep_options,
    window_options,
)
from engine.cli.parser import Parser
from engine.export.formats import Format
from engine.support import blas_threads
from engine.support.about import PROGRAM
from engine.support.cancellation import orderly_end
from engine.support.errors import EngineError
from engine.support.text import tr

Formats = Sequence[Format]


@dataclass(frozen=True)
class Command:
    """One command: ``help`` is its line in the program's help, where ``takes`` follows its name.

    ``options`` adds what it takes to its parser; ``run`` does it and returns the exit status.
    """

    name: str
    help: str
    options: Callable[[Parser, Formats], None]
    run: Callable[[argparse.Namespace, Formats], int]
    takes: str = "SYSTEM"


def commands() -> tuple[Command, ...]:
    """Return all commands, in the order of the help."""
    return (
        Command("list", tr("the catalogue of systems"), list_options, _list, takes=""),
        Command("run", tr("train without a window; numbers and pictures into files"),
                run_options, _run),
        Command("check", tr("every gradient against central differences"),
                check_options, _check),
        Command("sweep", tr("train over a range of input scales"), sweep_options, _sweep),
    )  # fmt: skip


def _list(options: argparse.Namespace, formats: Formats) -> int:
    from engine.system import catalogue

    return catalogue.show(as_json=options.json)


def _run(options: argparse.Namespace, formats: Formats) -> int:
    from engine.cli.run import run

    return run(options, formats)


def _check(options: argparse.Namespace, formats: Formats) -> int:
    from engine.cli.check import check

    return check(options)


def _sweep(options: argparse.Namespace, formats: Formats) -> int:
    from engine.cli.sweep import sweep

    return sweep(options, formats)


def is_command(name: str) -> bool:
    """Whether a word names a command; else it is for the window."""
    return any(one.name == name for one in commands())


def main(argv: list[str], formats: Formats = ()) -> int:
    """Run one command and return the exit status.

    0 done, 1 a check failed, 2 bad arguments or input (one line on standard error), 130 ended by
    Ctrl-C with what there is. ``formats`` are what it can export (see ``gui.export.formats``).
    """
    try:
        options = make_parser(formats).parse_args(argv)
        if getattr(options, "threads", None):
            blas_threads.use(options.threads)
        run = next(one.run for one in commands() if one.name == options.verb)
        with orderly_end():
            return run(options, formats)
    except EngineError as error:
        print(" ".join(str(error).split()), file=sys.stderr)
        return 2


def make_parser(formats: Formats = ()) -> Parser:
    """Return the parser of all commands."""
    parser = Parser(prog="main.py")
    verbs = parser.add_subparsers(dest="verb", required=True, parser_class=Parser)
    for one in commands():
        one.options(verbs.add_parser(one.name), formats)
    return parser


def make_window_parser() -> Parser:
    """Return the parser of the window's own command line: a system, and what changes it."""
    parser = Parser(
        prog="main.py",
        usage="python3 main.py [SYSTEM] [options]",
        description=_overview(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    window_options(parser)
    return parser


def show_help(verb: str, formats: Formats) -> None:
    """Print the help of a command, or of the window where ``verb`` is none."""
    if not is_command(verb):
        make_window_parser().print_help()
        return
    with contextlib.suppress(SystemExit):
        make_parser(formats).parse_args([verb, "--help"])


def _overview() -> str:
    """What the program is, and a line for the window and for each command."""
    about = tr("{program}: see the gradient flow through a network while it trains.")
    window = tr("open the window, on a catalogue name, a .toml file or a picture")
    lines = [("[SYSTEM]", window), *((f"{k.name} {k.takes}", k.help) for k in commands())]
    width = max(len(word) for word, _ in lines)
    table = "\n".join(f"python3 main.py {word:{width}}   {words}" for word, words in lines)
    more = tr(
        "`run --help` shows the options of run, and so for the others; `--version` the version."
    )
    return f"{about.format(program=PROGRAM)}\n\n{table}\n\n{more}"
