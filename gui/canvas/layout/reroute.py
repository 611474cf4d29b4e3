"""Rerouting: edges that run over boxes or make long detours get new curves.

Layouts place boxes well, but some of their curves run over a box, bend sharply, or make a long
detour where the graph was folded into rows. Such an edge gets the shortest orthogonal route beside
the boxes, with round corners (A* on the lines beside obstacles; compare Wybrow, Marriott and
Stuckey, Orthogonal Connector Routing, 2009).
"""

import heapq
import math
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from engine.support.arrays import Floats
from gui.canvas.layout.curves import bezier, rounded, smoothed
from gui.canvas.layout.model import TITLE_HEIGHT, Curve, LayoutInput, Placement, Point
from gui.canvas.layout.nesting import frames_around, shared_leaves

# Larger graphs are not rerouted, and in others the search ends at this many grid points: its time
# grows with the number of crossings of lines beside boxes.
MOST_BOXES, MOST_PLACES = 400, 24_000
# A route's distance from boxes, straight length at its ends, and distance from other edges.
CLEAR, STUB, LANE = 7.0, 14.0, 9.0
# How far around both ends a route is searched.
REACH = 240.0
# Costs (in units of length) of a turn, of crossing an edge, and per unit of running along one.
TURN, CROSS, ALONG = 26.0, 40.0, 3.0
# Costs of entering a frame from above, of entering by its right or lower side, and of going back.
FROM_ABOVE, FROM_BEHIND, BACK = 60.0, 400.0, 4.0
# An edge this many times as long as the straight line is rerouted if that leaves this share of it.
LONG, SHORTER = 1.8, 0.75
SAMPLES = 24
# The cosine of a bend from which on a line has another direction.
BENDS = math.cos(math.radians(15))
RIGHT, DOWN, LEFT, UP = range(4)
ASLANT = math.radians(40)
_AHEAD = ((1, 0), (0, 1), (-1, 0), (0, -1))


def rerouted(graph: LayoutInput, placement: Placement) -> Placement:
    """Return the placement with sharp bends smoothed and bad edges rerouted."""
    if not placement.curves or len(graph.boxes) > MOST_BOXES:
        return placement
    return _Router(graph, placement).placement()


def box_sides(graph: LayoutInput, placement: Placement) -> Floats:
    """Return left, top, right and bottom of each box (n, 4)."""
    centres = np.array(placement.centres, float).reshape(-1, 2)
    half = np.array([(box.width / 2, box.height / 2) for box in graph.boxes]).reshape(-1, 2)
    return np.hstack([centres - half, centres + half])


def points_on(curve: Curve, samples: int = SAMPLES) -> Floats:
    """Return points along a curve (n, 2)."""
    cubics = np.array([curve[k : k + 4] for k in range(0, len(curve) - 1, 3)], float)
    return bezier(cubics, np.linspace(0.0, 1.0, samples)).reshape(-1, 2)


def passed_over(points: Floats, boxes: Floats) -> NDArray[np.bool_]:
    """Return which of ``boxes`` (n, 4) a line through these points runs over."""
    x, y = points[:, 0, None], points[:, 1, None]
    left, top, right, bottom = boxes.T
    return np.asarray(((left < x) & (x < right) & (top < y) & (y < bottom)).any(axis=0))


