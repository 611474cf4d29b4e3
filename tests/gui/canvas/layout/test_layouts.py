"""Layouts: nothing overlaps, the same twice, at once, and without Graphviz as well."""

import itertools
import sys
from typing import Any

import pytest

from gui.canvas.graph.node_look import layout_input, look_of
from gui.canvas.graph.visible import default_opened, opened_for, summarise
from gui.canvas.layout import layouts
from gui.canvas.layout.curves import middles
from gui.canvas.layout.model import Box, GroupFrame, LayoutInput, Link
from gui.canvas.layout.worker import LayoutWorker
from tests.gui.fakes import NAMES, fake_topology

CASES = [(name, "default") for name in NAMES] + [("deep-mlp:12", "linear4"), ("deep-mlp:9", "all")]


def picture(name, expand="default"):
    topology = fake_topology(name)
    opened = default_opened(topology) if expand == "default" else opened_for(topology, expand)
    visible = summarise(topology, opened)
    return layout_input(visible, [look_of(topology, seen) for seen in visible.nodes])


def rectangles(shape, placement):
    for box, (x, y) in zip(shape.boxes, placement.centres, strict=True):
        yield (x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2)


def overlap(a, b):
    return min(a[2], b[2]) - max(a[0], b[0]) > 0.5 and min(a[3], b[3]) - max(a[1], b[1]) > 0.5


@pytest.mark.parametrize("engine", [layouts.quick, layouts.best_now], ids=["quick", "best"])
@pytest.mark.parametrize(("name", "expand"), CASES)
def test_no_two_nodes_overlap_and_frames_hold_their_own(qapp, engine, name, expand):
    shape = picture(name, expand)
    placement = engine(shape)
    rects = list(rectangles(shape, placement))
    for a, b in itertools.combinations(rects, 2):
        assert not overlap(a, b)
    for box, (left, top, right, bottom) in zip(shape.boxes, rects, strict=True):
        for k, (x, y, width, height) in enumerate(placement.frames):
            inside = x <= left and y <= top and right <= x + width and bottom <= y + height
            if box.cluster == k:
                assert inside
            elif box.cluster is None:
                assert not overlap((left, top, right, bottom), (x, y, x + width, y + height))


@pytest.mark.parametrize("engine", [layouts.quick, layouts.best_now], ids=["quick", "best"])
def test_edges_end_on_their_target(qapp, engine):
    shape = picture("d2l-mlp")
    placement = engine(shape)
    rects = list(rectangles(shape, placement))
    for link, curve in zip(shape.links, placement.curves, strict=True):
        left, top, right, bottom = rects[link.target]
        assert len(curve) % 3 == 1
        assert left - 1 <= curve[-1][0] <= right + 1
        assert top - 1 <= curve[-1][1] <= bottom + 1
        assert curve[0][0] == pytest.approx(rects[link.source][2], abs=2)


def test_layouts_are_deterministic(qapp):
    shape = picture("deep-mlp:12", "linear4")
    assert layouts.quick(shape) == layouts.quick(shape)
    assert layouts.best_now(shape) == layouts.best_now(shape)


def test_a_chain_of_fifty_layers_fills_a_screen(qapp):
    shape = picture("deep-mlp")
    rects = list(rectangles(shape, layouts.best_now(shape)))
    width = max(r[2] for r in rects) - min(r[0] for r in rects)
    height = max(r[3] for r in rects) - min(r[1] for r in rects)
    assert 1.0 < width / height < 2.6


def unrolled(steps=6):
    """A frame of time steps in a chain with one node of weights, and an input for each step."""
    inputs, weights, states = range(steps), steps, range(steps + 1, 2 * steps + 1)
    boxes = (
        *(Box(64, 46) for _ in inputs),
        Box(80, 50, 0, trunk=False),
        *(Box(60, 50, 0) for _ in states),
        Box(90, 50),
    )
    links = [Link(weights, state) for state in states]
    links += [Link(x, state) for x, state in zip(inputs, states, strict=True)]
    links += [Link(state, state + 1) for state in states]
    return LayoutInput(boxes, (GroupFrame(None, 40),), tuple(links)), states, inputs


@pytest.mark.parametrize("engine", [layouts.quick, layouts.best_now], ids=["quick", "best"])
def test_time_runs_from_left_to_right_on_one_line_each_input_beside_its_step(engine):
    shape, states, inputs = unrolled()
    placement = engine(shape)
    places = [placement.centres[k] for k in states]
    assert [x for x, _ in places] == sorted(x for x, _ in places)
    assert max(y for _, y in places) - min(y for _, y in places) < 2
    given = [placement.centres[k][0] for k in inputs]
    assert given == sorted(given)
    assert given == pytest.approx([x for x, _ in places]), "each input right below its step"
    (_, y, _, height), weights = placement.frames[0], placement.centres[len(inputs)]
    assert all(placement.centres[k][1] > y + height for k in inputs)
    assert weights[1] < places[0][1]
    for link, curve in zip(shape.links, placement.curves, strict=True):
        if link.source in inputs:
            assert len({round(x) for x, _ in curve}) == 1, "straight up"
    rects = list(rectangles(shape, placement))
    assert not any(overlap(a, b) for a, b in itertools.combinations(rects, 2))


