"""The table of a run's scalars, a row a step: what ``--metrics`` and the window write."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import IO

from engine.messages.frame import Scalars
from engine.support.cancellation import checkpoint
from engine.support.whole_files import write_whole

HEAD = ("objective", "loss", "learning_rate")
LAYERED = ("gradient_norm", "weight_norm", "update_ratio")
TAIL = (
    "gradient_norm_before_clipping",
    "gradient_norm_after_clipping",
    "validation_loss",
    "validation_accuracy",
)


def write_metrics(stream: IO[str], layers: list[str], scalars: Iterable[Scalars]) -> None:
    """Write a row a step as CSV, one part of the scalars after another.

    Before each part stands a checkpoint that says how many rows there are so far.
    """
    write_head(stream, layers)
    rows = 0
    for part in scalars:
        checkpoint(rows)
        write_rows(stream, layers, [part])
        rows += len(part)


def write_head(stream: IO[str], layers: list[str]) -> None:
    """Write the table's first row."""
    layered = [f"{layer}.{kind}" for layer in layers for kind in LAYERED]
    head = ["step", "epoch", *HEAD, *layered, *TAIL]
    csv.writer(stream, lineterminator="\n").writerow(map(cell, head))


def write_rows(stream: IO[str], layers: list[str], scalars: Iterable[Scalars]) -> None:
    """Write the rows of these parts."""
    writer = csv.writer(stream, lineterminator="\n")
    for part in scalars:
        columns = [part.step, part.epoch, *(getattr(part, name) for name in HEAD)]
        for layer in range(len(layers)):
            columns += [getattr(part, f"layer_{kind}")[:, layer] for kind in LAYERED]
        columns += [getattr(part, name) for name in TAIL]
        writer.writerows(zip(*(column.tolist() for column in columns), strict=True))


def cell(text: str) -> str:
    """Return a text as a cell that a spreadsheet shows and does not compute.

    One that begins with = + - @, a tab or a line end gets an apostrophe before it (OWASP, "CSV
    injection").

    >>> cell("=1+1"), cell("loss")
    ("'=1+1", 'loss')
    """
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r", "\n", "−")) else text


def write_file(path: str | Path, layers: list[str], scalars: Iterable[Scalars]) -> None:
    """Write the table as a file, whole or not at all.

    Raises
    ------
    InputError
        Naming the file and the reason, where it cannot be written.
    """

    def write(stream: IO[bytes]) -> None:
        text = io.TextIOWrapper(stream, encoding="utf-8", newline="")
        write_metrics(text, layers, scalars)
        text.detach()  # this flushes; the caller closes the stream

    write_whole(path, write)
