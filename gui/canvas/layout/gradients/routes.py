"""Curves of a gradient graph's edges: within a band, from band to band, and from row to row.

Edges from row to row run along the gutter between rows, each in its own lane; the edges from many
nodes to one, or from one to many, share a lane.
"""

from collections import Counter

from gui.canvas.layout.arrivals import spread_arrivals
from gui.canvas.layout.curves import rounded
from gui.canvas.layout.model import BACKWARD, Curve, LayoutInput, Placement, Point

LANE = 7.0
MARGIN = 14.0
# Distance between the arrivals of two edges on one box.
APART = 9.0
# From this many sources on, the edges into one target share its lane.
MANY = 3


class Router:
    """Finds curves for the edges that are not the forward graph's; used by ``rows``.

    Parameters
    ----------
    rows:
        By box the row that it is in.
    first:
        The number of links of the forward graph, which come first.
    """

    def __init__(self, graph: LayoutInput, rows: list[int], first: int) -> None:
        self._graph, self._rows = graph, rows
        self._numbers = range(first, len(graph.links))
        self._lanes: list[dict[tuple[str, int], int]] = [
            {} for _ in range(max(rows, default=0) + 1)
        ]
        far = [k for k in self._numbers if self._goes_far(k)]
        into = Counter(graph.links[k].target for k in far)
        out_of = Counter(graph.links[k].source for k in far)
        self._key: dict[int, tuple[str, int]] = {}
        for k in far:
            source, target = graph.links[k].source, graph.links[k].target
            many = into[target] >= MANY and into[target] > out_of[source]
            key = self._key[k] = ("to", target) if many else ("from", source)
            for gutter in self._gutters(k):
                lanes = self._lanes[gutter]
                lanes.setdefault(key, len(lanes))

    def lanes(self, row: int) -> int:
        """Return the number of lanes in the gutter below a row."""
        return len(self._lanes[row])

    def _goes_far(self, number: int) -> bool:
        link = self._graph.links[number]
        return self._rows[link.source] != self._rows[link.target]

    def _gutters(self, number: int) -> tuple[int, ...]:
        """Return the gutters through which a link leaves its row and enters the other one."""
        link = self._graph.links[number]
        source, target = self._rows[link.source], self._rows[link.target]
        found = (source, target - 1) if target > source else (source - 1, target)
        return tuple(dict.fromkeys(found))

    def curves(
        self, centres: tuple[Point, ...], gutters: list[float], left: float, right: float
    ) -> list[Curve]:
        """Return the curves of all these links; long ones run around at the margins.

        ``left`` and ``right`` are the margins' x, ``gutters`` by row the y of its first lane.
        """
        curves = _Curves(self._graph, centres)
        found = curves.beside(self._numbers, self._rows)
        for k in self._numbers:
            if k in found:
                continue
            link = self._graph.links[k]
            orders = [self._graph.boxes[end].order for end in (link.source, link.target)]
            step = self._rows[link.target] - self._rows[link.source]
            lanes = [
                gutters[gutter] + LANE * self._lanes[gutter][self._key[k]]
                for gutter in (self._gutters(k) if step else ())
            ]
            aside = MARGIN + LANE * 0.6 * min(6, self._lanes_of(k))
            if orders[0] == orders[1] and abs(step) == 1:
                found[k] = curves.wrapped(k, lanes[0], left - aside, right + aside, step)
            else:
                found[k] = curves.bus(k, lanes, left - aside, step)
        return [found[k] for k in self._numbers]

    def _lanes_of(self, number: int) -> int:
        return max(self._lanes[g][self._key[number]] for g in self._gutters(number))


