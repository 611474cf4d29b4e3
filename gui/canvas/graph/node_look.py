"""Texts and size of each visible node, which the layout needs before anything is placed."""

from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Literal

from PySide6.QtCore import Qt
from PySide6.QtGui import QFontMetricsF

from engine.messages.topology import Dense, NodeInfo, Topology
from engine.support.figures import shape_text, whole
from engine.support.text import tr
from gui.appearance.fonts import maths_font
from gui.canvas.graph.neuron_plan import NeuronPlan
from gui.canvas.graph.shares import Forks
from gui.canvas.graph.visible import VisibleGraph, VisibleNode, trend_layers
from gui.canvas.layout.model import BACKWARD, Box, GroupFrame, LayoutInput, Link

BoxKind = Literal["input", "parameter", "constant", "variable", "operator", "group", "neurons"]

TITLE, SUBTITLE, OPERATOR, OPERATOR_LONG, FRAME_TITLE, NUMBER = 17, 12, 16, 12, 14, 13
CAP = 15.0
BOX_HEIGHT, GROUP_HEIGHT, BARE_SUBTITLE = 46.0, 50.0, 18.0
PADDING = 10.0
BAR = 8.0
# Size of the sparkline of a closed group's gradient norm, below its texts.
SPARK = 14.0
STACK = 5.0
WIDEST = 190.0
SCALAR_ROOM = "−0.00123"
# Numbers are written at the edges (as CS231n does) in small graphs of scalars only.
NUMBERS_UP_TO = 25
STUB = 58.0
# The label of a path's share at the beginning of its edge: text size, and room for it.
SHARE, LONGEST_SHARE, SHARE_ROOM = 12, "> 99 %", 26.0
# Room for the button beside a frame's title that shows the layer's neurons.
NEURONS_ROOM = 76


@dataclass(frozen=True)
class Look:
    """The texts of a visible node and the size of the box that the layout places.

    ``operator`` is the text of the operator's circle, ``cap`` that circle's width (a pill where
    the text is long); ``scalar`` says that the second line is the value itself. In the backward
    pass, which runs from right to left, nodes are ``mirrored``: the circle is on the right.
    With ``spark`` the gradient norm of the last steps is drawn under a closed group's texts.
    """

    kind: BoxKind
    title: str
    subtitle: str
    operator: str
    width: float
    height: float
    cap: float
    scalar: bool
    mirrored: bool = False
    spark: bool = False

    @property
    def box_left(self) -> float:
        """The box's left edge, from the item's centre; an operator's circle lies on it."""
        return -self.width / 2 + (0.0 if self.mirrored else self._cap_beside)

    @property
    def box_right(self) -> float:
        """The box's right edge, from the item's centre; a mirrored node has the circle there."""
        return self.width / 2 - (self._cap_beside if self.mirrored else 0.0)

    @property
    def cap_left(self) -> float:
        """The left edge of the operator's circle, from the item's centre."""
        return self.width / 2 - self.cap if self.mirrored else -self.width / 2

    @property
    def _cap_beside(self) -> float:
        return self.cap - CAP if self.kind == "variable" else 0.0

    @property
    def text_middle(self) -> float:
        """The horizontal middle of the texts in the box, from the item's centre."""
        left, right = -self.width / 2, self.width / 2
        if self.kind == "variable":
            left += 0.0 if self.mirrored else self.cap
            right -= self.cap if self.mirrored else 0.0
        elif self.kind == "parameter":
            left += BAR
        return (left + right) / 2


