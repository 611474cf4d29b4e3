"""The canvas under a real mouse and keyboard."""

import dataclasses
from typing import Any, cast

import pytest
from PySide6.QtCore import QObject, QPoint, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from gui.appearance.fonts import register_fonts
from gui.appearance.theme import DARK, LIGHT
from gui.canvas.canvas import Canvas
from gui.canvas.layout import layouts
from gui.canvas.scene.node_item import body_rect
from gui.colour.magnitude import Mark
from gui.history.history import History
from tests.gui.fakes import NAMES, fake_frame, fake_topology, with_gradient


class FakeSession(QObject):
    """The part of the session that the canvas uses."""

    selection_changed = Signal()

    def __init__(self):
        super().__init__()
        self.selected_node = None
        self.selected_edge = None
        self.history = History()

    def select(self, *, node=None, edge=None):
        self.selected_node, self.selected_edge = node, edge
        self.selection_changed.emit()


@pytest.fixture
def make_canvas(qtbot):
    made = []

    def make(name="d2l-mlp", *, wait=True, theme=LIGHT):
        register_fonts()
        canvas = Canvas(cast(Any, FakeSession()), theme, cache=layouts.Cache())
        made.append(canvas)
        qtbot.addWidget(canvas)
        canvas.resize(1000, 700)
        canvas.show()
        if name:
            topology = fake_topology(name)
            canvas.show_topology(topology)
            canvas.show_frame(fake_frame(topology, step=3))
        if wait and name:
            qtbot.waitUntil(lambda: not busy(canvas), timeout=9000)
        return canvas

    yield make
    for canvas in made:
        canvas.close()
        assert not canvas._layouts.busy


def busy(canvas):
    """Whether something is still laid out or on its way."""
    return canvas.preparing.busy or canvas._layouts.busy or canvas.placing.moving


def at(canvas, scene_point):
    return canvas.view.on_screen(scene_point).toPoint()


def click(qtbot, canvas, scene_point):
    where = at(canvas, scene_point)
    qtbot.mouseClick(canvas.view.viewport(), Qt.MouseButton.LeftButton, pos=where)


def double_click(qtbot, canvas, scene_point):
    viewport, where = canvas.view.viewport(), at(canvas, scene_point)
    qtbot.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=where)
    qtbot.mouseDClick(viewport, Qt.MouseButton.LeftButton, pos=where)


def node(canvas, name):
    topology = canvas.topology
    index = next(n.index for n in topology.nodes if n.name == name)
    return canvas.scene.item_for_node(index)


