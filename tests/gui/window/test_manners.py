"""Small manners of the window: it fits, nothing is cut without a sign, choices are remembered."""

import time
from typing import Any

import pytest
from PySide6.QtGui import QFontMetrics

from engine.messages.commands import Train
from engine.observe.observer import Observer
from engine.support import blas_threads
from engine.support.cancellation import checkpoint
from engine.support.errors import UsageError
from gui.app.command_line import parse_arguments
from gui.panels.settings.forms import ChoiceField
from gui.widgets.elided import ElidedLabel
from gui.window.choices.blas_threads import KEY
from tests.gui.rig import (
    WAIT_MS,
    dismiss,
    open_system,
    settings_in,
    settle,
    shown_window,
    system_of,
    wait,
)

LONG = "layers.0.units: expected a whole number of 1 or more, found " + "a very long word " * 20


def test_the_window_fits_a_small_screen(window, qtbot):
    open_system(window, qtbot, "deep-mlp")
    window.resize(1024, 700)
    qtbot.wait(50)
    assert window.width() == 1024
    assert window.minimumSizeHint().width() <= 1024


def test_a_long_word_is_elided_and_whole_in_the_tooltip(qtbot):
    label = ElidedLabel()
    qtbot.addWidget(label)
    label.resize(200, 20)
    label.show()
    label.setText(LONG)
    metrics = QFontMetrics(label.font())
    assert label.text() == label.toolTip() == label.accessibleName() == LONG
    assert label.shown.endswith("…")
    assert metrics.horizontalAdvance(label.shown) <= 200
    label.setText("short")
    assert (label.shown, label.toolTip()) == ("short", "")
    label.setText("first line\nsecond line")
    assert label.shown == "first line …"
    assert label.toolTip() == "first line\nsecond line"


