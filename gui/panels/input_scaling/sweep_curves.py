"""The curves of a sweep over the input scale: solid at η, dashed at η/scale²."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pyqtgraph as pg

from gui.appearance.theme import LIGHT, Theme
from gui.panels.input_scaling.sweep_runner import SweepPointLike
from gui.plots.edge_marks import EdgeMarks
from gui.plots.plot import Plot, finite_range, line_pen, log10

REACH_PIXELS = 30


class SweepCurves:
    """Two curves for the objective, or two per layer, on logarithmic axes."""

    def __init__(self, plot: Plot) -> None:
        self._plot = plot
        self._theme = LIGHT
        self._colours: list[str] = []
        # Items are reused: a scene that loses items while they are painted can crash.
        self.items: list[tuple[pg.PlotCurveItem, pg.ScatterPlotItem]] = []
        self.used = 0
        self._drawn: list[tuple[SweepPointLike, int | None, float]] = []
        self.marks = EdgeMarks(plot)

    def set_layers(self, colours: Sequence[str], theme: Theme) -> None:
        self._colours, self._theme = list(colours), theme
        self.marks.apply_theme(theme)

    def clear(self) -> None:
        for curve, points in self.items:
            curve.setData([], [])
            points.setData([], [])
        self.used = 0
        self._drawn.clear()
        self.marks.show(np.empty(0), np.empty(0))

    def show_points(self, points: Sequence[SweepPointLike], quantity: str) -> None:
        """Draw one quantity of the points; zeros and non-finite values are marked at the edges."""
        self.clear()
        rows = sorted(points, key=lambda p: p.scale)
        drawn, zero_x, bad_x = [], [], []
        log = self._plot.options.log
        for compensated, layer, colour in self._wanted(quantity, len(rows)):
            chosen = [p for p in rows if p.compensated == compensated]
            values = [_value(p, quantity, layer) for p in chosen]
            x, y = log10([p.scale for p in chosen]), self._plot.to_view(values)
            self._add_curve(x, y, colour, compensated, thin=layer is not None)
            self._drawn += zip(chosen, [layer] * len(chosen), values, strict=True)
            zero_x += [a for a, v in zip(x, values, strict=True) if v <= 0 and log]
            bad_x += [a for a, v in zip(x, values, strict=True) if not math.isfinite(v)]
            drawn.append(y)
        scales = log10([p.scale for p in rows])
        x_range = finite_range(scales, (-3.0, 3.0))
        y_range = finite_range(np.concatenate(drawn) if drawn else [], (-1.0, 1.0))
        self._plot.show_range(x_range, y_range)
        self.marks.show(np.unique(zero_x), np.unique(bad_x))

    def at(self, x: float) -> list[tuple[SweepPointLike, int | None, float]]:
        """Return what is drawn at the scale nearest to 10ˣ."""
        if not self._drawn:
            return []
        scale = min((p.scale for p, _, _ in self._drawn), key=lambda s: abs(math.log10(s) - x))
        return [one for one in self._drawn if one[0].scale == scale]

    def _wanted(self, quantity: str, count: int) -> Iterator[tuple[bool, int | None, str]]:
        if not count:
            return
        if quantity == "objective":
            yield False, None, self._theme.series[0]
            yield True, None, self._theme.series[0]
            return
        for layer, colour in enumerate(self._colours):
            yield False, layer, colour
            # Before the first update the learning rate has changed nothing yet.
            if quantity == "layer_gradient_norm_after":
                yield True, layer, colour

    def _add_curve(
        self, x: np.ndarray, y: np.ndarray, colour: str, dashed: bool, thin: bool
    ) -> None:
        if self.used == len(self.items):
            fresh = pg.PlotCurveItem(connect="finite"), pg.ScatterPlotItem(pxMode=True, size=5)
            for item in fresh:
                self._plot.addItem(item, ignoreBounds=True)
            self.items.append(fresh)
        curve, points = self.items[self.used]
        self.used += 1
        crowded = thin and len(self._colours) > 12
        curve.setPen(line_pen(colour, 1.2 if crowded else 1.8, dashed))
        curve.setData(x, y, antialias=True)
        seen = np.isfinite(y) & (not crowded)
        brush = pg.mkBrush(self._theme.surface if dashed else colour)
        points.setData(x[seen], y[seen], pen=line_pen(colour, 1.2), brush=brush)

    def nearest(self, x: float, y: float) -> tuple[SweepPointLike, int | None, float] | None:
        """Return the point nearest to a position of the view, with its layer and value."""
        wide, high = self._plot.view.viewPixelSize()
        best, found = REACH_PIXELS**2, None
        for point, layer, value in self._drawn:
            (place,) = self._plot.to_view([value])
            if not math.isfinite(place):
                continue
            dx = (math.log10(point.scale) - x) / wide
            dy = (place - y) / high
            if dx * dx + dy * dy < best:
                best, found = dx * dx + dy * dy, (point, layer, value)
        return found


def _value(point: SweepPointLike, quantity: str, layer: int | None) -> float:
    found = getattr(point, quantity)
    return float(found if layer is None else found[layer])
