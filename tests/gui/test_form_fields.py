"""Every kind of field of the settings form, used by mouse and by keyboard."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from gui.forms import FlagField
from tests.gui.rig import dismiss, open_system, settle, shown_window


@pytest.fixture
def window(qtbot, tmp_path):
    found = shown_window(tmp_path)
    yield found
    dismiss(found)


@pytest.fixture
def panel(window):
    return window.panels["settings"]


def click_box(box: FlagField) -> None:
    """Click a checkbox on its square."""
    QTest.mouseClick(box, Qt.MouseButton.LeftButton, pos=QPoint(8, box.height() // 2))


def test_a_checkbox_sets_what_it_shows_by_mouse_and_by_space(window, panel, qtbot):
    open_system(window, qtbot, "d2l-mlp", optimizer__momentum=0.9)
    field = panel.row("optimizer.nesterov").field
    click_box(field)
    settle(window, qtbot)
    assert field.isChecked()
    assert panel.session.system.optimizer.nesterov
    field.setFocus()
    QTest.keyClick(field, Qt.Key.Key_Space)
    settle(window, qtbot)
    assert not field.isChecked()
    assert not panel.session.system.optimizer.nesterov
