"""The gradient norm of each layer: over the steps, over the layers, and over time steps."""

from __future__ import annotations

import html
from typing import Any, ClassVar

import numpy as np
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import QLabel, QVBoxLayout, QWidget

from engine.messages.frame import Frame
from engine.messages.topology import LayerInfo, Topology
from engine.optimizer.clipping import Clipping
from engine.support.figures import figure, whole
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.history.history import History
from gui.panels.gradient_norms.clipping_lines import SERIES, ClippingLines
from gui.panels.gradient_norms.layer_curves import LayerCurves
from gui.panels.gradient_norms.layer_profile import LayerProfile
from gui.panels.gradient_norms.short_tabs import ShortTabs
from gui.panels.gradient_norms.time_norms import curve_of, plain_curve
from gui.panels.gradient_norms.time_view import TimeView
from gui.panels.panel import Panel
from gui.plots.crosshair import CurveValue, Reading
from gui.plots.export import ExportablePlot
from gui.plots.kept_curves import KeptCurves
from gui.plots.layer_legend import LayerLegend, layer_colours
from gui.plots.overlay import smoothed_heading, with_smoothed
from gui.plots.panel_parts import caption, extremes, more_button, step_words
from gui.plots.plot import Plot, finite_range
from gui.session.session import Session
from gui.widgets.redraw_limit import RedrawLimit
from gui.widgets.rich_text import coloured, flowing, muted, show_rich, shrinkable


