"""Arrivals of edges: each gets its own place on the target's left side."""

import math

from gui.canvas.layout.model import Curve, LayoutInput, Placement, Point

# Twin edges (between the same two nodes) bow apart by this multiple of the gap between nodes.
BOW = 2.2


def spread_arrivals(graph: LayoutInput, placement: Placement) -> Placement:
    """Return the placement with a place of its own for each edge on its target's left side."""
    arriving: dict[int, list[int]] = {}
    for k, link in enumerate(graph.links):
        if _from_the_left(graph, placement, k):
            arriving.setdefault(link.target, []).append(k)
    curves = list(placement.curves)
    for target, links in arriving.items():
        box, (x, y) = graph.boxes[target], placement.centres[target]
        links.sort(key=lambda k: (_slope(curves[k]), k))
        links = _parted(links, graph, curves)
        angles = _arrival_angles([_slope(curves[k]) for k in links])
        for turn, k in enumerate(links):
            share = (turn + 1) / (len(links) + 1) * 2 - 1 if len(links) > 1 else 0.0
            if box.cap:
                angle = angles[turn]
                centre = x - box.width / 2 + box.cap
                end = (centre - box.cap * math.cos(angle), y + box.cap * math.sin(angle))
                curves[k] = _ending(curves[k], end, angle)
            else:
                curves[k] = _ending(
                    curves[k], (x - box.width / 2, y + share * box.height * 0.42), 0.0
                )
    return Placement(placement.centres, tuple(curves), placement.frames, placement.engine)


def _from_the_left(graph: LayoutInput, placement: Placement, k: int) -> bool:
    """Whether an edge arrives on its target's left side, not on top or from below."""
    target = graph.links[k].target
    middle, half = placement.centres[target][0], graph.boxes[target].width / 2
    return placement.curves[k][-1][0] < middle - half + max(2.0, graph.boxes[target].cap)


def _arrival_angles(slopes: list[float]) -> list[float]:
    """Return the angles at which edges arrive on a circle: by their slopes, but kept apart.

    The straightest one stays in the middle, so that a chain of operations is a straight line.
    """
    apart = math.radians(min(42.0, 150.0 / max(1, len(slopes) - 1)))
    middle = min(range(len(slopes)), key=lambda k: abs(slopes[k]))
    least = abs(slopes[middle])
    angles = [0.0] * len(slopes)
    angles[middle] = 0.0 if least < 0.06 or len(slopes) == 1 else slopes[middle] * 0.5
    for k in range(middle + 1, len(slopes)):
        angles[k] = max(slopes[k] * 0.6, angles[k - 1] + apart)
    for k in range(middle - 1, -1, -1):
        angles[k] = min(slopes[k] * 0.6, angles[k + 1] - apart)
    most = math.radians(80)
    return [min(most, max(-most, angle)) for angle in angles]


def _parted(links: list[int], graph: LayoutInput, curves: list[Curve]) -> list[int]:
    """Bow edges between the same two nodes apart (x·x uses x twice), in the order of arrival."""
    same: dict[int, list[int]] = {}
    for k in links:
        same.setdefault(graph.links[k].source, []).append(k)
    for twins in same.values():
        middle = (len(twins) - 1) / 2 + _aside(graph, curves, twins[0]) if len(twins) > 1 else 0
        for turn, k in enumerate(twins if len(twins) > 1 else ()):
            (x0, y0), (x1, y1) = curves[k][0], curves[k][-1]
            bow = BOW * graph.node_gap * (turn - middle)
            across = (x1 - x0) * 0.4
            curves[k] = ((x0, y0), (x0 + across, y0 + bow), (x1 - across, y1 + bow), (x1, y1))
    # Twins arrive in the order of their bows, in whatever order dot had them.
    order = {k: min(links.index(twin) for twin in same[graph.links[k].source]) for k in links}
    return sorted(links, key=lambda k: (order[k], k))


def _aside(graph: LayoutInput, curves: list[Curve], twin: int) -> float:
    """Return how far twins bow to one side only: up (0.5) or down, away from the other edges."""
    link, end = graph.links[twin], curves[twin][-1][1]
    others = [
        curve[-1][1]
        for other, curve in zip(graph.links, curves, strict=True)
        if other.source == link.source and other.target != link.target
    ]
    if others and max(others) < end:
        return -0.5
    return 0.5 if others and min(others) > end else 0.0


def _slope(curve: Curve) -> float:
    """Return the slope at which an edge arrives: positive from below, 0 for a straight one."""
    (x0, y0), (x1, y1) = curve[max(0, len(curve) - 4)], curve[-1]
    return math.atan2(y0 - y1, max(1.0, x1 - x0))


def _ending(curve: Curve, end: Point, angle: float) -> Curve:
    """Return the curve with another end, where it arrives at right angles to the surface."""
    (ax, ay), (bx, by) = curve[-4], curve[-1]
    reach = max(10.0, min(math.dist((ax, ay), (bx, by)) * 0.4, 60.0))
    turn = angle * 0.6
    control = (end[0] - reach * math.cos(turn), end[1] + reach * math.sin(turn))
    return (*curve[:-2], control, end)
