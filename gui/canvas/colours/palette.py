"""Pens and brushes of the canvas: one style per bucket, made once per theme and maps."""

from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import Qt
from PySide6.QtGui import QBrush, QColor, QPen

from engine.recipes.colour_maps import DEFAULT
from gui.appearance.theme import Theme
from gui.colour.magnitude import BUCKETS, CODES, INVALID, Mark, mixed, text_on, with_alpha
from gui.colour.maps import map_colours

THINNEST, THICKEST = 1.6, 6.4
# Strengths of the casing around a coloured edge and of the grey of what is not computed yet: just
# enough for a contrast of 3 : 1 with the canvas (WCAG 2, 1.4.11).
CASING, QUIET = 0.5, 0.72
# Visible width of a selected or lit edge's band on either side of the edge (scene units).
BAND = 4.0


@dataclass(frozen=True)
class NodeStyle:
    """The style of a node of one bucket; ``text`` has at least 4.5 : 1 contrast to ``fill``."""

    fill: QBrush
    outline: QPen
    text: QBrush


@dataclass(frozen=True)
class EdgeStyle:
    """The style of an edge of one bucket: ``line`` over the wider ``casing``, and its head."""

    casing: QPen
    line: QPen
    head: QBrush
    head_outline: QPen
    head_scale: float


