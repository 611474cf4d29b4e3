"""Where the results of ``run`` and ``sweep`` go: refused before the training, written after it."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.cli.export_options import Wanted
from engine.support import streams
from engine.support.errors import InputError
from engine.support.text import tr
from engine.support.whole_files import write_whole

RESULTS = ("report", "dump", "metrics")


def check_targets(options: argparse.Namespace, files: Sequence[Wanted] = ()) -> None:
    """Refuse a file that cannot be written before training, not after."""
    results = [(f"--{name}", getattr(options, name, None)) for name in RESULTS]
    taken: dict[Path, str] = {}
    if options.system is not None and options.system.lower().endswith(".toml"):
        taken[Path(options.system).resolve()] = tr("the system")
    for option, target in [*results, *((file.option, file.target) for file in files)]:
        if target is None or (target == "-" and option in ("--report", "--metrics")):
            continue
        folder = option == "--animate" and not Path(target).suffix
        if not _may_write(target, folder=folder):
            raise InputError(
                tr("a file in a folder that can be written"), repr(target), field=option
            )
        place = Path(target).resolve()
        if place in taken and (not place.exists() or place.is_file()):
            found = tr("{target!r}, which is that of {other}").format(
                target=target, other=taken[place]
            )
            raise InputError(tr("a file of its own"), found, field=option)
        taken[place] = option
    if options.report == getattr(options, "metrics", None) == "-":
        raise InputError(tr("one result on standard output"), tr("two"), field="--metrics")


def _may_write(target: str, *, folder: bool = False) -> bool:
    if target in ("", "-") or target.endswith(("/", os.sep)):
        return False
    try:
        path = Path(target).resolve()
        taken = path.is_dir() and not (folder and not any(path.iterdir()))
        return not taken and os.access(path.parent, os.W_OK)
    except OSError:
        return False


def write_text(target: str, text: str) -> None:
    """Write a text to a file, or to standard output where it is called "-"."""
    whole = text if text.endswith("\n") else text + "\n"
    if target == "-":
        print_whole(whole)
    else:
        write_whole(target, lambda stream: stream.write(whole.encode("utf-8")))


def print_whole(text: str) -> None:
    """Write to standard output now, where what is wrong with it can still be told."""
    try:
        sys.stdout.write(streams.fit(text))
        sys.stdout.flush()
    except BrokenPipeError:
        raise
    except OSError as error:
        reason = error.strerror or str(error)
        expected = tr("an output that can be written")
        raise InputError(expected, reason, field=tr("standard output")) from None
