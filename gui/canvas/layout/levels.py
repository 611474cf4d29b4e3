"""Levels: the items directly inside one frame (or the graph), which are placed by themselves.

A frame is one box in the level around it. Inner levels come first, so that the heights at which
links enter and leave are known and a chain of operations is a straight line through its frames.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from gui.canvas.layout.model import FRAME_PADDING, TITLE_HEIGHT, LayoutInput, Point
from gui.canvas.layout.nesting import Item
from gui.canvas.layout.ranks import IN, OUT, POINT, Ranking, Wire, ranked, sort_ranks, steps_of

SWEEPS = 6
# Weights of a link's pull on its ends: on the trunk, factor where it passes ranks, else.
TRUNK, PASSING, LEAF = 30.0, 8.0, 0.03
POINT_HEIGHT = 6.0
# Smaller moves cannot be seen.
STILL = 0.25
# A horizontal stretch of a link: from x, to x, y.
Stretch = tuple[float, float, float]
# A pull on an item: by which other one, its weight, and how far above the other's middle.
Pull = tuple[Item, float, float]


@dataclass
class Level:
    """One frame's content (or the whole graph's), relative to its own top left corner.

    ``places`` are the items' upper left corners; ``stretches`` by link where it passes beside
    items; ``ports`` by link the height at which it enters or leaves, ``entering`` which enter.
    """

    places: dict[Item, Point] = field(default_factory=dict)
    width: float = 0.0
    height: float = 0.0
    stretches: dict[int, list[Stretch]] = field(default_factory=dict)
    ports: dict[int, float] = field(default_factory=dict)
    entering: set[int] = field(default_factory=set)

    def moved(self, across: float, down: float) -> "Level":
        """Return the level with room to the left and above."""
        return Level(
            {item: (x + across, y + down) for item, (x, y) in self.places.items()},
            self.width + across,
            self.height + down,
            {
                link: [(a + across, b + across, y + down) for a, b, y in stretches]
                for link, stretches in self.stretches.items()
            },
            {link: y + down for link, y in self.ports.items()},
            self.entering,
        )


@dataclass
class Placer:
    """Places levels, inner ones first; holds the sizes and ports of those placed so far."""

    graph: LayoutInput
    sizes: dict[Item, Point]
    levels: dict[int | None, Level] = field(default_factory=dict)

    def place(
        self, items: list[Item], wires: list[Wire], gap: float, *, in_line: bool = False
    ) -> Level:
        """Return the level of these items, its columns ``gap`` apart.

        Items in ``in_line`` (time steps) are aligned at the top, whichever state they pass on.
        """
        found = ranked(items, wires)
        steps = steps_of(found)
        sort_ranks(found, steps)
        centres = self._heights(found, self._pulls(steps, in_line))
        top = min((centres[i] - self._height(i) / 2 for i in items), default=0.0)
        bottom = max((centres[i] + self._height(i) / 2 for i in items), default=0.0)
        level = Level(height=bottom - top)
        columns = self._columns(found, level, gap)
        for item in items:
            left, right = columns[found.of[item]]
            x = (left + right - self.sizes[item][0]) / 2
            level.places[item] = (x, centres[item] - self._height(item) / 2 - top)
        for wire in found.ahead:
            points = found.points[wire]
            level.stretches[wire.link] = [
                (*columns[found.of[point]], centres[point] - top) for point in points
            ]
            if wire.source[0] == IN:
                level.entering.add(wire.link)
                level.ports[wire.link] = self._end(points[:1], wire.target, wire, centres) - top
            elif wire.target[0] == OUT:
                level.ports[wire.link] = self._end(points[-1:], wire.source, wire, centres) - top
        return level

    def _end(self, points: list[Item], item: Item, wire: Wire, centres: dict[Item, float]) -> float:
        """Return a link's y at the level's edge: that of its outermost point, or of its item."""
        if points:
            return centres[points[0]]
        return centres[item] + self._offset(item, wire.link)

    def _height(self, item: Item) -> float:
        return POINT_HEIGHT if item[0] == POINT else self.sizes[item][1]

    def _offset(self, item: Item, link: int) -> float:
        """Return where a link meets an item, from the item's middle downwards."""
        if item[0] != "frame":
            return 0.0
        inside = self.levels[item[1]].ports.get(link)
        if inside is None:
            return 0.0
        return FRAME_PADDING + TITLE_HEIGHT + inside - self.sizes[item][1] / 2

    def _pulls(
        self, steps: list[tuple[Item, Item, Wire]], in_line: bool
    ) -> tuple[dict[Item, list[Pull]], ...]:
        """Return by item its pulls from the left and from the right: (other, weight, distance)."""
        before: dict[Item, list[Pull]] = {}
        after: dict[Item, list[Pull]] = {}
        boxes, links = self.graph.boxes, self.graph.links
        for a, b, wire in steps:
            link = links[wire.link]
            trunk = boxes[link.source].trunk and boxes[link.target].trunk
            weight = TRUNK if trunk else LEAF
            weight *= PASSING if a[0] == POINT and b[0] == POINT else 1.0
            apart = self._offset(a, wire.link) - self._offset(b, wire.link)
            if in_line and a[0] == b[0] == "frame":
                apart = (self.sizes[b][1] - self.sizes[a][1]) / 2  # tops in line
            before.setdefault(b, []).append((a, weight, apart))
            after.setdefault(a, []).append((b, weight, -apart))
        return _straight(before), _straight(after)

    def _heights(
        self,
        found: Ranking,
        pulls: tuple[dict[Item, list[Pull]], ...],
    ) -> dict[Item, float]:
        """Return each item's and point's y, near its neighbours' and without overlaps."""
        before, after = pulls
        gap = self.graph.node_gap
        centres: dict[Item, float] = {}
        for rank in found.ranks:
            y = 0.0
            for item in rank:
                centres[item] = y + self._height(item) / 2
                y += self._height(item) + gap
        halves = {item: self._height(item) / 2 for item in centres}
        for sweep in range(SWEEPS):
            side, ranks = (before, found.ranks) if sweep % 2 == 0 else (after, found.ranks[::-1])
            moved = 0.0
            for rank in ranks:
                wanted, weights = [], []
                for item in rank:
                    pulling = side.get(item, ())
                    total = sum(weight for _, weight, _ in pulling)
                    wish = sum(w * (centres[other] + apart) for other, w, apart in pulling)
                    wanted.append(wish / total if total else centres[item])
                    weights.append(total or 0.01)
                placed = spread(wanted, weights, [halves[item] for item in rank], gap)
                moved = max(moved, *(abs(y - centres[i]) for i, y in zip(rank, placed)))
                centres.update(zip(rank, placed, strict=True))
            if moved < STILL:
                break
        return centres

    def _columns(self, found: Ranking, level: Level, gap: float) -> list[tuple[float, float]]:
        """Return each rank's left and right x, and set the level's width."""
        columns = []
        x = 0.0
        for rank in found.ranks:
            width = max(self.sizes[item][0] for item in rank if item[0] != POINT)
            columns.append((x, x + width))
            x += width + gap
        level.width = max(0.0, x - gap)
        return columns


