"""Loss and objective over the steps, with the figures of the current step above the curves."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.support.figures import figure, whole
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.history.history import History, HistoryRow
from gui.panels.panel import Panel
from gui.plots.crosshair import CurveValue, Reading
from gui.plots.edge_marks import EdgeMarks
from gui.plots.export import ExportablePlot
from gui.plots.kept_curves import KeptCurves
from gui.plots.overlay import Overlay, faint, smoothed_heading, with_smoothed
from gui.plots.panel_parts import caption, more_button, step_words
from gui.plots.plot import finite_range, line_pen
from gui.plots.polylines import Polylines
from gui.session.session import Session
from gui.widgets.redraw_limit import RedrawLimit
from gui.widgets.rich_text import (
    coloured,
    flowing,
    muted,
    show_rich,
    shrinkable,
    swatch,
    tool_button,
)

# validation loss is a mean over many samples and needs no smoothing
SMOOTHED = ("objective", "loss")
MOST_EPOCH_MARKS = 40
MOST_POINTS = 200  # with more validation points only the line is drawn


def _toggle(text: str, parent: QWidget) -> QAction:
    action = QAction(text, parent)
    action.setCheckable(True)
    return action


class LossPanel(Panel):
    """Objective, loss (when a regulariser makes it differ) and validation loss."""

    name = "loss"
    stack = "gradient_norms"
    curves_of: ClassVar[tuple[str, ...]] = ("objective", "loss", "validation_loss")

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self.history: History = session.history
        self.theme = LIGHT
        self.frame: Frame | None = None
        self.samples = True
        self.read_out = QLabel()
        self.read_out.setWordWrap(True)
        shrinkable(self.read_out)
        show_rich(self.read_out)
        self.read_out.setMinimumHeight(2 * self.read_out.fontMetrics().lineSpacing())
        self.read_out.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.plot = ExportablePlot()
        self.plot.count(tr("step"))
        self.plot.name(tr("Loss over the steps"), "loss")
        self.plot.options.over_steps = True
        self.plot.reading_at = self._reading
        self.plot.legend_widgets = [self.read_out]
        self.plot.table = self._table
        self.plot.caption = lambda: caption(self.session)
        self.curves = {name: Polylines() for name in self.curves_of}
        self.points = pg.ScatterPlotItem(pxMode=True, size=5)
        self.epochs = pg.PlotCurveItem(connect="pairs")
        for item in (self.epochs, *self.curves.values(), self.points):
            self.plot.addItem(item, ignoreBounds=True)
        self.overlays = {name: Overlay(self.plot) for name in SMOOTHED}
        self.marks = EdgeMarks(self.plot)
        self.kept = KeptCurves(self.plot, session.kept_runs, "objective")
        self._make_buttons()
        self._lay_out()
        self.redraw_limit = RedrawLimit(self, self.redraw)
        self.plot.options.changed.connect(self._take_options)
        self.plot.view_changed.connect(self.redraw_limit.request)
        self.plot.problem.connect(session.problem)
        self.plot.chosen.connect(session.go_near)
        session.kept_runs.changed.connect(self.redraw_limit.request)
        self._show_figures()

    @staticmethod
    def title() -> str:
        return tr("Loss")

    def _make_buttons(self) -> None:
        self.epoch_action = _toggle(tr("Epoch marks"), self)
        self.epoch_action.setToolTip(tr("Mark where each epoch begins"))
        self.epoch_action.toggled.connect(lambda _: self.redraw_limit.draw_now())
        first = self.plot.actions()[0]
        self.plot.insertActions(first, [self.epoch_action])

    def _lay_out(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(2)
        top.addWidget(self.read_out, 1)
        top.addWidget(tool_button(self.plot.options.log_action), 0, Qt.AlignmentFlag.AlignTop)
        top.addWidget(more_button(lambda: self.plot), 0, Qt.AlignmentFlag.AlignTop)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(6, 4, 4, 2)
        layout.setSpacing(2)
        layout.addLayout(top)
        layout.addWidget(self.plot, 1)

    def take_settings(self, settings: QSettings) -> None:
        """Restore the plot's options from the settings, and save later changes there."""
        self.plot.options.remember(settings, self.plot.file_stem)

    # -- topology, frames and theme ------------------------------------------------------------

    def show_topology(self, topology: Topology) -> None:
        self.frame = None
        self.samples = topology.has_samples
        self.setWindowTitle(self.title() if self.samples else tr("Objective"))
        self.epoch_action.setVisible(self.samples)
        self.plot.options.mean_action.setVisible(self.samples)
        title = tr("Loss over the steps") if self.samples else tr("Objective over the steps")
        self.plot.name(title, "loss")
        self.plot.reset_view()
        self.redraw_limit.request()
        self._show_figures()

    def show_frame(self, frame: Frame) -> None:
        self.frame = frame
        self.redraw_limit.draw_frame()

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.plot.apply_theme(theme)
        self._set_pens()
        self.kept.set_colours(theme.series[:1])
        self.points.setBrush(theme.series[2])
        self.points.setPen(None)
        self.marks.apply_theme(theme)
        self.epochs.setPen(line_pen(theme.border, 1))
        self._show_figures()
        self.redraw_limit.request()

    def _set_pens(self) -> None:
        """Set the pens; raw curves are fainter where smoothed ones or means are drawn."""
        for name, colour in zip(self.curves_of, self.theme.series):
            pens = [line_pen(colour, 1.6)]
            overlay = self.overlays.get(name)
            if overlay is not None:
                overlay.set_pens(pens)
                pens = faint(pens) if overlay.active else pens
            self.curves[name].set_pens(pens)

    def _take_options(self) -> None:
        self._set_pens()
        self.redraw_limit.draw_now()

    # -- drawing -------------------------------------------------------------------------------

    def redraw(self) -> None:
        """Redraw curves and figures from the history and the last frame."""
        history, plot = self.history, self.plot
        step = self.frame.step if self.frame else None
        plot.mark(step)
        log = plot.options.log
        first, last = history.first_step or 0, history.last_step or 0
        whole_range = (first, max(last, step or 0, first + 1, self.session.kept_runs.span))
        x_range = whole_range if plot.follows else tuple(plot.view.viewRange()[0])
        drawn, low, bad = [], [], []
        for name in self.curves_of:
            envelope = history.envelope(name, plot.bins(), *x_range)
            x, y = envelope.curve(0)
            y = plot.to_view(y)
            if name == "validation_loss":
                seen = np.isfinite(y)
                x, y = x[seen], y[seen]
                # more points are as dense as the line
                self.points.setVisible(0 < len(x) < MOST_POINTS)
                if self.points.isVisible():
                    self.points.setData(x, y)
            else:
                low.append(envelope.x[envelope.low[:, 0] <= 0][: None if log else 0])
                bad.append(envelope.x[envelope.bad[:, 0]])
            hidden = name == "loss" and not self._differs()
            if hidden:
                x, y = x[:0], y[:0]
            self.curves[name].set_data(x, y[:, None])
            drawn.append(y)
            if name in self.overlays:
                self._lay_over(name, hidden, x_range)
        plot.unfinished = not all(overlay.complete for overlay in self.overlays.values())
        if plot.unfinished:
            self.redraw_limit.request()
        drawn.append(self.kept.show(plot.bins(), x_range))
        y_range = finite_range(np.concatenate(drawn), (0.0, 1.0))
        plot.show_range(whole_range, y_range)
        self.marks.show(np.unique(np.concatenate(low)), np.unique(np.concatenate(bad)))
        self._show_epochs(x_range)
        self._show_figures()

    def _lay_over(self, name: str, hidden: bool, x_range: tuple[float, float]) -> None:
        overlay = self.overlays[name]
        if hidden or not overlay.active:
            overlay.hide()
            return
        overlay.show(self.history, name, self.plot.bins(), x_range)

    def _differs(self) -> bool:
        """Whether objective and loss differ at any step, because of a regulariser."""
        row = self.history.row_at(math.inf)
        return row is not None and row.scalar("objective") != row.scalar("loss")

    def _show_epochs(self, x_range: tuple[float, float]) -> None:
        axis = self.plot.getAxis("top")
        marked = self.samples and self.epoch_action.isChecked()
        starts = self.history.epoch_starts() if marked else []
        starts = [s for s in starts if x_range[0] <= s[0] <= x_range[1]]
        every = max(1, math.ceil(len(starts) / MOST_EPOCH_MARKS))
        starts = [s for s in starts if s[1] % every == 0]
        if bool(starts) != axis.isVisible():
            self.plot.showAxis("top", bool(starts))
        self.epochs.setVisible(bool(starts))
        if not starts:
            return
        y0, y1 = self.plot.view.viewRange()[1]
        x = np.repeat([float(s[0]) for s in starts], 2)
        self.epochs.setData(x, np.tile([y0, y1], len(starts)))
        named = starts[:: max(1, math.ceil(len(starts) / 8))]
        axis.setTicks([[(s, tr("epoch {k}").format(k=whole(k))) for s, k in named]])

    # -- figures in words ----------------------------------------------------------------------

    def _show_figures(self) -> None:
        words = self._words()
        self.read_out.setText(words)
        self.plot.describe(words)
        self.plot.read_again()

    def _words(self) -> str:
        if self.frame is None:
            return muted(self._empty_words(), self.theme)
        row = self.history.row_at(self.frame.step)
        if row is None or row.step != self.frame.step:
            text = tr("Step {step}: the objective is not computed yet in this pass.")
            return muted(text.format(step=whole(self.frame.step)), self.theme)
        return self._figures(row)

    def _named(self) -> dict[str, str]:
        """Return the names on screen of the training curves, by column of the history."""
        if self._differs():
            return {"objective": tr("objective"), "loss": tr("loss")}
        return {"objective": tr("loss") if self.samples else tr("objective")}

    def _reading(self, x: float) -> Reading | None:
        """Return the values of all curves at the step nearest to x, for the crosshair."""
        row = self.history.row_at(x)
        if row is None:
            return None
        names = self._named()
        if math.isfinite(row.scalar("validation_loss")):
            names["validation_loss"] = tr("validation")
        values = []
        for name, words in names.items():
            value, overlay = row.scalar(name), self.overlays.get(name)
            smoothed = None if overlay is None else overlay.at(row.step)
            text = with_smoothed(figure(value), None if smoothed is None else float(smoothed[0]))
            values.append(CurveValue(words, self._colour(name), value, text))
        heading = step_words(row)
        if self.samples:
            heading += " · " + tr("epoch {k}").format(k=whole(row.epoch))
        heading = smoothed_heading(heading, self.overlays["objective"].at(row.step))
        return Reading(float(row.step), heading, tuple(values))

    def _colour(self, name: str) -> str:
        return self.theme.series[self.curves_of.index(name)]

    def _empty_words(self) -> str:
        if self.samples:
            return tr("The loss appears with the first step.")
        return tr("The objective appears with the first step.")

    def _figures(self, row: HistoryRow) -> str:
        parts = [f"<b>{step_words(row)}</b>"]
        if self.samples:
            epoch = tr("epoch {k}").format(k=whole(row.epoch))
            parts = [f"{parts[0]} {muted(epoch, self.theme)}"]
        for name, words in self._named().items():
            value = figure(row.scalar(name))
            parts.append(f"{swatch(self._colour(name))} {words} <b>{value}</b>")
        parts += self._validation(row)
        parts += [muted(words, self.theme) for words in self.overlays["objective"].words()]
        if self.plot.options.log and self.marks.zeros.isVisible():
            words = tr("○ 0 or below: not on a logarithmic axis")
            parts.append(coloured(words, self.theme.warning))
        return flowing(parts)

    def _validation(self, row: HistoryRow) -> list[str]:
        """Return the last validation loss, with its step if that is not the row's."""
        words = {"validation_loss": tr("validation {v}"), "validation_accuracy": tr("accuracy {v}")}
        parts, step = [], row.step
        for name, word in words.items():
            value = row.scalar(name)
            if not math.isfinite(value):
                step, value = self.history.measured(name) or (row.step, math.nan)
            if math.isfinite(value):
                shown = f"{100 * value:.1f} %" if "accuracy" in name else figure(value)
                parts.append(word.format(v=f"<b>{shown}</b>"))
        if not parts:
            return []
        when = tr("(step {step})").format(step=whole(step)) if step != row.step else ""
        parts[0] = f"{swatch(self.theme.series[2])} {parts[0]}"
        return [*parts, muted(when, self.theme)] if when else parts

    def _table(self) -> tuple[list[str], list[np.ndarray]]:
        names = ["objective", "loss", "validation_loss", "validation_accuracy"]
        columns = [self.history.column(name)[:, 0] for name in names]
        return ["step", "epoch", *names], [self.history.steps(), self.history.epochs(), *columns]
