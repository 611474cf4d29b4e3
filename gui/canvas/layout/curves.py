"""Geometry of cubic Bézier curves: cutting, joining, smoothing, sampling."""

import math

import numpy as np

from engine.support.arrays import Floats
from gui.canvas.layout.model import Curve, Point

RADIUS = 12.0
# The cosine of an angle too small to be seen.
ALMOST_STRAIGHT = math.cos(math.radians(4))


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
    """Return the middle of each cubic segment, and the points where segments meet."""
    segments = [curve[k : k + 4] for k in range(0, len(curve) - 1, 3)]
    return [point for a, b, c, d in segments for point in (_at(a, b, c, d, 0.5), d)]


def smoothed(curve: Curve) -> Curve:
    """Return the curve without sharp bends where its cubic segments meet: both share a tangent."""
    points = list(curve)
    for k in range(3, len(points) - 1, 3):
        before, here, after = points[k - 1], points[k], points[k + 1]
        into, out = math.dist(before, here), math.dist(here, after)
        # A handle of length 0 has no direction: the segment's next point gives it.
        a = (
            before
            if into > 0.5
            else points[k - 2]
            if math.dist(points[k - 2], here) > 0.5
            else points[k - 3]
        )
        b = (
            after
            if out > 0.5
            else points[k + 2]
            if math.dist(points[k + 2], here) > 0.5
            else points[k + 3]
        )
        one, two = _direction(a, here), _direction(here, b)
        if one[0] * two[0] + one[1] * two[1] > ALMOST_STRAIGHT:
            continue
        x, y = one[0] + two[0], one[1] + two[1]
        if math.hypot(x, y) < 1e-3:
            continue
        size = math.hypot(x, y)
        into, out = max(into, math.dist(a, here) / 2), max(out, math.dist(here, b) / 2)
        points[k - 1] = (here[0] - x / size * into, here[1] - y / size * into)
        points[k + 1] = (here[0] + x / size * out, here[1] + y / size * out)
    return tuple(points)


def _direction(a: Point, b: Point) -> Point:
    size = math.dist(a, b) or 1.0
    return ((b[0] - a[0]) / size, (b[1] - a[1]) / size)


def _at(a: Point, b: Point, c: Point, d: Point, t: float) -> Point:
    s = 1 - t
    weights = (s * s * s, 3 * s * s * t, 3 * s * t * t, t * t * t)
    points = (a, b, c, d)
    return (
        sum(w * p[0] for w, p in zip(weights, points, strict=True)),
        sum(w * p[1] for w, p in zip(weights, points, strict=True)),
    )


def _split(a: Point, b: Point, c: Point, d: Point, t: float) -> list[Point]:
    """Return the control points and end of a cubic's part before ``t`` (de Casteljau)."""

    def mix(p: Point, q: Point) -> Point:
        return (p[0] + (q[0] - p[0]) * t, p[1] + (q[1] - p[1]) * t)

    ab, bc, cd = mix(a, b), mix(b, c), mix(c, d)
    abc, bcd = mix(ab, bc), mix(bc, cd)
    return [ab, abc, mix(abc, bcd)]


def rounded(start: Point, corners: list[Point], end: Point) -> list[Point]:
    """Return straight lines through the corners, each corner rounded, as cubic segments."""
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
    """Return the straight line from ``a`` to ``b`` as the points after ``a`` of a cubic segment."""
    return [_towards(a, b, math.dist(a, b) / 3), _towards(a, b, math.dist(a, b) * 2 / 3), b]


def bezier(cubics: Floats, t: Floats) -> Floats:
    """Return the points (m, len(t), 2) of cubic Bézier segments (m, 4, 2).

    B(t) = (1−t)³P₀ + 3(1−t)²t P₁ + 3(1−t)t² P₂ + t³P₃.
    """
    s = 1.0 - t
    weights = np.stack([s**3, 3 * s**2 * t, 3 * s * t**2, t**3])
    return np.asarray(np.einsum("mpc,pt->mtc", cubics, weights))
