"""The slow CSV reader, row by row, which can name every bad row (see ``csv_table``)."""

import dataclasses
import math
from array import array
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.csv_layout import MISSING, Layout, number, records
from engine.data.dataset import CLASSIFICATION, REGRESSION, listed
from engine.support.errors import InputError
from engine.support.text import quote, tr


@dataclasses.dataclass(frozen=True)
class Rows:
    """The numbers of a CSV file.

    Attributes
    ----------
    x:
        (samples, features) float64, finite.
    target:
        (samples,) finite float64, or texts.
    """

    x: NDArray[np.float64]
    target: NDArray[Any]


class _Faults:
    """Collects the bad rows of a file: the lines of all, and the error of the first."""

    def __init__(self, shown: str, layout: Layout) -> None:
        self.shown = shown
        self.layout = layout
        self.lines = array("q")
        self.first: InputError | None = None

    def add_error(
        self, line: int, expected: str, found: str, column: int = -1, hint: str = ""
    ) -> None:
        self.lines.append(line)
        if self.first is not None and self.first.line is not None and self.first.line <= line:
            return
        field = None
        if column >= 0:
            field = tr("column {number}").format(number=column + 1)
            if self.layout.header and self.layout.header[column]:
                field += f" {self.layout.header[column]!r}"
        self.first = InputError(expected, found, file=self.shown, line=line, field=field, hint=hint)

    def raise_any(self) -> None:
        """Raise the first fault, with all bad rows named, if there is any."""
        if self.first is None:
            return
        lines = np.unique(np.array(self.lines)).tolist()
        if len(lines) > 1:
            rows = listed(lines, tr("line"), tr("lines"))
            self.first.found += tr(" (bad rows: {rows})").format(rows=rows)
        raise self.first


def read_rows(path: Path, shown: str, layout: Layout, task: str | None) -> Rows:
    """Read a CSV file of a known layout, checking each field.

    The target column is one of numbers if the task is regression, or if more than half of its
    fields are numbers and the task is not classification; else one of texts, unless all are
    numbers.

    Raises
    ------
    InputError
        With the file, line and column of the first bad field, and the lines of all bad rows.
    csv.Error
        For quotes that don't close and the like.
    """
    faults = _Faults(shown, layout)
    values, lines, targets = array("d"), array("q"), list[str]()
    for line, fields in records(path, layout.delimiter):
        if line <= layout.skip:
            continue
        if len(fields) != layout.columns:
            expected = tr("{count} values").format(count=layout.columns)
            faults.add_error(line, expected, str(len(fields)))
            continue
        targets.append(fields.pop(layout.target))
        lines.append(line)
        for position, field in enumerate(fields):
            value = number(field)
            if value is None or not math.isfinite(value):
                column = position + (position >= layout.target)
                _add_bad_number(faults, line, column, field)
                value = 0.0
            values.append(value)
    target = _target(targets, lines, faults, task)
    faults.raise_any()
    return Rows(np.array(values).reshape(len(targets), layout.columns - 1), target)


def mostly_numbers(texts: NDArray[np.str_]) -> bool:
    """Return whether more than half of the texts write numbers."""
    distinct, counts = np.unique(texts, return_counts=True)
    numeric = [number(text) is not None for text in distinct.tolist()]
    return int(counts[numeric].sum()) * 2 > len(texts)


def _target(targets: list[str], lines: "array[int]", faults: _Faults, task: str | None) -> Any:
    column = faults.layout.target
    numbers = [number(field) for field in targets]
    texts = np.array(targets, dtype=np.str_)
    as_numbers = task == REGRESSION or None not in numbers
    if as_numbers or (task != CLASSIFICATION and mostly_numbers(texts)):
        for line, value, field in zip(lines, numbers, targets, strict=True):
            if value is None or not math.isfinite(value):
                _add_bad_number(faults, line, column, field)
        return np.array([math.nan if value is None else value for value in numbers])
    for line, field in zip(lines, targets, strict=True):
        if field.lower() in MISSING:
            faults.add_error(line, tr("a class"), _shown(field), column, _missing_hint())
    return texts


def _add_bad_number(faults: _Faults, line: int, column: int, field: str) -> None:
    expected, hint = tr("a number"), ""
    if field.lower() in MISSING:
        hint = _missing_hint()
    elif number(field) is not None:
        expected = tr("a finite number")
    elif number(field.replace(",", ".")) is not None:
        hint = tr("Write decimals with a point.")
    elif line == 1:
        hint = tr("If line 1 is a header, its names must not be numbers.")
    elif column != faults.layout.target:
        hint = tr("If this column is the target, name it as the target.")
    faults.add_error(line, expected, _shown(field), column, hint)


def _missing_hint() -> str:
    return tr("Fill in the missing value or delete the row.")


def _shown(field: str) -> str:
    if not field:
        return tr("an empty field")
    return quote(field)
