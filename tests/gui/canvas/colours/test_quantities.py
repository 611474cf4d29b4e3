"""Colours in the window: what nodes are coloured by, one scale a run, pinned ranges, the legend."""

import dataclasses
import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from engine.messages.commands import Operate, Run, Train
from engine.observe.observer import Observer
from engine.observe.quantities import GRADIENT_NORM, QUANTITIES
from engine.support.errors import InputError
from engine.system import catalogue
from gui.appearance.theme import LIGHT
from gui.canvas.canvas import Canvas
from gui.canvas.colours.colouring import Colouring
from gui.canvas.colours.palette import Palette
from gui.canvas.colours.tones import tones_of
from gui.canvas.colours.values import node_values, standing_of
from gui.canvas.graph.visible import summarise
from gui.canvas.text.tooltips import node_words
from gui.colour.linear import LinearScale, percent_text
from gui.colour.magnitude import MagnitudeScale, Mark
from gui.colour.maps import Maps, map_colours
from gui.window.choices.colour_range import RangeDialog
from tests.gui.raster_pair import Pair
from tests.gui.rig import dismiss, open_system, settle, shown_window, wait

pytestmark = pytest.mark.window("d2l-mlp")
SLICE_MS = 16.0


@pytest.fixture(scope="module")
def trained():
    trainer = Observer(catalogue.load("lenet-digits"))
    trainer.train(3)
    return trainer


def choose(window, qtbot, quantity):
    window.colours.by_actions[quantity].trigger()
    wait(qtbot, lambda: window.canvas.colouring.shown == quantity)


def said(window):
    """What the status line was told, from now on."""
    words: list[str] = []
    window.canvas.announced.connect(words.append)
    return words


# -- frames ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", list(QUANTITIES))
def test_open_and_closed_groups_show_the_quantity(trained, name):
    """Every visible node has its own value; a group that of its members, all elements together."""
    frame = trained.take_frame(quantity=name)
    topology = trained.topology
    opened = summarise(topology, frozenset((n.group[:k + 1]) for n in topology.nodes
                                           for k in range(len(n.group))))  # fmt: skip
    shown = node_values(opened, frame)
    if frame.quantity is not None:
        order = [seen.members[0] for seen in opened.nodes]
        ready = frame.quantity.ready[order]
        np.testing.assert_allclose(
            shown.values[ready], frame.quantity.values[order][ready], rtol=1e-12
        )
    closed = summarise(topology, frozenset())
    group = next(seen for seen in closed.nodes if seen.group == ("conv1",))
    value = node_values(closed, frame).values[group.index]
    kinds = [topology.nodes[k].kind for k in group.members]
    quantity = QUANTITIES[name]
    wanted = "parameter" if quantity.members == "parameters" else "operation"
    chosen = [k for k, kind in zip(group.members, kinds, strict=True) if kind == wanted]
    arrays = {
        "gradient": [trained.current.gradient(k) for k in chosen],
        "value": [trained.current.value(k) for k in chosen],
        "update": [],
    }[quantity.source]
    together = np.concatenate([np.ravel(a).astype(float) for a in arrays]) if arrays else None
    how = name.split("-")[1]
    if together is not None:
        expected = {
            "norm": lambda v: np.sqrt((v**2).sum()),
            "rms": lambda v: np.sqrt((v**2).mean()),
            "zeros": lambda v: (v == 0).mean(),
            "nonfinite": lambda v: (~np.isfinite(v)).mean(),
            "sign": lambda v: np.sign(v).mean(),
            "mean": lambda v: v.mean(),
        }[how](together)
        assert value == pytest.approx(expected, rel=1e-5, abs=1e-9)


def test_the_tooltip_tells_the_quantity(trained):
    visible = summarise(trained.topology, frozenset())
    group = next(seen for seen in visible.nodes if seen.group == ("conv1",))
    leaf = next(seen for seen in visible.nodes if seen.node is not None)
    zeros = trained.take_frame(quantity="value-zeros")
    share = node_values(visible, zeros).values[group.index]
    assert f"Zeros in the value: {percent_text(share)}" in node_words(visible, group, zeros)
    assert "Zeros" not in node_words(visible, group, trained.take_frame())
    ratios = trained.take_frame(quantity="update-ratio")
    assert "Update ratio: has none" in node_words(visible, leaf, ratios)


