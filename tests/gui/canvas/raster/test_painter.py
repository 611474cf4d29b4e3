"""A crowded canvas while somebody moves in it: zooming, panning, other themes and layouts."""

import dataclasses
import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor

from gui.appearance.theme import DARK, LIGHT
from gui.canvas.colours.palette import Palette
from gui.canvas.graph.visible import group_paths, summarise
from gui.canvas.layout import layouts
from gui.canvas.raster.fragments import Tile
from gui.colour.magnitude import Mark
from tests.gui.fakes import fake_frame, frozen, with_gradient
from tests.gui.raster_pair import SCALE, SIZE, Pair


@pytest.fixture
def pair(qtbot):
    return Pair(qtbot)


def test_panning_far_makes_what_comes_in_sight(pair):
    pair.raster.zoom_to(0.7)
    pair.pictures()
    for across, down in ((137, 0), (0, 211), (-1500, 95), (40, -900)):
        pair.raster.horizontalScrollBar().setValue(
            pair.raster.horizontalScrollBar().value() + across
        )
        pair.raster.verticalScrollBar().setValue(pair.raster.verticalScrollBar().value() + down)
        pair.follow()
        pair.compare()


def test_what_comes_back_in_sight_has_todays_colours(pair):
    pair.raster.zoom_to(0.7)
    pair.pictures()
    bar = pair.raster.horizontalScrollBar()
    bar.setValue(bar.value() + 500)
    pair.pictures()
    frame = fake_frame(pair.topology, step=9)
    pair.show(dataclasses.replace(frame, gradient_norm=frozen(frame.gradient_norm * 1e-6)))
    pair.pictures()
    bar.setValue(bar.value() - 500)
    pair.follow()
    pair.compare()


def test_a_batch_that_lights_many_nodes(qtbot):
    pair = Pair(qtbot, layers=120)
    pair.show(fake_frame(pair.topology, cursor=1))
    assert len(pair.raster.graph.highlight.lit_nodes) > 100
    mine, plain = pair.pictures()
    assert np.abs(mine - plain).max(axis=2).mean() < 2.0
    assert not pair.raster.graph.nodes.made


def test_zooming_shows_something_at_once_and_rests_sharp(qtbot, pair):
    pair.pictures()
    qtbot.waitUntil(lambda: pair.raster.repainting.settled, timeout=5000)
    pair.raster.zoom_by(1.3)
    pair.follow()
    mine, plain = pair.pictures(settle=False)
    background = QColor(LIGHT.canvas)
    drawn = (
        np.abs(mine - (background.blue(), background.green(), background.red())).max(axis=2) > 20
    )
    assert drawn.mean() > 0.05  # the old picture, scaled
    assert np.abs(mine - plain).mean() > 1.0  # and not the sharp one
    pair.raster.viewport().repaint()
    qtbot.waitUntil(lambda: pair.raster.repainting.settled, timeout=5000)
    mine, plain = pair.pictures(settle=False)
    assert np.abs(mine - plain).max(axis=2).mean() < 1.5


def test_what_else_goes_on_waits_for_a_sharp_picture(qtbot, pair):
    view = pair.raster
    view.viewport().repaint()
    qtbot.waitUntil(lambda: view.repainting.settled, timeout=5000)
    pressed = []
    view.repainting.pressed.connect(lambda: pressed.append(view.repainting.settled))
    pair.show(fake_frame(pair.topology, step=4))
    view.viewport().repaint()
    assert not pressed  # a frame is looked up at once
    view.zoom_by(1.2)
    view.viewport().repaint()
    assert pressed
    qtbot.waitUntil(lambda: view.repainting.settled, timeout=5000)
    before = len(pressed)
    qtbot.wait(30)
    assert len(pressed) == before


def test_texts_are_laid_out_in_slices(pair):
    ground = pair.raster.repainting._ground_now()
    whole = Tile(-1e6, -1e6, 10**7, 10**7, 1.0)
    slices = 1
    while not ground.lay_out(whole, 1e-4):
        slices += 1
    assert slices > 3
    assert ground.lay_out(whole, 1e-1)