class _Router:
    """Reroutes the edges of one placement around its boxes, titles and frames."""

    def __init__(self, graph: LayoutInput, placement: Placement) -> None:
        self._graph, self._placement = graph, placement
        self._boxes = box_sides(graph, placement)
        titles = [
            (x, y, x + frame.title_width, y + TITLE_HEIGHT)
            for frame, (x, y, _, _) in zip(graph.frames, placement.frames, strict=True)
        ]
        self._titles = np.array(titles, float).reshape(-1, 4)
        self._frames = np.array(
            [(x, y, x + width, y + height) for x, y, width, height in placement.frames], float
        ).reshape(-1, 4)
        self._curves = [smoothed(curve) for curve in placement.curves]
        self._points = [points_on(curve) for curve in self._curves]
        self._chains = [frames_around(graph, box.cluster) for box in graph.boxes]
        self._shared = shared_leaves(graph)
        self._places = 0

    def placement(self) -> Placement:
        """Return the placement with each bad edge rerouted if there is a better route."""
        for k, link in enumerate(self._graph.links):
            if self._places > MOST_PLACES:
                break
            over, long = self._is_over(k), self._is_long(k)
            if link.source == link.target or not (over or long):
                continue
            route = self._route(k)
            if route is None or not (over or _length(route) < SHORTER * self._length(k)):
                continue
            self._curves[k], self._points[k] = route, points_on(route)
        old = self._placement
        return Placement(old.centres, tuple(self._curves), old.frames, old.engine)

    def _is_over(self, number: int) -> bool:
        link = self._graph.links[number]
        boxes = self._boxes + np.array([-1.5, -1.5, 1.5, 1.5])
        over = passed_over(self._points[number], boxes)
        over[[link.source, link.target]] = False
        return bool(over.any())

    def _is_long(self, number: int) -> bool:
        """Whether an edge makes a long detour, unless it leads to the beginning of a row."""
        link, points = self._graph.links[number], self._points[number]
        boxes = self._graph.boxes
        if boxes[link.source].trunk and boxes[link.target].trunk:
            y = points[-1, 1]
            beside = (self._boxes[:, 1] < y + CLEAR) & (self._boxes[:, 3] > y - CLEAR)
            if not (beside & (self._boxes[:, 2] < self._boxes[link.target, 0])).any():
                return False
        return self._length(number) > LONG * math.dist(points[0], points[-1]) + 2 * STUB

    def _length(self, number: int) -> float:
        return float(np.hypot(*np.diff(self._points[number], axis=0).T).sum())

    def _heading(self, number: int) -> int:
        """Return the direction in which an edge leaves its source: right, up or down."""
        (ax, ay), (bx, by) = self._curves[number][:2]
        if abs(bx - ax) >= abs(by - ay):
            return RIGHT
        return UP if by < ay else DOWN

    def _end(self, number: int) -> Point:
        """Return where an edge arrives; one from above or below is moved to the left side."""
        target, curve = self._graph.links[number].target, self._curves[number]
        box, (x, y) = self._graph.boxes[target], self._placement.centres[target]
        (ax, ay), (bx, by) = curve[-2], curve[-1]
        if abs(bx - ax) >= abs(by - ay):
            return curve[-1]
        sign = 1.0 if by < ay else -1.0
        if box.cap:
            aside, down = box.cap * math.cos(ASLANT), box.cap * math.sin(ASLANT)
            return (x - box.width / 2 + box.cap - aside, y + sign * down)
        return (x - box.width / 2, y + sign * box.height / 4)

    def _route(self, number: int) -> Curve | None:
        """Return the cheapest route clear of the boxes; None where there is none."""
        link = self._graph.links[number]
        start = self._curves[number][0]
        end = self._end(number)
        corners = self._corners(number, start, end)
        if corners is None or len(corners) < 2:
            return None if corners is None else (start, *rounded(start, corners, end))
        # From above it arrives above the edges that come from the left, if that place is free.
        middle = self._placement.centres[link.target][1]
        above = corners[-2][1] < corners[-1][1]
        other = (end[0], 2 * middle - end[1])
        if above == (end[1] > middle + 0.5) and self._is_free(number, other):
            again = self._corners(number, start, other)
            if again is not None:
                corners, end = again, other
        return (start, *rounded(start, corners, end))

    def _is_free(self, number: int, end: Point) -> bool:
        """Whether no other edge arrives at this place."""
        target = self._graph.links[number].target
        return not any(
            k != number and link.target == target and math.dist(self._curves[k][-1], end) < CLEAR
            for k, link in enumerate(self._graph.links)
        )

    def _corners(self, number: int, start: Point, end: Point) -> list[Point] | None:
        link = self._graph.links[number]
        low = np.minimum(start, end) - REACH
        high = np.maximum(start, end) + REACH
        grid = _RoutingGrid(start, self._heading(number), end, low, high)
        ends = np.zeros(len(self._boxes), bool)
        ends[[link.source, link.target]] = True
        grid.keep_clear(self._boxes[~ends], CLEAR)
        grid.keep_clear(self._boxes[ends], 2.0, lines=CLEAR)
        grid.keep_clear(self._titles, 0.0)
        inside = [np.array(self._chains[end], int) for end in (link.source, link.target)]
        foreign = np.ones(len(self._frames), bool)
        foreign[np.concatenate(inside)] = False
        grid.keep_clear(self._frames[foreign], CLEAR - 2)
        grid.fence(self._frames[np.setdiff1d(inside[1], inside[0])])
        for k, (points, other) in enumerate(zip(self._points, self._graph.links, strict=True)):
            if k != number and not (other.source == link.source and link.source in self._shared):
                grid.keep_apart(points)
        xs, ys = grid.line_places()
        if len(xs) * len(ys) > MOST_PLACES:
            return None
        self._places += len(xs) * len(ys)
        return grid.corners(xs, ys)


