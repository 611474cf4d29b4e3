"""The fragments of curved lines: each is cut into straight pieces, and these are walked along."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.support.arrays import Floats
from gui.canvas.graph.geometry import Geometry, Indices
from gui.canvas.layout.curves import bezier
from gui.canvas.raster.fragments import SLOPES, Fragments, Steps, Tile, joined, ranges

# How far a straight piece may run beside the curve, in pixels.
FLAT = 0.1


@dataclass(frozen=True)
class _Pieces:
    """Straight pieces of lines, in pixels: from ``start`` to ``end``, drawn on at both ends.

    ``along`` is the line's length up to here and ``length`` the piece's, in scene units.
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
    # Where a curve turns from flat to steep both scans go on a little, or a wedge stays empty.
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
    """Walk pieces along one axis; at each step take the pixels across the line."""
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
    # From here on numbers are many: one for each pixel, not one for each step along a line.
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
    """Return the distance of pixels beside a line's end, as if the line went around it.

    ``off`` is the distance from the line drawn on, ``walked`` and ``extent`` are measured along
    the axis; the result is, like ``off``, measured across the axis.
    """
    stretch = np.hypot(1.0, slope)
    along = np.sign(extent) * (walked * (1 + slope**2) + off * slope) / stretch
    length = np.abs(extent) * stretch
    excess = np.maximum(np.maximum(-along, along - length), 0.0)
    return np.hypot(off / stretch, excess) * stretch
