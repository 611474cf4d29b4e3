"""The overview's picture of all nodes: pixels are computed per geometry, colours per frame."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSizeF
from PySide6.QtGui import QColor, QImage

from gui.canvas.colours.palette import Palette
from gui.canvas.colours.tones import Tones
from gui.canvas.graph.geometry import Geometry
from gui.canvas.scene.node_item import DIM
from gui.colour.magnitude import Mark

# Least size of a node in pixels: smaller ones could fall between two pixels.
LEAST = 2


class MapImage:
    """Caches the picture of one geometry at one size, and recolours it when the tones change."""

    def __init__(self) -> None:
        self._known: tuple[Geometry, int, int] | None = None
        self._pixels = self._owners = np.zeros(0, np.intp)
        self._frames: list[tuple[slice, slice]] = []
        self._shown: tuple[Tones, Palette] | None = None
        self._colours: tuple[Palette, NDArray[np.uint32]] | None = None
        self._buffer = np.zeros((1, 1), np.uint32)

    def place(self, geometry: Geometry, size: QSizeF) -> None:
        """Compute which pixels each node covers, unless geometry and size are the same."""
        width, height = max(1, round(size.width())), max(1, round(size.height()))
        known = self._known
        if known is not None and known[0] is geometry and known[1:] == (width, height):
            return
        self._known, self._shown = (geometry, width, height), None
        bounds = geometry.bounds()
        start = np.array([bounds.left(), bounds.top()])
        scale = np.array([width / bounds.width(), height / bounds.height()])
        limit = np.array([width, height])
        self._buffer = np.zeros((height, width), np.uint32)
        low, high = _corners(geometry.node_box, start, scale, limit, LEAST)
        self._pixels, self._owners = covered(low, high, width)
        low, high = _corners(geometry.frames, start, scale, limit, 1)
        self._frames = [
            (slice(y0, y1), slice(x0, x1))
            for (x0, y0), (x1, y1) in zip(low.tolist(), high.tolist(), strict=True)
        ]

    def coloured(self, tones: Tones, palette: Palette) -> QImage:
        """Return the picture in the colours of these tones."""
        height, width = self._buffer.shape
        if self._shown is None or self._shown[0] is not tones or self._shown[1] is not palette:
            self._shown = (tones, palette)
            self._paint(tones, palette)
        data = self._buffer.data
        return QImage(data, width, height, 4 * width, QImage.Format.Format_ARGB32_Premultiplied)

    def _paint(self, tones: Tones, palette: Palette) -> None:
        if self._colours is None or self._colours[0] is not palette:
            self._colours = (palette, _colours_of(palette))
        plain, dimmed = self._colours[1]
        self._buffer[...] = 0
        frame = palette.frame_fill.color().rgba()
        for rows, columns in self._frames:
            self._buffer[rows, columns] = frame
        colours = plain[tones.nodes]
        if tones.nodes_dimmed is not None:
            colours = np.where(tones.nodes_dimmed, dimmed[tones.nodes], colours)
        self._buffer.reshape(-1)[self._pixels] = colours[self._owners]


def covered(
    low: NDArray[np.intp], high: NDArray[np.intp], width: int
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the pixels of rectangles (indices row by row at this width), and the owner of each.

    Corners ``low`` and ``high`` are (n, 2), x and y, the high ones not included.
    """
    size = high - low
    counts = size[:, 0] * size[:, 1]
    owners = np.repeat(np.arange(len(low), dtype=np.intp), counts)
    within = np.arange(len(owners)) - np.repeat(np.cumsum(counts) - counts, counts)
    across = size[owners, 0]
    x = low[owners, 0] + within % across
    y = low[owners, 1] + within // across
    return y * width + x, owners


def _corners(
    boxes: NDArray[np.float64],
    start: NDArray[np.float64],
    scale: NDArray[np.float64],
    limit: NDArray[np.intp],
    least: int,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return boxes (n, 4) in whole pixels: of at least ``least``, and inside the picture."""
    low = np.floor((boxes[:, :2] - start) * scale).astype(np.intp)
    high = np.ceil((boxes[:, 2:] - start) * scale).astype(np.intp)
    low = np.clip(low, 0, np.maximum(limit - least, 0))
    return low, np.clip(np.maximum(high, low + least), 0, limit)


def _colours_of(palette: Palette) -> NDArray[np.uint32]:
    """Return the colour of each bucket (2, codes), plain and dimmed.

    Marks have the colour of their outline, since their fill is the canvas colour.
    """
    found = [
        (style.fill.color() if code < Mark.ZERO else style.outline.color())
        for code, style in enumerate(palette.nodes)
    ]
    return np.array([[_over(c, palette.canvas, a) for c in found] for a in (1.0, DIM)], np.uint32)


def _over(colour: QColor, canvas: QColor, alpha: float) -> int:
    share = colour.alphaF() * alpha
    parts = (
        round(255 * (a * share + b * (1 - share)))
        for a, b in zip(colour.getRgbF()[:3], canvas.getRgbF()[:3], strict=True)  # type: ignore[index]
    )
    red, green, blue = parts
    return 0xFF000000 | red << 16 | green << 8 | blue