def _length(curve: Curve) -> float:
    return float(np.hypot(*np.diff(points_on(curve), axis=0).T).sum())


class _RoutingGrid:
    """The routing grid of one edge: the lines beside obstacles between its start and end.

    ``heading`` is the direction at the start; at the end a route heads to the right.
    """

    def __init__(self, start: Point, heading: int, end: Point, low: Floats, high: Floats) -> None:
        self._start, self._end, self._low, self._high = start, end, low, high
        self._heading = heading
        dx, dy = _AHEAD[heading]
        self._first = (start[0] + STUB * dx, start[1] + STUB * dy)
        self._across = {self._first[0], end[0] - STUB}
        self._down = {self._first[1], end[1]}
        self._blocked: list[Floats] = []
        self._lines: list[Floats] = []
        self._fences: list[tuple[float, float, float, float, float]] = []
        self._entered = np.empty((0, 4))

    def keep_clear(self, boxes: Floats, distance: float, *, lines: float | None = None) -> None:
        """Keep ``distance`` from boxes (n, 4); routes may run at ``lines`` from them."""
        near = (boxes[:, :2] < self._high).all(axis=1) & (boxes[:, 2:] > self._low).all(axis=1)
        aside = distance if lines is None else lines
        for left, top, right, bottom in boxes[near].tolist():
            self._across.update((left - aside, right + aside))
            self._down.update((top - aside, bottom + aside))
        out = distance - 0.5
        self._blocked.append(boxes[near] + np.array([-out, -out, out, out]))

    def fence(self, frames: Floats) -> None:
        """Prefer entering these frames (n, 4) from the left, then from above."""
        self._entered = frames
        for left, top, right, bottom in frames.tolist():
            self._down.update((top - CLEAR, bottom + CLEAR))
            self._across.update((left - CLEAR, right + CLEAR))
            self._fences.append((left, top, right, top, FROM_ABOVE))
            self._fences.append((left, bottom, right, bottom, FROM_BEHIND))
            self._fences.append((right, top, right, bottom, FROM_BEHIND))

    def keep_apart(self, points: Floats) -> None:
        """Make it costly to run along this line (n, 2), and cheaper to cross it."""
        if (points.max(axis=0) < self._low).any() or (points.min(axis=0) > self._high).any():
            return
        points = _bends(points)
        pieces = np.hstack([points[:-1], points[1:]])
        self._lines.append(pieces)
        length = np.abs(pieces[:, 2:] - pieces[:, :2])
        for y in pieces[(length[:, 1] < 0.3) & (length[:, 0] > LANE), 1].tolist():
            self._down.update((y - LANE, y + LANE))
        for x in pieces[(length[:, 0] < 0.3) & (length[:, 1] > LANE), 0].tolist():
            self._across.update((x - LANE, x + LANE))

    def line_places(self) -> tuple[Floats, Floats]:
        """Return the x and the y of the grid lines beside obstacles."""
        xs = _apart(self._across, self._low[0], self._high[0])
        return xs, _apart(self._down, self._low[1], self._high[1])

    def corners(self, xs: Floats, ys: Floats) -> list[Point] | None:
        """Return the corners of the cheapest route on the grid, or None."""
        first = (_nearest(xs, self._first[0]), _nearest(ys, self._first[1]))
        last = (_nearest(xs, self._end[0] - STUB), _nearest(ys, self._end[1]))
        xs[first[0]], xs[last[0]] = self._first[0], self._end[0] - STUB
        ys[first[1]], ys[last[1]] = self._first[1], self._end[1]
        across, down = self._costs(xs, ys)
        back = across.copy()
        for left, top, right, bottom in self._entered.tolist():
            inside = (xs[1:] > left) & (xs[:-1] < right)
            back[np.ix_(inside, (ys > top) & (ys < bottom))] *= BACK
        path = _cheapest(xs, ys, (across, down, back), (*first, self._heading), last)
        if path is None:
            return None
        points = [(float(xs[i]), float(ys[j])) for i, j in path]
        return _turns([self._start, *points, self._end])

    def _costs(self, xs: Floats, ys: Floats) -> tuple[Floats, Floats]:
        """Return the costs from each grid point to the right (xs−1, ys), and down (xs, ys−1)."""
        blocked = np.vstack(self._blocked)
        lines = np.vstack(self._lines) if self._lines else np.empty((0, 4))
        across = _costs_along(xs, ys, blocked, lines)
        swapped = [1, 0, 3, 2]
        down = _costs_along(ys, xs, blocked[:, swapped], lines[:, swapped]).T
        for left, top, right, bottom, cost in self._fences:
            if top == bottom:
                passing = (ys[:-1] < top) & (ys[1:] >= top)
                down[np.ix_((xs > left) & (xs < right), passing)] += cost
            else:
                passing = (xs[:-1] < left) & (xs[1:] >= left)
                across[np.ix_(passing, (ys > top) & (ys < bottom))] += cost
        return across, down