@pytest.mark.parametrize("engine", [layouts.quick, layouts.best_now], ids=["quick", "best"])
def test_edges_from_shared_weights_cross_no_time_step(engine):
    shape, states, _ = unrolled()
    placement = engine(shape)
    rects = list(rectangles(shape, placement))
    for link, curve in zip(shape.links, placement.curves, strict=True):
        if shape.boxes[link.source].trunk is False:
            points = middles(curve)[:-1]
            for k in set(states) - {link.target}:
                left, top, right, bottom = rects[k]
                assert not any(left < x < right and top < y < bottom for x, y in points)


def test_rows_keep_clear_of_edges_that_run_below_their_boxes():
    """A residual network in rows: the path around a block never lies on the gutter's lanes."""
    boxes = tuple(Box(160, 46) for _ in range(24))
    links = [Link(k, k + 1) for k in range(23)] + [Link(k, k + 3) for k in range(0, 21, 3)]
    shape = LayoutInput(boxes, (), tuple(links))
    placement = layouts.best_now(shape)
    rows = sorted({round(y / 20) for _, y in placement.centres})
    assert len(rows) > 1
    lows: dict[Any, Any] = {}
    for link, curve in zip(shape.links, placement.curves, strict=True):
        ends = [placement.centres[k][1] for k in (link.source, link.target)]
        if abs(ends[0] - ends[1]) < 30:
            lows.setdefault(round(ends[0]), []).extend(y for _, y in middles(curve))
    lanes = [
        y
        for link, curve in zip(shape.links, placement.curves, strict=True)
        if placement.centres[link.target][1] - placement.centres[link.source][1] > 60
        for (x, y), (x2, y2) in itertools.pairwise(curve)
        if abs(x2 - x) > 300 and abs(y2 - y) < 1
    ]
    assert lanes
    tops = sorted(lows)
    for above, below in itertools.pairwise(tops):
        between = [y for y in lanes if above < y < below]
        assert all(max(lows[above]) < y for y in between)


def test_x_times_x_is_drawn_as_two_curves_apart():
    shape = LayoutInput((Box(40, 40), Box(40, 40, cap=15)), (), (Link(0, 1), Link(0, 1)))
    first, second = layouts.quick(shape).curves
    assert abs(first[1][1] - second[1][1]) > 20
    assert first[-1] != second[-1]


def test_empty_picture():
    assert layouts.best_now(LayoutInput((), (), ())).centres == ()


def test_time_limit_falls_back(qapp, monkeypatch):
    monkeypatch.setattr(layouts, "TIME_LIMIT", 0.2)
    monkeypatch.setattr(
        layouts, "command", lambda: [sys.executable, "-c", "import time; time.sleep(30)"]
    )
    assert layouts.best_now(picture("d2l-mlp")).engine == "quick"


def test_cache_remembers_on_disk(tmp_path, qapp):
    shape = picture("d2l-mlp")
    placement = layouts.quick(shape)
    layouts.Cache(tmp_path / "layouts").put(shape, placement)
    assert layouts.Cache(tmp_path / "layouts").get(shape) == placement
    next((tmp_path / "layouts").glob("*.json")).write_text("{")
    assert layouts.Cache(tmp_path / "layouts").get(shape) is None


def test_worker_answers_the_last_question_only(qtbot):
    worker = LayoutWorker(layouts.Cache())
    heard = []
    worker.arrived.connect(lambda *answer: heard.append(answer))
    worker.ask(1, picture("deep-mlp"))
    with qtbot.waitSignal(worker.arrived, timeout=8000):
        worker.ask(2, picture("d2l-mlp"))
    qtbot.wait(100)
    assert [generation for generation, _ in heard] == [2]
    assert heard[0][1].engine == "dot"
    assert not worker.busy


def test_worker_gives_up_at_the_time_limit_and_leaves_no_process(qtbot):
    sleeper = [sys.executable, "-c", "import time; time.sleep(30)"]
    worker = LayoutWorker(layouts.Cache(), time_limit=0.2, command=lambda: sleeper)
    worker.ask(1, picture("d2l-mlp"))
    assert worker.busy
    qtbot.waitUntil(lambda: not worker.busy, timeout=4000)


def test_worker_without_graphviz_asks_once(qtbot):
    script = [sys.executable, "-c", f"import sys; sys.exit({layouts.NO_GRAPHVIZ})"]
    worker = LayoutWorker(layouts.Cache(), command=lambda: script)
    worker.ask(1, picture("d2l-mlp"))
    qtbot.waitUntil(lambda: worker.missing, timeout=4000)
    worker.ask(2, picture("d2l-mlp"))
    assert not worker.busy
