"""The gradient graph in the window: the switch, the picture, stepping and the inspector."""

import numpy as np
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from engine.messages.commands import Operate, Train
from tests.gui.rig import open_system, settle, wait

ALT = Qt.KeyboardModifier.AltModifier
KEYS = (Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_3)


def show_order(window, qtbot, order):
    QTest.keyClick(window, KEYS[order], ALT)
    wait(qtbot, lambda: window.session.topology.order == order)
    return settle(window, qtbot)


def node(window, symbol):
    return next(n.index for n in window.session.topology.nodes if n.symbol == symbol)


def test_the_switch_adds_the_gradient_graph_and_says_how_many_nodes(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    settle(window, qtbot)
    for order in (1, 2, 0):
        frame = show_order(window, qtbot, order)
        topology = window.canvas.topology
        assert topology.order == order
        assert len(frame.value_norm) == len(topology.nodes) == topology.counts[order]
        checked = [action.isChecked() for action in window.orders.actions]
        assert checked == [k == order for k in range(3)]
        words = window.status.words.text()
        said = [str(count) in words for count in topology.counts]
        assert said == [k <= order for k in range(len(said))], "only what is shown"


def test_history_step_and_selection_stay(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=3))
    assert settle(window, qtbot).step == 3
    rows = len(window.session.history)
    window.session.select(node=3)
    assert show_order(window, qtbot, 1).step == 3
    assert window.session.selected_node == 3
    assert len(window.session.history) == rows
    window.session.select(node=node(window, "∂J/∂h"))
    show_order(window, qtbot, 0)
    assert window.session.selected_node is None


def test_colours_stay_when_the_gradient_graph_comes(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    scale, tones = window.canvas.scale, window.canvas.scene.tones.nodes.copy()
    show_order(window, qtbot, 1)
    assert window.canvas.scale == scale
    visible = window.canvas.scene.visible
    forward = [k for k, n in enumerate(visible.nodes) if n.members[0] < len(tones)]
    assert np.array_equal(window.canvas.scene.tones.nodes[forward], tones)


def test_the_order_holds_for_the_next_system_as_far_as_it_goes(window, qtbot):
    open_system(window, qtbot, "autodiff-xy")
    show_order(window, qtbot, 2)
    open_system(window, qtbot, "single-neuron")
    wait(qtbot, lambda: window.session.topology.system == "single-neuron")
    assert window.session.topology.order == 2
    open_system(window, qtbot, "adding-lstm")
    wait(qtbot, lambda: window.session.topology.system == "adding-lstm")
    assert window.session.topology.order == 1
    second = window.orders.actions[2]
    assert not second.isEnabled()
    assert "2128" in second.toolTip()


def test_without_a_system_there_is_nothing_to_switch(window):
    assert not any(action.isEnabled() for action in window.orders.actions)


def test_stepping_lights_the_gradient_nodes_of_the_operation(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    show_order(window, qtbot, 1)
    window.canvas.open_all()
    topology = window.session.topology
    h = node(window, "∂J/∂h")
    turn = next(k for k, one in enumerate(topology.operations) if h in one.nodes)
    window.session.send(Operate(turn))
    assert not settle(window, qtbot).gradient_ready[h]
    window.session.send(Operate())
    assert settle(window, qtbot).gradient_ready[h]
    scene = window.canvas.scene
    shown = scene.visible.shown_as
    assert shown[h] in scene.highlight.lit_nodes
    assert shown[node(window, "h")] in scene.highlight.lit_nodes


def test_selecting_a_gradient_marks_its_node_and_the_other_way_round(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    show_order(window, qtbot, 1)
    window.canvas.open_all()
    scene, pair = window.canvas.scene, [node(window, "h"), node(window, "∂J/∂h")]
    for chosen, other in (pair, pair[::-1]):
        window.session.select(node=chosen)
        assert scene.highlight.node == scene.visible.shown_as[chosen]
        assert scene.highlight.partners == {scene.visible.shown_as[other]}
        assert not scene.ties.chosen.path().isEmpty()
    window.session.select()
    assert scene.highlight.partners == frozenset()
    assert scene.ties.chosen.path().isEmpty()


def test_the_inspector_says_whose_gradient_it_is_and_shows_it(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    show_order(window, qtbot, 2)
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    inspector = window.panels["inspector"]
    words = {
        "∂J/∂h": "gradient of <a",
        "∂S/∂W⁽¹⁾": "the Hessian of J times ∂J/∂θ",
        "S": "what is differentiated again",
        "h": "its gradient: <a",
    }
    for symbol, expected in words.items():
        window.session.select(node=node(window, symbol))
        settle(window, qtbot)
        inspector.redraw()
        assert expected in inspector.heading.text()
    window.session.select(node=node(window, "∂J/∂h"))
    settle(window, qtbot)
    held = inspector.detail.value
    assert inspector.detail.ledger  # in second order it has one
    window.session.select(node=node(window, "h"))
    settle(window, qtbot)
    assert np.array_equal(held, inspector.detail.gradient)


def test_a_gradient_without_a_ledger_shows_its_value(window, qtbot):
    open_system(window, qtbot, "d2l-mlp")
    show_order(window, qtbot, 1)
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    tabs = window.panels["inspector"].tabs
    window.session.select(node=node(window, "h"))
    assert tabs.currentIndex() == 0
    window.session.select(node=node(window, "∂J/∂h"))
    assert tabs.currentIndex() == 1
    assert not tabs.isTabVisible(0)
    window.session.select(node=node(window, "h"))
    assert tabs.currentIndex() == 0
