"""The gradient norms of the layers: curves, profile, legend, and choosing a layer."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from engine.messages.commands import Inspect
from engine.observe.observer import Observer
from engine.system import catalogue
from gui.appearance.theme import DARK, LIGHT
from gui.colour.magnitude import contrast
from gui.panels.gradient_norms.gradient_norms import GradientNormsPanel
from gui.plots.layer_legend import layer_colours
from tests.gui.panel_help import RecordingSession, feed, pixel, plain, rows, shown


def norms(steps, layers):
    """Norms that fall by a decade from layer to layer, towards the first."""
    return np.tile(10.0 ** np.arange(-layers, 0), (steps, 1))


@pytest.fixture
def deep(qtbot):
    panel = shown(GradientNormsPanel, qtbot, "deep-mlp:50")
    feed(panel, rows(np.arange(100), 50, layer_gradient_norm=norms(100, 50)))
    return panel


def test_empty_states(qtbot):
    panel = shown(GradientNormsPanel, qtbot, "d2l-mlp")
    assert plain(panel.read_out) == "The gradient norms appear with the first step."
    panel = shown(GradientNormsPanel, qtbot, "cs231n-gates")
    assert "no layers" in plain(panel.read_out)
    panel = GradientNormsPanel(session := RecordingSession())
    qtbot.addWidget(panel, before_close_func=lambda _: session.close())
    panel.redraw()
    assert "no layers" not in plain(panel.read_out), "nothing is open yet"
    assert not panel.legend.isVisible()


def test_fifty_layers_share_a_bar_and_three_have_names(deep, qtbot):
    assert deep.legend.is_bar(deep.legend.width())
    assert deep.legend.heightForWidth(390) < 30
    few = shown(GradientNormsPanel, qtbot, "deep-mlp:3")
    assert not few.legend.is_bar(few.legend.width())
    assert few.legend.accessibleDescription() == "linear1, linear2, linear3"


@pytest.mark.parametrize("theme", [LIGHT, DARK])
@pytest.mark.parametrize("count", [2, 10, 50])
def test_colours_stand_out_and_differ(theme, count):
    colours = layer_colours(count, theme)
    assert len(set(colours)) == count
    assert min(contrast(colour, theme.surface) for colour in colours) >= 3


def test_read_out_names_the_extremes(deep):
    text = plain(deep.read_out)
    assert "step 99" in text
    assert "10⁻⁵⁰ in linear1 … 0.1 in linear50" in text


def test_zeros_and_nan_are_marked_at_the_edges(qtbot):
    panel = shown(GradientNormsPanel, qtbot, "deep-mlp:3")
    table = norms(100, 3)
    table[40, 0] = 0
    table[70, 1] = np.nan
    table[99] = 0, np.inf, 1
    feed(panel, rows(np.arange(100), 3, layer_gradient_norm=table))
    np.testing.assert_array_equal(panel.curves.marks.zeros.getData()[0], [40, 99])
    np.testing.assert_array_equal(panel.curves.marks.bad.getData()[0], [70, 99])
    text = plain(panel.read_out)
    assert "exactly 0 in 1" in text
    assert "not finite in 1" in text
    panel.tabs.setCurrentIndex(1)
    np.testing.assert_array_equal(panel.profile.marks.zeros.getData()[0], [1])
    np.testing.assert_array_equal(panel.profile.marks.bad.getData()[0], [2])
    np.testing.assert_array_equal(panel.profile.bars.opts["x"], [3])


def test_profile_by_its_tab(deep, qtbot):
    bar = deep.tabs.tabBar()
    place = bar.tabRect(1).center()
    qtbot.mouseClick(bar, Qt.MouseButton.LeftButton, pos=place)
    opts = deep.profile.bars.opts
    top = np.asarray(opts["height"]) + opts["y0"]
    np.testing.assert_allclose(top, np.arange(-50, 0))


def test_profile_says_when_the_backward_pass_is_not_done(deep):
    from tests.gui.fakes import fake_frame

    deep.tabs.setCurrentIndex(1)
    deep.session.take(fake_frame(deep.session.topology, step=100, cursor=3))
    deep.redraw_limit.draw_now()
    assert plain(deep.read_out) == "step 100: not computed yet in this pass"


def test_hovering_names_the_curve(deep, qtbot):
    qtbot.mouseMove(deep.plot.viewport(), pixel(deep.plot, 50, -30))
    qtbot.waitUntil(lambda: deep.hovered is not None)
    text = plain(deep.read_out)
    assert "linear21" in text
    assert "gradient norm 10⁻³⁰ at step 50" in text
    qtbot.mouseMove(deep.plot.viewport(), QPoint(2, 2))
    qtbot.waitUntil(lambda: deep.hovered is None)


def test_clicking_a_curve_selects_the_layer_s_weight(deep, qtbot):
    qtbot.mouseClick(deep.plot.viewport(), Qt.MouseButton.LeftButton, pos=pixel(deep.plot, 50, -30))
    qtbot.waitUntil(lambda: deep.session.selected_node is not None)
    topology = deep.session.topology
    assert topology.nodes[deep.session.selected_node].name == "linear21.weight"
    assert isinstance(deep.session.sent[-1], Inspect)
    assert deep.curves._strong == 20
    assert deep.legend.selected == 20


def test_clicking_a_bar_and_the_legend(deep, qtbot):
    deep.tabs.setCurrentIndex(1)
    qtbot.mouseClick(
        deep.profile_plot.viewport(),
        Qt.MouseButton.LeftButton,
        pos=pixel(deep.profile_plot, 7, -45),
    )
    qtbot.waitUntil(lambda: deep.selected_layer == 6)
    place = deep.legend.places(deep.legend.width())[30].center()
    qtbot.mouseClick(deep.legend, Qt.MouseButton.LeftButton, pos=place)
    assert deep.selected_layer == 30


def test_profile_names_layers_where_there_is_room(qtbot):
    panel = shown(GradientNormsPanel, qtbot, "d2l-mlp")
    panel.tabs.setCurrentIndex(1)
    feed(panel, rows(np.arange(10), 2))
    ticks = panel.profile_plot.getAxis("bottom")._tickLevels[0]
    assert ticks == [(1, "hidden"), (2, "output")]


def test_table_has_a_column_a_layer(deep):
    headings, columns = deep.plot.table()
    assert headings[:3] == ["step", "epoch", "linear1"]
    assert headings[-2:] == ["gradient_norm_before_clipping", "gradient_norm_after_clipping"]
    assert len(headings) == len(columns) == 54


def test_log_ticks_are_powers_of_ten():
    from gui.plots.number_axis import NumberAxis

    axis = NumberAxis("left")
    axis.setLogMode(y=True)
    levels = axis.logTickValues(-20, 0, 200, [])
    assert axis.logTickStrings(levels[0][1], 1, levels[0][0])[-2:] == ["10⁻⁴", "1"]
    narrow = axis.logTickValues(-0.2, 0.4, 200, [])
    assert axis.logTickStrings(narrow[0][1], 1, narrow[0][0]) == ["1", "1.5", "2", "2.5"] or (
        len(narrow[0][1]) >= 3
    )


def test_a_count_has_no_half_steps():
    from gui.plots.number_axis import NumberAxis

    axis = NumberAxis("bottom")
    ticks = [x for _, level in axis.tickValues(0.7, 3.3, 900) for x in level]
    assert any(x % 1 for x in ticks)
    axis.counts = True
    for last in (3.3, 8.3, 40.3):
        levels = axis.tickValues(0.7, last, 900)
        assert levels
        assert all(x % 1 == 0 for _, level in levels for x in level)


@pytest.mark.parametrize("name", ["d2l-mlp", "pytorch-241"])
def test_stepping_through_a_pass_raises_no_false_alarm(qtbot, name):
    trainer = Observer(catalogue.load(name))
    panel = shown(GradientNormsPanel, qtbot, "d2l-mlp")
    panel.session.stand_before(trainer.topology)
    for _ in trainer.topology.operations[:-1]:
        trainer.operate()
        panel.session.take(trainer.take_frame())
        for tab in (0, 1):
            panel.tabs.setCurrentIndex(tab)
            panel.redraw_limit.draw_now()
            assert "not finite" not in plain(panel.read_out), trainer.cursor
        assert not panel.profile.marks.bad.getData()[0].size
    assert " … " in plain(panel.read_out), "the whole pass tells the extremes"
