"""Edges of every system: clear of strange nodes, without sharp bends, no long way round.

With Graphviz (best) and without (quick), as a system is shown at first and with all groups open.
"""

import itertools
import math
from functools import cache

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.support.figures import figure
from engine.system import catalogue
from gui.appearance.fonts import register_fonts
from gui.appearance.theme import LIGHT
from gui.canvas.colours.palette import Palette
from gui.canvas.graph.geometry import geometry_of
from gui.canvas.graph.node_look import layout_input, look_of, shows_numbers
from gui.canvas.graph.visible import default_opened, group_paths, summarise
from gui.canvas.layout import layouts
from gui.canvas.layout.model import Box, GroupFrame, LayoutInput, Link, Placement
from gui.canvas.layout.reroute import CLEAR, MOST_BOXES, passed_over, points_on
from gui.canvas.layout.seams import with_room
from gui.canvas.scene.edge_item import EdgeItem, Stub
from gui.canvas.scene.node_item import NodeItem, Text
from gui.canvas.scene.scene import GraphScene
from gui.colour.magnitude import MagnitudeScale
from tests.gui.fakes import fake_frame

ENGINES = {"quick": layouts.quick, "best": layouts.best_now}
CASES = [
    (entry.name, opened, engine)
    for entry in catalogue.entries()
    for opened in ("default", "all")
    for engine in ENGINES
]
SCALE = MagnitudeScale(-20, 2, provisional=False)
every_system = pytest.mark.parametrize(("name", "opened", "engine"), CASES)


@cache
def visible_of(name, opened):
    topology = Observer(catalogue.load(name)).topology
    paths = frozenset(group_paths(topology)) if opened == "all" else default_opened(topology)
    return summarise(topology, paths)


@cache
def drawn(name, opened, engine):
    """The visible graph, its looks, what was laid out, and where it stands."""
    register_fonts()
    visible = visible_of(name, opened)
    numbers = shows_numbers(visible.topology)
    looks = [look_of(visible.topology, one, numbers=numbers) for one in visible.nodes]
    picture = layout_input(visible, looks)
    if len(picture.boxes) > MOST_BOXES:
        pytest.skip("too large to be led by hand")
    return visible, looks, picture, ENGINES[engine](picture)


@every_system
def test_no_edge_passes_over_a_node_it_does_not_belong_to(qapp, name, opened, engine):
    _, looks, picture, placement = drawn(name, opened, engine)
    shapes = geometry_of(looks, placement).bodies.box + np.array([0.5, 0.5, -0.5, -0.5])
    for link, curve in zip(picture.links, placement.curves, strict=True):
        over = passed_over(points_on(curve, 48), shapes)
        over[[link.source, link.target]] = False
        assert not over.any(), (link, np.flatnonzero(over))


@every_system
def test_no_edge_has_a_kink(qapp, name, opened, engine):
    _, _, picture, placement = drawn(name, opened, engine)
    for link, curve in zip(picture.links, placement.curves, strict=True):
        for k in range(3, len(curve) - 1, 3):
            before = next(
                (p for p in curve[k - 1 : k - 4 : -1] if math.dist(p, curve[k]) > 0.5), None
            )
            after = next((p for p in curve[k + 1 : k + 4] if math.dist(p, curve[k]) > 0.5), None)
            if before is None or after is None:
                continue
            one, two = np.subtract(curve[k], before), np.subtract(after, curve[k])
            cosine = one @ two / (np.hypot(*one) * np.hypot(*two))
            assert math.degrees(math.acos(min(1.0, cosine))) < 8, (link, curve[k])


def begins_a_row(picture, placement, link, end):
    """Whether an edge of the trunk comes to what is first in its row: it had to come round."""
    if not (picture.boxes[link.source].trunk and picture.boxes[link.target].trunk):
        return False
    left = placement.centres[link.target][0] - picture.boxes[link.target].width / 2
    return not any(
        x + box.width / 2 < left and abs(y - end[1]) < box.height / 2 + CLEAR
        for box, (x, y) in zip(picture.boxes, placement.centres, strict=True)
    )


