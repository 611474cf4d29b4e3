"""The transport: its buttons, the stages of the pass, speed, history and progress."""

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QFontMetricsF, QHelpEvent

from engine.commands import Operate, Pause, Rewind, Speed, Train
from gui.panels.transport import DRAWN, FULL, RATES, TransportPanel, speed_words
from gui.phases import PhaseStrip, stages_of
from gui.theme import DARK
from tests.gui.fakes import fake_frame, fake_topology
from tests.gui.rig import dismiss, open_system, settle, shown_window, wait


class FakeSession:
    """Remembers commands; its signals go nowhere."""

    class _Signal:
        def connect(self, slot):
            pass

    def __init__(self):
        self.sent = []
        self.busy_changed = self.progress_changed = self.cancelled = self._Signal()
        self.busy, self.system, self.frame = "", None, None

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


@pytest.fixture
def window(qtbot, tmp_path):
    found = shown_window(tmp_path)
    yield found
    dismiss(found)


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
    assert "3" in panel.step_label.text()
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
    for place in range(FULL + 1):
        assert speed_words(place)
        panel.speed.setValue(place)
        sent = panel.session.sent[-1] if panel.session.sent else Speed()
        if place < DRAWN:
            assert sent == Speed(RATES[place])
    assert panel.session.sent[-1] == Speed(full=True)
    panel.speed.setValue(DRAWN)
    assert panel.session.sent[-1] == Speed()


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
    assert window.panels["transport"].history.maximum() == 15, "training took another way"
    assert np.array_equal(window.session.history.steps(), np.arange(16))


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
    monkeypatch.setattr("gui.phases.QToolTip.showText", lambda at, text, widget: told.append(text))

    def tip():
        place = strip._cells[-1].center().toPoint()
        event = QHelpEvent(QEvent.Type.ToolTip, place, strip.mapToGlobal(place))
        strip.event(event)
        return told[-1]

    assert "θ ← θ − η m̂/(√v̂ + ε)" in tip()
    assert "cos(π t / total_steps)" in tip()
    assert "Kingma & Ba" in tip()
    window.session.change("optimizer.weight_decay", 0.1)
    settle(window, qtbot)
    assert "g = ∂J/∂θ + λθ" in tip()
