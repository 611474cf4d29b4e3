"""Upstream, downstream and the paths between two nodes, under a real mouse and keyboard."""

import networkx as nx
import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QContextMenuEvent
from PySide6.QtWidgets import QApplication, QMenu

from gui.canvas.scene.node_item import DIM
from tests.gui.raster_pair import Pair
from tests.gui.rig import laid_out, open_system, settle

pytestmark = pytest.mark.window("d2l-mlp", whole_graph=True)
LEFT, CTRL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier


@pytest.fixture
def window(window):
    window.canvas.view.setFocus()
    return window


def item_of(window, name):
    topology = window.session.topology
    index = next(node.index for node in topology.nodes if node.name == name)
    return window.canvas.scene.item_for_node(index)


def click(qtbot, window, name, modifiers=Qt.KeyboardModifier.NoModifier):
    view, item = window.canvas.view, item_of(window, name)
    # A little aside: the middle of a box may lie under a line's end.
    place = view.on_screen(item.pos() + QPointF(8, 0)).toPoint()
    qtbot.mouseClick(view.viewport(), LEFT, modifiers, place)


def kept(window):
    """The names of the nodes that are not dimmed, as the items have it."""
    scene = window.canvas.scene
    names = [node.name for node in window.session.topology.nodes]
    return {names[item.seen.node] for item in scene.nodes if item.opacity() == 1.0}


def networkx_of(topology):
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.add_nodes_from(node.name for node in topology.nodes)
    for edge in topology.edges:
        ends = topology.nodes[edge.source].name, topology.nodes[edge.target].name
        graph.add_edge(*ends, key=edge.index)
    return graph


@pytest.mark.parametrize(
    ("key", "way", "word"),
    [
        (Qt.Key.Key_U, nx.ancestors, "Upstream of h"),
        (Qt.Key.Key_D, nx.descendants, "Downstream of h"),
    ],
)
def test_a_key_brings_out_one_side_of_a_node_and_escape_everything(qtbot, window, key, way, word):
    graph = networkx_of(window.session.topology)
    expected = way(graph, "h") | {"h"}
    everything = kept(window)
    click(qtbot, window, "h")
    qtbot.keyClick(window.canvas.view, key, CTRL)
    selecting = window.canvas.selecting
    assert kept(window) == expected
    edges = graph.subgraph(expected).number_of_edges()
    badge = selecting.badge
    assert badge.isVisible()
    assert badge.text() == f"{word}: {len(expected) - 1} nodes, {edges} edges — Esc to leave"
    assert window.canvas.view.rect().contains(badge.geometry())
    dim = [edge.seen.edges[0] for edge in window.canvas.scene.edges if edge.opacity() == DIM]
    assert len(window.session.topology.edges) - len(dim) == edges
    qtbot.keyClick(window.canvas.view, Qt.Key.Key_Escape)
    assert kept(window) == everything
    assert not badge.isVisible()
    assert window.session.selected_node is not None, "Esc undims first"
    qtbot.keyClick(window.canvas.view, Qt.Key.Key_Escape)
    assert window.session.selected_node is None


def test_click_and_ctrl_click_are_the_ends_of_paths(qtbot, window):
    click(qtbot, window, "h")
    click(qtbot, window, "x", CTRL)
    session, highlight = window.session, window.canvas.scene.highlight
    assert session.topology.nodes[session.selected_node].name == "h"
    assert highlight.other == item_of(window, "x").seen.index
    ring = item_of(window, "x")._rings["selected"]
    assert ring.isVisible()
    qtbot.keyClick(window.canvas.view, Qt.Key.Key_P, CTRL)
    graph = networkx_of(session.topology)
    paths = list(nx.all_simple_paths(graph, "x", "h"))
    assert kept(window) == {name for path in paths for name in path}
    assert window.canvas.selecting.badge.text().startswith("Paths from x to h: 3 nodes, 2 edges")
    # Ctrl+click on it again lets it go; a plain click begins anew.
    click(qtbot, window, "x", CTRL)
    assert highlight.other is None
    assert not ring.isVisible()
    click(qtbot, window, "x", CTRL)
    click(qtbot, window, "o")
    assert highlight.other is None


def test_a_path_by_keys_alone(qtbot, window):
    """Walk to a node, keep it as one end, walk on along the edges, ask for the paths."""
    view, session = window.canvas.view, window.session
    topology = session.topology
    while session.selected_node is None or topology.nodes[session.selected_node].name != "x":
        qtbot.keyClick(view, Qt.Key.Key_J)
    qtbot.keyClick(view, Qt.Key.Key_P, CTRL | Qt.KeyboardModifier.ShiftModifier)
    assert "x is one end" in window.status.words.text()
    qtbot.keyClick(view, Qt.Key.Key_P, CTRL)
    assert not window.canvas.selecting.active, "one node has no path to itself"
    while topology.nodes[session.selected_node].name != "L":
        qtbot.keyClick(view, Qt.Key.Key_J)
    assert item_of(window, "x")._rings["selected"].isVisible()
    qtbot.keyClick(view, Qt.Key.Key_P, CTRL)
    paths = list(nx.all_simple_paths(networkx_of(topology), "x", "L"))
    assert kept(window) == {name for path in paths for name in path}
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert window.canvas.selecting.other is None


