"""A quick layered layout of our own: shown at once, and where Graphviz is missing or too slow.

Every open group is laid out by itself and then stands as one box in the level around it, so
frames never overlap and never hold a stranger. Ranks by longest path, order by barycentres.
Weights that many boxes share stand above them and reach them along lanes; the inputs of later time
steps stand below their steps.
"""

from collections.abc import Container
from dataclasses import dataclass

from gui.canvas.nesting import frames_around, late_inputs, shared_leaves
from gui.canvas.picture import (
    FRAME_PADDING,
    TITLE_HEIGHT,
    Curve,
    Picture,
    Placement,
    Point,
    Rect,
)

SWEEPS = 4
# How far before its target an edge leaves its lane.
DROP = 16.0
Item = tuple[str, int]  # ("box" | "frame", index)


@dataclass
class _Level:
    """One frame's content (or the whole picture's), relative to its own top left corner."""

    places: dict[Item, Point]
    width: float
    height: float


def quick_layout(picture: Picture) -> Placement:
    """Return a placement in milliseconds; deterministic."""
    levels: dict[int | None, _Level] = {None: _Level({}, 0, 0)}
    chains = [frames_around(picture, box.cluster) for box in picture.boxes]
    late, shared = late_inputs(picture), shared_leaves(picture)
    depths = {k: len(frames_around(picture, k)) for k in range(len(picture.frames))}
    sizes: dict[Item, Point] = {
        ("box", k): (box.width, box.height) for k, box in enumerate(picture.boxes)
    }
    inside = _inside(picture, chains, late)
    for frame in sorted(depths, key=lambda k: -depths[k]):
        level = _lay_out(picture, *inside[frame], sizes, shared)
        levels[frame] = level
        width = max(level.width, picture.frames[frame].title_width) + 2 * FRAME_PADDING
        height = level.height + 2 * FRAME_PADDING + TITLE_HEIGHT
        sizes["frame", frame] = (width, height)
    levels[None] = _lay_out(picture, *inside[None], sizes, shared)
    centres, frames = _resolve(picture, levels, sizes)
    _place_late(picture, late, centres, frames)
    ordered = tuple(centres[k] for k in range(len(picture.boxes)))
    curves = _curves(picture, ordered, shared)
    return Placement(ordered, curves, tuple(frames[k] for k in range(len(frames))), "quick")


def _inside(
    picture: Picture, chains: list[tuple[int, ...]], left_out: Container[int]
) -> dict[int | None, tuple[dict[Item, None], set[tuple[Item, Item]]]]:
    """Return what lies directly in each frame, and which of it is linked; None is the picture.

    A link counts once: in the innermost frame that holds both of its ends.
    """
    found: dict[int | None, tuple[dict[Item, None], set[tuple[Item, Item]]]] = {
        frame: ({}, set()) for frame in (*range(len(picture.frames)), None)
    }
    for k, chain in enumerate(chains):
        item: Item = ("box", k)
        for frame in chain:
            found[frame][0].setdefault(item)
            item = ("frame", frame)
        if k not in left_out:
            found[None][0].setdefault(item)
    for link in picture.links:
        source, target = chains[link.source], chains[link.target]
        around = next((frame for frame in source if frame in target), None)
        ends = (_below(around, k, chains[k]) for k in (link.source, link.target))
        found[around][1].add((next(ends), next(ends)))
    return found


def _below(frame: int | None, box: int, chain: tuple[int, ...]) -> Item:
    """Return what holds a box directly in a frame around it: an inner frame, or itself."""
    depth = len(chain) if frame is None else chain.index(frame)
    return ("frame", chain[depth - 1]) if depth else ("box", box)


