"""Folds very wide placements into rows.

A chain of fifty layers in one line is far too small when it is fitted to a screen. It is cut
between ranks into rows that are read like text, left to right and top to bottom; an edge that
crosses a cut runs down the right margin and back through the gutter between the rows.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gui.canvas.layout.curves import middles, rounded, straight, until
from gui.canvas.layout.model import Curve, LayoutInput, Placement, Point, Rect

ROW_GAP = 26.0
LANE = 9.0
MARGIN = 26.0
# A graph is folded only if it can then be drawn larger by this factor.
WORTH = 1.25
MOST_ROWS = 48
# Narrower pictures are not folded, nor are cuts made that many edges cross.
WIDE, LOOSE = 900.0, 2
# Pictures with a smaller ratio of width to height fill a screen unfolded.
FLAT = 2.25
# A graph up to this width is shown at zoom 1: folding it further would not enlarge it.
ENOUGH = 740.0


@dataclass
class _Rows:
    """A fold: the x of its cuts, and for each row its left end, top, bottom and new offset."""

    cuts: list[float]
    spans: list[tuple[float, float, float, float]]
    shifts: list[Point]
    gutters: list[int]
    gap: float
    width: float = 0.0
    height: float = 0.0

    def row_of(self, x: float) -> int:
        return bisect_left(self.cuts, x)


def row_gap(graph: LayoutInput) -> float:
    """Return the gap between two rows; larger with numbers above and below edges."""
    return max(ROW_GAP, 1.5 * graph.node_gap)


@dataclass(frozen=True)
class Folded:
    """A placement in one or more rows: by box its row, and by row its rectangle."""

    placement: Placement
    row: tuple[int, ...]
    areas: tuple[Rect, ...]


def in_rows(graph: LayoutInput, placement: Placement) -> Folded:
    """Fold a placement into the number of rows that shows it largest on a screen."""
    if not placement.centres:
        return Folded(placement, (), ())
    things = _Things.of(graph, placement)
    best = things.rows([])
    chosen = _chosen(graph, placement, things, best)
    folded = placement if chosen is best else _folded(graph, placement, chosen)
    shifts = [(0.0, 0.0)] if chosen is best else chosen.shifts
    areas = (
        (left + dx, top + dy, right - left, bottom - top)
        for (left, right, top, bottom), (dx, dy) in zip(chosen.spans, shifts, strict=True)
    )
    rows = (chosen.row_of(x) for x, _ in placement.centres)
    return Folded(folded, tuple(rows), tuple(areas))


def _chosen(graph: LayoutInput, placement: Placement, things: "_Things", best: _Rows) -> _Rows:
    if best.width < WIDE or best.width / max(best.height, 1.0) < FLAT:
        return best
    crossing = _crossings(placement)
    candidates = [gap for gap in _gaps(graph, placement) if crossing(gap) <= LOOSE]
    scale = _fit(graph, best)
    chosen = best
    # First guess of the number of rows: as if all had the height of one; the best one is near.
    about = math.sqrt(best.width / (graph.aspect * (best.height + best.gap)))
    most = min(MOST_ROWS, len(candidates) + 1, round(2 * about) + 2)
    for count in range(max(2, round(about / 2)), most + 1):
        if scale > graph.aspect / ENOUGH:
            break
        cuts = _balanced(best.width, best.spans[0][0], candidates, count)
        rows = things.rows(cuts)
        if _fit(graph, rows) > scale * (WORTH if chosen is best else 1.03):
            chosen, scale = rows, _fit(graph, rows)
    return chosen


@dataclass(frozen=True)
class _Things:
    """What rows have to hold: ``boxes`` (n, 4) as left, right, top, bottom; and edges' ends."""

    boxes: NDArray[np.float64]
    starts: NDArray[np.float64]
    ends: NDArray[np.float64]
    gap: float

    @classmethod
    def of(cls, graph: LayoutInput, placement: Placement) -> "_Things":
        rects = [*_rects(graph, placement), *_strays(graph, placement)]
        x, y, width, height = np.array(rects, float).reshape(-1, 4).T
        starts = np.array([curve[0][0] for curve in placement.curves], float)
        ends = np.array([curve[-1][0] for curve in placement.curves], float)
        boxes = np.stack([x, x + width, y, y + height], axis=1)
        return cls(boxes, starts, ends, row_gap(graph))

    def rows(self, cuts: list[float]) -> _Rows:
        """Return the rows that result from these cuts."""
        count = len(cuts) + 1
        sides = np.tile([math.inf, -math.inf, math.inf, -math.inf], (count, 1))
        row = np.searchsorted(cuts, (self.boxes[:, 0] + self.boxes[:, 1]) / 2)
        for side, reach in enumerate((np.minimum, np.maximum) * 2):
            reach.at(sides[:, side], row, self.boxes[:, side])
        first, last = np.searchsorted(cuts, self.starts), np.searchsorted(cuts, self.ends)
        gutters = np.bincount(first[last > first], minlength=count)
        rows = _Rows(cuts, [], [], gutters[: len(cuts)].tolist(), self.gap)
        y = 0.0
        for k, (left, right, top, bottom) in enumerate(sides.tolist()):
            rows.spans.append((left, right, top, bottom))
            rows.shifts.append((-left, y - top))
            y += bottom - top + self.gap + (rows.gutters[k] * LANE if k < len(cuts) else 0.0)
            rows.width = max(rows.width, right - left)
        rows.height = y - self.gap
        return rows


