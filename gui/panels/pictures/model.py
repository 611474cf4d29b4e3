"""The data of a board of pictures, without widgets.

A *sheet* is a set of equally large tiles under one heading with one colour scale. A *board* is the
sheets shown together (value and gradient); tile k of each sheet belongs to the same thing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from gui.appearance.theme import Theme
from gui.colour.magnitude import INVALID, SignedScale

Place = tuple[int, int, int]  # row, column, size: a square of entries of a tile
Cell = tuple[int, int, int, int]  # sheet, tile, row, column
Link = tuple[int, Place]  # sheet (another one) and the square in it


@dataclass(frozen=True)
class GreyScale:
    """Grey from the smallest to the largest finite number, for pictures that are input data."""

    low: float
    high: float
    paper: str
    ink: str

    def table(self, count: int = 256) -> np.ndarray:
        """Return ``count`` × 4 RGBA rows, from the lowest to the highest value."""
        share = np.linspace(0, 1, count)[:, None]
        colours = (1 - share) * _rgba(self.paper) + share * _rgba(self.ink)
        return np.rint(colours).astype(np.uint8)

    def rgba(self, values: np.ndarray) -> np.ndarray:
        """Return RGBA colours of an array of any shape; magenta for non-finite entries."""
        span = self.high - self.low or 1.0
        with np.errstate(invalid="ignore"):
            place = np.nan_to_num((values - self.low) / span, nan=0, posinf=1, neginf=0)
        colours = self.table()[np.rint(place.clip(0, 1) * 255).astype(np.intp)]
        colours[~np.isfinite(values)] = _rgba(INVALID)
        return np.asarray(colours)


def _rgba(colour: str) -> np.ndarray:
    return np.array([*(int(colour[i : i + 2], 16) for i in (1, 3, 5)), 255], np.float64)


@dataclass(frozen=True)
class Sheet:
    """Tiles (count, height, width) under a heading, or None with a sentence that says why not.

    ``entry`` is the size of an entry relative to the board's, so that a pooled picture is as large
    as the one it was made from. ``marks`` (count, height, width) are framed entries, drawn from
    ``least_mark`` pixels per entry on; ``lines`` is the size of windows that lines separate.
    """

    title: str
    tiles: np.ndarray | None
    words: str = ""
    grey: bool = False
    entry: int = 1
    marks: np.ndarray | None = None
    least_mark: int = 1
    lines: int = 0

    def scale(self, theme: Theme) -> SignedScale | GreyScale:
        """Return the colour scale of all tiles, also of those on other pages."""
        low, high = finite_ends(self.tiles)
        if self.grey:
            return GreyScale(low, high, theme.canvas, theme.text)
        return SignedScale(max(-low, high) or 1.0, theme.positive, theme.negative, theme.canvas)


def _nothing(cell: Cell) -> str:
    return ""


def same_place(sheets: int) -> Callable[[Cell], tuple[Link, ...]]:
    """Return the function that links an entry to the same entry of every other sheet."""
    return lambda cell: tuple((k, (cell[2], cell[3], 1)) for k in range(sheets))


@dataclass(frozen=True)
class Board:
    """Sheets with the same number of tiles.

    Attributes
    ----------
    labels:
        A short text below each tile, or at the left of each row of a matrix.
    columns:
        Number of columns of the matrix of tiles, with ``heads`` above them; 0 where tiles flow.
    what:
        The tiles' name in the plural, for the line that says how many are shown.
    read, links:
        The text of an entry, and where it is framed in the other sheets.
    chosen:
        The framed tile; ``choosable``: a click may choose another one.
    row:
        The row that is framed in every tile.
    """

    sheets: tuple[Sheet, ...]
    labels: tuple[str, ...] = ()
    columns: int = 0
    heads: tuple[str, ...] = ()
    what: str = ""
    read: Callable[[Cell], str] = _nothing
    links: Callable[[Cell], tuple[Link, ...]] = field(default_factory=lambda: same_place(2))
    chosen: int | None = None
    choosable: bool = False
    row: int | None = None

    @cached_property
    def count(self) -> int:
        """The number of tiles of a sheet."""
        return max((len(s.tiles) for s in self.sheets if s.tiles is not None), default=0)

    @cached_property
    def tile(self) -> tuple[int, int]:
        """Height and width of the largest sheet's tiles, in entries of size 1."""
        sizes = [(s.tiles.shape[1] * s.entry, s.tiles.shape[2] * s.entry)
                 for s in self.sheets if s.tiles is not None]  # fmt: skip
        return max((h for h, _ in sizes), default=1), max((w for _, w in sizes), default=1)


def finite_ends(array: np.ndarray | None) -> tuple[float, float]:
    """Return the smallest and the largest finite number; zeros where there is none."""
    if array is None or not array.size:
        return 0.0, 0.0
    with np.errstate(invalid="ignore"):
        low, high = float(array.min()), float(array.max())
    if not np.isfinite(low) or not np.isfinite(high):
        finite = array[np.isfinite(array)]
        if not finite.size:
            return 0.0, 0.0
        low, high = float(finite.min()), float(finite.max())
    return low, high


def in_blocks(tiles: np.ndarray, block: int) -> np.ndarray:
    """Reduce tiles (count, height, width) to one entry per block × block, the largest in magnitude.

    A NaN is preferred to every number, so that it stays visible.
    """
    if block == 1:
        return tiles
    count, height, width = tiles.shape
    padded = np.pad(tiles, ((0, 0), (0, -height % block), (0, -width % block)), mode="edge")
    rows, columns = padded.shape[1] // block, padded.shape[2] // block
    parts = padded.reshape(count, rows, block, columns, block).transpose(0, 1, 3, 2, 4)
    parts = parts.reshape(count, rows, columns, block * block)
    at = np.nan_to_num(np.abs(parts), nan=np.inf).argmax(axis=3)[..., None]
    return np.asarray(np.take_along_axis(parts, at, axis=3)[..., 0])
