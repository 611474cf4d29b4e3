"""The curves of kept runs (see ``KeptRuns``), dimmed beneath those of the present run."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtGui import QAction, QColor, QPen

from engine.support.arrays import Floats
from engine.support.text import tr
from gui.history.kept_runs import KeptRuns
from gui.plots.envelope_points import saw
from gui.plots.plot import FIRST, Plot, finite_range, line_pen
from gui.plots.polylines import Polylines

OPACITY = 0.35
BELOW = -10.0  # z value: beneath the present run's curves


class KeptCurves:
    """Draws one column group of every kept run, and adds "forget" to the plot's menu."""

    def __init__(self, plot: Plot, kept: KeptRuns, series: str) -> None:
        self._plot, self._kept, self._series = plot, kept, series
        self._pens: list[QPen] = []
        self.items: list[Polylines] = []  # reused; those not needed now are hidden
        self._forget = QAction(tr("Forget the dimmed curves"), plot)
        self._forget.setToolTip(tr("What was trained before going back and on in another way"))
        self._forget.triggered.connect(lambda _=False: kept.forget())
        first = next(action for action in plot.actions() if action.objectName() == FIRST)
        plot.insertAction(first, self._forget)
        self._offer()
        kept.changed.connect(self._offer)

    def _offer(self) -> None:
        self._forget.setVisible(bool(self._kept.runs))

    def set_colours(self, colours: Sequence[str]) -> None:
        """Set the colour of each column."""
        self._pens = [line_pen(_dimmed(colour), 1.0) for colour in colours]
        for item in self.items:
            item.set_pens(self._pens)

    def show(self, bins: int, x_range: tuple[float, float]) -> Floats:
        """Draw the curves; return their smallest and largest y in the view, None without any."""
        runs = list(self._kept)
        while len(self.items) < len(runs):
            item = Polylines()
            item.set_pens(self._pens)
            item.setZValue(BELOW)
            self._plot.addItem(item, ignoreBounds=True)
            self.items.append(item)
        heights = []
        for item, run in zip(self.items, [*runs, *[None] * len(self.items)], strict=False):
            item.setVisible(run is not None)
            if run is None:
                item.set_data(np.empty(0), np.empty((0, len(self._pens))))
                continue
            envelope = run.rows.envelope(self._series, bins, *x_range)
            x, y = saw(envelope, self._plot.options.log)
            if not envelope.exact:
                x, y = envelope.x, (y[0::2] + y[1::2]) / 2
            item.set_data(x, y)
            heights.append(y.ravel())
        if not heights:
            return np.empty(0)
        return np.array(finite_range(np.concatenate(heights), (np.nan, np.nan)))


def _dimmed(colour: str) -> QColor:
    dimmed = QColor(colour)
    dimmed.setAlphaF(OPACITY)
    return dimmed
