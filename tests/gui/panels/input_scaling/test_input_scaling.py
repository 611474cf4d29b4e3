"""The input-scale sweep and the live scale, driven with a sweep that trains nothing."""

import dataclasses
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import pytest
from PySide6.QtCore import Qt

from engine.analysis.sweep import SweepPoint
from engine.messages.commands import Change
from engine.system.system import parse_text
from gui.panels.input_scaling.input_scaling import InputScalingPanel
from tests.gui.fakes import fake_frame
from tests.gui.panel_help import plain, shown

LINEAR = '[[layers]]\ntype = "linear"\nunits = 10'
SYSTEM = parse_text(f'name = "s"\n[data]\nsource = "digits"\ninput_scale = 1.0\n{LINEAR}')


@dataclass
class FakeSweep:
    """Yields points at once, or only as far as ``gate`` lets it."""

    delay: float = 0.0
    error: str = ""

    def __post_init__(self):
        self.calls = []
        self.threads = []

    def __call__(self, system, scales, *, steps, executor, progress, cancelled):
        self.calls.append((system, scales, steps))
        self.threads.append(threading.current_thread())
        jobs = [(scale, fixed) for scale in scales for fixed in (False, True)]
        for done, (scale, compensated) in enumerate(jobs, start=1):
            time.sleep(self.delay)
            if cancelled():
                return
            if self.error:
                raise RuntimeError(self.error)
            progress(done, len(jobs))
            rate = 0.1 / scale**2 if compensated else 0.1
            objective = float("nan") if scale > 50 and not compensated else 1 / (1 + scale)
            yield SweepPoint(
                scale, rate, compensated, objective, objective, (scale, scale**2), (scale, 0.0)
            )


class Pool(ThreadPoolExecutor):
    made = 0
    closed = 0

    def __init__(self, jobs):
        super().__init__(jobs)
        type(self).made += 1

    def shutdown(self, wait=True, *, cancel_futures=False):
        super().shutdown(wait, cancel_futures=cancel_futures)
        type(self).closed += 1


@pytest.fixture
def fake():
    return FakeSweep()


@pytest.fixture
def panel(qtbot, fake):
    made = shown(lambda s: InputScalingPanel(s, sweep=fake, executor=Pool), qtbot, "d2l-mlp")
    open_system(made, SYSTEM)
    yield made
    made.shutdown()


def open_system(panel, system):
    panel.session.system = system
    panel.session.draft.begin_with(system)
    panel.session.system_changed.emit(system)


def stand(panel, scale, step=0):
    frame = fake_frame(panel.session.topology, step=step)
    panel.session.take(dataclasses.replace(frame, input_scale=scale))


def type_in(qtbot, field, text):
    field.setFocus()
    field.selectAll()
    qtbot.keyClicks(field, text)


def press_start(panel, qtbot):
    qtbot.mouseClick(panel.form.button, Qt.MouseButton.LeftButton)


def test_a_sweep_over_decades(panel, qtbot, fake):
    type_in(qtbot, panel.form.first, "0.01")
    type_in(qtbot, panel.form.last, "100")
    type_in(qtbot, panel.form.count, "5")
    type_in(qtbot, panel.form.steps, "7")
    made, closed = Pool.made, Pool.closed
    with qtbot.waitSignal(panel.runner.ended):
        press_start(panel, qtbot)
    qtbot.waitUntil(lambda: not panel.form.running)
    system, scales, steps = fake.calls[0]
    assert system is SYSTEM
    assert scales == pytest.approx([0.01, 0.1, 1, 10, 100])
    assert steps == 7
    assert len(panel.points) == 10
    assert fake.threads[0] is not threading.main_thread()
    assert (Pool.made - made, Pool.closed - closed) == (1, 1)
    assert "η" in plain(panel.status)
    # Two curves, and a cross where the fixed rate ran away.
    panel.redraw_limit.draw_now()
    assert panel.curves.used == 2
    assert len(panel.curves.marks.bad.getData()[0]) == 1


def test_layers_have_a_curve_each_way_and_zeros_are_marked(panel, qtbot):
    with qtbot.waitSignal(panel.runner.ended):
        press_start(panel, qtbot)
    qtbot.waitUntil(lambda: not panel.form.running)
    panel.what.setFocus()
    qtbot.keyClick(panel.what, Qt.Key.Key_Down)
    assert panel.quantity == "layer_gradient_norm"
    assert panel.curves.used == 2
    assert panel.legend.isVisible()
    qtbot.keyClick(panel.what, Qt.Key.Key_Down)
    assert panel.curves.used == 4
    assert len(panel.curves.marks.zeros.getData()[0]) == 13


