"""A bad day: the program is killed, logged out or starts on a damaged session."""

import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.real_window.program import Program
from tests.real_window.test_form import SIZE, open_layers, reveal

pytestmark = pytest.mark.slow
SAVED_SECONDS = 2.0  # what was done so long before the end is not lost
DRAFT = "session.draft"
ASKED = (
    f"{DRAFT}.stack.count()",
    f"{DRAFT}.stack.index()",
    f"{DRAFT}.stack.undoText()",
    f"{DRAFT}.typed",
    f"{DRAFT}.system.seed",
    f"{DRAFT}.system.layers.0.units",
    "session.system.optimizer.learning_rate",
    "session.system.layers.0.units",
    "session.modified",
    "session.frame.step",
    "session.frame.cursor",
    "session.history.last_step",
    "session.kept_runs.runs.__len__()",
    "session.kept_runs.span",
    "session.selected_node",
    "canvas.opened.__len__()",
)


def state(program: Program) -> dict[str, Any]:
    """What must be there again."""
    program.settle()
    return {path: program.value(path) for path in ASKED}


def seen_of(program: Program) -> list[float]:
    """The part of the graph that the canvas shows."""
    names = ("x", "y", "width", "height")
    return [program.value(f"canvas.view.visible_rect().{name}()") for name in names]


def enter(program: Program, key: str, text: str) -> None:
    program.click(reveal(program, key))
    program.keys("ctrl+a")
    program.type(text)
    program.keys("Return")


def work(program: Program) -> None:
    """Some twenty actions: typed, trained, gone back, looked at."""
    open_layers(program)
    for key, text in (("seed", "7"), ("layers.0.units", "5"), ("optimizer.learning_rate", "0.2")):
        enter(program, key, text)
        program.wait(lambda: not program.value("session.draft.pending()"), "the graph")
    program.keys(*["shift+Right"] * 6)
    enter(program, "optimizer.learning_rate", "0.05")
    program.keys(*["shift+Right"] * 3)
    program.wait(lambda: program.value("session.frame.step") == 9, "step 9")
    program.click("Go to step")
    program.keys("ctrl+a")
    program.type("4")
    program.keys("Return")
    program.wait(lambda: program.value("session.frame.step") == 4, "step 4")
    enter(program, "optimizer.learning_rate", "0.01")
    program.keys("shift+Right", "shift+Right", "Right", "Right")
    enter(program, "layers.0.units", "6")  # waits for a rebuild
    enter(program, "layers.0.units", "7")
    program.keys("ctrl+z")
    program.keys("j", "j")
    program.keys("ctrl+plus", "ctrl+plus")


def session_file(program: Program) -> Path:
    (found,) = program.screen.folder.glob("home/.config/*/sessions/*/session.json")
    return found


def test_after_kill_everything_is_there_again(start):
    program = start("d2l-mlp", size=SIZE)
    work(program)
    before, view = state(program), seen_of(program)
    assert before["session.kept_runs.runs.__len__()"] == 1
    assert before[f"{DRAFT}.system.layers.0.units"] == 6
    assert before["session.system.layers.0.units"] == 5
    time.sleep(SAVED_SECONDS)
    program.kill()
    program.arguments = ()
    program.start()
    program.wait(lambda: program.has("Restore", "QPushButton"), "the offer")
    program.screenshot("offer")
    assert "d2l-mlp, 6 changes, step 7, 1 kept curve." in program.find("offer").accessible
    program.click("Restore", kind="QPushButton")
    program.wait(lambda: program.value("session.frame.step") == 7, "the step")
    program.settle()
    program.screenshot("restored")
    assert state(program) == before
    assert not program.has("Restore", "QPushButton")
    for one, other in zip(seen_of(program), view, strict=True):
        assert one == pytest.approx(other, abs=view[2] / 50)
    program.keys("ctrl+z")  # the undo history goes on from there
    assert program.value(f"{DRAFT}.system.layers.0.units") == 5
    program.close()


def test_a_log_out_ends_an_idle_window_within_a_second_and_what_is_damaged_is_set_aside(start):
    program = start("d2l-mlp", size=SIZE)
    program.keys("shift+Right", "shift+Right")
    time.sleep(1.5)  # nothing wakes it but the signal
    began = time.monotonic()
    program.process.terminate()
    assert program.process.wait(10) == 128 + signal.SIGTERM
    assert time.monotonic() - began < 1.0
    assert program.said() == ""
    file = session_file(program)
    assert '"step": 2,' in file.read_text("utf-8")
    file.write_bytes(file.read_bytes()[:-100])
    (settings,) = program.screen.folder.glob("home/.config/*/*.ini")
    settings.write_text("[session]\nsystem=seed = " + "9" * 5000 + "\n")
    program.arguments = ()
    program.start()
    assert program.value("session.topology.nodes.__len__()") > 0
    assert not program.has("Restore", "QPushButton")
    said = program.value("status.words.toolTip()")
    assert "The last system cannot be read and was set aside" in said
    assert "The last session cannot be read and was set aside" in said
    assert file.parent.with_name(f"{file.parent.name}.unreadable").is_dir()
    assert settings.with_name("unreadable-system.toml").exists()
    program.close()
