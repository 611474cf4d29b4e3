"""A quick layered layout of our own: shown at once, and where Graphviz is missing or too slow.

Every open group is laid out by itself and then stands as one box in the level around it, so
frames never overlap and never hold a stranger. Ranks by longest path, order by barycentres.
"""

from dataclasses import dataclass

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
    chains = [_chain(picture, box.cluster) for box in picture.boxes]
    depths = {k: len(_chain(picture, k)) for k in range(len(picture.frames))}
    sizes: dict[Item, Point] = {
        ("box", k): (box.width, box.height) for k, box in enumerate(picture.boxes)
    }
    for frame in sorted(depths, key=lambda k: -depths[k]):
        level = _lay_out(picture, frame, chains, sizes)
        levels[frame] = level
        width = max(level.width, picture.frames[frame].title_width) + 2 * FRAME_PADDING
        height = level.height + 2 * FRAME_PADDING + TITLE_HEIGHT
        sizes["frame", frame] = (width, height)
    levels[None] = _lay_out(picture, None, chains, sizes)
    return _resolve(picture, levels, sizes)


def _chain(picture: Picture, frame: int | None) -> tuple[int, ...]:
    """The frames around a place, innermost first."""
    found: list[int] = []
    while frame is not None:
        found.append(frame)
        frame = picture.frames[frame].parent
    return tuple(found)


def _lay_out(
    picture: Picture,
    frame: int | None,
    chains: list[tuple[int, ...]],
    sizes: dict[Item, Point],
) -> _Level:
    """Place the boxes and inner frames that lie directly in ``frame``."""
    lifted: list[Item | None] = []
    for k, chain in enumerate(chains):
        if frame is None:
            lifted.append(("frame", chain[-1]) if chain else ("box", k))
        elif frame in chain:
            inner = chain.index(frame)
            lifted.append(("frame", chain[inner - 1]) if inner else ("box", k))
        else:
            lifted.append(None)
    items = list(dict.fromkeys(item for item in lifted if item is not None))
    order = {item: k for k, item in enumerate(items)}
    links = {
        (a, b)
        for link in picture.links
        if (a := lifted[link.source]) is not None
        and (b := lifted[link.target]) is not None
        and order[a] < order[b]
    }
    before: dict[Item, list[Item]] = {item: [] for item in items}
    after: dict[Item, list[Item]] = {item: [] for item in items}
    for a, b in sorted(links, key=lambda link: (order[link[0]], order[link[1]])):
        before[b].append(a)
        after[a].append(b)
    ranks = _ranked(items, before, after)
    _sort_ranks(ranks, before, after)
    return _placed(picture, ranks, before, after, sizes)


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
) -> Placement:
    """Turn places within levels into places in the picture, and draw the curves."""
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
    ordered = tuple(centres[k] for k in range(len(picture.boxes)))
    curves = tuple(_curve(picture, ordered, link.source, link.target) for link in picture.links)
    return Placement(ordered, curves, tuple(frames[k] for k in range(len(frames))), "quick")


def _curve(picture: Picture, centres: tuple[Point, ...], source: int, target: int) -> Curve:
    (x0, y0), (x1, y1) = centres[source], centres[target]
    x0 += picture.boxes[source].width / 2
    x1 -= picture.boxes[target].width / 2
    bend = max(24.0, abs(x1 - x0) * 0.45)
    return ((x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1))
