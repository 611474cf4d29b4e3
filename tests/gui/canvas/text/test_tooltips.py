"""What hovering says: an edge's upstream × local = contribution, a node's ledger in one line."""

import dataclasses
import math

import numpy as np
import pytest
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt
from PySide6.QtGui import QHelpEvent
from PySide6.QtWidgets import QApplication, QToolTip

from engine.support.figures import figure
from gui.canvas.graph.shares import edge_shares
from gui.canvas.graph.visible import group_paths, summarise
from gui.canvas.text.tooltips import flow_line, ledger_line, node_words, share_at_source
from tests.gui.fakes import fake_frame, fake_topology, frozen
from tests.gui.rig import laid_out, open_system, settle, wait

SHIFT = Qt.KeyboardModifier.ShiftModifier


@pytest.fixture
def window(window):
    yield window
    QToolTip.hideText()


def whole_pass(qtbot, window, name, **changes):
    open_system(window, qtbot, name, **changes)
    laid_out(window, qtbot)
    while window.session.frame.cursor < len(window.session.topology.operations) - 1:
        qtbot.keyClick(window.canvas.view, Qt.Key.Key_Right)
        settle(window, qtbot)


def number(topology, name):
    return next(node.index for node in topology.nodes if name in (node.name, node.symbol))


def edge_between(topology, source, target):
    ends = number(topology, source), number(topology, target)
    return next(e for e in topology.edges if (e.source, e.target) == ends)


def hover(window, scene_point):
    """Let the tooltip appear there, as it does when the pointer rests."""
    view = window.canvas.view
    place = view.on_screen(scene_point).toPoint()
    event = QHelpEvent(QEvent.Type.ToolTip, place, view.viewport().mapToGlobal(place))
    QApplication.sendEvent(view.viewport(), event)
    return QToolTip.text()


def test_the_numbers_of_cs231n_on_its_edges(qtbot, window):
    """(x + y) z at x = −2, y = 5, z = −4: ∂f/∂q = z = −4, ∂f/∂z = q = 3, ∂f/∂x = −4."""
    whole_pass(qtbot, window, "cs231n-add-mul")
    topology, frame = window.session.topology, window.session.frame
    lines = {
        (a, b): flow_line(topology, edge_between(topology, a, b), frame)
        for a, b in (("x", "q"), ("q", "f"), ("z", "f"))
    }
    assert lines["x", "q"] == "upstream −4 × local 1 = contribution −4"
    assert lines["q", "f"] == "upstream 1 × local (−4) = contribution −4"
    assert lines["z", "f"] == "upstream 1 × local 3 = contribution 3"
    ledger = [ledger_line(topology, topology.nodes[number(topology, n)], frame) for n in "qxf"]
    assert ledger == ["∂f/∂q = −4 (f)", "∂f/∂x = −4 (q)", "∂f/∂f = 1"]


def test_contributions_that_meet_in_a_scalar_are_added_before_the_eye(qtbot, window):
    """y = x₀x₁ + x₁²: ∂y/∂x₁ = x₀ + x₁ + x₁, three contributions."""
    whole_pass(qtbot, window, "autodiff-xy")
    topology, frame = window.session.topology, window.session.frame
    node = next(n for n in topology.nodes if len(topology.wiring.leaving(n.index)) > 1)
    line = ledger_line(topology, node, frame)
    flows = [float(frame.scalar_contribution[e]) for e in topology.wiring.leaving(node.index)]
    assert line.endswith(f" = {figure(float(frame.scalar_gradient[node.index]), 4)}")
    assert math.isclose(sum(flows), float(frame.scalar_gradient[node.index]), rel_tol=1e-6)
    assert line.count("(") == len(flows)


def test_an_array_s_edge_tells_norms_and_what_they_were_multiplied_by(qtbot, window):
    whole_pass(qtbot, window, "d2l-mlp")
    topology, frame = window.session.topology, window.session.frame
    edge = edge_between(topology, "h", "o")
    line = flow_line(topology, edge, frame)
    upstream = float(frame.gradient_norm[edge.target])
    flow = float(frame.contribution_norm[edge.index])
    assert f"‖∂J/∂o‖ = {figure(upstream, 4)}" in line
    assert f"contribution, norm {figure(flow, 4)}" in line
    assert f"(× {figure(flow / upstream, 3)})" in line


