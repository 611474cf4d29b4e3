"""Dimmed curves of what was left, and a click in a plot that goes to its step."""

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from engine.messages.commands import Train
from tests.gui.panel_help import pixel
from tests.gui.rig import settle, wait

pytestmark = pytest.mark.window("d2l-mlp", steps=30)

PANELS = ("loss", "gradient_norms")


def shown_panel(window, qtbot, name):
    window.docks[name].raise_()
    panel = window.panels[name]
    wait(qtbot, panel.isVisible)
    panel.redraw_limit.draw_now()
    return panel


def leave_the_way(window, qtbot):
    window.session.go_to(12)
    settle(window, qtbot)
    window.session.change("optimizer.learning_rate", 0.01)
    settle(window, qtbot)
    window.session.send(Train(steps=3))
    settle(window, qtbot)


@pytest.mark.parametrize("name", PANELS)
def test_what_was_left_is_drawn_dimmed_until_it_is_forgotten(window, qtbot, name):
    panel = shown_panel(window, qtbot, name)
    assert panel.kept.items == []
    leave_the_way(window, qtbot)
    panel.redraw_limit.draw_now()
    (item,) = panel.kept.items
    assert item.isVisible()
    x, y = item.get_data()
    assert x.tolist() == list(range(13, 31))
    assert y.shape[1] == (1 if name == "loss" else 2)
    assert np.isfinite(y).all()
    assert all(pen.color().alphaF() < 0.5 for pen in item.pens)
    live = panel.curves["objective"] if name == "loss" else panel.curves.lines
    assert item.zValue() < live.zValue()
    (left, right), (low, high) = panel.plot.view.viewRange()
    assert left <= 0
    assert right >= 30, "all of it is in sight"
    assert low <= y.min() <= y.max() <= high
    action = panel.kept._forget
    assert action.isVisible()
    assert action in panel.plot.menu().actions()
    action.trigger()
    panel.redraw_limit.draw_now()
    assert list(window.session.kept_runs) == []
    assert not item.isVisible()
    assert not len(item.get_data()[0])
    assert not action.isVisible()


@pytest.mark.parametrize("name", PANELS)
def test_a_click_in_a_plot_goes_to_its_step(window, qtbot, name):
    panel = shown_panel(window, qtbot, name)
    plot, session = panel.plot, window.session
    place = pixel(plot, 9.1, sum(plot.view.viewRange()[1]) / 2)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    wait(qtbot, lambda: session.frame.step == 9)
    settle(window, qtbot)
    assert session.kept_runs.in_reach == 30
    forward = pixel(plot, 24.0, sum(plot.view.viewRange()[1]) / 2)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=forward)
    wait(qtbot, lambda: session.frame.step == 24)


def test_a_double_click_shows_all_and_goes_nowhere(window, qtbot):
    panel = shown_panel(window, qtbot, "loss")
    plot = panel.plot
    place = pixel(plot, 9.0, sum(plot.view.viewRange()[1]) / 2)
    qtbot.mouseClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.mouseDClick(plot.viewport(), Qt.MouseButton.LeftButton, pos=place)
    qtbot.wait(QApplication.doubleClickInterval() + 100)
    assert settle(window, qtbot).step == 30


def test_return_at_the_crosshair_goes_to_its_step(window, qtbot):
    panel = shown_panel(window, qtbot, "loss")
    panel.plot.setFocus()
    for _ in range(4):
        qtbot.keyClick(panel.plot, Qt.Key.Key_Left)
    step = round(panel.plot.crosshair.reading.x)
    assert step < 30
    qtbot.keyClick(panel.plot, Qt.Key.Key_Return)
    wait(qtbot, lambda: window.session.frame.step == step)
