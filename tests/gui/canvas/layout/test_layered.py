"""Our own layout, which is what is seen where there is no Graphviz: straight, in order, clear."""

import itertools

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.system import catalogue
from gui.canvas.graph.node_look import FRAME_TITLE, TITLE, layout_input, look_of
from gui.canvas.graph.visible import default_opened, group_paths, summarise
from gui.canvas.layout import layouts
from gui.canvas.layout.curves import bezier
from gui.canvas.layout.levels import spread
from gui.canvas.layout.model import Box, GroupFrame, LayoutInput, Link
from gui.canvas.layout.nesting import frames_around
from gui.canvas.layout.ranks import Wire, crossings, ranked, sort_ranks, steps_of
from tests.gui.canvas.layout.test_layouts import overlap, rectangles

BOTH = pytest.mark.parametrize("engine", [layouts.quick, layouts.best_now], ids=["quick", "best"])
SYSTEMS = [
    "d2l-mlp", "d2l-mlp-bias", "cs231n-add-mul", "cs231n-gates", "cs231n-sigmoid",
    "cs231n-sigmoid-op", "autodiff-xy", "single-neuron", "pytorch-241", "mindspore-mlp",
    "input-scaling", "deep-mlp", "lenet-digits", "batchnorm-mlp", "resnet-mlp", "resnet-cnn",
    "rnn-bptt", "lstm", "gru", "adding-rnn", "adding-lstm", "tree-net", "attention",
    "attention-unscaled",
]  # fmt: skip
# The canvas in a window of 1440 × 900, less the margins around the graph.
PAGE = (700.0, 471.0)


def seen(name, *, everything=False):
    topology = Observer(catalogue.load(name)).topology
    opened = frozenset(group_paths(topology)) if everything else default_opened(topology)
    visible = summarise(topology, opened)
    return visible, layout_input(visible, [look_of(topology, one) for one in visible.nodes])


def names(visible):
    """Where each visible node is in the picture, by its own or its group's last name."""
    nodes = visible.topology.nodes
    return {
        one.group[-1] if one.group else nodes[one.members[0]].symbol: one.index
        for one in visible.nodes
    }


@BOTH
@pytest.mark.parametrize("name", SYSTEMS)
def test_every_system_is_readable_at_first(qapp, engine, name):
    visible, picture = seen(name)
    placement = engine(picture)
    frames = [(x, y, x + w, y + h) for x, y, w, h in placement.frames]
    rects = np.array([*rectangles(picture, placement), *frames])
    points = np.array([p for curve in placement.curves for p in curve])
    low = np.minimum(rects[:, :2].min(axis=0), points.min(axis=0))
    high = np.maximum(rects[:, 2:].max(axis=0), points.max(axis=0))
    zoom = float(min(PAGE / (high - low)))
    titled = visible.clusters or any(one.group for one in visible.nodes)
    assert zoom * TITLE > 9.0
    assert not titled or zoom * FRAME_TITLE > 8.7


@BOTH
def test_time_steps_stand_in_the_order_of_time(qapp, engine):
    visible, picture = seen("lstm")
    place = names(visible)
    placement = engine(picture)
    for letter in ("t{}", "x{}"):
        subscripts = str.maketrans("12345678", "₁₂₃₄₅₆₇₈")
        of = [place.get(letter.format(k), place.get(f"x{k}".translate(subscripts), -1))
              for k in range(1, 9)]  # fmt: skip
        assert -1 not in of
        xs = [placement.centres[k][0] for k in of]
        assert xs == sorted(xs)
        assert len({placement.centres[k][1] for k in of}) == 1


@BOTH
def test_a_tree_has_its_leaves_in_order_and_its_weights_above_them(qapp, engine):
    visible, picture = seen("tree-net")
    place = names(visible)
    placement = engine(picture)
    for letter in ("leaf{}", "x{}"):
        subscripts = str.maketrans("123456", "₁₂₃₄₅₆")
        of = [place.get(letter.format(k), place.get(f"x{k}".translate(subscripts), -1))
              for k in range(1, 7)]  # fmt: skip
        assert -1 not in of
        ys = [placement.centres[k][1] for k in of]
        assert ys == sorted(ys)
    weights = placement.centres[place["weights"]]
    assert weights[1] < placement.centres[place["leaf1"]][1]
    rects = list(rectangles(picture, placement))
    assert not any(overlap(a, b) for a, b in itertools.combinations(rects, 2))


@pytest.mark.parametrize("name", ["deep-mlp", "lenet-digits", "resnet-mlp"])
def test_what_computes_stands_in_a_line_within_a_row(qapp, name):
    """A chain of operations passes frames without a bend, though weights stand beside it."""
    _, picture = seen(name, everything=True)
    placement = layouts.quick(picture)
    after: dict[int, set[int]] = {}
    before: dict[int, set[int]] = {}
    for link in picture.links:
        if picture.boxes[link.source].trunk and picture.boxes[link.target].trunk:
            after.setdefault(link.source, set()).add(link.target)
            before.setdefault(link.target, set()).add(link.source)
    straight = [
        (a, b)
        for a, (b, *others) in after.items()
        if not others and len(before[b]) == 1
        and placement.centres[b][0] > placement.centres[a][0]
    ]  # fmt: skip
    assert len(straight) > 8
    for a, b in straight:
        assert abs(placement.centres[a][1] - placement.centres[b][1]) < 1.5


