"""The colour maps in use, each as one colour per bucket of a scale."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from engine.recipes.colour_maps import DEFAULT, DEFAULT_DIVERGING, read_map
from gui.colour.magnitude import BUCKETS, rgb


@dataclass(frozen=True)
class Maps:
    """The maps in use: one for magnitudes and fractions, one for signed quantities."""

    sequential: str = DEFAULT
    diverging: str = DEFAULT_DIVERGING

    def of(self, kind: str) -> str:
        """Return the name of the map for quantities of a kind."""
        return self.diverging if kind == "signed" else self.sequential

    def chosen(self, name: str) -> "Maps":
        """Return these maps with the named one replacing that of its kind.

        Raises
        ------
        InputError
            For an unknown map.
        """
        if read_map(name).diverging:
            return Maps(self.sequential, name)
        return Maps(name, self.diverging)


@cache
def map_colours(name: str = DEFAULT) -> tuple[str, ...]:
    """Return the ``BUCKETS`` colours of a map as "#rrggbb"; ``InputError`` for an unknown one."""
    read = read_map(name)
    table = np.array([rgb(line) for line in read.colours])
    place = np.linspace(*read.part, BUCKETS) * (len(table) - 1)
    known = np.arange(len(table))
    channels = [np.rint(np.interp(place, known, table[:, c])).astype(int) for c in range(3)]
    return tuple(f"#{r:02x}{g:02x}{b:02x}" for r, g, b in zip(*channels, strict=True))
