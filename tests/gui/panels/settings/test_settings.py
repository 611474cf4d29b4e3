"""The form made from the declarations: what it shows, takes, refuses, and what waits."""

import dataclasses

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from engine.messages.commands import Train
from engine.settings.declaration import Rule, setting, settings_of
from engine.system import catalogue
from engine.system.system import System
from gui.panels.settings.entries import FormEntry, parse_text, show_value, stepped
from gui.panels.settings.forms import ChoiceField, FormRow, FormulaField, TextField
from gui.panels.settings.layers_form import LayersSection
from gui.panels.settings.sections import entries_of
from gui.session.draft import differences
from tests.gui.rig import open_system, settle, system_of


def type_in(row: FormRow, text: str) -> None:
    """Type into a row's line and press Enter, as a person does."""
    field = row.field
    line = field.lineEdit() if isinstance(field, ChoiceField) else field
    assert isinstance(line, QLineEdit)
    line.setFocus()
    line.selectAll()
    QTest.keyClicks(line, text)
    QTest.keyClick(line, Qt.Key.Key_Return)


@pytest.mark.parametrize(
    ("hint", "rule", "text", "value"),
    [
        (float, Rule(), "1e-3", 0.001),
        (float, Rule(), "−2.5", -2.5),
        (float, Rule(), "1E4", 1e4),
        (int, Rule(), "1e3", 1000),
        (int, Rule(), "1.5", 1.5),
        (int | str, Rule(words=("full",)), "full", "full"),
        (float | None, Rule(), "", None),
        (float, Rule(), "fast", "fast"),
        (str | int | None, Rule(), "label", "label"),
        (str | int | None, Rule(), "3", 3),
        (list[str] | None, Rule(), '"a", "b"', ["a", "b"]),
        (str | dict, Rule(), '{type = "normal", std = 0.1}', {"type": "normal", "std": 0.1}),
    ],
)
def test_text_becomes_the_value_the_declaration_asks_for(hint, rule, text, value):
    found = parse_text(FormEntry("x", hint, rule), text)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("value", [0.1, 1e-7, 3e8, 12, None, "relu", [1.0, 2.0], {"std": 0.1}])
def test_what_is_shown_is_read_back(value):
    hints = {float: float, int: int, type(None): float | None, str: str, list: list, dict: dict}
    entry = FormEntry("x", hints[type(value)], Rule())
    assert parse_text(entry, show_value(value)) == value


def test_arrows_step_numbers():
    values = [1.0]
    for _ in range(6):
        values.append(stepped(values[-1], False, whole=False, large=False))
    assert values == [1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01]
    for _ in range(6):
        values.append(stepped(values[-1], True, whole=False, large=False))
    assert values[-1] == 1.0
    assert stepped(5, True, whole=True, large=False) == 6


@dataclasses.dataclass(frozen=True)
class Made:
    """A settings class that the form has never heard of."""

    speed: float = setting(1.0, above=0.0, live=True, help="η: how fast.")
    kind: str = setting("a", choices=("a", "b"), help="Which.")
    flag: bool = setting(True, help="Whether.")
    unseen: list = setting([], help="Comes from files.")
    private: int = 0


def test_a_form_is_made_from_the_declarations_alone():
    found = entries_of(Made(), "made")
    assert [entry.key for entry, _ in found] == ["made.speed", "made.kind", "made.flag"]
    assert found[0][0].label == "speed η"


def test_differences_are_as_fine_as_the_dotted_keys():
    old = system_of("d2l-mlp")
    new = system_of(
        "d2l-mlp",
        optimizer__learning_rate=0.25,
        layers__0__units=7,
        data__input_scale=2.0,
        optimizer__momentum=0.5,
    )
    found = {d.key: d.live for d in differences(old, new)}
    assert found == {
        "optimizer.learning_rate": True,
        "optimizer.momentum": True,
        "layers.0.units": False,
        "data.input_scale": False,  # from none to a number is a new node
    }
    scaled = system_of("d2l-mlp", data__input_scale=2.0)
    more = system_of("d2l-mlp", data__input_scale=3.0)
    assert [d.live for d in differences(scaled, more)] == [True]


@pytest.mark.parametrize("name", [entry.name for entry in catalogue.entries()])
def test_every_system_gets_a_complete_form(window, settings_panel, qtbot, name):
    open_system(window, qtbot, name)
    system = window.session.system
    for section_name, field in settings_of(System).items():
        section = getattr(system, section_name)
        if not dataclasses.is_dataclass(section) or section_name not in settings_panel.sections:
            continue
        for key, setting_field in settings_of(type(section)).items():
            if setting_field.metadata["rule"].help and not isinstance(
                getattr(section, key), list | dict
            ):
                assert settings_panel.row(f"{section_name}.{key}") is not None, (section_name, key)
        assert field.metadata["rule"] is not None
    assert ("layers" in settings_panel.sections) == (not system.is_expression)
    if system.is_expression:
        assert isinstance(settings_panel.row("expression").field, FormulaField)
        for variable in system.values:
            assert settings_panel.row(f"values.{variable}") is not None


