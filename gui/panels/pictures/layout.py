"""The layout of a board of pictures: tiles per page, their size, and which entry is where."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from PySide6.QtCore import QPoint, QRect

from engine.support.text import tr
from gui.panels.pictures.model import Board, Cell, Place

LARGEST_ENTRY = 18  # pixels; more would not show more
LEAST_MATRIX_TILE, LEAST_TILE = 9, 16
# Limits of a sheet's page: entries and tiles that take a few milliseconds, side in pixels.
MOST_ENTRIES, MOST_TILES, MOST_ROOM = 20_000, 600, 800
MOST_PIXELS = 128  # most entries along a side of a tile; a larger picture is reduced to blocks
MATRIX_GAP, GAP = 1, 5
BETWEEN = 12  # pixels between two sheets
LEAST_WIDTH = 150  # pixels of a sheet, room for its legend
EDGE = 2  # pixels around the tiles, for the frame of an outer one


@dataclass(frozen=True)
class TilePage:
    """The tiles of a page: ``rows`` × ``columns`` of them, ``entry`` pixels per entry.

    ``first`` is the first shown row and column of the whole matrix, ``total`` the size of it all;
    tiles that flow count as a matrix with one row.
    """

    rows: int
    columns: int
    entry: int
    first: tuple[int, int]
    total: tuple[int, int]
    flows: bool

    def tile_at(self, row: int, column: int) -> int | None:
        """Return the number of the tile at a row and column of this page, if there is one."""
        if not (0 <= row < self.rows and 0 <= column < self.columns):
            return None
        if self.flows:
            number = self.first[1] + row * self.columns + column
            return number if number < self.total[1] else None
        if self.first[0] + row >= self.total[0] or self.first[1] + column >= self.total[1]:
            return None
        return (self.first[0] + row) * self.total[1] + self.first[1] + column

    def tiles(self) -> list[tuple[int, int, int]]:
        """Return (row, column, number) of every tile shown."""
        places = [(r, c, self.tile_at(r, c)) for r in range(self.rows) for c in range(self.columns)]
        return [(r, c, number) for r, c, number in places if number is not None]

    @property
    def pages(self) -> int:
        """The number of pages."""
        if self.flows:
            return -(-self.total[1] // (self.rows * self.columns))
        return -(-self.total[0] // self.rows) * -(-self.total[1] // self.columns)

    def words(self, what: str) -> str:
        """Return which of the tiles are shown, as text."""
        if self.flows:
            last = min(self.total[1], self.first[1] + self.rows * self.columns) - 1
            return tr("{what} {first}–{last} of {total}").format(
                what=what, first=self.first[1], last=last, total=self.total[1]
            )
        ends = [
            f"{first}–{min(total, first + size) - 1}"
            for first, size, total in zip(
                self.first, (self.rows, self.columns), self.total, strict=True
            )
        ]
        return tr("out {rows} of {all_rows}, in {columns} of {all_columns}").format(
            rows=ends[0], all_rows=self.total[0], columns=ends[1], all_columns=self.total[1]
        )


def lay_out(
    room: tuple[int, int],
    tile: tuple[int, int],
    count: int,
    columns: int,
    page: int,
    label: tuple[int, int] = (0, 0),
) -> TilePage:
    """Choose the largest entries with which no more pages are needed than with the smallest.

    Parameters
    ----------
    room:
        Width and height in pixels.
    tile:
        Height and width of a tile in entries.
    count, columns:
        Number of tiles; columns of their matrix, 0 where they flow.
    page:
        The wanted page, from 0; a number that is too large gives the last page.
    label:
        Width and height in pixels of the text below each tile, where they flow.
    """
    smallest = max(1, -(-(LEAST_MATRIX_TILE if columns else LEAST_TILE) // max(tile)))
    most = min(MOST_TILES, max(1, MOST_ENTRIES // (tile[0] * tile[1])))
    best: TilePage | None = None
    for entry in range(smallest, LARGEST_ENTRY + 1):
        wide, high = pitch(tile, entry, columns, label)
        gap = MATRIX_GAP if columns else GAP
        fits = (room[0] + gap) // wide, (room[1] + gap) // high
        if best is not None and min(fits) < 1:
            break
        across = max(1, min(fits[0], most, columns or count))
        down = max(1, min(fits[1], most // across, -(-count // (columns or across))))
        found = _page(entry, (down, across), count, columns, page)
        if best is not None and found.pages > best.pages:
            break
        best = found
    assert best is not None
    return best


def pitch(
    tile: tuple[int, int], entry: int, columns: int, label: tuple[int, int]
) -> tuple[int, int]:
    """Return the distance between tiles, across and down, in pixels."""
    if columns:
        return tile[1] * entry + MATRIX_GAP, tile[0] * entry + MATRIX_GAP
    return max(tile[1] * entry, label[0]) + GAP, tile[0] * entry + label[1] + GAP


def _page(entry: int, shape: tuple[int, int], count: int, columns: int, page: int) -> TilePage:
    rows, across = shape
    if not columns:
        page = min(page, -(-count // (rows * across)) - 1)
        return TilePage(rows, across, entry, (0, page * rows * across), (1, count), True)
    total = count // columns, columns
    beside = -(-columns // across)
    page = min(page, -(-total[0] // rows) * beside - 1)
    first = page // beside * rows, page % beside * across
    return TilePage(rows, across, entry, first, total, False)


@dataclass(frozen=True)
class BoardGeometry:
    """The rectangles of a board: of its sheets, their tiles and entries.

    A picture larger than its room is reduced: one dot shows ``block`` rows and columns.
    """

    board: Board
    page: TilePage
    areas: tuple[QRect, ...]
    tiles: tuple[QRect, ...]
    pitch: tuple[int, int]
    block: int

    @cached_property
    def shown(self) -> list[tuple[int, int, int]]:
        """Return row, column and number of every tile of the page."""
        return self.page.tiles()

    def size(self, sheet: int) -> tuple[int, int]:
        """Return height and width of a sheet's tiles in dots."""
        tiles, block = self.board.sheets[sheet].tiles, self.block
        if tiles is None:
            return 0, 0
        return -(-tiles.shape[1] // block), -(-tiles.shape[2] // block)

    def dot(self, sheet: int) -> int:
        """The side of a dot in pixels; a dot is an entry, or a block of a large picture."""
        return self.page.entry * self.board.sheets[sheet].entry

    def tile_rect(self, sheet: int, row: int, column: int) -> QRect:
        """Return the rectangle of the tile at a row and column of the page."""
        height, width = self.size(sheet)
        corner = self.tiles[sheet].topLeft()
        left, top = corner.x() + column * self.pitch[0], corner.y() + row * self.pitch[1]
        return QRect(left, top, width * self.dot(sheet), height * self.dot(sheet))

    def place_rect(self, sheet: int, number: int, place: Place) -> QRect | None:
        """Return the rectangle of a square of entries, None where its tile is not on the page."""
        at = next(((r, c) for r, c, n in self.shown if n == number), None)
        if at is None or self.board.sheets[sheet].tiles is None:
            return None
        tile, dot, block = self.tile_rect(sheet, *at), self.dot(sheet), self.block
        row, column, size = place
        left, top = tile.left() + column // block * dot, tile.top() + row // block * dot
        side = max(1, size // block) * dot
        return QRect(left, top, side, side).intersected(tile)

    def cell_at(self, point: QPoint) -> Cell | None:
        """Return sheet, tile, row and column of the dot at a point."""
        for sheet, area in enumerate(self.tiles):
            off = point - area.topLeft()
            if off.x() < 0 or off.y() < 0 or not self.areas[sheet].contains(point):
                continue
            column, row = off.x() // self.pitch[0], off.y() // self.pitch[1]
            number = self.page.tile_at(row, column)
            tile = self.tile_rect(sheet, row, column)
            if number is not None and tile.contains(point):
                inside = point - tile.topLeft()
                dot = self.dot(sheet)
                return sheet, number, inside.y() // dot, inside.x() // dot
        return None


@dataclass(frozen=True)
class Measures:
    """Sizes of texts in pixels: heading with legend, label of a tile, label of a row."""

    head: int
    label: tuple[int, int]
    margin: int


def place(board: Board, size: tuple[int, int], page: int, text: Measures) -> BoardGeometry:
    """Place a board's sheets side by side or one below another, whichever shows more and larger."""
    count = len(board.sheets)
    flat = size[0] >= count * (LEAST_WIDTH + BETWEEN)
    upright = [(2, 2)] if count == 4 else [(count, 1)]
    shapes = [(1, count), *upright] if flat else upright
    left = text.margin if board.columns else 0
    top = text.label[1] if board.heads else 0
    best: tuple[tuple[int, int, int], BoardGeometry] | None = None
    for down, across in shapes:
        wide = (size[0] - (across - 1) * BETWEEN) // across
        high = (size[1] - (down - 1) * BETWEEN // 2) // down
        room = max(1, wide - left - 2 * EDGE), max(1, high - text.head - top - EDGE)
        room = min(room[0], MOST_ROOM), min(room[1], MOST_ROOM)
        sides = zip(board.tile, (room[1] - text.label[1], room[0]), strict=True)
        block = max(-(-side // max(1, min(most, MOST_PIXELS))) for side, most in sides)
        tile = -(-board.tile[0] // block), -(-board.tile[1] // block)
        laid = lay_out(room, tile, max(1, board.count), board.columns, page, text.label)
        areas = tuple(
            QRect(k % across * (wide + BETWEEN), k // across * (high + BETWEEN // 2), wide, high)
            for k in range(count)
        )
        tiles = tuple(area.adjusted(left + EDGE, text.head + top, 0, 0) for area in areas)
        apart = pitch(tile, laid.entry, board.columns, text.label)
        found = BoardGeometry(board, laid, areas, tiles, apart, block)
        rank = -laid.pages, -block, laid.entry
        if best is None or rank > best[0]:
            best = rank, found
    assert best is not None
    return best[1]
