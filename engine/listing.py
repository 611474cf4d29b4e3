"""The catalogue as a list, read from the heads of its files: needs the standard library only.

Checking every system takes longer than listing them, and is the tests' work.
"""

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine import streams

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "systems"


@dataclass(frozen=True)
class Entry:
    """A line of the catalogue."""

    name: str
    title: str
    source: str
    path: Path


@cache
def entries() -> tuple[Entry, ...]:
    """Return the catalogue, in the order of the file ``order.txt``, the rest by name."""
    order = (FOLDER / "order.txt").read_text(encoding="utf-8").split()
    rank = {name: place for place, name in enumerate(order)}
    found = [_entry(path) for path in FOLDER.glob("*.toml")]
    return tuple(sorted(found, key=lambda one: (rank.get(one.name, len(rank)), one.name)))


def _entry(path: Path) -> Entry:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    return Entry(path.stem, table.get("title", ""), table.get("source", ""), path)


def show(*, as_json: bool) -> int:
    """Print the catalogue; return the exit status."""
    found = entries()
    if as_json:
        rows = [{"name": e.name, "title": e.title, "source": e.source} for e in found]
        print(streams.fit(json.dumps(rows, ensure_ascii=False, indent=2)))
        return 0
    width = max(len(entry.name) for entry in found)
    for entry in found:
        print(f"{entry.name:{width}}  {entry.title}  ({entry.source})")
    return 0
