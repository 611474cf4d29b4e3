"""A crowded canvas: its raster shows what Qt's own painting of the same scene shows."""

import dataclasses
import math

import numpy as np
import pytest
from PySide6.QtCore import QPointF
from PySide6.QtGui import QColor

from gui.appearance.theme import DARK, LIGHT
from gui.canvas.colours.palette import Palette
from gui.canvas.colours.tones import blank_tones
from gui.canvas.graph.node_look import FRAME_TITLE
from gui.canvas.graph.visible import summarise
from gui.canvas.raster.colour_table import ColourTable
from gui.canvas.raster.coverage import line_coverage
from gui.canvas.raster.painter import Painter
from gui.canvas.raster.sheet import steps_for
from gui.canvas.text.lettering import text_size
from gui.colour.magnitude import Mark, contrast
from tests.gui.fakes import fake_frame, fake_topology, frozen, with_gradient
from tests.gui.raster_pair import Pair, blurred


@pytest.fixture
def pair(qtbot):
    return Pair(qtbot)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("ratio", [1, 2])
def test_a_still_picture_is_qts_own(qtbot, monkeypatch, theme, ratio):
    monkeypatch.setattr(Painter, "_ratio", ratio)
    Pair(qtbot, theme=theme).compare(ratio)


@pytest.mark.parametrize("zoom", [0.12, 0.5, 0.9])
def test_at_every_zoom(pair, zoom):
    pair.raster.zoom_to(zoom)
    pair.follow()
    pair.compare()


def test_closed_groups_too(qtbot):
    pair = Pair(qtbot, layers=130, opened=False)
    assert pair.raster.graph.crowded
    pair.compare()


def test_every_frame_gets_its_colours(pair):
    first, _ = pair.pictures()
    for step in (4, 5):
        frame = fake_frame(pair.topology, step=step)
        shift = 10.0 ** (step * -2)
        pair.show(
            dataclasses.replace(
                frame,
                gradient_norm=frozen(frame.gradient_norm * shift),
                contribution_norm=frozen(frame.contribution_norm * shift),
            )
        )
        pair.compare()
    last, _ = pair.pictures()
    assert (np.abs(first - last).max(axis=2) > 20).mean() > 0.02


def test_what_is_not_computed_yet_is_faded(pair):
    pair.show(fake_frame(pair.topology, cursor=100))
    pair.compare()


def test_a_line_is_seen_through_a_faded_node(pair):
    frame = fake_frame(pair.topology, cursor=100)
    pair.show(frame)
    scene = pair.raster.graph
    edge = int(np.flatnonzero(~scene.tones.edges_faded)[40])
    node = int(np.flatnonzero(scene.tones.nodes_faded & ~scene.stacked)[40])
    middle = pair.plain.graph.edges[edge].path().pointAtPercent(0.5)
    centres = list(scene.placement.centres)
    centres[node] = (middle.x(), middle.y())
    for view in pair.views:
        view.graph.place(dataclasses.replace(scene.placement, centres=tuple(centres)))
    pair.raster.zoom_to(0.8)
    pair.raster.centerOn(middle)
    pair.follow()
    mine, plain = pair.pictures()
    pair.plain.graph.edges[edge].setVisible(False)
    _, without = pair.pictures()
    seen = np.abs(without - plain).max(axis=2) > 40  # the line, also where the node lies on it
    box = pair.raster.mapFromScene(pair.plain.graph.nodes[node].sceneBoundingRect()).boundingRect()
    inside = np.zeros(seen.shape, bool)
    inside[box.top() + 3 : box.bottom() - 3, box.left() + 3 : box.right() - 3] = True
    assert (seen & inside).sum() > 30
    assert np.abs(mine - plain)[seen & inside].mean() < 12


