"""Keys: none has two meanings at once, wherever the focus is; Ctrl+C copies what has it."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QAction, QGuiApplication, QImage, QKeySequence, QShortcut, QShortcutEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QLabel,
    QTabBar,
    QWidget,
)

from gui.panels.inspector.array_text import as_text
from tests.gui.rig import settle, wait

CTRL = Qt.KeyboardModifier.ControlModifier

pytestmark = pytest.mark.window("d2l-mlp")


class Eavesdropper(QObject):
    """Hears which keys Qt finds a meaning for, and keeps the keys from doing anything."""

    def __init__(self) -> None:
        super().__init__()
        self.heard: list[str] = []
        self.ambiguous: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if isinstance(event, QShortcutEvent):
            words = event.key().toString()
            (self.ambiguous if event.isAmbiguous() else self.heard).append(words)
            return True
        return event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)


@contextmanager
def eavesdropping() -> Iterator[Eavesdropper]:
    application = QApplication.instance()
    assert application is not None
    ears = Eavesdropper()
    application.installEventFilter(ears)
    try:
        yield ears
    finally:
        application.removeEventFilter(ears)


def keys_of(window: Any) -> list[QKeySequence]:
    """Every key with a meaning somewhere in the window: of actions, and letters after Alt."""
    found = {QKeySequence(key).toString() for action in window.findChildren(QAction)
             for key in action.shortcuts()}  # fmt: skip
    found |= {s.key().toString() for s in window.findChildren(QShortcut)}
    texts = [a.text() for a in window.menuBar().actions()]
    texts += [w.text() for w in window.findChildren(QAbstractButton)]
    texts += [w.text() for w in window.findChildren(QLabel)]
    texts += [b.tabText(k) for b in window.findChildren(QTabBar) for k in range(b.count())]
    found |= {QKeySequence.mnemonic(text).toString() for text in texts}
    return [QKeySequence(key) for key in sorted(found - {""})]


def focusable(window: QWidget) -> list[QWidget]:
    """Every widget that can have the focus, those behind a tab included."""
    return [
        w
        for w in window.findChildren(QWidget)
        if w.focusPolicy() != Qt.FocusPolicy.NoFocus and w.isEnabled() and not w.focusProxy()
    ]


def test_no_key_has_two_meanings_wherever_the_focus_is(window, qtbot):
    settle(window, qtbot)
    keys = [key[0] for key in keys_of(window)]  # type: ignore[index]
    assert len(keys) > 50
    docks = window.docks.values()
    tried = 0
    with eavesdropping() as ears:
        for dock in [None, *docks]:  # each of those that share their place comes to the front
            if dock is not None:
                dock.raise_()
                QApplication.processEvents()
            for widget in focusable(dock or window):
                widget.setFocus(Qt.FocusReason.TabFocusReason)
                if QApplication.focusWidget() is not widget:
                    continue
                tried += 1
                for key in keys:
                    QTest.keyClick(widget, key.key(), key.keyboardModifiers())
                    assert not ears.ambiguous, (widget, widget.accessibleName(), ears.ambiguous)
    assert tried > 40
    assert "Ctrl+C" in ears.heard


def test_two_actions_with_one_key_would_be_found(window, qtbot):
    twin = QAction("twin", window)
    twin.setShortcut("Ctrl+C")
    window.addAction(twin)
    with eavesdropping() as ears:
        window.canvas.setFocus()
        QTest.keyClick(window, Qt.Key.Key_C, CTRL)
    assert ears.ambiguous == ["Ctrl+C"]


@pytest.mark.parametrize("which", ["loss", "gradient_norms", "input_scaling"])
def test_a_plot_in_focus_is_what_is_copied(window, qtbot, which):
    QGuiApplication.clipboard().clear()
    window.docks[which].raise_()
    plot = window.panels[which].plot
    plot.setFocus()
    QTest.keyClick(plot, Qt.Key.Key_C, CTRL)
    image = QGuiApplication.clipboard().image()
    assert image.width() > 2 * plot.width()
    assert window.status.words.text() == "Plot copied"


def test_without_such_a_focus_the_graph_is_copied(window, qtbot):
    clipboard = QGuiApplication.clipboard()
    clipboard.setImage(QImage(1, 1, QImage.Format.Format_ARGB32))
    window.canvas.view.setFocus()
    wait(qtbot, lambda: window.canvas.placement is not None)
    QTest.keyClick(window.canvas.view, Qt.Key.Key_C, CTRL)
    wait(qtbot, lambda: clipboard.image().width() > 100)
    assert window.status.words.text() == "Picture copied"


def test_text_fields_copy_their_text(window, qtbot):
    window.actions_by_id["find"].trigger()
    field = window.find_bar.field
    field.setText("sigmoid")
    field.selectAll()
    QTest.keyClick(field, Qt.Key.Key_C, CTRL)
    assert QGuiApplication.clipboard().text() == "sigmoid"
    QGuiApplication.clipboard().clear()
    window.actions_by_id["copy"].trigger()  # from the menu
    assert QGuiApplication.clipboard().text() == "sigmoid"


def test_numbers_in_focus_are_copied(window, qtbot):
    view = window.panels["inspector"].value_page.view
    window.docks["inspector"].raise_()
    window.panels["inspector"].tabs.setCurrentIndex(1)
    array = np.arange(6.0).reshape(2, 3)
    for as_table in (True, False):
        view.show_array(array, as_table)
        shown = view.currentWidget()
        shown.setFocus(Qt.FocusReason.TabFocusReason)
        QGuiApplication.clipboard().clear()
        QTest.keyClick(shown, Qt.Key.Key_C, CTRL)
        assert QGuiApplication.clipboard().text() == as_text(array)
