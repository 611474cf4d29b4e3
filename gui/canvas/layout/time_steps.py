"""The layout of unrolled networks: time to the right, inputs from below, weights from above."""

from collections.abc import Mapping
from itertools import pairwise

from gui.canvas.layout.curves import rounded, straight
from gui.canvas.layout.levels import Level
from gui.canvas.layout.model import Curve, LayoutInput, Point, Rect
from gui.canvas.layout.nesting import Item

# Distance before its target at which an edge leaves its lane, and the radius of its turn.
DROP = 16.0
ROUND = 14.0
# With more boxes side by side their edges from a lane cannot be told apart.
MOST_BESIDE = 200


def raised(graph: LayoutInput, level: Level, above: list[Item], sizes: dict[Item, Point]) -> Level:
    """Put the shared leaves above the left end of a level.

    Where time steps are side by side their edges come down on each; else from the left.
    """
    left = 0.0
    if any(kind == "frame" for kind, _ in level.places) or _stacked(level, sizes):
        left = max(sizes[item][0] for item in above) + graph.rank_gap
    top = sum(sizes[item][1] + graph.node_gap for item in above)
    found = level.moved(left, top)
    if left:  # incoming links pass below the shared leaves
        for link in found.entering:
            found.stretches.setdefault(link, []).insert(0, (0.0, left, found.ports[link]))
    y = 0.0
    for item in above:
        found.places[item] = (0.0, y)
        found.width = max(found.width, sizes[item][0])
        y += sizes[item][1] + graph.node_gap
    return found


def _stacked(level: Level, sizes: dict[Item, Point]) -> bool:
    spans = sorted((x, x + sizes[item][0]) for item, (x, _) in level.places.items())
    return any(b[0] < a[1] for a, b in pairwise(spans))


def place_below(
    graph: LayoutInput,
    below: Mapping[int, int],
    centres: dict[int, Point],
    frames: dict[int, Rect],
) -> None:
    """Put the inputs of time steps below the frames, each under the step that uses it."""
    if not below:
        return
    boxes = graph.boxes
    across: dict[int, float] = {}
    edge = float("-inf")
    for k in sorted(below, key=lambda k: (centres[below[k]][0], k)):
        target = below[k]
        x = centres[target][0]
        if not _free_below(graph, target, centres):
            x -= (boxes[target].width + graph.rank_gap) / 2
        x = across[k] = max(x, edge + graph.node_gap / 2 + boxes[k].width / 2)
        edge = x + boxes[k].width / 2
    left = min(x - boxes[k].width / 2 for k, x in across.items()) - graph.node_gap
    right = edge + graph.node_gap
    bottoms = [y + h for x, y, w, h in frames.values() if x < right and x + w > left]
    bottoms += [
        y + boxes[k].height / 2
        for k, (x, y) in centres.items()
        if x - boxes[k].width / 2 < right and x + boxes[k].width / 2 > left
    ]
    top = max(bottoms) + graph.node_gap
    centres.update((k, (x, top + boxes[k].height / 2)) for k, x in across.items())


def _free_below(graph: LayoutInput, box: int, centres: Mapping[int, Point]) -> bool:
    """Whether no box in a frame is below a box."""
    x, y = centres[box]
    return not any(
        below[1] > y and abs(below[0] - x) < graph.boxes[k].width / 2 + 4
        for k, below in centres.items()
        if graph.boxes[k].cluster is not None
    )


def up_to(graph: LayoutInput, centres: tuple[Point, ...], number: int) -> Curve:
    """Return the curve from an input straight up to the step above, or around to its left side."""
    link = graph.links[number]
    source, target = graph.boxes[link.source], graph.boxes[link.target]
    (x0, y0), (x1, y1) = centres[link.source], centres[link.target]
    start = (x0, y0 - source.height / 2)
    if abs(x1 - x0) < target.width / 2 - 4:
        end = (x0, y1 + (target.cap or target.height / 2))
        return (start, *straight(start, end))
    left = (x1 - target.width / 2, y1)
    if x0 < left[0] - 4.0:
        return (start, (x0, (start[1] + y1) / 2), ((x0 + left[0]) / 2, y1), left)
    bend = max(24.0, abs(left[0] - x0) * 0.45)
    begin = (x0 + source.width / 2, y0)
    return (begin, (begin[0] + bend, y0), (left[0] - bend, y1), left)


