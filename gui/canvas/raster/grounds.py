"""The parts of a tile besides the coloured items: canvas, frames and texts, painted by Qt."""

import time
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QGlyphRun, QImage, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem

from gui.canvas.colours.palette import Palette
from gui.canvas.graph.geometry import Geometry, meets
from gui.canvas.graph.node_look import TITLE, Look
from gui.canvas.raster.fragments import Tile
from gui.canvas.raster.tile_layers import Grounds
from gui.canvas.scene.frame_titles import FrameTitles
from gui.canvas.scene.node_item import DIM, NodeItem, bar_path
from gui.canvas.text.lettering import glyphs, lettering

# Texts smaller than this many pixels are not painted.
LEAST_TEXT = 0.7
HINTS = QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing


class Ground:
    """Paints the grounds of tiles from looks and titles, in one palette's colours.

    ``opacity`` returns the opacity of a group's title, ``dimmed`` says which nodes are dimmed.
    """

    def __init__(
        self,
        geometry: Geometry,
        looks: Sequence[Look],
        titles: FrameTitles,
        opacity: Callable[[int], float],
        palette: Palette,
        dimmed: NDArray[np.bool_] | None = None,
    ) -> None:
        self._geometry, self._looks = geometry, looks
        self._dimmed = np.zeros(len(looks), bool) if dimmed is None else dimmed
        self._titles, self._opacity = titles, opacity
        self._palette = palette
        self._known: dict[int, tuple[list, list]] = {}

    def lay_out(self, tile: Tile, seconds: float) -> bool:
        """Lay out the texts of a tile for up to ``seconds``; return False if some are left."""
        end = time.perf_counter() + seconds
        frames = np.flatnonzero(meets(self._geometry.frames, tile.scene, 2.0)).tolist()
        nodes = self._geometry.nodes_in(tile.scene).tolist()
        for lay_out, numbers in ((self._titles.of, frames), (self._texts, nodes)):
            for number in numbers:
                lay_out(number)
                if time.perf_counter() > end:
                    return False
        return True

    def of_tile(self, tile: Tile) -> Grounds:
        """Return what is below and above the coloured items of a tile."""
        palette = self._palette
        below, above, ink = (_image(tile) for _ in range(3))
        below.fill(palette.canvas)
        frames = np.flatnonzero(meets(self._geometry.frames, tile.scene, 2.0)).tolist()
        self._frame(below, tile, frames)
        with _Painting(above, tile) as over, _Painting(ink, tile) as mask:
            for k in frames:
                over.setOpacity(self._opacity(k))
                self._titles.draw(over, k, palette, written=tile.scale * TITLE >= LEAST_TEXT)
            over.setPen(palette.muted.color())
            mask.setPen(QColor(Qt.GlobalColor.white))
            if tile.scale * TITLE >= LEAST_TEXT:
                self._write(over, mask, tile)
        return Grounds(
            _pixels(below),
            _pixels(above),
            (_pixels(ink) >> 24).astype(np.uint8),
            palette.canvas.rgba(),
            palette.frame_fill.color().rgba(),
        )

    def _frame(self, image: QImage, tile: Tile, frames: list[int]) -> None:
        """Paint the frames of open groups, outer ones first (the order they are in)."""
        with _Painting(image, tile) as painter:
            painter.setBrush(self._palette.frame_fill)
            painter.setPen(self._palette.frame_outline)
            for left, top, right, bottom in self._geometry.frames[frames].tolist():
                painter.drawRect(QRectF(left, top, right - left, bottom - top))

    def _write(self, over: QPainter, mask: QPainter, tile: Tile) -> None:
        """Write the texts beside the coloured boxes into ``over``, those on them into ``mask``."""
        scale, nodes = tile.scale, self._geometry.nodes_in(tile.scene)
        boxes = self._geometry.node_box[nodes] * scale - np.array([tile.left, tile.top] * 2)
        middles = ((boxes[:, :2] + boxes[:, 2:]) / 2).tolist()
        for node, (x, y) in zip(nodes.tolist(), middles, strict=True):
            look, (on, beside) = self._looks[node], self._texts(node)
            place = QTransform(scale, 0, 0, scale, x, y)
            # Texts on a box are only a mask: their colours are dimmed in the colour table.
            mask.setTransform(place)
            for corner, run in on:
                mask.drawGlyphRun(corner, run)
            if look.kind == "parameter":
                mask.fillPath(bar_path(look), mask.pen().color())
            if beside:
                over.setTransform(place)
                over.setOpacity(DIM if self._dimmed[node] else 1.0)
                for corner, run in beside:
                    over.drawGlyphRun(corner, run)

    def _texts(self, node: int) -> tuple[list, list]:
        """Return the glyphs on a node's coloured box, and those beside it; no scalar values."""
        if node not in self._known:
            look = self._looks[node]
            on: list[tuple[QPointF, QGlyphRun]] = []
            beside: list[tuple[QPointF, QGlyphRun]] = []
            for spot in lettering(look):
                if not (look.scalar and spot.role == "subtitle"):
                    corner, runs = glyphs(spot)
                    part = beside if spot.fixed and spot.role == "subtitle" else on
                    part += [(corner, run) for run in runs]
            self._known[node] = (on, beside)
        return self._known[node]


class _Painting:
    """A context manager: a painter on a tile's image in scene coordinates, ended on exit."""

    def __init__(self, image: QImage, tile: Tile) -> None:
        self._painter = QPainter(image)
        self._painter.setRenderHints(HINTS)
        self._painter.setTransform(painter_transform(tile))

    def __enter__(self) -> QPainter:
        return self._painter

    def __exit__(self, *_: object) -> None:
        self._painter.end()


def painter_transform(tile: Tile) -> QTransform:
    """Return the transform from the scene to a tile's pixels."""
    return QTransform(tile.scale, 0, 0, tile.scale, -tile.left, -tile.top)


_OPTION = QStyleOptionGraphicsItem()


def paint_item(
    painter: QPainter,
    item: QGraphicsItem,
    view: QTransform,
    without: QGraphicsItem | None = None,
) -> None:
    """Paint an item with its children as the scene would, on any painter."""
    if not item.isVisible() or item is without:
        return
    children = item.childItems()
    behind = QGraphicsItem.GraphicsItemFlag.ItemStacksBehindParent
    for child in children:
        if child.flags() & behind:
            paint_item(painter, child, view, without)
    painter.save()
    painter.setTransform(item.sceneTransform() * view)
    painter.setOpacity(item.effectiveOpacity())
    item.paint(painter, _OPTION, None)
    painter.restore()
    for child in children:
        if not child.flags() & behind:
            paint_item(painter, child, view, without)


def paint_node(painter: QPainter, item: NodeItem, view: QTransform) -> None:
    """Paint a node over a sheet, without the texts beside it (on the sheet) and the sparkline."""
    paint_item(painter, item, view, item.subtitle if item.look.kind == "operator" else item.spark)


def _image(tile: Tile) -> QImage:
    image = QImage(tile.width, tile.height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    return image


def _pixels(image: QImage) -> np.ndarray:
    """Return a copy of the pixels, row by row."""
    return np.frombuffer(image.constBits(), np.uint32).copy()
