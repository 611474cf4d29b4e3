"""A node's lines of text with size, place and colour, and a fast way to paint them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from PySide6.QtCore import QPointF, QSizeF
from PySide6.QtGui import QFont, QGlyphRun, QPainter, QTextLayout

from gui.appearance.fonts import maths_font
from gui.canvas.graph.node_look import (
    BARE_SUBTITLE,
    CAP,
    FRAME_TITLE,
    SPARK,
    SUBTITLE,
    TITLE,
    Look,
    body_box,
    operator_pixels,
)

# Distance of a neuron view's title from its upper edge (scene units).
BOARD_TITLE = 14.0
Role = Literal["symbol", "title", "subtitle"]


@dataclass(frozen=True)
class Lettering:
    """A line of text centred on (x, y), relative to the node's middle.

    ``fixed``: its colour does not depend on the node's, because it is beside the coloured box or
    on the operator's circle.
    """

    role: Role
    text: str
    pixels: float
    bold: bool
    x: float
    y: float
    fixed: bool


@lru_cache(4096)
def lettering(look: Look) -> tuple[Lettering, ...]:
    """Return the texts of a node: the operator's symbol where there is one, title, subtitle."""
    group, bare = look.kind == "group", look.kind == "operator"
    found = []
    if look.operator:
        middle = 0.0 if bare else look.cap_left + look.cap / 2
        pixels = operator_pixels(look.operator)
        found.append(Lettering("symbol", look.operator, pixels, False, middle, 0.0, not bare))
    left, _, right, _ = body_box(look)
    x = (left + right) / 2 if group else look.text_middle
    title = 0.0 if bare else x, -8.0 if look.subtitle and not bare else 0.0
    under = (0.0, CAP + 3 + BARE_SUBTITLE / 2 + 2) if bare else (x, 12.0)
    if look.spark:
        title, under = ((x, y - SPARK / 2 + 1) for x, y in (title, under))
    if look.kind == "neurons":
        title, group = (0.0, BOARD_TITLE - look.height / 2), True
    pixels = FRAME_TITLE if group else TITLE
    found.append(Lettering("title", look.title, pixels, group, *title, False))
    found.append(Lettering("subtitle", look.subtitle, SUBTITLE, False, *under, bare))
    return tuple(found)


@lru_cache
def _font(pixels: float, bold: bool) -> QFont:
    return text_font(pixels, bold=bold)


def text_font(pixels: float, *, bold: bool = False) -> QFont:
    """Return the canvas's font."""
    font = maths_font(pixels, bold=bold)
    font.setStyleStrategy(QFont.StyleStrategy.PreferAntialias)
    return font


def draw(painter: QPainter, spot: Lettering, text: str | None = None) -> None:
    """Paint a text (its own unless another is given) with the painter's pen."""
    corner, runs = glyphs(spot, text)
    for run in runs:
        painter.drawGlyphRun(corner, run)


def glyphs(spot: Lettering, text: str | None = None) -> tuple[QPointF, list[QGlyphRun]]:
    """Return a text's glyphs and where they begin."""
    shown = spot.text if text is None else text
    size, runs = _runs(shown, spot.pixels, spot.bold)
    return QPointF(spot.x - size.width() / 2, spot.y - size.height() / 2), runs


def text_glyphs(text: str, pixels: float, *, bold: bool = False) -> list[QGlyphRun]:
    """Return the glyphs of a text whose upper left corner is the origin."""
    return _runs(text, pixels, bold)[1]


def text_size(text: str, pixels: float, *, bold: bool = False) -> QSizeF:
    """Return the width and height that QGraphicsSimpleTextItem has for a text."""
    return _runs(text, pixels, bold)[0]


@lru_cache(8192)
def _runs(text: str, pixels: float, bold: bool) -> tuple[QSizeF, list[QGlyphRun]]:
    """Lay a text out once (cached): painting glyphs takes half the time of painting a string."""
    layout = QTextLayout(text, _font(pixels, bold))
    layout.beginLayout()
    line = layout.createLine()
    layout.endLayout()
    if not line.isValid():
        return QSizeF(), []
    return QSizeF(line.naturalTextWidth(), line.height()), layout.glyphRuns()
