"""The colour of every place in every kind of item, for every bucket: one table of a palette.

``Fragments`` say where in an item a pixel lies; here stands what is seen there, antialiased as
Qt's raster engine does it: lines wider than a pixel by the area they cover, thinner ones as a
line of one pixel, fainter in proportion to their width.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPen

from gui.canvas.fragments import EDGES, INKS, SLOPES, Steps
from gui.canvas.geometry import HEAD
from gui.canvas.items import DIM, FADED, OPACITY
from gui.canvas.palette import Palette
from gui.canvas.tones import DIMMED, FAINT, PLAIN

Floats = NDArray[np.floating]
# Over nothing (to be blended), over the canvas, over an open group's frame.
RAW, ON_CANVAS, ON_FRAME = range(3)
SAMPLES = (np.arange(6) + 0.5) / 6 - 0.5


@dataclass(frozen=True)
class Dashes:
    """A dashed line of one bucket, in scene units: on, off, on, …"""

    on: float
    period: float

    def share(self, along: NDArray[np.float32], pixel: float) -> Floats:
        """Return how much of a pixel at this length of the line is covered by a dash."""
        return (self._until(along + pixel / 2) - self._until(along - pixel / 2)) / pixel

    def _until(self, along: Floats) -> Floats:
        whole = np.floor(along / self.period)
        return whole * self.on + np.minimum(along - whole * self.period, self.on)


class Shades:
    """``table`` holds colours as premultiplied ARGB; a fragment's is at ``base`` + its place.

    Rows of a kind are buckets and a blank one, then the same faded, then the same dimmed; those
    are made when they are first asked for: faded is seen only while stepping by operations.
    """

    def __init__(self, palette: Palette, steps: Steps) -> None:
        self.palette, self.steps = palette, steps
        self.codes = len(palette.nodes)
        self.rows = self.codes + 1
        line = SLOPES * steps.line
        sizes = {
            "line": line,
            "gap": line,
            "head": steps.side * steps.back,
            "body": EDGES + INKS,
            "cap": EDGES + INKS,
        }
        self.row = sizes
        ends = np.cumsum([len(OPACITY) * self.rows * size for size in sizes.values()])
        self.start = dict(zip(sizes, [0, *ends[:-1].tolist()], strict=True))
        self.length = int(ends[-1])
        self.table = np.zeros(3 * self.length, np.uint32)
        self._grounds = self.table.reshape(3, self.length)
        known = {c: _dashes(e.line, e.casing) for c, e in enumerate(palette.edges)}
        self.dashes = {code: dashes for code, dashes in known.items() if dashes is not None}
        self._levels = {PLAIN}
        self._makers = {
            "line": self._make_lines,
            "gap": self._make_gaps,
            "head": self._make_heads,
            "body": self._make_bodies,
            "cap": self._make_caps,
        }
        self._to_make = [(kind, PLAIN) for kind in sizes]

    @property
    def ready(self) -> bool:
        """Whether all colours that are asked for are there."""
        return not self._to_make

    def make_some(self) -> None:
        """Make the colours of one more kind; a slice of the GUI thread's time."""
        self._makers[self._to_make[0][0]](self._to_make[0][1])
        del self._to_make[0]

    def take_nodes(self, palette: Palette) -> None:
        """Take on a palette that differs in the colours of nodes only."""
        self.palette = palette
        self._to_make += [(kind, level) for level in self._levels for kind in ("body", "cap")]

    def bases(self, kind: str, codes: NDArray, levels: NDArray[np.intp]) -> NDArray[np.intp]:
        """Return where the rows of these buckets begin in the table; ``self.codes`` is blank.

        ``levels`` are those of the tones: PLAIN, FAINT or DIMMED.
        """
        for level in (FAINT, DIMMED):
            if level not in self._levels and (levels == level).any():
                self._levels.add(level)
                self._to_make += [(kind, level) for kind in self.row]
        while self._to_make:
            self.make_some()
        rows = codes.astype(np.intp) + self.rows * levels
        return np.asarray(self.start[kind] + rows * self.row[kind], np.intp)

    # -- the kinds ---------------------------------------------------------------------------

    def _make_lines(self, level: int) -> None:
        everyone = np.arange(self.codes)
        self._put("line", everyone, self._lines(everyone, OPACITY[level]), level)

    def _make_gaps(self, level: int) -> None:
        dashed = np.array([*self.dashes], np.intp)
        colours = self._lines(dashed, OPACITY[level], gaps=True)
        self._put("gap", dashed, colours, level)

    def _make_heads(self, level: int) -> None:
        self._put("head", np.arange(self.codes), self._heads(OPACITY[level]), level)

    def _make_bodies(self, level: int) -> None:
        nodes = self.palette.nodes
        parts = ([n.fill for n in nodes], [n.outline for n in nodes], [n.text for n in nodes])
        colours = self._boxes(*parts, level)
        self._put("body", np.arange(self.codes), colours, level)

    def _make_caps(self, level: int) -> None:
        palette = self.palette
        outlines = [palette.cap_outline(code) for code in range(self.codes)]
        parts = ([palette.operator_fill] * self.codes, outlines, [palette.text] * self.codes)
        seen = DIMMED if level == DIMMED else PLAIN
        self._put("cap", np.arange(self.codes), self._boxes(*parts, seen), level)

    def _put(self, kind: str, codes: NDArray[np.intp], colours: Floats, level: int) -> None:
        """Keep the colours (codes, places, 4) as they are and over both plain grounds."""
        colours = colours.reshape(-1, 4)
        size = self.row[kind]
        start, stop = (self.start[kind] + size * self.rows * part for part in (level, level + 1))
        rows = self._grounds[:, start:stop].reshape(3, self.rows, size)
        canvas, frame = QColor(self.palette.canvas), self.palette.frame_fill.color()
        rows[RAW, codes] = packed(colours).reshape(-1, size)
        for ground, colour in ((ON_CANVAS, canvas), (ON_FRAME, frame)):
            seen = colours + _rgba(colour).astype(np.float32) * (1 - colours[:, 3:])
            rows[ground, codes] = packed(seen).reshape(-1, size)
            rows[ground, self.codes] = packed(_rgba(colour)[None])

    def _lines(self, codes: NDArray[np.intp], opacity: float, *, gaps: bool = False) -> Floats:
        """Lines over their casings; in a gap what of the two is dashed is not there."""
        steps, edges = self.steps, [self.palette.edges[code] for code in codes.tolist()]
        level = (np.arange(steps.line) + 0.5) / steps.line * steps.line_reach
        slope = np.arange(SLOPES)[:, None] / (SLOPES - 1)
        colours = np.zeros((len(codes), self.row["line"], 4), np.float32)
        for pens in ([e.casing for e in edges], [e.line for e in edges]):
            width = np.array([pen.widthF() * steps.scale for pen in pens])
            drawn = np.array([_is_drawn(pen) and not (gaps and _is_dashed(pen)) for pen in pens])
            cover = line_coverage(width[:, None, None], slope, level[None])
            cover = cover.reshape(len(codes), -1) * (opacity * drawn)[:, None]
            colours = over(colours, np.array([_rgba(pen.color()) for pen in pens]), cover)
        return colours

    def _heads(self, opacity: float) -> Floats:
        """Triangles with their outlines; they grow from their tips."""
        steps, edges = self.steps, self.palette.edges
        side = ((np.arange(steps.side) + 0.5) / steps.side * 2 - 1) * steps.side_reach
        span = steps.back_reach + steps.side_reach
        back = (np.arange(steps.back) + 0.5) / steps.back * span - steps.side_reach
        side, back = (a.ravel()[None] for a in np.meshgrid(side, back, indexing="ij"))
        size = np.array([[e.head_scale * steps.scale] for e in edges])
        end = back - HEAD * size
        other = -side - back * (2 / math.sqrt(5))
        fill = np.clip(0.5 - side, 0, 1) + np.clip(0.5 - other, 0, 1) - 1
        cover = np.clip(fill, 0, 1) * np.clip(0.5 - end, 0, 1) * opacity
        colours = np.zeros((*cover.shape, 4), np.float32)
        colours = over(colours, np.array([_rgba(e.head.color()) for e in edges]), cover)
        pens = [e.head_outline for e in edges]
        width = np.array([[pen.widthF()] for pen in pens]) * size
        rim = rim_coverage(width, np.maximum(np.maximum(side, other), end))
        rim *= opacity * np.array([[_is_drawn(pen)] for pen in pens])
        return over(colours, np.array([_rgba(pen.color()) for pen in pens]), rim)

    def _boxes(
        self, brushes: list[QBrush], pens: list[QPen], inks: list[QBrush], level: int
    ) -> Floats:
        """The rim from inside to outside, then the text's ink on the inside."""
        fill = np.array([_rgba(_seen(brush)) for brush in brushes])
        outline = np.array([_rgba(pen.color()) for pen in pens])
        ink = np.array([_rgba(brush.color()) for brush in inks])
        if level == FAINT:
            fill, outline = (c / np.maximum(c[:, 3:], 1e-9) * FADED for c in (fill, outline))
        elif level == DIMMED:
            fill, outline, ink = (c * DIM for c in (fill, outline, ink))
        reach = self.steps.rim_reach
        distance = ((np.arange(EDGES) - 0.5) / (EDGES - 1) * 2 - 1)[None] * reach
        cover = np.clip(0.5 - distance, 0, 1)
        cover[:, 0] = 1.0
        width = np.array([[pen.widthF() * self.steps.scale] for pen in pens])
        rim = rim_coverage(width, distance) * np.array([[_is_drawn(pen)] for pen in pens])
        rim[:, 0] = 0.0
        colours = np.zeros((self.codes, EDGES, 4), np.float32)
        colours = over(colours, fill, np.repeat(cover, self.codes, axis=0))
        colours = over(colours, outline, rim)
        inside = np.repeat(fill[:, None], INKS, axis=1)
        degree = np.repeat(np.arange(INKS)[None] / (INKS - 1), self.codes, axis=0)
        return np.concatenate([colours, over(inside, ink, degree)], axis=1)