def test_a_live_setting_acts_at_once_and_keeps_the_training(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=5))
    settle(window, qtbot)
    generation = window.session.topology.generation
    type_in(settings_panel.row("optimizer.learning_rate"), "2e-2")
    frame = settle(window, qtbot)
    assert window.session.system.optimizer.learning_rate == 0.02
    assert frame.generation == generation
    assert frame.step == 5
    assert not settings_panel.footer.rebuild.isEnabled()
    assert (
        "learning rate of the optimizer: from the next step" in settings_panel.footer.label.text()
    )
    window.session.send(Train(steps=1))
    assert settle(window, qtbot).learning_rate == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("fast", "a number"),
        ("-1", "a number"),
        ("nan", "a finite number"),
        ("1e999", "a finite number"),
    ],
)
def test_a_bad_learning_rate_is_refused_at_the_foot(window, settings_panel, qtbot, text, expected):
    open_system(window, qtbot, "d2l-mlp")
    before = window.session.system
    row = settings_panel.row("optimizer.learning_rate")
    type_in(row, text)
    settle(window, qtbot)
    said = settings_panel.footer.label.text()
    assert said == row.error
    assert said.startswith(f"Learning rate of the optimizer: expected {expected}")
    assert "found" in said
    assert settings_panel.footer.label.property("role") == "error"
    assert row.field.property("refused")
    assert window.session.system == before
    assert window.session.draft.system == before
    type_in(row, "0.125")
    settle(window, qtbot)
    assert not row.error
    assert "expected" not in settings_panel.footer.label.text()
    assert window.session.system.optimizer.learning_rate == 0.125


def test_escape_takes_a_bad_entry_back(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    row = settings_panel.row("optimizer.learning_rate")
    before = row.field.text()
    type_in(row, "nonsense")
    assert row.error
    row.field.setFocus()
    QTest.keyClick(row.field, Qt.Key.Key_Escape)
    assert row.field.text() == before
    assert not row.error


def test_before_the_first_step_structure_changes_at_once(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    type_in(settings_panel.row("layers.0.units"), "9")
    settle(window, qtbot)
    assert window.session.system.layers[0].units == 9
    assert window.session.topology.generation == 2
    assert not settings_panel.footer.rebuild.isEnabled()
    assert "Rebuilt" in settings_panel.footer.label.text()


def test_after_training_structure_waits_for_the_rebuild(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=3))
    settle(window, qtbot)
    type_in(settings_panel.row("layers.0.units"), "9")
    type_in(settings_panel.row("seed"), "4")
    frame = settle(window, qtbot)
    assert frame.step == 3
    assert settings_panel.footer.rebuild.isEnabled()
    assert "seed, units of layer linear1" in settings_panel.footer.label.text()
    assert settings_panel.row("seed").label.text().endswith("•")
    settings_panel.footer.rebuild.click()
    frame = settle(window, qtbot)
    assert frame.step == 0
    assert window.session.system.layers[0].units == 9
    assert window.session.system.seed == 4
    assert not settings_panel.footer.rebuild.isEnabled()
    assert not settings_panel.row("seed").label.text().endswith("•")


def test_discarding_goes_back_to_what_runs(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=2))
    settle(window, qtbot)
    running = window.session.system
    type_in(settings_panel.row("seed"), "4")
    settings_panel.footer.discard.click()
    settle(window, qtbot)
    assert window.session.draft.system == running
    assert not settings_panel.footer.rebuild.isEnabled()
    assert settings_panel.row("seed").field.text() == str(running.seed)


