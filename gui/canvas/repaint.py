"""Paints a crowded scene: a sheet of looked-up colours, with a few items on top as they are.

While the view zooms, the last sheet is shown scaled; once it rests, a sharp one is made in slices
of the GUI thread and shown tile by tile.
"""

import math
import time

import numpy as np
from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QRectF, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsView

from gui.canvas.geometry import Geometry
from gui.canvas.grounds import HINTS, Ground
from gui.canvas.marks import Marks
from gui.canvas.overlay import few_in, paint_few, paint_over
from gui.canvas.palette import Palette
from gui.canvas.scene import GraphScene
from gui.canvas.shades import Shades
from gui.canvas.sheet import Sheet, steps_for

# Zooming has come to rest when the view has stood still for this long.
REST_MS = 12
SLICE_S = 0.006
# A first picture is shown in patches, so often.
PATCHES_S = 0.05


class Repaint(QObject):
    """Brings the look of a crowded scene to a view's viewport. Lives as long as the view."""

    def __init__(self, view: QGraphicsView, scene: GraphScene) -> None:
        super().__init__(view)
        self._view, self._scene = view, scene
        self._sheet: Sheet | None = None
        self._before: Sheet | None = None
        self._shades: Shades | None = None
        self._ground: Ground | None = None
        self._geometry: Geometry | None = None
        self._palette: Palette | None = None
        self._stale, self._complete = True, False
        self._shown = 0.0
        self._seen: tuple[float, float, float] = (0.0, 0.0, 0.0)
        self._marks = Marks(scene)
        self._rest = _timer(self, REST_MS, self._renew)
        self._slice = _timer(self, 0, self._make_some)
        scene.changed_look.connect(self._look_changed)

    @property
    def settled(self) -> bool:
        """Whether what is on screen is sharp and up to date."""
        return not self._rest.isActive() and not self._slice.isActive()

    def settle(self) -> None:
        """Make all that is missing at once, for a picture that cannot wait."""
        if not self._scene.crowded or few_in(self._scene, self._area()) is not None:
            return
        self._forget_other_graphs()
        if self._sheet is None or self._sheet.scale != self._place()[0]:
            self._renew()
        while not self._make_one():
            pass
        nodes = self._scene.geometry.nodes_in(self._area())
        while self._sheet is not None and not self._marks.update(self._sheet, nodes)[1]:
            self._stale = True
        self._before = None
        self._rest.stop()
        self._slice.stop()

    def paint(self, painter: QPainter) -> None:
        """Paint the viewport; what is not ready yet is asked for and shown as well as can be."""
        painter.setRenderHints(HINTS)
        self._forget_other_graphs()
        scene, area, view = self._scene, self._area(), self._view.viewportTransform()
        few = few_in(scene, area)
        if few is not None:
            paint_few(painter, scene, view, *few)
            return
        place = self._place()
        moving, self._seen = place[0] != self._seen[0], place
        if self._sheet is None:
            self._renew()
        assert self._sheet is not None
        if self._sheet.scale != place[0]:
            if moving or not self._rest.isActive():
                self._rest.start()
            whole = self._sheet if self._complete else self._before
            self._paint_scaled(painter, whole or self._sheet)
        else:
            self._paint_sheet(painter)
        paint_over(painter, scene, view, scene.geometry.nodes_in(area))

    # -- sheets ------------------------------------------------------------------------------

    def _place(self) -> tuple[float, float, float]:
        """Device pixels for a scene unit, and where the scene's origin is in device pixels."""
        transform, ratio = self._view.viewportTransform(), self._ratio
        return (transform.m11() * ratio, transform.dx() * ratio, transform.dy() * ratio)

    @property
    def _ratio(self) -> float:
        return self._view.viewport().devicePixelRatioF()

    def _size(self) -> tuple[int, int]:
        area = self._view.viewport().size()
        return math.ceil(area.width() * self._ratio), math.ceil(area.height() * self._ratio)

    def _window(self, sheet: Sheet) -> QRect:
        """What part of a sheet of the present scale is seen."""
        _, left, top = self._place()
        return QRect(round(sheet.left - left), round(sheet.top - top), *self._size())

    def _forget_other_graphs(self) -> None:
        scene = self._scene
        if self._geometry is not scene.geometry or self._palette is not scene.palette_:
            self._geometry, self._palette = scene.geometry, scene.palette_
            self._sheet = self._before = None
            self._complete = False
            self._ground = Ground(scene.geometry, scene.looks, scene.frames, scene.palette_)
            self._marks.clear()

    def _renew(self) -> None:
        """Begin a sheet at the present zoom; the one before is shown until it is there."""
        self._rest.stop()
        scene, place = self._scene, self._place()
        palette = scene.palette_
        if self._shades is None or (self._shades.palette, self._shades.steps.scale) != (
            palette,
            place[0],
        ):
            self._shades = Shades(palette, steps_for(palette, place[0]))
        assert self._ground is not None
        if self._complete:
            self._before, self._complete = self._sheet, False
        self._sheet = Sheet(scene.geometry, self._ground, self._shades, place[1:], self._size())
        self._marks.clear()
        self._stale = True
        self._slice.start()

    def _missing(self) -> list:
        """Cells in sight that are still to be made."""
        sheet = self._sheet
        if sheet is None or sheet.scale != self._place()[0]:
            return []
        cells = sheet.cells_in(self._window(sheet))
        if not all(sheet.holds(cell) for cell in cells):
            sheet = self._sheet = self._moved(sheet)
            self._marks.clear()
            cells = sheet.cells_in(self._window(sheet))
        return [cell for cell in cells if cell not in sheet.tiles]

    def _moved(self, sheet: Sheet) -> Sheet:
        """Return the sheet with its grid where the view is now."""
        window = self._window(sheet)
        width, height = sheet.tile_size
        columns, rows = sheet.grid
        if window.width() > (columns - 1) * width or window.height() > (rows - 1) * height:
            assert self._shades is not None
            return Sheet(
                sheet.geometry, sheet.ground, self._shades, self._place()[1:], self._size()
            )
        by = (window.left() // width, window.top() // height)
        return sheet.shifted((by[0] - (by[0] > 0), by[1] - (by[1] > 0)))

    def _make_some(self, seconds: float = SLICE_S) -> None:
        """Make tiles for a slice of the GUI thread; the last of them brings the sharp picture."""
        if not self._scene.crowded:
            return
        end = time.perf_counter() + seconds
        while not self._make_one():
            if time.perf_counter() > end:
                self._slice.start()
                break
        else:
            self._before = None
        now = time.perf_counter()
        if self._before is None and now - self._shown > PATCHES_S:
            self._shown = now
            self._view.viewport().update()

    def _make_one(self) -> bool:
        """Make the next thing that is missing; True where nothing was."""
        if self._shades is not None and not self._shades.ready:
            self._shades.make_some()
            return False
        missing = self._missing()
        if not missing:
            self._shown, self._complete = 0.0, True
            return True
        if self._stale:
            self._recolour()
        assert self._sheet is not None
        self._sheet.make(missing[0])
        return False

    def _look_changed(self) -> None:
        self._stale = True
        if self._scene.crowded:
            self._view.viewport().update()
        else:
            self._sheet = self._before = self._ground = self._geometry = None

    def _recolour(self) -> None:
        tones = self._scene.tones
        assert tones is not None
        if self._sheet is not None:
            same = self._sheet.scale == self._place()[0]
            window = self._window(self._sheet) if same else self._sheet.whole
            self._sheet.recolour(tones, window, self._marks.painted)
        if self._before is not None and self._before is not self._sheet:
            self._before.recolour(tones, self._before.whole)
        self._stale = False

    # -- painting ----------------------------------------------------------------------------

    def _paint_sheet(self, painter: QPainter) -> None:
        missing = self._missing()
        sheet = self._sheet
        assert sheet is not None
        others, done = self._marks.update(sheet, self._scene.geometry.nodes_in(self._area()))
        if not done:
            self._view.viewport().update()
        if self._stale or others:
            self._recolour()
        window = self._window(sheet)
        sheet.catch_up(window)
        if missing:
            self._slice.start()
            if self._before is not None:
                self._paint_scaled(painter, self._before)
        painter.save()
        painter.resetTransform()
        painter.scale(1 / self._ratio, 1 / self._ratio)
        if missing:
            for cell in sheet.tiles:
                rect = sheet.rect_of(cell)
                painter.drawImage(rect.topLeft() - window.topLeft(), sheet.image, rect)
        else:
            painter.drawImage(QPoint(0, 0), sheet.image, window)
        self._marks.paint(painter, window)
        painter.restore()

    def _paint_scaled(self, painter: QPainter, sheet: Sheet) -> None:
        """Show a sheet of another zoom where its parts are now."""
        if self._stale:
            self._recolour()
        scale, left, top = self._place()
        painter.save()
        painter.resetTransform()
        painter.scale(1 / self._ratio, 1 / self._ratio)
        painter.translate(left, top)
        painter.scale(scale / sheet.scale, scale / sheet.scale)
        painter.translate(-sheet.left, -sheet.top)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        area = sheet.made
        painter.drawImage(QPointF(area.topLeft()), sheet.image, QRectF(area))
        painter.restore()

    def _area(self) -> np.ndarray:
        """What part of the scene is seen."""
        rect = self._view.mapToScene(self._view.viewport().rect()).boundingRect()
        return np.array([rect.left(), rect.top(), rect.right(), rect.bottom()])


def _timer(owner: QObject, milliseconds: int, call) -> QTimer:  # type: ignore[no-untyped-def]
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(call)
    return timer
