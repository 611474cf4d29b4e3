"""A graph with its gradient graph is laid out in parts: forward, backward below it, second order.

Each part gets a layout of its own, so that the forward graph looks as it does alone. The backward
pass is mirrored: it reads from right to left, its start below the forward graph's end. What leads
from one part to another runs down from box to box.
"""

import dataclasses
from collections.abc import Callable, Sequence

from gui.canvas.nesting import frames_around
from gui.canvas.picture import Curve, Picture, Placement, Point, Rect

GAP = 84.0
# How far apart two edges from other parts arrive on one box.
APART = 9.0
BACKWARD = 1


def in_parts(picture: Picture, lay_out: Callable[[Picture], Placement]) -> Placement:
    """Return the placement of all parts, each by ``lay_out``; of a forward graph alone just its."""
    orders = sorted({box.order for box in picture.boxes})
    if orders in ([], [0]):
        return lay_out(picture)
    centres: dict[int, Point] = {}
    frames: dict[int, Rect] = {}
    curves: dict[int, Curve] = {}
    top, before, engine = 0.0, (0.0, 0.0), ""
    for order in orders:
        part = _Part(picture, order, len(orders))
        placed = lay_out(part.picture)
        if order == BACKWARD:
            placed = mirrored(placed)
        left, upper, right, lower = _bounds(part.picture, placed)
        shift = (before[1] - right if order == BACKWARD else before[0] - left, top - upper)
        shift = shift if order else (0.0, 0.0)  # the forward graph stays where it is alone
        placed = moved(placed, *shift)
        centres.update(zip(part.boxes, placed.centres, strict=True))
        frames.update(zip(part.frames, placed.frames, strict=True))
        curves.update(zip(part.links, placed.curves, strict=True))
        top = lower + shift[1] + GAP
        before, engine = (left + shift[0], right + shift[0]), placed.engine
    ordered = tuple(centres[k] for k in range(len(picture.boxes)))
    curves.update(_between(picture, ordered))
    return Placement(
        ordered,
        tuple(curves[k] for k in range(len(picture.links))),
        tuple(frames[k] for k in range(len(picture.frames))),
        engine,
    )


class _Part:
    """The boxes of one order as a picture, and where its boxes, frames and links come from."""

    def __init__(self, picture: Picture, order: int, parts: int) -> None:
        self.boxes = [k for k, box in enumerate(picture.boxes) if box.order == order]
        around = (frames_around(picture, picture.boxes[k].cluster) for k in self.boxes)
        self.frames = sorted({frame for frames in around for frame in frames})
        inside = set(self.boxes)
        self.links = [
            k
            for k, link in enumerate(picture.links)
            if link.source in inside and link.target in inside
        ]
        box = {old: new for new, old in enumerate(self.boxes)}
        frame: dict[int | None, int] = {old: new for new, old in enumerate(self.frames)}
        self.picture = dataclasses.replace(
            picture,
            boxes=tuple(
                dataclasses.replace(one, cluster=frame.get(one.cluster))
                for one in (picture.boxes[k] for k in self.boxes)
            ),
            frames=tuple(
                dataclasses.replace(one, parent=frame.get(one.parent))
                for one in (picture.frames[k] for k in self.frames)
            ),
            links=tuple(
                dataclasses.replace(one, source=box[one.source], target=box[one.target])
                for one in (picture.links[k] for k in self.links)
            ),
            aspect=picture.aspect * parts,
        )


def mirrored(placement: Placement) -> Placement:
    """Return the placement seen from behind: what ran right runs left."""
    return Placement(
        tuple((-x, y) for x, y in placement.centres),
        tuple(tuple((-x, y) for x, y in curve) for curve in placement.curves),
        tuple((-x - width, y, width, height) for x, y, width, height in placement.frames),
        placement.engine,
    )


def moved(placement: Placement, across: float, down: float) -> Placement:
    """Return the placement elsewhere."""
    return Placement(
        tuple((x + across, y + down) for x, y in placement.centres),
        tuple(tuple((x + across, y + down) for x, y in curve) for curve in placement.curves),
        tuple((x + across, y + down, w, h) for x, y, w, h in placement.frames),
        placement.engine,
    )


def _bounds(picture: Picture, placement: Placement) -> tuple[float, float, float, float]:
    rects = [
        (x - box.width / 2, y - box.height / 2, x + box.width / 2, y + box.height / 2)
        for box, (x, y) in zip(picture.boxes, placement.centres, strict=True)
    ]
    rects += [(x, y, x + width, y + height) for x, y, width, height in placement.frames]
    rects += [(x, y, x, y) for curve in placement.curves for x, y in curve]
    lefts, tops, rights, bottoms = zip(*rects, strict=True)
    return min(lefts), min(tops), max(rights), max(bottoms)


def _between(picture: Picture, centres: Sequence[Point]) -> dict[int, Curve]:
    """Curves of the links from part to part, side by side where they arrive at one box."""
    arriving: dict[int, list[int]] = {}
    for k, link in enumerate(picture.links):
        if picture.boxes[link.source].order != picture.boxes[link.target].order:
            arriving.setdefault(link.target, []).append(k)
    curves: dict[int, Curve] = {}
    for target, links in arriving.items():
        links.sort(key=lambda k: (centres[picture.links[k].source][0], k))
        apart = min(APART, picture.boxes[target].width * 0.8 / len(links))
        for turn, k in enumerate(links):
            x, y = _arrival(picture, target, centres[target])
            x += (turn - (len(links) - 1) / 2) * apart
            source = picture.links[k].source
            start = (centres[source][0], centres[source][1] + picture.boxes[source].height / 2)
            bend = max(30.0, abs(y - start[1]) * 0.45)
            curves[k] = (start, (start[0], start[1] + bend), (x, y - bend), (x, y))
    return curves


def _arrival(picture: Picture, target: int, centre: Point) -> Point:
    """The top of the operator's circle; of a box without one its middle."""
    box, (x, y) = picture.boxes[target], centre
    if not box.cap:
        return (x, y - box.height / 2)
    aside = box.width / 2 - box.cap
    return (x + aside if box.order == BACKWARD else x - aside, y - box.cap)