@every_system
def test_no_edge_makes_a_long_way_round(qapp, name, opened, engine):
    _, _, picture, placement = drawn(name, opened, engine)
    for link, curve in zip(picture.links, placement.curves, strict=True):
        points = points_on(curve)
        length = float(np.hypot(*np.diff(points, axis=0).T).sum())
        (x0, y0), (x1, y1) = curve[0], curve[-1]
        # Along straight lines beside the boxes, with a way round one box at either end.
        if not begins_a_row(picture, placement, link, curve[-1]):
            assert length < 1.5 * (abs(x1 - x0) + abs(y1 - y0)) + 300, link


@every_system
def test_shares_stand_clear_and_all_of_a_fork_or_none(qapp, name, opened, engine):
    visible, _, _, placement = drawn(name, opened, engine)
    scene = GraphScene(Palette(LIGHT))
    scene.build(visible)
    scene.place(placement)
    scene.show_frame(fake_frame(visible.topology), SCALE)
    flow = scene.flow
    assert flow is not None
    labels, done = flow.share_labels()
    assert done
    if flow._forks is not None and flow.shares:
        for fork in flow._forks.apart(flow._forks.readable):
            written = [edge in labels for edge in fork]
            assert all(written) or not any(written), fork
            assert all(written) or opened == "all", "what is seen at first has room for all"
    boxes = [*scene.geometry.bodies.box.tolist(), *scene.geometry.caps.box.tolist()]
    boxes += flow._written.tolist()
    width, height = flow._labels.size if flow._labels else (0.0, 0.0)
    pills = []
    for middle, _ in labels.values():
        x, y = middle.x(), middle.y()
        pills.append((x - width / 2, y - height / 2, x + width / 2, y + height / 2))
    for k, pill in enumerate(pills):
        for other in (*boxes, *pills[:k]):
            apart = pill[0] >= other[2] or other[0] >= pill[2]
            assert apart or pill[1] >= other[3] or other[1] >= pill[3]
    scene.clear()


@pytest.mark.parametrize("engine", ENGINES)
def test_a_weight_comes_to_its_norm_without_going_round_the_picture(qapp, engine):
    """d2l-mlp: W⁽¹⁾ → ‖W⁽¹⁾‖² was led right, down the margin and back below everything."""
    visible, _, picture, placement = drawn("d2l-mlp", "default", engine)
    nodes = visible.topology.nodes
    symbols = [nodes[one.members[0]].symbol for one in visible.nodes]
    ends = symbols.index("W⁽¹⁾"), symbols.index("‖W⁽¹⁾‖²")
    k = next(k for k, link in enumerate(picture.links) if (link.source, link.target) == ends)
    points = points_on(placement.curves[k])
    right = placement.centres[ends[0]][0] + picture.boxes[ends[0]].width / 2
    assert points[:, 0].max() < right + 40
    length = np.hypot(*np.diff(points, axis=0).T).sum()
    assert length < 2.5 * math.dist(placement.curves[k][0], placement.curves[k][-1])


def test_room_is_made_between_frames_and_nothing_else_moves():
    boxes = (Box(40, 40, 0), Box(40, 40, 1), Box(40, 40))
    picture = LayoutInput(boxes, (GroupFrame(), GroupFrame()), (Link(0, 1, 90.0), Link(1, 2)))
    centres = ((40.0, 40.0), (120.0, 40.0), (40.0, 120.0))
    curves = (((60.0, 40.0), (73.0, 40.0), (87.0, 40.0), (100.0, 40.0)),) * 2
    frames = ((10.0, 10.0, 60.0, 60.0), (90.0, 10.0, 60.0, 60.0))
    moved = with_room(picture, Placement(centres, curves, frames, "quick"))
    assert moved.centres == ((40.0, 40.0), (170.0, 40.0), (40.0, 120.0))
    assert moved.frames == ((10.0, 10.0, 60.0, 60.0), (140.0, 10.0, 60.0, 60.0))
    assert [x for x, _ in moved.curves[0]] == [60.0, 73.0, 137.0, 150.0]
    assert with_room(picture, moved) == moved


