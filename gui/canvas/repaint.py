"""Paints a crowded scene: a sheet of looked-up colours, with a few items on top as they are.

While the view zooms, the last sheet is shown scaled; once it rests, a sharp one is made tile by
tile: what Qt paints in slices of the GUI thread, the rest in threads of its own.
"""

import math
import time

import numpy as np
from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QRectF, QTimer
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsView

from engine.wiring import Part
from gui.canvas.crew import Crew
from gui.canvas.geometry import Geometry
from gui.canvas.grounds import HINTS, Ground
from gui.canvas.marks import Marks
from gui.canvas.overlay import few_in, paint_few, paint_over
from gui.canvas.palette import Palette
from gui.canvas.raster import Grounds, Layers
from gui.canvas.scene import GraphScene
from gui.canvas.shades import Shades
from gui.canvas.sheet import Cell, Sheet, steps_for

# Zooming has come to rest when the view has stood still for this long.
REST_MS = 12
SLICE_S = 0.006
# So many tiles are under way at once, and so often their threads are asked for them.
UNDER_WAY, ASK_MS = 4, 2
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
        self._part: Part | None = None
        self._stale, self._complete = True, False
        self._shown = 0.0
        self._seen: tuple[float, float, float] = (0.0, 0.0, 0.0)
        self._marks = Marks(scene)
        self._crew: Crew[tuple[Sheet, Cell], Layers] = Crew()
        self._begun: dict[Cell, Grounds] = {}
        self._begun_for: Sheet | None = None
        self._rest = _timer(self, REST_MS, self._renew)
        self._slice = _timer(self, 0, self._make_some)
        scene.changed_look.connect(self._look_changed)

    @property
    def settled(self) -> bool:
        """Whether what is on screen is sharp and up to date."""
        return not self._rest.isActive() and not self._slice.isActive()

    def settle(self) -> None:
        """Make all that is missing at once, for a picture that cannot wait."""
        if self._scene.crowded and self._scene.flow is not None:
            self._scene.flow.prepare(self._area(), self._place()[0])
        if not self._scene.crowded or few_in(self._scene, self._area()) is not None:
            return
        self._forget_other_graphs()
        if self._sheet is None or self._sheet.scale != self._place()[0]:
            self._renew()
        while not self._make_one(alone=True):
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
            if not paint_few(painter, scene, view, *few):
                self._view.viewport().update()
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
        if not paint_over(painter, scene, view, scene.geometry.nodes_in(area)):
            self._view.viewport().update()

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
        self._take_node_colours()
        if self._geometry is not scene.geometry or self._palette is not scene.palette_:
            self._geometry, self._palette = scene.geometry, scene.palette_
            self._sheet = self._before = None
            self._complete = False
            self._ground = self._ground_now()
            self._marks.clear()
        elif self._part is not scene.part:  # other texts stand back: the colours are there at once
            self._ground = self._ground_now()
            if self._sheet is not None:
                self._renew()

    def _ground_now(self) -> Ground:
        scene = self._scene
        self._part = scene.part
        dimmed = None if scene.tones is None else scene.tones.nodes_dimmed
        assert scene.visible is not None
        depths = [len(cluster.path) for cluster in scene.visible.clusters]
        return Ground(scene.geometry, scene.looks, scene.frames, depths, scene.palette_, dimmed)

    def _take_node_colours(self) -> None:
        """Bring another map for nodes into the sheets there are: nothing else has changed."""
        palette, before = self._scene.palette_, self._palette
        if before is None or before is palette or not palette.differs_in_nodes_only(before):
            return
        self._palette = palette
        sheets = [sheet for sheet in (self._sheet, self._before) if sheet is not None]
        for shades in {id(s): s for s in (self._shades, *(h.shades for h in sheets)) if s}.values():
            shades.take_nodes(palette)
        self._marks.clear()
        self._stale = True

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
        self._crew.forget()
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
        done: bool | None = False
        while done is False and time.perf_counter() < end:
            done = self._make_one()
        if done:
            self._before = None
        else:
            self._slice.start(0 if done is False else ASK_MS)
        now = time.perf_counter()
        if self._before is None and now - self._shown > PATCHES_S:
            self._shown = now
            self._view.viewport().update()

    def _make_one(self, *, alone: bool = False) -> bool | None:
        """Make or begin the next thing that is missing.

        True where nothing was, None where only threads have something to do; ``alone`` needs none.
        """
        if self._shades is not None and not self._shades.ready:
            self._shades.make_some()
            return False
        missing = self._missing()
        if not missing:
            self._shown, self._complete = 0.0, True
            return True
        if self._stale:
            self._recolour()
        sheet = self._sheet
        assert sheet is not None
        if alone:
            sheet.make(missing[0])
            return False
        if self._begun_for is not sheet:
            self._begun, self._begun_for = {}, sheet
        if self._take(sheet):
            return False
        fresh = next((cell for cell in missing if cell not in self._begun), None)
        if fresh is None or self._crew.pending >= UNDER_WAY:
            return None
        self._begun[fresh], work = sheet.begin(fresh)
        self._crew.ask((sheet, fresh), work)
        return False

    def _take(self, sheet: Sheet) -> bool:
        """Finish the tiles whose layers are there; False where there were none."""
        taken = False
        for (of, cell), layers in self._crew.take():
            if of is sheet and cell in self._begun:
                sheet.finish(cell, self._begun.pop(cell), layers)
                taken = True
        return taken

    def _look_changed(self) -> None:
        self._stale = True
        if self._scene.crowded:
            self._view.viewport().update()
        else:
            self._sheet = self._before = self._ground = self._geometry = None

    def _recolour(self) -> None:
        tones = self._scene.tones
        assert tones is not None
        waiting = self._sheet is not None and not self._sheet.shades.ready  # it has no tiles
        if self._sheet is not None and not waiting:
            same = self._sheet.scale == self._place()[0]
            window = self._window(self._sheet) if same else self._sheet.whole
            self._sheet.recolour(tones, window, self._marks.painted)
        if self._before is not None and self._before is not self._sheet:
            self._before.recolour(tones, self._before.whole)
        self._stale = waiting

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