def test_undo_and_redo_by_keys(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    before = window.session.system.optimizer.learning_rate
    settings_panel.edit("optimizer.learning_rate", 0.0625)
    settle(window, qtbot)
    window.canvas.setFocus()
    QTest.keyClick(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    settle(window, qtbot)
    assert window.session.system.optimizer.learning_rate == before
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_Z, both)
    settle(window, qtbot)
    assert window.session.system.optimizer.learning_rate == 0.0625


def test_layers_are_added_moved_changed_and_removed(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    layers = settings_panel.sections["layers"]
    assert isinstance(layers, LayersSection)
    layers.list.kind.setCurrentText("linear")
    layers.list.add_button.click()
    settle(window, qtbot)
    # A new linear layer has as many outputs as the target until it is told otherwise.
    assert len(window.session.draft.system.layers) == 3
    assert len(layers.cards) == 3
    settings_panel.edit("layers.1.units", 11)
    settle(window, qtbot)
    assert window.session.system.layers[1].units == 11
    layers.cards[1].buttons["up"].click()
    settle(window, qtbot)
    assert window.session.draft.system.layers[0].units == 11
    assert window.session.system.layers[0].units == 11
    layers.cards[0].buttons["remove"].click()
    settle(window, qtbot)
    assert len(window.session.system.layers) == 2
    assert len(layers.cards) == 2


def test_a_layer_changes_its_type(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    other = "activation"  # fits wherever a linear layer does
    settings_panel.edit("layers.0.type", other)
    settle(window, qtbot)
    assert window.session.draft.system.layers[0].type_name == other
    assert settings_panel.row("layers.0.type").field.currentText() == other


def test_a_field_refused_twice_takes_its_first_value_again(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    row = settings_panel.row("data.batch_size")
    for text in ("1.5", "5000"):
        type_in(row, text)
        settle(window, qtbot)
        qtbot.waitUntil(lambda: bool(row.error), timeout=2000)
    type_in(row, "32")
    settle(window, qtbot)
    assert window.session.draft.system.data.batch_size == 32
    qtbot.waitUntil(lambda: not row.error, timeout=2000)


def test_a_system_that_cannot_be_built_is_refused_and_the_old_one_runs(
    window, settings_panel, qtbot
):
    open_system(window, qtbot, "d2l-mlp")
    generation = window.session.topology.generation
    last = len(window.session.system.layers) - 1
    settings_panel.edit(f"layers.{last}.units", 3)
    frame = settle(window, qtbot)
    assert frame.generation == generation
    assert "outputs" in settings_panel.footer.label.text()
    assert settings_panel.footer.label.property("role") == "error"
    assert settings_panel.footer.rebuild.isEnabled()
    refused = settings_panel.sections["layers"].cards[-1].heading
    assert refused.property("refused")
    settings_panel.footer.discard.click()
    settle(window, qtbot)
    assert "outputs" not in settings_panel.footer.label.text()
    assert not refused.property("refused")


def test_optimizer_fields_are_those_of_its_type(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    assert settings_panel.row("optimizer.momentum") is not None
    field = settings_panel.row("optimizer.type").field
    field.setCurrentText("adam")
    field.activated.emit(field.currentIndex())
    settle(window, qtbot)
    assert settings_panel.row("optimizer.momentum") is None
    assert type(window.session.system.optimizer).__name__.startswith("Adam")


def test_expressions_and_their_values_are_editable(window, settings_panel, qtbot):
    open_system(window, qtbot, "cs231n-add-mul")
    type_in(settings_panel.row("values.x"), "3")
    settle(window, qtbot)
    assert window.session.system.values["x"] == 3
    field = settings_panel.row("expression").field
    field.setFocus()
    field.setPlainText("q = x + y\nf = q * z + x")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle(window, qtbot)
    assert "+ x" in window.session.system.expression
    assert len(window.session.topology.edges) == 6


def test_values_follow_the_variables_of_the_expression(window, settings_panel, qtbot):
    open_system(window, qtbot, "cs231n-add-mul")
    settings_panel.edit("expression", "f = x * w")
    settle(window, qtbot)
    assert window.session.system.values == {"x": -2.0, "w": 1.0}
    assert settings_panel.row("values.w") is not None
    assert settings_panel.row("values.z") is None
    window.session.draft.stack.undo()
    settle(window, qtbot)
    assert set(window.session.system.values) == {"x", "y", "z"}


def test_names_of_the_book_give_way_when_the_layers_change(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    settings_panel.edit("layers.0.activation", "identity")
    settle(window, qtbot)
    assert window.session.system.layers[0].activation == "identity"


def test_a_wrong_expression_is_refused_and_stays(window, settings_panel, qtbot):
    open_system(window, qtbot, "cs231n-add-mul")
    before = window.session.system
    field = settings_panel.row("expression").field
    field.setFocus()
    field.setPlainText("f = x + (y *")
    QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    settle(window, qtbot)
    assert settings_panel.row("expression").error
    assert window.session.system == before
    assert field.toPlainText() == "f = x + (y *", "what was typed must not be lost"


def test_a_text_field_keeps_the_arrow_and_letter_keys(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    row = settings_panel.row("optimizer.learning_rate")
    assert isinstance(row.field, TextField)
    row.field.setFocus()
    cursor = window.session.frame.cursor
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_F):
        QTest.keyClick(row.field, key)
    settle(window, qtbot)
    assert window.session.frame.cursor == cursor
    assert "f" in row.field.text()
