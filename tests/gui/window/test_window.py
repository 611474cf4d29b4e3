"""The window as a whole: docks, menus, themes, what is remembered, files, closing."""

from functools import partial
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QRect, QUrl
from PySide6.QtGui import QAction

from engine.messages.commands import Run
from engine.system import catalogue
from engine.system import system as systems
from gui.panels import PANELS
from gui.panels.transport.speed_choice import FULL
from gui.window.dialogs import Button
from gui.window.opening.files import last_session
from tests.gui.rig import dismiss, open_system, settings_in, settle, shown_window, system_of, wait


def test_every_panel_has_a_dock_and_a_line_in_the_view_menu(window):
    assert len(window.docks) == len(PANELS)
    for name, dock in window.docks.items():
        assert dock.objectName() == f"dock-{name}"
        assert dock.windowTitle()
        dock.toggleViewAction().trigger()
        assert dock.isHidden()
        dock.toggleViewAction().trigger()
        assert not dock.isHidden()


def test_the_canvas_is_the_largest_thing(window, qtbot):
    window.resize(1440, 900)
    open_system(window, qtbot, "d2l-mlp")
    area = window.canvas.width() * window.canvas.height()
    for dock in window.docks.values():
        assert area > 1.5 * dock.width() * dock.height()
    assert window.width() == 1440, "the docks must fit a window of this width"


def test_panels_do_not_overlap(window, qtbot):
    window.resize(1440, 900)
    qtbot.wait(50)
    docks = [window.docks[name] for name in window._seen]
    for i, one in enumerate(docks):
        for other in docks[i + 1 :]:
            places = [QRect(d.mapToGlobal(QPoint(0, 0)), d.size()) for d in (one, other)]
            assert not places[0].intersects(places[1])


def runs(window, name):
    return window.session.system is not None and window.session.system.name == name


def test_choosing_from_the_catalogue_opens_it(window, qtbot):
    for entry in catalogue.entries():
        window.menus["catalogue"].findChild(QAction, f"catalogue-{entry.name}").trigger()
        wait(qtbot, partial(runs, window, entry.name))
        settle(window, qtbot)
        assert window.session.topology.system == entry.name
        assert entry.name in window.windowTitle()


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_themes_reach_everything_and_are_remembered(qtbot, tmp_path, choice):
    window = shown_window(tmp_path)
    try:
        window.choose_theme(choice)
        assert window.style_choice.theme.name == choice
        assert window.canvas.theme.name == choice
        text = window.palette().windowText().color().name()
        assert text == window.style_choice.theme.text
    finally:
        dismiss(window)
    again = shown_window(tmp_path)
    try:
        assert again.style_choice.choice == choice
        assert again.canvas.theme.name == choice
    finally:
        dismiss(again)


def test_follows_the_system_theme(window, monkeypatch):
    window.choose_theme("system")
    for dark, name in ((True, "dark"), (False, "light")):
        monkeypatch.setattr("gui.appearance.style.system_is_dark", lambda d=dark: d)
        window.style_choice._follow()
        assert window.style_choice.theme.name == name
        assert window.canvas.theme.name == name


def test_geometry_docks_and_closed_panels_are_remembered(qtbot, tmp_path):
    window = shown_window(tmp_path)
    for name in window.docks:
        if name != "settings":
            window.docks[name].close()
    window.docks["settings"].setFloating(True)
    qtbot.wait(50)
    window.resize(640, 520)  # the screen of the tests is small
    dismiss(window)
    again = shown_window(tmp_path)
    try:
        assert again.size().width() == 640
        assert again.docks["diagnosis"].isHidden()
        assert again.docks["settings"].isFloating()
        again.actions_by_id["reset-layout"].trigger()
        assert not again.docks["diagnosis"].isHidden()
        assert not again.docks["settings"].isFloating()
    finally:
        dismiss(again)