def test_dashes_of_lines_without_a_number(pair):
    """NaN, ∞ and underflow in edges: dashed, and widths of their own."""
    frame = fake_frame(pair.topology, step=3)
    norms = frame.contribution_norm.copy()
    for k, value in enumerate((np.nan, np.inf, 0.0, 1e-310)):
        norms[k::9] = value
    pair.show(dataclasses.replace(frame, contribution_norm=frozen(norms)))
    # A dash may begin half a pixel elsewhere: compare what is seen from a little further away.
    mine, plain = (blurred(picture) for picture in pair.pictures())
    assert np.abs(mine - plain).max() < 40
    assert np.abs(mine - plain).mean() < 0.8


def test_marked_nodes_have_their_badges_and_lose_them_again(pair):
    before, _ = pair.pictures()
    frame = fake_frame(pair.topology, step=3)
    scene = pair.raster.graph
    pair.show(with_gradient(frame, {20: 0.0, 40: 1e9, 60: 1e-30}))
    assert scene.tones.nodes[20] == Mark.ZERO
    pair.compare()
    pair.show(frame)
    after, _ = pair.pictures()
    assert np.array_equal(before, after)


def test_nan_is_hatched(pair):
    before, _ = pair.pictures()
    pair.show(with_gradient(fake_frame(pair.topology, step=3), {20: float("nan")}))
    mine, plain = pair.pictures()
    # The hatching may begin elsewhere: as much of it has to be there.
    magenta = [
        ((p[..., 2] > p[..., 1] + 60) & (p[..., 0] > p[..., 1] + 60)).sum()
        for p in (before, mine, plain)
    ]
    assert magenta[0] == 0
    assert magenta[1] == pytest.approx(magenta[2], rel=0.1)


def test_a_scalars_number_is_this_steps(pair):
    scene = pair.raster.graph
    (node,) = np.flatnonzero(scene.scalars).tolist()
    pair.raster.zoom_to(0.5)
    pair.raster.centerOn(QPointF(*scene.placement.centres[node]))
    pair.follow()
    middle = pair.raster.on_screen(QPointF(*scene.placement.centres[node])).toPoint()
    rows, columns = slice(middle.y(), middle.y() + 10), slice(middle.x() - 8, middle.x() + 20)
    seen = []
    for norm in (6.61, 1234.0):
        frame = fake_frame(pair.topology, step=3)
        values = frame.value_norm.copy()
        values[scene.visible.nodes[node].members[0]] = norm
        pair.show(dataclasses.replace(frame, value_norm=frozen(values)))
        mine, plain = (picture[rows, columns] for picture in pair.pictures())
        assert np.abs(mine - plain).max() < 12
        seen.append(mine)
    assert np.abs(seen[0] - seen[1]).max() > 60


def test_selection_is_drawn_on_top(pair):
    for select in ((30, None), (None, 44)):
        for view in pair.views:
            view.graph.select(*select)
        mine, plain = pair.pictures()
        difference = np.abs(mine - plain).max(axis=2)
        assert difference.mean() < 1.5
        assert (difference > 60).mean() < 1e-3


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("norm", [1e-19, 1e-9, 90.0, 0.0, np.nan])
def test_a_selected_edge_is_plain_however_wide_it_is(qtbot, theme, norm):
    """At one pixel a unit its band is seen along all of it, three pixels on either side."""
    pair = Pair(qtbot, theme=theme, layers=40)
    scene = pair.raster.graph
    assert scene.placement is not None
    assert scene.visible is not None
    pair.raster.zoom_to(1.0)
    pair.follow()
    seen = pair.raster.visible_rect()
    curves = scene.placement.curves
    inside = (k for k, curve in enumerate(curves) if all(seen.contains(QPointF(*p)) for p in curve))
    edge = max(inside, key=lambda k: math.dist(curves[k][0], curves[k][-1]))
    frame = fake_frame(pair.topology, step=3)
    norms = frame.contribution_norm.copy()
    norms[list(scene.visible.edges[edge].edges)] = norm
    pair.show(dataclasses.replace(frame, contribution_norm=frozen(norms)))
    for view in pair.views:
        view.graph.select(None, scene.visible.edges[edge].edges[0])
    accent = QColor(theme.accent)
    assert contrast(theme.accent, theme.canvas) >= 3.0
    wanted = [accent.blue(), accent.green(), accent.red()]
    for picture in pair.pictures():
        band = np.abs(picture - wanted).max(axis=2) < 40
        assert band.sum() >= 6.0 * 0.8 * math.dist(curves[edge][0], curves[edge][-1])


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
def test_no_gradient_is_told_from_not_computed_yet_without_a_shade(qtbot, theme):
    """One is hollow and dashed, the other filled and whole, as items and as a raster."""
    palette = Palette(theme)
    none, later = palette.nodes[Mark.ABSENT], palette.nodes[Mark.PENDING]
    assert none.outline.dashPattern()
    assert not later.outline.dashPattern()
    assert none.fill.color() == palette.canvas
    pair = Pair(qtbot, theme=theme)
    scene = pair.raster.graph
    assert scene.tones is not None
    assert (scene.tones.nodes == Mark.ABSENT).any()
    pair.show(fake_frame(pair.topology, step=3, cursor=4))
    assert (scene.tones.nodes == Mark.PENDING).any()
    pair.raster.zoom_to(1.0)
    pair.follow()
    pair.compare()


