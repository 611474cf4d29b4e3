"""The gradient norm of a recurrent layer's state against the time step."""

from __future__ import annotations

import html

import numpy as np
import pyqtgraph as pg
from PySide6.QtGui import QAction, QColor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.support.arrays import Floats
from engine.support.figures import figure, whole
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.panels.gradient_norms.layer_curves import REACH_PIXELS
from gui.panels.gradient_norms.time_norms import TimeCurve, TimeNorms
from gui.plots.crosshair import CurveValue, Reading
from gui.plots.edge_marks import EdgeMarks
from gui.plots.export import ExportablePlot
from gui.plots.panel_parts import caption
from gui.plots.plot import finite_range, line_pen, plain
from gui.plots.polylines import Polylines
from gui.session.session import Session
from gui.widgets.rich_text import coloured, flowing, muted, show_rich, tool_button

MOST_KEPT = 4
GLUE = "\u2060"  # the Unicode word joiner: prevents a line break
DOTS_UP_TO = 30  # time steps; with more of them dots would hide the line


class TimeView(QWidget):
    """The tab with ∂J/∂h_t, and ∂J/∂c_t of an LSTM, over t; curves can be kept for comparison."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # A tab that is not in front must not ask for space.
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Ignored)
        self.session = session
        self.theme = LIGHT
        self.data = TimeNorms()
        self.hovered: tuple[float, float] | None = None
        self.plot = ExportablePlot(log_y=True)
        self.plot.count(tr("time step t"))
        self.plot.name(tr("Gradient norm over the time steps"), "gradient-norm-over-time")
        self.plot.reading_at = self._reading
        self.plot.table = self._table
        self.plot.caption = lambda: caption(self.session)
        self.past, self.lines = Polylines(), Polylines()
        for item in (self.past, self.lines):
            self.plot.addItem(item, ignoreBounds=True)
        self.marks = EdgeMarks(self.plot)
        self.ring = pg.ScatterPlotItem(pxMode=True, symbol="o", size=13, brush=None)
        self.ring.setZValue(15)
        self.plot.addItem(self.ring, ignoreBounds=True)
        self._make_actions()
        self._lay_out()
        self.plot.hovered.connect(self._hover)
        self.plot.left.connect(self._leave)
        self.plot.clicked.connect(self._click)
        session.selection_changed.connect(self._show_ring)

    def _make_actions(self) -> None:
        self.keep_action = QAction(tr("Keep this curve"), self)
        self.keep_action.setToolTip(
            tr("Keep what is drawn, dashed, to lay it beside a later step or another system")
        )
        self.keep_action.triggered.connect(self.keep)
        self.clear_action = QAction(tr("Clear kept"), self)
        self.clear_action.setToolTip(tr("Take the kept curves away"))
        self.clear_action.triggered.connect(self.clear_kept)
        self.plot.insertActions(self.plot.actions()[0], [self.keep_action, self.clear_action])

    def _lay_out(self) -> None:
        self.key = QLabel()
        show_rich(self.key)
        self.key.setWordWrap(True)
        self.plot.legend_widgets = [self.key]
        buttons = QHBoxLayout()
        buttons.setSpacing(4)
        self.buttons = [tool_button(action) for action in (self.keep_action, self.clear_action)]
        for button in self.buttons:
            buttons.addWidget(button)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.plot, 1)
        layout.addWidget(self.key)
        layout.addLayout(buttons)

    # -- topology, frames and theme ------------------------------------------------------------

    @property
    def offered(self) -> bool:
        """Whether the system has time steps, so that the tab is shown."""
        return bool(self.data.paths)

    def show_topology(self, topology: Topology) -> None:
        self.data.start_system(topology)
        self.hovered = None
        self.plot.reset_view()

    def show_frame(self, frame: Frame) -> None:
        """Read the norms of the frame; ``redraw`` draws them."""
        self.data.take_frame(frame)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.plot.apply_theme(theme)
        self.marks.apply_theme(theme)
        self.ring.setPen(line_pen(theme.highlight, 2))
        self.redraw()

    def keep(self) -> None:
        """Keep the curves of the last complete pass for comparison."""
        self.data.keep(MOST_KEPT)
        self.redraw()

    def clear_kept(self) -> None:
        """Forget the kept curves."""
        self.data.kept.clear()
        self.redraw()

    # -- drawing -------------------------------------------------------------------------------

    @property
    def shown(self) -> list[tuple[TimeCurve, str, bool]]:
        """Return the curves drawn boldly, each with its colour and whether it is a kept one."""
        colours = self._colours()
        spare = [colour for colour in self.theme.series if colour not in colours]
        now = [(c, colours[k % len(colours)], False) for k, c in enumerate(self.data.now)]
        kept = [(c, spare[k % len(spare)], True) for k, c in enumerate(self.data.kept)]
        return now + kept

    def _colours(self) -> tuple[str, ...]:
        """Return the colours of the system's own curves; kept curves use the others."""
        return self.theme.series[: min(4, max(2, len(self.data.paths)))]

    def redraw(self) -> None:
        """Redraw plot, legend and buttons."""
        self.plot.read_again()
        shown = self.shown
        every = [c for curves in self.data.before for c in curves] + [c for c, _, _ in shown]
        times = [t for c in every for t in c.path.times] or [
            t for path in self.data.paths for t in path.times
        ]
        norms = [self.plot.to_view(c.norms) for c in every] or [np.empty(0)]
        # A margin on both sides keeps the dots of the first and the last time step whole.
        x_range = (min(times) - 0.3, max(times) + 0.3) if times else (0.7, 2.3)
        self.plot.show_range(x_range, finite_range(np.concatenate(norms), (-1.0, 1.0)))
        self._draw_past()
        self._draw_shown(shown)
        self._mark_edges()
        self._show_ring()
        self._show_key()
        self.keep_action.setEnabled(bool(self.data.whole))
        self.clear_action.setEnabled(bool(self.data.kept))

    def _draw_past(self) -> None:
        """Draw the curves of earlier steps in the same colours, fainter with age."""
        before, colours, faint = self.data.before, self._colours(), []
        for age, curves in enumerate(before, start=1):
            for k in range(len(curves)):
                colour = QColor(colours[k % len(colours)])
                colour.setAlphaF(0.12 + 0.28 * age / len(before))
                faint.append(line_pen(colour, 1.0))
        self.past.set_data(*self._table_of([curve for curves in before for curve in curves]))
        self.past.set_pens(faint)

    def _draw_shown(self, shown: list[tuple[TimeCurve, str, bool]]) -> None:
        """Draw present curves bold with dots, kept curves dashed with rings."""
        self.lines.set_data(*self._table_of([curve for curve, _, _ in reversed(shown)]))
        self.lines.set_pens(
            [line_pen(c, 1.6 if kept else 2.4, dashed=kept) for _, c, kept in reversed(shown)]
        )
        self.lines.set_dots(
            [
                None if len(curve.norms) > DOTS_UP_TO else self.theme.surface if kept else colour
                for curve, colour, kept in reversed(shown)
            ]
        )

    def _mark_edges(self) -> None:
        zeros: list[float] = []
        bad: list[float] = []
        for curve in self.data.now:
            ready = curve in self.data.whole
            zeros += curve.times[(curve.norms == 0) & self.plot.options.log].tolist()
            bad += curve.times[~np.isfinite(curve.norms)].tolist() if ready else []
        self.marks.show(np.unique(zeros), np.unique(bad))

    def _table_of(self, curves: list[TimeCurve]) -> tuple[Floats, Floats]:
        """Return times (times,) and norms (times, curves), NaN where a curve has no value."""
        times = sorted({t for curve in curves for t in curve.path.times})
        table = np.full((len(times), len(curves)), np.nan)
        for k, curve in enumerate(curves):
            table[np.searchsorted(times, curve.path.times), k] = self.plot.to_view(curve.norms)
        return np.array(times, float), table

    def _show_ring(self) -> None:
        """Draw a ring around the point of the selected node."""
        node = self.session.selected_node
        found = [
            (float(t), float(y))
            for curve in self.data.now
            for n, t, y in zip(
                curve.path.nodes, curve.times, self.plot.to_view(curve.norms), strict=True
            )
            if n == node and np.isfinite(y)
        ]
        self.ring.setData([x for x, _ in found], [y for _, y in found])
        self.ring.setVisible(bool(found))  # an empty item would still cost time to paint

    # -- hovering and choosing -----------------------------------------------------------------

    def _nearest(self, x: float, y: float) -> tuple[TimeCurve, int] | None:
        """Return curve and index of the point nearest to a position, if one is near."""
        wide, tall = self.plot.view.viewPixelSize()
        best, found = float(REACH_PIXELS), None
        for curve, _, _ in self.shown:
            heights = self.plot.to_view(curve.norms)
            away = np.hypot((curve.times - x) / (wide or 1), (heights - y) / (tall or 1))
            away = np.where(np.isfinite(away), away, np.inf)
            k = int(np.argmin(away))
            if away[k] <= best:
                best, found = float(away[k]), (curve, k)
        return found

    def _hover(self, x: float, y: float) -> None:
        self.hovered = x, y
        self._show_key()

    def _leave(self) -> None:
        self.hovered = None
        self._show_key()

    def _click(self, x: float, y: float) -> None:
        """Select the node of the clicked state, if the curve belongs to the running system."""
        found = self._nearest(x, y)
        if found is not None and found[0] in self.data.now:
            self.session.select(node=found[0].path.nodes[found[1]])

    # -- figures in words ----------------------------------------------------------------------

    def _show_key(self) -> None:
        words = self._key()
        self.key.setText(words)
        self.plot.describe(words)

    def _reading(self, x: float) -> Reading | None:
        """Return the norms of all curves at the time step nearest to x, for the crosshair."""
        shown = self.shown
        times = np.array(sorted({t for curve, _, _ in shown for t in curve.path.times}))
        if not len(times):
            return None
        t = int(times[np.argmin(np.abs(times - x))])
        values = [
            CurveValue(plain(self._name(curve, kept)), colour, norm, figure(norm))
            for curve, colour, kept in shown
            for norm in curve.norms[curve.times == t].tolist()
        ]
        return Reading(float(t), tr("time step {t}").format(t=whole(t)), tuple(values))

    def _key(self) -> str:
        step = self.session.frame.step if self.session.frame else None
        head = [] if step is None else [f"<b>{tr('step {step}').format(step=whole(step))}</b>"]
        near = self._nearest(*self.hovered) if self.hovered else None
        if near is not None:
            return flowing([*head, self._point_words(*near)])
        if self.data.now and all(curve.factor is None for curve in self.data.now):
            head.append(muted(tr("not computed yet in this pass"), self.theme))
        parts = [self._words(curve, colour, kept) for curve, colour, kept in self.shown]
        parts = parts or [muted(tr("The norms appear with the first step."), self.theme)]
        return flowing(head + parts)

    def _words(self, curve: TimeCurve, colour: str, kept: bool) -> str:
        """Return the legend entry of a curve: colour, name and factor per time step."""
        name = f"{coloured('┅' if kept else '━', colour)} {self._name(curve, kept)}"
        factor = curve.factor
        if factor is None:
            return name
        decay = tr("{factor} a step back").format(factor=f"<b>×{figure(factor, 3)}</b>")
        return f"{name} {decay}"

    def _point_words(self, curve: TimeCurve, at: int) -> str:
        kept = curve not in self.data.now
        words = tr("norm {norm} at t = {t}")
        values = words.format(norm=figure(float(curve.norms[at])), t=whole(curve.path.times[at]))
        return f"{self._name(curve, kept)} {values}"

    def _name(self, curve: TimeCurve, kept: bool) -> str:
        gradient = f"‖∂{self.data.symbol}/{GLUE}∂{curve.path.letter}<sub>t</sub>‖"
        if kept:
            system = html.escape(curve.system).replace("-", f"{GLUE}-{GLUE}")
            where = tr("{system}, step {step}").format(system=system, step=whole(curve.step))
            return f"{gradient} {muted(where, self.theme)}"
        several = len({path.layer for path in self.data.paths}) > 1
        return (
            f"{gradient} {muted(html.escape(curve.path.layer), self.theme)}"
            if several
            else gradient
        )

    def _table(self) -> tuple[list[str], list[np.ndarray]]:
        shown = self.shown
        times = sorted({t for curve, _, _ in shown for t in curve.path.times})
        headings, columns = ["time_step"], [np.array(times)]
        for curve, _, kept in shown:
            column = np.full(len(times), np.nan)
            column[np.searchsorted(times, curve.path.times)] = curve.norms
            name = f"{curve.path.layer}.{curve.path.letter}"
            headings.append(f"{curve.system} step {curve.step} {name}" if kept else name)
            columns.append(column)
        return headings, columns
