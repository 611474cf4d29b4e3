"""Rasterises lines, heads and boxes: which item covers which pixel of a tile, and at which place.

A *fragment* is one item on one pixel. Its ``place`` says where in the item the pixel's middle is
(how far from a line's middle, how far inside a box), in the steps of ``Steps``. Its colour depends
on place and item only, so fragments stay valid when colours and widths change.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.support.arrays import Floats
from gui.canvas.graph.geometry import Geometry, Indices, Rounded
from gui.canvas.layout.curves import bezier

Whole = NDArray[np.int32]
SLOPES = 8
INKS = 64
EDGES = 64
# Number of slopes of a box's rim at its rounded corners, including the straight ones.
CORNERS = 5
RIM = CORNERS * EDGES


@dataclass(frozen=True)
class Steps:
    """The quantisation of places at one scale (pixels per scene unit).

    ``line``: pixels from the middle of a line, straight up or across, for SLOPES slopes;
    ``side`` and ``back``: pixels from a head's flank and from its tip; ``rim``: pixels from a
    box's outline, EDGES of them for each of CORNERS slopes, then INKS degrees of a text's ink on
    the box's inside.
    """

    scale: float
    line_reach: float
    line: int
    side_reach: float
    side: int
    back_reach: float
    back: int
    rim_reach: float

    @classmethod
    def of(cls, scale: float, widest: float, head: float, outline: float, rim: float) -> "Steps":
        """Return steps for lines, heads, their outlines and boxes' rims up to these scene units."""
        line = widest * scale / 2 * math.sqrt(2) + 1.0
        side = outline * scale / 2 + 1.0
        back = head * scale + side + 0.5
        finest = max(0.25, 0.04 * scale)
        return cls(
            scale,
            line,
            int(np.clip(math.ceil(16 * line), 32, 256)),
            side,
            int(np.clip(math.ceil(10 * side), 12, 32)),
            back,
            math.ceil((back + side) / finest),
            rim * scale / 2 + 0.75,
        )


@dataclass(frozen=True)
class Tile:
    """A rectangle of pixels, whose pixel (0, 0) shows the scene at (left, top) / scale."""

    left: float
    top: float
    width: int
    height: int
    scale: float

    def pixels(self, points: Floats) -> Floats:
        """Return points of the scene (…, 2) in the tile's pixels."""
        return points * self.scale - (self.left, self.top)

    @property
    def scene(self) -> Floats:
        """The tile's left, top, right and bottom on the scene."""
        right, bottom = self.left + self.width, self.top + self.height
        return np.array([self.left, self.top, right, bottom]) / self.scale


@dataclass(frozen=True)
class Fragments:
    """Arrays (n,): ``pixel`` in the tile counted row by row, the item, and the place in it.

    ``along`` is the length of a line up to here in scene units (0 for heads and boxes).
    """

    pixel: NDArray[np.int32]
    item: NDArray[np.int32]
    place: NDArray[np.int32]
    along: NDArray[np.float32]

    def __getitem__(self, chosen: NDArray) -> "Fragments":
        return Fragments(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))

    def __len__(self) -> int:
        return len(self.pixel)


def joined(parts: list[Fragments]) -> Fragments:
    """Return fragments concatenated."""
    names = Fragments.__dataclass_fields__
    return Fragments(*(np.concatenate([getattr(p, name) for p in parts]) for name in names))


def ranges(first: Whole, stop: Whole) -> tuple[Whole, Whole]:
    """Return all integers of many ranges: for each its range's index, and itself."""
    counts = stop - first
    owner = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    offset = first - (np.cumsum(counts) - counts).astype(np.int32)
    return owner, np.arange(len(owner), dtype=np.int32) + offset[owner]


