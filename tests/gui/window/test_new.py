"""File ▸ New: an empty system to build from, a copy of one's own, and words that are true."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.messages.commands import Operate, Reset, Rewind, Run, Train, Undo
from engine.recipes.recipe import of_frame
from engine.system import catalogue
from engine.system import system as systems
from gui.panels.settings.settings import SettingsPanel
from gui.window.opening.files import last_session
from tests.gui.rig import dismiss, open_system, settings_in, settle, shown_window, wait

CTRL = Qt.KeyboardModifier.ControlModifier


def new(window, qtbot) -> None:
    QTest.keyClick(window, Qt.Key.Key_N, CTRL)
    wait(qtbot, lambda: window.session.system is not None and window.session.system.is_empty)
    settle(window, qtbot)


def add(panel, kind: str) -> None:
    layers = panel.sections["layers"].list
    layers.kind.setCurrentText(kind)
    layers.add_button.click()


@pytest.mark.parametrize("before", ["", "lenet-digits", "cs231n-gates"])
def test_a_new_system_is_empty_and_says_what_to_do(window, settings_panel, qtbot, before):
    if before:
        open_system(window, qtbot, before)
        window.session.send(Train(steps=2))
        settle(window, qtbot)
    new(window, qtbot)
    assert "add a layer" in window.canvas.view.empty_text
    assert not window.canvas.scene.nodes
    assert window.session.topology.nodes == ()
    assert settings_panel.sections["layers"].empty.isVisible()
    assert not window.session.modified
    assert "Nothing to train" in window.session.frame.message
    window.grab()


def test_nothing_that_can_be_asked_of_an_empty_system_raises(window, qtbot):
    new(window, qtbot)
    for command in (Run(), Train(3), Operate(), Undo(), Reset(), Rewind(5), Train(epochs=1)):
        window.session.send(command)
    assert settle(window, qtbot).step == 0
    for order in (2, 0):
        window.session.show_order(order)
        settle(window, qtbot)
    for name, action in window.actions_by_id.items():
        if name not in ("quit", "open", "save-as", "save", "about", "shortcuts", "full-screen"):
            action.trigger()
    settle(window, qtbot)
    assert not window.actions_by_id["run"].isEnabled()
    assert not window.actions_by_id["export"].isEnabled()
    assert window.actions_by_id["save"].isEnabled()


def test_a_network_is_built_from_nothing_saved_and_opened_again(
    window, settings_panel, qtbot, tmp_path, monkeypatch
):
    new(window, qtbot)
    settings_panel.edit("data.source", "digits")
    add(settings_panel, "conv2d")
    settle(window, qtbot)
    assert window.session.system.is_empty, "ten outputs are not there yet"
    assert settings_panel.footer.label.property("role") == "error"
    add(settings_panel, "residual")
    add(settings_panel, "flatten")
    add(settings_panel, "linear")
    settle(window, qtbot)
    kinds = [one.type_name for one in window.session.system.layers]
    assert kinds == ["conv2d", "residual", "flatten", "linear"]
    window.session.send(Train(steps=20))
    assert settle(window, qtbot).step == 20
    file = tmp_path / "mine.toml"
    monkeypatch.setattr(
        "gui.window.opening.files.QFileDialog.getSaveFileName", lambda *a, **k: (str(file), "")
    )
    window.actions_by_id["save"].trigger()
    assert systems.load(file) == window.session.system


def test_an_empty_system_is_saved_and_opened(window, settings_panel, qtbot, tmp_path, monkeypatch):
    new(window, qtbot)
    settings_panel.edit("title", "Mine")
    settings_panel.edit("data.source", "iris")
    settle(window, qtbot)
    file = tmp_path / "mine.toml"
    monkeypatch.setattr(
        "gui.window.opening.files.QFileDialog.getSaveFileName", lambda *a, **k: (str(file), "")
    )
    window.actions_by_id["save"].trigger()
    open_system(window, qtbot, "cs231n-gates")
    window.files.open_path(file)
    wait(qtbot, lambda: window.session.path == file)
    assert window.session.system.title == "Mine"
    assert window.session.system.data.source == "iris"


def test_a_formula_is_written_into_an_empty_system(window, settings_panel, qtbot):
    new(window, qtbot)
    settings_panel.edit("data.source", "iris")
    settings_panel.edit("expression", "f = x * y")
    settle(window, qtbot)
    assert window.session.system.is_expression
    assert window.session.topology.nodes


def test_the_last_layer_can_be_taken_out(window, settings_panel, qtbot):
    open_system(window, qtbot, "single-neuron")
    layers = settings_panel.sections["layers"]
    while layers.cards:
        layers.cards[0].buttons["remove"].click()
    settle(window, qtbot)
    assert window.session.system.is_empty
    window.session.draft.stack.undo()
    settle(window, qtbot)
    assert window.session.topology.nodes


def test_what_cannot_be_built_yet_is_there_again_after_a_restart(
    window, settings_panel, qtbot, home
):
    new(window, qtbot)
    settings_panel.edit("data.source", "digits")
    add(settings_panel, "conv2d")
    settle(window, qtbot)
    wanted = window.session.draft.system
    window.close()
    remembered = last_session(settings_in(home), pytest.fail)
    assert remembered is not None
    assert remembered[0] == wanted
    again = shown_window(home)
    try:
        again.session.open(remembered[0], remembered[1])
        wait(qtbot, lambda: again.session.draft.system == wanted)
        settle(again, qtbot)
        assert again.session.system is not None
        assert again.session.system.is_empty
        form = again.panels["settings"]
        assert isinstance(form, SettingsPanel)
        assert form.footer.label.property("role") == "error"
    finally:
        dismiss(again)


# -- words --------------------------------------------------------------------------------------


def test_an_entry_that_is_bent_does_not_keep_the_catalogues_words(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    entry = window.session.system
    assert settings_panel.about.text()
    settings_panel.edit("layers.0.units", 9)
    settle(window, qtbot)
    bent = window.session.system
    assert (bent.title, bent.source, bent.description) == ("", "", "")
    assert bent.based_on == "d2l-mlp"
    assert settings_panel.title_label.text() == "based on d2l-mlp"
    assert settings_panel.about.text().startswith("Based on ")
    assert "based on d2l-mlp" in window.windowTitle()
    assert 'based_on = "d2l-mlp"' in systems.to_text(bent)
    recipe = of_frame(window.session.topology, window.session.frame)
    assert recipe.system.called == "based on d2l-mlp"
    window.session.draft.stack.undo()
    settle(window, qtbot)
    assert window.session.system == entry


def test_a_live_setting_bends_an_entry_without_a_rebuild(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=3))
    settle(window, qtbot)
    settings_panel.edit("optimizer.learning_rate", 0.03)
    frame = settle(window, qtbot)
    assert (frame.step, window.session.topology.generation) == (3, 1)
    assert not window.session.draft.pending()
    assert window.session.system.based_on == "d2l-mlp"
    assert {system.called for _, system in frame.systems} == {"based on d2l-mlp"}
    window.session.send(Rewind(1))
    settle(window, qtbot)
    assert window.session.draft.system.based_on == "d2l-mlp"


def test_title_and_description_are_the_persons_own(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=3))
    settle(window, qtbot)
    settings_panel.edit("title", "My net")
    settings_panel.edit("description", "What I tried.")
    settings_panel.edit("name", "mine")
    frame = settle(window, qtbot)
    assert (frame.step, window.session.topology.generation) == (3, 1)
    assert not window.session.draft.pending()
    assert settings_panel.title_label.text() == "My net"
    assert settings_panel.about.text() == "What I tried."
    assert "mine" in window.windowTitle()
    settings_panel.edit("optimizer.learning_rate", 0.03)
    settle(window, qtbot)
    assert settings_panel.title_label.text() == "My net"
    assert window.session.system.title == "My net"


def test_new_from_this_one_is_a_system_of_ones_own(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.actions_by_id["new-from-this"].trigger()
    wait(qtbot, lambda: window.session.system.name == "d2l-mlp-copy")
    settle(window, qtbot)
    entry, mine = catalogue.load("d2l-mlp"), window.session.system
    assert (mine.layers, mine.data, mine.seed) == (entry.layers, entry.data, entry.seed)
    assert (mine.title, mine.description, mine.based_on) == ("", "", "d2l-mlp")
    assert window.session.path is None
    assert not window.session.draft.stack.canUndo()
