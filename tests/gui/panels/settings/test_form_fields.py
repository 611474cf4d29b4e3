"""Every kind of field of the settings form, used by mouse and by keyboard.

Parametrised over the declarations: a new layer type, optimiser or setting is used here without a
new test. After each use the form shows what the wanted system holds.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from engine.layers import types
from engine.layers.block import Container
from engine.model.loss import LOSSES
from engine.optimizer import OPTIMIZERS
from engine.optimizer.clipping import FORMULAS
from engine.optimizer.schedule import SCHEDULES
from engine.settings.declaration import rule_of, settings_of, type_name
from engine.support.errors import InputError
from engine.system import catalogue
from engine.system.system import System, from_table, override
from gui.panels.settings.entries import show_value
from gui.panels.settings.forms import (
    ChoiceField,
    Field,
    FlagField,
    FormRow,
    FormulaField,
    TextField,
)
from gui.panels.settings.sections import Section
from gui.panels.settings.settings import SettingsPanel
from tests.gui.panel_help import RecordingSession
from tests.gui.rig import open_system, settle

NUMBERS = (3, 2, 7, 0.25, 0.5, 1.5, 0.125, 2000)
TEXTS = {"name": "hidden", "tree": "(1 2)", "target": "label", "source": "iris"}
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def form(qtbot) -> Iterator[Any]:
    """A function that shows the form of a system, without anything that runs it."""
    sessions = []

    def show(system: System) -> SettingsPanel:
        session = RecordingSession()
        sessions.append(session)
        session.system = system
        panel = SettingsPanel(session)
        qtbot.addWidget(panel)
        session.draft.begin_with(system)
        panel.resize(340, 2400)
        panel.show()
        panel.activateWindow()
        qtbot.waitExposed(panel)
        return panel

    interval = QGuiApplication.styleHints().mouseDoubleClickInterval()
    QApplication.setDoubleClickInterval(1)  # a list just opened ignores clicks for so long
    yield show
    QApplication.setDoubleClickInterval(interval)
    for session in sessions:
        session.draft.stack.clear()  # Python's collector may crash on a stack with its edits
        session.close()


def network(**tables: Any) -> System:
    """A small network with some of its tables replaced."""
    table = {"name": "used", "data": {"source": "moons"}, "layers": [{"type": "linear"}]}
    return from_table({**table, **tables})


def layer_system(kind: str) -> System:
    inner = issubclass(types()[kind], Container)
    layer = {"type": kind, **({"layers": [{"type": "linear"}]} if inner else {})}
    return network(layers=[layer, {"type": "linear"}])


CASES = {
    **{f"layer-{kind}": ("layers.0", layer_system(kind)) for kind in types()},
    **{f"optimizer-{k}": ("optimizer", network(optimizer={"type": k})) for k in OPTIMIZERS},
    **{f"schedule-{k}": ("schedule", network(schedule={"type": k})) for k in SCHEDULES},
    **{f"clipping-{k}": ("clipping", network(clipping={"type": k})) for k in FORMULAS},
    **{f"loss-{k}": ("loss", network(loss={"type": k})) for k in LOSSES},
    "data": ("data", network()),
    "run": ("", network()),
    "expression": ("", catalogue.load("cs231n-add-mul")),
}


def held(system: System, key: str) -> Any:
    """What a system holds under a dotted key."""
    found: Any = system
    rule = None
    for part in key.split("."):
        if isinstance(found, tuple):
            found = found[int(part)]
        elif isinstance(found, dict):
            found = found[part]
        elif part == "type" and not hasattr(found, "type"):
            assert rule is not None
            assert rule.variants is not None
            return type_name(rule.variants(), found)
        else:
            rule = rule_of(settings_of(type(found))[part])
            found = getattr(found, part)
    return found


def shown(field: Field) -> str:
    if isinstance(field, FlagField):
        return show_value(field.isChecked())
    if isinstance(field, ChoiceField):
        return field.currentText()
    return field.toPlainText() if isinstance(field, FormulaField) else field.text()


def agree(panel: SettingsPanel) -> None:
    """Assert that every field shows what the wanted system holds."""
    system = panel.session.draft.system
    assert system is not None
    for row in panel._rows():
        text = show_value(held(system, row.entry.key)).strip()
        assert shown(row.field) == text, row.entry.key


def row_of(panel: SettingsPanel, key: str) -> FormRow:
    """The row of a key, its section opened and the row in sight."""
    row = panel.row(key)
    assert row is not None
    around: QWidget | None = row.field
    while around is not None:
        if isinstance(around, Section):
            around.heading.setChecked(True)
        around = around.parentWidget()
    QApplication.processEvents()
    panel.scroller.ensureWidgetVisible(row.field)
    QApplication.processEvents()
    return row


def keys_of(panel: SettingsPanel, section: str) -> list[str]:
    """The keys of a section's rows; those of sections within have a row of their own section."""
    rows = panel._rows()
    if section:
        return [r.entry.key for r in rows if r.entry.key.startswith(f"{section}.")]
    return [r.entry.key for r in rows if r.entry.key.partition(".")[0] not in ("data", "layers",
            "loss", "optimizer", "schedule", "clipping")]  # fmt: skip