class GradientNormsPanel(Panel):
    """Where the gradient vanishes or explodes: per layer, over time and over depth."""

    name = "gradient_norms"
    series: ClassVar[str] = "layer_gradient_norm"

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.history: History = session.history
        self.theme = LIGHT
        self.layers: tuple[LayerInfo, ...] = ()
        self._parameters: list[int] = []
        self.frame: Frame | None = None
        self.hovered: tuple[int, float] | None = None
        self.read_out = QLabel()
        show_rich(self.read_out)
        self.read_out.setWordWrap(True)
        shrinkable(self.read_out)
        self.legend = LayerLegend()
        self.legend.chosen.connect(self.select_layer)
        self.plot = ExportablePlot(log_y=True)
        self.kept = KeptCurves(self.plot, session.kept_runs, self.series)
        self.curves = LayerCurves(self.plot)
        self.clipping = ClippingLines(self.plot)
        self.profile_plot = ExportablePlot(log_y=True)
        self.profile = LayerProfile(self.profile_plot)
        self.time = TimeView(session)
        self._set_up_plots()
        self._lay_out()
        self.redraw_limit = RedrawLimit(self, self.redraw)
        for plot in (self.plot, self.profile_plot, self.time.plot):
            plot.view_changed.connect(self.redraw_limit.request)
            plot.options.changed.connect(self._take_options)
            plot.problem.connect(session.problem)
        self.plot.chosen.connect(session.go_near)
        session.selection_changed.connect(self._follow_selection)
        session.kept_runs.changed.connect(self.redraw_limit.request)
        self._show_figures()

    @staticmethod
    def title() -> str:
        return tr("Gradient norms")

    def keepsake(self) -> dict[str, Any]:
        """Return the curves over the time steps that were kept."""
        kept = [plain_curve(curve) for curve in self.time.data.kept]
        return {"curves": kept} if kept else {}

    def take_back(self, keepsake: dict[str, Any]) -> None:
        self.time.data.kept = [curve_of(one) for one in keepsake.get("curves", ())]
        self.redraw_limit.request()

    def _set_up_plots(self) -> None:
        self.plot.count(tr("step"))
        self.plot.name(tr("Gradient norms over the steps"), "gradient-norms")
        self.plot.options.over_steps = True
        self.plot.reading_at = self._reading
        self.plot.table = self._table
        self.plot.hovered.connect(self._hover_curve)
        self.plot.clicked.connect(self._click_curve)
        self.profile_plot.label("bottom", tr("layer"))
        self.profile_plot.name(tr("Gradient norms over the layers"), "gradient-norm-profile")
        self.profile_plot.getAxis("bottom").counts = True
        self.profile_plot.reading_at = self._profile_reading
        self.profile_plot.table = self._profile_table
        self.profile_plot.hovered.connect(self._hover_bar)
        self.profile_plot.clicked.connect(self._click_bar)
        for plot in (self.plot, self.profile_plot):
            plot.left.connect(self._leave)
            plot.legend_widgets = [self.legend]
            plot.caption = lambda: caption(self.session)

    def _lay_out(self) -> None:
        self.tabs = ShortTabs()
        self.tabs.add_page(self.plot, tr("Over steps"), tr("Steps"))
        self.tabs.add_page(self.profile_plot, tr("Over layers"), tr("Layers"))
        self.tabs.setTabToolTip(
            0,
            tr(
                "The gradient norm of each layer, step by step, before clipping. Where there are "
                "more steps than pixels: a band from the least to the greatest, and its middle"
            ),
        )
        self.tabs.add_page(self.time, tr("Over time"), tr("Time"))
        self.tabs.setTabToolTip(1, tr("The gradient norms at the current step, layer by layer"))
        self.tabs.setTabToolTip(
            2,
            tr(
                "The gradient norm of a recurrent state, time step by step; faint lines are "
                "earlier training steps"
            ),
        )
        self.tabs.show_tab(2, False)
        self.tabs.setCornerWidget(more_button(lambda: self.shown_plot))
        self.tabs.currentChanged.connect(lambda _: self._show_tab())
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 2, 4, 2)
        layout.setSpacing(2)
        layout.addWidget(self.tabs, 1)
        layout.addWidget(self.read_out)
        layout.addWidget(self.legend)

    @property
    def shown_plot(self) -> Plot:
        return (self.plot, self.profile_plot, self.time.plot)[self.tabs.currentIndex()]

    def _show_tab(self) -> None:
        """Show the legend and figures that belong to the plot in front, and redraw."""
        own = self.shown_plot is self.time.plot
        self.read_out.setVisible(not own)
        self.legend.setVisible(bool(self.layers) and not own)
        self.redraw_limit.draw_now()

    def take_settings(self, settings: QSettings) -> None:
        """Restore the plots' options from the settings, and save later changes there."""
        for plot in (self.plot, self.profile_plot, self.time.plot):
            plot.options.remember(settings, plot.file_stem)

    # -- topology, frames and theme ------------------------------------------------------------

    def show_topology(self, topology: Topology) -> None:
        self.layers = topology.layers
        self.plot.options.mean_action.setVisible(topology.has_samples)
        self._parameters = [node for layer in self.layers for node in layer.parameters]
        self.frame, self.hovered = None, None
        names = [layer.title for layer in self.layers]
        self.legend.show_layers(names, self.theme)
        self.time.show_topology(topology)
        self.tabs.show_tab(2, self.time.offered)
        self.legend.setVisible(bool(names) and self.shown_plot is not self.time.plot)
        self._colour()
        self.profile.name_layers(names)
        self.plot.reset_view()
        self.profile_plot.reset_view()
        self.redraw_limit.request()
        self._show_figures()

    def show_frame(self, frame: Frame) -> None:
        self.frame = frame
        self.time.show_frame(frame)
        self.redraw_limit.draw_frame()

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        for plot in (self.plot, self.profile_plot):
            plot.apply_theme(theme)
        self.time.apply_theme(theme)
        self.clipping.apply_theme(theme)
        self.legend.show_layers([layer.title for layer in self.layers], theme)
        self._colour()
        self._show_figures()
        self.redraw_limit.request()

    def _take_options(self) -> None:
        self.curves.take_options()
        self.redraw_limit.draw_now()

    def _colour(self) -> None:
        colours = layer_colours(len(self.layers), self.theme)
        self.curves.set_colours(colours, self.theme)
        self.kept.set_colours(colours)
        self.profile.set_colours(colours, self.theme)

    # -- drawing -------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Bring the visible tab up to date."""
        if self.shown_plot is self.plot:
            self._redraw_steps()
        elif self.shown_plot is self.time.plot:
            self.time.redraw()
        else:
            self.profile.show_norms(self._norms(), self._computed())
            self.legend.show_extras([])
        self._show_figures()
        self.shown_plot.read_again()

    def _redraw_steps(self) -> None:
        history, plot = self.history, self.plot
        step = self.frame.step if self.frame else None
        plot.mark(step)
        first, last = history.first_step or 0, history.last_step or 0
        whole_range = (first, max(last, step or 0, first + 1, self.session.kept_runs.span))
        x_range = whole_range if plot.follows else tuple(plot.view.viewRange()[0])
        bins = plot.bins(len(self.layers))
        drawn = self.curves.show_envelope(history.envelope(self.series, bins, *x_range))
        plot.unfinished = not self.curves.lay_over(history, self.series, bins, x_range)
        if plot.unfinished:
            self.redraw_limit.request()
        both = [drawn, self.clipping.show(history, self._clipping(), bins, x_range)]
        both.append(self.kept.show(bins, x_range))
        over = [(words, self.theme.muted, False) for words in self.curves.overlay.words()]
        self.legend.show_extras(self.clipping.legend + over)
        plot.show_range(whole_range, finite_range(np.concatenate(both), (-1.0, 1.0)))
        self.curves.show_marks()

    def _clipping(self) -> Clipping:
        system = self.session.system
        return system.clipping if system else Clipping()

    def _norms(self) -> np.ndarray:
        """Return the norms at the current step, (layers,); NaN where not computed yet."""
        if self.frame is None:
            return np.empty(0)
        return self.frame.layer_gradient_norm

    def _computed(self) -> bool:
        """Whether the backward pass of this step has reached every layer."""
        return self.frame is not None and bool(self.frame.gradient_ready[self._parameters].all())

    # -- hovering and choosing -----------------------------------------------------------------

    def _hover_curve(self, x: float, y: float) -> None:
        layer = self.curves.nearest(x, y)
        self.hovered = None if layer is None else (layer, x)
        self._emphasise(layer)

    def _hover_bar(self, x: float, _y: float) -> None:
        layer = self.profile.layer_at(x)
        step = float(self.frame.step) if self.frame else 0.0
        self.hovered = None if layer is None else (layer, step)
        self._emphasise(layer)

    def _leave(self) -> None:
        self.hovered = None
        self._follow_selection()

    def _click_curve(self, x: float, y: float) -> None:
        layer = self.curves.nearest(x, y)
        if layer is not None:
            self.select_layer(layer)

    def _click_bar(self, x: float, _y: float) -> None:
        layer = self.profile.layer_at(x)
        if layer is not None:
            self.select_layer(layer)

    def select_layer(self, layer: int) -> None:
        """Select the layer's first parameter, its weight, everywhere."""
        if self.layers[layer].parameters:
            self.session.select(node=self.layers[layer].parameters[0])

    @property
    def selected_layer(self) -> int | None:
        """The layer to which the selected node belongs."""
        node = self.session.selected_node
        for k, layer in enumerate(self.layers):
            if node is not None and node in layer.parameters:
                return k
        return None

    def _follow_selection(self) -> None:
        self._emphasise(self.selected_layer)

    def _emphasise(self, layer: int | None) -> None:
        self.legend.select(layer)
        self.curves.emphasise(layer)
        self.profile.emphasise(layer)
        self._show_figures()

    # -- figures in words ----------------------------------------------------------------------

    def _show_figures(self) -> None:
        words = self._figures()
        self.read_out.setText(words)
        if self.shown_plot is not self.time.plot:
            self.shown_plot.describe(words)

    def _reading(self, x: float) -> Reading | None:
        """Return the norms of all layers at the step nearest to x, for the crosshair."""
        row = self.history.row_at(x)
        if row is None:
            return None
        norms = row.values[self.series].tolist()
        found = self.curves.overlay.at(row.step)
        smoothed = [None] * len(norms) if found is None else found.tolist()
        values = [
            CurveValue(layer.name, colour, norm, with_smoothed(figure(norm, 3), smooth))
            for layer, colour, norm, smooth in zip(
                self.layers, self.legend.colours, norms, smoothed, strict=True
            )
        ]
        heading = smoothed_heading(step_words(row), found)
        return Reading(float(row.step), heading, tuple(values + self.clipping.values(row)))

    def _profile_reading(self, x: float) -> Reading | None:
        """Return the norm of the layer at x, for the crosshair."""
        layer, norms = self.profile.layer_at(x), self._norms()
        if layer is None or not self._computed() or layer >= len(norms):
            return None
        norm = float(norms[layer])
        value = CurveValue(tr("gradient norm"), self.legend.colours[layer], norm, figure(norm))
        return Reading(layer + 1.0, self.layers[layer].name, (value,))

    def _figures(self) -> str:
        if self.session.topology is None:
            return muted(tr("The gradient norms of the layers appear here."), self.theme)
        if not self.layers:
            return muted(tr("This system has no layers: no parameter is trained."), self.theme)
        if self.frame is None:
            return muted(tr("The gradient norms appear with the first step."), self.theme)
        step = tr("step {step}").format(step=whole(self.frame.step))
        if self.hovered is not None:
            return self._layer_figures(*self.hovered)
        if not self._computed() and self.shown_plot is self.profile_plot:
            return muted(tr("{step}: not computed yet in this pass").format(step=step), self.theme)
        return f"<b>{step}</b> &nbsp; {self._summary()}"

    def _layer_figures(self, layer: int, x: float) -> str:
        colour = layer_colours(len(self.layers), self.theme)[layer]
        name = coloured(f"<b>━ {html.escape(self.layers[layer].name)}</b>", colour)
        row = self.history.row_at(x)
        if self.shown_plot is self.profile_plot or row is None:
            step, value = (self.frame.step if self.frame else 0), self._norms()[layer]
        else:
            step, value = row.step, row.values[self.series][layer]
        words = tr("gradient norm {norm} at step {step}")
        return f"{name} {words.format(norm=figure(value), step=whole(step))}"

    def _summary(self) -> str:
        """Return smallest and largest norm, undrawable values and clipping as text."""
        names = [layer.title for layer in self.layers]
        parts = extremes(self._norms(), names, self._computed(), self.theme)
        row = self.history.row_at(self.frame.step) if self.frame else None
        if row is not None and self.frame is not None and row.step == self.frame.step:
            parts += self.clipping.figures(row, self._clipping())
        return flowing(parts) or muted(tr("not computed yet in this pass"), self.theme)

    def _table(self) -> tuple[list[str], list[np.ndarray]]:
        table = self.history.column(self.series)
        names = [layer.name for layer in self.layers]
        columns = [table[:, k] for k in range(len(names))]
        columns += [self.history.column(name)[:, 0] for name in SERIES]
        headings = ["step", "epoch", *names, *SERIES]
        return headings, [self.history.steps(), self.history.epochs(), *columns]

    def _profile_table(self) -> tuple[list[str], list[np.ndarray]]:
        names = np.array([layer.name for layer in self.layers])
        return ["layer", "gradient_norm"], [names, self._norms()]
