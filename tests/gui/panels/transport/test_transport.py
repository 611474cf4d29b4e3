"""The transport: its buttons, the stages of the pass, speed, history and progress."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent

from engine.messages.commands import Operate, Pause, Rewind, Speed, Train
from gui.appearance.theme import DARK
from gui.history.history import History
from gui.history.kept_runs import KeptRuns
from gui.panels.transport.phases import PhaseStrip, stages_of
from gui.panels.transport.speed_choice import FAST, FIRST, FULL, RATES, speed_words
from gui.panels.transport.transport import TransportPanel
from tests.gui.fakes import fake_frame, fake_topology
from tests.gui.rig import open_system, settings_in, settle, wait


class FakeSession:
    """Remembers commands; its signals go nowhere."""

    class _Signal:
        def connect(self, slot):
            pass

    def __init__(self):
        self.sent = []
        self.busy_changed = self.progress_changed = self._Signal()
        self.busy, self.system, self.frame = "", None, None
        self.kept_runs = KeptRuns(History())

    def go_to(self, step):
        self.send(Rewind(step))

    def cancel(self):
        self.send(Pause())

    def send(self, command):
        self.sent.append(command)


@pytest.fixture
def panel(qtbot):
    session: Any = FakeSession()
    found = TransportPanel(session)
    qtbot.addWidget(found)
    found.resize(760, 140)
    found.show()
    return found


def test_stages_cover_every_operation_once():
    for name in ("d2l-mlp", "cs231n-gates", "deep-mlp:100"):
        operations = fake_topology(name).operations
        stages = stages_of(operations)
        covered = [i for stage in stages for i in range(stage.first, stage.last + 1)]
        assert covered == list(range(len(operations)))
        assert [s.phase for s in (stages[0], stages[-1])] == ["batch", "update"]


def test_the_strip_says_the_stage_in_words_also_with_a_hundred_layers(qtbot):
    topology = fake_topology("deep-mlp:100")
    strip = PhaseStrip()
    qtbot.addWidget(strip)
    strip.resize(700, 40)
    strip.show_topology(topology)
    forward = [s for s in stages_of(topology.operations) if s.phase == "forward"]
    strip.show_cursor(forward[16].first + 1, running=False)
    assert "linear17 (17 of 101)" in strip.heading("forward")
    assert strip.heading("backward") == "backward"
    cells = strip._cells
    assert all(a.right() <= b.left() + 0.01 for a, b in pairwise(cells))
    assert cells[-1].right() <= strip.width()
    strip.apply_theme(DARK)
    strip.grab()


def strip_of(qtbot, name: str, width: int) -> PhaseStrip:
    strip = PhaseStrip()
    qtbot.addWidget(strip)
    strip.resize(width, 40)
    strip.show_topology(fake_topology(name))
    return strip


def test_names_are_whole_or_not_there(qtbot):
    strip = strip_of(qtbot, "deep-mlp:9", 640)
    stages = strip._stages
    for done in (0, 1, stages[3].last + 1, stages[14].last + 1, stages[-1].first + 1):
        strip.show_cursor(done, running=False)
        small = QFontMetricsF(strip._small())
        for stage, cell in zip(stages, strip._cells, strict=True):
            if stage.phase in strip._named:
                assert small.horizontalAdvance(stage.short) <= cell.width(), stage.name
        assert all(a.right() <= b.left() + 0.01 for a, b in pairwise(strip._cells))
        assert strip._cells[-1].right() <= strip.width()


def test_the_phase_in_which_we_stand_has_room_for_its_names(qtbot):
    strip = strip_of(qtbot, "deep-mlp:9", 760)
    stages = strip._stages
    assert "forward" in strip._named
    assert "backward" not in strip._named
    backward = next(stage for stage in stages if stage.phase == "backward")
    strip.show_cursor(backward.first + 1, running=False)
    assert strip._named == {"batch", "backward", "update"}
    strip.show_cursor(0, running=True)
    assert "backward" in strip._named, "where it will halt: starting moves nothing"
    wide = strip_of(qtbot, "deep-mlp:9", 2400)
    assert wide._named == {"batch", "forward", "backward", "update"}


def test_a_click_on_a_stage_ahead_goes_on_to_its_end(qtbot):
    topology = fake_topology("d2l-mlp")
    strip = PhaseStrip()
    qtbot.addWidget(strip)
    strip.resize(700, 40)
    strip.show_topology(topology)
    strip.show_cursor(1, running=False)
    asked: list[int] = []
    strip.asked.connect(asked.append)
    last = stages_of(topology.operations)[-1]
    point = strip._cells[-1].center().toPoint()
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=point)
    assert asked == [last.last + 1 - 1]
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=strip._cells[0].center().toPoint())
    assert len(asked) == 1, "a stage behind us is not gone to by a click"
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=QPoint(-5, -5))
    assert len(asked) == 1


def test_words_progress_and_problem_are_shown(panel):
    topology = fake_topology("d2l-mlp")
    panel.show_topology(topology)
    frame = fake_frame(topology, step=3, cursor=2)
    panel.show_frame(frame)
    assert panel.message.text() == frame.message
    assert panel.step_box.value() == 3
    assert not panel.progress.isVisible()
    import dataclasses

    panel.show_frame(dataclasses.replace(frame, progress=(20, 80)))
    assert panel.progress.isVisible()
    assert panel.progress.value() == 20
    assert "20 / 80" in panel.progress_label.text()
    panel.cancel.click()
    assert panel.session.sent == [Pause()]
    panel.show_frame(dataclasses.replace(frame, problem="layers: expected one, found none"))
    assert panel.message.property("role") == "error"
    panel.show_frame(frame)
    assert panel.message.property("role") == ""


def test_every_place_of_the_speed_slider_means_something(panel):
    words = set()
    for place in range(FULL + 1):
        words.add(speed_words(place))
        panel.speed.slider.setValue(place)
        if place < FAST:
            assert panel.session.sent[-1] == Speed(RATES[place])
    assert len(words) == FULL + 1
    assert panel.session.sent[-1] == Speed(full=True)
    panel.speed.slider.setValue(FAST)
    assert panel.session.sent[-1] == Speed()
    assert panel.speed.words.text() == "fast"


def test_the_first_speed_is_ten_steps_a_second_and_the_last_one_is_remembered(panel, tmp_path):
    settings = settings_in(tmp_path)
    panel.take_settings(settings)
    assert panel.session.sent == [Speed(10.0)]
    assert panel.speed.slider.value() == FIRST
    assert panel.speed.words.text() == "10 steps a second"
    panel.speed.slider.setValue(FULL)
    again = TransportPanel(panel.session, panel)
    again.take_settings(settings)
    assert again.speed.words.text() == "full speed"
    assert panel.session.sent[-1] == Speed(full=True)
    settings.setValue("speed", "of another version")
    again.take_settings(settings)
    assert again.speed.slider.value() == FIRST


def test_how_many_steps_are_made_is_said_where_the_choice_does_not_say_it():
    assert speed_words(FULL, 3172.4) == "full speed: 3200 a second"
    assert speed_words(FAST, 7.26) == "fast: 7.3 a second"
    assert speed_words(RATES.index(500), 244.0) == "500 steps a second: 240 made"
    assert speed_words(RATES.index(500), 490.0) == "500 steps a second"


def test_the_step_box_goes_where_it_is_told_and_shows_where_training_stands(panel, qtbot):
    topology = fake_topology("d2l-mlp")
    panel.show_topology(topology)
    panel.show_frame(fake_frame(topology, step=50))
    box = panel.step_box
    assert box.value() == 50
    qtbot.mouseClick(box.lineEdit(), Qt.MouseButton.LeftButton)
    box.selectAll()
    qtbot.keyClicks(box, "37")
    panel.show_frame(fake_frame(topology, step=51))
    assert box.text() == "37", "what is being written stays"
    assert panel.session.sent == []
    qtbot.keyClick(box, Qt.Key.Key_Return)
    assert panel.session.sent == [Rewind(37)]
    assert not box.hasFocus(), "Space means run again"
    qtbot.mouseClick(box.lineEdit(), Qt.MouseButton.LeftButton)
    box.selectAll()
    qtbot.keyClicks(box, "99")
    qtbot.keyClick(box, Qt.Key.Key_Escape)
    assert (box.value(), len(panel.session.sent)) == (51, 1)


def test_several_steps_take_the_number_in_the_box(panel):
    panel.count.setValue(42)
    panel.train_steps()
    assert panel.session.sent == [Train(steps=42)]


def test_moving_the_history_rewinds_once_it_rests(panel, qtbot):
    topology = fake_topology("d2l-mlp")
    panel.show_topology(topology)
    assert not panel.history.isEnabled()
    panel.show_frame(fake_frame(topology, step=50))
    assert panel.history.maximum() == 50
    assert panel.session.sent == []
    for step in (40, 30, 20):
        panel.history.setValue(step)
    wait(qtbot, lambda: bool(panel.session.sent))
    assert panel.session.sent == [Rewind(20)]


def test_buttons_carry_tooltips_with_shortcuts(window):
    panel = window.panels["transport"]
    for name, button in panel.buttons.items():
        action = window.actions_by_id[name]
        assert button.defaultAction() is action
        assert "(" in button.toolTip(), name


def test_the_real_thing_forward_backward_update_and_back(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    panel = window.panels["transport"]
    operations = window.session.topology.operations
    for index in range(len(operations)):
        panel.buttons["operation"].click()
        frame = settle(window, qtbot)
        assert frame.lit == index
        assert frame.message in panel.message.text()
    assert frame.step == 1
    assert frame.cursor == 0
    panel.buttons["operation-back"].click()
    frame = settle(window, qtbot)
    assert frame.step == 0


def test_rewinding_shortens_the_history(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=30))
    settle(window, qtbot)
    window.panels["transport"].history.setValue(12)
    wait(qtbot, lambda: window.session.frame.step == 12)
    settle(window, qtbot)
    assert window.session.history.last_step == 12
    window.session.send(Train(steps=3))
    frame = settle(window, qtbot)
    assert frame.step == 15
    assert window.panels["transport"].history.maximum() == 30, "it leads on the same way"
    assert np.array_equal(window.session.history.steps(), np.arange(16))


def test_a_step_beyond_what_was_trained_is_trained_to(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.session.go_to(30)
    assert settle(window, qtbot).step == 30
    window.session.go_to(12)
    settle(window, qtbot)
    window.session.go_to(40)
    assert settle(window, qtbot).step == 40
    assert np.array_equal(window.session.history.steps(), np.arange(41))


def test_on_the_way_to_a_step_it_halts_at_the_first_nan(window, qtbot):
    open_system(window, qtbot, "deep-mlp", optimizer__learning_rate=50.0)
    window.session.go_to(200)
    wait(qtbot, lambda: window.session.frame.nonfinite_since is not None)
    frame = settle(window, qtbot)
    assert frame.step == frame.nonfinite_since
    assert frame.step < 200


def test_a_changed_setting_is_told_in_words(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.session.change("optimizer.learning_rate", 0.05)
    assert settle(window, qtbot).message.startswith("learning rate of the optimizer = 0.05 from")


def test_a_click_on_the_strip_runs_the_real_pass(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    strip = window.panels["transport"].strip
    stages = stages_of(window.session.topology.operations)
    backward = next(i for i, s in enumerate(stages) if s.phase == "backward")
    point = strip._cells[backward].center().toPoint()
    qtbot.mouseClick(strip, Qt.MouseButton.LeftButton, pos=point)
    frame = settle(window, qtbot)
    assert frame.cursor == stages[backward].last + 1
    assert strip.current == stages[backward]


def test_operations_by_number(window, qtbot):
    open_system(window, qtbot, "cs231n-gates")
    window.session.send(Operate(3))
    assert settle(window, qtbot).cursor == 3


def test_the_updates_stage_tells_the_formulas_in_force(window, qtbot, monkeypatch):
    open_system(window, qtbot, "d2l-mlp", optimizer__type="adam", schedule__type="cosine")
    strip = window.panels["transport"].strip
    told = []
    monkeypatch.setattr(
        "gui.panels.transport.phases.QToolTip.showText", lambda at, text, widget: told.append(text)
    )

    def tip():
        place = strip._cells[-1].center().toPoint()
        event = QHelpEvent(QEvent.Type.ToolTip, place, strip.mapToGlobal(place))
        strip.event(event)
        return told[-1]

    assert "θ ← θ − η m′/(√v′ + ε)" in tip()
    assert "cos(π t / total_steps)" in tip()
    assert "Kingma & Ba" in tip()
    window.session.change("optimizer.weight_decay", 0.1)
    settle(window, qtbot)
    assert "g = ∂J/∂θ + λθ" in tip()


def test_running_halts_at_the_first_nan_and_offers_the_step_before(window, qtbot):
    open_system(window, qtbot, "d2l-mlp", optimizer__learning_rate=1e80)
    panel, session = window.panels["transport"], window.session
    window.actions_by_id["run"].trigger()
    wait(qtbot, lambda: session.frame.step > 0 and session.resting)
    since = session.frame.nonfinite_since
    assert session.frame.step == since
    assert not session.running
    assert panel.message.text().startswith(f"Step {since}: NaN or Inf, first in ‖W⁽¹⁾‖²; J = ")
    assert panel.message.property("role") == "error"
    assert panel.before.isVisible()
    assert panel.before.text() == f"Go to step {since - 1}"
    panel.before.click()
    frame = settle(window, qtbot)
    assert (frame.step, frame.nonfinite_since) == (since - 1, None)
    assert np.isfinite(frame.objective)
    assert not panel.before.isVisible()
    assert panel.message.property("role") == ""
    window.actions_by_id["run"].trigger()
    wait(qtbot, lambda: session.frame.step == since and session.resting)
    window.actions_by_id["run"].trigger()
    wait(qtbot, lambda: session.frame.step >= since + 3)
    assert session.running, "who goes on from there means to"
    assert not panel.before.isVisible()
    window.actions_by_id["run"].trigger()
    settle(window, qtbot)
    assert panel.before.isVisible()
