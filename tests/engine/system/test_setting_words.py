"""Settings in words: for every setting of every system there is a phrase without a dotted key."""

import dataclasses
import re

import pytest

from engine.support.errors import InputError
from engine.system import catalogue
from engine.system.setting_words import list_of, refusal, words_of
from engine.system.system import from_table, override
from gui.panels.settings.settings import SettingsPanel
from gui.session.draft import Draft
from tests.gui.fakes import fake_frame, fake_topology
from tests.gui.panel_help import RecordingSession
from tests.gui.rig import system_of

DOTTED = re.compile(r"[a-z_]\.(?:[a-z_]|\d)")
NETWORK = from_table(
    {
        "name": "n",
        "data": {"source": "digits"},
        "layers": [
            {"type": "conv2d", "name": "conv1", "repeat": 12, "padding": 1},
            {"type": "residual", "name": "block", "layers": [{"type": "conv2d", "padding": 1}]},
            {"type": "linear"},
        ],
    }
)


def end(session: RecordingSession) -> None:
    """End a session; an undo stack that Python's collector deletes with its edits may crash."""
    session.draft.stack.clear()
    session.close()


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ("layers.0.repeat", "repeat of layer conv1"),
        ("layers.0.initializer.std", "std of initializer of layer conv1"),
        ("layers.0.initializer.type", "initializer of layer conv1"),
        ("layers.0.initializer", "initializer of layer conv1"),
        ("layers.0.type", "type of layer conv1"),
        ("layers.1.layers.0.channels", "channels of layer conv2d1 in block"),
        ("layers.2.units", "units of layer linear1"),
        ("layers.2", "layer linear1"),
        ("layers", "the layers"),
        ("optimizer", "the optimizer"),
        ("optimizer.type", "the optimizer"),
        ("optimizer.weight_decay", "weight decay of the optimizer"),
        ("data.input_scale", "input scale of the data"),
        ("seed", "seed"),
        ("parameters.linear1.weight", "starting value of linear1.weight"),
    ],
)
def test_a_key_in_words(key, words):
    assert words_of(key, NETWORK) == words


@pytest.mark.parametrize("name", [entry.name for entry in catalogue.entries()])
def test_no_key_with_a_dot_is_shown(qtbot, name):
    session = RecordingSession()
    session.system = system = system_of(name)
    panel = SettingsPanel(session)
    qtbot.addWidget(panel, before_close_func=lambda _: end(session))
    session.draft.begin_with(system)
    for row in panel._rows():
        assert not DOTTED.search(words_of(row.entry.key, system)), row.entry.key
        error = InputError("this", "that", field=row.entry.key)
        assert not DOTTED.search(refusal(error, "", system))


def test_undo_and_live_changes_speak_in_words():
    session = RecordingSession()
    session.system = system = system_of("d2l-mlp")
    draft: Draft = session.draft
    draft.begin_with(system)
    said: list[str] = []
    draft.applied.connect(said.append)
    draft.edit("optimizer.learning_rate", 0.25)
    assert said == ["learning rate of the optimizer: from the next step on"]
    assert draft.stack.undoText() == "change learning rate of the optimizer"
    end(session)


def test_many_settings_are_a_few_and_the_rest():
    system = override(NETWORK, "seed", 3)
    keys = ["seed", "dtype", "loss.type", "loss.l2"]
    assert list_of(keys, system) == "seed, dtype, the loss …"


def test_a_message_goes_with_its_step_and_its_system(qtbot):
    session = RecordingSession()
    session.system = system = system_of("d2l-mlp")
    panel = SettingsPanel(session)
    qtbot.addWidget(panel, before_close_func=lambda _: end(session))
    session.draft.begin_with(system)
    session.draft.edit("optimizer.learning_rate", 0.25)
    assert "from the next step on" in panel.footer.label.text()
    panel.show_topology(fake_topology("deep-mlp"))
    assert "from the next step on" not in panel.footer.label.text()
    panel._say("something of step 0")
    frame = fake_frame(fake_topology("d2l-mlp"), step=0)
    panel.show_frame(frame)
    assert "something of step 0" in panel.footer.label.text()
    panel.show_frame(dataclasses.replace(frame, step=1))
    assert "something of step 0" not in panel.footer.label.text()
