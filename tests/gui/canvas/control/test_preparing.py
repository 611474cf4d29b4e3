"""Large graphs are prepared off the GUI thread: what stood there stays alive until they are."""

import dataclasses
import threading
import time
from functools import partial
from typing import Any, cast

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QPointF, Qt

from engine.support.cancellation import Cancelled, watched
from gui.appearance.theme import LIGHT
from gui.canvas.canvas import Canvas
from gui.canvas.colours.palette import Palette
from gui.canvas.control.preparing import PLACED_AT_ONCE
from gui.canvas.graph.geometry import geometry_of
from gui.canvas.graph.prepared import prepare
from gui.canvas.graph.visible import default_opened, group_paths, summarise
from gui.canvas.layout import layouts
from gui.canvas.raster.background import BackgroundThreads
from gui.canvas.scene.scene import GraphScene
from gui.colour.magnitude import MagnitudeScale
from tests.gui.canvas.test_canvas import FakeSession
from tests.gui.fakes import fake_frame, fake_topology


@pytest.fixture
def canvas(qtbot):
    made = Canvas(cast(Any, FakeSession()), LIGHT, cache=layouts.Cache())
    qtbot.addWidget(made)
    made.resize(900, 600)
    made.show()
    yield made
    made.close()


@pytest.fixture
def slow(monkeypatch):
    """Off the GUI thread, the quick layout waits for a word; these are the threads."""
    go, threads = threading.Event(), []
    plain = layouts.quick

    def quick(picture):
        if threading.current_thread() is not threading.main_thread():
            threads.append(threading.current_thread())
            assert go.wait(10)
        return plain(picture)

    monkeypatch.setattr(layouts, "quick", quick)
    yield go, threads
    go.set()


def shown(canvas):
    return len(canvas.scene.visible.nodes)


def test_a_large_graph_comes_from_a_thread_and_the_old_one_lives_until_then(canvas, qtbot, slow):
    go, threads = slow
    topology = fake_topology("deep-mlp:60")
    canvas.show_topology(topology)
    go.set()
    qtbot.waitUntil(lambda: not canvas.preparing.busy)
    closed = shown(canvas)
    go.clear()
    threads.clear()
    canvas.open_all()
    qtbot.waitUntil(lambda: bool(threads))
    assert canvas.preparing.busy
    assert shown(canvas) == closed
    canvas.show_frame(fake_frame(topology, step=3))
    assert canvas.scene.frame.step == 3, "what is on screen goes on"
    go.set()
    qtbot.waitUntil(lambda: not canvas.preparing.busy)
    assert shown(canvas) == len(topology.nodes) > PLACED_AT_ONCE
    assert canvas.scene.frame.step == 3


@pytest.mark.parametrize("by_click", [False, True])
def test_it_says_so_and_can_be_cancelled(canvas, qtbot, slow, by_click):
    go, _ = slow
    topology = fake_topology("deep-mlp:60")
    go.set()
    canvas.show_topology(topology)
    qtbot.waitUntil(lambda: not canvas.preparing.busy)
    go.clear()
    before, closed = canvas.opened, shown(canvas)
    canvas.open_all()
    notice = canvas.preparing.notice
    qtbot.waitUntil(notice.isVisible)
    assert f"{len(topology.nodes):,}" in notice.text()
    if by_click:
        assert notice.geometry().width() < canvas.view.width()
        qtbot.mouseClick(notice.button, Qt.MouseButton.LeftButton)
    else:
        assert canvas.stay()
    assert not notice.isVisible()
    assert not canvas.preparing.busy
    go.set()
    qtbot.wait(100)
    assert canvas.opened == before
    assert shown(canvas) == closed
    assert not canvas.stay(), "nothing left to cancel"


def test_the_last_one_asked_for_wins(canvas, qtbot, slow):
    go, threads = slow
    go.set()
    canvas.show_topology(fake_topology("deep-mlp:60"))
    qtbot.waitUntil(lambda: not canvas.preparing.busy)
    go.clear()
    canvas.open_all()
    qtbot.waitUntil(lambda: bool(threads))
    canvas.show_topology(fake_topology("d2l-mlp"))
    go.set()
    qtbot.wait(150)
    assert canvas.scene.visible.topology.system == "d2l-mlp"


