"""The layout of a graph with its gradient graph, whose nodes are beneath the forward graph's rows.

The forward graph is laid out and folded as it is alone. Under each of its rows are the gradient
nodes that belong to it, each under its origin (see ``bands``); the backward pass is mirrored, it
reads from right to left. Second-order gradient nodes are in another band below.
"""

import dataclasses
from collections.abc import Callable

from gui.canvas.layout.arrivals import spread_arrivals
from gui.canvas.layout.gradients.bands import Band, band_of
from gui.canvas.layout.gradients.routes import LANE, Router
from gui.canvas.layout.model import Curve, LayoutInput, Placement, Point, Rect
from gui.canvas.layout.nesting import Inside, frames_around, inside_of
from gui.canvas.layout.reroute import rerouted
from gui.canvas.layout.rows_of_columns import Folded, in_rows
from gui.canvas.layout.seams import with_room

BAND_GAP = 48.0


def in_parts(
    graph: LayoutInput, lay_out: Callable[[LayoutInput], Placement], *, fold_it: bool = True
) -> Placement:
    """Return the placement of forward graph and gradient graphs; ``lay_out`` places the former."""
    orders = sorted({box.order for box in graph.boxes})
    part = forward_part(graph)
    part = dataclasses.replace(part, aspect=part.aspect * max(1, len(orders)))
    placed = spread_arrivals(part, with_room(part, lay_out(part)))
    if fold_it:
        folded = in_rows(part, placed)
    else:
        width, height = _extent(part, placed)
        rows = (0,) * len(part.boxes)
        folded = Folded(placed, rows, ((0.0, 0.0, width, height),))
    if orders in ([], [0]):
        return rerouted(part, folded.placement) if fold_it else folded.placement
    return _Bands(graph, part, folded, orders[1:]).placement()


def _extent(graph: LayoutInput, placement: Placement) -> tuple[float, float]:
    rights = [
        (x + box.width / 2, y + box.height / 2)
        for box, (x, y) in zip(graph.boxes, placement.centres, strict=True)
    ]
    rights += [(x + width, y + height) for x, y, width, height in placement.frames]
    return max((x for x, _ in rights), default=0.0), max((y for _, y in rights), default=0.0)


def forward_part(graph: LayoutInput) -> LayoutInput:
    """Return the forward graph alone; its boxes, frames and links come first in the graph's."""
    boxes = tuple(box for box in graph.boxes if box.order == 0)
    if len(boxes) == len(graph.boxes):
        return graph
    used = {f for box in boxes for f in frames_around(graph, box.cluster)}
    frames = graph.frames[: max(used, default=-1) + 1]
    links = tuple(k for k in graph.links if max(k.source, k.target) < len(boxes))
    return dataclasses.replace(graph, boxes=boxes, frames=frames, links=links)