def _fit(graph: LayoutInput, rows: _Rows) -> float:
    """Return the zoom at which the graph fits on a screen of the wanted aspect and area 1."""
    return min(graph.aspect / max(rows.width, 1.0), 1.0 / max(rows.height, 1.0))


def _strays(graph: LayoutInput, placement: Placement) -> list[Rect]:
    """Return where edges run above or below both of their ends: rows have to hold these places."""
    strays = []
    for link, curve in zip(graph.links, placement.curves, strict=True):
        ends = [(graph.boxes[k], placement.centres[k]) for k in (link.source, link.target)]
        top = min(y - box.height / 2 for box, (_, y) in ends)
        bottom = max(y + box.height / 2 for box, (_, y) in ends)
        strays += [(x, y, 0.0, 0.0) for x, y in middles(curve) if not top <= y <= bottom]
    return strays


def _rects(graph: LayoutInput, placement: Placement) -> Iterable[Rect]:
    for box, (x, y) in zip(graph.boxes, placement.centres, strict=True):
        yield (x - box.width / 2, y - box.height / 2, box.width, box.height)
    yield from placement.frames


def _gaps(graph: LayoutInput, placement: Placement) -> list[float]:
    """Return the x between ranks at which a cut meets no box and no frame."""
    gaps = []
    edge = -math.inf
    for x, _, width, _ in sorted(_rects(graph, placement)):
        if x > edge + 4 and edge > -math.inf:
            gaps.append((edge + x) / 2)
        edge = max(edge, x + width)
    return gaps


def _crossings(placement: Placement) -> Callable[[float], int]:
    """Return a function of x: how many edges a cut there would lead through the gutter."""
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

    # The shortest row length for which that many rows suffice; rows are filled like text.
    for _ in range(24):
        middle = (low + high) / 2
        if len(filled(middle)) < count:
            high = middle
        else:
            low = middle
    return filled(high + 8.0)  # a tolerance, since equal rows differ by rounding


def _folded(graph: LayoutInput, placement: Placement, rows: _Rows) -> Placement:
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
        elif first > last:  # closed groups may feed each other: directly back
            start, end = moved(curve[0]), moved(curve[-1])
            curves.append((start, *straight(start, end)))
        else:
            # With no box before the margin the edge runs straight there, in place of dot's curve.
            if _free_to_the_right(graph, placement, curve[0], rows.cuts[first]):
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


def _free_to_the_right(graph: LayoutInput, placement: Placement, start: Point, cut: float) -> bool:
    """Whether no box stands between a point and the cut to its right."""
    return not any(
        start[0] < x < cut and abs(y - start[1]) < box.height / 2
        for box, (x, y) in zip(graph.boxes, placement.centres, strict=True)
    )


def _wrapped(head: Curve, curve: Curve, rows: _Rows, first: int, last: int, lane: int) -> Curve:
    """Return an edge out of its row, down the right margin, back through the gutter, and in."""
    tail = tuple(reversed(until(tuple(reversed(curve)), rows.cuts[last - 1])))
    (dx, dy), (ex, ey) = rows.shifts[first], rows.shifts[last]
    start = tuple((x + dx, y + dy) for x, y in head)
    end = tuple((x + ex, y + ey) for x, y in tail)
    bottom = rows.spans[first][3] + dy
    gutter = bottom + rows.gap / 2 + LANE * (lane + 0.5)
    offset = min(lane, 6) * LANE * 0.6
    right = max(start[-1][0], rows.spans[first][1] + dx) + MARGIN * 0.5 + offset
    left = min(end[0][0], 0.0) - MARGIN * 0.5 - offset
    corners = [(right, start[-1][1]), (right, gutter), (left, gutter), (left, end[0][1])]
    return (*start, *rounded(start[-1], corners, end[0]), *end[1:])