def _lay_out(
    picture: Picture,
    inside: dict[Item, None],
    linked: set[tuple[Item, Item]],
    sizes: dict[Item, Point],
    shared: set[int],
) -> _Level:
    """Place the boxes and inner frames that lie directly in one frame."""
    raised = [item for item in inside if item[0] == "box" and item[1] in shared]
    items = [item for item in inside if item not in raised]
    order = {item: k for k, item in enumerate(items)}
    links = {(a, b) for a, b in linked if a in order and b in order and order[a] < order[b]}
    before: dict[Item, list[Item]] = {item: [] for item in items}
    after: dict[Item, list[Item]] = {item: [] for item in items}
    for a, b in sorted(links, key=lambda link: (order[link[0]], order[link[1]])):
        before[b].append(a)
        after[a].append(b)
    ranks = _ranked(items, before, after)
    _sort_ranks(ranks, before, after)
    level = _placed(picture, ranks, before, after, sizes)
    return _with_raised(picture, level, raised, sizes) if raised else level


def _with_raised(
    picture: Picture, level: _Level, raised: list[Item], sizes: dict[Item, Point]
) -> _Level:
    """Put what is shared above the left end of a level."""
    left = max(sizes[item][0] for item in raised) + picture.rank_gap
    top = sum(sizes[item][1] + picture.node_gap for item in raised)
    places = {item: (x + left, y + top) for item, (x, y) in level.places.items()}
    y = 0.0
    for item in raised:
        places[item] = (0.0, y)
        y += sizes[item][1] + picture.node_gap
    return _Level(places, level.width + left, level.height + top)


def _ranked(
    items: list[Item], before: dict[Item, list[Item]], after: dict[Item, list[Item]]
) -> list[list[Item]]:
    """Longest-path ranks; what has nothing before it moves next to what needs it first."""
    rank: dict[Item, int] = {}
    for item in items:
        rank[item] = max((rank[a] + 1 for a in before[item]), default=0)
    for item in items:
        if not before[item] and after[item]:
            rank[item] = min(rank[b] for b in after[item]) - 1
    rows: list[list[Item]] = [[] for _ in range(max(rank.values(), default=-1) + 1)]
    for item in items:
        rows[rank[item]].append(item)
    return [row for row in rows if row]


def _sort_ranks(
    ranks: list[list[Item]], before: dict[Item, list[Item]], after: dict[Item, list[Item]]
) -> None:
    """Order the items of each rank by the mean place of their neighbours, to and fro."""
    place = {item: float(k) for rank in ranks for k, item in enumerate(rank)}
    for sweep in range(SWEEPS):
        around, rows = (before, ranks) if sweep % 2 == 0 else (after, ranks[::-1])
        for rank in rows:
            means = {
                item: sum(place[n] for n in around[item]) / len(around[item])
                if around[item]
                else place[item]
                for item in rank
            }
            rank.sort(key=means.__getitem__)
            place.update((item, float(k)) for k, item in enumerate(rank))


def _placed(
    picture: Picture,
    ranks: list[list[Item]],
    before: dict[Item, list[Item]],
    after: dict[Item, list[Item]],
    sizes: dict[Item, Point],
) -> _Level:
    """Give columns their x, and items a y near their neighbours' without overlaps."""
    centre: dict[Item, float] = {}
    for rank in ranks:
        y = 0.0
        for item in rank:
            centre[item] = y + sizes[item][1] / 2
            y += sizes[item][1] + picture.node_gap
    for sweep in range(SWEEPS):
        around, rows = (before, ranks) if sweep % 2 == 0 else (after, ranks[::-1])
        for rank in rows:
            wanted = [
                sum(centre[n] for n in around[i]) / len(around[i]) if around[i] else centre[i]
                for i in rank
            ]
            _spread(picture, rank, wanted, centre, sizes)
    top = min((centre[i] - sizes[i][1] / 2 for i in centre), default=0.0)
    bottom = max((centre[i] + sizes[i][1] / 2 for i in centre), default=0.0)
    places: dict[Item, Point] = {}
    x = 0.0
    for rank in ranks:
        width = max(sizes[item][0] for item in rank)
        for item in rank:
            places[item] = (
                x + (width - sizes[item][0]) / 2,
                centre[item] - sizes[item][1] / 2 - top,
            )
        x += width + picture.rank_gap
    return _Level(places, max(0.0, x - picture.rank_gap), bottom - top)