class _Bands:
    """The gradient nodes of all rows, band under band, and the curves of all edges."""

    def __init__(
        self, graph: LayoutInput, part: LayoutInput, folded: Folded, orders: list[int]
    ) -> None:
        self._graph, self._folded, self._orders = graph, folded, orders
        self._forward_links = len(part.links)
        self._row = list(folded.row)
        self._wish = dict(enumerate(folded.placement.centres))
        self._find_places()
        self._router = Router(graph, self._row, self._forward_links)
        chains = [frames_around(graph, box.cluster) for box in graph.boxes]
        self._bands = self._make_bands(inside_of(graph, chains))
        areas = folded.areas
        self._width = max(area[2] for area in areas)
        lefts = [band.left for bands in self._bands for band in bands if band.units]
        rights = [band.right for bands in self._bands for band in bands if band.units]
        self._left = min(areas[0][0], *lefts) if lefts else areas[0][0]
        self._right = max(areas[0][0] + self._width, *rights)

    def _find_places(self) -> None:
        """Find each gradient node's row, and its wished x: that of its origin."""
        boxes, inputs = self._graph.boxes, self._inputs()
        for k in range(len(self._row), len(boxes)):
            origin = boxes[k].origin
            if origin is None:
                sources = [a for a in inputs.get(k, ()) if a in self._wish]
                origin = min(sources, key=lambda a: (self._row[a], self._wish[a]), default=0)
            self._row.append(self._row[origin])
            self._wish[k] = self._wish[origin]
        outer: dict[int, list[int]] = {}
        for k, box in enumerate(boxes):
            if box.order and box.cluster is not None:
                outer.setdefault(frames_around(self._graph, box.cluster)[-1], []).append(k)
        for inside in outer.values():
            rows = sorted(self._row[k] for k in inside)
            for k in inside:
                self._row[k] = rows[len(rows) // 2]

    def _inputs(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = {}
        for link in self._graph.links:
            found.setdefault(link.target, []).append(link.source)
        return found

    def _make_bands(self, inside: Inside) -> list[list[Band]]:
        """Return by row a band for each order."""
        boxes: dict[tuple[int, int], list[int]] = {}
        for k, box in enumerate(self._graph.boxes):
            boxes.setdefault((self._row[k], box.order), []).append(k)
        return [
            [
                band_of(self._graph, inside, q, boxes.get((r, q), []), self._wish)
                for q in self._orders
            ]
            for r in range(len(self._folded.areas))
        ]

    def placement(self) -> Placement:
        """Return where everything is."""
        folded = self._folded.placement
        centres: dict[int, Point] = {}
        frames: dict[int, Rect] = {}
        gutters: list[float] = []
        down = [0.0]  # by row, the distance that its forward nodes move down
        for r, (_, top, _, height) in enumerate(self._folded.areas):
            y = top + height + down[r]
            for band in self._bands[r]:
                if band.units:
                    band.resolve((0.0, y + BAND_GAP), centres, frames)
                    y += BAND_GAP + band.height
            gutters.append(y + LANE)
            y += (self._router.lanes(r) + 1) * LANE
            down.append(y - top - height)
        bottoms = [top + height for _, top, _, height in self._folded.areas]

        def lowered(point: Point) -> Point:
            row = sum(point[1] > bottom + 0.5 for bottom in bottoms)
            return (point[0], point[1] + down[row])

        for k, centre in enumerate(folded.centres):
            centres[k] = lowered(centre)
        for k, (x, y, width, height) in enumerate(folded.frames):
            frames[k] = (*lowered((x, y)), width, height)
        ordered = tuple(centres[k] for k in range(len(self._graph.boxes)))
        curves = [self._moved(k, curve, down) for k, curve in enumerate(folded.curves)]
        curves += self._router.curves(ordered, gutters, self._left, self._right)
        placed = tuple(frames[k] for k in range(len(self._graph.frames)))
        return Placement(ordered, tuple(curves), placed, folded.engine)

    def _moved(self, number: int, curve: Curve, down: list[float]) -> Curve:
        """Return a forward edge's curve after rows moved down: in its row, or around the bands."""
        link = self._graph.links[number]
        row, other = self._row[link.source], self._row[link.target]
        if row == other:
            return tuple((x, y + down[row]) for x, y in curve)
        if row > other:
            half = len(curve) // 2
            return tuple(
                (x, y + down[row if k < half else other]) for k, (x, y) in enumerate(curve)
            )
        areas = self._folded.areas
        left, right = min(area[0] for area in areas), areas[row][0] + areas[row][2]
        bottom = areas[row][1] + areas[row][3]
        # It leaves its row at the right margin and enters the other one at the left.
        out = next((k for k, (x, _) in enumerate(curve) if x > right + 1), len(curve))
        back = max((k for k, (x, _) in enumerate(curve) if x < left - 1), default=-1)
        found = []
        for k, (x, y) in enumerate(curve):
            if out <= k <= back:
                x += self._right - right if x > right + 1 else 0.0
                x += self._left - left if x < left - 1 else 0.0
            above = k < out or (k <= back and y <= bottom + 0.5)
            found.append((x, y + down[row if above else row + 1 if k <= back else other]))
        return tuple(found)
