"""The colour maps of ``resources/colormaps``: perceptually uniform, and safe for the colour-blind.

A map is one file: its source and licence, its kind and the part of it that is used, then its
colours. The ends of some maps are hard to see on a dark or light canvas: the part omits them.
"""

from dataclasses import dataclass
from functools import cache

from engine.support.errors import InputError, nearest
from engine.support.places import RESOURCES
from engine.support.text import tr

FOLDER = RESOURCES / "colormaps"
DEFAULT, DEFAULT_DIVERGING = "viridis", "vik"


@dataclass(frozen=True)
class ColourMap:
    """Colours "#rrggbb" from small to large, or from negative to positive (``diverging``).

    ``part``: the range of the map that is used, as two fractions of its length.
    """

    name: str
    diverging: bool
    part: tuple[float, float]
    colours: tuple[str, ...]


def map_names(*, diverging: bool) -> list[str]:
    """Return the names of all maps of a kind, the usual one first."""
    names = sorted(path.stem for path in FOLDER.glob("*.txt") if path.stem.islower())
    names.sort(key=lambda name: name not in (DEFAULT, DEFAULT_DIVERGING))
    return [name for name in names if read_map(name).diverging == diverging]


@cache
def read_map(name: str) -> ColourMap:
    """Return the map of this name.

    Raises
    ------
    InputError
        With the nearest name.
    """
    path = FOLDER / f"{name}.txt"
    if not (name.isidentifier() and name.islower() and path.exists()):
        names = [*map_names(diverging=False), *map_names(diverging=True)]
        raise InputError(
            tr("a colour map ({names})").format(names=", ".join(names)),
            repr(name),
            field="--map",
            hint=nearest(name, names),
        )
    lines = path.read_text(encoding="utf-8").splitlines()
    said = dict(line[2:].split(": ", 1) for line in lines if line.startswith("# ") and ": " in line)
    first, last = said["part"].split()
    colours = tuple(line for line in lines if line and not line.startswith("# "))
    return ColourMap(name, said["kind"] == "diverging", (float(first), float(last)), colours)
