"""A crowded canvas: its raster shows what Qt's own painting of the same scene shows."""

import dataclasses

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from gui.canvas import layout
from gui.canvas.grounds import HINTS
from gui.canvas.items import FrameItem
from gui.canvas.palette import Palette
from gui.canvas.repaint import Repaint
from gui.canvas.scene import GraphScene
from gui.canvas.shades import line_coverage
from gui.canvas.view import GraphView
from gui.canvas.visible import group_paths, summarise
from gui.colour import MagnitudeScale, Mark
from gui.fonts import register_fonts
from gui.theme import DARK, LIGHT
from tests.gui.fakes import fake_frame, fake_topology, frozen, with_gradient

SCALE = MagnitudeScale(-20, 2, provisional=False)
SIZE = (900, 600)


class Pair:
    """The same graph twice: as a raster, and painted by Qt."""

    def __init__(self, qtbot, *, layers=60, theme=LIGHT, opened=True):
        register_fonts()
        self.topology = fake_topology(f"deep-mlp:{layers}")
        paths = group_paths(self.topology) if opened else []
        visible = summarise(self.topology, frozenset(paths))
        self.views = []
        placement = None
        for raster in (True, False):
            scene = GraphScene(Palette(theme), raster=raster)
            picture = scene.build(visible)
            placement = placement or layout.quick(picture)
            scene.place(placement)
            view = GraphView(scene)
            view.setBackgroundBrush(scene.palette_.canvas)
            qtbot.addWidget(view)
            view.resize(*SIZE)
            view.show()
            self.views.append(view)
        self.raster, self.plain = self.views
        self.show(fake_frame(self.topology, step=3))
        self.raster.fit()
        self.follow()

    def show(self, frame):
        for view in self.views:
            view.graph.show_frame(frame, SCALE)

    def follow(self):
        """Bring the plain view where the raster's is."""
        self.plain.setSceneRect(self.raster.sceneRect())
        self.plain.setTransform(self.raster.transform())
        for bar in ("horizontalScrollBar", "verticalScrollBar"):
            getattr(self.plain, bar)().setValue(getattr(self.raster, bar)().value())

    def pictures(self, ratio=1, *, settle=True):
        """Both pictures as arrays of colours."""
        found = []
        for view in self.views:
            image = QImage(SIZE[0] * ratio, SIZE[1] * ratio, QImage.Format.Format_RGB32)
            image.setDevicePixelRatio(ratio)
            image.fill(view.backgroundBrush().color())
            if view is self.raster and settle:
                view.repainting.settle()
            painter = QPainter(image)
            painter.setRenderHints(HINTS)
            if view is self.raster:
                view.repainting.paint(painter)
            else:
                view.render(painter, QRectF(0, 0, *SIZE), view.viewport().rect())
            painter.end()
            found.append(pixels(image))
        return found

    def compare(self, ratio=1):
        """Whether no eye could tell the two pictures apart."""
        mine, plain = self.pictures(ratio)
        difference = np.abs(mine - plain).max(axis=2)
        assert np.ptp(plain) > 100  # something is there
        assert difference.mean() < 1.5
        assert (difference > 40).mean() < 1e-3
        assert difference.max() < 150


def pixels(image):
    data = np.frombuffer(image.constBits(), np.uint8)
    return data.reshape(image.height(), -1, 4)[:, :, :3].astype(int)


def blurred(picture, size=8):
    """Means over squares."""
    height, width, _ = picture.shape
    cut = picture[: height // size * size, : width // size * size]
    return cut.reshape(height // size, size, width // size, size, 3).mean(axis=(1, 3))


@pytest.fixture(autouse=True)
def _nothing_to_click(monkeypatch):
    """A picture, unlike a canvas, offers no buttons."""
    monkeypatch.setattr(FrameItem, "offer_neurons", lambda frame: None)


@pytest.fixture
def pair(qtbot):
    return Pair(qtbot)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=lambda theme: theme.name)
@pytest.mark.parametrize("ratio", [1, 2])
def test_a_still_picture_is_qts_own(qtbot, monkeypatch, theme, ratio):
    monkeypatch.setattr(Repaint, "_ratio", ratio)
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
    assert not scene.nodes.made
    assert not scene.edges.made
    assert scene.nodes[-1].seen.index == len(scene.nodes) - 1
    assert len(scene.nodes.made) == 1


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
