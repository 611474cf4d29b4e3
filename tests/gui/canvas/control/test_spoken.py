"""By keyboard and by ear: every part is reached, has a name, and says what is selected."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractSpinBox, QComboBox, QLabel, QWidget

from gui.canvas.control import pointer
from gui.canvas.view.overview import Overview
from tests.gui.rig import laid_out, open_system, settle

pytestmark = pytest.mark.window("d2l-mlp", whole_graph=True)

SHIFT = Qt.KeyboardModifier.ShiftModifier


def focusable(window):
    """All widgets that the keyboard can come to, hidden ones as well; not their inner parts."""
    for widget in window.findChildren(QWidget):
        inner = isinstance(widget.parent(), QAbstractSpinBox | QComboBox)
        inner |= isinstance(widget.parent().parent(), QComboBox)  # the list that it drops
        silent = isinstance(widget, QLabel) and not widget.text()
        if widget.focusPolicy() != Qt.FocusPolicy.NoFocus and not (inner or silent):
            yield widget


def name_of(widget):
    """What a screen reader calls a widget, as Qt tells it: its name, its text or its buddy's."""
    return QAccessible.queryAccessibleInterface(widget).text(QAccessible.Text.Name).strip()


@pytest.mark.parametrize("system", ["d2l-mlp", "lenet-digits", "autodiff-xy", "rnn-bptt"])
def test_every_widget_that_takes_the_focus_has_a_name(qtbot, window, system):
    open_system(window, qtbot, system)
    settle(window, qtbot)
    window.session.select(node=0)
    settle(window, qtbot)
    nameless = [
        f"{type(widget).__name__} {widget.objectName()!r} in {type(widget.parent()).__name__}"
        for widget in focusable(window)
        if not any(letter.isalpha() for letter in name_of(widget)) and widget.focusProxy() is None
    ]
    assert not nameless, sorted(set(nameless))


def test_every_part_of_the_canvas_has_a_name(window):
    canvas = window.canvas
    parts = [
        canvas.view,
        canvas.legend,
        canvas.groups.crumbs,
        window.find_bar,
        window.find_bar.field,
    ]
    parts += [canvas.findChild(Overview), canvas.legend.control, canvas.legend.more]
    for part in parts:
        assert name_of(part), part


def test_tab_and_shift_tab_leave_the_graph(qtbot, window):
    view = window.canvas.view
    for held in (Qt.KeyboardModifier.NoModifier, SHIFT):
        view.setFocus()
        assert view.hasFocus()
        QTest.keyClick(view, Qt.Key.Key_Tab, held)
        assert not view.hasFocus()
        assert window.session.selected_node is None


def shown_edges_of(window, node):
    edges = window.canvas.scene.visible.edges
    return [e.index for e in edges if node in (e.source, e.target)]


def test_keys_walk_the_edges_of_a_node_and_go_on_along_one(qtbot, window):
    """L and Shift+L go round the edges that come in and leave; Alt+→ and Alt+← to their ends."""
    session, scene, view = window.session, window.canvas.scene, window.canvas.view
    topology = session.topology
    view.setFocus()
    weight = next(n.index for n in topology.nodes if n.symbol == "z")
    session.select(node=weight)
    start = scene.selected_node.seen.index
    around = pointer.edges_around(scene, start)
    assert sorted(around) == shown_edges_of(window, start)
    assert len(around) > 2
    walked = []
    for _ in range(len(around) + 1):
        QTest.keyClick(view, Qt.Key.Key_L)
        walked.append(scene.selected_edge.seen.index)
    assert walked == [*around, around[0]]
    assert f"(edge 1 of {len(around)} of z)" in window.status.words.text()
    QTest.keyClick(view, Qt.Key.Key_L, SHIFT)
    assert scene.selected_edge.seen.index == around[-1]
    edge = scene.selected_edge.seen
    assert edge.source == start
    QTest.keyClick(view, Qt.Key.Key_Right, Qt.KeyboardModifier.AltModifier)
    assert scene.selected_node.seen.index == edge.target
    QTest.keyClick(view, Qt.Key.Key_K)
    assert scene.selected_node.seen.index == edge.target - 1


def test_the_keys_that_walk_are_in_a_menu_and_on_the_sheet(window):
    for name in ("next-node", "previous-node", "next-edge", "previous-edge", "along", "back-along"):
        action = window.actions_by_id[name]
        assert not action.shortcut().isEmpty()
        assert any(action in menu.actions() for menu in window.menus.values())


@pytest.fixture
def heard(monkeypatch):
    """What would go to a screen reader: (kind, object, message)."""
    events = []

    def record(event):
        message = event.message() if hasattr(event, "message") else ""
        events.append((event.type(), event.object(), message))

    monkeypatch.setattr(QAccessible, "updateAccessibility", record)
    return events


def test_what_is_selected_is_told(qtbot, window, heard):
    view, session = window.canvas.view, window.session
    assert view.accessibleName().startswith("Graph of d2l-mlp: 13 nodes")
    node = next(n.index for n in session.topology.nodes if n.symbol == "W⁽¹⁾")
    session.select(node=node)
    assert view.accessibleDescription().startswith("W⁽¹⁾")
    assert "parameter" in view.accessibleDescription()
    told = [message for _, who, message in heard if who is view and message]
    assert told == [view.accessibleDescription()]
    assert any(kind == QAccessible.Event.DescriptionChanged for kind, _, _ in heard)
    heard.clear()
    QTest.keyClick(view, Qt.Key.Key_L)
    assert view.accessibleDescription().startswith("edge W⁽¹⁾ →")
    assert [message for _, who, message in heard if who is view and message]
    session.select()
    assert view.accessibleDescription() == "Nothing is selected"


def test_another_graph_has_another_name(qtbot, window):
    open_system(window, qtbot, "autodiff-xy")
    laid_out(window, qtbot)
    assert window.canvas.view.accessibleName() == "Graph of autodiff-xy: 5 nodes, 6 edges"