def test_edges_stay_on_the_scale_of_contributions(trained):
    visible = summarise(trained.topology, frozenset())
    scale, share = MagnitudeScale(-8, 2, provisional=False), LinearScale()
    plain = tones_of(visible, trained.take_frame(), scale)
    other = tones_of(visible, trained.take_frame(quantity="value-zeros"), scale, share)
    np.testing.assert_array_equal(plain.edges, other.edges)
    assert (plain.nodes != other.nodes).any()


def test_the_scale_is_anchored_once_a_run(trained):
    colouring = Colouring()
    colouring.begin_run(1e-38)
    frame = trained.take_frame(quantity="value-norm")
    colouring.take_frame(frame)
    first = colouring.node_scale
    louder = dataclasses.replace(frame.quantity, parts=frame.quantity.parts * 1e6)
    louder_first = {"value-norm": frame.first["value-norm"] * 1e6}
    colouring.take_frame(dataclasses.replace(frame, quantity=louder, first=louder_first))
    assert colouring.node_scale == first
    colouring.refit(dataclasses.replace(frame, quantity=louder))
    assert colouring.node_scale.high == first.high + 6
    colouring.begin_run(1e-38)
    assert colouring.node_scale.provisional


# -- the window --------------------------------------------------------------------------------


def test_switching_what_colours_the_nodes(window, qtbot):
    window.session.send(Train(steps=2))
    settle(window, qtbot)
    canvas, legend = window.canvas, window.canvas.legend.legend
    for name, quantity in QUANTITIES.items():
        if name != GRADIENT_NORM:
            choose(window, qtbot, name)
        settle(window, qtbot)
        assert legend.quantity is quantity
        assert quantity.title in canvas.legend.control.text()
        assert quantity.words in canvas.legend.control.toolTip()
        assert legend.scale.end_texts[0] in canvas.legend.control.toolTip()
        expected = node_values(canvas.scene.visible, window.session.frame)
        codes = legend.scale.buckets(expected.values, expected.ready, expected.exists)
        np.testing.assert_array_equal(canvas.scene.tones.nodes, codes)
        kind_map = canvas.colouring.maps.of(quantity.kind)
        assert canvas.scene.palette_.node_map == kind_map
        assert canvas.scene.palette_.edge_map == "viridis"
        if name != GRADIENT_NORM:
            assert legend.edge_scale == canvas.scale
    choose(window, qtbot, GRADIENT_NORM)
    assert legend.edge_scale is None


def test_the_choice_outlives_the_graph(window, qtbot):
    choose(window, qtbot, "value-rms")
    open_system(window, qtbot, "deep-mlp")
    assert window.canvas.colouring.shown == "value-rms"
    assert window.colours.by_actions["value-rms"].isChecked()
    assert not window.canvas.colouring.node_scale.pinned


def test_the_same_actions_in_the_menu_and_at_the_legend(window):
    view = [action.menu() for action in window.menus["view"].actions() if action.menu()]
    for menu in (window.colours.by_menu, window.colours.map_menu, window.colours.range_menu):
        assert menu in view
    assert window.canvas.legend.control.menu() is window.colours.menu
    assert set(window.colours.by_menu.actions()) >= set(window.colours.by_actions.values())
    assert set(window.colours.menu.actions()) >= set(window.colours.by_actions.values())
    assert all(action.toolTip() for action in window.colours.by_actions.values())


def test_maps_are_drawn_and_remembered(qtbot, tmp_path):
    window = shown_window(tmp_path)
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    for name in ("magma", "broc"):
        window.colours.map_actions[name].trigger()
    item = window.canvas.scene.item_for_node(1)
    assert item.brush().color().name() == map_colours("magma")[item.code]
    choose(window, qtbot, "weight-mean")
    item = window.canvas.scene.item_for_node(1)
    assert item.brush().color().name() == map_colours("broc")[item.code]
    dismiss(window)
    again = shown_window(tmp_path)
    assert again.canvas.colouring.maps == Maps("magma", "broc")
    assert again.colours.map_actions["magma"].isChecked()
    assert again.colours.map_actions["broc"].isChecked()
    dismiss(again)


