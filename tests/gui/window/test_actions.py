"""Actions: each declared once, with its shortcut, in a menu, and working wherever the focus is."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLineEdit

from gui.appearance.icons import FOLDER
from gui.window.actions import MENUS, TOOLBAR, menu_title, specs, tip_with_keys
from tests.gui.rig import dismiss, open_system, settle, shown_window, wait

NONE = Qt.KeyboardModifier.NoModifier
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier

pytestmark = pytest.mark.window("d2l-mlp")


def test_an_expression_has_no_epochs(window, qtbot):
    assert window.actions_by_id["epoch"].isEnabled()
    assert "epoch 0" in window.status.step.text()
    open_system(window, qtbot, "autodiff-xy")
    assert not window.actions_by_id["epoch"].isEnabled()
    assert window.status.step.text() == "step 0"
    assert window.docks["loss"].windowTitle() == "Objective"
    window.actions_by_id["step"].trigger()
    settle(window, qtbot)
    assert "epoch" not in window.status.words.text().lower()
    open_system(window, qtbot, "d2l-mlp")
    assert window.actions_by_id["epoch"].isEnabled()
    assert window.docks["loss"].windowTitle() == "Loss"


def test_ids_and_shortcuts_are_unique():
    found = specs()
    assert len({spec.id for spec in found}) == len(found)
    keys = [QKeySequence(key).toString() for spec in found for key in spec.keys]
    assert len(set(keys)) == len(keys)
    assert all(keys), "a shortcut that Qt cannot read"


def test_every_action_is_complete():
    for spec in specs():
        assert spec.tip
        assert spec.text
        assert spec.menu in MENUS or spec.id == "leave"
        assert not spec.icon or (FOLDER / f"{spec.icon}.svg").is_file()
        if spec.keys:
            assert "(" in tip_with_keys(spec)
    assert all(menu_title(menu) for menu in MENUS)
    assert {name for group in TOOLBAR for name in group} <= {spec.id for spec in specs()}


def test_the_manners_that_were_agreed():
    keys = {spec.id: spec.keys for spec in specs()}
    agreed = {
        "open": "Ctrl+O",
        "save": "Ctrl+S",
        "save-as": "Ctrl+Shift+S",
        "export": "Ctrl+Shift+E",
        "copy": "Ctrl+C",
        "find": "Ctrl+F",
        "undo": "Ctrl+Z",
        "redo": "Ctrl+Shift+Z",
        "zoom-in": "Ctrl++",
        "zoom-out": "Ctrl+-",
        "zoom-reset": "Ctrl+0",
        "fit": "F",
        "leave": "Esc",
        "full-screen": "F11",
        "run": "Space",
        "operation": "Right",
        "operation-back": "Left",
        "step": "Shift+Right",
        "reset": "Ctrl+R",
    }
    for name, key in agreed.items():
        assert key in keys[name], name


def test_mnemonics_do_not_clash_within_a_menu(window):
    for menu in window.menus.values():
        letters = [
            action.text()[action.text().index("&") + 1].casefold()
            for action in menu.actions()
            if "&" in action.text()
        ]
        assert len(set(letters)) == len(letters), (menu.title(), letters)


@pytest.mark.parametrize("where", ["canvas", "window", "plot"])
def test_keys_drive_the_training_wherever_the_focus_is(window, qtbot, where):
    focus = {
        "canvas": window.canvas,
        "window": window,
        "plot": window.panels["gradient_norms"],
    }[where]
    focus.setFocus()
    QTest.keyClick(window, Qt.Key.Key_Right)
    assert settle(window, qtbot).cursor == 1
    QTest.keyClick(window, Qt.Key.Key_Left)
    assert settle(window, qtbot).cursor == 0
    QTest.keyClick(window, Qt.Key.Key_Right, SHIFT)
    assert settle(window, qtbot).step == 1
    QTest.keyClick(window, Qt.Key.Key_Space)
    wait(qtbot, lambda: window.session.running)
    QTest.keyClick(window, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert not window.session.running
    QTest.keyClick(window, Qt.Key.Key_R, CTRL)
    assert settle(window, qtbot).step == 0


def test_space_presses_a_button_reached_by_tab(window, qtbot):
    button = window.panels["transport"].buttons["operation"]
    assert isinstance(button, QAbstractButton)
    button.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(button, Qt.Key.Key_Space)
    frame = settle(window, qtbot)
    assert frame.cursor == 1
    assert not frame.running


def test_arrows_move_a_slider_reached_by_tab(window, qtbot):
    slider = window.panels["transport"].speed.slider
    before = slider.value()
    slider.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(slider, Qt.Key.Key_Left)
    assert slider.value() == before - 1
    assert settle(window, qtbot).cursor == 0


def test_a_mouse_click_leaves_the_keyboard_where_it_was(window, qtbot):
    window.canvas.setFocus()
    button = window.panels["transport"].buttons["operation"]
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)
    settle(window, qtbot)
    assert not button.hasFocus()


def test_a_click_on_run_works_while_a_choice_has_the_focus(window, qtbot):
    window.panels["settings"].row("dtype").field.setFocus()
    qtbot.mouseClick(window.panels["transport"].buttons["run"], Qt.MouseButton.LeftButton)
    wait(qtbot, lambda: window.session.running)
    window.session.toggle_running()
    settle(window, qtbot)


def test_text_fields_keep_their_keys(window, qtbot):
    window.actions_by_id["find"].trigger()
    field = window.find_bar.field
    assert isinstance(field, QLineEdit)
    assert field.hasFocus()
    QTest.keyClicks(field, "f ")
    QTest.keyClick(field, Qt.Key.Key_Left)
    frame = settle(window, qtbot)
    assert field.text() == "f "
    assert frame.cursor == 0
    assert not frame.running


def test_run_becomes_pause_and_back(window, qtbot):
    run = window.actions_by_id["run"]
    assert "Run" in run.text().replace("&", "")
    run.trigger()
    wait(qtbot, lambda: "Pause" in run.text().replace("&", ""))
    run.trigger()
    wait(qtbot, lambda: "Run" in run.text().replace("&", ""))
    settle(window, qtbot)


def test_escape_leaves_the_search_then_the_selection(window, qtbot):
    window.session.select(node=0)
    window.actions_by_id["find"].trigger()
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.find_bar.isVisible()
    assert window.session.selected_node == 0
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert window.session.selected_node is None
    settle(window, qtbot)


def test_view_actions_reach_the_canvas(window, qtbot):
    view = window.canvas.view
    window.actions_by_id["zoom-reset"].trigger()
    natural = view.transform().m11()
    window.actions_by_id["zoom-in"].trigger()
    assert view.transform().m11() > natural
    window.actions_by_id["zoom-out"].trigger()
    window.actions_by_id["zoom-out"].trigger()
    assert view.transform().m11() < natural
    window.actions_by_id["fit"].trigger()
    window.actions_by_id["close-groups"].trigger()
    assert window.canvas.opened == frozenset()
    window.actions_by_id["open-groups"].trigger()
    assert window.canvas.opened


def test_without_a_system_actions_are_greyed_out(qtbot, tmp_path):
    window = shown_window(tmp_path)
    try:
        for spec in specs():
            if spec.needs_system:
                assert not window.actions_by_id[spec.id].isEnabled(), spec.id
    finally:
        dismiss(window)
