"""Combo boxes, number boxes and sliders: the wheel, and the text of a narrow box."""

from typing import Any

from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QFontMetrics, QWheelEvent
from PySide6.QtWidgets import (
    QAbstractSlider,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QScrollBar,
    QStyleOptionComboBox,
    QWidget,
)

from gui.export.formats import kinds
from gui.widgets.inputs import ComboBox
from gui.window.exporting.dialog import ExportDialog
from gui.window.opening.data_dialog import DataDialog
from tests.gui.rig import open_system, wait


def turned_by_wheel(within: QWidget) -> list[QWidget]:
    """All that Qt lets the wheel turn, scroll bars aside."""
    kinds_of = (QComboBox, QAbstractSpinBox, QAbstractSlider)
    found = [w for kind in kinds_of for w in within.findChildren(kind)]
    return [w for w in found if not isinstance(w, QScrollBar)]


def value_of(widget: Any) -> int:
    return widget.currentIndex() if isinstance(widget, QComboBox) else widget.value()


def turn(widget: QWidget, up: bool) -> None:
    middle = QPointF(widget.rect().center())
    delta = QPoint(0, 120 if up else -120)
    none, phase = Qt.MouseButton.NoButton, Qt.ScrollPhase.NoScrollPhase
    keys = Qt.KeyboardModifier.NoModifier
    place = QPointF(widget.mapToGlobal(middle.toPoint()))
    event = QWheelEvent(middle, place, QPoint(), delta, none, keys, phase, False)
    QApplication.sendEvent(widget, event)


def assert_calm(within: QWidget) -> int:
    """Turn the wheel over everything that has no focus; return how many there were."""
    found = turned_by_wheel(within)
    for widget in found:
        widget.setEnabled(True)
        widget.clearFocus()
        before = value_of(widget)
        for up in (True, False, False, True, True):
            turn(widget, up)
            assert value_of(widget) == before, (type(widget).__name__, widget.accessibleName())
        assert not widget.hasFocus(), "the wheel must not take the focus either"
    return len(found)


def test_the_wheel_changes_nothing_without_the_focus(window, qtbot, tmp_path):
    open_system(window, qtbot, "lenet-digits")
    assert assert_calm(window) > 20
    for kind in kinds():
        window.actions_by_id[kind.id].trigger()
        dialog = window.findChild(ExportDialog)
        assert assert_calm(dialog) > 3
        dialog.reject()
        wait(qtbot, lambda: window.findChild(ExportDialog) is None)
    table = tmp_path / "two.csv"
    table.write_text("a,b,kind\n" + "1,2,x\n3,4,y\n" * 10)
    dialog = DataDialog(window, table)
    dialog.open()
    wait(qtbot, dialog.use_button.isEnabled)
    assert assert_calm(dialog) > 0
    dialog.reject()


def test_the_wheel_turns_what_has_the_focus(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    count = window.panels["transport"].count
    count.setFocus()
    before = count.value()
    turn(count, True)
    assert count.value() == before + 1


def test_a_narrow_box_shows_the_beginning_of_its_text(qtbot):
    box = ComboBox()
    qtbot.addWidget(box)
    box.addItems(["xavier_uniform", "he"])
    box.setFixedWidth(80)
    box.show()
    option = QStyleOptionComboBox()
    box.initStyleOption(option)
    assert option.currentText.startswith("xa")
    assert option.currentText.endswith("…")
    box.setFixedWidth(240)
    box.initStyleOption(option)
    assert option.currentText == "xavier_uniform"


def test_an_editable_box_shows_the_beginning_of_its_text(qtbot):
    box = ComboBox()
    qtbot.addWidget(box)
    box.setEditable(True)
    box.addItems(["a", "a_name_that_is_longer_than_the_box"])
    box.setFixedWidth(90)
    box.show()
    for show in (lambda: box.setCurrentIndex(1), lambda: box.setEditText("/home/me/data/x.csv")):
        show()
        line = box.lineEdit()
        assert line is not None
        assert line.cursorPosition() == 0
        first = QFontMetrics(line.font()).horizontalAdvance(box.currentText()[0])
        assert line.cursorPositionAt(QPoint(first // 2 + 4, line.height() // 2)) <= 1