class Palette:
    """All styles of one theme and one pair of colour maps, indexed by bucket.

    Parameters
    ----------
    edge_map, node_map:
        The maps' names; nodes have the edges' map by default.
    """

    def __init__(self, theme: Theme, edge_map: str = DEFAULT, node_map: str = "") -> None:
        self.theme = theme
        self.edge_map, self.node_map = edge_map, node_map or edge_map
        self.invalid = INVALID if theme.name == "light" else mixed(INVALID, "#ffffff", 0.4)
        self.nodes = [self._node(code) for code in range(CODES)]
        self.edges = [self._edge(code) for code in range(CODES)]
        self.canvas = QColor(theme.canvas)
        self.text = QBrush(QColor(theme.text))
        self.muted = QBrush(QColor(theme.muted))
        self.operator_fill = QBrush(QColor(theme.surface))
        self.operator_outline = QPen(QColor(mixed(theme.surface, theme.text, 0.75)), 1.3)
        self.lit = _pen(with_alpha(theme.highlight, 0.9), 4.5)
        self.selected = _pen(QColor(theme.accent), 3.0)
        self.partner = _pen(QColor(theme.accent), 2.4, dashes=(2.2, 1.6))
        self.frame_fill = QBrush(QColor(mixed(theme.canvas, theme.text, 0.035)))
        self.frame_outline = _pen(QColor(mixed(theme.border, theme.muted, 0.25)), 1.2)
        self.bar = QBrush(QColor(theme.text))
        self.lit_edge = QColor(mixed(theme.canvas, theme.highlight, 0.6))
        self.selected_edge = QColor(theme.accent)

    def differs_in_nodes_only(self, other: "Palette") -> bool:
        """Whether edges, texts and grounds are the same in another palette."""
        return self.theme is other.theme and self.edge_map == other.edge_map

    def tie(self, width: float) -> QPen:
        """Return the dotted pen between a node and its gradient; thin ones are fainter."""
        colour = with_alpha(self.theme.accent, min(1.0, 0.45 * width))
        pen = _pen(colour, width, dashes=(0.1, 3.0))
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        return pen

    def band(self, code: int, colour: QColor) -> QPen:
        """Return the pen of a band under an edge of this bucket, visible on both sides of it."""
        style = self.edges[code]
        casing = 0.0 if style.casing.style() == Qt.PenStyle.NoPen else style.casing.widthF()
        return _pen(colour, max(casing, style.line.widthF()) + 2 * BAND)

    def cap_outline(self, code: int) -> QPen:
        """Return the pen of an operator's circle: the usual one, or that of a mark's bucket."""
        return self.nodes[code].outline if code >= Mark.ZERO else self.operator_outline

    def _node(self, code: int) -> NodeStyle:
        theme = self.theme
        text = QBrush(QColor(theme.text))
        if code < BUCKETS or code in (Mark.BELOW, Mark.ABOVE):
            colour = map_colours(self.node_map)[_place(code)]
            outline = mixed(colour, theme.text, 0.5)
            return NodeStyle(
                QBrush(QColor(colour)), _pen(QColor(outline), 1.3), QBrush(QColor(text_on(colour)))
            )
        if code == Mark.ZERO:
            pen = _pen(QColor(theme.text), 1.5, dashes=(3.5, 2.5))
            return NodeStyle(QBrush(QColor(theme.canvas)), pen, text)
        if code == Mark.UNDERFLOW:
            pen = _pen(QColor(theme.text), 1.7, dashes=(0.6, 2.2))
            dots = QBrush(with_alpha(theme.muted, 0.45), Qt.BrushStyle.Dense7Pattern)
            return NodeStyle(dots, pen, text)
        if code in (Mark.NAN, Mark.INFINITE):
            nan = code == Mark.NAN
            style = Qt.BrushStyle.DiagCrossPattern if nan else Qt.BrushStyle.BDiagPattern
            fill = QBrush(with_alpha(self.invalid, 0.4), style)
            return NodeStyle(fill, _pen(QColor(self.invalid), 2.4), text)
        if code == Mark.PENDING:
            grey = mixed(theme.canvas, theme.muted, 0.2)
            pen = _pen(QColor(mixed(theme.canvas, theme.muted, QUIET)), 0.9)
            muted = mixed(theme.muted, theme.text, 0.15)
            return NodeStyle(QBrush(QColor(grey)), pen, QBrush(QColor(muted)))
        # Hollow and dashed, as edges without gradient: unlike PENDING in more than shade.
        pen = _pen(QColor(mixed(theme.canvas, theme.muted, 0.8)), 1.2, dashes=(4.0, 3.2))
        return NodeStyle(QBrush(QColor(theme.canvas)), pen, text)

    def _edge(self, code: int) -> EdgeStyle:
        theme = self.theme
        if code < BUCKETS or code in (Mark.BELOW, Mark.ABOVE):
            place = _place(code)
            colour = QColor(map_colours(self.edge_map)[place])
            width = THINNEST + (THICKEST - THINNEST) * place / (BUCKETS - 1)
            width *= 1.25 if code == Mark.ABOVE else 1.0
            return self._solid(colour, width, with_alpha(theme.text, CASING))
        if code in (Mark.ZERO, Mark.UNDERFLOW):
            # A hollow line: the edge exists, and no gradient flows.
            dashes = () if code == Mark.ZERO else (0.5, 2.0)
            casing = _pen(QColor(mixed(theme.canvas, theme.text, 0.7)), 4.6, dashes=dashes)
            line = _pen(QColor(theme.canvas), 2.4)
            outline = _pen(QColor(mixed(theme.canvas, theme.text, 0.7)), 1.2)
            return EdgeStyle(casing, line, QBrush(QColor(theme.canvas)), outline, 0.9)
        if code in (Mark.NAN, Mark.INFINITE):
            dashes = (2.2, 1.2) if code == Mark.NAN else (4.0, 1.2)
            line = _pen(QColor(self.invalid), 3.4, dashes=dashes)
            nothing = QPen(Qt.PenStyle.NoPen)
            return EdgeStyle(nothing, line, QBrush(QColor(self.invalid)), nothing, 1.0)
        grey = QColor(mixed(theme.canvas, theme.muted, QUIET if code == Mark.PENDING else 0.8))
        dashes = () if code == Mark.PENDING else (5.0, 4.0)
        line = _pen(grey, 1.1, dashes=dashes)
        return EdgeStyle(QPen(Qt.PenStyle.NoPen), line, QBrush(grey), QPen(grey, 0.6), 0.72)

    @staticmethod
    def _solid(colour: QColor, width: float, around: QColor) -> EdgeStyle:
        scale = max(0.85, (2.3 * width + 2.0) / 10.0)
        return EdgeStyle(
            _pen(around, width + 1.5), _pen(colour, width), QBrush(colour), _pen(around, 0.8), scale
        )


def _place(code: int) -> int:
    return min(code, BUCKETS - 1) if code != Mark.BELOW else 0


def _pen(colour: QColor, width: float, *, dashes: tuple[float, ...] = ()) -> QPen:
    pen = QPen(_plain_pen())
    pen.setColor(colour)
    pen.setWidthF(width)
    if dashes:
        pen.setDashPattern(list(dashes))
    return pen


@cache
def _plain_pen() -> QPen:
    """Return the pen that all others are copied from: passing enums to PySide is slow."""
    pen = QPen()
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.RoundJoin)
    return pen
