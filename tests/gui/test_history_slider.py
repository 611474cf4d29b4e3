"""The history: a click goes where it points, and steps gone back before can be come back to."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt

from engine.commands import Operate, Reset, Train
from gui.history_slider import HistorySlider
from tests.gui.fakes import fake_frame, fake_topology
from tests.gui.rig import dismiss, open_system, settle, shown_window, wait


@pytest.fixture
def slider(qtbot):
    found = HistorySlider()
    qtbot.addWidget(found)
    found.resize(220, 20)
    found.show()
    return found


@pytest.fixture
def window(qtbot, tmp_path):
    found = shown_window(tmp_path)
    open_system(found, qtbot, "d2l-mlp")
    found.session.send(Train(steps=30))
    settle(found, qtbot)
    yield found
    dismiss(found)


def at(step: int, **changes):
    frame = fake_frame(fake_topology("d2l-mlp"), step=step, cursor=3)
    return dataclasses.replace(frame, **changes)


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_click_goes_to_the_place_clicked(slider, qtbot, share):
    slider.follow(at(1000), same_settings=True)
    point = QPoint(round(share * slider.width()), slider.height() // 2)
    qtbot.mouseClick(slider, Qt.MouseButton.LeftButton, pos=point)
    assert slider.value() == pytest.approx(1000 * share, abs=60)


def test_going_back_keeps_the_later_steps_until_training_goes_on(slider):
    slider.follow(at(40), same_settings=True)
    slider.follow(at(10, rewound=True), same_settings=True)
    assert (slider.value(), slider.maximum()) == (10, 40)
    slider.follow(at(11), same_settings=True)
    assert (slider.value(), slider.maximum()) == (11, 11)


def test_coming_back_to_a_later_step_keeps_those_after_it(slider):
    slider.follow(at(40), same_settings=True)
    slider.follow(at(10, rewound=True), same_settings=True)
    slider.want(25)
    slider.follow(at(25), same_settings=True)
    assert (slider.value(), slider.maximum()) == (25, 40)
    slider.follow(at(26), same_settings=True)
    assert slider.maximum() == 26, "what was wanted is reached: this is training"


def test_with_other_settings_the_later_steps_would_not_come_again(slider):
    slider.follow(at(40), same_settings=True)
    slider.follow(at(10, rewound=True), same_settings=False)
    assert slider.maximum() == 10


def test_a_reset_forgets_all_steps(slider):
    slider.follow(at(40), same_settings=True)
    slider.follow(at(0, cursor=0, rewound=True), same_settings=True)
    assert not slider.isEnabled()


def test_back_and_forward_again_gives_the_same_numbers(window, qtbot):
    panel, session = window.panels["transport"], window.session
    loss = session.frame.loss
    panel.history.setValue(12)
    wait(qtbot, lambda: session.frame.step == 12)
    settle(window, qtbot)
    assert panel.history.maximum() == 30
    assert "12 of 30" in panel.step_label.text()
    panel.history.setValue(30)
    wait(qtbot, lambda: session.frame.step == 30)
    settle(window, qtbot)
    assert session.frame.loss == loss
    assert np.array_equal(session.history.steps(), np.arange(31))


def test_a_changed_setting_takes_the_later_steps_away(window, qtbot):
    panel, session = window.panels["transport"], window.session
    panel.history.setValue(12)
    wait(qtbot, lambda: session.frame.step == 12)
    settle(window, qtbot)
    session.change("optimizer.learning_rate", 0.01)
    settle(window, qtbot)
    assert panel.history.maximum() == 12


def test_an_update_by_hand_and_a_reset_take_them_away_too(window, qtbot):
    panel, session = window.panels["transport"], window.session
    panel.history.setValue(12)
    wait(qtbot, lambda: session.frame.step == 12)
    settle(window, qtbot)
    session.send(Operate())  # the update, which leads to step 13
    settle(window, qtbot)
    assert panel.history.maximum() == 13
    session.send(Reset())
    settle(window, qtbot)
    assert panel.history.maximum() == 0
