"""The gradient graph's place: below what it belongs to, from right to left."""

import dataclasses
import itertools

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.system import catalogue
from engine.system.system import override
from gui.canvas.graph.node_look import layout_input, look_of
from gui.canvas.graph.visible import default_opened, summarise
from gui.canvas.layout import layouts
from gui.canvas.text.tooltips import edge_words, node_words
from tests.gui.canvas.layout.test_layouts import overlap, rectangles

SYSTEMS = ["d2l-mlp", "autodiff-xy", "deep-mlp", "resnet-mlp", "attention"]
BOTH = pytest.mark.parametrize("engine", [layouts.quick, layouts.best_now], ids=["quick", "best"])


def seen(name, order):
    trainer = Observer(catalogue.load(name))
    trainer.show_order(order)
    visible = summarise(trainer.topology, default_opened(trainer.topology))
    looks = [look_of(visible.topology, one) for one in visible.nodes]
    return visible, looks, layout_input(visible, looks)


@BOTH
@pytest.mark.parametrize("name", [*SYSTEMS, "lenet-digits", "lstm"])
@pytest.mark.parametrize("order", [1, 2])
def test_each_gradient_stands_below_its_origin(qapp, engine, name, order):
    _, _, picture = seen(name, order)
    placement = engine(picture)
    rects = list(rectangles(picture, placement))
    for a, b in itertools.combinations(rects, 2):
        assert not overlap(a, b)
    tied = 0
    for k, box in enumerate(picture.boxes):
        if box.order and box.origin is not None:
            tied += 1
            assert rects[k][1] > rects[box.origin][3]
            assert picture.boxes[box.origin].order < box.order
    assert tied > 2
    for k, (x, y, width, height) in enumerate(placement.frames):
        for box, (left, top, right, bottom) in zip(picture.boxes, rects, strict=True):
            inside = x <= left and y <= top and right <= x + width and bottom <= y + height
            assert inside or box.cluster != k
            if box.cluster is None:
                assert not overlap((left, top, right, bottom), (x, y, x + width, y + height))


def test_fifty_layers_stand_in_rows_with_their_gradients_right_below(qapp):
    trainer = Observer(override(catalogue.load("deep-mlp"), "layers.0.repeat", 50))
    for order in (1, 2):
        trainer.show_order(order)
        visible = summarise(trainer.topology, default_opened(trainer.topology))
        picture = layout_input(visible, [look_of(visible.topology, one) for one in visible.nodes])
        placement = layouts.quick(picture)
        rects = np.array(list(rectangles(picture, placement)))
        width, height = (rects[:, 2:].max(axis=0) - rects[:, :2].min(axis=0)).tolist()
        assert 0.6 < width / height < 2.6
        centre = {one.group: placement.centres[one.index] for one in visible.nodes if one.group}
        tops = sorted({round(centre[f"hidden{k}",][1]) for k in range(1, 51)})
        pitch = min(b - a for a, b in itertools.pairwise(tops))
        for k in range(1, 51):
            x, y = centre[f"hidden{k}",]
            for mark in ("∂ ", "∂² ")[:order]:
                across, down = centre[f"{mark}hidden{k}",]
                assert abs(across - x) < 20
                assert y < down < y + 1.5 * pitch
                below = [top for top in tops if top > y + 1]
                assert not below or down < below[0], "before the next row begins"


@BOTH
@pytest.mark.parametrize("name", ["d2l-mlp", "autodiff-xy"])
def test_gradients_run_from_right_to_left(qapp, engine, name):
    visible, looks, picture = seen(name, 1)
    placement = engine(picture)
    for edge, link in zip(visible.edges, picture.links, strict=True):
        ends = (link.source, link.target)
        if edge.differentiable and all(picture.boxes[k].order == 1 for k in ends):
            assert placement.centres[link.target][0] < placement.centres[link.source][0]
            assert looks[link.target].mirrored


@BOTH
@pytest.mark.parametrize("name", SYSTEMS)
def test_curves_lead_from_box_to_box(qapp, engine, name):
    _, _, picture = seen(name, 1)
    placement = engine(picture)
    rects = list(rectangles(picture, placement))
    for link, curve in zip(picture.links, placement.curves, strict=True):
        for k, (x, y) in ((link.source, curve[0]), (link.target, curve[-1])):
            left, top, right, bottom = rects[k]
            assert left - 2 <= x <= right + 2
            assert top - 2 <= y <= bottom + 2


@BOTH
@pytest.mark.parametrize("name", ["d2l-mlp", "deep-mlp", "lstm"])
def test_the_forward_graph_is_drawn_as_alone_but_for_the_room_between_rows(qapp, engine, name):
    _, _, alone = seen(name, 0)
    _, _, picture = seen(name, 1)
    count = len(alone.boxes)
    placed = engine(picture).centres[:count]
    on_that_page = engine(dataclasses.replace(alone, aspect=2 * alone.aspect)).centres
    assert [x for x, _ in placed] == [x for x, _ in on_that_page]
    down = {round(y - before, 3) for (_, y), (_, before) in zip(placed, on_that_page, strict=True)}
    assert min(down) == 0
    assert len(down) <= 6


def test_operators_of_the_backward_pass_stand_on_the_right(qapp):
    visible, looks, _ = seen("d2l-mlp", 1)
    for one, look in zip(visible.nodes, looks, strict=True):
        node = visible.topology.nodes[one.members[0]]
        if look.kind == "variable":
            middle = look.cap_left + look.cap / 2
            assert (middle > 0) == (node.order == 1)
            assert look.box_left <= look.text_middle <= look.box_right


def test_closed_groups_stand_for_the_gradients_of_their_parameters(qapp):
    trainer = Observer(catalogue.load("deep-mlp"))
    trainer.show_order(1)
    trainer.finish_pass()
    visible = summarise(trainer.topology, frozenset())
    norms, ready = visible.node_norms(trainer.take_frame())
    by_group = {one.group: norms[one.index] for one in visible.nodes if one.group}
    assert ready.all()
    assert by_group[("∂ hidden1",)] == pytest.approx(by_group[("hidden1",)])
    assert by_group[("∂ output",)] == pytest.approx(by_group[("output",)])


def test_tooltips_say_what_stands_in_the_gradient_graph(qapp):
    trainer = Observer(catalogue.load("d2l-mlp"))
    trainer.show_order(1)
    trainer.finish_pass()
    frame = trainer.take_frame()
    topology = trainer.topology
    visible = summarise(topology, default_opened(topology))

    def tip(formula):
        index = next(n.index for n in topology.nodes if n.order and n.formula == formula)
        return node_words(visible, visible.nodes[visible.shown_as[index]], frame)

    assert "gradient of J with respect to h" in tip("∂J/∂h = W⁽²⁾ᵀ ∂J/∂o")
    assert "on the way to the gradient of W⁽²⁾" in tip("∂J/∂o hᵀ")
    assert "part of a local derivative" in tip("1 − h ⊙ h")
    tips = [edge_words(visible, edge, frame) for edge in visible.edges]
    assert any("hands the gradient ∂J/∂o on" in words for words in tips)
    assert any("a value for a local derivative" in words for words in tips)