def _cells(low: Floats, high: Floats, tile: Tile) -> tuple[Whole, Whole, Whole]:
    """Return owner, x and y of all pixels whose middles are in these rectangles of pixels."""

    def cut(low: Floats, high: Floats, size: int) -> tuple[Whole, Whole]:
        first = np.clip(np.ceil(low - 0.5), 0, size).astype(np.int32)
        return first, np.clip(np.floor(high - 0.5) + 1, first, size).astype(np.int32)

    x0, x1 = cut(low[:, 0], high[:, 0], tile.width)
    y0, y1 = cut(low[:, 1], high[:, 1], tile.height)
    rows, y = ranges(y0, np.where(x1 > x0, y1, y0))
    cells, x = ranges(x0[rows], x1[rows])
    return rows[cells], x, y[cells]


# -- heads -----------------------------------------------------------------------------------


def head_fragments(geometry: Geometry, edges: Indices, tile: Tile, steps: Steps) -> Fragments:
    """Return the fragments of these edges' heads, at their largest size."""
    tip = tile.pixels(geometry.tip[edges])
    ahead = geometry.towards[edges]
    across = ahead[:, ::-1] * (-1.0, 1.0)
    base = tip - ahead * steps.back_reach
    wing = across * (steps.back_reach / 2 + steps.side_reach)
    front = tip + ahead * steps.side_reach
    corners = np.stack([base - wing, base + wing, front])
    low, high = corners.min(axis=0), corners.max(axis=0)
    owner, x, y = _cells(low, high, tile)
    dx, dy = x + 0.5 - tip[owner, 0], y + 0.5 - tip[owner, 1]
    back = -(dx * ahead[owner, 0] + dy * ahead[owner, 1])
    out = np.abs(dx * across[owner, 0] + dy * across[owner, 1])
    side = (out - back / 2) * (2 / math.sqrt(5))
    inside = (side < steps.side_reach) & (back < steps.back_reach) & (back > -steps.side_reach)
    owner, x, y, back, side = owner[inside], x[inside], y[inside], back[inside], side[inside]
    share = np.maximum(side / steps.side_reach + 1, 0) / 2
    flank = np.minimum(share * steps.side, steps.side - 1).astype(np.int32)
    span = steps.back_reach + steps.side_reach
    depth = np.minimum((back + steps.side_reach) / span * steps.back, steps.back - 1)
    place = flank * steps.back + depth.astype(np.int32)
    nothing = np.zeros(len(place), np.float32)
    return Fragments(y * tile.width + x, edges.astype(np.int32)[owner], place, nothing)


# -- boxes -----------------------------------------------------------------------------------


def box_fragments(
    boxes: Rounded, tile: Tile, steps: Steps, ink: NDArray[np.uint8] | None
) -> Fragments:
    """Return the fragments of rounded boxes; ``ink`` is the text's coverage on the tile."""
    rect = np.hstack([tile.pixels(boxes.box[:, :2]), tile.pixels(boxes.box[:, 2:])])
    reach = steps.rim_reach
    low, high = rect[:, :2] - reach, rect[:, 2:] + reach
    owner, x, y = _cells(low, high, tile)
    radius = boxes.radius * tile.scale
    middle = ((rect[:, :2] + rect[:, 2:]) / 2).astype(np.float32)
    inner = ((rect[:, 2:] - rect[:, :2]) / 2 - radius[:, None]).astype(np.float32)
    # 32-bit floats are enough for steps of 1/64 pixel, and take half the time.
    shift = middle - np.float32(0.5)
    across = np.abs(x.astype(np.float32) - shift[:, 0][owner]) - inner[:, 0][owner]
    down = np.abs(y.astype(np.float32) - shift[:, 1][owner]) - inner[:, 1][owner]
    corner = np.hypot(np.maximum(across, 0), np.maximum(down, 0))
    distance = corner + np.minimum(np.maximum(across, down), 0) - radius.astype(np.float32)[owner]
    seen = distance < reach
    owner, x, y, distance = owner[seen], x[seen], y[seen], distance[seen]
    across, down = across[seen], down[seen]
    share = (distance / reach + 1) / 2 * (EDGES - 1)
    place = np.clip(np.ceil(share), 0, EDGES - 1).astype(np.int32)
    rim = np.flatnonzero((place > 0) & (across > 0) & (down > 0))
    slope = np.minimum(across[rim], down[rim]) / np.maximum(across[rim], down[rim])
    place[rim] += np.rint(slope * (CORNERS - 1)).astype(np.int32) * EDGES
    pixel = y * tile.width + x
    if ink is not None:
        covered = ink[pixel].astype(np.int32) >> 2
        written = (covered > 0) & (distance < -0.5)
        place = np.where(written, RIM + covered, place)
    nothing = np.zeros(len(place), np.float32)
    owner = boxes.node.astype(np.int32)[owner]
    return Fragments(pixel, owner, place.astype(np.int32), nothing)


