"""Paints a crowded scene: a sheet of looked-up colours, with a few items painted on top.

While the view zooms, the last sheet is shown scaled; once it rests, a sharp one is made tile by
tile: Qt's part in slices of the GUI thread, the rest in background threads.
"""

import math
import time

import numpy as np
from PySide6.QtCore import QObject, QPoint, QPointF, QRect, QRectF, QSizeF, QTimer, Signal
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QGraphicsView

from engine.messages.wiring import Part
from gui.canvas.colours.palette import Palette
from gui.canvas.graph.geometry import Geometry
from gui.canvas.graph.visible import VisibleGraph
from gui.canvas.raster.colour_table import ColourTable
from gui.canvas.raster.grounds import HINTS, Ground
from gui.canvas.raster.marks import Marks
from gui.canvas.raster.overlay import few_in, paint_few, paint_over
from gui.canvas.raster.sheet import TileCell, TileGrid, steps_for
from gui.canvas.raster.tiling import Tiling
from gui.canvas.scene.frame_titles import FrameTitles
from gui.canvas.scene.scene import GraphScene
from gui.widgets.drawing_rates import (
    PATCHES_SECONDS,
    SHEET_SLICE_SECONDS,
    TILES_ASKED_MS,
    ZOOM_REST_MS,
)

Drawn = tuple[VisibleGraph | None, Geometry | None, Palette | None]