def test_frames_of_another_graph_wait_for_it(canvas, qtbot, slow):
    go, _ = slow
    go.set()
    canvas.show_topology(fake_topology("d2l-mlp"))
    go.clear()
    large = fake_topology("deep-mlp:200")
    canvas.show_topology(large)
    canvas.show_frame(fake_frame(large, step=7))
    QCoreApplication.processEvents()
    go.set()
    qtbot.waitUntil(lambda: not canvas.preparing.busy)
    assert canvas.scene.frame.step == 7


def test_closing_ends_the_thread(canvas, qtbot, slow):
    go, threads = slow
    canvas.show_topology(fake_topology("deep-mlp:60"))
    canvas.open_all()
    qtbot.waitUntil(lambda: bool(threads))
    go.set()
    canvas.close()
    assert not threads[0].is_alive()


@pytest.mark.parametrize("everything", [False, True])
def test_what_is_prepared_is_what_the_scene_would_work_out(qapp, everything):
    topology = fake_topology("deep-mlp:30")
    opened = frozenset(group_paths(topology)) if everything else default_opened(topology)
    (ready,) = prepare(summarise(topology, opened), layouts.Cache())
    scene = GraphScene(Palette(LIGHT), raster=True)
    assert scene.build(summarise(topology, opened)) == ready.to_lay_out
    assert scene.looks == ready.looks
    scene.place(layouts.quick(ready.to_lay_out))
    assert scene.placement == ready.placement
    fresh = geometry_of(scene.looks, scene.placement)
    assert (fresh.node_box == ready.geometry.node_box).all()
    assert (fresh.cubics == ready.geometry.cubics).all()


def test_a_new_graph_is_seen_before_its_good_placement_is_known(canvas, qtbot, slow):
    go, threads = slow
    topology = fake_topology("deep-mlp:200")
    canvas.show_topology(topology)
    canvas.show_frame(fake_frame(topology, step=5))
    qtbot.waitUntil(lambda: bool(threads))
    qtbot.waitUntil(lambda: canvas.scene.visible is not None)
    assert canvas.placement.engine == "rough"
    assert canvas.preparing.busy, "the good one is still worked out"
    assert canvas.scene.frame.step == 5
    view, visible = canvas.view, canvas.scene.visible
    node = visible.shown_as[topology.nodes[400].index]
    view.zoom_to(1.0)
    view.centre_on(canvas.scene.nodes[node].pos())
    seen = view.on_screen(canvas.scene.nodes[node].pos())
    go.set()
    qtbot.waitUntil(lambda: not canvas.preparing.busy)
    assert canvas.placement.engine == "quick"
    assert canvas.scene.visible is visible
    where = view.on_screen(QPointF(*canvas.placement.centres[node]))
    assert (where - seen).manhattanLength() < 2, "what is looked at stays where it is"
    assert canvas.scene.geometry.node_box[node, 0] < canvas.placement.centres[node][0]


def test_the_first_picture_stays_where_the_good_one_is_cancelled(canvas, qtbot, slow):
    go, _ = slow
    canvas.show_topology(fake_topology("deep-mlp:200"))
    qtbot.waitUntil(lambda: canvas.scene.visible is not None)
    opened = canvas.opened
    assert canvas.stay()
    go.set()
    qtbot.wait(100)
    assert canvas.placement.engine == "rough"
    assert canvas.opened == opened
    assert not canvas.preparing.notice.isVisible()