def test_progress_and_points_as_they_come_then_cancel(panel, qtbot, fake):
    fake.delay = 0.02
    press_start(panel, qtbot)
    assert panel.form.button.text() == "Cancel"
    qtbot.waitUntil(lambda: len(panel.points) >= 2)
    assert panel.bar.isVisible()
    assert panel.bar.maximum() == 26
    assert panel.bar.value() >= 2
    assert not panel.form.first.isEnabled()
    began = time.perf_counter()
    press_start(panel, qtbot)
    qtbot.waitUntil(lambda: not panel.form.running)
    assert time.perf_counter() - began < 0.5
    assert panel.form.button.text() == "Start sweep"
    assert "cancelled" in plain(panel.status)
    assert not panel.bar.isVisible()
    assert len(panel.points) < 26


def test_bad_entries_are_refused_beside_the_field(panel, qtbot, fake):
    type_in(qtbot, panel.form.first, "abc")
    assert panel.form.error.text() == "Expected a number above 0, found 'abc'."
    assert not panel.form.button.isEnabled()
    type_in(qtbot, panel.form.first, "-1")
    assert not panel.form.button.isEnabled()
    type_in(qtbot, panel.form.first, "1e4")
    assert panel.form.error.text() == "Expected an end above the start, found 1e4 to 1e3."
    type_in(qtbot, panel.form.first, "0.1")
    assert panel.form.error.text() == ""
    assert panel.form.button.isEnabled()
    assert fake.calls == []


def test_a_sweep_that_fails_says_why(panel, qtbot, fake):
    fake.error = "no such data"
    problems: list[str] = []
    panel.session.problem.connect(problems.append)
    press_start(panel, qtbot)
    qtbot.waitUntil(lambda: not panel.form.running)
    assert problems == ["Sweep of the input scale: no such data"]


def test_shutdown_ends_the_thread(panel, qtbot, fake):
    fake.delay = 0.05
    press_start(panel, qtbot)
    qtbot.waitUntil(lambda: len(fake.threads) == 1)
    panel.shutdown()
    assert not fake.threads[0].is_alive()


def test_another_graph_ends_the_sweep_and_empties_the_plot(panel, qtbot, fake):
    fake.delay = 0.02
    press_start(panel, qtbot)
    qtbot.waitUntil(lambda: len(panel.points) >= 2)
    panel.session.stand_before(panel.session.topology)
    qtbot.waitUntil(lambda: not panel.form.running)
    assert panel.points == []
    assert "Start sweep" in panel.plot.words.text()


def test_slider_changes_the_running_scale(panel, qtbot):
    stand(panel, 1.0)
    assert panel.control.field.text() == "1"
    panel.control.slider.setFocus()
    qtbot.keyClick(panel.control.slider, Qt.Key.Key_PageUp)
    assert panel.session.sent[-1] == Change("data.input_scale", 10.0)
    assert panel.control.field.text() == "10"
    assert panel.session.draft.system.data.input_scale == 10.0


def test_typing_a_scale(panel, qtbot):
    stand(panel, 1.0)
    type_in(qtbot, panel.control.field, "0.5")
    qtbot.keyClick(panel.control.field, Qt.Key.Key_Return)
    assert panel.session.sent[-1] == Change("data.input_scale", 0.5)
    sent = len(panel.session.sent)
    type_in(qtbot, panel.control.field, "nonsense")
    qtbot.keyClick(panel.control.field, Qt.Key.Key_Return)
    assert len(panel.session.sent) == sent
    assert panel.control.field.property("refused")


def test_the_current_scale_is_marked(panel):
    stand(panel, 100.0)
    assert panel.plot.cursor_line.isVisible()
    assert panel.plot.cursor_line.value() == pytest.approx(2.0)
    stand(panel, None)
    assert not panel.plot.cursor_line.isVisible()


def test_without_the_node_it_says_how_to_get_it(panel, qtbot):
    without = parse_text(f'name = "s"\n[data]\nsource = "digits"\n{LINEAR}')
    open_system(panel, without)
    stand(panel, None)
    assert "input scale is not set" in panel.control.words.text()
    assert panel.control.button.isVisible()
    qtbot.mouseClick(panel.control.button, Qt.MouseButton.LeftButton)
    assert panel.session.draft.system.data.input_scale == 1.0


def test_an_expression_cannot_be_swept(panel):
    open_system(
        panel, parse_text('name = "e"\nexpression = "f = x * y"\n[values]\nx = 1.0\ny = 2.0')
    )
    stand(panel, None)
    assert not panel.form.button.isEnabled()
    assert "expression" in panel.control.words.text()
    assert not panel.control.button.isVisible()


def test_table_for_the_csv(panel, qtbot):
    with qtbot.waitSignal(panel.runner.ended):
        press_start(panel, qtbot)
    qtbot.waitUntil(lambda: not panel.form.running)
    headings, columns = panel.plot.table()
    assert headings[:3] == ["scale", "learning_rate", "compensated"]
    assert "layer_gradient_norm.hidden" in headings
    assert all(len(column) == 26 for column in columns)


def test_everything_fits_in_400_pixels(panel):
    assert panel.minimumSizeHint().width() <= 400