def test_a_refit_is_announced_and_nothing_else_moves_the_scale(window, qtbot):
    words = said(window)
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    scale = window.canvas.scale
    frame = window.session.frame
    louder = dataclasses.replace(
        frame,
        gradient_norm=frame.gradient_norm * 1e6,
        contribution_norm=frame.contribution_norm * 1e6,
    )
    window.canvas.show_frame(louder)
    assert window.canvas.scale == scale
    assert words == []
    window.actions_by_id["refit"].trigger()
    assert window.canvas.scale.high == scale.high + 6
    assert len(words) == 1
    assert window.canvas.scale.end_texts[1] in words[0]


def test_a_pinned_range_holds_for_every_run_until_it_is_unpinned(qtbot, tmp_path):
    window = shown_window(tmp_path)
    open_system(window, qtbot, "d2l-mlp")
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    fitted = window.canvas.scale
    words = said(window)
    window.colours.pin(1e-9, 1e3)
    assert window.canvas.scale.ends == pytest.approx((1e-9, 1e3))
    assert "10⁻⁹" in words[-1]
    assert "10³" in words[-1]
    assert "pinned" in window.canvas.legend.control.toolTip()
    open_system(window, qtbot, "deep-mlp")
    assert window.canvas.scale.pinned
    dismiss(window)
    again = shown_window(tmp_path)
    open_system(again, qtbot, "d2l-mlp")
    again.session.send(Train(steps=1))
    settle(again, qtbot)
    assert again.canvas.scale.ends == pytest.approx((1e-9, 1e3))
    words = said(again)
    again.colours.range_actions["unpin"].trigger()
    assert again.canvas.scale == fitted
    assert "No longer pinned" in words[-1]
    dismiss(again)
    third = shown_window(tmp_path)
    assert third.canvas.colouring.pins == {}
    dismiss(third)


def test_a_range_is_shared_over_the_clipboard(window, qtbot):
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    window.colours.pin(3e-7, 40.0)
    window.colours.range_actions["copy"].trigger()
    text = QGuiApplication.clipboard().text()
    window.actions_by_id["refit"].trigger()
    assert not window.canvas.scale.pinned
    window.colours.range_actions["paste"].trigger()
    assert window.canvas.scale.ends == pytest.approx((3e-7, 40.0))
    before = window.canvas.scale
    words = said(window)
    QGuiApplication.clipboard().setText("what a nice day")
    window.colours.range_actions["paste"].trigger()
    assert window.canvas.scale == before
    assert "what a nice day" in words[-1]
    assert text == "3e-07 … 40"


def test_a_quantity_has_its_own_pin(window, qtbot):
    window.colours.pin(1e-3, 1e3)
    choose(window, qtbot, "value-zeros")
    assert not window.canvas.colouring.node_scale.pinned
    window.colours.pin(0.0, 0.25)
    assert window.canvas.colouring.node_scale.ends == (0.0, 0.25)
    assert window.canvas.scale.ends == pytest.approx((1e-3, 1e3))
    with pytest.raises(InputError):
        window.colours.pin(0.0, 2.0)


def test_the_dialog_checks_while_one_types(window, qtbot):
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    dialog = RangeDialog(window.colours, window)
    qtbot.addWidget(dialog)
    assert dialog.pin_button.isEnabled()
    dialog.low.setText("-1")
    assert not dialog.pin_button.isEnabled()
    assert "logarithmic" in dialog.problem.text()
    dialog.low.setText("1e-12")
    dialog.high.setText("10")
    assert dialog.problem.text() == ""
    dialog.accept()
    assert window.canvas.scale.ends == pytest.approx((1e-12, 10.0))
    choose(window, qtbot, "gradient-sign")
    dialog = RangeDialog(window.colours, window)
    qtbot.addWidget(dialog)
    dialog.high.setText("0.25")
    assert dialog.low.text() == "−0.25"
    dialog.accept()
    assert window.canvas.colouring.node_scale.ends == (-0.25, 0.25)


