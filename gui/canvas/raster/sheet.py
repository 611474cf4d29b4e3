"""A sheet: the canvas at one zoom as a grid of tiles on one image, filled tile by tile."""

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QImage

from gui.canvas.colours.palette import Palette
from gui.canvas.colours.tones import Tones
from gui.canvas.graph.geometry import HEAD, Geometry, Indices
from gui.canvas.graph.visible import VisibleGraph
from gui.canvas.raster.colour_table import ColourTable
from gui.canvas.raster.fragments import Steps, Tile
from gui.canvas.raster.grounds import Ground
from gui.canvas.raster.pixels import Pixels
from gui.canvas.raster.tile_layers import Gaps, Grounds, Layers, Slots, layers_of

TileCell = tuple[int, int]
# A tile's ground fits into a slice of the GUI thread, and its pixels into 16-bit indices.
TILE_WIDTH, TILE_HEIGHT = 280, 200


def steps_for(palette: Palette, scale: float) -> Steps:
    """Return the quantisation of places at ``scale`` pixels per scene unit."""
    edges = palette.edges
    return Steps.of(
        scale,
        max(max(e.casing.widthF(), e.line.widthF()) for e in edges),
        HEAD * max(e.head_scale for e in edges),
        max(e.head_outline.widthF() * e.head_scale for e in edges),
        max(n.outline.widthF() for n in palette.nodes),
    )