def test_with_no_graph_it_says_what_to_do(make_canvas):
    canvas = make_canvas(name=None)
    assert canvas.view.empty_text
    image = canvas.view.grab().toImage()
    background = image.pixelColor(2, 2)
    middle = range(image.width() // 4, 3 * image.width() // 4)
    row = range(image.height() // 2 - 15, image.height() // 2 + 15)
    assert any(image.pixelColor(x, y) != background for x in middle for y in row)


def test_the_whole_graph_is_seen_at_first(make_canvas):
    for name in NAMES:
        canvas = make_canvas(name)
        assert canvas.view.visible_rect().contains(canvas.scene.content_rect())
        canvas.close()


def test_click_selects_a_node_and_an_edge_and_the_background_nothing(qtbot, make_canvas):
    canvas = make_canvas()
    item = node(canvas, "h")
    click(qtbot, canvas, item.pos())
    assert canvas.session.selected_node == item.seen.node
    edge = canvas.scene.edges[4]
    click(qtbot, canvas, edge.path().pointAtPercent(0.5))
    assert canvas.session.selected_edge == edge.seen.edges[0]
    assert canvas.session.selected_node is None
    assert canvas.scene.selected_edge is edge
    click(qtbot, canvas, canvas.scene.content_rect().bottomRight() + QPointF(15, 15))
    assert canvas.session.selected_edge is None


def test_a_click_beside_a_thin_edge_still_hits_it(qtbot, make_canvas):
    canvas = make_canvas()
    edge = canvas.scene.edges[7]
    click(qtbot, canvas, edge.path().pointAtPercent(0.5) + QPointF(0, 4))
    assert canvas.session.selected_edge == edge.seen.edges[0]


def test_wheel_zooms_at_the_cursor(make_canvas):
    canvas = make_canvas()
    view, where = canvas.view, QPointF(333, 217)
    before, zoom = view._to_scene(where), view.zoom
    for delta in (120, 120, -120, 240):
        event = QWheelEvent(
            where,
            view.viewport().mapToGlobal(where),
            QPoint(),
            QPoint(0, delta),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(view.viewport(), event)
    after = view._to_scene(where)
    assert view.zoom > zoom * 1.3
    assert (after - before).manhattanLength() * view.zoom < 4


def test_dragging_the_background_pans_and_keeps_the_selection(qtbot, make_canvas):
    canvas = make_canvas()
    canvas.session.select(node=1)
    viewport, before = canvas.view.viewport(), at(canvas, QPointF(0, 0))
    start = QPoint(15, 15)
    qtbot.mousePress(viewport, Qt.MouseButton.LeftButton, pos=start)
    qtbot.mouseMove(viewport, start + QPoint(40, 25))
    qtbot.mouseMove(viewport, start + QPoint(80, 50))
    qtbot.mouseRelease(viewport, Qt.MouseButton.LeftButton, pos=start + QPoint(80, 50))
    assert at(canvas, QPointF(0, 0)) - before == QPoint(80, 50)
    assert canvas.session.selected_node == 1
    canvas.resize(900, 600)
    assert not canvas.view.fitted
    qtbot.keyClick(canvas.view, Qt.Key.Key_F)
    assert canvas.view.fitted


def test_double_click_opens_a_group_where_it_stands(qtbot, make_canvas):
    canvas = make_canvas("deep-mlp:12")
    card = node(canvas, "linear4.weight")
    before = at(canvas, card.body_on_scene().topLeft())
    double_click(qtbot, canvas, card.pos())
    qtbot.waitUntil(lambda: not busy(canvas), timeout=9000)
    (frame,) = canvas.scene.frames
    assert frame.cluster.path == ("linear4",)
    moved = at(canvas, frame.rect().topLeft()) - before
    assert moved.manhattanLength() <= 3
    double_click(qtbot, canvas, frame.chip.boundingRect().center())
    assert not canvas.scene.frames


def test_keys_walk_the_graph_and_open_groups(qtbot, make_canvas):
    canvas = make_canvas("deep-mlp:12")
    view = canvas.view
    qtbot.keyClick(view, Qt.Key.Key_J)
    assert canvas.session.selected_node == 0
    qtbot.keyClick(view, Qt.Key.Key_Right)
    assert canvas.scene.selected_node.seen.group == ("linear1",)
    qtbot.keyClick(view, Qt.Key.Key_Right)
    qtbot.keyClick(view, Qt.Key.Key_Left)
    assert canvas.scene.selected_node.seen.group == ("linear1",)
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert ("linear1",) in canvas.opened
    assert canvas.scene.selected_node is not None
    qtbot.keyClick(view, Qt.Key.Key_Return)
    assert canvas.opened == frozenset()
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert canvas.session.selected_node is None


def test_a_node_revealed_opens_the_groups_around_and_is_selected(make_canvas):
    canvas = make_canvas("deep-mlp:12")
    bias = next(n.index for n in canvas.topology.nodes if n.name == "linear7.bias")
    canvas.reveal(bias)
    assert canvas.opened == {("linear7",)}
    assert canvas.session.selected_node == bias


def test_colours_follow_the_frame_and_only_changes_are_painted(make_canvas, monkeypatch):
    canvas = make_canvas()
    frame = fake_frame(canvas.topology, step=3)
    painted = []
    for item in canvas.scene.nodes:

        def record(*arguments, item=item, original=item.paint_as):
            painted.append(item)
            original(*arguments)

        monkeypatch.setattr(item, "paint_as", record)
    canvas.show_frame(frame)
    assert painted == []
    canvas.show_frame(with_gradient(frame, {3: 0.0, 4: float("nan")}))
    assert [i.seen.index for i in painted] == [3, 4]
    assert (canvas.scene.nodes[3].code, canvas.scene.nodes[4].code) == (Mark.ZERO, Mark.NAN)


def test_the_scale_is_fixed_until_a_refit(make_canvas):
    canvas = make_canvas()
    scale = canvas.scale
    assert not scale.provisional
    tiny = dict.fromkeys(range(8), 1e-9)
    canvas.show_frame(with_gradient(fake_frame(canvas.topology, step=4), tiny))
    assert canvas.scale == scale
    heard: list[str] = []
    canvas.announced.connect(heard.append)
    canvas.refit_colours()
    assert canvas.scale.low <= -9
    assert heard


def test_a_stale_frame_is_dropped(make_canvas):
    canvas = make_canvas()
    frame = canvas.frame
    canvas.show_frame(dataclasses.replace(frame, generation=7, step=99))
    assert canvas.frame is frame


def test_stepping_lights_up_and_fades_what_is_not_there_yet(make_canvas):
    canvas = make_canvas()
    topology = canvas.topology
    forward = fake_frame(topology, cursor=3)
    canvas.show_frame(forward)
    lit = topology.operations[2]
    item = canvas.scene.item_for_node(lit.nodes[0])
    assert item._rings["lit"].isVisible()
    last = canvas.scene.item_for_node(len(topology.nodes) - 1)
    assert item.brush().color().alphaF() == 1.0
    assert last.brush().color().alphaF() < 1.0  # its fill is faded, its words are not
    assert last.opacity() == last.title.opacity() == 1.0
    backward = next(k for k, o in enumerate(topology.operations) if o.edges and o.phase[0] == "b")
    canvas.show_frame(fake_frame(topology, cursor=backward + 1))
    edge = canvas.scene.item_for_edge(topology.operations[backward].edges[0])
    assert edge._flow.isVisible()
    canvas.apply_theme(DARK)
    assert edge._flow.isVisible()
    assert not item._rings["lit"].isVisible()
    canvas.show_frame(fake_frame(topology, step=3))
    assert not edge._flow.isVisible()


@pytest.mark.parametrize("name", [*NAMES, "deep-mlp:7"])
def test_texts_stay_inside_their_boxes(make_canvas, name):
    canvas = make_canvas(name)
    if name.endswith(":7"):
        canvas.open_all()
    for item in canvas.scene.nodes:
        body = body_rect(item.look).adjusted(-0.5, -0.5, 0.5, 0.5)
        texts = [item.title] if item.title.text() else []
        texts += [item.subtitle] if item.look.kind != "operator" else []
        for text in texts:
            rect = text.boundingRect().translated(text.pos())
            assert rect.left() >= body.left(), text.text()
            assert rect.right() <= body.right(), text.text()


def test_no_two_nodes_overlap_on_the_scene(make_canvas):
    canvas = make_canvas("deep-mlp:7")
    canvas.open_all()
    rects = [item.body_on_scene() for item in canvas.scene.nodes]
    for k, rect in enumerate(rects):
        for other in rects[k + 1 :]:
            met: QRectF = rect.intersected(other)
            assert met.width() < 1 or met.height() < 1


def test_tooltips_tell_the_figures_and_the_step(make_canvas):
    canvas = make_canvas()
    words = canvas._pointing.words(node(canvas, "z"))
    assert "z = W⁽¹⁾ x" in words
    assert "step 3" in words
    words = canvas._pointing.words(canvas.scene.edges[3])
    assert "×" in words
    assert "contribution" in words


def test_the_theme_changes_every_item(make_canvas):
    canvas = make_canvas()
    before = canvas.view.grab().toImage().pixelColor(3, 3)
    canvas.session.select(node=2)
    canvas.apply_theme(DARK)
    after = canvas.view.grab().toImage().pixelColor(3, 3)
    assert (before.name(), after.name()) == (LIGHT.canvas, DARK.canvas)
    assert canvas.legend.legend.palette.theme is DARK


def test_the_legend_says_where_the_selection_stands_and_covers_nothing(make_canvas):
    canvas = make_canvas()
    canvas.session.select(node=3)
    standing = canvas.legend.legend.selection
    assert (standing.symbol, standing.value) == ("h", canvas.frame.gradient_norm[3])
    assert canvas.view.geometry().intersected(canvas.legend.geometry()).isEmpty()


def test_closing_while_a_layout_runs_leaves_no_process(make_canvas, qtbot):
    canvas = make_canvas("deep-mlp", wait=False)
    canvas.open_all()
    qtbot.waitUntil(lambda: canvas._layouts.busy, timeout=9000)
    canvas.close()
    assert not canvas._layouts.busy