class _Curves:
    """The curves from box to box, given the boxes' centres."""

    def __init__(self, graph: LayoutInput, centres: tuple[Point, ...]) -> None:
        self._graph, self._centres = graph, centres

    def beside(self, numbers: range, rows: list[int]) -> dict[int, Curve]:
        """Return the curves of links within one row."""
        within: dict[int, list[int]] = {}
        down: dict[int, list[int]] = {}
        for k in numbers:
            link = self._graph.links[k]
            if rows[link.source] == rows[link.target]:
                orders = [self._graph.boxes[end].order for end in (link.source, link.target)]
                place = within if orders[0] == orders[1] else down
                place.setdefault(orders[0] if place is within else link.target, []).append(k)
        found: dict[int, Curve] = {}
        for order, links in within.items():
            found.update(self._in_band(links, mirrored=order == BACKWARD))
        for target, links in down.items():
            found.update(self._down_on(target, links))
        return found

    def _in_band(self, links: list[int], *, mirrored: bool) -> dict[int, Curve]:
        """Return curves between boxes' sides, arriving side by side; ``mirrored``: to the left."""
        sign = -1.0 if mirrored else 1.0
        centres = tuple((sign * x, y) for x, y in self._centres)
        boxes = self._graph.boxes
        over = {k for k in links if self._stands_over(k)}
        found = {k: self._straight_down(k) for k in over}
        links = [k for k in links if k not in over]
        curves = []
        for k in links:
            link = self._graph.links[k]
            (x0, y0), (x1, y1) = centres[link.source], centres[link.target]
            side = 1.0 if x1 > x0 else -1.0
            x0 += side * boxes[link.source].width / 2
            x1 -= side * boxes[link.target].width / 2
            bend = side * max(20.0, abs(x1 - x0) * 0.45)
            curves.append(((x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1)))
        part = LayoutInput(boxes, (), tuple(self._graph.links[k] for k in links))
        spread = spread_arrivals(part, Placement(centres, tuple(curves), (), ""))
        for k, curve in zip(links, spread.curves, strict=True):
            found[k] = tuple((sign * x, y) for x, y in curve)
        return found

    def _stands_over(self, number: int) -> bool:
        """Whether a link's ends are one above the other, with room between them."""
        link, boxes = self._graph.links[number], self._graph.boxes
        (x0, y0), (x1, y1) = self._centres[link.source], self._centres[link.target]
        source, target = boxes[link.source], boxes[link.target]
        near = abs(x1 - x0) < min(source.width, target.width) / 2
        return near and abs(y1 - y0) > (source.height + target.height) / 2 + 8

    def _straight_down(self, number: int) -> Curve:
        link = self._graph.links[number]
        falls = self._centres[link.source][1] < self._centres[link.target][1]
        start = self._bottom(link.source) if falls else self._top(link.source)
        end = self._top(link.target) if falls else self._bottom(link.target)
        bend = (end[1] - start[1]) * 0.4
        return (start, (start[0], start[1] + bend), (end[0], end[1] - bend), end)

    def _down_on(self, target: int, links: list[int]) -> dict[int, Curve]:
        """Return the curves of links from band to band into one box, arriving side by side."""
        centres, boxes = self._centres, self._graph.boxes
        links.sort(key=lambda k: (centres[self._graph.links[k].source][0], k))
        apart = min(APART, boxes[target].width * 0.8 / len(links))
        found: dict[int, Curve] = {}
        for turn, k in enumerate(links):
            source = self._graph.links[k].source
            falls = centres[source][1] < centres[target][1]
            x, y = self._top(target) if falls else self._bottom(target)
            x += (turn - (len(links) - 1) / 2) * apart
            start = self._bottom(source) if falls else self._top(source)
            bend = max(24.0, abs(y - start[1]) * 0.45) * (1 if falls else -1)
            found[k] = (start, (start[0], start[1] + bend), (x, y - bend), (x, y))
        return found

    def wrapped(self, number: int, lane: float, left: float, right: float, step: int) -> Curve:
        """Return the curve from a row's end to the next one's beginning, or back (``step`` −1)."""
        link, boxes = self._graph.links[number], self._graph.boxes
        (x0, y0), (x1, y1) = self._centres[link.source], self._centres[link.target]
        out, back = (right, left) if step > 0 else (left, right)
        start = (x0 + step * boxes[link.source].width / 2, y0)
        end = (x1 - step * boxes[link.target].width / 2, y1)
        corners = [(out, y0), (out, lane), (back, lane), (back, y1)]
        return (start, *rounded(start, corners, end))

    def bus(self, number: int, lanes: list[float], left: float, step: int) -> Curve:
        """Return the curve into a gutter, along it, via the margin to another one, to the box."""
        link = self._graph.links[number]
        falls = step > 0
        start = self._bottom(link.source) if falls else self._top(link.source)
        end = self._top(link.target) if falls else self._bottom(link.target)
        corners = [(start[0], lanes[0])]
        if len(lanes) > 1:
            corners += [(left, lanes[0]), (left, lanes[1])]
        corners.append((end[0], lanes[-1]))
        return (start, *rounded(start, corners, end))

    def _bottom(self, box: int) -> Point:
        x, y = self._centres[box]
        return (x, y + self._graph.boxes[box].height / 2)

    def _top(self, box: int) -> Point:
        """Return the top of the operator's circle; without one that of the box, in the middle."""
        shape, (x, y) = self._graph.boxes[box], self._centres[box]
        if not shape.cap:
            return (x, y - shape.height / 2)
        aside = shape.width / 2 - shape.cap
        return (x + aside if shape.order == BACKWARD else x - aside, y - shape.cap)
