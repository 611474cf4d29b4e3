"""A bad day: killed, logged out, a damaged file; nothing that was typed or trained is lost."""

import os
import signal
import time
from pathlib import Path

import pytest

from tests.real_window.test_form import reveal

pytestmark = pytest.mark.slow
SIZE = (1600, 1000)


def sessions(program):
    return Path(program.screen.environment["XDG_CONFIG_HOME"], "Gradient Flow Explorer", "sessions")


def saved(program):
    """Wait until the newest state is on disk: within two seconds of the last change."""
    time.sleep(2.0)
    return list(sessions(program).glob("*.session"))


def again(program):
    """Start it anew, as after a crash: without arguments."""
    program.kill()
    program.arguments = ()
    program.start()
    return program


def state(program):
    return {
        "draft": repr(program.value("session.draft.system")),
        "running": program.value("session.system.optimizer.learning_rate"),
        "edits": program.value("session.draft.stack.count()"),
        "done": program.value("session.draft.stack.index()"),
        "step": program.value("session.frame.step"),
        "objective": program.value("session.frame.objective"),
        "kept": program.value("session.kept_runs.span"),
        "selected": program.value("session.selected_node"),
    }


def test_after_kill_9_the_session_is_offered_and_is_as_it_was(start):
    program = start("d2l-mlp", size=SIZE)
    for rate in ("0.2", "0.3", "0.05"):
        program.click(reveal(program, "optimizer.learning_rate"))
        program.keys("ctrl+a")
        program.type(rate)
        program.keys("Return")
    program.keys("ctrl+z", "ctrl+z", "ctrl+shift+z")
    program.keys("ctrl+Right")
    program.wait(lambda: program.value("session.frame.step") == 100, "100 steps")
    program.click("Go to step")
    program.keys("ctrl+a")
    program.type("40")
    program.keys("Return")
    program.wait(lambda: program.value("session.frame.step") == 40, "step 40")
    program.settle()
    before = state(program)
    assert (before["edits"], before["done"], before["kept"]) == (3, 2, 100)
    assert saved(program)
    again(program)
    assert program.has("Take it up again", "QPushButton")
    assert "step 40" in program.find("words", "QTextEdit").text
    program.screenshot("offered")
    program.click("Take it up again")
    program.wait(lambda: program.value("session.frame.step") == 40, "the step")
    program.settle()
    assert state(program) == before
    program.keys("ctrl+z")
    assert program.value("session.draft.stack.index()") == 1
    program.close()
    assert not list(sessions(program).glob("*.session")), "a window that is closed leaves nothing"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_an_idle_window_at_once_and_loses_nothing(start, number):
    program = start("d2l-mlp", size=SIZE)
    program.keys("shift+Right")
    program.settle()
    process = program._process
    os.kill(process.pid, number)
    began = time.monotonic()
    assert process.wait(10) == 128 + number
    assert time.monotonic() - began < 2.0
    assert not program.said()
    again(program)
    program.click("Take it up again")
    program.wait(lambda: program.value("session.frame.step") == 1, "the step")
    program.close()


def test_a_session_that_cannot_be_read_is_set_aside_with_a_word(start):
    program = start("d2l-mlp", size=SIZE)
    program.keys("shift+Right")
    (file,) = saved(program)
    program.kill()
    file.write_bytes(file.read_bytes()[:200])
    again(program)
    assert not program.has("Take it up again")
    program.wait(lambda: "set aside" in program.value("status.words.text()"), "the word")
    assert list(sessions(program).glob("*.unreadable"))
    program.close()


@pytest.mark.parametrize("home", [None, "/", "read-only"])
def test_without_a_home_that_can_be_written_it_says_so_once_and_works(start, home, tmp_path):
    def change(environment):
        for name in ("XDG_CONFIG_HOME", "XDG_CACHE_HOME", "HOME"):
            environment.pop(name)
        if home == "read-only":
            (tmp_path / "file").write_text("")
            environment["HOME"] = str(tmp_path / "file")  # root may write into any folder
        elif home is not None:
            environment["HOME"] = home

    before = set(Path("/").iterdir())
    program = start("d2l-mlp", size=SIZE, change=change)
    word = "cannot be saved" if home == "read-only" else "no home folder"
    if home == "read-only":
        program.keys("shift+Right")
    program.wait(lambda: word in program.value("status.words.text()"), "the word")
    program.keys("shift+Right")
    time.sleep(2.0)
    assert set(Path("/").iterdir()) == before
    program.close()
    assert not program.said()
