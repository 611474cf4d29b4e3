"""Input scaling: how gradients and objective depend on the scale of the inputs.

Inputs times s make the first layer's gradient s times as large, and the curvature along its
weights s² times; a learning rate of η/s² compensates (LeCun et al., "Efficient BackProp", 1998,
section 4.3). The sweep trains at both and draws them over the scale.
"""

from __future__ import annotations

import math

import numpy as np
from PySide6.QtCore import QSettings
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QVBoxLayout,
    QWidget,
)

from engine.messages.commands import Change
from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.support.errors import EngineError
from engine.support.figures import figure
from engine.support.text import tr
from engine.system.setting_words import refusal
from engine.system.system import System
from gui.appearance.theme import LIGHT, Theme
from gui.panels.input_scaling.scale_control import ScaleControl
from gui.panels.input_scaling.sweep_curves import SweepCurves
from gui.panels.input_scaling.sweep_form import SweepForm
from gui.panels.input_scaling.sweep_runner import (
    ExecutorFactory,
    SweepFunction,
    SweepPointLike,
    SweepRunner,
    engine_executor,
    engine_sweep,
)
from gui.panels.panel import Panel
from gui.plots.crosshair import CurveValue, Reading
from gui.plots.export import ExportablePlot
from gui.plots.layer_legend import LayerLegend
from gui.plots.panel_parts import caption, more_button
from gui.session.session import Session
from gui.widgets.inputs import ComboBox
from gui.widgets.redraw_limit import RedrawLimit
from gui.widgets.rich_text import muted, show_rich


