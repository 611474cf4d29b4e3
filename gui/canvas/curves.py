"""Cutting and joining cubic curves."""

import math

from gui.canvas.picture import Curve, Point

RADIUS = 12.0


def until(curve: Curve, cut: float) -> Curve:
    """Return the part of the curve from its start to where it first reaches x = ``cut``."""
    rising = curve[0][0] < cut
    kept: list[Point] = [curve[0]]
    for k in range(0, len(curve) - 1, 3):
        a, b, c, d = curve[k : k + 4]
        if (d[0] < cut) == rising:
            kept += [b, c, d]
            continue
        low, high = 0.0, 1.0
        for _ in range(30):
            middle = (low + high) / 2
            if (_at(a, b, c, d, middle)[0] < cut) == rising:
                low = middle
            else:
                high = middle
        kept += _split(a, b, c, d, low)
        break
    return tuple(kept)


def middles(curve: Curve) -> list[Point]:
    """Return the middle of each cubic segment, and where segments meet."""
    segments = [curve[k : k + 4] for k in range(0, len(curve) - 1, 3)]
    return [point for a, b, c, d in segments for point in (_at(a, b, c, d, 0.5), d)]


def _at(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    s = 1 - t
    weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    points = (a, b, c, d)
    return (
        sum(w * p[0] for w, p in zip(weights, points, strict=True)),
        sum(w * p[1] for w, p in zip(weights, points, strict=True)),
    )


def _split(a: Point, b: Point, c: Point, d: Point, t: float) -> list[Point]:
    """The control points and end of the part of a cubic before ``t`` (de Casteljau)."""

    def mix(p: Point, q: Point) -> Point:
        return (p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t)

    ab, bc, cd = mix(a, b), mix(b, c), mix(c, d)
    abc, bcd = mix(ab, bc), mix(bc, cd)
    return [ab, abc, mix(abc, bcd)]


def rounded(start: Point, corners: list[Point], end: Point) -> list[Point]:
    """Straight lines through the corners, each corner rounded, as cubic segments."""
    points = [start, *corners, end]
    result: list[Point] = []
    here = start
    for k in range(1, len(points) - 1):
        before, corner, after = points[k - 1], points[k], points[k + 1]
        radius = min(RADIUS, math.dist(before, corner) / 2, math.dist(corner, after) / 2)
        enter = _towards(corner, before, radius)
        leave = _towards(corner, after, radius)
        result += straight(here, enter)
        result += [_towards(enter, corner, radius * 0.55), _towards(leave, corner, radius * 0.55)]
        result.append(leave)
        here = leave
    return result + straight(here, end)


def _towards(origin: Point, goal: Point, length: float) -> Point:
    distance = math.dist(origin, goal) or 1.0
    share = length / distance
    return (origin[0] + (goal[0] - origin[0]) * share, origin[1] + (goal[1] - origin[1]) * share)


def straight(a: Point, b: Point) -> list[Point]:
    """Return the straight way from ``a`` to ``b`` as the points after ``a`` of a cubic segment."""
    return [_towards(a, b, math.dist(a, b) / 3), _towards(a, b, math.dist(a, b) * 2 / 3), b]
