"""Jumps to what is wrong, by real keys, and from the diagnosis."""

import math

import pytest
from PySide6.QtCore import QPoint, Qt

from engine.messages.commands import Operate
from engine.observe.trouble import EXPLODING, VANISHING
from gui.canvas.control.jump_to_trouble import following
from tests.gui.rig import laid_out, open_system, settle, wait

SHIFT = Qt.KeyboardModifier.ShiftModifier
DEEP = {
    "layers__0__repeat": 30,
    "layers__0__activation": "sigmoid",
    "layers__0__initializer": "xavier_uniform",
}


def start(qtbot, window, name, steps=1, **changes):
    open_system(window, qtbot, name, **changes)
    for _ in range(steps):
        qtbot.keyClick(window.canvas.view, Qt.Key.Key_Right, SHIFT)
        settle(window, qtbot)
    window.canvas.view.setFocus()


def whole_pass(qtbot, window):
    """Do all operations of the pass but the update."""
    window.session.send(Operate(len(window.session.topology.operations) - 1))
    settle(window, qtbot)


def press(qtbot, window, key, modifiers=Qt.KeyboardModifier.NoModifier):
    qtbot.keyClick(window.canvas.view, key, modifiers)
    return window.status.words.text()


def selected(window):
    node = window.session.selected_node
    return None if node is None else window.session.topology.nodes[node].name


def in_sight(window):
    canvas = window.canvas
    item = canvas.scene.item_for_node(window.session.selected_node)
    return canvas.view.visible_rect().contains(item.sceneBoundingRect().center())


def test_v_walks_through_the_layers_whose_gradient_vanishes(qtbot, window):
    start(qtbot, window, "deep-mlp", **DEEP)
    frame = window.session.frame
    norms = frame.layer_gradient_norm
    expected = [
        layer.name
        for layer, norm in zip(window.session.topology.layers, norms, strict=True)
        if norm < VANISHING * norms[-1]
    ]
    assert len(expected) > 10
    words = press(qtbot, window, Qt.Key.Key_V)
    assert selected(window) == f"{expected[0]}.weight"
    assert words.startswith("vanishing: ‖∂L/∂W⁽¹⁾‖ = ")
    assert f"(1 of {len(expected)})" in words
    assert "of the last layer's" in words
    assert in_sight(window)
    assert (expected[0],) in window.canvas.opened
    press(qtbot, window, Qt.Key.Key_V)
    assert selected(window) == f"{expected[1]}.weight"
    press(qtbot, window, Qt.Key.Key_V, SHIFT)
    press(qtbot, window, Qt.Key.Key_V, SHIFT)
    assert selected(window) == f"{expected[-1]}.weight", "around the end"
    laid_out(window, qtbot)
    assert in_sight(window)


def test_what_vanishes_is_said_in_numbers(qtbot, window):
    start(qtbot, window, "deep-mlp", **DEEP)
    words = press(qtbot, window, Qt.Key.Key_V)
    node, frame = window.session.selected_node, window.session.frame
    ratio = float(frame.gradient_norm[node] / frame.layer_gradient_norm[-1])
    power = f"{ratio:.0e}".split("e")[1].lstrip("-0")
    assert f"10⁻{power.translate(str.maketrans('0123456789', '⁰¹²³⁴⁵⁶⁷⁸⁹'))} of" in words


@pytest.mark.parametrize(
    ("key", "words"),
    [
        (Qt.Key.Key_V, "No gradient vanishes at step 1."),
        (Qt.Key.Key_E, "No gradient explodes at step 1."),
        (Qt.Key.Key_D, "No ReLU is dead at step 1."),
        (Qt.Key.Key_N, "Everything computed at step 1 is finite."),
    ],
)
def test_where_nothing_is_wrong_it_is_said(qtbot, window, key, words):
    start(qtbot, window, "d2l-mlp")
    assert press(qtbot, window, key) == words
    assert selected(window) is None


def test_in_the_middle_of_a_pass_nobody_can_tell(qtbot, window):
    start(qtbot, window, "d2l-mlp", steps=0)
    qtbot.keyClick(window.canvas.view, Qt.Key.Key_Right)
    settle(window, qtbot)
    assert "not finished" in press(qtbot, window, Qt.Key.Key_V)


def test_e_finds_what_explodes(qtbot, window):
    start(
        qtbot, window, "deep-mlp", steps=0, layers__0__repeat=30, layers__0__activation="relu",
        layers__0__initializer={"type": "normal", "std": 1.0},
    )  # fmt: skip
    whole_pass(qtbot, window)
    frame, layer = window.session.frame, window.session.topology.layers[0]
    weights = math.hypot(*(frame.value_norm[k] for k in layer.parameters))
    assert frame.layer_gradient_norm[0] > EXPLODING * weights
    words = press(qtbot, window, Qt.Key.Key_E)
    assert words.startswith("exploding: ‖∂L/∂W⁽¹⁾‖ = ")
    assert "times the norm of its layer's weights" in words
    assert selected(window) == "hidden1.weight"


def test_d_finds_a_dead_relu_with_its_count(qtbot, window):
    start(qtbot, window, "single-neuron", steps=0, dtype="float32")
    whole_pass(qtbot, window)
    words = press(qtbot, window, Qt.Key.Key_D)
    assert words.startswith("dead: 1 of 1 units of ")
    assert window.session.topology.nodes[window.session.selected_node].op == "relu"


def test_n_finds_nan_and_infinity(qtbot, window):
    start(
        qtbot, window, "deep-mlp", steps=3, optimizer__learning_rate=1e30,
        layers__0__repeat=4,
    )  # fmt: skip
    words = press(qtbot, window, Qt.Key.Key_N)
    assert words.startswith("non-finite: ")
    assert "holds NaN" in words or "holds ∞" in words
    first = window.session.selected_node
    press(qtbot, window, Qt.Key.Key_N)
    assert window.session.selected_node > first


def test_a_finding_in_the_diagnosis_takes_one_there(qtbot, window):
    start(qtbot, window, "deep-mlp", **DEEP)
    dock, panel = window.docks["diagnosis"], window.panels["diagnosis"]
    dock.raise_()
    wait(qtbot, lambda: len(panel.cards) == 1)
    card = panel.cards[0]
    wait(qtbot, lambda: card.height() > 40)
    qtbot.mouseClick(card, Qt.MouseButton.LeftButton, pos=QPoint(12, card.height() - 9))
    assert selected(window) == "hidden1.weight"
    assert ("hidden1",) in window.canvas.opened
    assert in_sight(window)


def test_next_and_previous_go_around():
    nodes = [3, 5, 9]
    assert [following(nodes, here) for here in (None, 0, 3, 4, 9)] == [3, 3, 5, 5, 3]
    back = [following(nodes, here, back=True) for here in (None, 0, 3, 4, 9)]
    assert back == [9, 9, 9, 3, 5]
