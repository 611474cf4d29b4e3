"""Layers in the form: a working block at a click, its layers, buttons, keys and the mouse."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from engine.layers import types
from gui.panels.settings.layers_form import LayerCard, LayersSection
from gui.session.layer_tables import containers
from tests.gui.rig import open_system, settle

pytestmark = pytest.mark.window("resnet-cnn")


@pytest.fixture
def form(settings_panel) -> LayersSection:
    found = settings_panel.sections["layers"]
    assert isinstance(found, LayersSection)
    return found


def names(layers) -> list:
    """The layers' names, or types where they have none; a block as (name, [inside])."""
    return [
        (one.name or one.type_name, names(one.layers)) if hasattr(one, "layers")
        else one.name or one.type_name
        for one in layers
    ]  # fmt: skip


def wanted(window) -> list:
    return names(window.session.draft.system.layers)


BLOCKS = [("block1", ["a", "b"]), ("block2", ["a", "b"])]


def open_card(form: LayersSection, *path: int) -> LayerCard:
    """Open the card of a layer, and those around it, with the mouse."""
    for depth in range(1, len(path)):
        open_card(form, *path[:depth])
    card = form.card(path)
    assert card is not None
    if not card.heading.isChecked():
        QTest.mouseClick(card.heading, Qt.MouseButton.LeftButton)
        QApplication.processEvents()  # what is inside gets its place
    return card


def test_the_layers_of_a_block_are_edited_to_any_depth(window, settings_panel, form, qtbot):
    form.list.kind.setCurrentText("block")
    open_card(form, 1, 0)
    form.card((1,)).inner.kind.setCurrentText("residual")
    form.card((1,)).inner.add_button.click()  # behind the chosen one, which is a
    settle(window, qtbot)
    assert wanted(window)[1] == ("block1", ["a", ("residual", ["conv2d", "conv2d"]), "b"])
    settings_panel.edit("layers.1.layers.1.layers.0.channels", 5)
    settle(window, qtbot)
    topology = window.session.topology
    shapes = {node.name: node.shape for node in topology.nodes}
    assert shapes["block1.residual1.conv2d1.weight"] == (5, 8, 3, 3)
    assert settings_panel.row("layers.1.layers.1.layers.0.channels").field.text() == "5"


@pytest.mark.parametrize("kind", containers())
@pytest.mark.parametrize("system", ["resnet-cnn", "deep-mlp", "lstm"])
def test_a_block_that_is_added_works_at_once(window, form, qtbot, kind, system):
    if system != "resnet-cnn":
        open_system(window, qtbot, system)
        form = window.panels["settings"].sections["layers"]
    form.list.kind.setCurrentText(kind)
    form.list.add_button.click()
    settle(window, qtbot)
    assert window.session.system == window.session.draft.system
    assert [one.type_name for one in window.session.system.layers][-2] == kind
    assert not [c for c in form.list.every_card() if c.heading.property("refused")]


@pytest.mark.parametrize("kind", types())
def test_no_type_that_a_layer_can_be_given_is_refused_by_the_form(
    window, settings_panel, form, qtbot, kind
):
    settings_panel.edit("layers.3.type", kind)
    settle(window, qtbot)
    assert window.session.draft.system.layers[3].type_name == kind
    assert not settings_panel.row("layers.3.type").error


def test_a_layer_becomes_a_block_around_itself(window, settings_panel, form, qtbot):
    settings_panel.edit("layers.0.type", "residual")
    settle(window, qtbot)
    assert wanted(window)[0] == ("stem", ["conv2d"])
    assert window.session.system == window.session.draft.system
    settings_panel.edit("layers.0.type", "block")
    assert wanted(window)[0] == ("stem", ["conv2d"])
    window.session.draft.stack.undo()
    window.session.draft.stack.undo()
    assert wanted(window)[0] == "stem"


def test_a_duplicate_stands_behind_its_layer_under_another_name(window, form, qtbot):
    form.card((1, 0)).buttons["duplicate"].click()
    form.card((1,)).buttons["duplicate"].click()
    settle(window, qtbot)
    blocks = [("block1", ["a", "a2", "b"]), ("block3", ["a", "a2", "b"]), BLOCKS[1]]
    assert wanted(window)[1:4] == blocks
    assert window.session.system == window.session.draft.system