def accepted(system: System, row: FormRow, values: tuple[Any, ...]) -> Any:
    """The first of these values that the setting takes and does not have."""
    for value in values:
        try:
            if override(system, row.entry.key, value) != system:
                return value
        except InputError:
            continue
    raise AssertionError(f"no value for {row.entry.key}")


def another(system: System, row: FormRow) -> Any:
    """A value that may be typed into a line."""
    if row.entry.numeric:
        return accepted(system, row, NUMBERS)
    name = row.entry.key.rpartition(".")[2]
    return accepted(system, row, (TEXTS.get(name, "other"), "x y"))


def type_over(field: QWidget, text: str) -> None:
    QTest.keyClick(field, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    QTest.keyClicks(field, text)


def pick(panel: SettingsPanel, field: ChoiceField, index: int) -> None:
    """Open a list by a click and click one of its lines."""
    arrow = QPoint(field.width() - 8, field.height() // 2)
    QTest.mouseClick(field, LEFT, pos=arrow)
    view = field.view()
    assert view.isVisible(), "a click opens the list"
    QTest.qWait(5)
    place = view.visualRect(field.model().index(index, 0))
    view.scrollTo(field.model().index(index, 0))
    place = view.visualRect(field.model().index(index, 0))
    QTest.mouseMove(view.viewport(), place.center())
    QTest.mouseClick(view.viewport(), LEFT, pos=place.center())


def click_box(box: FlagField) -> None:
    """Click a checkbox on its square."""
    QTest.mouseClick(box, LEFT, pos=QPoint(8, box.height() // 2))


def use(panel: SettingsPanel, key: str, by: str) -> None:
    """Use a field once by mouse or by keyboard, and see that the system has what was meant."""
    row = row_of(panel, key)
    field = row.field
    before = panel.session.draft.system
    assert before is not None
    if isinstance(field, FlagField):
        wanted: Any = not field.isChecked()
        if by == "mouse":
            click_box(field)
        else:
            field.setFocus()
            QTest.keyClick(field, Qt.Key.Key_Space)
    elif isinstance(field, ChoiceField) and not field.isEditable():
        if field.count() < 2:
            return
        index = (field.currentIndex() + 1) % field.count()
        wanted = field.itemText(index)
        if by == "mouse":
            pick(panel, field, index)
        else:
            field.setFocus()
            QTest.keyClick(field, Qt.Key.Key_Home if index == 0 else Qt.Key.Key_Down)
    elif isinstance(field, FormulaField):
        wanted = f"{field.toPlainText()} + x"
        QTest.mouseClick(field.viewport(), LEFT)
        field.selectAll()
        QTest.keyClicks(field, "f = x + y" if by == "mouse" else "f = x * z")
        wanted = field.toPlainText()
        if by == "mouse":
            other = panel.row("seed")
            assert other is not None
            QTest.mouseClick(other.field, LEFT)
        else:
            QTest.keyClick(field, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    else:
        line = field.lineEdit() if isinstance(field, ChoiceField) else field
        assert line is not None
        wanted = another(before, row)
        if by == "mouse":
            QTest.mouseClick(line, LEFT, pos=QPoint(6, line.height() // 2))
            type_over(line, show_value(wanted))
            other = next(r for r in panel._rows() if isinstance(r.field, TextField) and r != row)
            QTest.mouseClick(row_of(panel, other.entry.key).field, LEFT)
        else:
            field.setFocus(Qt.FocusReason.TabFocusReason)
            type_over(line, show_value(wanted))
            QTest.keyClick(line, Qt.Key.Key_Return)
    after = panel.session.draft.system
    assert after is not None
    if panel.footer.label.property("role") == "error":  # said, and nothing has changed
        assert isinstance(field, FlagField | ChoiceField)
        assert after == before
        return
    assert held(after, key) == wanted or type(held(after, key)) is not type(wanted), key
    assert show_value(held(after, key)).strip() == show_value(wanted).strip(), key


@pytest.mark.parametrize("by", ["mouse", "keyboard"])
@pytest.mark.parametrize("case", CASES)
def test_every_field_hands_on_what_it_shows(form, case, by):
    section, system = CASES[case]
    panel = form(system)
    agree(panel)
    used = set()
    for key in keys_of(panel, section):
        panel.session.draft.begin_with(system)
        use(panel, key, by)
        agree(panel)
        used.add(type(panel.row(key).field) if panel.row(key) else None)
    assert used


@pytest.mark.parametrize("case", [c for c in CASES if c.startswith(("layer", "optim", "sched"))])
def test_every_choice_and_setting_of_a_type_has_its_field(form, case):
    """Each declared setting that a form shows has a row; the initialiser's settings too."""
    section, system = CASES[case]
    panel = form(system)
    for name, field in settings_of(type(held(system, section))).items():
        rule = rule_of(field)
        if not rule.help:
            continue
        key = f"{section}.{name}"
        row = panel.row(f"{key}.type" if rule.variants else key)
        assert row is not None, key
        if rule.formulas is not None:
            assert not row.formula.isHidden()
            assert row.formula.text()


@pytest.mark.parametrize("name", [n for n in types() if "initializer" in settings_of(types()[n])])
def test_settings_of_an_initializer_are_fields(form, name):
    panel = form(layer_system(name))
    key = "layers.0.initializer"
    field = row_of(panel, f"{key}.type").field
    assert isinstance(field, ChoiceField)
    for kind, setting in (("normal", "std"), ("uniform", "bound"), ("orthogonal", "gain")):
        pick(panel, field, field.findText(kind))
        field = row_of(panel, f"{key}.type").field  # made anew with the rows of the new type
        assert isinstance(field, ChoiceField)
        use(panel, f"{key}.{setting}", "keyboard")
        agree(panel)
    pick(panel, field, field.findText("pytorch_default"))
    assert panel.row(f"{key}.gain") is None
    assert "fan_in" in panel.row(f"{key}.type").formula.text()


@pytest.mark.parametrize("case", CASES)
def test_no_words_make_the_form_wider_than_its_dock(form, case):
    panel = form(CASES[case][1])
    for section in panel.sections.values():
        for card in getattr(section, "cards", [section]):
            card.heading.setChecked(True)
    panel.resize(296, 640)  # as wide as at first
    QApplication.processEvents()
    assert panel.scroller.horizontalScrollBar().maximum() == 0


def test_a_typed_number_is_stepped_by_arrows(form):
    panel = form(network())
    field = row_of(panel, "optimizer.learning_rate").field
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Up)
    assert held(panel.session.draft.system, "optimizer.learning_rate") == 0.2
    agree(panel)


def test_a_refused_checkbox_shows_what_the_system_has(form):
    panel = form(network())
    field = row_of(panel, "optimizer.nesterov").field
    assert isinstance(field, FlagField)
    click_box(field)
    assert not field.isChecked()
    assert panel.footer.label.text().startswith("Nesterov of the optimizer: expected false")
    agree(panel)


def test_a_refused_field_takes_its_old_value_again_when_it_is_typed(form):
    panel = form(network())
    field = row_of(panel, "data.batch_size").field
    assert isinstance(field, TextField)
    old = field.text()
    for text in ("0", old):
        field.setFocus()
        type_over(field, text)
        QTest.keyClick(field, Qt.Key.Key_Return)
    assert not panel.row("data.batch_size").error
    assert "expected" not in panel.footer.label.text()


# -- the form stands still --------------------------------------------------------------------


def places(panel: SettingsPanel) -> dict[str, QPoint]:
    QApplication.processEvents()
    return {r.entry.key: r.field.mapTo(panel, QPoint(0, 0)) for r in panel._rows()}


def test_nothing_moves_when_an_entry_is_refused_done_or_waits(form):
    panel = form(network(optimizer={"type": "adam"}))
    panel.resize(340, 500)
    panel.scroller.verticalScrollBar().setValue(180)
    before = places(panel)
    wide = panel.scroller.viewport().size()

    def enter(key: str, text: str) -> None:
        line = panel.row(key).field
        line.setFocus()
        panel.scroller.verticalScrollBar().setValue(180)
        type_over(line, text)
        QTest.keyClick(line, Qt.Key.Key_Return)
        assert places(panel) == before
        assert panel.scroller.viewport().size() == wide

    enter("optimizer.learning_rate", "fast")
    assert "expected a number" in panel.footer.label.text()
    enter("optimizer.learning_rate", "0.5")
    enter("optimizer.weight_decay", "0.25")  # its line of the formula has a place already
    assert "λθ" in panel.row("optimizer.type").formula.text()
    enter("seed", "-1.5")
    enter("seed", "4")
    panel._say("something was done")
    assert places(panel) == before
    assert panel.footer.rebuild.isEnabled()


def test_a_click_lands_where_it_was_aimed_although_the_entry_before_it_is_refused(form):
    panel = form(network())
    rate = row_of(panel, "optimizer.learning_rate").field
    box = panel.row("data.standardize").field
    rate.setFocus()
    type_over(rate, "fast")
    row_of(panel, "data.standardize")
    before = box.isChecked()
    click_box(box)  # the focus leaves the line in the middle of the click
    assert box.isChecked() != before
    assert panel.session.draft.system.data.standardize != before


def test_a_click_on_the_name_of_a_box_ticks_it(form):
    panel = form(network())
    row = row_of(panel, "data.standardize")
    QTest.mouseClick(row.label, LEFT)
    assert panel.session.draft.system.data.standardize is False
    agree(panel)


def test_the_foot_says_what_the_field_with_the_focus_is(form):
    panel = form(network())
    row_of(panel, "optimizer.momentum").field.setFocus()
    assert "share of the last update" in panel.footer.label.text()
    assert "next step" in panel.footer.label.text()
    assert "v ← μv + (1 − τ)g" in panel.footer.label.text(), "what it puts into the formula"


# -- in the window, with the engine ------------------------------------------------------------


def test_enter_in_a_refused_field_leaves_the_focus_there_to_mend_it(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    field = settings_panel.row("optimizer.learning_rate").field
    field.setFocus()
    type_over(field, "fast")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert field.hasFocus()
    type_over(field, "0.25")
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert not field.hasFocus()
    settle(window, qtbot)
    assert settings_panel.session.system.optimizer.learning_rate == 0.25


def test_a_checkbox_sets_what_it_shows_by_mouse_and_by_space(window, settings_panel, qtbot):
    open_system(window, qtbot, "d2l-mlp", optimizer__momentum=0.9)
    field = settings_panel.row("optimizer.nesterov").field
    click_box(field)
    settle(window, qtbot)
    assert field.isChecked()
    assert settings_panel.session.system.optimizer.nesterov
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert not field.isChecked()
    assert not settings_panel.session.system.optimizer.nesterov