def _bends(points: Floats) -> Floats:
    """Return the points of a line without those at which it hardly bends."""
    steps = np.diff(points, axis=0)
    ahead = steps / np.maximum(np.hypot(*steps.T), 1e-9)[:, None]
    kept, last = [0], ahead[0]
    for k in range(1, len(ahead)):
        if ahead[k] @ last < BENDS:
            kept.append(k)
            last = ahead[k]
    return points[[*kept, len(points) - 1]]


def _costs_along(xs: Floats, ys: Floats, blocked: Floats, lines: Floats) -> Floats:
    """Return the costs from xs[i] to xs[i + 1] at each height ys[j]: (len(xs) − 1, len(ys))."""
    left, right = xs[:-1], xs[1:]
    costs = np.repeat((right - left)[:, None], len(ys), axis=1)
    x0, y0, x1, y1 = lines.T
    flat = np.abs(y1 - y0) <= np.abs(x1 - x0)
    # Near a line in the same direction every unit of length costs.
    low, high = np.minimum(x0, x1)[flat], np.maximum(x0, x1)[flat]
    shared = np.minimum(right[:, None], high) - np.maximum(left[:, None], low)
    near = np.abs(ys - ((y0 + y1) / 2)[flat, None]) < LANE - 1
    costs += ALONG * np.maximum(shared, 0.0) @ near
    low, high = np.minimum(y0, y1)[~flat, None], np.maximum(y0, y1)[~flat, None]
    middle = ((x0 + x1) / 2)[~flat]
    passing = (left[:, None] < middle) & (right[:, None] >= middle)
    costs += CROSS * passing.astype(float) @ ((ys > low) & (ys <= high))
    x0, y0, x1, y1 = blocked.T
    across = (left[:, None] < x1) & (right[:, None] > x0)
    down = (ys > y0[:, None]) & (ys < y1[:, None])
    costs[across.astype(float) @ down > 0] = np.inf
    return costs