def test_the_last_session_comes_back_with_unsaved_changes(qtbot, tmp_path):
    window = shown_window(tmp_path)
    open_system(window, qtbot, "d2l-mlp")
    window.session.draft.edit("optimizer.learning_rate", 0.125)
    settle(window, qtbot)
    dismiss(window)
    remembered = last_session(settings_in(tmp_path), pytest.fail)
    assert remembered is not None
    system, path = remembered
    assert system.name == "d2l-mlp"
    assert system.optimizer.learning_rate == 0.125
    assert path is None


def test_save_writes_what_opens_again(window, qtbot, tmp_path, monkeypatch):
    open_system(window, qtbot, "cs231n-gates")
    window.session.draft.edit("values.x", 7.0)
    settle(window, qtbot)
    assert window.isWindowModified()
    target = tmp_path / "mine"
    monkeypatch.setattr(
        "gui.window.opening.files.QFileDialog.getSaveFileName", lambda *a, **k: (str(target), "")
    )
    window.actions_by_id["save"].trigger()
    saved = tmp_path / "mine.toml"
    assert systems.load(saved).values["x"] == 7.0
    assert not window.isWindowModified()
    assert "mine.toml" in window.windowTitle()
    assert window.files.recent() == [saved]


def test_saving_where_it_cannot_be_leaves_everything(window, qtbot, tmp_path, monkeypatch, told):
    open_system(window, qtbot, "cs231n-gates")
    nowhere = tmp_path / "not" / "there.toml"
    monkeypatch.setattr(
        "gui.window.opening.files.QFileDialog.getSaveFileName", lambda *a, **k: (str(nowhere), "")
    )
    window.actions_by_id["save-as"].trigger()
    assert str(nowhere) in told[0]
    assert window.session.path is None


def test_a_broken_file_is_refused_with_file_and_line(window, qtbot, tmp_path, told):
    open_system(window, qtbot, "cs231n-gates")
    broken = tmp_path / "broken.toml"
    broken.write_text('name = "x"\nexpression = "f = a"\nvalues = {a = 1}\nsead = 3\n')
    window.files.open_path(broken)
    qtbot.waitUntil(lambda: bool(told))
    assert str(broken) in told[0]
    assert "line 4" in told[0]
    assert "seed" in told[0]
    settle(window, qtbot)
    assert window.session.system.name == "cs231n-gates"


@pytest.fixture
def asked(monkeypatch):
    """The questions that came up; each was answered with Cancel."""
    found: list[str] = []

    def answer(*words):
        found.append(words[2])
        return Button.Cancel

    monkeypatch.setattr("gui.window.dialogs.ask", answer)
    return found


def test_an_unsaved_file_is_asked_about(window, qtbot, tmp_path, asked):
    path = tmp_path / "mine.toml"
    systems.save(system_of("cs231n-gates"), path)
    window.files.open_path(path)
    wait(qtbot, lambda: window.session.path == path)
    window.session.draft.edit("values.x", 9.0, typed=False)
    settle(window, qtbot)
    window.files.open_entry("d2l-mlp")
    wait(qtbot, lambda: bool(asked))
    settle(window, qtbot)
    assert "mine.toml" in asked[0]
    assert window.session.system.name == "cs231n-gates"
    assert window.session.draft.system.values["x"] == 9.0


def test_an_experiment_with_an_entry_is_left_without_a_question(window, qtbot, asked):
    """Training, stepping, folding, colours, choices and ticks are no work that could be lost."""
    open_system(window, qtbot, "deep-mlp")
    window.actions_by_id["step"].trigger()
    window.actions_by_id["close-groups"].trigger()
    window.colours.by_actions["value-norm"].trigger()
    settle(window, qtbot)
    panel = window.panels["settings"]
    flag = panel.row("data.standardize").field
    flag.click()
    settle(window, qtbot)
    assert window.session.modified
    window.files.open_entry("cs231n-gates")
    wait(qtbot, lambda: window.session.system.name == "cs231n-gates")
    settle(window, qtbot)
    assert asked == []


