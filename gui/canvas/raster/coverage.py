"""The colours of the pixels of lines, heads and boxes, for some buckets of a palette. No Qt.

Antialiased as by Qt's raster engine: lines wider than a pixel by the area that they cover,
thinner ones as a line of one pixel that is fainter in proportion to its width.
"""

import math
from dataclasses import dataclass

import numpy as np

from gui.canvas.colours.tones import DIMMED, FAINT, PLAIN
from gui.canvas.graph.geometry import HEAD, Indices
from gui.canvas.raster.fragments import CORNERS, EDGES, INKS, SLOPES, Steps
from gui.canvas.raster.palette_arrays import Floats, PaletteArrays, StrokeArrays
from gui.canvas.raster.pixels import Pixels, over, packed, scaled
from gui.canvas.scene.node_item import DIM, FADED, OPACITY


@dataclass(frozen=True, eq=False)
class Coverage:
    """Computes the colours of one palette at one zoom, in any thread.

    ``grounds`` (3,) are the colours below: nothing, the canvas, and an open group's frame.
    """

    arrays: PaletteArrays
    steps: Steps
    grounds: Pixels

    def colours(self, kind: str, level: int, codes: Indices) -> Pixels:
        """Return the colours (grounds, codes, places) of a kind of item over each ground."""
        makers = {
            "line": self._lines,
            "gap": self._gaps,
            "head": self._heads,
            "body": self._bodies,
            "cap": self._caps,
        }
        plain = makers[kind](codes, level)
        return np.stack([plain, *(over(ground, plain) for ground in self.grounds[1:])])

    def _lines(self, codes: Indices, level: int, *, gaps: bool = False) -> Pixels:
        """Return the colours of lines over their casings; ``gaps``: in a gap between dashes."""
        steps = self.steps
        distance = (np.arange(steps.line) + 0.5) / steps.line * steps.line_reach
        slope = np.arange(SLOPES)[:, None] / (SLOPES - 1)
        colours = np.zeros((len(codes), SLOPES * steps.line), np.uint32)
        for strokes in (self.arrays.casing, self.arrays.line):
            width = strokes.width[codes] * steps.scale
            if gaps:
                width[strokes.period[codes] > 0] = 0
            cover = line_coverage(width[:, None, None], slope, distance)
            cover = cover.reshape(colours.shape) * np.float32(OPACITY[level])
            colours = painted(colours, strokes.colour[codes], cover)
        return colours

    def _gaps(self, codes: Indices, level: int) -> Pixels:
        return self._lines(codes, level, gaps=True)

    def _heads(self, codes: Indices, level: int) -> Pixels:
        """Return the colours of heads with their outlines, whose size grows from the tip."""
        steps, arrays = self.steps, self.arrays
        across = ((np.arange(steps.side) + 0.5) / steps.side * 2 - 1) * steps.side_reach
        span = steps.back_reach + steps.side_reach
        along = (np.arange(steps.back) + 0.5) / steps.back * span - steps.side_reach
        grid = np.meshgrid(across, along, indexing="ij")
        side, back = (axis.ravel().astype(np.float32) for axis in grid)
        other = -side - back * np.float32(2 / math.sqrt(5))
        size = (arrays.head_scale[codes, None] * steps.scale).astype(np.float32)
        end = back - np.float32(HEAD) * size
        both = np.clip(0.5 - side, 0, 1) + np.clip(0.5 - other, 0, 1) - 1
        opacity = np.float32(OPACITY[level])
        cover = np.clip(both, 0, 1) * opacity * np.clip(0.5 - end, 0, 1)
        colours = scaled(packed(arrays.head[codes])[:, None], shares(cover))
        width = arrays.head_outline.width[codes, None] * size
        rim = rim_coverage(width, 0.0, np.maximum(np.maximum(side, other), end)) * opacity
        return painted(colours, arrays.head_outline.colour[codes], rim)

    def _bodies(self, codes: Indices, level: int) -> Pixels:
        arrays = self.arrays
        return self._boxes(codes, arrays.fill, arrays.outline, arrays.text, level)

    def _caps(self, codes: Indices, level: int) -> Pixels:
        arrays = self.arrays
        seen = DIMMED if level == DIMMED else PLAIN
        return self._boxes(codes, arrays.cap_fill, arrays.cap_outline, arrays.cap_text, seen)

    def _boxes(
        self, codes: Indices, fills: Floats, outlines: StrokeArrays, inks: Floats, level: int
    ) -> Pixels:
        """Return the colours of boxes: the rim from inside to outside, then text on the inside."""
        fill, outline, ink = fills[codes], outlines.colour[codes], inks[codes]
        if level == FAINT:
            fill, outline = (c / np.maximum(c[:, 3:], 1e-9) * FADED for c in (fill, outline))
        elif level == DIMMED:
            fill, outline, ink = (c * DIM for c in (fill, outline, ink))
        reach = self.steps.rim_reach
        distance = np.tile(((np.arange(EDGES) - 0.5) / (EDGES - 1) * 2 - 1) * reach, CORNERS)
        slope = np.repeat(np.arange(CORNERS) / (CORNERS - 1), EDGES)
        cover = 0.5 + _below(-distance * np.hypot(1.0, slope), slope)
        cover[0] = 1.0
        rim = rim_coverage(outlines.width[codes, None] * self.steps.scale, slope, distance)
        rim[:, 0] = 0.0
        inside = packed(fill)[:, None]
        colours = painted(scaled(inside, shares(cover)), outline, rim)
        degree = np.arange(INKS) / (INKS - 1)
        return np.hstack([colours, painted(inside, ink, degree)])


def line_coverage(width: Floats, slope: Floats | float, distance: Floats) -> Floats:
    """Return how much of a pixel a line covers; the arguments are broadcast.

    Parameters
    ----------
    width: of the line, in pixels
    slope: 0 to 1, minor against major direction
    distance: from the line's middle to the pixel's, along the minor direction
    """
    width, slope, distance = (np.asarray(a, np.float32) for a in (width, slope, distance))
    half = width / 2 * np.hypot(np.float32(1.0), slope)
    wide = _below(half - distance, slope)
    wide -= _below(-half - distance, slope)
    thin = width * np.maximum(np.float32(0.0), 1 - distance)
    return np.where(width <= 1.0, thin, wide)


def _below(height: Floats, slope: Floats) -> Floats:
    """Return the share of a pixel below an edge at ``height`` above its middle, less ½.

    At column s of the pixel, from −½ to ½, the edge covers clip(height + slope · s + ½, 0, 1);
    this is the integral over s, less ½.
    """
    bend = np.maximum(slope, np.float32(1e-6))
    far = np.abs(height)
    bent = np.clip(far - (1 - bend) / 2, 0, bend)
    np.minimum(far, (1 + bend) / 2, out=far)
    bent *= bent
    far -= bent / (2 * bend)
    return np.copysign(far, height)


def rim_coverage(width: Floats, slope: Floats | float, distance: Floats) -> Floats:
    """Return how much of a pixel an outline covers whose middle is ``distance`` pixels away."""
    return line_coverage(width, slope, np.abs(distance) * np.hypot(1.0, slope))


def painted(below: Pixels, colours: Floats, cover: Floats) -> Pixels:
    """Blend colours (n, 4), weighted by their coverage, over pixels (n, places)."""
    return over(below, scaled(packed(colours)[:, None], shares(cover)))


def shares(cover: Floats) -> Pixels:
    """Return 0 to 1 as parts of 256."""
    return (cover * 256 + 0.5).astype(np.uint32)
