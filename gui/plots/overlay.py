"""Curves over the raw ones of a plot over steps: smoothed curves and epoch means."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtGui import QColor, QPen

from engine.support.arrays import Floats
from engine.support.figures import figure
from engine.support.text import tr
from gui.history.history import History
from gui.history.smoothing import Curves
from gui.plots.plot import Plot
from gui.plots.polylines import Polylines

FAINT = 0.35  # opacity of the raw curves under smoothed ones, for one or two curves


class Overlay:
    """Draws smoothed curves and epoch means by the plot's options.

    While it is ``active`` the panel draws its raw curves faint (``faint``).
    """

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._smooth: Curves | None = None
        self.smooth, self.means = Polylines(), Polylines()
        self.complete = True
        for item in (self.smooth, self.means):
            item.setZValue(5)
            item.setVisible(False)
            plot.addItem(item, ignoreBounds=True)

    @property
    def active(self) -> bool:
        return self._plot.options.smoothing > 0 or self._plot.options.means

    def set_pens(self, pens: Sequence[QPen], top: int | None = None) -> None:
        """Set the pens, which are those of the raw curves."""
        self.smooth.set_pens(pens, top)
        self.means.set_pens(pens, top)

    def show(self, history: History, name: str, bins: int, x_range: tuple[float, float]) -> None:
        """Draw a column group's curves; ``complete`` is False while more is to be computed."""
        options = self._plot.options
        self._smooth, means = None, None
        if options.smoothing and len(history):
            self._smooth = history.smoothed(name, options.smoothing, bins, *x_range)
        if options.means and len(history):
            means = history.epoch_means(name, bins)
        self.complete = True
        for item, curves in ((self.smooth, self._smooth), (self.means, means)):
            if curves is not None:
                item.set_data(curves.x, self._plot.to_view(curves.y))
                self.complete = self.complete and curves.complete
            item.setVisible(curves is not None and len(curves.x) > 0)

    def hide(self) -> None:
        """Hide the curves until the next ``show``."""
        self._smooth, self.complete = None, True
        self.smooth.setVisible(False)
        self.means.setVisible(False)

    def at(self, step: float) -> Floats | None:
        """Return the smoothed values at a step (columns,), None where nothing is smoothed."""
        if self._smooth is None or not len(self._smooth.x):
            return None
        x = self._smooth.x
        k = int(np.clip(np.searchsorted(x, step), 1, max(1, len(x) - 1)))
        near = k if k < len(x) and x[k] - step <= step - x[k - 1] else k - 1
        found: Floats = self._smooth.y[near]
        return found

    def words(self) -> list[str]:
        """Return the legend's text on what is drawn over the raw curves."""
        options, found = self._plot.options, []
        if options.smoothing:
            found.append(tr("smoothed, w = {weight}").format(weight=figure(options.smoothing)))
        if options.means and self.means.isVisible():
            found.append(tr("steps: mean of each epoch"))
        return found


def with_smoothed(words: str, smoothed: float | None) -> str:
    """Return a value's text at the crosshair with the smoothed value in brackets."""
    if smoothed is None:
        return words
    return f"{words} ({figure(smoothed, 3)})"


def smoothed_heading(heading: str, smoothed: Floats | None) -> str:
    """Return the crosshair's heading; it explains the brackets where there are any."""
    return heading if smoothed is None else tr("{step} (smoothed)").format(step=heading)


def faint(pens: Sequence[QPen]) -> list[QPen]:
    """Return the same pens more transparent, the more the more curves there are to overlap."""
    share = FAINT * min(1.0, math.sqrt(2 / max(1, len(pens))))
    found = []
    for pen in pens:
        colour = QColor(pen.color())
        colour.setAlphaF(colour.alphaF() * share)
        pale = QPen(pen)
        pale.setColor(colour)
        pale.setWidthF(1.0)
        found.append(pale)
    return found
