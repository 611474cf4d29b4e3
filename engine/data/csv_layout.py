"""How a CSV file is laid out: delimiter, header, columns and target, found from its first rows."""

import csv
import dataclasses
import io
import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

import numpy as np

from engine.support.cancellation import checkpoint
from engine.support.errors import InputError, nearest
from engine.support.reading import open_file
from engine.support.text import tr

DELIMITERS = "\t;,"
MISSING = frozenset({"", "?", "na", "n/a", "nan", "null"})
Record = tuple[int, list[str]]
_HEAD = 50


@dataclasses.dataclass(frozen=True)
class Layout:
    """How a CSV file is to be read.

    Attributes
    ----------
    header:
        The column names, or () where there is no header.
    columns:
        The number of values that each row must have.
    skip:
        How many lines come before the data.
    target:
        The target's column, counted from 0.
    text:
        Whether the target's column holds texts in the first rows.
    """

    delimiter: str
    header: tuple[str, ...]
    columns: int
    skip: int
    target: int
    text: bool


def number(field: str) -> float | None:
    """Return the number that a field writes, or None; NaN and infinities count as numbers."""
    if not field.isascii() or "_" in field:
        return None
    try:
        return float(field)
    except ValueError:
        return None


def open_text(path: Path) -> TextIO:
    """Open a file as text in UTF-8, its line ends as they are."""
    return io.TextIOWrapper(open_file(path), encoding="utf-8-sig", newline="")


def records(path: Path, delimiter: str) -> Iterator[Record]:
    """Yield the line number and the stripped fields of each record that is not an empty line.

    Raises
    ------
    csv.Error
        For quotes that don't close and the like; ``args`` are the reason and the line.
    """
    with open_text(path) as file:
        reader = csv.reader(file, delimiter=delimiter, skipinitialspace=True, strict=True)
        line = 1
        try:
            for record in reader:
                fields = [field.strip() for field in record]
                if len(fields) > 1 or any(fields):
                    yield line, fields
                line = reader.line_num + 1
                checkpoint(line)
        except csv.Error as error:
            raise csv.Error(str(error), line) from error


def find_layout(path: Path, shown: str, target: str | int | None) -> Layout:
    """Find the layout from the first rows; see ``read_table`` for the rules.

    Raises
    ------
    InputError
        For a file without data, of one column, or without the target column that is asked for.
    """
    delimiter, head = _sniffed(path, shown)
    first_line, first = head[0]
    header = tuple(first) if _is_header(first) else ()
    data = head[1:] if header else head
    if not data:
        found = tr("only a header in line {line}").format(line=first_line)
        raise InputError(tr("rows of data"), found, file=shown)
    columns = len(header) or _usual_width(data)
    if columns < 2:
        raise InputError(
            tr("at least two columns, features and a target"),
            tr("one column"),
            file=shown,
            line=first_line,
            hint=tr("Separate the values by comma, semicolon or tab."),
        )
    column = _target_column(target, header, columns, shown)
    text = any(len(fields) == columns and number(fields[column]) is None for _, fields in data)
    return Layout(delimiter, header, columns, data[0][0] - 1, column, text)


def _sniffed(path: Path, shown: str) -> tuple[str, list[Record]]:
    """Return the delimiter that divides the head of the file best, and the head divided by it."""
    best, merit = None, (0.0, 0.0)
    failure: csv.Error | None = None
    for delimiter in DELIMITERS:
        try:
            head = list(itertools.islice(records(path, delimiter), _HEAD))
        except csv.Error as error:
            failure = error
            continue
        if not head:
            raise InputError(tr("rows of data"), tr("an empty file"), file=shown)
        if best is None or _merit(delimiter, head) > merit:
            best, merit = (delimiter, head), _merit(delimiter, head)
    if failure is not None and merit == (0.0, 0.0):
        raise failure
    assert best is not None
    return best


def _merit(delimiter: str, head: list[Record]) -> tuple[float, float]:
    """Return the share of rows with the usual number of fields, and the share of numbers."""
    width = _usual_width(head)
    if width < 2:
        return 0.0, 0.0
    even = sum(len(fields) == width for _, fields in head) / len(head)
    fields = [field for _, row in head for field in row]
    if delimiter != ",":
        fields = [field.replace(",", ".") for field in fields]
    return even, sum(number(field) is not None for field in fields) / len(fields)


def _usual_width(head: list[Record]) -> int:
    return int(np.bincount([len(fields) for _, fields in head]).argmax())


def _is_header(fields: list[str]) -> bool:
    numbers = any(number(field) is not None for field in fields)
    missing = any(field and field.lower() in MISSING for field in fields)
    return not numbers and not missing and any(fields)


def _target_column(
    target: str | int | None, header: tuple[str, ...], columns: int, shown: str
) -> int:
    if target is None:
        return columns - 1
    found, hint = repr(target), ""
    if isinstance(target, int):
        if -columns <= target < columns:
            return target % columns
        expected = tr("a column from 0 to {last}").format(last=columns - 1)
    elif not header:
        expected = tr("a column's index, since the file has no header")
    elif header.count(target) == 1:
        return header.index(target)
    elif target in header:
        expected = tr("a name that one column has")
        found = tr("{count} columns {name!r}").format(count=header.count(target), name=target)
    else:
        expected = tr("a column's name")
        hint = nearest(target, [name for name in header if name])
    raise InputError(expected, found, file=shown, field="data.target", hint=hint)
