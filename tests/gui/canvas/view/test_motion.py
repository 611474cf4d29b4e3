"""Where things come from when another layout is shown."""

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.system import catalogue
from gui.canvas.graph.node_look import layout_input, look_of
from gui.canvas.graph.visible import group_paths, summarise
from gui.canvas.layout.layouts import quick
from gui.canvas.view.motion import PlacedGraph, between, starts
from tests.gui.fakes import fake_topology

pytestmark = pytest.mark.usefixtures("qapp")
TOPOLOGY = fake_topology("deep-mlp:4")


def arranged(*opened):
    visible = summarise(TOPOLOGY, frozenset(opened))
    looks = [look_of(TOPOLOGY, seen) for seen in visible.nodes]
    return PlacedGraph(visible, quick(layout_input(visible, looks)))


def test_what_opens_comes_out_of_its_card_and_goes_back_into_it():
    closed, open_ = arranged(), arranged(("linear2",))
    card = next(n for n in closed.visible.nodes if n.group == ("linear2",))
    place = closed.placement.centres[card.index]
    centres, frames = starts(closed, open_)
    inside = [n.index for n in open_.visible.nodes if n.cluster is not None]
    assert len(inside) == 5
    assert {centres[k] for k in inside} == {place}
    assert frames == [(*place, 0.0, 0.0)]
    others = [n for n in open_.visible.nodes if n.cluster is None]
    for node in others:
        before = closed.visible.shown_as[node.members[0]]
        assert centres[node.index] == closed.placement.centres[before]
    centres, frames = starts(open_, closed)
    x, y, width, height = open_.placement.frames[0]
    assert centres[card.index] == (x + width / 2, y + height / 2)
    assert frames == []


def test_the_way_begins_at_the_start_and_ends_at_the_end():
    closed, open_ = arranged(), arranged(("linear2",))
    centres, frames = starts(closed, open_)
    first, last = (between(centres, frames, open_, share) for share in (0.0, 1.0))
    np.testing.assert_allclose(first.centres, centres)
    np.testing.assert_allclose(first.frames, frames)
    np.testing.assert_allclose(last.centres, open_.placement.centres)
    for curve, end in zip(last.curves, open_.placement.curves, strict=True):
        np.testing.assert_allclose(curve, end)


def test_edges_follow_their_nodes():
    closed, open_ = arranged(), arranged(("linear2",))
    centres, frames = starts(closed, open_)
    half = between(centres, frames, open_, 0.5)
    end = open_.placement
    for edge, curve, whole in zip(open_.visible.edges, half.curves, end.curves, strict=True):
        for place, node in ((0, edge.source), (-1, edge.target)):
            moved = np.subtract(half.centres[node], end.centres[node])
            np.testing.assert_allclose(np.subtract(curve[place], whole[place]), moved, atol=1e-9)


def test_a_gradient_graph_comes_out_of_the_forward_graph_it_is_added_to():
    trainer = Observer(catalogue.load("d2l-mlp"))
    arrangements = []
    for order in (0, 1):
        trainer.show_order(order)
        visible = summarise(trainer.topology, frozenset(group_paths(trainer.topology)))
        looks = [look_of(trainer.topology, seen) for seen in visible.nodes]
        arrangements.append(PlacedGraph(visible, quick(layout_input(visible, looks))))
    before, after = arrangements
    centres, _ = starts(before, after)
    nodes = after.visible.topology.nodes
    gradient = next(n for n in nodes if n.symbol == "∂J/∂h")
    for node in (next(n for n in nodes if n.symbol == "h"), gradient):
        origin = node.index if node.order == 0 else node.gradient_of[0]
        stood = before.placement.centres[before.visible.shown_as[origin]]
        assert centres[after.visible.shown_as[node.index]] == stood
    centres, _ = starts(after, before)
    assert centres == list(after.placement.centres[: len(before.visible.nodes)])


def test_another_graph_does_not_move():
    other = fake_topology("deep-mlp:4", generation=2)
    visible = summarise(other, frozenset())
    looks = [look_of(other, seen) for seen in visible.nodes]
    after = PlacedGraph(visible, quick(layout_input(visible, looks)))
    centres, frames = starts(arranged(), after)
    assert centres == list(after.placement.centres)
    assert frames == list(after.placement.frames)
