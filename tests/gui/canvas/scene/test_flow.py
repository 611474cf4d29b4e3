"""What flows on the edges: chevrons back in the backward phase, shares where paths meet."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from engine.observe.observer import Observer
from engine.system import catalogue
from gui.appearance.fonts import register_fonts
from gui.appearance.theme import DARK, LIGHT
from gui.canvas.colours.palette import Palette
from gui.canvas.graph.shares import share_text
from gui.canvas.graph.visible import default_opened, group_paths, summarise
from gui.canvas.layout import layouts
from gui.canvas.scene.flow import LABEL_HEIGHT, stations
from gui.canvas.scene.scene import GraphScene
from gui.canvas.view.view import GraphView
from gui.colour.magnitude import MagnitudeScale
from tests.gui.fakes import fake_frame

SCALE = MagnitudeScale(-20, 2, provisional=False)


def scene_of(name, theme=LIGHT, *, raster=False, opened=default_opened):
    register_fonts()
    topology = Observer(catalogue.load(name)).topology
    scene = GraphScene(Palette(theme), raster=raster)
    scene.place(layouts.quick(scene.build(summarise(topology, frozenset(opened(topology))))))
    return topology, scene


def at_phase(topology, phase):
    """A frame that stands after the middle operation of a phase, stepping."""
    rows = [k for k, op in enumerate(topology.operations) if op.phase == phase]
    return fake_frame(topology, cursor=rows[len(rows) // 2] + 1)


def painted(scene, size=1400):
    """The scene as Qt paints it, and where a point of the scene is on the image."""
    bounds = scene.content_rect().adjusted(-10, -10, 10, 10)
    image = QImage(size, round(size * bounds.height() / bounds.width()), QImage.Format.Format_RGB32)
    image.fill(scene.palette_.canvas)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    scene.render(painter, QRectF(image.rect()), bounds)
    painter.end()
    scale = size / bounds.width()
    return image, lambda x, y: (int((x - bounds.x()) * scale), int((y - bounds.y()) * scale))


def far(colour, other):
    """How different two colours are, channel by channel at most."""
    a, b = QColor(colour), QColor(other)
    return max(abs(a.red() - b.red()), abs(a.green() - b.green()), abs(a.blue() - b.blue()))


def test_going_back_every_computed_edge_shows_it_and_no_other(qapp):
    topology, scene = scene_of("d2l-mlp")
    frame = at_phase(topology, "backward")
    scene.show_frame(frame, SCALE)
    points, ahead = scene.flow.chevrons()
    _, _, owner = stations(scene.geometry)
    flowing = [e.index for e in scene.visible.edges if frame.contribution_ready[list(e.edges)].all()
               and e.differentiable]  # fmt: skip
    assert 0 < len(flowing) < len(scene.visible.edges)
    assert len(points) == np.isin(owner, flowing).sum()
    boxes = scene.placement.centres
    links = [(e.source, e.target) for e in scene.visible.edges]
    for (dx, dy), edge in zip(ahead, owner[np.isin(owner, flowing)], strict=True):
        source, target = (np.array(boxes[k]) for k in links[edge])
        assert np.dot((dx, dy), source - target) > 0, "from target to source"
        assert np.hypot(dx, dy) == pytest.approx(1)


@pytest.mark.parametrize("phase", ["forward", "batch"])
def test_going_forward_nothing_flows_back(qapp, phase):
    topology, scene = scene_of("d2l-mlp")
    scene.show_frame(at_phase(topology, phase), SCALE)
    assert not len(scene.flow.chevrons()[0])


def test_while_training_runs_nothing_has_just_flowed(qapp):
    topology, scene = scene_of("d2l-mlp")
    frame = at_phase(topology, "backward")
    scene.show_frame(dataclasses.replace(frame, running=True, lit=None), SCALE)
    assert not len(scene.flow.chevrons()[0])


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_chevrons_and_plates_are_on_the_picture(qapp, theme):
    topology, scene = scene_of("resnet-mlp", theme)
    scene.show_frame(fake_frame(topology, cursor=len(topology.operations) - 1), SCALE)
    image, place = painted(scene)
    points, _ = scene.flow.chevrons()
    lit = {tuple(p) for p in points.tolist()}
    seen = [far(image.pixelColor(*place(x, y)), theme.gradient) for x, y in lit]
    assert np.median(seen) < 40
    labels, done = scene.flow.share_labels()
    assert labels
    assert done
    for middle, _ in labels.values():
        near = image.pixelColor(*place(middle.x(), middle.y() - LABEL_HEIGHT / 2 + 3))
        assert far(near, theme.canvas) < 12


@pytest.mark.parametrize("name", ["resnet-mlp", "d2l-mlp", "attention", "lstm"])
def test_labels_meet_no_node_and_no_other_label(qapp, name):
    topology, scene = scene_of(name, opened=group_paths)
    scene.show_frame(fake_frame(topology), SCALE)
    labels, _ = scene.flow.share_labels()
    assert labels
    boxes = [QRectF(x, y, r - x, b - y) for x, y, r, b in scene.geometry.node_box.tolist()]
    rects = [QRectF(m.x() - 20, m.y() - 8, 40, 16) for m, _ in labels.values()]
    for k, rect in enumerate(rects):
        assert not any(rect.intersects(other) for other in (*boxes, *rects[:k]))


@pytest.mark.parametrize("name", ["resnet-mlp", "d2l-mlp", "d2l-mlp-bias"])
def test_no_chevron_looks_out_from_under_a_label(qapp, name):
    topology, scene = scene_of(name)
    scene.show_frame(fake_frame(topology, cursor=len(topology.operations) - 1), SCALE)
    labels, _ = scene.flow.share_labels()
    middles = [middle for middle, _ in labels.values()]
    points, ahead = scene.flow.chevrons()
    left, _ = scene.flow.clear_of(middles, points, ahead)
    assert 0 < len(left) <= len(points)
    width, height = scene.flow._labels.size
    for x, y in left.tolist():
        for middle in middles:
            assert abs(x - middle.x()) >= width / 2 + 5 or abs(y - middle.y()) >= height / 2 + 5
    assert len(scene.flow.clear_of([], points, ahead)[0]) == len(points)


def test_a_label_says_what_the_contributions_say(qapp):
    topology, scene = scene_of("d2l-mlp")
    frame = fake_frame(topology)
    scene.show_frame(frame, SCALE)
    labels, _ = scene.flow.share_labels()
    for edge, (_, text) in labels.items():
        row = scene.visible.edges[edge].edges[0]
        source = topology.edges[row].source
        norms = [frame.contribution_norm[e.index] for e in topology.edges
                 if e.source == source and e.differentiable]  # fmt: skip
        assert text == share_text(frame.contribution_norm[row] / sum(norms))


def test_shares_can_be_switched_off_and_numbers_need_none(qapp):
    topology, scene = scene_of("d2l-mlp")
    scene.show_frame(fake_frame(topology), SCALE)
    scene.show_shares(False)
    assert scene.flow.share_labels() == ({}, True)
    scene.show_shares(True)
    assert scene.flow.share_labels()[0]
    scalars, small = scene_of("autodiff-xy")
    small.show_frame(fake_frame(scalars), SCALE)
    assert not small.flow.share_labels()[0]


def test_a_crowded_scene_writes_those_in_sight_slice_by_slice(qapp, qtbot):
    topology, scene = scene_of("lstm", raster=True, opened=group_paths)
    assert scene.crowded
    frame = fake_frame(topology, cursor=len(topology.operations) - 1)
    scene.show_frame(frame, SCALE)
    some, done = scene.flow.share_labels(seconds=-1.0)
    assert not some
    assert not done
    everything, done = scene.flow.share_labels()
    assert done
    left, top, right, bottom = scene.geometry.bounds().getCoords()
    half = np.array([left, top, (left + right) / 2, bottom])
    part, _ = scene.flow.share_labels(half)
    assert 0 < len(part) < len(everything)
    view = GraphView(scene)
    qtbot.addWidget(view)
    view.setBackgroundBrush(scene.palette_.canvas)
    view.resize(900, 600)
    view.show()
    view.zoom_to(0.8)
    middle, _ = next(iter(everything.values()))
    view.centerOn(middle)
    view.repainting.settle()
    image = view.viewport().grab().toImage()
    spot = view.mapFromScene(middle.x(), middle.y() - LABEL_HEIGHT / 2 + 3)
    assert far(image.pixelColor(spot), LIGHT.canvas) < 12
