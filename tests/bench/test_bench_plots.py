"""How long the GUI thread is busy with plots: run with ``-m bench -s`` to see the figures.

Times are the GUI thread's own work, so that they mean the same on a busy machine. Each is of a
whole update: rows appended, curves redrawn, the plot painted. The reference is a plain pyqtgraph
plot of 10,000 points.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtCore import QCoreApplication, QEvent
from PySide6.QtGui import QPainter, QPixmap

from engine.observe.observer import Observer
from engine.system.system import from_table
from engine.training.feed import Samples
from gui.appearance.theme import LIGHT
from gui.history.history import MEGABYTE, History
from gui.panels.gradient_norms.gradient_norms import GradientNormsPanel
from gui.panels.loss import LossPanel
from gui.panels.panel import Panel
from tests.bench.report import Row
from tests.gui.fakes import fake_frame, fake_topology
from tests.gui.panel_help import RecordingSession, rows

pytestmark = pytest.mark.bench
REPEATS = 15
FRAME_MS = 16  # a display refresh
GOAL_MS = 8  # half of it for the plot in front
FRAME_STEPS = 30  # that a frame brings at full speed
FRAMES = [(3, 650), (8, 10_000), (50, 1_000), (50, 10_000), (50, 100_000), (50, 1_000_000),
          (3, 1_000_000)]  # fmt: skip


@dataclass(frozen=True)
class Cost:
    """Milliseconds; ``least`` is what the work takes where nothing disturbs it."""

    least: float
    median: float
    worst: float

    @classmethod
    def of(cls, times: list[float]) -> Cost:
        return cls(min(times), float(np.median(times)), max(times))

    def row(self, name: str, goal: float | None = None) -> Row:
        note = f"least {self.least:.1f}, worst {self.worst:.1f} ms"
        return Row(name, self.median, "ms", goal=goal, note=note)


def milliseconds(work: Callable[[], object], repeats: int = REPEATS) -> Cost:
    """The cost of doing this, once more than is counted."""
    times = []
    for _ in range(repeats + 1):
        began = time.thread_time()
        work()
        times.append(1000 * (time.thread_time() - began))
    return Cost.of(times[1:])


def paint(widget: Any) -> None:
    picture = QPixmap(widget.size())
    painter = QPainter(picture)
    widget.render(painter)
    painter.end()


@contextmanager
def panel_of(kind: type[Panel], system: str) -> Iterator[Any]:
    """A panel of the size it has in the window, and none of it left afterwards."""
    session = RecordingSession()
    session.stand_before(fake_topology(system))
    panel = kind(session)
    panel.apply_theme(LIGHT)
    topology = session.topology
    assert topology is not None
    panel.show_topology(topology)
    panel.resize(400, 280)
    panel.show()
    QCoreApplication.processEvents()
    try:
        yield panel
    finally:
        panel.close()
        session.close()
        panel.deleteLater()
        session.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


# -- what is measured ----------------------------------------------------------------------------


def plain_plot() -> Cost:
    """To set and paint 10,000 points with pyqtgraph as it comes."""
    plot = pg.PlotWidget()
    plot.resize(400, 230)
    plot.show()
    item = plot.plot()
    y = np.random.default_rng(0).random(10_000)

    def work() -> None:
        item.setData(y)
        paint(plot)

    cost = milliseconds(work)
    plot.close()
    plot.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    return cost


def million_losses() -> tuple[Cost, Cost]:
    """A frame of one step after a million; panning a window of 50,000 steps."""
    count = 1_000_000
    objective = np.random.default_rng(0).random(count)
    with panel_of(LossPanel, "d2l-mlp") as panel:
        for at in range(0, count, 20_000):
            part = slice(at, at + 20_000)
            columns = {"objective": objective[part]}
            panel.session.history.append(rows(np.arange(count)[part], 2, **columns))
        panel.session.frame = panel.frame = fake_frame(panel.session.topology, step=count - 1)
        steps = iter(range(count, 2 * count))

        def work() -> None:
            panel.session.history.append(rows([next(steps)], 2))
            panel.redraw()
            paint(panel.plot)

        following = milliseconds(work)
        return following, panning(panel, count, 50_000)


def panning(panel: Any, count: int, width: float) -> Cost:
    """A window that shows other steps each time, so that nothing drawn before can be used."""
    panel.plot.follows = False
    lefts = iter(np.linspace(0, count - width, REPEATS + 1))

    def pan() -> None:
        left = next(lefts)
        panel.plot.view.setXRange(left, left + width, padding=0)
        panel.redraw()
        paint(panel.plot)

    return milliseconds(pan)


def noisy(random: np.random.Generator, steps: int, layers: int) -> np.ndarray:
    """Norms as they are in training: decades apart from layer to layer, and never still."""
    depth = 10.0 ** (-np.arange(layers)[::-1] / 3)
    return depth * np.exp(0.3 * random.standard_normal((steps, layers)))


@contextmanager
def trained(layers: int, count: int) -> Iterator[GradientNormsPanel]:
    """The panel of gradient norms after so many steps of so many layers."""
    random = np.random.default_rng(0)
    with panel_of(GradientNormsPanel, f"deep-mlp:{layers}") as panel:
        for at in range(0, count, 1000):
            table = noisy(random, min(1000, count - at), layers)
            steps = np.arange(at, at + len(table))
            panel.session.history.append(rows(steps, layers, layer_gradient_norm=table))
        panel.frame = fake_frame(panel.session.topology, step=count - 1)
        panel.redraw()
        yield panel


def frame_of_norms(layers: int, count: int) -> Cost:
    """A frame at full speed, after so many steps."""
    random = np.random.default_rng(1)
    with trained(layers, count) as panel:
        starts = iter(range(count, count + 100 * FRAME_STEPS, FRAME_STEPS))
        tables = iter([noisy(random, FRAME_STEPS, layers) for _ in range(REPEATS + 1)])

        def work() -> None:
            start = next(starts)
            steps = np.arange(start, start + FRAME_STEPS)
            panel.session.history.append(rows(steps, layers, layer_gradient_norm=next(tables)))
            panel.redraw()
            paint(panel.plot)

        return milliseconds(work)


def panned_norms(share: float) -> Cost:
    """Panning a share of 200,000 steps of fifty layers."""
    with trained(50, 200_000) as panel:
        return panning(panel, 200_000, share * 200_000)


def crosshair(layers: int, count: int) -> Cost:
    """Moving the crosshair: all values read, and what it uncovers painted anew."""
    with trained(layers, count) as panel:
        plot = panel.plot
        paint(plot)
        places = iter(np.linspace(0.1, 0.9, REPEATS + 1) * count)

        def work() -> None:
            plot.crosshair.show_reading(plot.reading_at(next(places)), 0.0)
            plot.crosshair.repaint()

        return milliseconds(work)


def frame_over_time(steps: int) -> Cost:
    """A frame of an LSTM's view over time, with kept curves beside it and its past behind."""
    layers = [{"type": "lstm", "units": 2}, {"type": "linear", "units": 2}]
    x = np.random.default_rng(0).random((4, steps))
    batch = Samples(x, np.ones((4, 2)), sequence=(steps, 1))
    system = from_table({"layers": layers, "loss": {"type": "squared_error"}})
    trainer, times = Observer(system, 1, batch=batch), []
    with panel_of(GradientNormsPanel, "d2l-mlp") as panel:
        panel.session.stand_before(trainer.topology)
        panel.show_topology(trainer.topology)
        panel.tabs.setCurrentIndex(2)
        for _ in range(REPEATS):
            trainer.train_step()
            frame = trainer.take_frame()
            began = time.thread_time()
            panel.time.show_frame(frame)
            panel.redraw()
            paint(panel.time.plot)
            times.append(1000 * (time.thread_time() - began))
            panel.time.keep()
    return Cost.of(times)


