"""Rows of figures with their goals, printed as tables and written as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Row:
    """One measurement beside its goal.

    ``ratio`` is what the goal is about: measured ÷ reference, or the other way round where the
    goal is "at least"; without a reference the measured value itself. ``goal`` is None where the
    issue sets none.
    """

    name: str
    measured: float
    unit: str
    reference: float | None = None
    goal: float | None = None
    at_least: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        """What is compared with the goal."""
        if self.reference is None:
            return self.measured
        if self.at_least:
            return self.reference / self.measured
        return self.measured / self.reference

    @property
    def reached(self) -> bool | None:
        """Whether the goal is reached; None without a goal."""
        if self.goal is None:
            return None
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal

    def cells(self) -> list[str]:
        """The row as texts."""
        sign = "≥" if self.at_least else "≤"
        bare = self.reference is None
        return [
            self.name,
            f"{number(self.measured)} {self.unit}".rstrip(),
            "–" if bare else f"{number(self.reference)} {self.unit}".rstrip(),
            "–" if bare else f"{self.ratio:.2f}",
            "–" if self.goal is None else f"{sign} {self.goal:g}{f' {self.unit}' if bare else ''}",
            {True: "yes", False: "no", None: ""}[self.reached],
            self.note,
        ]


HEADINGS = ("", "measured", "reference", "ratio", "goal", "reached", "")


@dataclass
class Table:
    """Rows under a heading, with remarks; ``grid`` is shown above them as it is."""

    title: str
    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    grid: list[list[str]] = field(default_factory=list)

    def text(self) -> str:
        """The table as it is printed."""
        parts = [f"\n## {self.title}\n"]
        if self.grid:
            parts.append(aligned(self.grid))
        if self.rows:
            parts.append(aligned([list(HEADINGS), *(row.cells() for row in self.rows)]))
        parts += [f"  {note}" for note in self.notes]
        return "\n".join(parts)

    def data(self) -> dict[str, Any]:
        """The table as JSON takes it."""
        rows = [{**asdict(row), "ratio": row.ratio, "reached": row.reached} for row in self.rows]
        return {"title": self.title, "rows": rows, "notes": self.notes, "grid": self.grid}


def number(value: float | None) -> str:
    """Four digits at most, so that nobody reads noise.

    >>> number(0.01234), number(98.76), number(1234.5)
    ('0.0123', '98.8', '1234')
    """
    if value is None:
        return "–"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def aligned(rows: list[list[str]]) -> str:
    """Rows as a Markdown table with columns of equal width, the first to the left."""
    widths = [max(len(row[k]) for row in rows) for k in range(len(rows[0]))]
    lines = []
    for place, row in enumerate(rows):
        cells = [
            cell.ljust(width) if k in (0, len(row) - 1) else cell.rjust(width)
            for k, (cell, width) in enumerate(zip(row, widths))
        ]
        lines.append(f"| {' | '.join(cells)} |")
        if place == 0:
            lines.append(f"|{'|'.join('-' * (width + 2) for width in widths)}|")
    return "\n".join(lines)


def write(path: Path, machine: dict[str, Any], tables: Iterable[Table]) -> None:
    """Write everything as JSON."""
    content = {"machine": machine, "tables": [table.data() for table in tables]}
    path.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