def test_zooming_out_leaves_no_blank_border(qtbot, pair):
    view = pair.raster
    view.fit()
    view.viewport().repaint()
    qtbot.waitUntil(lambda: view.repainting.settled, timeout=5000)
    view.zoom_by(2.0)
    view.viewport().repaint()
    qtbot.waitUntil(lambda: view.repainting.settled, timeout=5000)
    view.zoom_by(0.5)
    pair.follow()
    mine, plain = pair.pictures(settle=False)
    canvas = QColor(LIGHT.canvas)
    ground = np.array([canvas.blue(), canvas.green(), canvas.red()])
    drawn = [np.abs(picture - ground).max(axis=2) > 20 for picture in (mine, plain)]
    middle = np.zeros(drawn[0].shape, bool)
    middle[SIZE[1] // 4 : -SIZE[1] // 4, SIZE[0] // 4 : -SIZE[0] // 4] = True
    around = [(found & ~middle).sum() for found in drawn]
    assert around[1] > 1000
    assert around[0] == pytest.approx(around[1], rel=0.1)


def test_a_theme_and_another_layout_are_taken_on(pair):
    pair.pictures()
    for view in pair.views:
        view.graph.apply_palette(Palette(DARK))
        view.setBackgroundBrush(view.graph.palette_.canvas)
    pair.compare()
    placement = pair.raster.graph.placement
    moved = dataclasses.replace(
        placement,
        centres=tuple((x, y + 40 * (k % 2)) for k, (x, y) in enumerate(placement.centres)),
    )
    for view in pair.views:
        view.graph.place(moved)
    pair.compare()


def test_items_are_found_at_the_same_places(pair):
    random = np.random.default_rng(1)
    kinds = set()
    for x, y in random.integers((0, 0), SIZE, (600, 2)).tolist():
        mine, plain = (view.item_at(QPoint(x, y)) for view in pair.views)
        assert type(mine) is type(plain), (x, y)
        if plain is not None and hasattr(mine, "seen"):
            kinds.add(type(mine).__name__)
            assert mine.seen.index == plain.seen.index
    assert kinds == {"NodeItem", "EdgeItem"}


def test_frames_make_no_items(pair):
    pair.pictures()
    scene = pair.raster.graph
    # Dashed outlines are painted as items, once: those of nodes that have no gradient.
    dashed = set(np.flatnonzero(scene.tones.nodes == Mark.ABSENT).tolist())
    assert scene.nodes.made.keys() == dashed
    assert len(dashed) < 3
    assert not scene.edges.made
    assert not scene.frames.made
    pair.show(fake_frame(pair.topology, step=4))
    pair.pictures()
    assert scene.nodes.made.keys() == dashed
    node = next(k for k in range(len(scene.nodes)) if k not in dashed)
    assert scene.nodes[node].seen.index == node
    assert len(scene.nodes.made) == len(dashed) + 1


def test_an_item_that_was_made_once_has_the_newest_look(pair):
    scene, plain = (view.graph for view in pair.views)
    node, edge = scene.nodes[20], scene.edges[30]
    frame = fake_frame(pair.topology, cursor=100)
    pair.show(with_gradient(frame, {20: 0.0}))
    assert scene.nodes[20] is node
    assert scene.edges[30] is edge
    assert node.brush() == plain.nodes[20].brush()
    assert node.pen() == plain.nodes[20].pen()
    assert edge.pen() == plain.edges[30].pen()
    assert edge.opacity() == plain.edges[30].opacity()


def opened_to(view, topology, depth):
    """Show another arrangement of a topology in a view, as a canvas does, with a frame."""
    paths = [path for path in group_paths(topology) if len(path) <= depth]
    scene = view.graph
    picture = scene.build(summarise(topology, frozenset(paths)))
    scene.offered = set()
    scene.place(layouts.quick(picture))
    scene.show_frame(fake_frame(topology, step=4), SCALE)


@pytest.mark.parametrize("moment", ["_make_some", "_renew"])
def test_colours_of_another_arrangement_never_meet_the_sheet_of_this_one(qtbot, moment):
    pair = Pair(qtbot, opened=False, layers=120)
    view, repainting = pair.raster, pair.raster.repainting
    repainting.settle()
    view.zoom_by(1.3)  # a sheet is being made when the groups open
    repainting._renew()
    opened_to(view, pair.topology, 9)
    # The timers of the sheet before come before the next painting.
    for _ in range(40):
        getattr(repainting, moment)()
        time.sleep(0.005)
    repainting.settle()
    opened_to(pair.plain, pair.topology, 9)
    pair.follow()
    pair.compare()
