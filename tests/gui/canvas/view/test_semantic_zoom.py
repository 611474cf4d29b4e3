"""Opening and closing groups down to single neurons, under a real mouse and keyboard."""

import re

import numpy as np
from PySide6.QtCore import QPointF, Qt

from engine.messages.commands import Train
from gui.canvas.graph.neuron_plan import Spot
from gui.canvas.graph.visible import group_paths
from tests.gui.rig import open_system, settle, wait


def rested(window, qtbot):
    """Wait until the layout stands."""
    canvas = window.canvas
    wait(qtbot, lambda: not canvas._layouts.busy and not canvas.preparing.busy)
    wait(qtbot, lambda: not canvas.placing.moving)
    return settle(window, qtbot)


def opened(window, qtbot, name, steps=3, **changes):
    open_system(window, qtbot, name, **changes)
    window.session.send(Train(steps=steps))
    wait(qtbot, lambda: window.session.frame is not None and window.session.frame.step == steps)
    return rested(window, qtbot)


def click(window, qtbot, point, *, twice=False):
    view = window.canvas.view
    where = view.on_screen(point).toPoint()
    assert view.viewport().rect().contains(where)
    qtbot.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)
    if twice:
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=where)


def card(window, path):
    return next(item for item in window.canvas.scene.nodes if item.seen.group == path)


def board(window, qtbot, path):
    window.canvas.groups.show_neurons(path)
    rested(window, qtbot)
    wait(qtbot, lambda: card(window, path).board.state.neurons is not None)
    return card(window, path)