def look_of(topology: Topology, seen: VisibleNode, *, numbers: bool = False) -> Look:
    """Return the look of a visible node; with ``numbers`` at the edges it has none in its box."""
    if seen.group is not None:
        if seen.board is not None:
            return _board_look(seen, seen.board)
        return _group_look(seen, spark=bool(trend_layers(topology, seen)))
    node = topology.nodes[seen.members[0]]
    back = node.order == BACKWARD
    scalar = element_count(node.shape) == 1
    subtitle = tr("scalar") if scalar else shape_text(node.shape)
    subtitle = "" if numbers else subtitle
    title = elided(node.symbol, TITLE)
    room = text_width(SCALAR_ROOM if scalar and subtitle else subtitle, SUBTITLE)
    scalar = scalar and bool(subtitle)
    operator = elided(node.op_symbol or node.op, OPERATOR, 90.0)
    if node.kind == "operation" and not node.symbol:
        cap = _cap_width(operator) + 4
        height = 2 * CAP + 4 + (2 * BARE_SUBTITLE if subtitle else 0.0)
        width = max(cap, 34.0)
        return Look("operator", "", subtitle, operator, width, height, cap, scalar, back)
    inner = max(text_width(title, TITLE), room) + 2 * PADDING
    if node.kind == "operation":
        cap = _cap_width(operator)
        width = cap + max(inner, 40.0) - 4
        return Look("variable", title, subtitle, operator, width, BOX_HEIGHT, cap, scalar, back)
    kind: BoxKind = node.kind
    if node.kind == "constant" and scalar and node.symbol[:1].isdigit():
        subtitle, scalar = "", False  # a constant's symbol is its value
        inner = text_width(title, TITLE) + 2 * PADDING
    if node.kind == "parameter":
        inner += BAR
    width = max(inner, 44.0) + (8.0 if node.kind == "input" else 0.0)
    return Look(kind, title, subtitle, "", width, BOX_HEIGHT, 0.0, scalar)


def _group_look(seen: VisibleNode, *, spark: bool) -> Look:
    assert seen.group is not None
    title = elided(seen.group[-1], FRAME_TITLE, WIDEST, bold=True)
    subtitle = counts_text(seen)
    inner = max(text_width(title, FRAME_TITLE, bold=True), text_width(subtitle, SUBTITLE))
    width, height = inner + 2 * PADDING + STACK, GROUP_HEIGHT + (SPARK if spark else 0.0)
    return Look("group", title, subtitle, "", width, height, 0.0, False, spark=spark)


def _board_look(seen: VisibleNode, layer: Dense) -> Look:
    assert seen.group is not None
    plan = NeuronPlan(layer.rows, layer.columns)
    title = elided(f"{seen.group[-1]} · {layer.rows} × {layer.columns}", FRAME_TITLE, bold=True)
    return Look("neurons", title, "", "", plan.width, plan.height, 0.0, False)


def body_box(look: Look) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of the box, or of the circle where there is no box."""
    half = look.height / 2
    if look.kind == "operator":
        return (-look.cap / 2, -CAP - 2, look.cap / 2, CAP + 2)
    if look.kind == "group":
        return (look.box_left, -half + STACK, look.width / 2 - STACK, half)
    return (look.box_left, -half, look.box_right, half)


def corner_radius(look: Look) -> float:
    """Return the radius of the box's corners."""
    if look.kind == "operator":
        return CAP + 2
    return {"input": look.height / 2, "constant": 0.0, "parameter": 2.0, "group": 8.0}.get(
        look.kind, 5.0
    )


def counts_text(seen: VisibleNode) -> str:
    """Return "3 ops · 2 params" for a closed group, "5 inputs" where it holds no more."""
    parts = []
    if seen.operations:
        ops = tr("{n} ops").format(n=whole(seen.operations))
        parts.append(tr("1 op") if seen.operations == 1 else ops)
    if seen.parameters:
        params = tr("{n} params").format(n=seen.parameters)
        parts.append(tr("1 param") if seen.parameters == 1 else params)
    return " · ".join(parts) or tr("{n} inputs").format(n=len(seen.members))


