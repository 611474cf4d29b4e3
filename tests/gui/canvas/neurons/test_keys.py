"""The keys for neurons say what they need where there is nothing for them to act on."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from tests.gui.rig import laid_out, open_system

KEYS = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier


def press(window, qtbot, key):
    window.status.show_text("")
    window.canvas.view.setFocus()
    QTest.keyClick(window.canvas.view, key, KEYS)
    laid_out(window, qtbot)
    return window.status.words.text()


def test_with_nothing_selected_it_says_what_to_select(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    laid_out(window, qtbot)
    words = press(window, qtbot, Qt.Key.Key_N)
    assert words.startswith("Select a layer first")
    assert words.endswith("linear1, linear2")
    assert not window.canvas.groups.neurons.shown
    node = next(n for n in window.session.topology.nodes if n.group == ("linear2",))
    window.session.select(node=node.index)
    assert not press(window, qtbot, Qt.Key.Key_N).startswith("Select")
    assert window.canvas.groups.neurons.shown == {("linear2",)}


def test_of_many_layers_some_are_named(window, qtbot):
    open_system(window, qtbot, "deep-mlp", layers__0__repeat=9)
    laid_out(window, qtbot)
    words = press(window, qtbot, Qt.Key.Key_N)
    assert words.endswith("hidden1, hidden2, hidden3, hidden4, …, output")


def test_where_no_layer_can_it_says_so(window, qtbot):
    open_system(window, qtbot, "cs231n-gates")
    assert "No layer here" in press(window, qtbot, Qt.Key.Key_N)


@pytest.mark.parametrize("key", [Qt.Key.Key_W, Qt.Key.Key_M], ids=["lines", "sample"])
def test_what_acts_on_neurons_asks_for_some(window, qtbot, key):
    open_system(window, qtbot, "d2l-mlp")
    laid_out(window, qtbot)
    assert "Ctrl+Shift+N" in press(window, qtbot, key)
