"""What a frame costs the GUI thread beside the canvas: nothing is laid out or drawn for nothing."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QColor, QImage, QPainter
from PySide6.QtWidgets import QLabel, QSizePolicy, QVBoxLayout, QWidget

from engine.messages.commands import Train
from gui.appearance.theme import LIGHT
from gui.canvas.colours.palette import Palette
from gui.canvas.colours.values import Standing
from gui.canvas.legend.legend import Legend
from gui.canvas.legend.strip import LegendStrip
from gui.colour.linear import fresh_scale
from gui.panels.gradient_norms.gradient_norms import GradientNormsPanel
from gui.panels.loss import MOST_POINTS, LossPanel
from gui.plots.plot import MOST_BINS, Plot, eased
from gui.widgets.layout_shield import LayoutShield
from tests.gui.fakes import fake_frame, fake_topology
from tests.gui.panel_help import RecordingSession, rows
from tests.gui.rig import dismiss, open_system, settle, shown_window


class Counter(QObject):
    """Counts the events of a kind that a widget gets."""

    def __init__(self, widget, kind):
        super().__init__(widget)
        self.kind, self.count = kind, 0
        widget.installEventFilter(self)

    def eventFilter(self, watched, event):
        self.count += event.type() == self.kind
        return False


def test_a_label_that_says_something_else_is_no_business_of_the_window(qtbot):
    """Nor is a panel that needs more: it is scrolled, and the window keeps its size."""
    window, panel = QWidget(), QWidget()
    qtbot.addWidget(window)
    label = QLabel("one")
    label.setMinimumWidth(100)
    QVBoxLayout(panel).addWidget(label)
    holder = LayoutShield(panel)
    QVBoxLayout(window).addWidget(holder)
    window.show()
    qtbot.waitExposed(window)
    qtbot.wait(20)
    counter = Counter(window, QEvent.Type.LayoutRequest)
    label.setText("two")
    qtbot.wait(20)
    assert counter.count == 0
    label.setMinimumSize(500, 300)
    qtbot.wait(20)
    assert counter.count == 0
    assert panel.width() >= 500
    assert holder.horizontalScrollBar().maximum() > 0
    label.setMinimumSize(10, 10)
    qtbot.wait(20)
    assert panel.size() == holder.size(), "it has all the room"


def test_another_fixed_height_is_the_window_s_business(qtbot):
    panel = QWidget()
    panel.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
    label = QLabel("one")
    QVBoxLayout(panel).addWidget(label)
    holder = LayoutShield(panel)
    qtbot.addWidget(holder)
    holder.show()
    with qtbot.waitSignal(holder.asked_anew):
        label.setMinimumHeight(200)
    assert holder.fixed_height > 200
    assert holder.minimumSizeHint().height() == holder.fixed_height


def test_frames_do_not_lay_the_window_out_anew(qtbot, tmp_path):
    window = shown_window(tmp_path)
    try:
        open_system(window, qtbot, "d2l-mlp")
        window.docks["inspector"].raise_()
        window.session.select(node=2)
        window.session.send(Train(steps=20))
        settle(window, qtbot)
        qtbot.wait(50)
        counter = Counter(window, QEvent.Type.LayoutRequest)
        for _ in range(10):
            window.session.send(Train(steps=1))
            settle(window, qtbot)
            qtbot.wait(20)
        assert window.session.frame is not None
        assert window.session.frame.step == 30
        assert counter.count <= 2
    finally:
        dismiss(window)


# -- plots -----------------------------------------------------------------------------------


@pytest.fixture
def session():
    found = RecordingSession()
    yield found
    found.close()


def fifty(session, qtbot, steps: int) -> GradientNormsPanel:
    panel = GradientNormsPanel(session)
    qtbot.addWidget(panel)
    panel.resize(392, 360)
    topology = fake_topology("deep-mlp:50")
    session.topology = topology
    session.history.reset(topology.generation, len(topology.layers))
    panel.show_topology(topology)
    norms = 10.0 ** np.random.default_rng(0).normal(size=(steps, len(topology.layers)))
    session.history.append(rows(np.arange(steps), len(topology.layers), layer_gradient_norm=norms))
    panel.show()
    qtbot.waitExposed(panel)
    panel.show_frame(fake_frame(topology, step=steps - 1))
    return panel


def test_fifty_curves_keep_their_extremes_in_few_points(session, qtbot):
    panel = fifty(session, qtbot, 3000)
    panel.redraw()
    x, y = panel.curves.bands.get_data()
    assert len(x) * y.shape[1] <= 2 * 1.1 * MOST_BINS * 2, "a high and a low in each bin"
    table = np.log10(panel.history.column("layer_gradient_norm"))
    np.testing.assert_allclose(np.nanmax(y, axis=0), table.max(axis=0))
    np.testing.assert_allclose(np.nanmin(y, axis=0), table.min(axis=0))


def test_a_frame_paints_a_plot_once(session, qtbot):
    panel = fifty(session, qtbot, 300)
    qtbot.wait(100)
    counter = Counter(panel.plot.viewport(), QEvent.Type.Paint)
    norms = np.full((1, panel.history.column("layer_gradient_norm").shape[1]), 1e6)
    panel.history.append(rows(np.arange(400, 401), norms.shape[1], layer_gradient_norm=norms))
    panel.redraw()
    qtbot.wait(100)
    assert counter.count == 1


def test_a_view_that_still_fits_stays():
    assert eased((0.0, 100.0), (0.0, 99.0)) == (0.0, 100.0)
    low, high = eased((0.0, 100.0), (0.0, 101.0))
    assert low == 0.0
    assert 101.0 < high < 110.0, "what grows gets room to grow into"
    assert eased((0.0, 100.0), (0.0, 50.0)) == (0.0, 50.0), "what shrinks is shown"
    low, high = eased((0.0, 1.0), (-1.0, 1.0))
    assert -1.2 < low < -1.0
    assert high == 1.0


def test_ticks_kept_as_pixels_look_as_drawn(qtbot):
    plot = Plot(log_y=True)
    qtbot.addWidget(plot)
    plot.resize(360, 240)
    plot.apply_theme(LIGHT)
    plot.show()
    qtbot.waitExposed(plot)
    plot.show_range((0, 200), (-3, 2))

    def picture(widget) -> np.ndarray:
        image = QImage(360, 240, QImage.Format.Format_RGB32)
        image.fill(QColor("#ffffff"))
        painter = QPainter(image)
        for side in ("left", "bottom"):
            axis = plot.getAxis(side)
            painter.setTransform(axis.sceneTransform())
            painter.save()
            axis.paint(painter, None, widget)
            painter.restore()
        painter.end()
        return np.frombuffer(image.bits(), np.uint8).reshape(240, 360, 4)[..., :3].astype(int)

    kept, drawn = picture(plot.viewport()), picture(None)
    assert (drawn < 200).sum() > 100, "there is something"
    assert np.abs(kept - drawn).mean() < 1.5
    assert np.array_equal(picture(plot.viewport()), kept), "again, out of the kept pixels"
    plot.show_range((0, 5000), (-30, 2))
    assert not np.array_equal(picture(plot.viewport()), kept), "another range has other ticks"


def test_the_first_steps_have_numbers(qtbot):
    plot = Plot()
    qtbot.addWidget(plot)
    plot.count("step")
    plot.resize(330, 180)
    plot.show()
    qtbot.waitExposed(plot)
    for last in (1, 2, 3, 7):
        plot.reset_view()
        plot.show_range((0, last), (0.0, 1.0))
        axis = plot.getAxis("bottom")
        image = QImage(8, 8, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        painter.setFont(axis.style["tickFont"])
        numbers = [text for _, _, text in axis.generateDrawSpecs(painter)[2]]
        painter.end()
        assert numbers[0] == "0", last
        assert numbers[-1] == str(last) or last == 7


def test_many_validation_points_are_a_line(session, qtbot):
    panel = LossPanel(session)
    qtbot.addWidget(panel)
    panel.show()
    qtbot.waitExposed(panel)
    for count, marked in ((MOST_POINTS - 1, True), (3 * MOST_POINTS, False)):
        session.history.reset(1, 0)
        steps = np.arange(count)
        session.history.append(rows(steps, validation_loss=2.0 / (1 + steps)))
        panel.frame = fake_frame(fake_topology("d2l-mlp"), step=count - 1)
        panel.redraw()
        assert panel.points.isVisible() == marked
        assert len(panel.curves["validation_loss"].get_data()[0]) > 0


def test_where_the_selection_stands_is_painted_without_the_rest(qtbot):
    legend = Legend(Palette(LIGHT), fresh_scale("magnitude", 1e-300).anchored([1e-3, 1.0]))
    strip = LegendStrip(legend)
    qtbot.addWidget(strip)
    strip.resize(700, strip.heightForWidth(700))
    strip.show()
    qtbot.waitExposed(strip)
    strip.grab()

    def seconds(what) -> float:
        found = []
        for _ in range(9):
            began = time.perf_counter()
            what()
            found.append(time.perf_counter() - began)
        return min(found)

    def whole() -> None:
        strip.refresh()
        strip.repaint()

    def moved() -> None:
        legend.selection = Standing("W", 0.01)
        strip.repaint()

    assert seconds(moved) < 0.5 * seconds(whole)
    image = QImage(strip.size(), QImage.Format.Format_ARGB32)
    painter = QPainter(image)
    painter.fillRect(image.rect(), legend.palette.canvas)
    legend.paint(painter, 0, 0, strip._room(700), 700)
    painter.end()
    seen = strip.grab().toImage().convertToFormat(image.format())
    arrays = [
        np.frombuffer(one.constBits(), np.uint8).reshape(-1, 4)[:, :3].astype(int)
        for one in (seen, image)
    ]
    assert np.abs(arrays[0] - arrays[1]).mean() < 1.0, "as if it were painted at once"
