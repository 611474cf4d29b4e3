"""CSV files, read by numpy's parser where it succeeds.

A file that it refuses is read again row by row (``csv_rows``), to name each bad row or because it
is valid in a way that numpy's parser does not know. Both readers give the same arrays.
"""

import csv
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from engine.data.csv_layout import MISSING, Layout, find_layout, open_text
from engine.data.csv_rows import Rows, mostly_numbers, read_rows
from engine.data.dataset import REGRESSION
from engine.support.cancellation import checkpoint
from engine.support.errors import InputError
from engine.support.memory import require
from engine.support.text import tr

_LINES = 1000  # between two checkpoints
_BYTES = 3  # of memory for one of the file: the text "0.123456," becomes 8 bytes, three times


@dataclasses.dataclass(frozen=True)
class Table:
    """What a CSV file holds.

    Attributes
    ----------
    x:
        (samples, features) float64, finite.
    target:
        (samples,) finite float64, or texts where the target column holds texts.
    feature_names:
        From the header, else "column 1", "column 2", … by the place in the file.
    """

    x: NDArray[np.float64]
    target: NDArray[Any]
    feature_names: tuple[str, ...]


def read_table(path: Path, shown: str, target: str | int | None, task: str | None) -> Table:
    """Read a CSV file with one sample a row, UTF-8 with or without a byte order mark.

    The delimiter is the one of comma, semicolon and tab that divides the first rows most evenly.
    The first row is a header if none of its fields is a number or a mark for a missing value.
    Empty lines are passed over. Features are numbers; the target is a column of numbers if more
    than half of its fields are, and of texts otherwise.

    Parameters
    ----------
    shown:
        The file's name for messages.
    target:
        The target column's name or its index from 0 (from the end if negative); None is the last.
    task:
        "regression" demands numbers of the target; "classification" takes any texts.

    Raises
    ------
    InputError
        Naming the file, the first bad line with its column, and the other bad lines.
    """
    require(_BYTES * path.stat().st_size, tr("data"), file=shown)
    try:
        layout = find_layout(path, shown, target)
        rows = None if layout.text and task == REGRESSION else _read_quickly(path, layout)
        if rows is None or (_is_text(rows) and task is None and mostly_numbers(rows.target)):
            rows = read_rows(path, shown, layout, task)
    except UnicodeDecodeError as error:
        raise _not_text(path, shown) from error
    except csv.Error as error:
        reason, line = error.args
        raise InputError(tr("a table in CSV form"), reason, file=shown, line=line) from error
    names = tuple(
        (layout.header[column] if layout.header else "")
        or tr("column {number}").format(number=column + 1)
        for column in range(layout.columns)
        if column != layout.target
    )
    return Table(rows.x, rows.target, names)


def _read_quickly(path: Path, layout: Layout) -> Rows | None:
    """Read by numpy's parser, or return None where the row-by-row reader has to look."""
    codes: dict[str, int] = {}

    def code(field: str) -> int:
        text = field.strip()
        if '"' in text or text.lower() in MISSING:
            raise ValueError(text)
        return codes.setdefault(text, len(codes))

    try:
        with open_text(path) as file:
            table = np.loadtxt(
                _lines(file),
                delimiter=layout.delimiter,
                skiprows=layout.skip,
                comments=None,
                quotechar='"',
                converters={layout.target: code} if layout.text else None,
                ndmin=2,
            )
    except ValueError:
        return None
    if table.shape[1] != layout.columns or not np.isfinite(table).all():
        return None
    column = table[:, layout.target]
    target = np.array(list(codes))[column.astype(np.int64)] if layout.text else column.copy()
    return Rows(np.delete(table, layout.target, axis=1), target)


def _lines(file: TextIO) -> Iterator[str]:
    """Yield the lines of a file; reading it can be cancelled, which numpy's parser alone cannot."""
    for number, line in enumerate(file):
        if number % _LINES == 0:
            checkpoint(number)
        yield line


def _is_text(rows: Rows) -> bool:
    return rows.target.dtype.kind == "U"


def _not_text(path: Path, shown: str) -> InputError:
    """Return the error that names the first line which is not UTF-8."""
    line = 1
    with path.open("rb") as file:
        for raw in file:
            try:
                raw.decode("utf-8")
            except UnicodeDecodeError:
                break
            line += 1
    return InputError(
        tr("text in UTF-8"),
        tr("bytes of another encoding"),
        file=shown,
        line=line,
        hint=tr("Save the file as CSV in UTF-8."),
    )