def test_a_run_outside_the_pinned_range_shows_the_markers_of_the_ends(window, qtbot):
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    norms = window.session.frame.gradient_norm
    middle = float(np.nanmedian(norms))
    window.colours.pin(middle * 0.999, middle * 1.001)
    codes = window.canvas.scene.tones.nodes
    assert (codes == Mark.BELOW).any()
    assert (codes == Mark.ABOVE).any()


def test_selection_and_hovered_item_are_marked(window, qtbot):
    window.session.send(Train(steps=1))
    settle(window, qtbot)
    canvas, legend = window.canvas, window.canvas.legend.legend
    window.session.select(node=1)
    assert legend.selection.value == window.session.frame.gradient_norm[1]
    item = canvas.scene.item_for_node(3)
    at = canvas.view.mapFromScene(item.pos() + QPoint(6, 0))
    QTest.mouseMove(canvas.view.viewport(), at)
    wait(qtbot, lambda: legend.hovered is not None)
    assert legend.hovered.value == window.session.frame.gradient_norm[3]
    assert legend.selection.value == window.session.frame.gradient_norm[1]
    plain = canvas.legend.grab().toImage()
    QTest.mouseMove(canvas.view.viewport(), QPoint(3, 3))
    wait(qtbot, lambda: legend.hovered is None)
    assert canvas.legend.grab().toImage() != plain


def test_an_edge_stands_on_the_scale_of_contributions_only(trained):
    visible = summarise(trained.topology, frozenset())
    edge = next(e.index for e in trained.topology.edges if e.differentiable)
    frames = trained.take_frame(), trained.take_frame(quantity="value-norm")
    found = [standing_of(visible, frame, None, edge) for frame in frames]
    assert [standing and standing.placed for standing in found] == [True, False]


def test_stepping_by_operation_shows_what_is_not_computed_yet(window, qtbot):
    choose(window, qtbot, "value-norm")
    window.session.send(Train(steps=1))
    window.session.send(Operate(3))
    settle(window, qtbot)
    codes = window.canvas.scene.tones.nodes
    assert (codes == Mark.PENDING).any()
    assert (codes != Mark.PENDING).any()


@pytest.mark.parametrize("name", ["value-zeros", "gradient-sign"])
def test_switching_while_training_runs_keeps_up(window, qtbot, monkeypatch, name):
    """No single call of the GUI thread takes longer than a frame; training goes on."""
    open_system(window, qtbot, "deep-mlp")
    window.session.send(Run())
    wait(qtbot, lambda: window.session.frame is not None and window.session.frame.step > 5)
    spent: list[float] = []
    steps: list[int] = []
    recolour = Canvas.recolour

    def timed(canvas):
        start = time.thread_time()
        recolour(canvas)
        spent.append((time.thread_time() - start) * 1000)

    monkeypatch.setattr(Canvas, "recolour", timed)
    for quantity in (name, GRADIENT_NORM, name):
        steps.append(window.session.frame.step)
        choose(window, qtbot, quantity)
        wait(qtbot, lambda: window.session.frame.step > steps[-1] + 5)
    wait(qtbot, lambda: len(spent) > 5)
    window.session.toggle_running()
    settle(window, qtbot)
    assert sorted(spent)[-2] < SLICE_MS  # one may fall into a collection of garbage


def test_another_map_for_nodes_keeps_the_sheet(qtbot):
    """A crowded canvas takes on a map for signs with a few lookups; it looks as if made anew."""
    pair, fresh = Pair(qtbot), Pair(qtbot)
    before = pair.pictures()[0]
    sheet = pair.raster.repainting._sheet
    for one in (pair, fresh):
        one.raster.graph.apply_palette(Palette(LIGHT, node_map="vik"))
    after = pair.pictures()[0]
    assert pair.raster.repainting._sheet is sheet
    assert (after != before).any()
    np.testing.assert_array_equal(after, fresh.pictures()[0])


def test_the_control_is_reached_by_keyboard(window):
    control = window.canvas.legend.control
    assert control.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert "Gradient norm" in control.accessibleName()
    assert control.geometry().right() < window.canvas.legend.width()
