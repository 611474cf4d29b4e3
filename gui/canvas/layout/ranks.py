"""Ranks (columns) of items and their order in them: the first half of a layered layout.

After Sugiyama, Tagawa and Toda, Methods for Visual Understanding of Hierarchical System
Structures, 1981: ranks by longest path, virtual points in the ranks that an edge passes, order
by barycentres.
"""

from bisect import bisect_right, insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from gui.canvas.layout.nesting import Item

SWEEPS = 6
# An edge that passes more ranks than this gets no virtual points, which would cost too much time.
FARTHEST = 24
IN, OUT, POINT = "in", "out", "point"


@dataclass(frozen=True)
class Wire:
    """A link's piece in one level: from an item or ("in", box), to an item or ("out", box)."""

    source: Item
    target: Item
    link: int


@dataclass
class Ranking:
    """Items and virtual points by rank, and by wire its points, from its source on."""

    ranks: list[list[Item]]
    of: dict[Item, int]
    points: dict[Wire, list[Item]]
    ahead: list[Wire]


def ranked(items: Sequence[Item], wires: Sequence[Wire]) -> Ranking:
    """Rank a level's items; an item without inputs is in the rank before its first user."""
    order = {item: k for k, item in enumerate(items)}
    ahead = [w for w in wires if order.get(w.source, -1) < order.get(w.target, len(order))]
    before: dict[Item, set[Item]] = {item: set() for item in items}
    after: dict[Item, set[Item]] = {item: set() for item in items}
    for wire in ahead:
        if wire.source in order and wire.target in order:
            before[wire.target].add(wire.source)
            after[wire.source].add(wire.target)
    entered = {wire.target for wire in ahead if wire.source not in order}
    of: dict[Item, int] = {}
    for item in items:
        of[item] = max((of[a] + 1 for a in before[item]), default=0)
    for item in items:
        if not before[item] and after[item] and item not in entered:
            of[item] = min(of[b] for b in after[item]) - 1
    used = {rank: k for k, rank in enumerate(sorted(set(of.values())))}
    of = {item: used[rank] for item, rank in of.items()}
    ranks: list[list[Item]] = [[] for _ in used]
    for item in items:
        ranks[of[item]].append(item)
    found = Ranking(ranks, of, {}, ahead)
    _lay_points(found)
    return found


def _lay_points(found: Ranking) -> None:
    """Give each wire a virtual point in every rank it passes; wires from one box share theirs."""
    shared: dict[tuple[Item, Item], list[Item]] = {}
    count = 0
    for wire in found.ahead:
        first = found.of.get(wire.source, -1)
        last = found.of.get(wire.target, len(found.ranks))
        if last - first > FARTHEST + 1:
            found.points[wire] = []
            continue
        ends = (wire.source, wire.target)
        if ends not in shared:
            shared[ends] = []
            for rank in range(first + 1, last):
                point = (POINT, count)
                count += 1
                found.ranks[rank].append(point)
                found.of[point] = rank
                shared[ends].append(point)
        found.points[wire] = shared[ends]


def steps_of(found: Ranking) -> list[tuple[Item, Item, Wire]]:
    """Return the pieces of wires from rank to rank: (from, to, wire)."""
    return [
        (a, b, wire)
        for wire in found.ahead
        for a, b in zip(
            (wire.source, *found.points[wire]), (*found.points[wire], wire.target), strict=True
        )
        if a in found.of and b in found.of and found.of[b] == found.of[a] + 1
    ]


def sort_ranks(found: Ranking, steps: Sequence[tuple[Item, Item, Wire]]) -> None:
    """Order each rank by its neighbours' mean place, in both directions; the best order is kept.

    Of orders with equally few crossings the first is kept; the graph's own order is tried first.
    """
    before: dict[Item, list[Item]] = {}
    after: dict[Item, list[Item]] = {}
    for a, b, _ in steps:
        before.setdefault(b, []).append(a)
        after.setdefault(a, []).append(b)
    ranks = found.ranks
    best, fewest = [list(rank) for rank in ranks], crossings(ranks, after)
    place = {item: float(k) for rank in ranks for k, item in enumerate(rank)}
    for sweep in range(SWEEPS):
        if not fewest:
            break
        around, turn = (before, ranks) if sweep % 2 == 0 else (after, ranks[::-1])
        for rank in turn:
            means = {
                item: sum(place[n] for n in around[item]) / len(around[item])
                if item in around
                else place[item]
                for item in rank
            }
            rank.sort(key=means.__getitem__)
            place.update((item, float(k)) for k, item in enumerate(rank))
        now = crossings(ranks, after)
        if now < fewest:
            best, fewest = [list(rank) for rank in ranks], now
    found.ranks = best


def crossings(ranks: Sequence[Sequence[Item]], after: dict[Item, list[Item]]) -> int:
    """Return how many pairs of edges between neighbouring ranks cross."""
    total = 0
    for rank, following in pairwise(ranks):
        place = {item: k for k, item in enumerate(following)}
        ends: list[int] = []
        for item in rank:
            mine = [place[b] for b in after.get(item, ()) if b in place]
            total += sum(len(ends) - bisect_right(ends, end) for end in mine)
            for end in mine:
                insort(ends, end)
    return total
