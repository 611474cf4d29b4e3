"""A curve for each layer in one plot, with marks at the edges for what has no logarithm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QColor, QPen

from engine.support.arrays import Floats
from engine.support.text import tr
from gui.appearance.theme import Theme
from gui.history.envelope import Envelope, empty
from gui.history.history import History
from gui.plots.overlay import Overlay, faint
from gui.plots.plot import Plot, finite_range, line_pen, log10
from gui.plots.polylines import Polylines

REACH_PIXELS = 40
MARK_PIXELS = 7


def log_saw(envelope: Envelope) -> tuple[Floats, Floats]:
    """x (points,) and log₁₀ of all columns (points, columns), high and low in turn.

    A bin in which some values are 0 has no lowest logarithm: it is drawn by its greatest.
    """
    high = log10(envelope.high)
    if envelope.exact:
        return envelope.x, high
    y = np.empty((2 * len(high), high.shape[1]))
    y[0::2] = high
    y[1::2] = log10(np.where(envelope.low > 0, envelope.low, envelope.high))
    return np.repeat(envelope.x, 2), y


def saw(envelope: Envelope, log: bool) -> tuple[Floats, Floats]:
    """x (points,) and all columns (points, columns) in the view, high and low in turn."""
    if log:
        return log_saw(envelope)
    if envelope.exact:
        return envelope.x, envelope.high
    y = np.stack([envelope.high, envelope.low], axis=1)
    return np.repeat(envelope.x, 2), y.reshape(-1, y.shape[2])


class EdgeMarks:
    """Circles at the bottom edge for what has no logarithm, crosses at the top for NaN and ∞."""

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
        """Place marks at these x; the edges are those of the view as it is now."""
        for item, x in ((self.zeros, zero_x), (self.bad, bad_x)):
            if len(x) or item.isVisible():
                self._place(item, x)
            item.setVisible(len(x) > 0)  # what is empty would take its time to paint, too

    def _place(self, item: pg.ScatterPlotItem, x: np.ndarray) -> None:
        edge = self._plot.view.viewRange()[1]
        margin = self._plot.view.viewPixelSize()[1] * MARK_PIXELS
        y = edge[0] + margin if item is self.zeros else edge[1] - margin
        item.setData(x, np.full(len(x), y))


class LayerCurves:
    """The curves of an ``Envelope`` whose columns are layers, on a logarithmic or linear y axis.

    Where there are more steps than pixels a faint band reaches from the least to the greatest norm
    and the line runs in its middle: full bands would cover one another.
    """

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self.bands, self.lines = Polylines(), Polylines()
        for item in (self.bands, self.lines):
            plot.addItem(item, ignoreBounds=True)
        self._colours: list[str] = []
        self._pens: list[QPen] = []
        self._faint: list[QPen] = []
        self._strong: int | None = None
        self._envelope = empty(0)
        self.overlay = Overlay(plot)
        self.marks = EdgeMarks(plot)

    def set_colours(self, colours: Sequence[str], theme: Theme) -> None:
        """Have one curve for each colour."""
        self._colours = list(colours)
        width = 1.0 if len(self._colours) > 12 else 1.6
        self._pens = [line_pen(colour, width) for colour in self._colours]
        self._faint = [_faint_pen(colour, 0.3) for colour in self._colours]
        self.marks.apply_theme(theme)
        self._strong = None
        self._set_pens()

    def emphasise(self, layer: int | None) -> None:
        """Set off one curve, or none."""
        if layer != self._strong:
            self._strong = layer
            self._set_pens()

    def take_options(self) -> None:
        """Let raw curves stand back, or not, as the plot's options say."""
        self._set_pens()

    def _set_pens(self) -> None:
        """Pens are made once a theme: a thousand of them take tens of milliseconds."""
        lines, bands = list(self._pens), list(self._faint)
        if self._strong is not None:
            colour = self._colours[self._strong]
            lines[self._strong] = line_pen(colour, 3.0)
            bands[self._strong] = _faint_pen(colour, 0.6)
        self.overlay.set_pens(lines, self._strong)
        if self.overlay.active:
            lines, bands = faint(lines), faint(bands)
        self.lines.set_pens(lines, self._strong)
        self.bands.set_pens(bands, self._strong)

    def show_envelope(self, envelope: Envelope) -> Floats:
        """Draw the curves; return the lowest and the highest point in the view, if any."""
        self._envelope = envelope
        x, y = saw(envelope, self._plot.options.log)
        if envelope.exact:
            self.bands.set_data(x[:0], y[:0])
            self.lines.set_data(x, y)
        else:
            self.bands.set_data(x, y)
            self.lines.set_data(envelope.x, (y[0::2] + y[1::2]) / 2)
        return np.array(finite_range(y, (np.nan, np.nan)))

    def lay_over(
        self, history: History, name: str, bins: int, x_range: tuple[float, float]
    ) -> bool:
        """Draw smoothed curves and means where they are wanted; False where more is to come."""
        if self.overlay.active:
            self.overlay.show(history, name, bins, x_range)
        else:
            self.overlay.hide()
        return self.overlay.complete

    def show_marks(self) -> None:
        """Mark zeros and non-finite values at the edges of the view as it is now."""
        envelope = self._envelope
        zeros = envelope.x[envelope.zero.any(1)] if self._plot.options.log else envelope.x[:0]
        self.marks.show(zeros, envelope.x[envelope.bad.any(1)])

    def nearest(self, x: float, y: float) -> int | None:
        """The curve nearest to a point of the view, None where none is near."""
        item = self.overlay.smooth if self.overlay.smooth.isVisible() else self.lines
        steps, norms = item.get_data()
        if not len(steps):
            return None
        at = int(np.clip(np.searchsorted(steps, x), 0, len(steps) - 1))
        near = norms[max(0, at - 2) : at + 2]
        per_pixel = self._plot.view.viewPixelSize()[1] or 1.0
        distance = np.abs(near - y) / per_pixel
        distance = np.where(np.isfinite(distance), distance, np.inf).min(axis=0, initial=np.inf)
        if not len(distance) or distance.min() > REACH_PIXELS:
            return None
        return int(np.argmin(distance))


def _faint_pen(colour: str, opacity: float) -> QPen:
    faint = QColor(colour)
    faint.setAlphaF(opacity)
    return line_pen(faint, 1.0)