class Painter(QObject):
    """Paints a crowded scene on a view's viewport; the view calls ``paint`` and lives as long.

    Signals
    -------
    pressed(): a sharp picture is being made for the next moments; other work should wait
    """

    pressed = Signal()

    def __init__(self, view: QGraphicsView, scene: GraphScene) -> None:
        super().__init__(view)
        self._view, self._scene = view, scene
        self._sheet: TileGrid | None = None
        self._before: TileGrid | None = None
        self._far: TileGrid | None = None  # a sheet with the whole graph
        self._spare: TileGrid | None = None
        self._ground: Ground | None = None
        # The graph, geometry and palette that the sheets show, compared by identity.
        self._drawn: Drawn = (None, None, None)
        self._part: Part | None = None
        self._stale, self._complete = True, False
        self._shown = 0.0
        self._seen: tuple[float, float, float] = (0.0, 0.0, 0.0)
        self._marks = Marks(scene)
        self._tiling = Tiling()
        self._rest = _timer(self, ZOOM_REST_MS, self._renew)
        self._slice = _timer(self, 0, self._make_some)
        scene.changed_look.connect(self._look_changed)

    @property
    def settled(self) -> bool:
        """Whether the picture on screen is sharp and up to date."""
        return not self._rest.isActive() and not self._slice.isActive()

    def settle(self) -> None:
        """Make all missing tiles now, without threads; tests call it."""
        if not self._may_draw():
            return
        if self._scene.flow is not None:
            self._scene.flow.prepare(self._area(), self._place()[0])
        if few_in(self._scene, self._area()) is not None:
            return
        if self._sheet is None or self._sheet.scale != self._place()[0]:
            self._renew()
        while not self._make_one(alone=True):
            pass
        nodes = self._scene.geometry.nodes_in(self._area())
        done = self._sheet is None
        while not done:
            assert self._sheet is not None
            others, done = self._marks.update(self._sheet, nodes)
            self._stale |= others  # the sheet no longer draws them
        self._before = None
        self._rest.stop()
        self._slice.stop()

    def paint(self, painter: QPainter) -> None:
        """Paint the viewport; missing tiles are requested, and older sheets shown until then."""
        if not self._may_draw():
            return
        painter.setRenderHints(HINTS)
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
                self.pressed.emit()
            whole = self._sheet if self._complete else self._before
            self._paint_scaled(painter, whole or self._sheet)
        else:
            self._paint_sheet(painter)
        if not paint_over(painter, scene, view, scene.geometry.nodes_in(area)):
            self._view.viewport().update()

    # -- sheets ------------------------------------------------------------------------------

    def _place(self) -> tuple[float, float, float]:
        """Return device pixels per scene unit, and the scene's origin in device pixels."""
        transform, ratio = self._view.viewportTransform(), self._ratio
        return (transform.m11() * ratio, transform.dx() * ratio, transform.dy() * ratio)

    @property
    def _ratio(self) -> float:
        return self._view.viewport().devicePixelRatioF()

    def _size(self) -> tuple[int, int]:
        area = self._view.viewport().size()
        return math.ceil(area.width() * self._ratio), math.ceil(area.height() * self._ratio)

    def _window(self, sheet: TileGrid) -> QRect:
        """Return the part of a sheet of the present scale that is in the viewport."""
        _, left, top = self._place()
        return QRect(round(sheet.left - left), round(sheet.top - top), *self._size())

    def _may_draw(self) -> bool:
        """Whether the scene is crowded and placed; sheets of another graph are dropped.

        Every entry point, timers' too, calls this first: the scene may show another graph, or
        the same one in another placement, than the sheets.
        """
        if not self._scene.crowded or self._scene.placement is None:
            return False
        self._forget_other_graphs()
        return True

    def _forget_other_graphs(self) -> None:
        scene = self._scene
        self._take_node_colours()
        shown = (scene.visible, scene.geometry, scene.palette_)
        if any(a is not b for a, b in zip(shown, self._drawn, strict=True)):
            self._drawn = shown
            self._spare = self._before or self._sheet or self._far or self._spare
            self._sheet = self._before = self._far = None
            self._complete = False
            self._ground = self._ground_now()
            self._marks.clear()
        elif self._part is not scene.part:  # other texts are dimmed: the colours are ready at once
            self._ground = self._ground_now()
            if self._sheet is not None:
                self._renew()

    def _ground_now(self) -> Ground:
        scene = self._scene
        self._part = scene.part
        dimmed = None if scene.tones is None else scene.tones.nodes_dimmed
        assert scene.visible is not None
        titles = FrameTitles(scene.visible.clusters, scene.geometry.frames, scene.offered)
        return Ground(
            scene.geometry, scene.looks, titles, scene.title_opacity, scene.palette_, dimmed
        )

    def _take_node_colours(self) -> None:
        """Apply a palette that differs only in the nodes' colours to the existing sheets."""
        palette, (visible, geometry, before) = self._scene.palette_, self._drawn
        if before is None or before is palette or not palette.differs_in_nodes_only(before):
            return
        self._drawn = (visible, geometry, palette)
        sheets = {sheet for sheet in (self._sheet, self._before, self._far) if sheet is not None}
        for colour_table in {sheet.colour_table for sheet in sheets}:
            colour_table.take_nodes(palette)
        for sheet in sheets:
            sheet.tones = None
        self._marks.clear()
        self._stale = True

    def _renew(self) -> None:
        """Begin a sheet at the present zoom; the previous one is shown until it is ready."""
        self._rest.stop()
        if not self._may_draw():
            return
        place, last = self._place(), self._sheet
        if self._complete:
            last, self._before, self._complete = self._before, self._sheet, False
        spare, self._spare = self._spare if last in (None, self._far) else last, None
        colour_table = self._colour_table_for(place[0], spare)
        self._sheet = self._sheet_of(colour_table, spare)
        self._marks.clear()
        self._stale = True
        self._slice.start()

    def _sheet_of(self, colour_table: ColourTable, spare: TileGrid | None = None) -> TileGrid:
        """Return an empty sheet for the scene's graph at the view's position."""
        scene = self._scene
        assert scene.visible is not None
        assert self._ground is not None
        where = self._place()[1:]
        return TileGrid(
            scene.visible, scene.geometry, self._ground, colour_table, where, self._size(), spare
        )

    def _colour_table_for(self, scale: float, spare: TileGrid | None) -> ColourTable:
        """Return the colour table for a zoom: an existing one, or a new one in unused memory."""
        palette, shown = self._scene.palette_, (self._before, self._far)
        for sheet in (*shown, spare):
            if sheet and (sheet.colour_table.palette, sheet.scale) == (palette, scale):
                return sheet.colour_table
        free = all(
            sheet is None or spare is None or sheet.colour_table is not spare.colour_table
            for sheet in shown
        )
        memory = spare.colour_table.give_away() if spare is not None and free else None
        return ColourTable(palette, steps_for(palette, scale), memory)

    def _missing(self) -> list[TileCell]:
        """Return the cells in sight that are still to be made."""
        sheet = self._sheet
        if sheet is None or sheet.scale != self._place()[0]:
            return []
        cells = sheet.cells_in(self._window(sheet))
        if not all(sheet.holds(cell) for cell in cells):
            sheet = self._sheet = self._moved(sheet)
            self._marks.clear()
            cells = sheet.cells_in(self._window(sheet))
        return [cell for cell in cells if cell not in sheet.tiles]

    def _moved(self, sheet: TileGrid) -> TileGrid:
        """Return the sheet with its grid moved to the view's position."""
        window = self._window(sheet)
        width, height = sheet.tile_size
        columns, rows = sheet.grid
        if window.width() > (columns - 1) * width or window.height() > (rows - 1) * height:
            return self._sheet_of(sheet.colour_table)
        by = (window.left() // width, window.top() // height)
        spare, self._spare = self._spare, None if sheet in (self._before, self._far) else sheet
        return sheet.shifted((by[0] - (by[0] > 0), by[1] - (by[1] > 0)), spare)

    def _make_some(self, seconds: float = SHEET_SLICE_SECONDS) -> None:
        """Make tiles for a slice of the GUI thread; the last of them brings the sharp picture."""
        if not self._may_draw():
            return
        end = time.perf_counter() + seconds
        done: bool | None = False
        while done is False and time.perf_counter() < end:
            done = self._make_one()
        if done:
            if self._before is not self._far:
                self._spare = self._before or self._spare
            self._before = None
            if self._sheet is not None and self._sheet.shows_all:
                self._far = self._sheet
        elif done is False or self._tiling.pending:  # otherwise it failed, and the error was raised
            self.pressed.emit()
            self._slice.start(0 if done is False else TILES_ASKED_MS)
        now = time.perf_counter()
        if self._before is None and now - self._shown > PATCHES_SECONDS:
            self._shown = now
            self._view.viewport().update()

    def _make_one(self, *, alone: bool = False) -> bool | None:
        """Make or begin the next missing thing.

        Return True if nothing is missing, None while only threads have work, else False. ``alone``
        uses no threads.
        """
        missing = self._missing()
        if not missing:
            self._shown, self._complete = 0.0, True
            return True
        sheet, tones = self._sheet, self._scene.tones
        assert sheet is not None
        assert tones is not None
        coloured = alone or not self._stale or self._tiling.colour(sheet, tones)
        if self._stale and coloured:
            self._recolour(ready=True)
        if alone:
            sheet.make(missing[0])
            return False
        going_on = coloured and self._tiling.finish(sheet)
        return False if going_on or self._tiling.begin(sheet, missing) else None

    def _look_changed(self) -> None:
        self._stale = True
        if self._scene.crowded:
            self._view.viewport().update()
        else:
            self._sheet = self._before = self._far = self._spare = None
            self._ground, self._drawn = None, (None, None, None)

    def _recolour(self, *, ready: bool = False) -> None:
        tones = self._scene.tones
        assert tones is not None
        # Before a sheet's first tile its colours are computed by threads.
        waiting = self._sheet is not None and not (ready or self._sheet.tiles)
        if self._sheet is not None and not waiting:
            self._tiling.take_done()
            same = self._sheet.scale == self._place()[0]
            window = self._window(self._sheet) if same else self._sheet.whole
            self._sheet.recolour(tones, window, self._marks.painted)
            if self._complete and same:
                self._tiling.pack(self._sheet, window)
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
            backdrop = self._before or self._far
            if backdrop is not None and backdrop is not sheet:
                self._paint_scaled(painter, backdrop)
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

    def _paint_scaled(self, painter: QPainter, sheet: TileGrid) -> None:
        """Draw a sheet of another zoom scaled, and around it the sheet of the whole graph."""
        if self._stale:
            self._recolour()
        whole, far = QRectF(QPointF(), QSizeF(*self._size())), self._far
        if far is not None and far is not sheet and not self._now(sheet).contains(whole):
            assert self._scene.tones is not None
            if far.tones is not self._scene.tones:
                far.recolour(self._scene.tones, far.whole)
            self._draw(painter, far)
        self._draw(painter, sheet)

    def _draw(self, painter: QPainter, sheet: TileGrid) -> None:
        painter.save()
        painter.resetTransform()
        painter.scale(1 / self._ratio, 1 / self._ratio)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform, False)
        painter.drawImage(self._now(sheet), sheet.image, QRectF(sheet.made))
        painter.restore()

    def _now(self, sheet: TileGrid) -> QRectF:
        """Return where a sheet's tiles are now, in device pixels of the viewport."""
        scale, left, top = self._place()
        grown, made = scale / sheet.scale, sheet.made
        return QRectF(
            left + (made.left() - sheet.left) * grown,
            top + (made.top() - sheet.top) * grown,
            made.width() * grown,
            made.height() * grown,
        )

    def _area(self) -> np.ndarray:
        """Return the part of the scene that is in the viewport."""
        rect = self._view.mapToScene(self._view.viewport().rect()).boundingRect()
        return np.array([rect.left(), rect.top(), rect.right(), rect.bottom()])


def _timer(owner: QObject, milliseconds: int, call) -> QTimer:  # type: ignore[no-untyped-def]
    timer = QTimer(owner)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    timer.timeout.connect(call)
    return timer