def million_appends() -> tuple[Cost, History]:
    """Portions of 1,000 rows of fifty layers, up to a million steps, most of them at the bound."""
    history, times = History(), []
    history.reset(1, 50)
    for k in range(1000):
        portion = rows(np.arange(k * 1000, k * 1000 + 1000), 50)
        began = time.thread_time()
        history.append(portion)
        times.append(1000 * (time.thread_time() - began))
    return Cost.of(times), history


def figures(quick: bool) -> list[Row]:
    """All of it, for the table of the whole benchmark; the shorter histories only when quick."""
    following, panned = million_losses()
    found = [
        plain_plot().row("plain pyqtgraph plot of 10,000 points"),
        following.row("loss after 1,000,000 steps: a frame", GOAL_MS),
        panned.row("loss, a window of 50,000 steps: panning", FRAME_MS),
    ]
    for layers, count in [one for one in FRAMES if not quick or one[1] < 100_000]:
        name = f"gradient norms, {layers} layers after {count:,} steps: a frame"
        found.append(frame_of_norms(layers, count).row(name, GOAL_MS))
    found.append(panned_norms(0.02).row("50 layers, a window of 4,000 steps: panning", FRAME_MS))
    found.append(crosshair(50, 10_000).row("50 layers: the crosshair moves", FRAME_MS))
    found.append(frame_over_time(40).row("an LSTM over 40 time steps: a frame", GOAL_MS))
    if not quick:
        cost, history = million_appends()
        name = "history of 50 layers, 1,000,000 steps: longest append of 1,000 rows"
        found.append(Row(name, cost.worst, "ms", goal=FRAME_MS))
        size = history.nbytes / MEGABYTE
        found.append(Row("that history", size, "MB", goal=history.max_bytes / MEGABYTE))
    return found