def solid(place: NDArray[np.int32]) -> NDArray[np.bool_]:
    """Return flags of the places of a box that are opaque: all but its rim."""
    return np.asarray((place == 0) | (place >= RIM))


# Largest distance of a straight piece from the curve, in pixels.
FLAT = 0.1


@dataclass(frozen=True)
class _Pieces:
    """Straight pieces of lines, in pixels: from ``start`` to ``end``, extended at both ends.

    ``along`` is the line's length before the piece and ``length`` the piece's, in scene units.
    """

    start: Floats
    end: Floats
    before: Floats
    after: Floats
    owner: Indices
    along: Floats
    length: Floats

    def __getitem__(self, chosen: NDArray[np.bool_]) -> "_Pieces":
        return _Pieces(*(getattr(self, name)[chosen] for name in self.__dataclass_fields__))


def line_fragments(
    geometry: Geometry, near: NDArray[np.bool_], tile: Tile, steps: Steps
) -> Fragments:
    """Return the fragments of the cubic segments ``near`` this tile."""
    chosen = np.flatnonzero(near)
    cubics = tile.pixels(geometry.cubics[chosen])
    bend = np.abs(np.diff(cubics, n=2, axis=1)).max(axis=(1, 2), initial=0.0)
    pieces = np.sqrt(0.75 * bend / FLAT)
    level = np.clip(np.ceil(np.log2(np.maximum(pieces, 1.0))), 0, 6).astype(int)
    parts = []
    for power in {0, *level.tolist()}:
        some = level == power
        parts.append(_pieces(geometry, chosen[some], cubics[some], 2**power, tile, steps))
    pieces = _Pieces(
        *(
            np.concatenate([getattr(p, name) for p in parts])
            for name in _Pieces.__dataclass_fields__
        )
    )
    steep = np.abs(pieces.end - pieces.start) @ (-1.0, 1.0) > 0
    return joined([_scan(pieces[~steep], 0, tile, steps), _scan(pieces[steep], 1, tile, steps)])


def _pieces(
    geometry: Geometry, which: Indices, cubics: Floats, count: int, tile: Tile, steps: Steps
) -> _Pieces:
    """Cut cubic segments into ``count`` straight pieces each."""
    points = bezier(cubics, np.linspace(0.0, 1.0, count + 1))
    step = np.diff(points, axis=1)
    steep = np.abs(step[..., 1]) > np.abs(step[..., 0])
    length = np.hypot(step[..., 0], step[..., 1]) / tile.scale
    along = geometry.along[which, None] + np.cumsum(length, axis=1) - length
    # Where a curve turns from flat to steep both scans overlap a little, to leave no gap.
    turn = steps.line_reach * 0.75
    before, after = np.zeros(steep.shape), np.zeros(steep.shape)
    before[:, 1:] = np.where(steep[:, 1:] != steep[:, :-1], turn, 0.0)
    after[:, :-1] = before[:, 1:]
    before[:, 0] = np.where(geometry.starts[which], 0.0, turn)
    last = np.append(geometry.starts[1:], True)[which]
    after[:, -1] = np.where(last, 0.0, turn)
    return _Pieces(
        points[:, :-1].reshape(-1, 2),
        points[:, 1:].reshape(-1, 2),
        before.ravel(),
        after.ravel(),
        np.repeat(geometry.edge[which], count),
        along.ravel(),
        length.ravel(),
    )