def line_coverage(width: Floats, slope: Floats, distance: Floats) -> Floats:
    """Return how much of a pixel a line covers; the arguments are broadcast.

    Parameters
    ----------
    width: of the line, in pixels
    slope: 0 to 1, minor against major direction
    distance: from the line's middle to the pixel's, along the minor direction
    """
    width, slope, distance = (np.asarray(a, np.float32) for a in (width, slope, distance))
    thin = width * np.maximum(0.0, 1.0 - distance) + 0 * slope
    half = width / 2 * np.hypot(1.0, slope)
    wide = np.zeros(thin.shape, np.float32)
    for sample in SAMPLES.astype(np.float32):
        middle = distance + slope * sample
        wide += np.clip(np.minimum(middle + 0.5, half) - np.maximum(middle - 0.5, -half), 0, 1)
    return np.where(width <= 1.0, thin, wide / len(SAMPLES))


def rim_coverage(width: Floats, distance: Floats) -> Floats:
    """Return how much of a pixel an outline covers whose middle is this far away."""
    far = np.abs(distance)
    thin = width * np.maximum(0.0, 1.0 - far)
    wide = np.minimum(far + 0.5, width / 2) - np.maximum(far - 0.5, -width / 2)
    return np.where(width <= 1.0, thin, np.clip(wide, 0, 1))


