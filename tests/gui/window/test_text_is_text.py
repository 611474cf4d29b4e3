"""Text is text: nothing that a file says becomes markup, in any label, tooltip or dialog."""

import re

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QMessageBox, QTextEdit, QToolTip

from engine.messages.commands import Train
from engine.system.system import parse_text
from gui.app.crash import CrashDialog
from gui.window.dialogs import Button, MessageBox, ShortcutSheet, question, tell_problem
from gui.window.opening.catalogue_window import CatalogueWindow
from tests.gui.rig import settle, wait

HOSTILE = '<img src="/dev/zero"><b>bold</b> & [*]'
BAD_TAG = re.compile(r"<\s*(img|object|table)", re.IGNORECASE)
SYSTEM = f"""
name = 'n{HOSTILE}'
title = 't{HOSTILE}'
description = 'd{HOSTILE}'
source = 's{HOSTILE}'
[data]
source = "digits"
[[layers]]
type = "block"
name = '{HOSTILE.replace("/", "")}'
[[layers.layers]]
type = "linear"
units = 4
activation = "tanh"
name = '1{HOSTILE.replace("/", "")}'
[[layers]]
type = "linear"
name = '2{HOSTILE.replace("/", "")}'
"""


def wrong_labels():
    """The labels that guess, and rich ones whose text holds a tag of a file's."""
    wrong = []
    for widget in QApplication.allWidgets():
        if isinstance(widget, QLabel):
            guesses = widget.textFormat() == Qt.TextFormat.AutoText and widget.text()
            rich = widget.textFormat() == Qt.TextFormat.RichText
            ours = widget.textFormat() == Qt.TextFormat.PlainText and "<span" in widget.text()
            if (guesses and widget.isVisible()) or (rich and BAD_TAG.search(widget.text())) or ours:
                wrong.append((widget.objectName() or type(widget).__name__, widget.text()))
    return wrong


def test_a_whole_window_shows_hostile_names_as_they_are(window, qtbot):
    window.session.open(parse_text(SYSTEM))
    wait(qtbot, lambda: window.session.topology is not None)
    window.session.send(Train(steps=3))
    settle(window, qtbot)
    for dock in window.docks.values():
        dock.show()
        dock.raise_()
        qtbot.wait(20)
        assert not wrong_labels()
    for node in range(len(window.session.topology.nodes)):
        window.session.select(node=node)
        settle(window, qtbot)
        assert not wrong_labels()
    for edge in range(0, len(window.session.topology.edges), 3):
        window.session.select(edge=edge)
        settle(window, qtbot)
        assert not wrong_labels()
    window.canvas.close_all()
    settle(window, qtbot)
    assert HOSTILE.replace("[*]", "[*][*]") in window.windowTitle()
    assert not wrong_labels()


@pytest.mark.parametrize(
    "make",
    [
        lambda parent: question(parent, HOSTILE, HOSTILE, Button.Ok),
        lambda parent: CrashDialog(HOSTILE, parent),
        lambda parent: ShortcutSheet(parent),
        lambda parent: CatalogueWindow(parent),
    ],
    ids=["question", "crash", "shortcuts", "catalogue"],
)
def test_dialogs_show_a_hostile_text_as_it_is(window, qtbot, make):
    dialog = make(window)
    dialog.show()
    qtbot.wait(20)
    assert not wrong_labels()
    for text in dialog.findChildren(QTextEdit):
        assert "<b>bold" in text.toPlainText() or not text.toPlainText().count("bold")
    dialog.close()
    dialog.deleteLater()


def test_a_label_a_tooltip_and_a_message_box_that_nobody_thought_of_are_plain(window, qtbot):
    """One rule of the style sheet holds for every label there is or will be."""
    label = QLabel(HOSTILE, window)
    label.show()
    box = QMessageBox(window)
    box.setText(HOSTILE)
    box.setInformativeText(HOSTILE)
    box.show()
    qtbot.wait(20)
    QToolTip.showText(window.pos(), HOSTILE, window)
    tips = [w for w in QApplication.allWidgets() if w.metaObject().className() == "QTipLabel"]
    assert len(tips) == 1
    for one in (label, *tips, *box.findChildren(QLabel)):
        assert isinstance(one, QLabel)
        assert one.textFormat() == Qt.TextFormat.PlainText
    QToolTip.hideText()
    tips[0].close()
    box.close()
    box.deleteLater()


def test_a_problem_is_told_as_it_is(window, qtbot):
    tell_problem(window, HOSTILE)
    (box,) = window.findChildren(MessageBox)
    assert box.words.text() == HOSTILE
    box.close()
