"""Limits how often a widget is drawn, so that drawing leaves the GUI thread time."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtWidgets import QWidget

from gui.widgets.drawing_rates import REDRAW_AGAIN_MS, REDRAW_MS, REST_AFTER_REDRAW


class RedrawLimit(QObject):
    """Draws at once if the last drawing is long enough ago, else a little later.

    Moving and hovering may ask for it at each display refresh, which is more than a plot needs. A
    frame is drawn in its turn: what is on screen belongs to one step. Nothing is drawn while the
    widget is hidden.
    """

    def __init__(
        self, widget: QWidget, draw: Callable[[], None], interval_ms: int = REDRAW_MS
    ) -> None:
        super().__init__(widget)
        self._widget = widget
        self._draw = draw
        self._interval = interval_ms / 1000
        self._next = 0.0
        self._drawing = False
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.draw_now)
        self._stale = True
        widget.installEventFilter(self)

    def request(self) -> None:
        """Draw soon; a request while drawing leads to one more drawing."""
        self._stale = True
        if self._drawing:
            self._timer.start(REDRAW_AGAIN_MS)
            return
        if not self._widget.isVisible() or self._timer.isActive():
            return
        wait = self._next - time.perf_counter()
        if wait <= 0:
            self.draw_now()
        else:
            self._timer.start(math.ceil(wait * 1000))

    def draw_frame(self) -> None:
        """Draw a frame now if the widget can be seen; called from the listener of frames."""
        if self._widget.isVisible():
            self.draw_now()
        else:
            self._stale = True

    def draw_now(self) -> None:
        """Draw without waiting."""
        self._timer.stop()
        self._stale = False
        began = time.perf_counter()
        self._drawing = True
        try:
            self._draw()
        finally:
            self._drawing = False
        ended = time.perf_counter()
        self._next = ended + max(self._interval, REST_AFTER_REDRAW * (ended - began))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Show and self._stale:
            self._timer.start(0)
        elif event.type() == QEvent.Type.Hide:
            self._stale = self._stale or self._timer.isActive()
            self._timer.stop()
        return False