def over(below: Floats, colour: Floats, cover: Floats) -> Floats:
    """Put colours (n, 4; premultiplied) over (n, places, 4), by how much of a pixel they cover."""
    top = (colour[:, None] * cover[..., None]).astype(np.float32)
    top += below * (1 - top[..., 3:])
    return top


def packed(colours: Floats) -> NDArray[np.uint32]:
    """Return premultiplied RGBA from 0 to 1 as Qt's 32-bit ARGB."""
    channels = np.empty(colours.shape, np.uint8)
    channels[:] = colours[:, [2, 1, 0, 3]] * 255 + 0.5
    return channels.view("<u4").ravel()


def _rgba(colour: QColor) -> Floats:
    alpha = colour.alphaF()
    return np.array([colour.redF() * alpha, colour.greenF() * alpha, colour.blueF() * alpha, alpha])


def _seen(brush: QBrush) -> QColor:
    """The colour of a brush; of a pattern its mean, until the item itself is painted."""
    colour = QColor(brush.color())
    if brush.style() != Qt.BrushStyle.SolidPattern:
        colour.setAlphaF(colour.alphaF() * 0.3)
    return colour


def _is_drawn(pen: QPen) -> bool:
    return pen.style() != Qt.PenStyle.NoPen


def _is_dashed(pen: QPen) -> bool:
    return pen.style() == Qt.PenStyle.CustomDashLine


def _dashes(*pens: QPen) -> Dashes | None:
    for pen in pens:
        if _is_dashed(pen):
            on, off = pen.dashPattern()[:2]
            return Dashes(on * pen.widthF(), (on + off) * pen.widthF())
    return None
