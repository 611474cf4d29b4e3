"""The gradient norm of each layer at one step, as bars."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pyqtgraph as pg

from gui.appearance.theme import Theme
from gui.plots.edge_marks import EdgeMarks
from gui.plots.plot import Plot, finite_range, line_pen

BAR_WIDTH = 0.72


class LayerProfile:
    """A bar per layer; a circle at the bottom marks 0, a cross at the top NaN and ∞."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._colours: list[str] = []
        self._names: list[str] = []
        self._strong: int | None = None
        self._norms = np.empty(0)
        self._highlight = ""
        self.bars = pg.BarGraphItem(x=[], height=[], width=BAR_WIDTH, y0=0.0)
        plot.addItem(self.bars, ignoreBounds=True)
        plot.showGrid(x=False, y=True, alpha=0.16)
        self.marks = EdgeMarks(plot)

    def set_colours(self, colours: Sequence[str], theme: Theme) -> None:
        self._colours, self._highlight = list(colours), theme.text
        self.marks.apply_theme(theme)
        self.show_norms(self._norms)

    def name_layers(self, names: Sequence[str]) -> None:
        """Label the bars with layer names, or with numbers where names do not fit."""
        self._names = list(names)
        self._norms = np.empty(0)

    def emphasise(self, layer: int | None) -> None:
        if layer != self._strong:
            self._strong = layer
            self.show_norms(self._norms)

    def layer_at(self, x: float) -> int | None:
        """Return the layer whose bar is at x."""
        layer = round(x) - 1
        return layer if 0 <= layer < len(self._names) else None

    def show_norms(self, norms: np.ndarray, computed: bool = True) -> None:
        """Draw bars from the bottom edge up to the norms; none while a pass is incomplete."""
        norms = norms if computed else np.empty(0)
        self._norms = norms
        count = len(norms)
        if count != len(self._colours):
            self.bars.setOpts(x=[], height=[], y0=0.0, brushes=None, pens=None)
            self.marks.show(np.empty(0), np.empty(0))
            self._plot.show_range((0.4, len(self._names) + 0.6), (-1.0, 0.0))
            self._set_ticks(len(self._names))
            return
        x = np.arange(1, count + 1)
        log = self._plot.options.log
        y = self._plot.to_view(np.where(np.isfinite(norms), norms, np.nan))
        low, high = finite_range(y, (-1.0, 0.0) if log else (0.0, 1.0))
        # The axis begins below the smallest norm, whose bar would have no height otherwise.
        floor = math.floor(low - 0.15 * max(high - low, 1.0)) if log else 0.0
        self._plot.show_range((0.4, count + 0.6), (floor, high))
        base = self._plot.view.viewRange()[1][0] if log else 0.0
        self.marks.show(x[(norms == 0) & log], x[~np.isfinite(norms)])
        self._set_ticks(count)
        shown = np.isfinite(y)
        if not shown.any():  # pyqtgraph can't take empty lists of pens
            self.bars.setOpts(x=[], height=[], y0=0.0, brushes=None, pens=None)
            return
        pens = [
            line_pen(self._highlight, 2) if k == self._strong else pg.mkPen(None)
            for k in np.flatnonzero(shown)
        ]
        self.bars.setOpts(
            x=x[shown],
            height=y[shown] - base,
            y0=base,
            brushes=[self._colours[k] for k in np.flatnonzero(shown)],
            pens=pens,
        )

    def _set_ticks(self, count: int) -> None:
        axis = self._plot.getAxis("bottom")
        width = max(1.0, self._plot.view.width()) / max(count, 1)
        metrics = self._plot.fontMetrics()
        if all(metrics.horizontalAdvance(name) < width for name in self._names):
            axis.setTicks([list(enumerate(self._names, start=1))])
            return
        room = metrics.horizontalAdvance(str(count)) + 8
        every = next(k for k in (1, 2, 5, 10, 20, 50, 100, 1000) if k * width > room or k == 1000)
        marks = [k for k in range(1, count + 1) if k == 1 or k % every == 0]
        axis.setTicks([[(k, str(k)) for k in marks]])
