"""Gradient norms over time steps: the decay, the past, kept curves, and the tab that shows them."""

import dataclasses
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

from engine.messages.commands import Inspect
from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.observe.observer import Observer
from engine.system import catalogue
from gui.appearance.theme import DARK
from gui.panels.gradient_norms.gradient_norms import GradientNormsPanel
from gui.panels.gradient_norms.time_norms import TimeNorms, factor_per_step_back
from gui.panels.gradient_norms.time_view import MOST_KEPT
from tests.gui.panel_help import pixel, plain, shown

TRAINERS: dict[str, Observer] = {}


def topology_of(name: str) -> Topology:
    if name not in TRAINERS:
        TRAINERS[name] = Observer(catalogue.load(name), 1)
    return TRAINERS[name].topology


def frame_of(name: str, step: int = 0, base: float = 0.5, **changes: Any) -> Frame:
    """A frame in which ‖∂J/∂h_t‖ = base^(T − t), and twice that for c."""
    topology = topology_of(name)
    data = TimeNorms()
    data.start_system(topology)
    norms = np.ones(len(topology.nodes))
    for path in data.paths:
        times = np.array(path.times)
        norms[list(path.nodes)] = (2 if path.letter == "c" else 1) * base ** (times[-1] - times)
    ready = np.ones(len(topology.nodes), bool)
    frame = dataclasses.replace(
        TRAINERS[name].take_frame(), step=step, gradient_norm=norms, gradient_ready=ready
    )
    return dataclasses.replace(frame, **changes)


def data_of(name: str, *steps: int) -> TimeNorms:
    data = TimeNorms()
    data.start_system(topology_of(name))
    for step in steps:
        data.take_frame(frame_of(name, step))
    return data


@pytest.fixture
def panel(qtbot: Any) -> GradientNormsPanel:
    made = shown(GradientNormsPanel, qtbot)
    open_in(made, "rnn-bptt")
    made.tabs.setCurrentIndex(2)
    return made


def open_in(panel: Any, name: str, *frames: Frame) -> None:
    panel.session.stand_before(topology_of(name))
    for frame in frames or (frame_of(name),):
        panel.session.take(frame)
    panel.redraw_limit.draw_now()


def drawn(panel: GradientNormsPanel) -> list[tuple[Any, bool]]:
    """log₁₀ of the curves drawn in full, and whether they are dashed."""
    _, y = panel.time.lines.get_data()
    dashed = [pen.style() == Qt.PenStyle.DashLine for pen in panel.time.lines.pens]
    return list(zip(y.T, dashed, strict=True))[::-1]


# -- the numbers -------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [0.62, 1.0, 1.7, 1e-9])
def test_the_factor_of_a_geometric_decay_is_its_ratio(factor):
    times = np.arange(1.0, 9.0)
    assert factor_per_step_back(times, 3 * factor ** (8 - times)) == pytest.approx(factor)


def test_the_factor_is_the_least_squares_line_through_the_logarithms():
    random = np.random.default_rng(0)
    times = np.arange(1.0, 41.0)
    norms = 10 ** random.normal(size=40)
    slope = np.polyfit(times, np.log10(norms), 1)[0]
    assert factor_per_step_back(times, norms) == pytest.approx(10**-slope)


def test_the_factor_leaves_zeros_and_nan_out_and_needs_two_points():
    times = np.arange(1.0, 6.0)
    assert factor_per_step_back(times, np.array([0, np.nan, 0.25, 0.5, 1])) == pytest.approx(0.5)
    assert factor_per_step_back(times, np.array([0, 0, np.inf, np.nan, 1.0])) is None


def test_frames_before_fade_into_the_past_and_the_first_one_stays():
    data = data_of("rnn-bptt", *range(0, 40, 2))
    steps = [curves[0].step for curves in data.before]
    assert steps == [0, 26, 28, 30, 32, 34, 36]
    assert data.now[0].step == 38


def test_going_back_takes_later_frames_out_of_the_past():
    data = data_of("rnn-bptt", 0, 10, 20, 30)
    data.take_frame(frame_of("rnn-bptt", 15))
    assert [curves[0].step for curves in data.before] == [0, 10]
    data.take_frame(frame_of("rnn-bptt", 0))
    assert data.before == []


def test_a_pass_half_done_shows_what_is_there_and_keeps_the_last_whole_one():
    data = data_of("rnn-bptt", 4)
    frame = frame_of("rnn-bptt", 5)
    (path,) = data.paths
    norms, ready = frame.gradient_norm.copy(), frame.gradient_ready.copy()
    norms[list(path.nodes[:5])], ready[list(path.nodes[:5])] = np.nan, False
    data.take_frame(dataclasses.replace(frame, gradient_norm=norms, gradient_ready=ready))
    assert np.isfinite(data.now[0].norms).sum() == len(path.nodes) - 5
    assert [curves[0].step for curves in data.before] == [4]
    data.keep(MOST_KEPT)
    assert [curve.step for curve in data.kept] == [4]


