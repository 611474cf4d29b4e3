"""One curve per layer in a plot, with marks at the edges for values without a logarithm."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtGui import QColor, QPen

from engine.support.arrays import Floats
from gui.appearance.theme import Theme
from gui.history.envelope import Envelope, empty
from gui.history.history import History
from gui.plots.edge_marks import EdgeMarks
from gui.plots.envelope_points import saw
from gui.plots.overlay import Overlay, faint
from gui.plots.plot import Plot, finite_range, line_pen
from gui.plots.polylines import Polylines

REACH_PIXELS = 40


class LayerCurves:
    """The curves of an ``Envelope`` with a column per layer, on a logarithmic or linear y axis.

    Where there are more steps than pixels, a faint band reaches from the smallest to the largest
    norm of each pixel with the line in its middle: opaque bands would hide one another.
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
        """Set the number of curves and their colours."""
        self._colours = list(colours)
        width = 1.0 if len(self._colours) > 12 else 1.6
        self._pens = [line_pen(colour, width) for colour in self._colours]
        self._faint = [_faint_pen(colour, 0.3) for colour in self._colours]
        self.marks.apply_theme(theme)
        self._strong = None
        self._set_pens()

    def emphasise(self, layer: int | None) -> None:
        """Highlight the curve of a layer; None: highlight none."""
        if layer != self._strong:
            self._strong = layer
            self._set_pens()

    def take_options(self) -> None:
        """Draw raw curves fainter or not, as the plot's options for smoothing say."""
        self._set_pens()

    def _set_pens(self) -> None:
        """Set the pens, made once per theme: a thousand of them take tens of milliseconds."""
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
        """Draw the curves; return (lowest, highest) finite value, NaN where there is none."""
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
        """Draw smoothed curves and means if chosen; False while they are incomplete."""
        if self.overlay.active:
            self.overlay.show(history, name, bins, x_range)
        else:
            self.overlay.hide()
        return self.overlay.complete

    def show_marks(self) -> None:
        """Mark zeros and non-finite values at the edges of the present view."""
        envelope = self._envelope
        zeros = envelope.x[envelope.zero.any(1)] if self._plot.options.log else envelope.x[:0]
        self.marks.show(zeros, envelope.x[envelope.bad.any(1)])

    def nearest(self, x: float, y: float) -> int | None:
        """Return the layer whose curve is nearest to a point of the view, if one is near."""
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