# -- what must hold --------------------------------------------------------------------------------


def tell(name: str, cost: Cost, plain: Cost) -> None:
    print(
        f"\n{name}: {cost.median:.1f} ms (least {cost.least:.1f}, worst {cost.worst:.1f}), "
        f"{cost.median / plain.median:.2f} × plain 10k plot"
    )


@pytest.fixture
def plain(qapp: Any) -> Cost:
    return plain_plot()


def test_a_million_points_of_loss(plain):
    following, panned = million_losses()
    tell("loss after 1,000,000 steps: a frame", following, plain)
    tell("loss, a window of 50,000 steps: panning", panned, plain)
    assert following.least < GOAL_MS
    assert panned.least < FRAME_MS


@pytest.mark.parametrize(("layers", "count"), FRAMES)
def test_a_frame_of_gradient_norms(plain, layers, count):
    cost = frame_of_norms(layers, count)
    tell(f"gradient norms, {layers} layers after {count:,} steps: a frame", cost, plain)
    assert cost.least < GOAL_MS


@pytest.mark.parametrize("share", [0.001, 0.02, 0.3])
def test_panning_fifty_layers(plain, share):
    cost = panned_norms(share)
    tell(f"50 layers, a window of {share * 200_000:,.0f} steps: panning", cost, plain)
    assert cost.least < FRAME_MS


@pytest.mark.parametrize(("layers", "count"), [(3, 1_000_000), (50, 100_000)])
def test_the_crosshair_moves_within_a_refresh(plain, layers, count):
    cost = crosshair(layers, count)
    tell(f"{layers} layers after {count:,} steps: the crosshair moves", cost, plain)
    assert cost.least < FRAME_MS


@pytest.mark.parametrize("steps", [8, 40, 200])
def test_a_frame_over_time_steps(plain, steps):
    cost = frame_over_time(steps)
    tell(f"an LSTM over {steps} time steps: a frame", cost, plain)
    assert cost.least < GOAL_MS


def test_thinning_does_not_stop_the_window():
    cost, history = million_appends()
    print(
        f"\nhistory of 50 layers, 1,000,000 steps, bound {history.max_bytes / MEGABYTE:.0f} MB: "
        f"longest append of 1,000 rows {cost.worst:.1f} ms (median {cost.median:.1f}), "
        f"{history.nbytes / MEGABYTE:.0f} MB in {len(history):,} rows"
    )
    assert history.nbytes <= history.max_bytes
    assert cost.median < FRAME_MS
