"""How long the GUI thread is busy with plots: run with ``-m bench -s`` to see the figures.

Every figure is printed with its ratio to a plain pyqtgraph plot of 10,000 points.
"""

import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pyqtgraph as pg
import pytest
from PySide6.QtGui import QPainter, QPixmap

from gui.panels.gradient_norms import GradientNormsPanel
from gui.panels.loss import LossPanel
from tests.gui.fakes import fake_frame
from tests.gui.panel_help import rows, shown

pytestmark = pytest.mark.bench
REPEATS = 15


def milliseconds(work: Callable[[], object], repeats: int = REPEATS) -> tuple[float, float]:
    """Median and maximum."""
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - began))
    return float(np.median(times)), max(times)


def paint(widget: Any) -> None:
    picture = QPixmap(widget.size())
    painter = QPainter(picture)
    widget.render(painter)
    painter.end()


@pytest.fixture
def plain_plot(qtbot: Any) -> float:
    """Milliseconds to set and paint 10,000 points with pyqtgraph as it comes."""
    plot = pg.PlotWidget()
    qtbot.addWidget(plot)
    plot.resize(400, 230)
    plot.show()
    item = plot.plot()
    y = np.random.default_rng(0).random(10_000)

    def work() -> None:
        item.setData(y)
        paint(plot)

    work()
    return milliseconds(work)[0]


def report(name: str, measured: tuple[float, float], plain: float) -> None:
    median, worst = measured
    print(f"\n{name}: {median:.1f} ms (worst {worst:.1f}), {median / plain:.2f} × plain 10k plot")


def test_a_million_points_of_loss(qtbot, plain_plot):
    panel = shown(LossPanel, qtbot)
    objective = np.random.default_rng(0).random(1_000_000)
    for at in range(0, 1_000_000, 20_000):
        part = slice(at, at + 20_000)
        panel.session.history.append(rows(np.arange(1_000_000)[part], 2, objective=objective[part]))
    panel.session.frame = panel.frame = fake_frame(panel.session.topology, step=999_999)
    steps = iter(range(1_000_000, 2_000_000))

    def work() -> None:
        panel.session.history.append(rows([next(steps)], 2))
        panel.redraw()
        paint(panel.plot)

    work()
    measured = milliseconds(work)
    report("loss, 1,000,000 steps: append, redraw, paint", measured, plain_plot)
    assert measured[0] < 16

    panel.plot.follows = False
    windows = iter(np.linspace(0, 900_000, 4 * REPEATS))

    def zoom() -> None:
        left = next(windows)
        panel.plot.view.setXRange(left, left + 50_000, padding=0)
        panel.redraw()
        paint(panel.plot)

    measured = milliseconds(zoom)
    report("loss, window of 50,000 steps: pan, redraw, paint", measured, plain_plot)
    assert measured[0] < 16


@pytest.mark.parametrize(
    ("layers", "count"), [(3, 650), (8, 650), (50, 1_000), (50, 200_000), (3, 1_000_000)]
)
def test_gradient_norms(qtbot, plain_plot, layers, count):
    panel = shown(GradientNormsPanel, qtbot, f"deep-mlp:{layers}")
    random = np.random.default_rng(0)
    depth = 10.0 ** (-np.arange(layers)[::-1] / 3)
    for at in range(0, count, min(1000, count)):
        table = depth * np.exp(0.3 * random.standard_normal((min(1000, count), layers)))
        panel.session.history.append(
            rows(np.arange(at, at + len(table)), layers, layer_gradient_norm=table)
        )
    panel.frame = fake_frame(panel.session.topology, step=count - 1)
    steps = iter(range(count, count + 10_000))

    def work() -> None:
        table = depth[None, :]
        panel.session.history.append(rows([next(steps)], layers, layer_gradient_norm=table))
        panel.redraw()

    work()
    paint(panel.plot)
    measured = milliseconds(work)
    name = f"gradient norms, {layers} layers × {count:,} steps"
    report(f"{name}: append and redraw", measured, plain_plot)
    painted = milliseconds(lambda: paint(panel.plot))
    report(f"{name}: paint", painted, plain_plot)
    assert measured[0] < 16
    assert painted[0] < 16


def test_thinning_does_not_stop_the_window():
    """The longest append while the history is at its bound."""
    from gui.series import History

    history = History()
    history.reset(1, 50)
    worst = 0.0
    for k in range(400):
        began = time.perf_counter()
        history.append(rows(np.arange(k * 1000, k * 1000 + 1000), 50))
        worst = max(worst, 1000 * (time.perf_counter() - began))
    print(f"\nhistory of 50 layers, 400,000 steps, bound 256 MB: longest append {worst:.1f} ms")
    assert history.nbytes <= history.max_bytes