def test_keys_move_and_copy_the_chosen_layer_wherever_it_has_the_focus(window, form, qtbot):
    open_card(form, 1, 1)
    row = form.rows["layers.1.layers.1.channels"]
    row.field.setFocus()
    row.field.selectAll()
    QTest.keyClicks(row.field, "4")  # not taken over yet
    QTest.keyClick(row.field, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    settle(window, qtbot)
    assert wanted(window)[1] == ("block1", ["b", "a"])
    assert window.session.draft.system.layers[1].layers[0].channels == 4
    assert form.card((1, 0)).heading.isChecked(), "what was open is open at its new place"
    assert not form.card((1, 1)).heading.isChecked()
    assert form.card((1, 0)).heading.hasFocus()
    QTest.keyClick(form.card((1, 0)).heading, Qt.Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    assert wanted(window)[1] == ("block1", ["a", "b"])
    both = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(form.card((1, 1)).heading, Qt.Key.Key_D, both)
    assert wanted(window)[1] == ("block1", ["a", "b", "b2"])
    QTest.keyClick(form.card((1, 2)).heading, Qt.Key.Key_Delete)
    assert wanted(window)[1] == ("block1", ["a", "b"])


def test_delete_in_a_field_is_the_fields(window, form, qtbot):
    open_card(form, 0)
    field = form.rows["layers.0.type"].field
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Delete)
    assert wanted(window)[0] == "stem"


def test_the_first_layer_moves_no_further_up(window, form, qtbot):
    before = wanted(window)
    form.card((0,)).heading.setFocus()
    QTest.keyClick(form.card((0,)).heading, Qt.Key.Key_Up, Qt.KeyboardModifier.AltModifier)
    assert wanted(window) == before
    assert not form.card((0,)).buttons["up"].isEnabled()


def test_without_a_chosen_layer_the_key_says_what_to_do(window, form, qtbot):
    form.chosen = ()
    window.actions_by_id["layer-up"].trigger()
    assert "heading" in window.status.words.text()


def drag(form: LayersSection, source: LayerCard, at: QPoint) -> bool:
    """Drag a layer by its grip to a point of the form; whether a line showed where to."""
    grip, left = source.grip, Qt.MouseButton.LeftButton
    there = grip.mapFromGlobal(form.mapToGlobal(at))
    QTest.mousePress(grip, left, pos=grip.rect().center())
    QTest.mouseMove(grip, (grip.rect().center() + there) / 2)
    QTest.mouseMove(grip, there)
    shown = form._line.isVisible()
    QTest.mouseRelease(grip, left, pos=there)
    return shown


def middle(form: LayersSection, card: LayerCard, below: int = 0) -> QPoint:
    return card.heading.mapTo(form, card.heading.rect().center()) + QPoint(0, below)


def test_the_mouse_drags_a_layer_to_another_place(window, form, qtbot):
    assert drag(form, form.card((0,)), middle(form, form.card((2,)), 4))
    settle(window, qtbot)
    assert wanted(window)[:3] == [*BLOCKS, "stem"]
    assert not form._line.isVisible()


def test_the_mouse_drags_a_layer_into_a_block_and_out_of_it(window, form, qtbot):
    open_card(form, 1)
    qtbot.waitUntil(lambda: form.card((1, 0)).isVisible())
    assert drag(form, form.card((3,)), middle(form, form.card((1, 1)), -8))
    settle(window, qtbot)
    assert wanted(window)[1] == ("block1", ["a", "pool", "b"])
    assert drag(form, form.card((1, 0)), middle(form, form.card((0,)), -8))
    assert wanted(window)[:2] == ["a", "stem"]


def test_a_layer_dropped_where_it_is_or_outside_stays(window, form, qtbot):
    before = wanted(window)
    assert not drag(form, form.card((0,)), middle(form, form.card((0,)), 8))
    assert not drag(form, form.card((0,)), QPoint(-200, 20))
    assert wanted(window) == before
    assert not window.session.modified


def test_a_block_keeps_its_last_layer(window, form, qtbot):
    form.card((1, 1)).buttons["remove"].click()
    settle(window, qtbot)
    assert wanted(window)[1] == ("block1", ["a"])
    assert not form.card((1, 0)).buttons["remove"].isEnabled()


def test_a_misfit_is_told_at_its_layer_and_the_block_opens(window, settings_panel, form, qtbot):
    settings_panel.edit("layers.1.layers.1.type", "flatten")
    settle(window, qtbot)
    assert "one kind" in settings_panel.footer.label.text()
    assert form.card((1,)).heading.property("refused")
    settings_panel.edit("layers.1.layers.1.type", "linear")
    settle(window, qtbot)
    assert "flatten" in settings_panel.footer.label.text()
    assert form.card((1, 1)).heading.property("refused")
    assert not form.card((1,)).heading.property("refused")
    assert form.card((1,)).heading.isChecked()