def layout_input(visible: VisibleGraph, looks: list[Look]) -> LayoutInput:
    """Return the layout's input for a visible graph with these looks."""
    numbers = shows_numbers(visible.topology)
    boxes = tuple(
        Box(
            round(look.width, 1),
            round(look.height, 1),
            seen.cluster,
            _arrival_cap(look),
            _computes(visible, seen, look),
            visible.topology.nodes[seen.members[0]].order,
            _origin_of(visible, seen),
        )
        for look, seen in zip(looks, visible.nodes, strict=True)
    )
    offered = {layer.group for layer in visible.topology.dense}
    frames = tuple(
        GroupFrame(
            c.parent,
            round(text_width(frame_title(c.path[-1]), FRAME_TITLE, bold=True) + 30)
            + (NEURONS_ROOM if c.path in offered else 0),
        )
        for c in visible.clusters
    )
    shares = set() if numbers else set(Forks.of(visible).readable.tolist())
    room = text_width(LONGEST_SHARE, SHARE) + SHARE_ROOM
    links = tuple(
        Link(e.source, e.target, room if e.index in shares else 0.0) for e in visible.edges
    )
    rank_gap, node_gap = (92.0, 36.0) if numbers else (max(25.0, _overhang(looks)), 14.0)
    if numbers and len({(link.source, link.target) for link in links}) < len(links):
        rank_gap, node_gap = 150.0, 52.0  # parallel edges bow apart, with numbers beside them
    return LayoutInput(boxes, frames, links, rank_gap, node_gap)


def _overhang(looks: list[Look]) -> float:
    """Return the room that the texts under operators need beside them."""
    bare = {(look.subtitle, look.width) for look in looks if look.kind == "operator"}
    return max(((text_width(text, SUBTITLE) - width) / 2 + 3 for text, width in bare), default=0.0)


def _origin_of(visible: VisibleGraph, seen: VisibleNode) -> int | None:
    """Return the forward node a gradient node belongs to; for a group that of most members."""
    nodes, shown = visible.topology.nodes, visible.shown_as
    order = nodes[seen.members[0]].order
    if not order:
        return None
    origins = (shown[k] for member in seen.members for k in nodes[member].origins)
    lower = (k for k in origins if nodes[visible.nodes[k].members[0]].order < order)
    return next((k for k, _ in Counter(lower).most_common(1)), None)


def _computes(visible: VisibleGraph, seen: VisibleNode, look: Look) -> bool:
    """Whether a node computes something: no weights, targets or constants."""
    if visible.topology.nodes[seen.members[0]].order:
        return bool(visible.node_exists[seen.index])  # local derivatives are not on the trunk
    data = look.kind == "input" and bool(visible.node_exists[seen.index])
    weights = look.kind == "group" and seen.parameters == len(seen.members)
    return data or (look.kind in ("variable", "operator", "group") and not weights)


def _arrival_cap(look: Look) -> float:
    if look.kind == "variable":
        return CAP
    return CAP + 2 if look.kind == "operator" else 0.0


def frame_title(name: str) -> str:
    """Return the title of an open group's frame."""
    return "▾ " + elided(name, FRAME_TITLE, WIDEST, bold=True)


def shows_numbers(topology: Topology) -> bool:
    """Whether values and gradients are written at the edges: small graphs of scalars."""
    forward = topology.forward
    few = len(forward) <= NUMBERS_UP_TO and len(topology.nodes) <= 2 * NUMBERS_UP_TO
    return few and all(element_count(node.shape) <= 1 for node in forward)


def element_count(shape: tuple[int, ...]) -> int:
    """Return how many numbers an array of this shape holds."""
    count = 1
    for length in shape:
        count *= length
    return count


def node_title(node: NodeInfo) -> str:
    """Return a node's title on screen: its symbol, else its operator's, else its name."""
    return node.symbol or node.op_symbol or node.name


def _cap_width(operator: str) -> float:
    pixels = operator_pixels(operator)
    return max(2 * CAP, text_width(operator, pixels) + 2 * (7.0 if len(operator) > 2 else 5.0))


def operator_pixels(operator: str) -> int:
    """Return the font size of an operator's text: words are smaller than symbols."""
    return OPERATOR if len(operator) <= 2 else OPERATOR_LONG + (1 if len(operator) <= 5 else 0)


def text_width(text: str, pixels: float, *, bold: bool = False) -> float:
    """Return the width of a text on the canvas."""
    return _metrics(pixels, bold).horizontalAdvance(text)


def elided(text: str, pixels: float, widest: float = WIDEST, *, bold: bool = False) -> str:
    """Return the text, its middle replaced by … where it is wider than ``widest``."""
    return _metrics(pixels, bold).elidedText(text, Qt.TextElideMode.ElideMiddle, widest)


@cache
def _metrics(pixels: float, bold: bool) -> QFontMetricsF:
    return QFontMetricsF(maths_font(pixels, bold=bold))
