"""Long work in the window: Esc and the Cancel button give it up, and all is as it was."""

import time

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.messages.commands import Rewind, Train
from engine.observe import gradient_topology
from engine.observe.observer import Observer
from engine.support.cancellation import checkpoint
from tests.gui.rig import laid_out, open_system, settle, system_of, wait


def linger(*_):
    """Work for ten seconds, in pieces."""
    for done in range(1_000):
        time.sleep(0.01)
        checkpoint(done, 1_000)


@pytest.fixture(autouse=True)
def slow(monkeypatch):
    class Slow(Observer):
        def __init__(self, system, generation=1):
            if system.name == "gru":
                linger()
            super().__init__(system, generation)

        def rewind(self, step):
            linger()
            super().rewind(step)

    monkeypatch.setattr("engine.observe.observer.Observer", Slow)


def press_escape(window, qtbot):
    QTest.keyClick(window, Qt.Key.Key_Escape)


def press_cancel(window, qtbot):
    button = window.panels["transport"].cancel
    wait(qtbot, button.isVisible)
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


BOTH = pytest.mark.parametrize("give_up", [press_escape, press_cancel])


@BOTH
def test_opening(window, qtbot, give_up):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=3))
    assert settle(window, qtbot).step == 3
    window.session.open(system_of("gru"))
    wait(qtbot, lambda: bool(window.session.busy))
    began = time.monotonic()
    give_up(window, qtbot)
    wait(qtbot, lambda: not window.session.busy)
    assert time.monotonic() - began < 5.0
    frame = settle(window, qtbot)
    assert (window.session.topology.system, frame.step) == ("d2l-mlp", 3)
    assert "Cancelled" in window.status.words.text()
    assert not window.panels["transport"].cancel.isVisible()


@BOTH
def test_going_back(window, qtbot, give_up):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=5))
    assert settle(window, qtbot).step == 5
    window.session.send(Rewind(2))
    wait(qtbot, lambda: bool(window.session.busy))
    give_up(window, qtbot)
    wait(qtbot, lambda: not window.session.busy)
    assert settle(window, qtbot).step == 5


@BOTH
def test_adding_the_gradient_graph(window, qtbot, give_up, monkeypatch):
    open_system(window, qtbot, "d2l-mlp")
    plain = gradient_topology.with_gradients

    def slow(topology, compiled, order):
        linger()
        return plain(topology, compiled, order)

    monkeypatch.setattr(gradient_topology, "with_gradients", slow)
    QTest.keyClick(window, Qt.Key.Key_2, Qt.KeyboardModifier.AltModifier)
    wait(qtbot, lambda: bool(window.session.busy))
    give_up(window, qtbot)
    wait(qtbot, lambda: not window.session.busy)
    settle(window, qtbot)
    assert window.session.topology.order == 0
    assert [action.isChecked() for action in window.orders.actions] == [True, False, False]
    monkeypatch.undo()
    open_system(window, qtbot, "autodiff-xy")
    assert window.session.topology.order == 0, "what was given up is not wanted later"


def test_escape_leaves_a_selection_only_where_nothing_goes_on(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    laid_out(window, qtbot)
    window.session.select(node=2)
    window.session.open(system_of("gru"))
    wait(qtbot, lambda: bool(window.session.busy))
    press_escape(window, qtbot)
    wait(qtbot, lambda: not window.session.busy)
    assert window.session.selected_node == 2
    press_escape(window, qtbot)
    assert window.session.selected_node is None


def test_keys_while_the_gradient_graph_is_laid_out_do_no_harm(window, qtbot):
    open_system(window, qtbot, "lstm")
    canvas = window.canvas
    canvas.open_all()
    laid_out(window, qtbot)
    topology = window.session.topology
    node = next(n.index for n in topology.nodes if n.kind == "operation")
    window.session.select(node=node)
    alt, control = Qt.KeyboardModifier.AltModifier, Qt.KeyboardModifier.ControlModifier
    shift = Qt.KeyboardModifier.ShiftModifier
    QTest.keyClick(window, Qt.Key.Key_2, alt)
    wait(qtbot, lambda: window.session.topology is not topology)
    for key, held in (
        (Qt.Key.Key_Right, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_J, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_L, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_U, control),
        (Qt.Key.Key_D, control),
        (Qt.Key.Key_P, control | shift),
    ):
        QTest.keyClick(canvas.view, key, held)
    laid_out(window, qtbot)
    assert window.session.topology.order == 1
    assert canvas.scene.visible.topology is window.session.topology
