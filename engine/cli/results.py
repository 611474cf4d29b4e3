"""The results of ``run``: refused before the training where they cannot be written, written
while it goes on, so that a kill loses at most a second, and once more whole at its end.
"""

from __future__ import annotations

import argparse
import io
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine.cli.export_options import Wanted
from engine.export import metrics, report
from engine.messages.frame import Frame, Scalars
from engine.observe.observer import Observer
from engine.support import streams
from engine.support.errors import EngineError, InputError
from engine.support.json_text import json_text
from engine.support.text import tr
from engine.support.whole_files import write_whole

RESULTS = ("report", "dump", "metrics")
ROWS_SECONDS = 1.0  # between two writes of new rows
SHARE = 0.03  # of the time that may go into writing the report and the arrays again and again


class Results:
    """Writes the files of ``--metrics``, ``--report`` and ``--dump`` while training goes on.

    One that cannot be written is said, and tried again at the end; the others are written all the
    same.
    ``frames`` are those of an animation as they come: each has taken the rows before it.
    """

    def __init__(
        self, options: argparse.Namespace, trainer: Observer, frames: Sequence[Frame]
    ) -> None:
        self._options, self._trainer, self._frames = options, trainer, frames
        self._frames_seen = 0
        self._layers = [layer.name for layer in trainer.topology.layers]
        self.scalars: list[Scalars] = []
        self.failed = False
        self._rows: IO[str] | None = None
        self._written = 0  # parts of the scalars that are in the file of the rows
        self._given_up: set[str] = set()
        self._next_rows = time.monotonic() + ROWS_SECONDS
        self._next_whole = self._next_rows

    def _take_rows(self) -> None:
        """Take the rows since the last time, in their order."""
        self.scalars += [frame.scalars for frame in self._frames[self._frames_seen :]]
        self._frames_seen = len(self._frames)
        self.scalars.append(self._trainer.recorder.take_rows())

    def write_some(self) -> None:
        """Write what is new, at most each second; called between two steps."""
        now = time.monotonic()
        if now < self._next_rows:
            return
        self._next_rows = now + ROWS_SECONDS
        self._take_rows()
        if self._is_file("metrics"):
            self._try("metrics", self._append_rows)
        if now >= self._next_whole and (self._is_file("report") or self._is_file("dump")):
            self._try("report", self._write_report)
            self._try("dump", self._write_dump)
            self._next_whole = time.monotonic() + (time.monotonic() - now) / SHARE

    def write_all(self) -> None:
        """Write each file whole, also those on standard output; the pass must be complete."""
        self._take_rows()
        if self._rows is not None:
            self._rows.close()
        self._given_up.clear()  # by now there may be room again
        self.failed = False
        self._try("dump", self._write_dump)
        self._try("metrics", self._write_rows)
        self._try("report", self._write_report)

    def close(self) -> None:
        """Close what is open, after an error too."""
        if self._rows is not None:
            self._rows.close()

    def _is_file(self, name: str) -> bool:
        return getattr(self._options, name) not in (None, "-")

    def _try(self, name: str, write: Callable[[str], object]) -> None:
        target = getattr(self._options, name)
        if target is None or name in self._given_up:
            return
        if target == "-":  # what is wrong with it ends the program
            write(target)
            return
        try:
            write(target)
        except (EngineError, OSError) as error:
            self._given_up.add(name)
            self.failed = True
            told = InputError(
                tr("a file that can be written"), getattr(error, "strerror", ""), file=target
            )
            streams.say(str(error if isinstance(error, EngineError) else told), sys.stderr)

    def _append_rows(self, target: str) -> None:
        if self._rows is None:
            path = Path(target)
            if path.exists() and not path.is_file():
                return  # a pipe or a device gets the whole table, once
            self._rows = path.open("w", encoding="utf-8", newline="")
            metrics.write_head(self._rows, self._layers)
        metrics.write_rows(self._rows, self._layers, self.scalars[self._written :])
        self._written = len(self.scalars)
        self._rows.flush()

    def _write_rows(self, target: str) -> None:
        if target != "-":
            metrics.write_file(target, self._layers, self.scalars)
            return
        text = io.StringIO()
        metrics.write_metrics(text, self._layers, self.scalars)
        print_whole(text.getvalue())

    def _write_report(self, target: str) -> None:
        found = report.make_report(self._trainer, self.scalars, self._options.order)
        write_text(target, json_text(found))

    def _write_dump(self, target: str) -> None:
        arrays = report.make_dump(self._trainer)
        write_whole(target, lambda stream: _savez(stream, arrays))


def _savez(stream: Any, arrays: dict[str, Any]) -> None:
    np.savez(stream, allow_pickle=False, **arrays)


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