class TileGrid:
    """A sheet, whose pixel (x, y) shows the scene at (x − left, y − top) / scale.

    It belongs to one graph in one placement, ``visible`` and ``geometry``: its tiles hold indices
    of their nodes and edges. Tones of another graph are ignored.

    The grid is one tile larger than the window on every side, so that panning finds tiles ready.
    """

    def __init__(
        self,
        visible: VisibleGraph,
        geometry: Geometry,
        ground: Ground,
        colour_table: ColourTable,
        origin: tuple[float, float],
        window: tuple[int, int],
        spare: "TileGrid | None" = None,
    ) -> None:
        """``spare`` is an unused sheet, whose memory is used again."""
        self.visible, self.geometry = visible, geometry
        self.ground, self.colour_table = ground, colour_table
        self.scale = colour_table.steps.scale
        columns = max(1, round(window[0] / TILE_WIDTH))
        rows = max(1, round(window[1] / TILE_HEIGHT))
        self.tile_size = (math.ceil(window[0] / columns), math.ceil(window[1] / rows))
        self.grid = (columns + 2, rows + 2)
        self.left = origin[0] + self.tile_size[0]
        self.top = origin[1] + self.tile_size[1]
        size = QSize(self.grid[0] * self.tile_size[0], self.grid[1] * self.tile_size[1])
        self.image = _image(size, spare)
        self.image.fill(colour_table.palette.canvas)
        self.tiles: dict[TileCell, Layers] = {}
        self.tones: Tones | None = None  # the tones that it shows
        self._packed: tuple[int, Layers | None] = (0, None)
        self._coloured: set[TileCell] = set()
        self._base: Indices | None = None
        self._gaps: Gaps | None = None
        self._slots = Slots(len(geometry.tip), len(geometry.node_box))

    @property
    def pixels(self) -> NDArray[np.uint32]:
        """The image's pixels, row by row."""
        return np.frombuffer(self.image.bits(), np.uint32)

    @property
    def whole(self) -> QRect:
        """The rectangle of all the sheet's pixels."""
        return self.image.rect()

    @property
    def made(self) -> QRect:
        """The rectangle of the finished tiles."""
        area = QRect()
        for cell in self.tiles:
            area = area.united(self.rect_of(cell))
        return area

    @property
    def shows_all(self) -> bool:
        """Whether the finished tiles show the whole graph."""
        bounds = self.geometry.bounds()
        corner = QPointF(self.left, self.top) + bounds.topLeft() * self.scale
        return QRectF(self.made).contains(QRectF(corner, bounds.size() * self.scale))

    def cells_in(self, window: QRect) -> list[TileCell]:
        """Return the cells that a window of the sheet's pixels touches, the middle ones first."""
        width, height = self.tile_size
        x0, x1 = window.left() // width, window.right() // width
        y0, y1 = window.top() // height, window.bottom() // height
        cells = [(x, y) for y in range(y0, y1 + 1) for x in range(x0, x1 + 1)]
        middle = ((x0 + x1) / 2, (y0 + y1) / 2)
        return sorted(cells, key=lambda c: math.dist(c, middle))

    def holds(self, cell: TileCell) -> bool:
        """Whether a cell is on the image."""
        return all(0 <= k < n for k, n in zip(cell, self.grid, strict=True))

    def rect_of(self, cell: TileCell) -> QRect:
        """Return the rectangle of a cell's pixels."""
        width, height = self.tile_size
        return QRect(cell[0] * width, cell[1] * height, width, height)

    def _all_in(self, window: QRect) -> bool:
        return self.tiles.keys() <= set(self.cells_in(window))

    def _start(self, cell: TileCell) -> int:
        """Return the index of a cell's first pixel among all pixels."""
        rect = self.rect_of(cell)
        return rect.top() * self.image.width() + rect.left()

    def make(self, cell: TileCell) -> None:
        """Make a tile and paint it in the present colours."""
        self.finish(cell, self.begin(cell)())

    def lay_out(self, cell: TileCell, seconds: float) -> bool:
        """Lay out a tile's texts before it is begun; return False if time was too short."""
        return self.ground.lay_out(self._tile(cell), seconds)

    def _tile(self, cell: TileCell) -> Tile:
        rect = self.rect_of(cell)
        left, top = rect.left() - self.left, rect.top() - self.top
        return Tile(left, top, rect.width(), rect.height(), self.scale)

    def begin(self, cell: TileCell) -> Callable[[], "Made"]:
        """Paint a tile's ground; return the rest of the work as a call for any thread."""
        tile = self._tile(cell)
        grounds, colour_table = self.ground.of_tile(tile), self.colour_table
        stride = self.image.width()
        return partial(
            _made, self.geometry, tile, colour_table.steps, grounds, colour_table.length, stride
        )

    def finish(self, cell: TileCell, made: "Made") -> None:
        """Store a tile's layers and paint them in the present colours."""
        rect = self.rect_of(cell)
        rows = slice(rect.top(), rect.top() + rect.height())
        columns = slice(rect.left(), rect.left() + rect.width())
        self.pixels.reshape(-1, self.image.width())[rows, columns] = made.ground
        self.tiles[cell] = made.layers
        self.catch_up(rect)

    def packing(self, window: QRect) -> Callable[[], Layers] | None:
        """Return a call that merges all tiles' layers; None if some tiles are out of sight.

        It may run in any thread, and ``take_packed`` takes its result. One long lookup is faster
        than many short ones.
        """
        if self._packed[0] == len(self.tiles) or not self._all_in(window):
            return None
        return partial(
            packed, [(self._start(cell), self.tiles[cell]) for cell in sorted(self.tiles)]
        )

    def take_packed(self, count: int, layers: Layers) -> None:
        """Use these merged layers of the first ``count`` tiles, if there are still that many."""
        self._packed = (count, layers)

    def recolour(self, tones: Tones, window: QRect, blank: Collection[int] = ()) -> None:
        """Paint every tile that a window touches in these tones; leave the ``blank`` nodes out.

        Tones of another graph than the sheet's are ignored.
        """
        if tones.visible is not self.visible:
            return
        colour_table, self.tones = self.colour_table, tones
        nodes = tones.nodes.copy()
        nodes[list(blank)] = colour_table.codes
        self._base = np.concatenate(
            [
                colour_table.bases("line", tones.edges, tones.edge_levels),
                colour_table.bases("head", tones.edges, tones.edge_levels),
                colour_table.bases("body", nodes, tones.node_levels),
                colour_table.bases("cap", nodes, tones.node_levels),
            ]
        )
        self._gaps = self._gaps_of(tones)
        self._coloured = set()
        count, together = self._packed
        if together is not None and count == len(self.tiles) and self._all_in(window):
            together.recolour(self.pixels, self._base, colour_table.table, self._gaps)
            self._coloured = set(self.tiles)
        self.catch_up(window)

    def catch_up(self, window: QRect) -> None:
        """Paint tiles that come in sight in the colours of the others."""
        if self._base is None:
            return
        for cell in self.cells_in(window):
            if cell in self.tiles and cell not in self._coloured:
                pixels, table = self.pixels[self._start(cell) :], self.colour_table.table
                self.tiles[cell].recolour(pixels, self._base, table, self._gaps)
                self._coloured.add(cell)

    def _gaps_of(self, tones: Tones) -> Gaps | None:
        colour_table = self.colour_table
        codes = [code for code in colour_table.dashes if (tones.edges == code).any()]
        if not codes:
            return None
        edges = self._slots.edges
        of_slot = np.full(self._slots.count, -1, np.int8)
        for number, code in enumerate(codes):
            of_slot[:edges][tones.edges == code] = number
        gaps = self._gaps
        if gaps is None or not np.array_equal(gaps.of_slot, of_slot):
            gaps = Gaps(tuple(colour_table.dashes[c] for c in codes), of_slot, 1.0 / self.scale)
        dashed = np.flatnonzero(of_slot >= 0)
        at = tones.edges[dashed], tones.edge_levels[dashed]
        gaps.shift[dashed] = colour_table.bases("gap", *at) - colour_table.bases("line", *at)
        return gaps

    def shifted(self, by: TileCell, spare: "TileGrid | None") -> "TileGrid":
        """Return this sheet with its grid moved by whole cells; tiles still on it are kept.

        ``spare`` is an unused sheet, whose memory is used again.
        """
        width, height = self.tile_size
        dx, dy = by[0] * width, by[1] * height
        fresh = TileGrid.__new__(TileGrid)
        fresh.__dict__.update(self.__dict__)
        fresh.left, fresh.top = self.left - dx, self.top - dy
        fresh.image = _image(self.image.size(), spare)
        fresh.image.fill(self.colour_table.palette.canvas)
        old, new = (s.pixels.reshape(self.image.height(), -1) for s in (self, fresh))
        rows, columns = new.shape
        new[max(0, -dy) : rows - max(0, dy), max(0, -dx) : columns - max(0, dx)] = old[
            max(0, dy) : rows - max(0, -dy), max(0, dx) : columns - max(0, -dx)
        ]
        moved = {(x - by[0], y - by[1]): tile for (x, y), tile in self.tiles.items()}
        fresh.tiles = {cell: tile for cell, tile in moved.items() if self.holds(cell)}
        fresh._packed, fresh._coloured = (0, None), set()
        return fresh