def test_a_long_problem_does_not_widen_the_window_and_can_be_read(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    width = window.width()
    window.note(LONG)
    transport = window.panels["transport"]
    transport._say(LONG, "error")
    qtbot.wait(50)
    assert window.width() == width
    assert window.status.words.toolTip() == transport.message.toolTip() == LONG
    assert window.status.words.shown.endswith("…")


def test_no_choice_is_cut_with_the_dock_as_it_is_at_first(window, qtbot):
    window.resize(1440, 900)
    open_system(window, qtbot, "deep-mlp")
    for card in window.panels["settings"].sections["layers"].cards:
        card.heading.setChecked(True)
    qtbot.wait(50)

    style_room = 30  # the frame and the arrow of a list
    for section in window.panels["settings"].sections.values():
        for key, row in section.rows.items():
            field = row.field
            if isinstance(field, ChoiceField) and key != "data.source":
                names = [field.itemText(index) for index in range(field.count())]
                widest = max(field.fontMetrics().horizontalAdvance(name) for name in names)
                assert field.width() >= widest + style_room, key


def test_the_notice_names_what_the_person_changed(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    assert window.session.system.names, "this system gives nodes the book's names"
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    window.panels["settings"].edit("layers.0.activation", "relu")
    waiting = window.panels["settings"].footer.label.text()
    assert "activation of layer linear1" in waiting
    assert "names" not in waiting


def test_threads_are_chosen_in_the_menu_shown_and_remembered(window, qtbot, home, monkeypatch):
    # OpenBLAS hears one thread of a process only, and other tests were that one
    monkeypatch.setattr(blas_threads, "use", lambda count: count)
    window.threads.start(None)
    wait(qtbot, lambda: window.status.threads.text() != "")
    used: list[int] = []
    window.session.threads_changed.connect(used.append)
    last = blas_threads.choices()[-1]
    window.threads.actions[last].trigger()
    wait(qtbot, lambda: used[-1:] == [last])
    assert window.threads.actions[last].isChecked()
    assert str(last) in window.status.threads.text()
    assert int(str(settings_in(home).value(KEY))) == last
    window.threads.choose(1)
    wait(qtbot, lambda: used[-1] == 1)


def test_a_number_from_the_command_line_is_not_remembered(window, qtbot, home):
    window.threads.start(1)
    wait(qtbot, lambda: window.status.threads.text() == "1 thread")
    assert settings_in(home).value(KEY) is None


def slow(system, generation):
    """A trainer whose building can be left, of systems with many layers."""
    for done in range(500 if system.layers[0].repeat > 50 else 0):
        time.sleep(0.01)
        checkpoint(done)
    return Observer(system, generation)


def test_cancel_gives_up_the_building_and_keeps_the_window(qtbot, tmp_path):
    window: Any = shown_window(tmp_path, trainer=slow)
    try:
        open_system(window, qtbot, "deep-mlp")
        transport = window.panels["transport"]
        window.session.open(system_of("deep-mlp", layers__0__repeat=100))
        qtbot.waitUntil(transport.cancel.isVisible, timeout=WAIT_MS)
        assert transport.progress.maximum() == 0, "nobody knows how many nodes there will be"
        assert "Building" in transport.message.text()
        transport.cancel.click()
        wait(qtbot, lambda: window.session.resting)
        assert not transport.cancel.isVisible()
        assert window.session.system == window.session.draft.system == system_of("deep-mlp")
        assert "as it was" in window.status.words.text()
        window.session.send(Train(steps=2))
        assert settle(window, qtbot).step == 2
    finally:
        dismiss(window)


def test_a_rebuild_that_is_cancelled_waits_again(qtbot, tmp_path):
    window: Any = shown_window(tmp_path, trainer=slow)
    try:
        open_system(window, qtbot, "deep-mlp")
        panel, transport = window.panels["settings"], window.panels["transport"]
        panel.edit("layers.0.repeat", 100)
        qtbot.waitUntil(transport.cancel.isVisible, timeout=WAIT_MS)
        transport.cancel.click()
        wait(qtbot, lambda: window.session.resting)
        assert window.session.system == system_of("deep-mlp")
        assert panel.footer.rebuild.isEnabled()
        assert "repeat of layer" in panel.footer.label.text()
        panel.footer.discard.click()
        assert not panel.footer.rebuild.isEnabled()
    finally:
        dismiss(window)


def test_a_mistake_while_building_does_not_leave_the_words_standing(qtbot, tmp_path):
    def mistaken(system, generation):
        raise TypeError("a mistake of ours")

    window: Any = shown_window(tmp_path, trainer=mistaken)
    try:
        told: list[str] = []
        window.session.crashed.disconnect()
        window.session.crashed.connect(told.append)
        window.session.open(system_of("d2l-mlp"))
        wait(qtbot, lambda: bool(told))
        assert "a mistake of ours" in told[0]
        assert "Building" not in window.panels["transport"].message.text()
        assert not window.session.busy
    finally:
        dismiss(window)


def test_the_window_takes_threads_on_its_command_line():
    found = parse_arguments(["d2l-mlp", "--threads", "2"])
    assert (found.system, found.threads) == ("d2l-mlp", 2)
    for wrong in ("0", "many", "-1"):
        with pytest.raises(UsageError, match="--threads"):
            parse_arguments([f"--threads={wrong}"])


def test_a_big_network_can_be_given_up_while_the_real_engine_builds_it(window, qtbot):
    open_system(window, qtbot, "deep-mlp")
    transport: Any = window.panels["transport"]
    big = {"layers__0__repeat": 1000, "layers__0__normalization": "layer"}
    window.session.open(system_of("deep-mlp", **big))
    qtbot.waitUntil(transport.cancel.isVisible, timeout=WAIT_MS)
    began = time.monotonic()
    transport.cancel.click()
    wait(qtbot, lambda: window.session.resting)
    assert time.monotonic() - began < 5.0
    assert window.session.topology.system == "deep-mlp"
    assert window.session.system == system_of("deep-mlp")
    window.session.send(Train(steps=2))
    assert settle(window, qtbot).step == 2
