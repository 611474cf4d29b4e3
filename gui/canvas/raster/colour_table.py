"""The colours of all places in all kinds of items: one table, made as far as it is asked for.

``Fragments`` say where in an item a pixel lies; here stands what is seen there.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gui.canvas.colours.palette import Palette
from gui.canvas.colours.tones import Tones
from gui.canvas.graph.geometry import Indices
from gui.canvas.raster.coverage import Coverage
from gui.canvas.raster.fragments import INKS, RIM, SLOPES, Steps
from gui.canvas.raster.palette_arrays import Floats, palette_arrays_of
from gui.canvas.raster.pixels import Pixels
from gui.canvas.scene.node_item import OPACITY

# Over nothing (to be blended), over the canvas, over an open group's frame.
RAW, ON_CANVAS, ON_FRAME = range(3)
# Room for a table of a larger zoom, with finer steps.
SPARE = 4


@dataclass(frozen=True)
class Dashes:
    """A dashed line of one bucket, in scene units: on, off, on, …"""

    on: float
    period: float

    def share(self, along: NDArray[np.float32], pixel: float) -> Floats:
        """Return how much of a pixel at this length of the line is covered by a dash."""
        return (self._until(along + pixel / 2) - self._until(along - pixel / 2)) / pixel

    def _until(self, along: Floats) -> Floats:
        whole = np.floor(along / self.period)
        return whole * self.on + np.minimum(along - whole * self.period, self.on)


class Rows(NamedTuple):
    """Rows of the table: buckets of one kind and level, and who mixes them."""

    kind: str
    level: int
    codes: Indices
    coverage: Coverage

    def mix(self) -> Pixels:
        """Return their colours (grounds, codes, places); there is no blank bucket among them."""
        drawn = self.codes[self.codes < len(self.coverage.arrays.fill)]
        return self.coverage.colours(self.kind, self.level, drawn)


class ColourTable:
    """``table`` holds colours as premultiplied ARGB; a fragment's is at ``base`` + its place.

    Rows of a kind are buckets and a blank one, then the same faded, then the same dimmed. A row
    is made when its bucket is first asked for: a picture shows some of them, hardly ever all.
    """

    def __init__(self, palette: Palette, steps: Steps, memory: Pixels | None = None) -> None:
        """``memory`` is another's table that is not needed any more: new memory costs time."""
        self.steps = steps
        self.codes = len(palette.nodes)
        self.rows = self.codes + 1
        line = SLOPES * steps.line
        sizes = {
            "line": line,
            "gap": line,
            "head": steps.side * steps.back,
            "body": RIM + INKS,
            "cap": RIM + INKS,
        }
        self.row = sizes
        ends = np.cumsum([len(OPACITY) * self.rows * size for size in sizes.values()])
        self.start = dict(zip(sizes, [0, *ends[:-1].tolist()], strict=True))
        self.length = int(ends[-1])
        if memory is None or len(memory) < 3 * self.length:
            memory = np.empty(3 * self.length * SPARE, np.uint32)  # free until it is written to
        self._memory = memory
        self._gone = False
        self.table = memory[: 3 * self.length]
        self._made = {kind: np.zeros((len(OPACITY), self.rows), bool) for kind in sizes}
        self._begun = {kind: self._made[kind].copy() for kind in sizes}
        self.take_nodes(palette)
        casing, line_ = self._coverage.arrays.casing, self._coverage.arrays.line
        periods = np.maximum(casing.period, line_.period).tolist()
        ons = np.maximum(casing.on, line_.on).tolist()
        self.dashes = {code: Dashes(ons[code], p) for code, p in enumerate(periods) if p}

    def give_away(self) -> Pixels:
        """Return the memory for another table; what is still mixed for this one is dropped."""
        self._gone = True
        return self._memory

    def take_nodes(self, palette: Palette) -> None:
        """Take on a palette; where there was one before it differs in the colours of nodes only."""
        grounds = np.array([0, palette.canvas.rgba(), palette.frame_fill.color().rgba()], np.uint32)
        self.palette = palette
        self._coverage = Coverage(palette_arrays_of(palette), self.steps, grounds)
        for kind in ("body", "cap"):
            self._made[kind][:] = self._begun[kind][:] = False

    def wanted(self, tones: Tones) -> list[Rows]:
        """Return what these tones ask for and nobody was given yet: ``mix`` it in any thread.

        What is asked for before ``take`` is made at once.
        """
        found = []
        for kind, codes, levels in self._asked(tones):
            for level, missing in _missing(self._begun[kind], codes, levels):
                self._begun[kind][level, missing] = True
                found.append(Rows(kind, level, missing, self._coverage))
        return found

    def ready(self, tones: Tones) -> bool:
        """Whether all is there that these tones ask for."""
        asked = self._asked(tones)
        return all(self._made[kind][levels, codes].all() for kind, codes, levels in asked)

    def take_colours(self, rows: Rows, colours: Pixels) -> None:
        """Take the colours of these rows; not those of a palette, or a table, that is gone."""
        kind, level, codes, coverage = rows
        if self._gone or (coverage is not self._coverage and kind in ("body", "cap")):
            return
        size = self.row[kind]
        start, stop = (self.start[kind] + size * self.rows * part for part in (level, level + 1))
        table = self.table.reshape(3, self.length)[:, start:stop].reshape(3, self.rows, size)
        table[:, codes[codes < self.codes]] = colours
        table[:, self.codes] = coverage.grounds[:, None]  # what is blank shows the ground
        self._made[kind][level, codes] = True

    def bases(self, kind: str, codes: NDArray, levels: Indices) -> Indices:
        """Return where the rows of these buckets begin in the table; ``self.codes`` is blank.

        ``levels`` are those of the tones: PLAIN, FAINT or DIMMED.
        """
        for level, missing in _missing(self._made[kind], codes, levels):
            rows = Rows(kind, level, missing, self._coverage)
            self.take_colours(rows, rows.mix())
        place = codes.astype(np.intp) + self.rows * levels
        return np.asarray(self.start[kind] + place * self.row[kind], np.intp)

    def _asked(self, tones: Tones) -> list[tuple[str, NDArray, Indices]]:
        edges, nodes = (tones.edges, tones.edge_levels), (tones.nodes, tones.node_levels)
        dashed = np.isin(tones.edges, [*self.dashes])
        return [
            ("line", *edges),
            ("gap", tones.edges[dashed], tones.edge_levels[dashed]),
            ("head", *edges),
            ("body", *nodes),
            ("cap", *nodes),
        ]


def _missing(made: NDArray[np.bool_], codes: NDArray, levels: Indices) -> list[tuple[int, Indices]]:
    """Return the buckets of each level that are not in ``made`` (levels, buckets)."""
    lacking = np.zeros(made.shape, bool)
    lacking[levels, codes] = True
    lacking &= ~made
    return [(k, np.flatnonzero(row)) for k, row in enumerate(lacking) if row.any()]