def test_a_title_has_the_size_of_qts_item(pair):
    title = pair.plain.graph.frames[0].title
    size = text_size(title.text(), FRAME_TITLE, bold=True)
    assert title.boundingRect().width() == pytest.approx(size.width(), abs=0.1)
    assert title.boundingRect().height() == pytest.approx(size.height(), abs=0.1)


def test_a_small_graph_is_painted_by_qt(qtbot):
    pair = Pair(qtbot, layers=6)
    assert not pair.raster.graph.crowded
    assert len(pair.raster.graph.nodes.made) == len(pair.raster.graph.nodes)


def test_few_items_in_sight_are_painted_as_they_are(pair):
    pair.raster.zoom_to(3.0)
    pair.raster.centerOn(QPointF(*pair.raster.graph.placement.centres[40]))
    pair.follow()
    mine, plain = pair.pictures()
    assert np.ptp(plain) > 100
    assert np.abs(mine - plain).max() <= 2


def test_lines_are_seen_where_the_scenes_origin_is_not(pair):
    """A line that Qt takes for empty is left out as soon as the origin is out of sight."""
    edge = pair.plain.graph.edges[60]
    assert all(edge.boundingRect().contains(edge.path().pointAtPercent(t)) for t in (0, 0.4, 1))


@pytest.mark.parametrize("slope", [0.0, 0.37, 1.0])
@pytest.mark.parametrize("width", [0.4, 1.0, 1.7, 5.0])
def test_a_line_covers_its_own_area(width, slope):
    """Summed across, the coverage is the line's extent there: w √(1 + m²), thin lines w."""
    distance = np.abs(np.linspace(-12, 12, 4001))
    total = line_coverage(np.array(width), np.array(slope), distance).sum() * 24 / 4000
    expected = width * np.hypot(1, slope) if width > 1 else width
    assert total == pytest.approx(expected, rel=0.01)


def test_colours_of_a_map_that_is_gone_come_too_late():
    tones = blank_tones(summarise(fake_topology("d2l-mlp"), frozenset()))
    before, after = Palette(LIGHT), Palette(LIGHT, node_map="cividis")
    tones.nodes[:], tones.edges[:] = 40, 50
    found = []
    for late in (True, False):
        colour_table = ColourTable(before if late else after, steps_for(before, 1.0))
        rows = colour_table.wanted(tones)
        assert {"line", "head", "body", "cap"} == {row.kind for row in rows}
        assert not colour_table.wanted(tones)  # somebody has them to do
        if late:
            colour_table.take_nodes(after)
        for row in rows:
            colour_table.take_colours(row, row.mix())
        assert colour_table.ready(tones) is not late
        begin = colour_table.bases("body", tones.nodes, tones.node_levels)[0]
        found.append(colour_table.table[begin : begin + colour_table.row["body"]].copy())
    assert np.array_equal(found[0], found[1])
