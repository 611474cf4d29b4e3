"""A palette as arrays: colours and widths of all buckets, read from Qt's objects once."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPen

from gui.canvas.colours.palette import Palette

Floats = NDArray[np.floating]
# Opacity of a pattern's colour in the raster, until the item itself is painted over it.
PATTERN = 0.3


@dataclass(frozen=True)
class StrokeArrays:
    """A pen for each bucket: premultiplied RGBA (codes, 4), widths (codes,), 0 for none.

    ``on`` is the length of a dash and ``period`` the distance from dash to dash, 0 for a solid
    line; all lengths are in scene units.
    """

    colour: Floats
    width: Floats
    on: Floats
    period: Floats

    @classmethod
    def of(cls, pens: Iterable[QPen]) -> "StrokeArrays":
        pens = list(pens)
        width = np.array([pen.widthF() * (pen.style() != Qt.PenStyle.NoPen) for pen in pens])
        dashes = np.array([_dash(pen) for pen in pens]) * width[:, None]
        return cls(
            np.array([rgba(pen.color()) for pen in pens]),
            width,
            dashes[:, 0],
            dashes.sum(axis=1),
        )


@dataclass(frozen=True)
class PaletteArrays:
    """The styles of a palette's buckets as arrays: edges' strokes and heads, nodes' boxes."""

    casing: StrokeArrays
    line: StrokeArrays
    head: Floats
    head_outline: StrokeArrays
    head_scale: Floats
    fill: Floats
    outline: StrokeArrays
    text: Floats
    cap_fill: Floats
    cap_outline: StrokeArrays
    cap_text: Floats

    @classmethod
    def of(cls, palette: Palette) -> "PaletteArrays":
        edges, nodes = palette.edges, palette.nodes
        everyone = range(len(nodes))
        return cls(
            StrokeArrays.of(edge.casing for edge in edges),
            StrokeArrays.of(edge.line for edge in edges),
            np.array([rgba(edge.head.color()) for edge in edges]),
            StrokeArrays.of(edge.head_outline for edge in edges),
            np.array([edge.head_scale for edge in edges]),
            np.array([rgba(_seen(node.fill)) for node in nodes]),
            StrokeArrays.of(node.outline for node in nodes),
            np.array([rgba(node.text.color()) for node in nodes]),
            np.array([rgba(palette.operator_fill.color())] * len(nodes)),
            StrokeArrays.of(palette.cap_outline(code) for code in everyone),
            np.array([rgba(palette.text.color())] * len(nodes)),
        )


@lru_cache(maxsize=2)
def palette_arrays_of(palette: Palette) -> PaletteArrays:
    """Return the arrays of a palette; those of the last two palettes are cached."""
    return PaletteArrays.of(palette)


def rgba(colour: QColor) -> tuple[float, float, float, float]:
    """Return a colour as premultiplied RGBA (4,), from 0 to 1."""
    alpha = colour.alphaF()
    return (colour.redF() * alpha, colour.greenF() * alpha, colour.blueF() * alpha, alpha)


def _seen(brush: QBrush) -> QColor:
    colour = QColor(brush.color())
    if brush.style() != Qt.BrushStyle.SolidPattern:
        colour.setAlphaF(colour.alphaF() * PATTERN)
    return colour


def _dash(pen: QPen) -> tuple[float, float]:
    """Return the lengths of a dash and a gap, in multiples of the pen's width."""
    if pen.style() != Qt.PenStyle.CustomDashLine:
        return (0.0, 0.0)
    on, off = pen.dashPattern()[:2]
    return (on, off)