def _apart(values: Iterable[float], low: float, high: float) -> Floats:
    """Return the values between two ends, sorted, each at least one unit after the one before."""
    found: list[float] = []
    for value in sorted(values):
        if low <= value <= high and (not found or value - found[-1] > 1.0):
            found.append(value)
    return np.array(found)


def _nearest(values: Floats, wanted: float) -> int:
    return int(np.abs(values - wanted).argmin())


def _cheapest(
    xs: Floats,
    ys: Floats,
    costs: tuple[Floats, Floats, Floats],
    begin: tuple[int, int, int],
    last: tuple[int, int],
) -> list[tuple[int, int]] | None:
    """Return the cheapest path by A*; ``begin`` is a grid point and a heading.

    ``costs``: of the pieces to the right, up or down, and to the left.
    """
    right, below, left = (cost.tolist() for cost in costs)
    columns, rows = xs.tolist(), ys.tolist()
    width, height = len(columns), len(rows)
    beyond = [[abs(x - columns[last[0]]) + abs(y - rows[last[1]]) for y in rows] for x in columns]
    goal = (last[0] * height + last[1]) * 4 + RIGHT
    start = (begin[0] * height + begin[1]) * 4 + begin[2]
    best = [math.inf] * (4 * width * height)
    came = [-1] * (4 * width * height)
    best[start] = 0.0
    waiting = [(0.0, start)]
    while waiting:
        _, here = heapq.heappop(waiting)
        if here == goal:
            return _path(came, here, height)
        if best[here] == -1.0:  # visited before
            continue
        cost, best[here] = best[here], -1.0
        place, heading = divmod(here, 4)
        i, j = divmod(place, height)
        for turn in (heading, (heading + 1) % 4, (heading + 3) % 4):
            if turn == RIGHT:
                if i + 1 == width:
                    continue
                a, b, step = i + 1, j, right[i][j]
            elif turn == LEFT:
                if not i:
                    continue
                a, b, step = i - 1, j, left[i - 1][j]
            elif turn == DOWN:
                if j + 1 == height:
                    continue
                a, b, step = i, j + 1, below[i][j]
            else:
                if not j:
                    continue
                a, b, step = i, j - 1, below[i][j - 1]
            total = cost + step + (0.0 if turn == heading else TURN)
            state = (a * height + b) * 4 + turn
            if total < best[state]:
                best[state], came[state] = total, here
                heapq.heappush(waiting, (total + beyond[a][b], state))
        if place * 4 + RIGHT == goal and cost + TURN < best[goal]:  # a turn on the spot
            best[goal], came[goal] = cost + TURN, here
            heapq.heappush(waiting, (cost + TURN, goal))
    return None


def _path(came: list[int], here: int, height: int) -> list[tuple[int, int]]:
    path = []
    while here >= 0:
        path.append(divmod(here // 4, height))
        here = came[here]
    return path[::-1]


def _turns(points: list[Point]) -> list[Point]:
    """Return the points at which a path of straight pieces turns."""
    points = [here for before, here in zip([None, *points], points, strict=False) if here != before]
    found: list[Point] = []
    for before, here, after in zip(points, points[1:], points[2:], strict=False):
        flat = abs(before[1] - here[1]) < 0.1 and abs(here[1] - after[1]) < 0.1
        upright = abs(before[0] - here[0]) < 0.1 and abs(here[0] - after[0]) < 0.1
        if not (flat or upright):
            found.append(here)
    return found