@dataclass(frozen=True, eq=False)
class Made:
    """A finished tile: its pixels without coloured items (rows, columns), and its layers.

    The layers' pixels are counted from the tile's first one, row by row of the sheet.
    """

    ground: Pixels
    layers: Layers


def _made(
    geometry: Geometry, tile: Tile, steps: Steps, grounds: Grounds, variant: int, stride: int
) -> Made:
    """Make a tile from its ground; without Qt, for any thread."""
    layers = layers_of(geometry, tile, steps, grounds, variant)
    where = (np.arange(tile.height)[:, None] * stride + np.arange(tile.width)).ravel()
    return Made(grounds.ready().reshape(tile.height, tile.width), layers.moved(where.take))


def _image(size: QSize, spare: TileGrid | None) -> QImage:
    """Return an image: the spare sheet's if it fits, since allocating costs time."""
    if spare is not None and spare.image.size() == size:
        return spare.image
    return QImage(size, QImage.Format.Format_RGB32)


def packed(placed: list[tuple[int, Layers]]) -> Layers:
    """Return the layers of several tiles merged, for fewer and longer lookups.

    ``placed`` has each tile with the index of its first pixel on the sheet.
    """
    tiles = [tile.moved(partial(np.add, start)) for start, tile in placed]
    depth = max(len(tile.counts) for tile in tiles)
    ends = [np.cumsum(tile.counts) for tile in tiles]
    parts = [
        (tile, slice(end[k] - tile.counts[k], end[k]))
        for k in range(depth)
        for tile, end in zip(tiles, ends, strict=True)
        if k < len(tile.counts)
    ]
    counts = [sum(t.counts[k] for t in tiles if k < len(t.counts)) for k in range(depth)]

    def joined(name: str) -> NDArray:
        return np.concatenate([getattr(tile, name)[part] for tile, part in parts])

    def pairs(name: str):
        both = [getattr(tile, name) for tile in tiles]
        return np.concatenate([b[0] for b in both]), np.concatenate([b[1] for b in both])

    return Layers(
        joined("pixel"),
        joined("slot"),
        joined("place"),
        joined("along"),
        tuple(counts),
        pairs("restored"),
        pairs("fixed"),
    )