@pytest.mark.parametrize(("name", "everything"), [("deep-mlp:300", False), ("deep-mlp:40", True)])
def test_the_first_picture_overlaps_nothing_and_reads_like_text(qapp, name, everything):
    topology = fake_topology(name)
    opened = frozenset(group_paths(topology)) if everything else frozenset()
    first, last = prepare(summarise(topology, opened), layouts.Cache(), at_once=True)
    assert (first.last, last.last) == (False, True)
    assert first.visible is last.visible
    box = first.geometry.node_box
    left, top, right, bottom = (side[:, None] for side in box.T)
    apart = (left >= right.T) | (right <= left.T) | (top >= bottom.T) | (bottom <= top.T)
    assert (apart | np.eye(len(box), dtype=bool)).all()
    x, y, width, height = np.array(first.placement.frames).reshape(-1, 4).T
    for node in first.visible.nodes:
        if node.cluster is not None:
            k, (a, b, c, d) = node.cluster, box[node.index]
            assert x[k] <= a < c <= x[k] + width[k]
            assert y[k] <= b < d <= y[k] + height[k]
    area = first.geometry.bounds()
    assert 0.8 < area.width() / area.height() < 3.2, "it fills a screen"


def test_nobody_waits_any_more(qapp):
    def gone(*_):
        raise Cancelled

    visible = summarise(fake_topology("d2l-mlp"), frozenset())
    with watched(gone), pytest.raises(Cancelled):
        next(prepare(visible, layouts.Cache()))


def test_background_threads_do_everything_and_end():
    threads: BackgroundThreads[int, int] = BackgroundThreads()
    found: dict[int, int] = {}
    for k in range(50):
        threads.ask(k, partial(pow, k, 2))
    end = time.monotonic() + 10
    while len(found) < 50 and time.monotonic() < end:
        found.update(threads.take_done())
        time.sleep(0.001)
    assert found == {k: k * k for k in range(50)}
    assert threads.pending == 0
    while threads.working:
        assert time.monotonic() < end
        time.sleep(0.001)


def test_an_error_in_a_background_thread_is_raised_where_results_are_taken():
    threads: BackgroundThreads[str, float] = BackgroundThreads()
    threads.ask("impossible", lambda: 1 / 0)
    end = time.monotonic() + 10
    while threads.working and time.monotonic() < end:
        time.sleep(0.001)
    with pytest.raises(ZeroDivisionError):
        threads.take_done()
    assert threads.pending == 0


def test_background_threads_forget_what_nobody_has_begun():
    threads: BackgroundThreads[int, bool] = BackgroundThreads()
    go = threading.Event()
    for k in range(6):
        threads.ask(k, lambda: go.wait(10))
    threads.forget()
    assert threads.pending <= 2
    go.set()
    end = time.monotonic() + 10
    while threads.pending and time.monotonic() < end:
        threads.take_done()
        time.sleep(0.001)
    assert threads.pending == 0


def test_what_was_pointed_at_is_forgotten_with_its_graph(canvas, qtbot):
    """Its numbers of nodes and edges mean others, or none, in the next graph."""
    topology = fake_topology("deep-mlp:3")
    count = len(topology.nodes)
    behind = dataclasses.replace(topology.nodes[-1], index=count, id=count, group=())
    canvas.show_topology(dataclasses.replace(topology, nodes=(*topology.nodes, behind)))
    canvas.show_frame(fake_frame(canvas.topology, step=3))
    canvas.view._point_at(canvas.scene.item_for_node(count))
    assert canvas.legend.legend.hovered is not None
    canvas.show_order(topology)
    canvas.show_frame(fake_frame(topology, step=3))
    assert canvas.view.under is None
    assert canvas.legend.legend.hovered is None


def test_a_frame_of_another_graph_is_not_shown():
    """Neither that of another system nor that of the same one with gradient nodes behind it."""
    topology, other = fake_topology("deep-mlp:3"), fake_topology("deep-mlp:3", generation=2)
    longer = fake_topology("deep-mlp:4")
    scene = GraphScene(Palette(LIGHT))
    scene.build(summarise(topology, frozenset()))
    before = scene.tones
    for wrong in (other, longer):
        scene.show_frame(fake_frame(wrong, step=3), MagnitudeScale())
        assert scene.tones is before
        assert scene.frame is None
    scene.show_frame(fake_frame(topology, step=3), MagnitudeScale())
    assert scene.tones is not None
    assert scene.tones is not before
    assert scene.tones.visible is scene.visible