def from_shared(graph: LayoutInput, centres: tuple[Point, ...], number: int) -> Curve:
    """Return the curve from shared weights along a lane to the target's top or left side."""
    link = graph.links[number]
    source, target = graph.boxes[link.source], graph.boxes[link.target]
    (x0, y0), (x1, y1) = centres[link.source], centres[link.target]
    above = y1 - target.height / 2 > y0 + source.height / 2
    beside = above and _free_above(graph, centres, link.source, link.target)
    if beside and abs(x1 - x0) < source.width / 2 - 4:
        under, top = (x1, y0 + source.height / 2), (x1, y1 - target.height / 2)
        return (under, *straight(under, top))
    start = (x0 + source.width / 2, y0)
    lane = y0 + _share(graph, centres, number) * source.height
    if beside and x1 - start[0] > DROP + ROUND:
        return _down_on(start, lane, (x1, y1 - (target.cap or target.height / 2)))
    end = (x1 - target.width / 2, y1)
    if end[0] - start[0] >= 4 * DROP:
        return _along_a_lane(start, lane, end)
    # Boxes in the column beside it share one vertical line, from which each edge turns off.
    turn = max((start[0] + end[0]) / 2, end[0] - DROP)
    return (start, *rounded(start, [(turn, y0), (turn, y1)], end))


def _share(graph: LayoutInput, centres: tuple[Point, ...], number: int) -> float:
    """Return the lane's place on the source's side, −½ to ½: the farther it leads, the higher."""
    mine = graph.links[number]
    lanes = [k for k, link in enumerate(graph.links) if link.source == mine.source]
    lanes.sort(key=lambda k: (-centres[graph.links[k].target][0], k))
    return (lanes.index(number) + 0.5) / len(lanes) - 0.5


def _free_above(graph: LayoutInput, centres: tuple[Point, ...], source: int, box: int) -> bool:
    """Whether a box is in the shared leaf's frame with no box between it and the lanes."""
    around = graph.boxes[source].cluster
    beside = [k for k, other in enumerate(graph.boxes) if other.cluster == around]
    if graph.boxes[box].cluster != around or len(beside) > MOST_BESIDE:
        return False
    x, y = centres[box]
    return not any(
        k not in (box, source)
        and centres[k][1] < y
        and abs(centres[k][0] - x) < graph.boxes[k].width / 2 + 4
        for k in beside
    )


def _down_on(start: Point, lane: float, end: Point) -> Curve:
    """Return the curve out to the lane, along it, and straight down."""
    (x0, y0), (x1, y1) = start, end
    out, turn = x0 + DROP, x1 - ROUND
    third = (turn - out) / 3
    fall = (y1 - lane - ROUND) / 3
    return (
        (x0, y0), (x0 + DROP / 2, y0), (out - DROP / 2, lane), (out, lane),
        (out + third, lane), (turn - third, lane), (turn, lane),
        (x1 - ROUND / 2, lane), (x1, lane + ROUND / 2), (x1, lane + ROUND),
        (x1, lane + ROUND + fall), (x1, y1 - fall), (x1, y1),
    )  # fmt: skip


def _along_a_lane(start: Point, lane: float, end: Point) -> Curve:
    """Return the curve along y = ``lane`` for as long as possible, above the boxes between."""
    (x0, y0), (x1, y1) = start, end
    out, drop = x0 + 2 * DROP, x1 - DROP
    begin = ((x0, y0), (x0 + DROP, y0), (out - DROP, lane), (out, lane))
    return (*begin, *rounded(begin[-1], [(drop, lane), (drop, y1)], end))
