"""Curves drawn by one item: gaps, dots, order, and a spike of one sample in a million."""

from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from gui.appearance.theme import LIGHT
from gui.history.envelope import of_rows
from gui.panels.gradient_norms.gradient_norms import GradientNormsPanel
from gui.panels.loss import LossPanel
from gui.plots.envelope_points import log_saw
from gui.plots.plot import Plot, line_pen
from gui.plots.polylines import Polylines
from tests.gui.fakes import fake_frame
from tests.gui.panel_help import rows, shown

MILLION = 1_000_000


@pytest.fixture
def plot(qtbot: Any) -> Plot:
    made = Plot()
    qtbot.addWidget(made)
    made.resize(400, 300)
    made.show()
    made.show_range((0.0, 10.0), (0.0, 10.0))
    return made


def painted(plot: Plot, scale: int = 1) -> QImage:
    image = QImage(plot.size() * scale, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(scale)
    painter = QPainter(image)
    plot.render(painter, QRectF(plot.rect()))
    painter.end()
    return image


def colour_at(plot: Plot, image: QImage, x: float, y: float) -> str:
    place = plot.mapFromScene(plot.view.mapViewToScene(QPointF(x, y)))
    scale = image.devicePixelRatio()
    return image.pixelColor(int((place.x() + 0.5) * scale), int((place.y() + 0.5) * scale)).name()


def lines_of(plot: Plot, *curves: Any, colours: tuple[str, ...], top: int | None = None) -> None:
    item = Polylines()
    plot.addItem(item, ignoreBounds=True)
    y = np.array(curves, float).T
    item.set_data(np.arange(len(y), dtype=float), y)
    item.set_pens([line_pen(colour, 5.0) for colour in colours], top)


RED, BLUE = "#ff0000", "#0000ff"


@pytest.mark.parametrize("scale", [1, 2])
def test_lines_stand_where_their_points_are(plot, scale):
    lines_of(plot, [2.0] * 11, [8.0] * 11, colours=(RED, BLUE))
    image = painted(plot, scale)
    assert colour_at(plot, image, 5, 2) == RED
    assert colour_at(plot, image, 5, 8) == BLUE
    assert colour_at(plot, image, 5, 4) not in (RED, BLUE)


def test_nan_is_a_gap_and_a_lonely_point_is_seen(plot):
    nan = np.nan
    lines_of(plot, [5, 5, 5, nan, nan, 5, nan, nan, 5, 5, 5], colours=(RED,))
    image = painted(plot)
    assert [colour_at(plot, image, x, 5) == RED for x in (1, 3.5, 5, 6.5, 9)] == [
        True, False, True, False, True,
    ]  # fmt: skip


@pytest.mark.parametrize("top", [0, 1])
def test_the_emphasised_curve_lies_above(plot, top):
    lines_of(plot, [5] * 11, [5] * 11, colours=(RED, BLUE), top=top)
    assert colour_at(plot, painted(plot), 5, 5) == (RED, BLUE)[top]


def test_a_bin_with_zeros_is_drawn_by_what_has_a_logarithm():
    x, y = log_saw(of_rows(np.arange(3.0), np.array([[1.0], [0.0], [100.0]])))
    np.testing.assert_array_equal(x, np.arange(3))
    np.testing.assert_array_equal(y[:, 0], [0, np.nan, 2])


def reddest(image: QImage, colour: str) -> Any:
    """The rows of pixels, from the top, in which a colour (or close to it) occurs."""
    wanted = QColor(colour)
    pixels = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4).astype(int)
    target = np.array([wanted.blue(), wanted.green(), wanted.red()])
    return np.flatnonzero((np.abs(pixels[:, :, :3] - target).sum(axis=2) < 60).any(axis=1))


@pytest.mark.parametrize("at", [123_457, 999_998])
def test_a_spike_of_one_sample_in_a_million_is_on_the_screen(qtbot, at):
    """Painted up to where it reaches: nothing else of its colour comes near the top."""
    panel = shown(LossPanel, qtbot)
    panel.apply_theme(LIGHT)
    objective = np.ones(MILLION)
    objective[at] = 100.0
    for start in range(0, MILLION, 20_000):
        part = slice(start, start + 20_000)
        flat = objective[part]
        panel.session.history.append(rows(np.arange(MILLION)[part], 2, objective=flat, loss=flat))
        if start == 400_000:
            panel.redraw()  # some of it was drawn before
    panel.frame = fake_frame(panel.session.topology, step=MILLION - 1)
    panel.redraw()
    x, y = panel.curves["objective"].get_data()
    assert len(x) <= 4 * panel.plot.bins()
    assert y.max() == 100.0
    assert abs(x[np.argmax(y[:, 0])] - at) <= 4 * MILLION / panel.plot.bins()
    plot = panel.plot
    plot.cursor_line.hide()
    spike = reddest(painted(plot), LIGHT.series[0])
    assert spike.min() < 0.15 * plot.height()


def test_among_fifty_layers_a_spike_is_kept_though_the_oldest_rows_were_thinned(qtbot):
    panel = shown(GradientNormsPanel, qtbot, "deep-mlp:50")
    history = panel.session.history
    history.max_bytes = 16 << 20
    for start in range(0, 60_000, 1000):
        table = np.ones((1000, 50))
        if start == 3000:
            table[77, 31], table[78, 12] = 1e9, 1e-9
        history.append(rows(np.arange(start, start + 1000), 50, layer_gradient_norm=table))
    assert history.exact_from > 4000
    panel.frame = fake_frame(panel.session.topology, step=59_999)
    panel.redraw()
    x, y = panel.curves.bands.get_data()
    assert [y.max(), np.argmax(y.max(axis=0))] == [9.0, 31]
    assert [y.min(), np.argmin(y.min(axis=0))] == [-9.0, 12]
    middles = panel.curves.lines.get_data()
    assert middles[1].shape == (len(x) // 2, 50)
    np.testing.assert_allclose(middles[1], (y[0::2] + y[1::2]) / 2)