def numbers(text):
    """All numbers of a text, in its own way of writing them."""
    plain = (
        text.replace("−", "-")
        .replace("·10", "e")
        .translate(str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-"))
    )
    return [float(n) for n in re.findall(r"(?<![\w(⁽])-?\d+\.?\d*(?:e-?\d+)?", plain)]


# -- depth, breadcrumb, Esc ------------------------------------------------------------------


def test_groups_open_to_a_depth(window, qtbot):
    opened(window, qtbot, "resnet-mlp", steps=1)
    canvas, paths = window.canvas, group_paths(window.session.topology)
    for depth in (1, 2):
        qtbot.keyClick(window, str(depth), Qt.KeyboardModifier.ControlModifier)
        assert canvas.opened == {p for p in paths if len(p) <= depth}
    window.actions_by_id["close-groups"].trigger()
    assert canvas.opened == frozenset()


def test_the_breadcrumb_leads_back(window, qtbot):
    opened(window, qtbot, "resnet-mlp", steps=1)
    canvas, crumbs = window.canvas, window.canvas.groups.crumbs
    canvas.close_all()
    assert crumbs.texts == ["network"]
    click(window, qtbot, card(window, ("block1",)).pos(), twice=True)
    rested(window, qtbot)
    window.session.select()
    click(window, qtbot, card(window, ("block1", "a")).pos(), twice=True)
    rested(window, qtbot)
    assert crumbs.texts == ["network", "block1", "a"]
    qtbot.mouseClick(crumbs.button(1), Qt.MouseButton.LeftButton)
    rested(window, qtbot)
    assert crumbs.texts == ["network", "block1"]
    assert canvas.opened == {("block1",)}
    qtbot.mouseClick(crumbs.button(0), Qt.MouseButton.LeftButton)
    rested(window, qtbot)
    assert canvas.opened == frozenset()
    assert canvas.view.fitted


def test_the_breadcrumb_says_where_the_selection_is(window, qtbot):
    opened(window, qtbot, "resnet-mlp", steps=1)
    canvas = window.canvas
    canvas.open_all()
    rested(window, qtbot)
    names = [node.name for node in window.session.topology.nodes]
    canvas.session.select(node=names.index("block2.b.weight") if "block2.b.weight" in names else 0)
    group = window.session.topology.nodes[canvas.session.selected_node].group
    assert canvas.groups.crumbs.texts == ["network", *group]


def test_a_graph_without_groups_has_no_breadcrumb(window, qtbot):
    opened(window, qtbot, "cs231n-add-mul", steps=0)
    assert window.canvas.groups.crumbs.isHidden()
    opened(window, qtbot, "mindspore-mlp", steps=1)
    assert not window.canvas.groups.crumbs.isHidden()


def test_escape_leaves_scalar_neurons_and_group_in_turn(window, qtbot):
    opened(window, qtbot, "mindspore-mlp")
    canvas = window.canvas
    item = board(window, qtbot, ("hidden",))
    click(window, qtbot, item.pos() + QPointF(*item.board.plan.place_of(Spot("output", 2))))
    assert item.board.state.chosen == Spot("output", 2)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert item.board.state.chosen is None
    assert canvas.session.selected_node is None
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert canvas.groups.neurons.shown == frozenset()
    assert ("hidden",) in canvas.opened
    rested(window, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert ("hidden",) not in canvas.opened
    rested(window, qtbot)


# -- motion ----------------------------------------------------------------------------------


def test_layouts_glide_and_the_clicked_group_stays(window, qtbot):
    opened(window, qtbot, "deep-mlp", steps=1)
    canvas = window.canvas
    canvas.close_all()
    rested(window, qtbot)
    item = card(window, ("hidden3",))
    corner = canvas.view.on_screen(item.body_on_scene().topLeft())
    other = canvas.view.on_screen(card(window, ("hidden4",)).pos())
    click(window, qtbot, item.pos(), twice=True)
    assert canvas.placing.moving
    qtbot.wait(30)
    assert canvas.placing.moving
    (frame,) = canvas.scene.frames
    on_the_way = canvas.view.on_screen(card(window, ("hidden4",)).pos())
    assert (canvas.view.on_screen(frame.rect().topLeft()) - corner).manhattanLength() <= 3
    rested(window, qtbot)
    end = canvas.view.on_screen(card(window, ("hidden4",)).pos())
    assert other.x() <= on_the_way.x() < end.x()
    assert (canvas.view.on_screen(frame.rect().topLeft()) - corner).manhattanLength() <= 3
    selected = canvas.session.selected_node
    assert window.session.topology.nodes[selected].group == ("hidden3",)
    assert canvas.scene.selected_node is canvas.scene.item_for_node(selected)


def test_without_motion_everything_is_there_at_once(window, qtbot, monkeypatch):
    monkeypatch.setattr("gui.canvas.view.motion.motion_wanted", lambda _widget: False)
    opened(window, qtbot, "deep-mlp", steps=1)
    window.canvas.close_all()
    assert not window.canvas.placing.moving


# -- neurons ---------------------------------------------------------------------------------


def test_the_button_on_an_open_layer_shows_its_neurons(window, qtbot):
    opened(window, qtbot, "mindspore-mlp")
    frame = next(f for f in window.canvas.scene.frames if f.cluster.path == ("hidden",))
    click(window, qtbot, frame.button_area.center())
    rested(window, qtbot)
    item = card(window, ("hidden",))
    assert item.board is not None
    wait(qtbot, lambda: item.board.state.neurons is not None)
    assert ("hidden",) not in window.canvas.opened
    top = item.body_on_scene().topLeft() + QPointF(20, 12)
    click(window, qtbot, top, twice=True)
    rested(window, qtbot)
    assert ("hidden",) in window.canvas.opened
    wait(qtbot, lambda: window.session.frame.neurons == ())


def test_only_small_dense_layers_offer_neurons(window, qtbot):
    opened(window, qtbot, "lenet-digits", steps=1)
    window.canvas.open_all()
    rested(window, qtbot)
    offered = {f.cluster.path for f in window.canvas.scene.frames if f.neurons is not None}
    assert offered == {("output",)}


def test_a_click_on_a_line_selects_its_weight_and_says_the_numbers(window, qtbot):
    opened(window, qtbot, "mindspore-mlp", optimizer={"type": "sgd", "learning_rate": 0.5})
    item = board(window, qtbot, ("hidden",))
    plan = item.board.plan
    said: list[str] = []
    window.canvas.announced.connect(said.append)
    row, column = 6, 1
    t = 0.9  # near its output the line of a weight is alone
    y = plan.input_y[column] + (plan.output_y[row] - plan.input_y[column]) * t
    before = window.session.frame.neurons[0]
    click(window, qtbot, item.pos() + QPointF(plan.span * (t - 0.5), float(y)))
    spot = item.board.state.chosen
    assert spot is not None
    assert spot.kind == "weight"
    topology = window.session.topology
    chosen = topology.nodes[window.session.selected_node]
    assert chosen.name == topology.nodes[before.layer.weight].name
    at = spot.row, spot.column
    assert f"[{at[0]}, {at[1]}]" in said[-1]
    value, gradient, update = numbers(said[-1].split("] =")[1])
    np.testing.assert_allclose(value, before.weights[at], rtol=1e-3)
    np.testing.assert_allclose(gradient, before.gradient[at], rtol=1e-3)
    np.testing.assert_allclose(update, before.update[at], rtol=1e-3)
    window.session.send(Train(steps=1))
    wait(qtbot, lambda: item.board.state.neurons.step == before.step + 1)
    after = item.board.state.neurons
    np.testing.assert_allclose(after.update[at], -0.5 * before.gradient[at], rtol=1e-12)
    assert item.board.state.chosen == spot  # what is chosen stays so while training goes on


def test_switches_change_what_lines_and_dots_show(window, qtbot):
    opened(window, qtbot, "mindspore-mlp")
    item = board(window, qtbot, ("hidden",))
    from gui.canvas.neurons.words import chips

    def press(name):
        rect = next(r for n, r, _, _ in chips(item.board.plan, item.board.state) if n == name)
        click(window, qtbot, item.pos() + rect.center())

    press("gradient")
    assert item.board.state.values is item.board.state.neurons.gradient
    press("update")
    assert item.board.state.values is item.board.state.neurons.update
    press("sample")
    wait(qtbot, lambda: item.board.state.neurons.sample == 0)
    press("ops")
    assert window.canvas.groups.neurons.shown == frozenset()
    rested(window, qtbot)


def test_arrow_keys_walk_from_weight_to_weight(window, qtbot):
    opened(window, qtbot, "mindspore-mlp")
    item = board(window, qtbot, ("hidden",))
    neurons, view = window.canvas.groups.neurons, window.canvas.view
    neurons.choose(("hidden",), Spot("weight", 2, 1))
    for key, at in (
        (Qt.Key.Key_Down, (2, 2)),
        (Qt.Key.Key_Up, (2, 1)),
        (Qt.Key.Key_Up, (2, 0)),
        (Qt.Key.Key_Up, (2, 0)),
    ):
        qtbot.keyClick(view, key)
        assert (item.board.state.chosen.row, item.board.state.chosen.column) == at


def test_pointing_says_a_scalar_without_selecting_it(window, qtbot):
    opened(window, qtbot, "mindspore-mlp")
    item = board(window, qtbot, ("hidden",))
    view = window.canvas.view
    point = item.pos() + QPointF(*item.board.plan.place_of(Spot("input", 0, 3)))
    qtbot.mouseMove(view.viewport(), view.on_screen(point).toPoint() + QPointF(1, 1).toPoint())
    qtbot.mouseMove(view.viewport(), view.on_screen(point).toPoint())
    wait(qtbot, lambda: item.board.state.hovered == Spot("input", 0, 3))
    assert item.board.state.chosen is None


def test_the_key_opens_neurons_of_the_selected_layer(window, qtbot):
    opened(window, qtbot, "deep-mlp", steps=1)
    window.canvas.close_all()
    rested(window, qtbot)
    click(window, qtbot, card(window, ("hidden2",)).pos())
    window.actions_by_id["neurons"].trigger()
    assert window.canvas.groups.neurons.shown == {("hidden2",)}
    rested(window, qtbot)
    window.actions_by_id["neurons"].trigger()
    assert ("hidden2",) in window.canvas.opened
    rested(window, qtbot)


def test_another_graph_forgets_the_neurons_of_the_one_before(window, qtbot):
    opened(window, qtbot, "mindspore-mlp")
    board(window, qtbot, ("hidden",))
    opened(window, qtbot, "deep-mlp", steps=1)
    assert window.canvas.groups.neurons.shown == frozenset()
    assert window.session.frame.neurons == ()


def test_escape_leaves_the_neurons_after_an_input_was_chosen(window, qtbot):
    opened(window, qtbot, "mindspore-mlp")
    item = board(window, qtbot, ("output",))
    click(window, qtbot, item.pos() + QPointF(*item.board.plan.place_of(Spot("input", 0, 2))))
    assert window.canvas.groups.crumbs.texts == ["network", "output"]
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert window.canvas.groups.neurons.shown == frozenset()
    rested(window, qtbot)


def test_a_kept_picture_has_neurons_and_lines_of_norms(window, qtbot):
    from gui.canvas.picture.page import Page, svg_bytes
    from gui.canvas.picture.paper import Paper

    opened(window, qtbot, "mindspore-mlp", steps=20)
    window.canvas.close_all()
    rested(window, qtbot)
    board(window, qtbot, ("hidden",))
    with Page(window.canvas.drawing, Paper()) as page:
        drawn = svg_bytes(page, {}).decode()
        # A line for each of 8 × 4 weights.
        assert drawn.count("<polyline") + drawn.count("<path") > 32
        lines = [item.spark for item in page.scene.nodes if item.spark is not None]
        assert lines
        assert all(len(line._heights) > 10 for line in lines)


def test_the_tooltip_of_a_card_says_what_its_line_shows(window, qtbot):
    opened(window, qtbot, "mindspore-mlp", steps=5)
    window.canvas.close_all()
    rested(window, qtbot)
    words = window.canvas._pointing.words(card(window, ("hidden",)))
    assert "to 5" in words.splitlines()[-1]
