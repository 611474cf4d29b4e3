"""The catalogue of built-in systems, listed from their files with the standard library only.

Entries are not checked here, which takes longer than listing them; the tests check them.
"""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from engine.support import streams
from engine.support.errors import InputError, nearest
from engine.support.places import RESOURCES
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.system.system import System

FOLDER = RESOURCES / "systems"


@dataclass(frozen=True)
class Entry:
    """An entry of the catalogue: ``source`` is book and chapter, ``topic`` the group it is in."""

    name: str
    title: str
    source: str
    path: Path
    description: str = ""
    topic: str = ""


@cache
def entries() -> tuple[Entry, ...]:
    """Return the catalogue in the order and under the topics of ``order.txt``, the rest by name."""
    topics = _topics()
    rank = {name: place for place, name in enumerate(topics)}
    found = [_entry(path, topics.get(path.stem, "")) for path in FOLDER.glob("*.toml")]
    return tuple(sorted(found, key=lambda one: (rank.get(one.name, len(rank)), one.name)))


def load(name: str) -> System:
    """Return a built-in system; InputError with the nearest name where there is none."""
    from engine.system import system as systems  # imports numpy, which listing does without

    path = FOLDER / f"{name}.toml"
    if name != path.stem or not path.is_file():
        raise InputError(
            tr("a system of the catalogue or a .toml file"),
            repr(name),
            hint=nearest(name, [entry.name for entry in entries()]),
        )
    return systems.load(path)


def is_entry(system: System) -> bool:
    """Return whether this is a system of the catalogue as it stands there."""
    return any(one.name == system.name for one in entries()) and load(system.name) == system


def by_topic() -> dict[str, list[Entry]]:
    """Return the entries of each topic, "" for those without one."""
    found: dict[str, list[Entry]] = {}
    for entry in entries():
        found.setdefault(entry.topic, []).append(entry)
    return found


def _topics() -> dict[str, str]:
    """The topic of each name: lines that begin with # are topics, the others names."""
    topic, found = "", {}
    for line in filter(None, (FOLDER / "order.txt").read_text(encoding="utf-8").splitlines()):
        if line.startswith("# "):
            topic = line[2:]
        else:
            found[line] = topic
    return found


def _entry(path: Path, topic: str) -> Entry:
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    words = {key: str(table.get(key, "")) for key in ("title", "source", "description")}
    return Entry(path.stem, path=path, topic=topic, **words)


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
