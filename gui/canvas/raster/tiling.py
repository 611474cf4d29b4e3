"""Makes a sheet's tiles: their grounds on the GUI thread, the rest and the colours in threads."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from PySide6.QtCore import QRect

from gui.canvas.colours.tones import Tones
from gui.canvas.raster.background import BackgroundThreads
from gui.canvas.raster.colour_table import ColourTable, Rows
from gui.canvas.raster.pixels import Pixels
from gui.canvas.raster.sheet import Made, TileCell, TileGrid
from gui.widgets.drawing_rates import TILE_TEXTS_SECONDS

# Most tiles in work at once.
UNDER_WAY = 6


class Tiling:
    """The work in progress for one sheet; results for an earlier sheet are dropped.

    ``Painter`` calls it from its timers.
    """

    def __init__(self) -> None:
        self._sheet: TileGrid | None = None
        self._begun: set[TileCell] = set()
        self._made: list[tuple[TileCell, Made]] = []
        # The key of each call is the function that takes its result.
        self._threads: BackgroundThreads[Callable[[Any], None], Any] = BackgroundThreads()
        self._table_threads: BackgroundThreads[tuple[ColourTable, Rows], Pixels] = (
            BackgroundThreads()
        )

    @property
    def pending(self) -> int:
        """The number of results still to come."""
        return self._threads.pending + self._table_threads.pending

    def colour(self, sheet: TileGrid, tones: Tones) -> bool:
        """Have the colours computed that these tones need; return whether all are there."""
        for rows in sheet.colour_table.wanted(tones):
            self._table_threads.ask((sheet.colour_table, rows), rows.mix)
        for (colour_table, rows), colours in self._table_threads.take_done():
            colour_table.take_colours(rows, colours)
        return sheet.colour_table.ready(tones)

    def begin(self, sheet: TileGrid, missing: Iterable[TileCell]) -> bool:
        """Begin one more tile, or go on with its texts; return False if enough are in work."""
        if self._sheet is not sheet:
            self._sheet, self._begun, self._made = sheet, set(), []
            self._threads.forget()
        fresh = next((cell for cell in missing if cell not in self._begun), None)
        if fresh is None or self._threads.pending >= UNDER_WAY:
            return False
        if not sheet.lay_out(fresh, TILE_TEXTS_SECONDS):
            return True
        self._begun.add(fresh)
        self._threads.ask(partial(self._take_tile, sheet, fresh), sheet.begin(fresh))
        return True

    def finish(self, sheet: TileGrid) -> bool:
        """Give the sheet a finished tile; return False if there is none."""
        self.take_done()
        if self._sheet is not sheet or not self._made:
            return False
        sheet.finish(*self._made.pop())
        return True

    def pack(self, sheet: TileGrid, window: QRect) -> None:
        """Have all tiles' layers merged for the frames to come; ``take_done`` takes them."""
        work = sheet.packing(window)
        if work is not None and not self._threads.pending:
            self._threads.ask(partial(sheet.take_packed, len(sheet.tiles)), work)

    def take_done(self) -> None:
        """Take the results of finished calls."""
        for take, result in self._threads.take_done():
            take(result)

    def _take_tile(self, sheet: TileGrid, cell: TileCell, made: Made) -> None:
        if sheet is self._sheet:
            self._made.append((cell, made))
