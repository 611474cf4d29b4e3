"""The lookup table from (kind of item, bucket, place in the item) to a colour, filled on demand.

``Fragments`` say at which place in an item a pixel is; the table has its colour.
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

# The ground below: nothing (the colour is to be blended), the canvas, an open group's frame.
RAW, ON_CANVAS, ON_FRAME = range(3)
# Factor of memory allocated in advance, for tables of larger zooms, which have finer steps.
SPARE = 4


@dataclass(frozen=True)
class Dashes:
    """The dashes of one bucket's line: ``on`` long, one per ``period``, in scene units."""

    on: float
    period: float

    def share(self, along: NDArray[np.float32], pixel: float) -> Floats:
        """Return how much of a pixel at this length of the line is covered by a dash."""
        return (self._until(along + pixel / 2) - self._until(along - pixel / 2)) / pixel

    def _until(self, along: Floats) -> Floats:
        whole = np.floor(along / self.period)
        return whole * self.on + np.minimum(along - whole * self.period, self.on)


class Rows(NamedTuple):
    """Rows of the table to be computed: buckets of one kind and level, and their ``Coverage``."""

    kind: str
    level: int
    codes: Indices
    coverage: Coverage

    def mix(self) -> Pixels:
        """Return their colours (grounds, codes, places), without those of the blank bucket."""
        drawn = self.codes[self.codes < len(self.coverage.arrays.fill)]
        return self.coverage.colours(self.kind, self.level, drawn)


class ColourTable:
    """A table of premultiplied ARGB colours; a fragment's is at its row's ``base`` + its place.

    A kind has rows for all buckets and a blank one, then the same faded, then the same dimmed. A
    row is computed when its bucket is first needed, since a picture shows only some of them.
    """

    def __init__(self, palette: Palette, steps: Steps, memory: Pixels | None = None) -> None:
        """``memory`` is an unused table's memory, since allocating costs time."""
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
            memory = np.empty(3 * self.length * SPARE, np.uint32)  # untouched memory costs nothing
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
        """Return the memory for another table; colours still being computed are dropped."""
        self._gone = True
        return self._memory

    def take_nodes(self, palette: Palette) -> None:
        """Use a palette that differs from the one before, if any, only in the nodes' colours."""
        grounds = np.array([0, palette.canvas.rgba(), palette.frame_fill.color().rgba()], np.uint32)
        self.palette = palette
        self._coverage = Coverage(palette_arrays_of(palette), self.steps, grounds)
        for kind in ("body", "cap"):
            self._made[kind][:] = self._begun[kind][:] = False

    def wanted(self, tones: Tones) -> list[Rows]:
        """Return the rows that tones need and nobody computes yet; any thread may ``mix`` them.

        Rows that ``bases`` needs before they are taken are computed immediately.
        """
        found = []
        for kind, codes, levels in self._asked(tones):
            for level, missing in _missing(self._begun[kind], codes, levels):
                self._begun[kind][level, missing] = True
                found.append(Rows(kind, level, missing, self._coverage))
        return found

    def ready(self, tones: Tones) -> bool:
        """Whether all rows are there that these tones need."""
        asked = self._asked(tones)
        return all(self._made[kind][levels, codes].all() for kind, codes, levels in asked)

    def take_colours(self, rows: Rows, colours: Pixels) -> None:
        """Store the colours of these rows, unless palette or table have been replaced."""
        kind, level, codes, coverage = rows
        if self._gone or (coverage is not self._coverage and kind in ("body", "cap")):
            return
        size = self.row[kind]
        start, stop = (self.start[kind] + size * self.rows * part for part in (level, level + 1))
        table = self.table.reshape(3, self.length)[:, start:stop].reshape(3, self.rows, size)
        table[:, codes[codes < self.codes]] = colours
        table[:, self.codes] = coverage.grounds[:, None]  # the blank bucket shows the ground
        self._made[kind][level, codes] = True

    def bases(self, kind: str, codes: NDArray, levels: Indices) -> Indices:
        """Return where these buckets' rows begin in the table; bucket ``self.codes`` is blank.

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
