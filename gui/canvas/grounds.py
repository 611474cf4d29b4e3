"""What a tile shows besides the coloured items: canvas, frames, and all texts. Painted by Qt."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QGlyphRun, QImage, QPainter, QTransform
from PySide6.QtWidgets import QGraphicsItem, QStyleOptionGraphicsItem

from gui.canvas.fragments import Tile
from gui.canvas.geometry import Geometry, meets
from gui.canvas.items import DIM, FrameItem, NodeItem, bar_path
from gui.canvas.lettering import glyphs, lettering, text_glyphs
from gui.canvas.look import FRAME_TITLE, SUBTITLE, TITLE, Look
from gui.canvas.palette import Palette
from gui.canvas.raster import Grounds

# Smaller texts than this many pixels leave no trace.
LEAST_TEXT = 0.7
HINTS = QPainter.RenderHint.Antialiasing | QPainter.RenderHint.TextAntialiasing


class Ground:
    """Paints grounds of tiles from looks and frame items, in one palette's colours."""

    def __init__(
        self,
        geometry: Geometry,
        looks: Sequence[Look],
        frames: Sequence[FrameItem],
        depths: Sequence[int],
        palette: Palette,
        dimmed: NDArray[np.bool_] | None = None,
    ) -> None:
        self._geometry, self._looks = geometry, looks
        self._dimmed = np.zeros(len(looks), bool) if dimmed is None else dimmed
        self._frames = frames
        self._depth = np.array(depths)
        self._palette = palette
        self._known: dict[int, tuple[list, list]] = {}

    def of_tile(self, tile: Tile) -> Grounds:
        """Paint what is under and over the coloured items of a tile."""
        palette = self._palette
        below, above, ink = (_image(tile) for _ in range(3))
        below.fill(palette.canvas)
        nodes = self._geometry.nodes_in(tile.scene).tolist()
        frames = np.flatnonzero(meets(self._geometry.frames, tile.scene, 2.0))
        frames = frames[np.argsort(self._depth[frames], kind="stable")].tolist()
        with _Painting(below, tile) as painter:
            painter.setBrush(palette.frame_fill)
            painter.setPen(palette.frame_outline)
            for k in frames:
                painter.drawRect(self._frames[k].rect())
        with _Painting(above, tile) as painter:
            self._title(painter, frames, tile)
            painter.setPen(palette.muted.color())
            self._write(painter, nodes, tile, fixed=True)
        with _Painting(ink, tile) as painter:
            painter.setPen(QColor(Qt.GlobalColor.white))
            self._write(painter, nodes, tile, fixed=False)
        return Grounds(
            _pixels(below),
            _pixels(above),
            (_pixels(ink) >> 24).astype(np.uint8),
            palette.canvas.rgba(),
            palette.frame_fill.color().rgba(),
        )

    def _title(self, painter: QPainter, frames: list[int], tile: Tile) -> None:
        """Write the frames' titles on their chips."""
        painter.setPen(self._palette.text.color())
        for k in frames:
            frame = self._frames[k]
            painter.setOpacity(frame.chip.opacity())
            painter.fillPath(frame.chip.path(), self._palette.frame_fill)
            if tile.scale * TITLE >= LEAST_TEXT:
                for run in text_glyphs(frame.title.text(), FRAME_TITLE, bold=True):
                    painter.drawGlyphRun(frame.title.pos(), run)
                if frame.neurons is not None:
                    painter.setPen(QColor(self._palette.theme.accent))
                    for run in text_glyphs(frame.neurons.text(), SUBTITLE):
                        painter.drawGlyphRun(frame.neurons.pos(), run)
                    painter.setPen(self._palette.text.color())

    def _write(self, painter: QPainter, nodes: list[int], tile: Tile, *, fixed: bool) -> None:
        """Write all texts that stand beside the coloured boxes, or those that stand on them."""
        scale = tile.scale
        if scale * TITLE < LEAST_TEXT:
            return
        boxes = self._geometry.node_box[nodes] * scale - np.array([tile.left, tile.top] * 2)
        middles = ((boxes[:, :2] + boxes[:, 2:]) / 2).tolist()
        for node, (x, y) in zip(nodes, middles, strict=True):
            texts = self._texts(node)[fixed]
            bar = not fixed and self._looks[node].kind == "parameter"
            if texts or bar:
                painter.setTransform(QTransform(scale, 0, 0, scale, x, y))
            # Texts on a box are no more than a mask: its colours are dimmed already.
            painter.setOpacity(DIM if fixed and self._dimmed[node] else 1.0)
            for corner, run in texts:
                painter.drawGlyphRun(corner, run)
            if bar:
                painter.fillPath(bar_path(self._looks[node]), painter.pen().color())

    def _texts(self, node: int) -> tuple[list, list]:
        """The glyphs on a node's coloured box, and those beside it; not what changes."""
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
    """A painter on a tile's image in the scene's coordinates, ended when the block is left."""

    def __init__(self, image: QImage, tile: Tile) -> None:
        self._painter = QPainter(image)
        self._painter.setRenderHints(HINTS)
        self._painter.setTransform(painter_transform(tile))

    def __enter__(self) -> QPainter:
        return self._painter

    def __exit__(self, *_: object) -> None:
        self._painter.end()


def painter_transform(tile: Tile) -> QTransform:
    """Return from the scene to a tile's pixels."""
    return QTransform(tile.scale, 0, 0, tile.scale, -tile.left, -tile.top)


_OPTION = QStyleOptionGraphicsItem()


def paint_item(
    painter: QPainter,
    item: QGraphicsItem,
    view: QTransform,
    without: QGraphicsItem | None = None,
) -> None:
    """Paint an item of a scene with its children, as the scene would, outside of a view."""
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
    """Paint a node over a sheet: no text beside it, which the sheet has, and no line of norms."""
    paint_item(painter, item, view, item.subtitle if item.look.kind == "operator" else item.spark)


def _image(tile: Tile) -> QImage:
    image = QImage(tile.width, tile.height, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    return image


def _pixels(image: QImage) -> np.ndarray:
    """Return a copy of the pixels, row by row."""
    return np.frombuffer(image.constBits(), np.uint32).copy()