# -- the tab -----------------------------------------------------------------------------------


def test_only_systems_with_time_steps_have_the_tab(panel):
    assert panel.tabs.isTabVisible(2)
    open_in(panel, "d2l-mlp")
    assert not panel.tabs.isTabVisible(2)
    assert panel.tabs.currentIndex() != 2
    assert panel.legend.isVisible()
    assert panel.read_out.isVisible()
    open_in(panel, "lstm")
    assert panel.tabs.isTabVisible(2)


def test_the_decay_a_step_is_read_out(panel):
    assert "×0.5 a step back" in plain(panel.time.key)
    assert not panel.legend.isVisible()
    (y, dashed), *others = drawn(panel)
    assert (dashed, others) == (False, [])
    np.testing.assert_allclose(y, np.log10(0.5) * np.arange(7, -1, -1))


def test_a_pass_without_gradients_yet_says_so_once(panel):
    frame = frame_of("lstm", 3)
    nothing = np.full_like(frame.gradient_norm, np.nan)
    ready = np.zeros_like(frame.gradient_ready)
    open_in(panel, "lstm", dataclasses.replace(frame, gradient_norm=nothing, gradient_ready=ready))
    key = plain(panel.time.key)
    assert key.startswith("step 3 not computed yet in this pass")
    assert key.count("not computed") == 1
    assert "a step back" not in key
    assert not panel.time.keep_action.isEnabled()
    assert not panel.time.marks.bad.isVisible()


def test_an_rnns_curve_kept_beside_an_lstms(panel, qtbot):
    """Kept by its button, named, dashed, and still there in front of another system."""
    qtbot.mouseClick(panel.time.buttons[0], Qt.MouseButton.LeftButton)
    open_in(panel, "lstm", frame_of("lstm", 12, base=0.9))
    assert [dashed for _, dashed in drawn(panel)] == [False, False, True]
    np.testing.assert_allclose(drawn(panel)[2][0], np.log10(0.5) * np.arange(7, -1, -1))
    key = plain(panel.time.key)
    assert key.startswith("step 12")
    assert "∂ht‖ ×0.9 a step back" in key
    assert "∂ct‖ ×0.9 a step back" in key
    assert "rnn-bptt, step 0 ×0.5 a step back" in key
    panel.time.clear_action.trigger()
    assert [dashed for _, dashed in drawn(panel)] == [False, False]
    assert not panel.time.clear_action.isEnabled()


def test_of_many_kept_curves_the_oldest_go(panel):
    for step in range(MOST_KEPT + 2):
        panel.session.take(frame_of("rnn-bptt", step))
        panel.time.keep()
        panel.time.keep()  # the same curve is kept once
    assert [curve.step for curve in panel.time.data.kept] == [2, 3, 4, 5]
    assert len({colour for _, colour, _ in panel.time.shown}) == MOST_KEPT + 1


def test_zeros_and_nan_are_marked(panel):
    frame = frame_of("rnn-bptt", 3)
    (path,) = panel.time.data.paths
    norms = frame.gradient_norm.copy()
    norms[path.nodes[0]], norms[path.nodes[1]] = 0.0, np.inf
    panel.session.take(dataclasses.replace(frame, gradient_norm=norms))
    panel.redraw_limit.draw_now()
    np.testing.assert_array_equal(panel.time.marks.zeros.getData()[0], [1])
    np.testing.assert_array_equal(panel.time.marks.bad.getData()[0], [2])


def test_hovering_tells_a_point_and_clicking_selects_its_node(panel, qtbot):
    place = pixel(panel.time.plot, 5, -3 * np.log10(2))
    qtbot.mouseMove(panel.time.plot.viewport(), place)
    qtbot.waitUntil(lambda: panel.time.hovered is not None)
    assert "norm 0.125 at t = 5" in plain(panel.time.key)
    qtbot.mouseClick(panel.time.plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.waitUntil(lambda: panel.session.selected_node is not None)
    node = panel.session.topology.nodes[panel.session.selected_node]
    assert node.name == "rnn.t5.h"
    assert isinstance(panel.session.sent[-1], Inspect)
    assert panel.time.ring.getData()[0].tolist() == [5.0]


def test_the_table_has_the_curves_and_the_kept_ones(panel):
    panel.time.keep()
    open_in(panel, "lstm")
    headings, columns = panel.time.plot.table()
    assert headings == ["time_step", "lstm.h", "lstm.c", "rnn-bptt step 0 rnn.h"]
    np.testing.assert_allclose(columns[3], 0.5 ** np.arange(7, -1, -1.0))


def test_another_theme_recolours_what_is_drawn(panel):
    panel.time.keep()
    panel.apply_theme(DARK)
    colours = [pen.color().name() for pen in panel.time.lines.pens]
    assert colours[-1] == DARK.series[0]
    assert len(colours) == 2
    assert set(colours) <= set(DARK.series)
