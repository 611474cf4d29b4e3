"""Find: what a text may mean, and the line above the canvas under real keys."""

import time

import pytest
from PySide6.QtCore import QPoint, Qt

from gui.canvas.text.search import SearchIndex, SearchPlace, plain
from tests.gui.fakes import fake_topology
from tests.gui.rig import laid_out

pytestmark = pytest.mark.window("deep-mlp", layers__0__repeat=12)
SHIFT = Qt.KeyboardModifier.ShiftModifier
CTRL = Qt.KeyboardModifier.ControlModifier


def number(topology, name):
    return next(node.index for node in topology.nodes if node.name == name)


def places(index, text):
    return index.search(text)[0]


def entries(index, text):
    return index.search(text)[1]


def test_book_symbols_are_found_in_plain_letters_and_the_other_way_round():
    topology = fake_topology("deep-mlp:12")
    index = SearchIndex(topology)
    h1 = SearchPlace(number(topology, "h1"))
    for text in ("h1", "h⁽¹⁾", "H1", " h1 "):
        assert places(index, text)[0] == h1, text
    assert plain("h⁽¹⁰⁾") == "h10"
    # Whole names first, then beginnings in the order of computation, then parts of names.
    names = [topology.nodes[place.node].name for place in places(index, "h1")]
    assert names == ["h1", "h10", "h11"]


def test_an_operation_leads_to_all_its_nodes_and_a_group_to_itself():
    topology = fake_topology("deep-mlp:4")
    index = SearchIndex(topology)
    sigmoids = [node.index for node in topology.nodes if node.op == "sigmoid"]
    assert [place.node for place in places(index, "sigmoid")] == sigmoids
    assert entries(index, "sigmoid")[0].kind == "op"
    assert "3" in entries(index, "sigmoid")[0].note
    (group,) = [place for place in places(index, "linear3") if place.path]
    assert group == places(index, "linear3")[0]
    assert group.path == ("linear3",)


def test_a_node_is_listed_once_with_what_it_is():
    topology = fake_topology("deep-mlp:4")
    found = entries(SearchIndex(topology), "linear2.weight")
    assert [entry.text for entry in found] == ["linear2.weight"]
    for word in ("W⁽²⁾", "parameter", "linear2"):
        assert word in found[0].note
    nodes = [entry.node for entry in entries(SearchIndex(topology), "w") if entry.kind == "node"]
    assert len(nodes) == len(set(nodes))


def test_nothing_is_found_by_nothing():
    index = SearchIndex(fake_topology("d2l-mlp"))
    assert places(index, "  ") == []
    assert entries(index, "") == []
    assert places(index, "no such thing") == []


def test_five_thousand_nodes_are_searched_within_a_frame():
    topology = fake_topology("deep-mlp:1000")
    assert len(topology.nodes) > 4900
    index = SearchIndex(topology)

    def seconds(text):
        best = 1.0
        for _ in range(5):
            start = time.process_time()
            index.search(text)
            best = min(best, time.process_time() - start)
        return best

    for text in ("h", "h⁽⁵", "weight", "zzz"):
        assert seconds(text) < 0.016, text


def test_ctrl_f_type_enter_shift_enter_escape(qtbot, window):
    canvas, bar = window.canvas, window.find_bar
    canvas.view.setFocus()
    qtbot.keyClick(canvas.view, Qt.Key.Key_F, CTRL)
    assert bar.isVisible()
    assert bar.field.hasFocus()
    qtbot.keyClicks(bar.field, "h1")
    assert bar.list.isVisible()
    assert bar.list.item(0).text() == "h⁽¹⁾"
    wide = bar.list.count()
    assert bar.count.text() == f"{wide} found"
    qtbot.keyClicks(bar.field, "2")
    assert bar.list.count() < wide
    qtbot.keyClick(bar.field, Qt.Key.Key_Backspace)
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    session = window.session
    assert not bar.list.isVisible()
    assert bar.count.text() == f"1 of {wide}"
    assert session.topology.nodes[session.selected_node].symbol == "h⁽¹⁾"
    assert ("hidden1",) in canvas.opened, "what hides it opens"
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert session.topology.nodes[session.selected_node].symbol == "h⁽¹⁰⁾"
    assert bar.count.text() == f"2 of {wide}"
    for expected in (1, wide):
        qtbot.keyClick(bar.field, Qt.Key.Key_Return, SHIFT)
        assert bar.count.text() == f"{expected} of {wide}"
    laid_out(window, qtbot)
    canvas.zoom_in()
    zoom, selected = canvas.view.zoom, session.selected_node
    centre = canvas.view.visible_rect().center()
    qtbot.keyClick(bar.field, Qt.Key.Key_Escape)
    assert not bar.isVisible()
    assert canvas.view.hasFocus()
    assert canvas.view.zoom == zoom
    assert (canvas.view.visible_rect().center() - centre).manhattanLength() < 3 / zoom
    assert session.selected_node == selected


def test_arrows_choose_from_the_list(qtbot, window):
    bar, session = window.find_bar, window.session
    bar.open()
    qtbot.keyClicks(bar.field, "hidden7")
    assert bar.list.item(0).text() == "hidden7"
    texts = [bar.list.item(k).text() for k in range(bar.list.count())]
    for _ in range(texts.index("hidden7.bias") + 1 if "hidden7.bias" in texts else 2):
        qtbot.keyClick(bar.field, Qt.Key.Key_Down)
    chosen = bar.list.currentItem().text()
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert bar.field.text() == chosen
    info = session.topology.nodes[session.selected_node]
    assert chosen in (info.name, info.symbol)
    assert ("hidden7",) in window.canvas.opened


def test_a_group_is_gone_to_and_stays_closed(qtbot, window):
    bar, session = window.find_bar, window.session
    bar.open()
    qtbot.keyClicks(bar.field, "hidden5")
    qtbot.keyClick(bar.field, Qt.Key.Key_Return)
    assert ("hidden5",) not in window.canvas.opened
    shown = window.canvas.scene.selected_node
    assert shown.seen.group == ("hidden5",)
    assert session.topology.nodes[session.selected_node].name == "hidden5.weight"


def test_an_entry_can_be_clicked(qtbot, window):
    bar = window.find_bar
    bar.open()
    qtbot.keyClicks(bar.field, "bias")
    rect = bar.list.visualItemRect(bar.list.item(1))
    name = bar.list.item(1).text()
    qtbot.mouseClick(
        bar.list.viewport(), Qt.MouseButton.LeftButton, pos=rect.center() + QPoint(-40, 0)
    )
    session = window.session
    info = session.topology.nodes[session.selected_node]
    assert name in (info.name, info.symbol)
    assert not bar.list.isVisible()


def test_letters_typed_in_the_field_are_no_jumps(qtbot, window):
    bar = window.find_bar
    bar.open()
    qtbot.keyClicks(bar.field, "ven")
    assert bar.field.text() == "ven"
    assert window.session.selected_node is None
    assert bar.count.text() == "no such node"