def _straight(pulls: dict[Item, list[Pull]]) -> dict[Item, list[Pull]]:
    """Keep only an item's pulls along the trunk, where it has any: the trunk is then straight."""
    return {
        item: [one for one in pulling if one[1] >= TRUNK] or pulling
        for item, pulling in pulls.items()
    }


def spread(
    wanted: Sequence[float], weights: Sequence[float], halves: Sequence[float], gap: float
) -> list[float]:
    """Return the centres closest to the wanted ones, in their order, ``gap`` apart.

    Minimises Σ wₖ (yₖ − wantedₖ)² under yₖ₊₁ − yₖ ≥ halfₖ + gap + halfₖ₊₁: with these distances
    taken off it is weighted isotonic regression, done by pooling adjacent violators (Barlow et al.,
    Statistical Inference under Order Restrictions, 1972).
    """
    offset, offsets = 0.0, []
    for k, half in enumerate(halves):
        offset += half + (gap + halves[k - 1] if k else 0.0)
        offsets.append(offset)
    pools: list[tuple[float, float, int]] = []  # mean, weight, how many
    for k, wish in enumerate(wanted):
        mean, weight, count = wish - offsets[k], max(weights[k], 1e-6), 1
        while pools and pools[-1][0] > mean:
            other, more, members = pools.pop()
            mean = (mean * weight + other * more) / (weight + more)
            weight, count = weight + more, count + members
        pools.append((mean, weight, count))
    means = [mean for mean, _, count in pools for _ in range(count)]
    return [mean + off for mean, off in zip(means, offsets, strict=True)]