def test_without_two_nodes_or_without_a_path_nothing_is_dimmed_and_it_is_said(qtbot, window):
    view, everything = window.canvas.view, kept(window)
    qtbot.keyClick(view, Qt.Key.Key_U, CTRL)
    assert "Select a node" in window.status.words.text()
    click(qtbot, window, "x")
    qtbot.keyClick(view, Qt.Key.Key_P, CTRL)
    assert "Ctrl+click" in window.status.words.text()
    click(qtbot, window, "y", CTRL)
    qtbot.keyClick(view, Qt.Key.Key_P, CTRL)
    assert window.status.words.text() == "No path leads from x to y, nor back."
    qtbot.keyClick(view, Qt.Key.Key_U, CTRL)
    assert window.status.words.text() == "Nothing lies upstream of x"
    assert kept(window) == everything


def test_the_context_menu_asks_about_what_was_pointed_at(qtbot, window):
    view = window.canvas.view
    place = view.on_screen(item_of(window, "o").pos() + QPointF(8, 0)).toPoint()
    event = QContextMenuEvent(
        QContextMenuEvent.Reason.Mouse, place, view.viewport().mapToGlobal(place)
    )
    QApplication.sendEvent(view.viewport(), event)
    session = window.session
    assert session.topology.nodes[session.selected_node].name == "o"
    menu = QApplication.activePopupWidget()
    assert isinstance(menu, QMenu)
    texts = {action.text(): action for action in menu.actions()}
    assert not texts["Select the paths between the two"].isEnabled()
    texts["Select upstream"].trigger()
    menu.close()
    graph = networkx_of(session.topology)
    assert kept(window) == nx.ancestors(graph, "o") | {"o"}


def test_what_is_brought_out_stays_while_training_and_with_other_frames(qtbot, window):
    click(qtbot, window, "h")
    qtbot.keyClick(window.canvas.view, Qt.Key.Key_D, CTRL)
    before = kept(window)
    qtbot.keyClick(window.canvas.view, Qt.Key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    settle(window, qtbot)
    assert kept(window) == before
    tones = window.canvas.scene.tones
    assert tones.nodes_dimmed.any()


def test_another_graph_has_no_such_part(qtbot, window):
    click(qtbot, window, "h")
    qtbot.keyClick(window.canvas.view, Qt.Key.Key_D, CTRL)
    open_system(window, qtbot, "cs231n-gates")
    assert not window.canvas.selecting.active
    assert not window.canvas.selecting.badge.isVisible()
    assert all(item.opacity() == 1.0 for item in window.canvas.scene.nodes)


def test_a_closed_group_stands_for_all_that_is_in_it(qtbot, window):
    open_system(window, qtbot, "deep-mlp", layers__0__repeat=8)
    canvas, topology = window.canvas, window.session.topology
    canvas.close_all()
    laid_out(window, qtbot)
    click(qtbot, window, "hidden4.weight")  # the card of the group
    assert canvas.scene.selected_node.seen.group == ("hidden4",)
    canvas.selecting.side("upstream")
    graph = networkx_of(topology)
    inside = {node.name for node in topology.nodes if node.group == ("hidden4",)}
    above = set().union(*(nx.ancestors(graph, name) for name in inside)) - inside
    assert canvas.selecting.badge.text().startswith(f"Upstream of hidden4: {len(above)} nodes")
    bright = {i.seen.group[0] for i in canvas.scene.nodes if i.opacity() == 1 and i.seen.group}
    assert bright == {"hidden1", "hidden2", "hidden3", "hidden4"}
    # Opened, a group shows which of its nodes belong to it.
    canvas.open_all()
    laid_out(window, qtbot)
    assert canvas.selecting.active
    names = {node.name for node in topology.nodes}
    scene = canvas.scene
    dimmed = {topology.nodes[scene.visible.nodes[k].node].name
              for k in np.flatnonzero(scene.tones.nodes_dimmed)}  # fmt: skip
    assert names - dimmed == above | inside


def test_a_crowded_scene_dims_as_the_items_do(qtbot):
    """The raster against Qt's own painting, where neither has titles that the other lacks."""
    pair = Pair(qtbot, layers=60)
    topology = pair.topology
    here = next(node.index for node in topology.nodes if node.name == "h30")
    part = topology.wiring.side([here], "upstream")
    before = [picture.copy() for picture in pair.pictures()]
    for view in pair.views:
        view.graph.bring_out(part)
    raster, plain = pair.pictures()
    assert np.abs(raster - plain).mean() < 1.5
    above, below = border(pair, part)
    for old, new in zip(before, (raster, plain), strict=True):
        canvas = new[-1, -1]
        contrast = np.abs(new - canvas)[below:].mean() / np.abs(old - canvas)[below:].mean()
        assert contrast < 0.5  # the frames of groups stay as they are
        assert np.array_equal(old[:above], new[:above])
    for view in pair.views:
        view.graph.bring_out(None)
    for old, new in zip(before, pair.pictures(), strict=True):
        assert np.abs(old - new).mean() < 0.05


def border(pair, part):
    """The rows of the picture above which nothing is dimmed, and below which everything is."""
    scene, view = pair.raster.graph, pair.raster
    kept = [scene.visible.shown_as[node] for node in part.nodes]
    boxes = scene.geometry.node_box
    first_dimmed = np.delete(boxes, kept, axis=0)[:, 1].min()
    rows = [view.on_screen(QPointF(0, y)).y() for y in (first_dimmed, boxes[kept, 3].max())]
    return round(rows[0] - 25), round(rows[1] + 25)
