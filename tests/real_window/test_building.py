"""A network built from nothing by mouse and keys: New, data, layers, training, saved, opened."""

import pytest

from engine.system.system import load
from tests.real_window.program import Program, Widget
from tests.real_window.test_form import FORM, SIZE, area, reveal

pytestmark = pytest.mark.slow


def seen(program: Program, name: str) -> Widget:
    """Scroll the form with the wheel until the last thing of this name can be seen whole."""
    for _ in range(60):
        found = [w for w in program.widgets(within=FORM) if name in w.words][-1]
        around = area(program).rect
        if around.contains(found.rect):
            return found
        program.wheel(around.centre, 1 if found.rect.y < around.y else -1)
    raise AssertionError(f"{name} cannot be scrolled to")


def choose(program: Program, box: Widget, name: str) -> None:
    """Choose a name of a combo box by its letters, as a person does."""
    program.click(box)
    program.type(name)
    program.keys("Return")


def kinds(program: Program) -> list[str]:
    layers = range(int(program.value("session.draft.system.layers.__len__()")))
    return [program.value(f"session.draft.system.layers.{k}.type_name") for k in layers]


def test_a_small_residual_network_is_built_trained_saved_and_opened(start, tmp_path):
    program = start("d2l-mlp", size=SIZE)
    program.keys("ctrl+n")
    program.wait(lambda: program.value("session.system.is_empty"))
    program.settle()
    assert program.value("canvas.view.empty_text").startswith("An empty system")
    source = reveal(program, "data.source")
    program.click(source)
    program.keys("ctrl+a")
    program.type("digits")
    program.keys("Return")
    for kind in ("conv2d", "residual", "linear", "flatten"):
        choose(program, seen(program, "Type of the layer to add"), kind)
        program.click(seen(program, "Add layer"))
    assert kinds(program) == ["conv2d", "residual", "linear", "flatten"]
    assert program.value("session.system.is_empty"), "a linear layer takes no pictures"
    program.keys("alt+Up")  # the flatten layer, added last, before the linear one
    assert kinds(program) == ["conv2d", "residual", "flatten", "linear"]
    program.wait(lambda: not program.value("session.system.is_empty"))
    program.settle()
    assert program.value("session.system.layers.1.layers.0.type_name") == "conv2d"
    program.keys("ctrl+shift+d", "ctrl+z")  # a copy of it, and back
    assert len(kinds(program)) == 4
    first = seen(program, "grip layers.0")
    second = program.find("grip layers.1")
    program.drag(second, (first.rect.x + 30, first.rect.y + 2))
    assert kinds(program) == ["residual", "conv2d", "flatten", "linear"]
    program.keys("ctrl+z")
    assert kinds(program) == ["conv2d", "residual", "flatten", "linear"]
    program.screenshot("built")
    for _ in range(20):
        program.keys("shift+Right")
    program.wait(lambda: program.value("session.frame.step") == 20)
    program.keys("ctrl+s")
    program.type(str(tmp_path / "mine.toml"))
    program.keys("Return")
    program.wait((tmp_path / "mine.toml").exists)
    assert [layer.type_name for layer in load(tmp_path / "mine.toml").layers] == kinds(program)
    again = program.restart(str(tmp_path / "mine.toml"))
    assert kinds(again) == ["conv2d", "residual", "flatten", "linear"]
    assert again.value("session.topology.nodes.__len__()") > 10
    again.close()
