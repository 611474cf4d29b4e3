"""Every text of every dialog is whole, however long, with the buttons on the screen."""

from collections.abc import Callable
from functools import partial

import pytest
from PySide6.QtCore import QRect, QSize
from PySide6.QtWidgets import QApplication, QDialog, QDialogButtonBox, QLabel, QTextEdit, QWidget

from gui.app.crash import CrashDialog
from gui.widgets.dialog import Dialog, WholeText
from gui.window.choices.colour_range import RangeDialog
from gui.window.dialogs import AboutBox, Button, MessageBox, ShortcutSheet, ask, tell_problem
from gui.window.exporting.dialog import ExportDialog
from gui.window.opening.data_dialog import DataDialog
from tests.gui.rig import wait

pytestmark = pytest.mark.window("d2l-mlp", whole_graph=True)

LONG = (
    "/home/somebody/a-folder-with-a-long-name/and-another-one-in-it/networks/my-network.toml, "
    "line 12, layers.0.initializer: expected one of he_normal, he_uniform, xavier_normal, "
    "xavier_uniform, lecun_normal, orthogonal, normal, uniform, zeros, found 'avier_uniform'. "
    "Did you mean 'xavier_uniform'? "
)
UNBROKEN = "/" + "a-folder-without-a-space/" * 12


class SmallScreen:
    """1024 × 768 with a panel: this platform's own screen is 800 × 800."""

    def availableGeometry(self):
        return QRect(0, 0, 1024, 740)


@pytest.fixture(autouse=True)
def small_screen(monkeypatch):
    for kind in (Dialog, WholeText):
        monkeypatch.setattr(kind, "screen", lambda self: SmallScreen())


@pytest.fixture(autouse=True)
def same_font(qapp):
    font = QApplication.font()
    yield
    QApplication.setFont(font)


def message(window, tmp_path):
    tell_problem(window, "")
    return window.findChildren(MessageBox)[-1]


def has_read(dialog):
    return bool(dialog.problem.text())


def crash(window, tmp_path):
    return CrashDialog("Traceback\nError", window)


def data(window, tmp_path):
    path = tmp_path / "flowers.csv"
    rows = [f"{k},{k / 2},{k % 2}" for k in range(30)]
    path.write_text("\n".join(["a,b,c", *rows[:9], "1,oops,0", *rows[9:]]))
    return DataDialog(window, path)


# How each is made, and the name of its text for what went wrong, if it has one.
DIALOGS: dict[str, tuple[Callable[..., QDialog], str]] = {
    "message": (message, "words"),
    "data": (data, "problem"),
    "crash": (crash, "summary"),
    "picture": (lambda window, _: ExportDialog(window), "problem"),
    "animation": (lambda window, _: ExportDialog(window, "animation"), "problem"),
    "plot": (lambda window, _: ExportDialog(window, "plot"), "problem"),
    "range": (lambda window, _: RangeDialog(window.colours, window), "problem"),
    "shortcuts": (lambda window, _: ShortcutSheet(window), ""),
    "about": (lambda window, _: AboutBox(window), ""),
}


@pytest.mark.parametrize("name", DIALOGS)
def test_a_long_text_is_whole_and_the_buttons_are_on_the_screen(window, qtbot, tmp_path, name):
    make, problem_name = DIALOGS[name]
    for size in (QApplication.font().pointSize(), 15):
        font = QApplication.font()
        font.setPointSize(size)
        QApplication.setFont(font)
        for text in (LONG * 2, UNBROKEN):
            dialog = make(window, tmp_path)
            dialog.open()
            if isinstance(dialog, DataDialog):
                wait(qtbot, partial(has_read, dialog))
            problem = getattr(dialog, problem_name) if problem_name else None
            if problem is not None:
                problem.setText(text)
            qtbot.wait(50)  # what was asked for is laid out in several turns
            assert problem is None or problem.text() == text
            assert cut(dialog) == [], size
            screen = dialog.screen().availableGeometry()
            assert screen.contains(dialog.frameGeometry()), size
            buttons = dialog.findChildren(QDialogButtonBox)[0]
            assert dialog.rect().contains(buttons.geometry())
            for button in buttons.buttons():
                assert button.width() >= button.minimumSizeHint().width()
            dialog.close()


def cut(dialog):
    """The texts of a dialog that are not whole."""
    found = []
    for label in dialog.findChildren(QLabel):
        if not label.isVisible() or not label.text():
            continue
        needs = label.heightForWidth(label.width()) if label.wordWrap() else 0
        needed = QSize(0, needs) if label.wordWrap() else label.minimumSizeHint()
        if label.height() < needed.height() or label.width() < needed.width():
            found.append((label.text(), label.size(), needed))
    found += [
        (words.text(), words.viewport().size(), words.document().size())
        for words in dialog.findChildren(WholeText)
        if words.text() and words.viewport().height() < words.document().size().height()
    ]
    assert not [edit for edit in dialog.findChildren(QTextEdit) if not edit.isReadOnly()]
    return found


def test_what_no_screen_has_room_for_scrolls_above_the_buttons(qtbot, window, tmp_path):
    tell_problem(window, LONG * 100)
    box = window.findChildren(MessageBox)[-1]
    qtbot.wait(50)
    assert box.screen().availableGeometry().contains(box.frameGeometry())
    assert box.rect().contains(box.buttons.geometry())
    assert box.words.verticalScrollBar().maximum() > 0
    assert box.words.height() > box.height() // 2
    box.close()


@pytest.mark.parametrize("chosen", [Button.Save, Button.Discard, Button.Cancel, None])
def test_a_question_gives_the_button_that_was_pressed(qtbot, monkeypatch, chosen):
    def press(box):
        if chosen is None:
            box.reject()  # Esc
        else:
            box.buttons.button(chosen).click()
        return box.result()

    monkeypatch.setattr(MessageBox, "exec", press)
    answer = ask(QWidget(), "Title", "Text", Button.Save | Button.Discard | Button.Cancel)
    assert answer == (chosen or Button.Cancel)
