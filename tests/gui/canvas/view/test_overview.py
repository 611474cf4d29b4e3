"""The overview map under a real mouse and keyboard; its cost."""

import time

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QApplication

from gui.canvas.view.overview import ENOUGH
from gui.canvas.view.overview_image import covered
from gui.colour.magnitude import Mark
from tests.gui.rig import dismiss, laid_out, open_system, shown_window

pytestmark = pytest.mark.window("deep-mlp", layers__0__repeat=30)
LEFT = Qt.MouseButton.LeftButton


@pytest.fixture
def window(window, qtbot):
    window.canvas.open_all()
    laid_out(window, qtbot)
    window.canvas.fit()
    return window


def zoomed(window):
    window.canvas.view.zoom_to(1.0)
    assert window.canvas.overview.isVisible()
    return window.canvas.overview, window.canvas.view


def close_to(one: QPointF, other: QPointF, distance: float) -> bool:
    return (one - other).manhattanLength() <= distance


def test_it_is_there_when_a_good_part_of_the_graph_is_not(window):
    overview, view = window.canvas.overview, window.canvas.view
    assert not overview.isVisible()
    while overview.seen_share() >= ENOUGH:
        assert not overview.isVisible()
        view.zoom_by(1.05)
    assert overview.isVisible()
    assert view.rect().contains(overview.geometry())
    window.canvas.fit()
    assert not overview.isVisible()


def test_the_menu_switches_it_off_and_that_is_remembered(qtbot, window, tmp_path):
    overview, _ = zoomed(window)
    window.actions_by_id["overview"].trigger()
    assert not overview.isVisible()
    assert window.settings.value("overview", True, bool) is False
    window.canvas.zoom_in()
    assert not overview.isVisible()
    window.actions_by_id["overview"].trigger()
    assert overview.isVisible()


def test_in_a_small_view_it_leaves_the_middle_free(qtbot, window):
    overview, view = zoomed(window)
    for size in ((900, 700), (420, 260), (300, 220)):
        view.resize(*size)
        assert overview.isVisible()
        assert not overview.geometry().contains(view.viewport().rect().center())
        assert view.rect().contains(overview.geometry())


def test_a_click_centres(qtbot, window):
    overview, view = zoomed(window)
    frame = overview.seen_on_map()
    outside = QPoint(overview.width() - 14, overview.height() // 2)
    assert not frame.contains(QPointF(outside))
    wanted = overview.to_scene(QPointF(outside))
    qtbot.mouseClick(overview, LEFT, pos=outside)
    assert close_to(view.visible_rect().center(), wanted, 2.0)
    assert close_to(overview.seen_on_map().center(), QPointF(outside), 1.5)


def test_dragging_the_frame_moves_what_is_seen(qtbot, window):
    overview, view = zoomed(window)
    grip = overview.seen_on_map().center().toPoint() + QPoint(3, 2)
    before, zoom = view.visible_rect().center(), view.zoom
    qtbot.mousePress(overview, LEFT, pos=grip)
    qtbot.mouseMove(overview, grip + QPoint(20, 10))
    qtbot.mouseRelease(overview, LEFT, pos=grip + QPoint(20, 10))
    expected = before + overview.to_scene(QPointF(20, 10)) - overview.to_scene(QPointF(0, 0))
    assert close_to(view.visible_rect().center(), expected, 3.0)
    assert view.zoom == zoom
    qtbot.mouseMove(overview, grip)
    assert close_to(view.visible_rect().center(), expected, 3.0), "let go"


def test_the_wheel_zooms(window):
    overview, view = zoomed(window)
    zoom, middle = view.zoom, view.visible_rect().center()
    none = Qt.MouseButton.NoButton
    event = QWheelEvent(
        QPointF(30, 30), QPointF(30, 30), QPoint(), QPoint(0, 120), none,
        Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase, False,
    )  # fmt: skip
    QApplication.sendEvent(overview, event)
    assert view.zoom > zoom
    assert close_to(view.visible_rect().center(), middle, 2.0)


def test_it_is_moved_in_by_keys_and_escape_gives_them_back(qtbot, window):
    overview, view = zoomed(window)
    step = window.session.frame.cursor
    view.setFocus()
    qtbot.keyClick(view, Qt.Key.Key_M)
    assert overview.hasFocus()
    before = view.visible_rect().center()
    qtbot.keyClick(overview, Qt.Key.Key_Right)
    qtbot.keyClick(overview, Qt.Key.Key_Down)
    moved = view.visible_rect().center() - before
    assert moved.x() > 20
    assert moved.y() > 20
    assert window.session.frame.cursor == step, "→ does no operation now"
    zoom = view.zoom
    qtbot.keyClick(overview, Qt.Key.Key_Plus)
    assert view.zoom > zoom
    qtbot.keyClick(overview, Qt.Key.Key_Home)
    assert view.fitted
    assert overview.isVisible(), "as long as it has the keyboard"
    qtbot.keyClick(overview, Qt.Key.Key_Escape)
    assert view.hasFocus()
    assert not overview.isVisible()


def test_it_shows_every_node_where_it_is_in_its_colour(window):
    overview, _ = zoomed(window)
    scene = window.canvas.scene
    image = overview.grab().toImage()
    ratio = image.devicePixelRatio()
    scale, area, content = overview._scale(), overview._area(), overview._content()
    wrong = 0
    for k in range(0, len(scene.nodes), 7):
        left, top, right, bottom = scene.geometry.node_box[k].tolist()
        middle = QPointF((left + right) / 2, (top + bottom) / 2)
        point = area.center() + (middle - content.center()) * scale
        if overview.seen_on_map().adjusted(-4, -4, 4, 4).contains(point):
            continue  # tinted by the frame
        seen = image.pixelColor((point * ratio).toPoint())
        code = scene.tones.nodes[k]
        style = scene.palette_.nodes[code]
        # States have the canvas's own fill: their outline tells them.
        wanted = style.fill.color() if code < Mark.ZERO else style.outline.color()
        pairs = zip(seen.getRgb()[:3], wanted.getRgb()[:3], strict=True)
        wrong += max(abs(a - b) for a, b in pairs) > 60
    assert wrong < 0.1 * len(scene.nodes) / 7


def test_rectangles_cover_their_pixels():
    low, high = np.array([[1, 0], [0, 2]]), np.array([[3, 2], [1, 3]])
    pixels, owners = covered(low, high, 4)
    assert sorted(zip(pixels.tolist(), owners.tolist(), strict=True)) == [
        (1, 0), (2, 0), (5, 0), (6, 0), (8, 1),
    ]  # fmt: skip


def test_a_frame_costs_less_than_two_milliseconds_with_5000_nodes(qtbot, tmp_path):
    """Own work for a frame: recolouring 5,000 blobs, and all that follows the view."""
    found = shown_window(tmp_path)
    try:
        open_system(found, qtbot, "deep-mlp", layers__0__repeat=1000)
        canvas = found.canvas
        canvas.open_all()
        laid_out(found, qtbot)
        canvas.view.zoom_to(1.0)
        overview, scene = canvas.overview, canvas.scene
        assert len(scene.nodes) > 4900
        assert overview.isVisible()
        best = 1.0
        for _ in range(10):
            overview._image._shown = None  # another frame's tones
            start = time.process_time()
            overview._look_changed()
            overview._picture(QRectF(0, 0, 208, 138))
            best = min(best, time.process_time() - start)
        assert best < 0.002
    finally:
        dismiss(found)
