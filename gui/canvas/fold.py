"""Very wide placements are folded into rows.

A chain of fifty layers in one line is a hair when it is fitted to a screen. It is cut between
ranks into rows that are read like text, left to right and top to bottom; an edge that crosses
a cut runs down the margin and back through the gutter between the rows.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from gui.canvas.arrive import spread_arrivals
from gui.canvas.curves import middles, rounded, until
from gui.canvas.picture import Curve, Picture, Placement, Point, Rect

ROW_GAP = 40.0
LANE = 9.0
MARGIN = 30.0
# How much larger a folded picture must come out before it is worth a fold.
WORTH = 1.25
MOST_ROWS = 24
# Narrower pictures are read well as they are; where many edges cross, a fold only confuses.
WIDE, LOOSE = 1500.0, 3


def finish(picture: Picture, placement: Placement) -> Placement:
    """Return the placement with arrivals spread and, where it pays, folded into rows."""
    return fold(picture, spread_arrivals(picture, placement))


@dataclass
class _Rows:
    """A fold: where it is cut, and for each row its left end, top, bottom and new offset."""

    cuts: list[float]
    spans: list[tuple[float, float, float, float]]
    shifts: list[Point]
    gutters: list[int]
    width: float
    height: float

    def row_of(self, x: float) -> int:
        return bisect_left(self.cuts, x)


def fold(picture: Picture, placement: Placement) -> Placement:
    """Return the placement in the number of rows that shows it largest on a screen."""
    if not placement.centres:
        return placement
    strays = _strays(picture, placement)
    best = _rows(picture, placement, strays, [])
    if best.width < WIDE or best.width / max(best.height, 1.0) < picture.aspect * 1.5:
        return placement
    crossing = _crossings(placement)
    candidates = [gap for gap in _gaps(picture, placement) if crossing(gap) <= LOOSE]
    scale = _fit(picture, best)
    chosen = best
    for count in range(2, min(MOST_ROWS, len(candidates) + 1) + 1):
        cuts = _balanced(best.width, best.spans[0][0], candidates, count)
        rows = _rows(picture, placement, strays, cuts)
        if _fit(picture, rows) > scale * (WORTH if chosen is best else 1.03):
            chosen, scale = rows, _fit(picture, rows)
    return placement if chosen is best else _folded(picture, placement, chosen)


def _fit(picture: Picture, rows: _Rows) -> float:
    """How large the picture can be drawn on a screen of the wanted aspect and area one."""
    return min(picture.aspect / max(rows.width, 1.0), 1.0 / max(rows.height, 1.0))


def _strays(picture: Picture, placement: Placement) -> list[Rect]:
    """The places where edges run above or below both of their ends: rows keep clear of them."""
    strays = []
    for link, curve in zip(picture.links, placement.curves, strict=True):
        ends = [(picture.boxes[k], placement.centres[k]) for k in (link.source, link.target)]
        top = min(y - box.height / 2 for box, (_, y) in ends)
        bottom = max(y + box.height / 2 for box, (_, y) in ends)
        strays += [(x, y, 0.0, 0.0) for x, y in middles(curve) if not top <= y <= bottom]
    return strays


def _rects(picture: Picture, placement: Placement) -> Iterable[Rect]:
    for box, (x, y) in zip(picture.boxes, placement.centres, strict=True):
        yield (x - box.width / 2, y - box.height / 2, box.width, box.height)
    yield from placement.frames


def _gaps(picture: Picture, placement: Placement) -> list[float]:
    """The places between ranks where a cut meets no box and no frame."""
    gaps = []
    edge = -math.inf
    for x, _, width, _ in sorted(_rects(picture, placement)):
        if x > edge + 4 and edge > -math.inf:
            gaps.append((edge + x) / 2)
        edge = max(edge, x + width)
    return gaps


def _crossings(placement: Placement) -> Callable[[float], int]:
    """Return how many edges a cut at a place would have to lead through the gutter."""
    ahead = [curve for curve in placement.curves if curve[0][0] < curve[-1][0]]
    starts, ends = (sorted(curve[k][0] for curve in ahead) for k in (0, -1))
    return lambda gap: bisect_left(starts, gap) - bisect_right(ends, gap)


def _balanced(width: float, left: float, gaps: list[float], count: int) -> list[float]:
    """Choose the gaps that cut the width into ``count`` rows, the longest as short as can be."""
    low, high = width / count, width

    def filled(longest: float) -> list[float]:
        cuts, start = [], left
        for here, after in zip(gaps, [*gaps[1:], left + width], strict=True):
            if after - start > longest:
                cuts.append(here)
                start = here
        return cuts

    # The shortest row length with which that many rows are enough; rows are filled like text.
    for _ in range(24):
        middle = (low + high) / 2
        if len(filled(middle)) < count:
            high = middle
        else:
            low = middle
    return filled(high + 8.0)  # rows of equal length shall not differ by a rounding


def _rows(picture: Picture, placement: Placement, strays: list[Rect], cuts: list[float]) -> _Rows:
    rows = _Rows(cuts, [], [], [0] * len(cuts), 0.0, 0.0)
    rects: list[list[Rect]] = [[] for _ in range(len(cuts) + 1)]
    for rect in (*_rects(picture, placement), *strays):
        rects[rows.row_of(rect[0] + rect[2] / 2)].append(rect)
    for curve in placement.curves:
        first, last = rows.row_of(curve[0][0]), rows.row_of(curve[-1][0])
        if last > first:
            rows.gutters[first] += 1
    y = 0.0
    for k, inside in enumerate(rects):
        left = min(r[0] for r in inside)
        right = max(r[0] + r[2] for r in inside)
        top = min(r[1] for r in inside)
        bottom = max(r[1] + r[3] for r in inside)
        rows.spans.append((left, right, top, bottom))
        rows.shifts.append((-left, y - top))
        gutter = rows.gutters[k] * LANE if k < len(cuts) else 0.0
        y += bottom - top + ROW_GAP + gutter
        rows.width = max(rows.width, right - left)
    rows.height = y - ROW_GAP
    return rows


def _folded(picture: Picture, placement: Placement, rows: _Rows) -> Placement:
    def moved(point: Point) -> Point:
        dx, dy = rows.shifts[rows.row_of(point[0])]
        return (point[0] + dx, point[1] + dy)

    frames = []
    for x, y, width, height in placement.frames:
        dx, dy = rows.shifts[rows.row_of(x + width / 2)]
        frames.append((x + dx, y + dy, width, height))
    curves = []
    lanes = [0] * len(rows.cuts)
    for curve in placement.curves:
        first, last = rows.row_of(curve[0][0]), rows.row_of(curve[-1][0])
        if first == last:
            dx, dy = rows.shifts[first]
            curves.append(tuple((x + dx, y + dy) for x, y in curve))
        else:
            # What nothing keeps from the margin goes straight there, wherever dot had led it.
            if _free_to_the_right(picture, placement, curve[0], rows.cuts[first]):
                head: Curve = (curve[0],)
            else:
                head = until(curve, rows.cuts[first])
            curves.append(_wrapped(head, curve, rows, first, last, lanes[first]))
            lanes[first] += 1
    return Placement(
        tuple(moved(c) for c in placement.centres),
        tuple(curves),
        tuple(frames),
        placement.engine,
    )


def _free_to_the_right(picture: Picture, placement: Placement, start: Point, cut: float) -> bool:
    """Whether no box stands between a point and the cut to its right."""
    return not any(
        start[0] < x < cut and abs(y - start[1]) < box.height / 2
        for box, (x, y) in zip(picture.boxes, placement.centres, strict=True)
    )


def _wrapped(head: Curve, curve: Curve, rows: _Rows, first: int, last: int, lane: int) -> Curve:
    """Lead an edge out of its row, down the right margin, back through the gutter, and in."""
    tail = tuple(reversed(until(tuple(reversed(curve)), rows.cuts[last - 1])))
    (dx, dy), (ex, ey) = rows.shifts[first], rows.shifts[last]
    start = tuple((x + dx, y + dy) for x, y in head)
    end = tuple((x + ex, y + ey) for x, y in tail)
    bottom = rows.spans[first][3] + dy
    gutter = bottom + ROW_GAP / 2 + LANE * (lane + 0.5)
    offset = min(lane, 6) * LANE * 0.6
    right = max(start[-1][0], rows.spans[first][1] + dx) + MARGIN * 0.5 + offset
    left = min(end[0][0], 0.0) - MARGIN * 0.5 - offset
    corners = [(right, start[-1][1]), (right, gutter), (left, gutter), (left, end[0][1])]
    return (*start, *rounded(start[-1], corners, end[0]), *end[1:])
