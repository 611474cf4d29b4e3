"""The settings form under real hands: clicks, keys and the wheel."""

from typing import Any

import pytest

from tests.real_window.program import Program, Widget

pytestmark = pytest.mark.slow

FORM = "dock-settings"
SIZE = (1920, 1080)


def area(program: Program) -> Widget:
    """The part of the form that scrolls."""
    found = program.widgets("QScrollArea", FORM)
    return max(found, key=lambda widget: widget.rect.height)


def field(program: Program, key: str) -> Widget:
    """The field of a setting, by its dotted key."""
    found = [widget for widget in program.widgets(within=FORM) if widget.name == key]
    assert len(found) == 1, f"{key}: {found}"
    return found[0]


def reveal(program: Program, key: str) -> Widget:
    """Scroll the form with the wheel until a field can be seen whole."""
    for _ in range(60):
        found, around = field(program, key), area(program).rect
        if around.contains(found.rect):
            return found
        program.wheel(around.centre, 1 if found.rect.y < around.y else -1)
    raise AssertionError(f"{key} cannot be scrolled to")


def held(program: Program, key: str) -> Any:
    return program.value(f"session.draft.system.{key}")


def said(program: Program) -> str:
    return str(program.value("panels.settings.footer.label.text()"))


def open_layers(program: Program) -> None:
    """Open the card of every layer, the last first: it pushes down nothing that is clicked next."""
    heads = [w for w in program.widgets(within=FORM) if w.name == "layer"]
    for head in reversed(heads):
        program.click(head)


def test_every_checkbox_sets_what_it_shows(start):
    program = start("deep-mlp", size=SIZE)
    open_layers(program)
    boxes = [w.name for w in program.widgets("QCheckBox", FORM)]
    assert len(boxes) >= 7, boxes
    for key in boxes:
        for _ in range(2):
            before = held(program, key)
            program.click(reveal(program, key))
            wanted = before if key == "optimizer.nesterov" else not before
            assert held(program, key) == wanted, key
            assert bool(field(program, key).value) == wanted, key
        if key == "optimizer.nesterov":
            assert said(program).startswith("Nesterov of the optimizer: expected false without")
    assert not [w for w in program.ask("windows") if "mistake" in w["title"]]
    program.close()


def test_every_kind_of_field_takes_what_is_typed(start):
    program = start("deep-mlp", size=SIZE)
    open_layers(program)
    program.click(reveal(program, "optimizer.learning_rate"))  # a number
    program.keys("ctrl+a")
    program.type("0.25")
    program.keys("Return")
    assert held(program, "optimizer.learning_rate") == 0.25
    program.click(field(program, "optimizer.learning_rate"))  # Enter has ended the typing
    program.keys("Up")
    assert held(program, "optimizer.learning_rate") == 0.5
    program.click(reveal(program, "layers.0.name"))  # a text; the focus leaves it by Tab
    program.keys("ctrl+a")
    program.type("inner")
    program.keys("Tab")
    assert held(program, "layers.0.name") == "inner"
    program.click(reveal(program, "layers.0.activation"))  # a choice from a list
    program.click("tanh", kind="Row")
    assert held(program, "layers.0.activation") == "tanh"
    assert field(program, "layers.0.activation").value == "tanh"
    program.click(reveal(program, "layers.0.units"))
    program.keys("Tab", "Tab", "Up")  # over the bias; who goes by Tab keeps the place
    assert held(program, "layers.0.activation") == "sigmoid"
    program.keys("Up")
    assert held(program, "layers.0.activation") == "softplus"
    program.click(reveal(program, "layers.0.initializer.type"))  # a choice with settings
    program.click("normal", kind="Row")
    program.click(reveal(program, "layers.0.initializer.std"))
    program.keys("ctrl+a")
    program.type("0.5")
    program.keys("Return")
    assert held(program, "layers.0.initializer.std") == 0.5
    source = reveal(program, "data.source")  # a choice that takes a path too
    program.click((source.rect.x + 12, source.rect.centre[1]))
    program.keys("ctrl+a")
    program.type("iris")
    program.keys("Return")
    assert held(program, "data.source") == "iris"
    program.restart("cs231n-add-mul")
    program.click(reveal(program, "expression"))  # several lines
    program.keys("ctrl+a")
    program.type("f = x * z")
    program.keys("ctrl+Return")
    assert held(program, "expression") == "f = x * z"
    assert set(held(program, "values")) == {"x", "z"}
    program.close()


def test_nothing_moves_between_a_refusal_and_the_next_click(start):
    program = start("deep-mlp", size=SIZE)
    reveal(program, "clipping.threshold")
    program.click(reveal(program, "optimizer.learning_rate"))
    before = {w.name: w.rect for w in program.widgets(within=FORM) if "." in w.name}
    program.keys("ctrl+a")
    program.type("fast")
    program.keys("Return")
    assert "expected a number" in said(program)
    assert {w.name: w.rect for w in program.widgets(within=FORM) if "." in w.name} == before
    program.keys("Escape")
    assert "expected" not in said(program)
    momentum = field(program, "optimizer.momentum")
    program.click(momentum)
    program.keys("ctrl+a")
    program.type("0.9")
    # This click ends the entry, which adds lines to the formula above: it lands where it was aimed.
    program.click(before["optimizer.nesterov"].centre)
    assert held(program, "optimizer.momentum") == 0.9
    assert held(program, "optimizer.nesterov") is True
    assert {w.name: w.rect for w in program.widgets(within=FORM) if "." in w.name} == before
    program.close()


def test_the_wheel_scrolls_the_form_and_changes_nothing(start):
    program = start("deep-mlp", size=SIZE)
    system = program.value("session.draft.system")
    for key in ("dtype", "optimizer.type", "schedule.type"):
        over = reveal(program, key)
        program.wheel(over, 3)
        program.wheel(over, -3)
    assert program.value("session.draft.system") == system
    program.close()
