"""Pictures in the real window with the real engine: keys, training, the next start."""

from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from engine.messages.commands import Train
from gui.panels.inspector.inspector import PICTURES
from tests.gui.picture_help import point_at
from tests.gui.rig import dismiss, open_system, settle, shown_window, wait

pytestmark = pytest.mark.window(size=(1440, 900))


def look_at(window: Any, qtbot: Any, name: str) -> Any:
    """Select a node and wait for its pictures; return the page."""
    names = [node.name for node in window.session.topology.nodes]
    window.session.select(node=names.index(name))
    panel = window.panels["inspector"]
    wait(qtbot, lambda: panel.detail is not None)
    panel.redraw_limit.draw_now()
    panel.tabs.setCurrentIndex(PICTURES)
    settle(window, qtbot)
    return panel.picture_page


def test_keys_read_entries_once_the_picture_was_reached_by_tab(window: Any, qtbot: Any) -> None:
    open_system(window, qtbot, "lenet-digits")
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    view = look_at(window, qtbot, "conv1.weight").view
    before = window.session.frame.cursor
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=point_at(view, (0, 2, 1, 1)))
    assert not view.hasFocus()
    view.setFocus(Qt.FocusReason.TabFocusReason)
    wait(qtbot, view.hasFocus)
    view.set_cell((0, 0, 0, 0))
    QTest.keyClick(view, Qt.Key.Key_Right)
    assert settle(window, qtbot).cursor == before
    assert view.cell == (0, 0, 0, 1)
    QGuiApplication.clipboard().clear()
    QTest.keyClick(view, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    image = QGuiApplication.clipboard().image()
    assert image.width() == 2 * (view.width() + 16)


@pytest.mark.parametrize("name", ["x", "conv2.weight", "conv1.h", "pool1.h", "pool2.h"])
def test_pictures_follow_training(window: Any, qtbot: Any, name: str) -> None:
    open_system(window, qtbot, "lenet-digits")
    page = look_at(window, qtbot, name)
    assert page.view.board.sheets[-1].tiles is None
    window.session.send(Train(steps=40))
    settle(window, qtbot)
    window.panels["inspector"].redraw_limit.draw_now()
    assert window.panels["inspector"].detail.step == 40
    assert all(sheet.tiles is not None for sheet in page.view.board.sheets)
    assert page.pictures is window.session.frame.detail.pictures


def test_the_next_start_shows_pictures_again(window: Any, qtbot: Any, home: Any) -> None:
    open_system(window, qtbot, "resnet-cnn")
    look_at(window, qtbot, "pool.h")
    window.close()
    again: Any = shown_window(home)
    try:
        open_system(again, qtbot, "resnet-cnn")
        again.session.select(node=0)
        panel = again.panels["inspector"]
        wait(qtbot, lambda: panel.detail is not None)
        panel.redraw_limit.draw_now()
        assert panel.tabs.currentIndex() == PICTURES
    finally:
        dismiss(again)