def test_a_choice_in_a_system_of_ones_own_is_asked_about(window, qtbot, asked):
    open_system(window, qtbot, "deep-mlp")
    window.files.new_from_this()
    wait(qtbot, lambda: window.session.system.name == "deep-mlp-copy")
    settle(window, qtbot)
    window.panels["settings"].row("data.standardize").field.click()
    settle(window, qtbot)
    window.files.open_entry("cs231n-gates")
    wait(qtbot, lambda: bool(asked))
    assert "deep-mlp-copy" in asked[0]


def test_what_was_typed_into_an_entry_is_asked_about_until_it_is_undone(window, qtbot, asked):
    open_system(window, qtbot, "deep-mlp")
    field = window.panels["settings"].row("seed").field
    field.setText("3")
    field.editingFinished.emit()
    settle(window, qtbot)
    window.files.open_entry("cs231n-gates")
    wait(qtbot, lambda: bool(asked))
    assert "deep-mlp" in asked[0]
    window.actions_by_id["undo"].trigger()
    settle(window, qtbot)
    window.files.open_entry("cs231n-gates")
    wait(qtbot, lambda: window.session.system.name == "cs231n-gates")
    settle(window, qtbot)
    assert len(asked) == 1


@pytest.mark.parametrize(
    "text",
    [
        'name = "x"\nexpression = "f = a"\nvalues = {a = 1}\nsead = 3\n',  # misspelt
        '[data]\nsource = "gone.csv"\n[[layers]]\ntype = "linear"\n',  # found in building only
    ],
)
def test_a_file_that_cannot_be_opened_says_so_before_any_question(
    window, qtbot, tmp_path, asked, told, text
):
    open_system(window, qtbot, "cs231n-gates")
    window.session.draft.edit("values.x", 9.0)
    settle(window, qtbot)
    broken = tmp_path / "broken.toml"
    broken.write_text(text)
    window.files.open_path(broken)
    wait(qtbot, lambda: bool(told))
    settle(window, qtbot)
    assert asked == []
    assert len(told) == 1
    assert window.session.draft.system.values["x"] == 9.0
    assert window.session.system.name == "cs231n-gates"


def test_dropping_a_system_opens_it(window, tmp_path):
    path = tmp_path / "dropped.toml"
    systems.save(system_of("cs231n-gates"), path)
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / "x.png")), QUrl.fromLocalFile(str(path))])
    assert window.files.dropped(data) == path
    data.setUrls([QUrl("https://example.org/a.toml")])
    assert window.files.dropped(data) is None


def test_the_status_bar_says_where_we_are(window, qtbot):
    open_system(window, qtbot, "cs231n-add-mul")
    assert window.status.dtype.text() == window.session.topology.dtype
    window.actions_by_id["operation"].trigger()
    settle(window, qtbot)
    count = len(window.session.topology.operations)
    assert f"operation 1 of {count}" in window.status.place.text()
    assert "step 0" in window.status.step.text()


def test_hidden_panels_catch_up_when_shown(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.docks["transport"].close()
    window.actions_by_id["operation"].trigger()
    settle(window, qtbot)
    transport = window.panels["transport"]
    assert transport.strip.done_count == 0
    window.docks["transport"].show()
    assert transport.strip.done_count == 1


@pytest.mark.parametrize("moment", ["at once", "opening", "training", "full speed"])
def test_closing_at_any_moment_ends_cleanly(qtbot, tmp_path, moment):
    window = shown_window(tmp_path)
    if moment != "at once":
        window.session.open(system_of("deep-mlp"))
    if moment in ("training", "full speed"):
        wait(qtbot, lambda: window.session.frame is not None)
        if moment == "full speed":
            transport: Any = window.panels["transport"]
            transport.speed.slider.setValue(FULL)
        window.session.send(Run())
        wait(qtbot, lambda: len(window.session.history) > 2)
    thread = window.session._worker._thread
    assert window.close()
    assert not thread.is_alive()
    dismiss(window)


def test_the_timer_rests_while_nothing_happens(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    assert window.session.resting
    window.session.toggle_running()
    wait(qtbot, lambda: window.session.running)
    assert not window.session.resting
    window.session.toggle_running()
    settle(window, qtbot)
    steps = window.session.history.steps()
    assert np.array_equal(steps, np.arange(len(steps)))