def _scan(pieces: _Pieces, axis: int, tile: Tile, steps: Steps) -> Fragments:
    """Scan pieces along one axis; at each step take the pixels across the line."""
    size = (tile.width, tile.height)
    extent = pieces.end[:, axis] - pieces.start[:, axis]
    forward = extent >= 0
    before, after = pieces.before, pieces.after
    low = np.where(forward, pieces.start[:, axis] - before, pieces.end[:, axis] - after)
    high = np.where(forward, pieces.end[:, axis] + after, pieces.start[:, axis] + before)
    first = np.clip(np.ceil(low - 0.5), 0, size[axis]).astype(np.int32)
    stop = np.clip(np.ceil(high - 0.5), 0, size[axis]).astype(np.int32)
    seen = (stop > first) & (np.abs(extent) > 1e-9)
    pieces, extent = pieces[seen], extent[seen]
    piece, major = ranges(first[seen], stop[seen])
    slope = (pieces.end - pieces.start)[:, 1 - axis] / extent
    share = (major + 0.5 - pieces.start[piece, axis]) / extent[piece]
    middle = pieces.start[piece, 1 - axis] + share * (extent * slope)[piece]
    widest = (steps.line_reach - 1.0) / math.sqrt(2)
    reach = np.minimum(steps.line_reach, widest * np.hypot(1.0, slope) + 1.0)[piece]
    lowest = np.clip(np.ceil(middle - reach - 0.5), 0, size[1 - axis]).astype(np.int32)
    highest = np.clip(np.floor(middle + reach - 0.5) + 1, lowest, size[1 - axis]).astype(np.int32)
    # From here on arrays are long: an entry per pixel, not per step along a line.
    step, minor = ranges(lowest, highest)
    distance = minor.astype(np.float32) - (middle - 0.5).astype(np.float32)[step]
    beyond = (share < 0) | (share > 1)
    if beyond.any():
        chosen = np.flatnonzero(beyond[step])
        here = step[chosen]
        walked, reached = (share * extent[piece])[here], piece[here]
        around = _around_ends(distance[chosen], walked, extent[reached], slope[reached])
        distance[chosen] = around
    np.abs(distance, out=distance)
    distance *= np.float32(steps.line / steps.line_reach)
    place = np.minimum(distance, steps.line - 1, out=distance).astype(np.int32)
    tilt = np.rint(np.abs(slope) * (SLOPES - 1)).astype(np.int32) * steps.line
    place += tilt[piece][step]
    along = pieces.along[piece] + np.clip(share, 0, 1) * pieces.length[piece]
    if axis == 0:
        pixel = minor * tile.width + major[step]
    else:
        pixel = minor + (major * tile.width)[step]
    owner = pieces.owner.astype(np.int32)[piece]
    return Fragments(pixel, owner[step], place, along.astype(np.float32)[step])


def _around_ends(off: Floats, walked: Floats, extent: Floats, slope: Floats) -> Floats:
    """Return the distance of pixels beyond a line's end, for a round cap.

    ``off`` is the distance from the extended line, ``walked`` and ``extent`` are measured along
    the axis; the result is, like ``off``, measured across the axis.
    """
    stretch = np.hypot(1.0, slope)
    along = np.sign(extent) * (walked * (1 + slope**2) + off * slope) / stretch
    length = np.abs(extent) * stretch
    excess = np.maximum(np.maximum(-along, along - length), 0.0)
    return np.hypot(off / stretch, excess) * stretch