@pytest.mark.parametrize("seed", range(4))
def test_ways_around_boxes_in_the_way_are_found(seed):
    """Boxes at random, and an edge whose straight line runs over some of them."""
    from gui.canvas.layout.curves import straight
    from gui.canvas.layout.reroute import box_sides, rerouted

    rng = np.random.default_rng(seed)
    spots = [(x, y) for x in range(5) for y in range(5) if rng.random() < 0.7 or (x, y) == (2, 2)]
    centres = [(-120.0, 160.0), (520.0, 160.0), *((100.0 * x, 80.0 * y) for x, y in spots)]
    boxes = tuple(Box(60, 40) for _ in centres)
    start, end = (-90.0, 160.0), (490.0, 160.0)
    placement = Placement(tuple(centres), ((start, *straight(start, end)),), (), "quick")
    picture = LayoutInput(boxes, (), (Link(0, 1),))
    sides = box_sides(picture, placement)
    assert passed_over(points_on(placement.curves[0]), sides)[2:].any()
    (curve,) = rerouted(picture, placement).curves
    assert not passed_over(points_on(curve), sides)[2:].any()
    assert curve[0] == start
    assert curve[-1] == pytest.approx(end)
    for a, b in itertools.pairwise(points_on(curve)):
        assert math.dist(a, b) < 200


NUMBERED = ["autodiff-xy", "cs231n-add-mul", "cs231n-gates", "cs231n-sigmoid", "cs231n-sigmoid-op"]


def numbers_of(scene):
    """The boxes of all numbers that are written beside nodes and edges, by what they say."""
    owners = (EdgeItem, Stub, NodeItem)
    texts = [
        item
        for item in scene.items()
        if isinstance(item, Text) and item.text() and isinstance(item.parentItem(), owners)
    ]
    bodies = {text for node in scene.nodes for text in (node.title, node.subtitle, node._symbol)}
    return [
        (text.text(), text.mapRectToScene(text.boundingRect()).adjusted(2, 3, -2, -3))
        for text in texts
        if text not in bodies
    ]


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", NUMBERED)
def test_numbers_on_wires_stand_clear_of_nodes_and_each_other(qapp, name, engine):
    visible, _, _, placement = drawn(name, "default", engine)
    scene = GraphScene(Palette(LIGHT))
    scene.build(visible)
    scene.place(placement)
    trainer = Observer(catalogue.load(name))
    trainer.finish_pass()
    scene.show_frame(trainer.take_frame(), SCALE)
    numbers = numbers_of(scene)
    assert len(numbers) > len(visible.edges)
    shapes = [item.body_on_scene() for item in scene.nodes]
    for k, (text, rect) in enumerate(numbers):
        for other in (*shapes, *(one for _, one in numbers[:k])):
            assert not rect.intersects(other), text
    scene.clear()


def test_the_sum_of_what_meets_is_written_at_the_node(qapp):
    """autodiff-xy: x₁ is used three times, and its gradient 0.8 + 1.5 + 1.5 was drawn nowhere."""
    visible, _, _, placement = drawn("autodiff-xy", "default", "quick")
    scene = GraphScene(Palette(LIGHT))
    scene.build(visible)
    scene.place(placement)
    trainer = Observer(catalogue.load("autodiff-xy"))
    trainer.finish_pass()
    scene.show_frame(trainer.take_frame(), SCALE)
    gradient = trainer.current.gradient(trainer.current.model.graph.value("x1").id)
    assert gradient is not None
    said = [text for text, _ in numbers_of(scene)]
    assert said.count(f"Σ {figure(float(gradient), 3)}") == 1
    nodes = visible.topology.nodes
    written = [
        edge.value.text()
        for edge in scene.edges
        if edge.value is not None
        and nodes[visible.nodes[edge.seen.source].members[0]].symbol == "x₁"
    ]
    assert written == ["", "", ""], "once at the node, not on each of its edges"
    scene.clear()
