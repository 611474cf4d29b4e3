"""The total gradient norm before and after clipping, drawn among the layers' curves."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt

from engine.optimizer.clipping import Clipping
from engine.support.figures import figure
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.history.history import History, HistoryRow
from gui.plots.crosshair import CurveValue
from gui.plots.envelope_points import saw
from gui.plots.plot import Plot, line_pen
from gui.plots.polylines import Polylines

SERIES = ("gradient_norm_before_clipping", "gradient_norm_after_clipping")


class ClippingLines:
    """Two curves, dashed before and solid after clipping, and the threshold of clipping by norm.

    They are drawn while clipping is on, and for earlier steps at which gradients were clipped.
    """

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._theme = LIGHT
        self.lines = [Polylines() for _ in SERIES]
        self.threshold = pg.InfiniteLine(angle=0, movable=False)
        self.threshold.setVisible(False)
        self.threshold.setToolTip(tr("The threshold: the largest norm that an update takes"))
        for item in (self.threshold, *self.lines):
            item.setZValue(-1)  # behind the layers
            plot.addItem(item, ignoreBounds=True)
        self.shown = False

    def apply_theme(self, theme: Theme) -> None:
        self._theme = theme
        for line, pen in zip(self.lines, self._pens(), strict=True):
            line.set_pens([pen])
        pen = line_pen(theme.warning, 1.0)
        pen.setStyle(Qt.PenStyle.DotLine)
        self.threshold.setPen(pen)

    def _pens(self) -> list[pg.QtGui.QPen]:
        return [line_pen(self._theme.muted, 1.2, dashed=True), line_pen(self._theme.text, 1.6)]

    @property
    def legend(self) -> list[tuple[str, str, bool]]:
        """Return (words, colour, dashed) of each line drawn, for the legend."""
        if not self.shown:
            return []
        theme = self._theme
        entries = [
            (tr("all, before clipping"), theme.muted, True),
            (tr("all, after clipping"), theme.text, False),
        ]
        if self.threshold.isVisible():
            entries.append((tr("threshold"), theme.warning, True))
        return entries

    def values(self, row: HistoryRow) -> list[CurveValue]:
        """Return the values of both lines at this step, for the crosshair."""
        if not self.shown:
            return []
        names = tr("all, before clipping"), tr("all, after clipping")
        numbers = [row.scalar(name) for name in SERIES]
        colours = self._theme.muted, self._theme.text
        return [
            CurveValue(name, colour, number, figure(number, 3))
            for name, colour, number in zip(names, colours, numbers, strict=True)
        ]

    def figures(self, row: HistoryRow, clipping: Clipping) -> list[str]:
        """Return the norms before and after clipping at this step as text; [] without clipping.

        Uses the row and the settings only, so it works while another plot is in front.
        """
        before, after = (row.scalar(name) for name in SERIES)
        if np.array_equal(before, after, equal_nan=True):
            if clipping.type == "none":
                return []
            return [tr("all {before}").format(before=figure(before, 3))]
        words = tr("all {before}, clipped to {after}")
        return [words.format(before=figure(before, 3), after=figure(after, 3))]

    def show(
        self, history: History, clipping: Clipping, bins: int, x_range: tuple[float, float]
    ) -> np.ndarray:
        """Draw both lines; return the plotted heights, to which the axis is fitted."""
        before, after = (history.envelope(name, bins, *x_range) for name in SERIES)
        on = clipping.type != "none"
        differ = not np.array_equal(before.high, after.high, equal_nan=True)
        self.shown = on or differ
        by_norm = clipping.type == "norm"
        self.threshold.setVisible(by_norm)
        threshold = self._plot.to_view([clipping.threshold])
        if by_norm:
            self.threshold.setValue(threshold[0])
        if not self.shown:
            for line in self.lines:
                line.set_data(np.empty(0), np.empty((0, 1)))
            return np.empty(0)
        drawn = []
        for line, envelope in zip(self.lines, (before, after), strict=True):
            x, y = saw(envelope, self._plot.options.log)
            line.set_data(x, y)
            drawn.append(y.ravel())
        if by_norm:
            drawn.append(threshold)
        return np.concatenate(drawn)