def test_a_weight_s_ledger_names_loss_and_regulariser(qtbot, window):
    whole_pass(qtbot, window, "d2l-mlp")
    topology, frame = window.session.topology, window.session.frame
    weight = topology.nodes[number(topology, "W⁽¹⁾")]
    line = ledger_line(topology, weight, frame)
    edges = topology.wiring.leaving(weight.index)
    norms = [float(frame.contribution_norm[e]) for e in edges]
    assert line.startswith("∂J/∂W⁽¹⁾ = Σ 2 contributions: ")
    for norm in norms:
        share = norm / sum(norms)
        text = "< 1 %" if share < 0.01 else "> 99 %" if share > 0.99 else f"{100 * share:.0f} %"
        assert text in line


def test_many_contributions_are_summed_up():
    topology = fake_topology("d2l-mlp")
    frame = fake_frame(topology)
    x = topology.nodes[number(topology, "x")]
    many = [dataclasses.replace(topology.edges[0], index=k, source=x.index) for k in range(7)]
    wide = dataclasses.replace(topology, edges=tuple(many))
    flows = frozen(np.array([40.0, 30, 20, 4, 3, 2, 1]))
    ready = frozen(np.ones(7, bool))
    line = ledger_line(
        wide, x, dataclasses.replace(frame, contribution_norm=flows, contribution_ready=ready)
    )
    assert "Σ 7 contributions: " in line
    assert line.endswith("40 %, z 30 %, z 20 %, 4 others 10 %")


def test_before_it_is_computed_nothing_is_claimed():
    topology = fake_topology("d2l-mlp")
    frame = fake_frame(topology, cursor=3)
    edge = edge_between(topology, "h", "o")
    assert "not computed yet" in flow_line(topology, edge, frame)
    assert "not computed yet" in ledger_line(topology, topology.nodes[edge.source], frame)


@pytest.mark.parametrize("opened", [True, False])
def test_the_share_of_one_edge_is_the_one_drawn(opened):
    topology = fake_topology("d2l-mlp")
    paths = frozenset(group_paths(topology)) if opened else frozenset()
    visible, frame = summarise(topology, paths), fake_frame(topology)
    drawn = edge_shares(visible, frame)
    for seen in visible.edges:
        mine = share_at_source(topology, seen.edges, frame)
        assert mine == pytest.approx(float(drawn[seen.index]), nan_ok=True)


def test_the_tooltip_says_it_and_follows_the_steps(qtbot, window):
    whole_pass(qtbot, window, "d2l-mlp")
    qtbot.keyClick(window.canvas.view, Qt.Key.Key_Right, SHIFT)
    settle(window, qtbot)
    scene, topology = window.canvas.scene, window.session.topology
    item = scene.item_for_node(number(topology, "W⁽¹⁾"))
    text = hover(window, item.pos() + QPointF(8, 0))
    for part in ("‖W⁽¹⁾‖ = ", "‖∂J/∂W⁽¹⁾‖ = ", "update ratio of its layer ", "Σ 2 contributions"):
        assert part in text, part
    assert "at step 1" in text
    edge = scene.item_for_edge(edge_between(topology, "h", "o").index)
    text = hover(window, edge.path().pointAtPercent(0.5))
    assert "local derivative ∂o/∂h = W⁽²⁾ᵀ" in text
    assert "upstream ‖∂J/∂o‖ = " in text
    qtbot.keyClick(window.canvas.view, Qt.Key.Key_Right, SHIFT)
    settle(window, qtbot)
    wait(qtbot, lambda: "at step 2" in QToolTip.text())
    norm = float(window.session.frame.contribution_norm[edge.seen.edges[0]])
    assert figure(norm, 4) in QToolTip.text()


def test_a_tooltip_of_another_widget_is_left_alone(qtbot, window):
    whole_pass(qtbot, window, "d2l-mlp")
    item = window.canvas.scene.item_for_node(number(window.session.topology, "h"))
    assert hover(window, item.pos() + QPointF(8, 0))
    QToolTip.showText(window.mapToGlobal(QPoint(30, 30)), "something else", window)
    qtbot.keyClick(window.canvas.view, Qt.Key.Key_Right, SHIFT)
    settle(window, qtbot)
    assert QToolTip.text() == "something else"


def test_a_scalar_is_told_with_its_sign(qtbot, window):
    """CS231n: f = (x + y) z at x = −2, y = 5, z = −4 is −12, and ∂f/∂q is z."""
    whole_pass(qtbot, window, "cs231n-add-mul")
    visible, frame = window.canvas.scene.visible, window.session.frame
    for name, value, gradient in (("q", "3", "−4"), ("f", "−12", "1")):
        seen = visible.nodes[visible.shown_as[number(visible.topology, name)]]
        lines = node_words(visible, seen, frame).splitlines()
        assert f"value: {value}" in lines
        assert f"gradient: {gradient}" in lines
