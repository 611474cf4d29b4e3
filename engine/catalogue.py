"""The built-in systems: the TOML files in ``resources/systems``."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from engine import system as systems
from engine.errors import InputError, nearest
from engine.system import System
from engine.text import tr

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
    found = [systems.load(path) for path in FOLDER.glob("*.toml")]
    rank = {name: place for place, name in enumerate(order)}
    found.sort(key=lambda system: (rank.get(system.name, len(rank)), system.name))
    return tuple(
        Entry(system.name, system.title, system.source, FOLDER / f"{system.name}.toml")
        for system in found
    )


def load(name: str) -> System:
    """Return a built-in system; InputError with the nearest name where there is none."""
    path = FOLDER / f"{name}.toml"
    if name != path.stem or not path.is_file():
        raise InputError(
            tr("a system of the catalogue or a .toml file"),
            repr(name),
            hint=nearest(name, [entry.name for entry in entries()]),
        )
    return systems.load(path)


def open_system(name_or_path: str) -> System:
    """Return the system of a catalogue name, or of a .toml file."""
    if name_or_path.endswith(".toml"):
        return systems.load(name_or_path)
    return load(name_or_path)
