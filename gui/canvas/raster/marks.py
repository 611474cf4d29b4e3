"""Marked nodes (0, NaN, no gradient …) of a crowded canvas, painted as items.

Such a node has a badge, a pattern or dashes. Its look changes rarely, so it is painted once, on a
layer above the sheet; until then the sheet shows its colour without the mark.
"""

import time
from collections.abc import Collection

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QImage, QPainter, QTransform

from gui.canvas.colours.tones import Tones
from gui.canvas.graph.geometry import Indices
from gui.canvas.raster.grounds import HINTS, paint_node
from gui.canvas.raster.sheet import TileGrid
from gui.canvas.scene.node_item import marked_codes
from gui.canvas.scene.scene import GraphScene
from gui.widgets.drawing_rates import MARKS_SECONDS

# Where a badge would have fewer pixels than this nobody can see one.
VISIBLE = 3.0
BADGE = 16.0
REACH = 10.0


class Marks:
    """A transparent layer over a sheet, with the marked nodes in sight."""

    def __init__(self, scene: GraphScene) -> None:
        self._scene = scene
        self._image: QImage | None = None
        self._painted: dict[int, int] = {}

    def clear(self) -> None:
        """Empty the layer, for another sheet."""
        self._image = None
        self._painted = {}

    @property
    def painted(self) -> Collection[int]:
        """The nodes that are on this layer, which the sheet does not draw."""
        return self._painted.keys()

    def update(self, sheet: TileGrid, nodes: Indices) -> tuple[bool, bool]:
        """Update the layer for the nodes in sight, as far as time allows.

        Return whether its set of nodes has changed, and whether it is complete.
        """
        tones = self._scene.tones
        assert tones is not None
        wanted = self._wanted(tones, nodes, sheet.scale)
        before = frozenset(self._painted)
        done = self._update(sheet, wanted) if wanted or before else True
        return self._painted.keys() != before, done

    def paint(self, painter: QPainter, window: QRect) -> None:
        """Paint the layer; the painter's units are device pixels."""
        if self._image is not None and self._painted:
            painter.drawImage(QPoint(0, 0), self._image, window)

    def _wanted(self, tones: Tones, nodes: Indices, scale: float) -> dict[int, int]:
        """Return the nodes that need a mark, and a number for the look of each."""
        if scale * BADGE < VISIBLE:
            return {}
        codes, faded = tones.nodes[nodes], tones.nodes_faded[nodes]
        wrong = marked_codes()[codes] | (faded & self._scene.stacked[nodes])
        look = codes * 3 + tones.node_levels[nodes]
        pairs = np.column_stack([nodes[wrong], look[wrong]]).tolist()
        return dict(pairs)

    def _update(self, sheet: TileGrid, wanted: dict[int, int]) -> bool:
        painted = self._painted
        changed = [k for k, look in painted.items() if wanted.get(k, look) != look]
        gone = [k for k in painted if k not in wanted]
        missing = [k for k in wanted if k not in painted]
        if not (changed or gone or missing):
            return True
        if self._image is None:
            self._image = QImage(sheet.image.size(), QImage.Format.Format_ARGB32_Premultiplied)
            self._image.fill(0)
        end = time.perf_counter() + MARKS_SECONDS
        painter = QPainter(self._image)
        painter.setRenderHints(HINTS)
        view = QTransform(sheet.scale, 0, 0, sheet.scale, sheet.left, sheet.top)
        for node in (*gone, *changed):
            del painted[node]
            self._wipe(painter, node, view)
        for node in (*changed, *missing):
            if time.perf_counter() > end:
                break
            paint_node(painter, self._scene.nodes[node], view)
            painted[node] = wanted[node]
        painter.end()
        return len(painted) == len(wanted)

    def _wipe(self, painter: QPainter, node: int, view: QTransform) -> None:
        box = self._scene.geometry.node_box[node] + np.array([-REACH, -REACH, REACH, REACH])
        left, top, right, bottom = box.tolist()
        rect = QRectF(view.map(QPointF(left, top)), view.map(QPointF(right, bottom)))
        painter.save()
        painter.resetTransform()
        painter.setCompositionMode(QPainter.CompositionMode.CompositionMode_Clear)
        painter.fillRect(rect.toAlignedRect(), Qt.GlobalColor.transparent)
        painter.restore()