def _spread(
    picture: Picture,
    rank: list[Item],
    wanted: list[float],
    centre: dict[Item, float],
    sizes: dict[Item, Point],
) -> None:
    """Move a rank's items to where they want to be, then apart, keeping their mean."""
    edge = float("-inf")
    for item, y in zip(rank, wanted, strict=True):
        half = sizes[item][1] / 2
        centre[item] = max(y, edge + half)
        edge = centre[item] + half + picture.node_gap
    shift = (sum(wanted) - sum(centre[item] for item in rank)) / max(1, len(rank))
    for item in rank:
        centre[item] += shift


def _resolve(
    picture: Picture, levels: dict[int | None, _Level], sizes: dict[Item, Point]
) -> tuple[dict[int, Point], dict[int, Rect]]:
    """Turn places within levels into the boxes' centres and the frames in the picture."""
    origin: dict[int | None, Point] = {None: (0.0, 0.0)}
    frames: dict[int, Rect] = {}
    centres: dict[int, Point] = {}
    waiting: list[int | None] = [None]
    while waiting:
        level = waiting.pop()
        left, top = origin[level]
        for (kind, k), (x, y) in levels[level].places.items():
            width, height = sizes[kind, k]
            if kind == "box":
                centres[k] = (left + x + width / 2, top + y + height / 2)
            else:
                frames[k] = (left + x, top + y, width, height)
                slack = width - 2 * FRAME_PADDING - levels[k].width
                origin[k] = (
                    left + x + FRAME_PADDING + slack / 2,
                    top + y + FRAME_PADDING + TITLE_HEIGHT,
                )
                waiting.append(k)
    return centres, frames


def _place_late(
    picture: Picture, late: dict[int, int], centres: dict[int, Point], frames: dict[int, Rect]
) -> None:
    """Put the inputs of later steps below the frames, each left of the box that takes it."""
    bottoms = [y + height for _, y, _, height in frames.values()]
    bottoms += [y + picture.boxes[k].height / 2 for k, (_, y) in centres.items()]
    edge = float("-inf")
    for k in sorted(late, key=lambda k: centres[late[k]]):
        box, target = picture.boxes[k], late[k]
        x = centres[target][0] - picture.boxes[target].width / 2 - picture.rank_gap / 2
        x = max(x - box.width / 2, edge + picture.node_gap / 2 + box.width / 2)
        centres[k] = (x, max(bottoms) + picture.node_gap + box.height / 2)
        edge = x + box.width / 2


def _curves(picture: Picture, centres: tuple[Point, ...], shared: set[int]) -> tuple[Curve, ...]:
    """Straight from box to box, but from what is shared along a lane for each target."""
    lanes: dict[int, list[int]] = {source: [] for source in shared}
    for link in picture.links:
        if link.source in shared:
            lanes[link.source].append(link.target)
    for targets in lanes.values():
        targets.sort(key=lambda k: -centres[k][0])
    curves = []
    for link in picture.links:
        curve = _curve(picture, centres, link.source, link.target)
        if link.source in shared:
            targets = lanes[link.source]
            height = picture.boxes[link.source].height
            share = (targets.index(link.target) + 0.5) / len(targets) - 0.5
            curve = _along_a_lane(curve, centres[link.source][1] + share * height)
        curves.append(curve)
    return tuple(curves)


def _along_a_lane(curve: Curve, lane: float) -> Curve:
    """Lead a curve along y = ``lane`` for as long as it can stay above what lies between."""
    (x0, y0), (x1, y1) = curve[0], curve[-1]
    if x1 - x0 < 4 * DROP:
        return curve
    out, drop = x0 + 2 * DROP, x1 - 2 * DROP
    return (
        (x0, y0), (x0 + DROP, y0), (out - DROP, lane), (out, lane),
        (out + (drop - out) / 3, lane), (drop - (drop - out) / 3, lane), (drop, lane),
        (x1 - DROP / 2, lane), (x1 - 1.5 * DROP, y1), (x1, y1),
    )  # fmt: skip


def _curve(picture: Picture, centres: tuple[Point, ...], source: int, target: int) -> Curve:
    (x0, y0), (x1, y1) = centres[source], centres[target]
    x0 += picture.boxes[source].width / 2
    x1 -= picture.boxes[target].width / 2
    bend = max(24.0, abs(x1 - x0) * 0.45)
    return ((x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1))
