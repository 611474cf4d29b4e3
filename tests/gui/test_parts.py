"""The gradient graph's place: below the forward graph, from right to left."""

import itertools

import pytest

from engine import catalogue
from engine.gradient_topology import show_order
from engine.trainer import Trainer
from gui.canvas import layout
from gui.canvas.look import look_of, picture_of
from gui.canvas.visible import default_opened, summarise
from gui.canvas.words import edge_words, node_words
from tests.gui.test_layout import overlap, rectangles

SYSTEMS = ["d2l-mlp", "autodiff-xy", "deep-mlp", "resnet-mlp", "attention"]
BOTH = pytest.mark.parametrize("engine", [layout.quick, layout.best_now], ids=["quick", "best"])


def seen(name, order):
    trainer = Trainer(catalogue.load(name))
    show_order(trainer, order)
    visible = summarise(trainer.topology, default_opened(trainer.topology))
    looks = [look_of(visible.topology, one) for one in visible.nodes]
    return visible, looks, picture_of(visible, looks)


@BOTH
@pytest.mark.parametrize("name", SYSTEMS)
@pytest.mark.parametrize("order", [1, 2])
def test_each_order_lies_below_the_one_before(qapp, engine, name, order):
    _, _, picture = seen(name, order)
    placement = engine(picture)
    rects = list(rectangles(picture, placement))
    for a, b in itertools.combinations(rects, 2):
        assert not overlap(a, b)
    for upper in range(order):
        bottom = max(
            r[3] for r, box in zip(rects, picture.boxes, strict=True) if box.order == upper
        )
        below = [r for r, box in zip(rects, picture.boxes, strict=True) if box.order == upper + 1]
        assert below
        assert min(r[1] for r in below) > bottom


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
def test_the_forward_graph_stays_where_it_is_alone(qapp, engine):
    _, _, alone = seen("d2l-mlp", 0)
    _, _, picture = seen("d2l-mlp", 1)
    count = len(alone.boxes)
    assert engine(picture).centres[:count] == engine(alone).centres


def test_operators_of_the_backward_pass_stand_on_the_right(qapp):
    visible, looks, _ = seen("d2l-mlp", 1)
    for one, look in zip(visible.nodes, looks, strict=True):
        node = visible.topology.nodes[one.members[0]]
        if look.kind == "variable":
            middle = look.cap_left + look.cap / 2
            assert (middle > 0) == (node.order == 1)
            assert look.box_left <= look.text_middle <= look.box_right


def test_closed_groups_stand_for_the_gradients_of_their_parameters(qapp):
    trainer = Trainer(catalogue.load("deep-mlp"))
    show_order(trainer, 1)
    trainer.finish_pass()
    visible = summarise(trainer.topology, frozenset())
    norms, ready = visible.node_norms(trainer.take_frame())
    by_group = {one.group: norms[one.index] for one in visible.nodes if one.group}
    assert ready.all()
    assert by_group[("∂ hidden1",)] == pytest.approx(by_group[("hidden1",)])
    assert by_group[("∂ output",)] == pytest.approx(by_group[("output",)])


def test_tooltips_say_what_stands_in_the_gradient_graph(qapp):
    trainer = Trainer(catalogue.load("d2l-mlp"))
    show_order(trainer, 1)
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