class InputScalingPanel(Panel):
    """The form of the sweep, its curves, and the control of the running system's input scale."""

    name = "input_scaling"
    stack = "gradient_norms"

    def __init__(
        self,
        session: Session,
        parent: QWidget | None = None,
        *,
        sweep: SweepFunction = engine_sweep,
        executor: ExecutorFactory = engine_executor,
    ) -> None:
        super().__init__(session, parent)
        self.theme = LIGHT
        self.frame: Frame | None = None
        self.points: list[SweepPointLike] = []
        self.runner = SweepRunner(sweep, executor, self)
        self.form = SweepForm()
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.status = QLabel()
        self.status.setWordWrap(True)
        show_rich(self.status)
        self.what = ComboBox()
        self.plot = ExportablePlot(log_x=True, log_y=True)
        self.curves = SweepCurves(self.plot)
        self.legend = LayerLegend()
        self.control = ScaleControl()
        self._set_up()
        self._lay_out()
        self.redraw_limit = RedrawLimit(self, self.redraw)
        self._connect()
        self._say_ready()

    @staticmethod
    def title() -> str:
        return tr("Input scaling")

    def _set_up(self) -> None:
        for words, quantity in (
            (tr("Objective"), "objective"),
            (tr("Norms, first pass"), "layer_gradient_norm"),
            (tr("Norms after updates"), "layer_gradient_norm_after"),
        ):
            self.what.addItem(words, quantity)
        self.what.setMinimumWidth(80)  # the full width of its words where there is room
        self.what.setToolTip(tr("What is drawn over the input scale"))
        self.what.setAccessibleName(tr("Quantity"))
        self.plot.label("bottom", tr("input scale"))
        self.plot.name(tr("Input scaling"), "input-scaling")
        self.plot.reading_at = self._reading
        self.plot.legend_widgets = [self.status, self.legend]
        self.plot.caption = lambda: caption(self.session)
        self.plot.table = self._table

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        row.setSpacing(6)
        row.addWidget(self.what)
        row.addWidget(self.status, 1)
        row.addWidget(self.bar, 1)
        row.addWidget(more_button(lambda: self.plot))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 4, 4)
        layout.setSpacing(3)
        layout.addWidget(self.form)
        layout.addLayout(row)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.legend)
        layout.addWidget(self.control)
        self.bar.hide()
        self.legend.hide()

    def _connect(self) -> None:
        self.form.start.connect(self.start_sweep)
        self.form.cancel.connect(self.runner.cancel)
        self.runner.point.connect(self._take_point)
        self.runner.progress.connect(self._show_progress)
        self.runner.failed.connect(self._show_failure)
        self.runner.ended.connect(self._end)
        self.what.currentIndexChanged.connect(lambda _: self._change_quantity())
        self.control.changed.connect(self._change_scale)
        self.control.wanted.connect(self._add_node)
        self.plot.hovered.connect(self._hover)
        self.plot.left.connect(self._say_points)
        self.plot.options.changed.connect(self.redraw_limit.draw_now)
        self.plot.view_changed.connect(self.redraw_limit.request)
        self.plot.problem.connect(self.session.problem)
        self.session.system_changed.connect(lambda _: self._show_system())

    def take_settings(self, settings: QSettings) -> None:
        """Restore the plot's options from the settings, and save later changes there."""
        self.plot.options.remember(settings, self.plot.file_stem)

    # -- topology, frames and theme ------------------------------------------------------------

    def show_topology(self, topology: Topology) -> None:
        """Remove the curves of a sweep if it was made for another graph."""
        self.runner.shutdown()
        self.frame = None
        self.points.clear()
        self.curves.clear()
        self.legend.show_layers([layer.name for layer in topology.layers], self.theme)
        self.curves.set_layers(self.legend.colours, self.theme)
        self._show_legend()
        self._show_system()
        self._say_ready()
        self.plot.reset_view()

    def show_frame(self, frame: Frame) -> None:
        self.frame = frame
        self.control.show_scale(frame.input_scale)
        self.plot.mark(math.log10(frame.input_scale) if frame.input_scale else None)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.plot.apply_theme(theme)
        self.legend.show_layers(self.legend.names, theme)
        self.curves.set_layers(self.legend.colours, theme)
        self.control.apply_theme(theme)
        self.redraw_limit.request()
        self._say_points()

    def shutdown(self) -> None:
        """End a running sweep and wait for its thread; called when the window closes."""
        self.runner.shutdown()

    def _show_system(self) -> None:
        system = self.session.system
        reason = unsweepable(system)
        self.form.allow(reason)
        self.control.allow(reason)

    # -- the sweep -----------------------------------------------------------------------------

    def start_sweep(self) -> None:
        """Sweep the running system over the scales of the form; the Start button."""
        system = self.session.system
        if system is None or not self.form.valid():
            return
        self.points.clear()
        self.curves.clear()
        self.plot.reset_view()
        scales = self.form.scales()
        self.form.show_running(True)
        self.bar.setRange(0, 0)
        self.bar.show()
        self.plot.show_words("")
        self.status.setText(tr("Starting…"))
        self.runner.start(
            system, scales, steps=self.form.steps.value(), jobs=self.form.jobs.value()
        )

    def _show_progress(self, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)
        self.status.setText(tr("{done} of {total} runs").format(done=done, total=total))

    def _take_point(self, point: SweepPointLike) -> None:
        if self.runner.running or self.form.running:
            self.points.append(point)
            self.redraw_limit.request()

    def _show_failure(self, words: str) -> None:
        self.session.problem.emit(tr("Sweep of the input scale: {words}").format(words=words))

    def _end(self, cancelled: bool) -> None:
        self.form.show_running(False)
        self.bar.hide()
        self.redraw_limit.draw_now()
        self._say_points(cancelled)

    # -- drawing -------------------------------------------------------------------------------

    @property
    def quantity(self) -> str:
        return str(self.what.currentData())

    def redraw(self) -> None:
        """Draw the points computed so far."""
        if self.points:
            self.plot.show_words("")
        self.curves.show_points(self.points, self.quantity)
        self.plot.read_again()

    def _change_quantity(self) -> None:
        self._show_legend()
        self.plot.reset_view()
        self.redraw_limit.draw_now()
        self._say_points()

    def _show_legend(self) -> None:
        self.legend.setVisible(self.quantity != "objective" and bool(self.legend.names))

    def _say_ready(self) -> None:
        self.status.setText("")
        words = tr(
            "“Start sweep” trains from the start at each scale, beside the running system, "
            "and draws objective and gradient norms here."
        )
        self.plot.show_words(words)

    def _say_points(self, cancelled: bool = False) -> None:
        if self.form.running:
            return
        self.plot.describe(self._summary())
        if not self.points:
            self._say_ready()
            return
        keys = tr("━ η &nbsp; ╌ η/scale²")
        if self.quantity == "layer_gradient_norm":
            keys = tr("before any update")
        if cancelled:
            keys += " " + muted(tr("(cancelled)"), self.theme)
        self.status.setText(keys)

    def _summary(self) -> str:
        """Return what was swept as text, for screen readers."""
        if not self.points:
            return tr("nothing swept yet")
        scales = [point.scale for point in self.points]
        first, last = figure(min(scales), 3), figure(max(scales), 3)
        finite = [point for point in self.points if math.isfinite(point.objective)]
        best = min(finite or self.points, key=lambda point: point.objective)
        words = tr("scales {first} to {last}; least objective {value} at scale {scale}")
        return words.format(
            first=first, last=last, value=figure(best.objective), scale=figure(best.scale, 3)
        )

    def _reading(self, x: float) -> Reading | None:
        """Return the values of all curves at the scale nearest to 10ˣ, for the crosshair."""
        found = self.curves.at(x)
        if not found:
            return None
        values = []
        for point, layer, value in found:
            name = self.legend.names[layer] if layer is not None else tr("objective")
            colour = self.theme.series[0] if layer is None else self.legend.colours[layer]
            rate = tr("η/scale²") if point.compensated else "η"
            values.append(CurveValue(f"{name}, {rate}", colour, value, figure(value)))
        scale = found[0][0].scale
        heading = tr("input scale {scale}").format(scale=figure(scale, 3))
        return Reading(math.log10(scale), heading, tuple(values))

    def _hover(self, x: float, y: float) -> None:
        found = self.curves.nearest(x, y)
        if found is None or self.form.running:
            return
        point, layer, value = found
        name = self.legend.names[layer] if layer is not None else tr("objective")
        rate = tr("η/scale²") if point.compensated else "η"
        words = tr("{name} {value} at scale {scale}, {rate} = {number}").format(
            name=name,
            value=f"<b>{figure(value)}</b>",
            scale=figure(point.scale, 3),
            rate=rate,
            number=figure(point.learning_rate, 3),
        )
        self.status.setText(words)

    def _table(self) -> tuple[list[str], list[np.ndarray]]:
        points = sorted(self.points, key=lambda p: (p.compensated, p.scale))
        names = ["scale", "learning_rate", "compensated", "objective", "loss"]
        columns = [np.array([getattr(p, name) for p in points]) for name in names]
        for quantity in ("layer_gradient_norm", "layer_gradient_norm_after"):
            for k, layer in enumerate(self.legend.names):
                names.append(f"{quantity}.{layer}")
                columns.append(np.array([getattr(p, quantity)[k] for p in points]))
        return names, columns

    # -- the input scale of the running system -------------------------------------------------

    def _change_scale(self, scale: float) -> None:
        """Set the scale, through the draft where possible so that form and undo follow."""
        try:
            if self.session.draft.system is not None:
                self.session.draft.edit("data.input_scale", scale, typed=False)
            else:
                self.session.send(Change("data.input_scale", scale))
        except EngineError as error:
            self.session.problem.emit(refusal(error, "", self.session.draft.system))

    def _add_node(self) -> None:
        """Rebuild the system with an input-scale node of scale 1, which changes no value."""
        try:
            self.session.draft.edit("data.input_scale", 1.0, typed=False)
            self.session.draft.rebuild()
        except EngineError as error:
            self.session.problem.emit(refusal(error, "", self.session.draft.system))


def unsweepable(system: System | None) -> str:
    """Return why this system cannot have an input scale, "" where it can."""
    if system is None:
        return tr("No system is open.")
    if system.is_expression:
        return tr("An expression has no data whose scale could change.")
    return ""
