"""Marks at a plot's edges for values it cannot place: zeros at the bottom, NaN and ∞ on top."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg

from engine.support.text import tr
from gui.appearance.theme import Theme
from gui.plots.plot import Plot, line_pen

MARK_PIXELS = 7


class EdgeMarks:
    """Circles at the bottom for exact zeros on a log axis, crosses at the top for NaN and ∞."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self.zeros = pg.ScatterPlotItem(pxMode=True, symbol="o", size=7)
        self.bad = pg.ScatterPlotItem(pxMode=True, symbol="x", size=8)
        self.zeros.setToolTip(tr("0 or below: not on a logarithmic axis"))
        self.bad.setToolTip(tr("NaN or infinite"))
        for item in (self.zeros, self.bad):
            item.setZValue(20)
            item.setVisible(False)
            plot.addItem(item, ignoreBounds=True)

    def apply_theme(self, theme: Theme) -> None:
        for item, colour in ((self.zeros, theme.warning), (self.bad, theme.error)):
            item.setPen(line_pen(colour, 1.6))
            item.setBrush(None)

    def show(self, zero_x: np.ndarray, bad_x: np.ndarray) -> None:
        """Place marks at these x (view coordinates), at the edges of the view's present range."""
        for item, x in ((self.zeros, zero_x), (self.bad, bad_x)):
            if len(x) or item.isVisible():
                self._place(item, x)
            item.setVisible(len(x) > 0)  # an empty item costs painting time, too

    def _place(self, item: pg.ScatterPlotItem, x: np.ndarray) -> None:
        edge = self._plot.view.viewRange()[1]
        margin = self._plot.view.viewPixelSize()[1] * MARK_PIXELS
        y = edge[0] + margin if item is self.zeros else edge[1] - margin
        item.setData(x, np.full(len(x), y))
