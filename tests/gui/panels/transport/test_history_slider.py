"""The history: a click goes where it points, and steps gone back before can be come back to."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from engine.messages.commands import Operate, Reset
from gui.panels.transport.history_slider import HistorySlider
from tests.gui.rig import settle, wait

pytestmark = pytest.mark.window("d2l-mlp", steps=30)


@pytest.fixture
def slider(qtbot):
    found = HistorySlider()
    qtbot.addWidget(found)
    found.resize(220, 20)
    found.show()
    return found


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_click_goes_to_the_place_clicked(slider, qtbot, share):
    slider.show_step(1000, 1000)
    point = QPoint(round(share * slider.width()), slider.height() // 2)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=point)
    assert slider.value() == pytest.approx(1000 * share, abs=60)


def test_it_reaches_to_the_last_step_and_never_short_of_where_it_stands(slider):
    assert not slider.isEnabled()
    slider.show_step(10, 40)
    assert (slider.value(), slider.maximum()) == (10, 40)
    slider.show_step(41, 40)
    assert (slider.value(), slider.maximum()) == (41, 41)
    slider.show_step(0, 0)
    assert not slider.isEnabled()


def test_back_and_forward_again_gives_the_same_numbers(window, qtbot):
    panel, session = window.panels["transport"], window.session
    loss = session.frame.loss
    panel.history.setValue(12)
    wait(qtbot, lambda: session.frame.step == 12)
    settle(window, qtbot)
    assert panel.history.maximum() == 30
    assert (panel.step_box.value(), panel.step_label.text()) == (12, "of 30")
    panel.history.setValue(30)
    wait(qtbot, lambda: session.frame.step == 30)
    settle(window, qtbot)
    assert session.frame.loss == loss
    assert panel.step_label.isVisible(), "the box stays where it is"
    assert np.array_equal(session.history.steps(), np.arange(31))


def test_a_changed_setting_takes_the_later_steps_away(window, qtbot):
    panel, session = window.panels["transport"], window.session
    panel.history.setValue(12)
    wait(qtbot, lambda: session.frame.step == 12)
    settle(window, qtbot)
    session.change("optimizer.learning_rate", 0.01)
    settle(window, qtbot)
    assert panel.history.maximum() == 12


def test_an_update_by_hand_leads_on_the_same_way_and_a_reset_begins_anew(window, qtbot):
    panel, session = window.panels["transport"], window.session
    panel.history.setValue(12)
    wait(qtbot, lambda: session.frame.step == 12)
    settle(window, qtbot)
    session.send(Operate())  # the update, which leads to step 13
    settle(window, qtbot)
    assert (panel.history.value(), panel.history.maximum()) == (13, 30)
    session.send(Reset())
    settle(window, qtbot)
    assert panel.history.maximum() == 0
