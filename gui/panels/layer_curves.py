"""A curve for each layer in one plot, with marks at the edges for what has no logarithm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg

from engine.text import tr
from gui.envelope import Envelope
from gui.plots import AFFORDABLE_POINTS, Plot, line_pen, log10
from gui.theme import LIGHT, Theme

REACH_PIXELS = 40
MARK_PIXELS = 7


class EdgeMarks:
    """Circles at the bottom edge for exact zeros, crosses at the top for what is not finite."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self.zeros = pg.ScatterPlotItem(pxMode=True, symbol="o", size=7)
        self.bad = pg.ScatterPlotItem(pxMode=True, symbol="x", size=8)
        self.zeros.setToolTip(tr("exactly 0"))
        self.bad.setToolTip(tr("NaN or infinite"))
        for item in (self.zeros, self.bad):
            item.setZValue(20)
            plot.addItem(item, ignoreBounds=True)

    def apply_theme(self, theme: Theme) -> None:
        for item, colour in ((self.zeros, theme.warning), (self.bad, theme.error)):
            item.setPen(line_pen(colour, 1.6))
            item.setBrush(None)

    def show(self, zero_x: np.ndarray, bad_x: np.ndarray) -> None:
        """Place marks at these x; the edges are those of the view as it is now."""
        low, high = self._plot.view.viewRange()[1]
        margin = self._plot.view.viewPixelSize()[1] * MARK_PIXELS
        self.zeros.setData(zero_x, np.full(len(zero_x), low + margin))
        self.bad.setData(bad_x, np.full(len(bad_x), high - margin))


class LayerCurves:
    """The polylines of an ``Envelope`` whose columns are layers, on a logarithmic y axis."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._items: list[pg.PlotCurveItem] = []
        self._colours: list[str] = []
        self._theme = LIGHT
        self._strong: int | None = None
        self._x = np.empty(0)
        self._y = np.empty((0, 0))
        self.marks = EdgeMarks(plot)

    def set_colours(self, colours: Sequence[str], theme: Theme) -> None:
        """Have one curve for each colour.

        Curves that are too many are emptied, not removed: a scene that loses items while they
        wait to be painted can crash.
        """
        for item in self._items[len(colours) :]:
            item.setData([], [])
        while len(self._items) < len(colours):
            self._items.append(pg.PlotCurveItem(connect="finite"))
            self._plot.addItem(self._items[-1], ignoreBounds=True)
        self._colours, self._theme = list(colours), theme
        self.marks.apply_theme(theme)
        self._strong = None
        self._set_pens(range(len(colours)))

    def emphasise(self, layer: int | None) -> None:
        """Set off one curve, or none."""
        if layer == self._strong:
            return
        changed = [k for k in (self._strong, layer) if k is not None and k < len(self._colours)]
        self._strong = layer
        self._set_pens(changed)

    def _set_pens(self, layers: Sequence[int] | range) -> None:
        for k in layers:
            strong = k == self._strong
            width = 3.0 if strong else 1.0 if len(self._colours) > 12 else 1.6
            self._items[k].setPen(line_pen(self._colours[k], width))
            self._items[k].setZValue(10 if strong else 0)

    def show_envelope(self, envelope: Envelope) -> None:
        """Draw the curves, and the marks of their zeros and non-finite values."""
        high = log10(envelope.high)
        low = log10(np.where(envelope.low > 0, envelope.low, envelope.high))
        if envelope.exact:
            x, y = envelope.x, high
        else:
            x = np.repeat(envelope.x, 2)
            y = np.empty((len(x), high.shape[1]))
            y[0::2], y[1::2] = high, low
        self._x, self._y = x, y
        smooth = envelope.exact and y.size < AFFORDABLE_POINTS
        for k, item in enumerate(self._items[: len(self._colours)]):
            column = np.ascontiguousarray(y[:, k]) if k < y.shape[1] else np.empty(0)
            item.setData(x[: len(column)], column, antialias=smooth)
        self.marks.show(envelope.x[envelope.zero.any(1)], envelope.x[envelope.bad.any(1)])

    def nearest(self, x: float, y: float) -> int | None:
        """The curve nearest to a point of the view, None where none is near."""
        if not len(self._x):
            return None
        at = int(np.clip(np.searchsorted(self._x, x), 0, len(self._x) - 1))
        near = self._y[max(0, at - 2) : at + 2]
        per_pixel = self._plot.view.viewPixelSize()[1] or 1.0
        distance = np.abs(near - y) / per_pixel
        distance = np.where(np.isfinite(distance), distance, np.inf).min(axis=0, initial=np.inf)
        if not len(distance) or distance.min() > REACH_PIXELS:
            return None
        return int(np.argmin(distance))