@pytest.mark.parametrize("name", ["d2l-mlp-bias", "resnet-mlp", "batchnorm-mlp", "attention"])
def test_edges_pass_beside_what_they_do_not_reach(qapp, name):
    _, picture = seen(name, everything=True)
    placement = layouts.quick(picture)
    rects = np.array(list(rectangles(picture, placement)))
    inner = rects + np.array([3.0, 3.0, -3.0, -3.0])
    for link, curve in zip(picture.links, placement.curves, strict=True):
        cubics = np.array([curve[k : k + 4] for k in range(0, len(curve) - 1, 3)])
        x, y = bezier(cubics, np.linspace(0, 1, 9)).reshape(-1, 2).T
        for k, (left, top, right, bottom) in enumerate(inner):
            if k not in (link.source, link.target):
                hit = (left < x) & (x < right) & (top < y) & (y < bottom)
                assert not hit.any(), (link, k)


@pytest.mark.parametrize("seed", range(6))
def test_spread_is_the_closest_arrangement(seed):
    """Against projected gradient descent on the same convex problem."""
    rng = np.random.default_rng(seed)
    wanted, weights = rng.normal(0, 40, 6), rng.uniform(0.5, 5, 6)
    halves = rng.uniform(4, 20, 6)
    found = np.array(spread(wanted.tolist(), weights.tolist(), halves.tolist(), 3.0))
    least = halves[:-1] + halves[1:] + 3.0
    assert (np.diff(found) >= least - 1e-9).all()

    def cost(y):
        return float((weights * (y - wanted) ** 2).sum())

    for _ in range(2000):
        other = found + rng.normal(0, 2, 6) * rng.integers(0, 2, 6)
        if (np.diff(other) >= least).all():
            assert cost(other) >= cost(found) - 1e-9


def test_of_orders_without_a_crossing_the_graphs_own_stays():
    items = [("box", k) for k in range(6)]
    wires = [Wire(items[a], items[b], k) for k, (a, b) in enumerate([(0, 3), (1, 4), (2, 5)])]
    found = ranked(items, wires)
    sort_ranks(found, steps_of(found))
    assert found.ranks == [items[:3], items[3:]]
    crossed = [Wire(items[a], items[b], k) for k, (a, b) in enumerate([(0, 5), (1, 4), (2, 3)])]
    found = ranked(items, crossed)
    after = {wire.source: [wire.target] for wire in crossed}
    assert crossings(found.ranks, after) == 3
    sort_ranks(found, steps_of(found))
    assert crossings(found.ranks, after) == 0


def anything(seed):
    """A picture that nobody would draw: nested frames, gradients, edges back, whatever sizes."""
    rng = np.random.default_rng(seed)
    count = int(rng.integers(2, 40))
    orders = np.sort(rng.choice(3, count, p=[0.7, 0.2, 0.1])) * (seed % 2)
    orders -= orders[0]
    frames: list[GroupFrame] = []
    of: list[int] = []
    boxes = []
    for order in orders.tolist():
        own = [k for k, other in enumerate(of) if other == order]
        if rng.random() < 0.25:
            parent = int(rng.choice(own)) if own and rng.random() < 0.5 else None
            frames.append(GroupFrame(parent, float(rng.uniform(20, 200))))
            of.append(order)
            cluster: int | None = len(of) - 1  # no frame is empty
        else:
            cluster = int(rng.choice(own)) if own and rng.random() < 0.6 else None
        lower = np.flatnonzero(orders < order)
        origin = int(rng.choice(lower)) if len(lower) and rng.random() < 0.8 else None
        width, height = rng.uniform(20, 160), rng.uniform(20, 70)
        cap, trunk = float(rng.choice([0, 15])), bool(rng.random() < 0.7)
        boxes.append(Box(width, height, cluster, cap, trunk, order, origin))
    pairs = [sorted(rng.choice(count, 2, replace=False).tolist()) for _ in range(2 * count)]
    links = [
        Link(*(pair if rng.random() < 0.95 or orders[pair[0]] != orders[pair[1]] else pair[::-1]))
        for pair in sorted(pairs, key=lambda pair: orders[pair[1]])
    ]
    return LayoutInput(tuple(boxes), tuple(frames), tuple(links))


@pytest.mark.parametrize("engine", [layouts.quick, layouts.rough], ids=["quick", "rough"])
def test_whatever_the_picture_nothing_overlaps(engine):
    for seed in range(150):
        picture = anything(seed)
        placement = engine(picture)
        rects = list(rectangles(picture, placement))
        for a, b in itertools.combinations(rects, 2):
            assert not overlap(a, b), seed
        for k, (x, y, width, height) in enumerate(placement.frames):
            for box, (left, top, right, bottom) in zip(picture.boxes, rects, strict=True):
                if k in frames_around(picture, box.cluster):
                    assert x <= left + 0.1, seed
                    assert right <= x + width + 0.1, seed
                    assert y <= top + 0.1, seed
                    assert bottom <= y + height + 0.1, seed
                else:
                    assert not overlap((left, top, right, bottom), (x, y, x + width, y + height))
        for curve in placement.curves:
            assert len(curve) % 3 == 1
            assert np.isfinite(curve).all()


def test_a_path_around_others_has_a_way_of_its_own():
    boxes = tuple(Box(60, 40) for _ in range(5))
    links = (*(Link(k, k + 1) for k in range(4)), Link(0, 4))
    placement = layouts.quick(LayoutInput(boxes, (), links))
    ys = [y for _, y in placement.centres]
    around = max(abs(y - ys[2]) for _, y in placement.curves[4])
    assert around > 20
