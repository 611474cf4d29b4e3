"""Bands: a gradient graph's nodes beneath the nodes whose gradients they are.

The nodes above are placed already. Each gradient node is placed as near under its origin as
possible; the nodes that use it are further left, since the backward pass reads from right to left.
Nodes that would overlap are in lanes, from the top: local derivatives, nodes that pass the gradient
on, and nodes at which it ends.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from gui.canvas.layout.model import BACKWARD, FRAME_PADDING, TITLE_HEIGHT, LayoutInput, Point, Rect
from gui.canvas.layout.nesting import Inside, Item, frames_around

ASIDE, THROUGH, END = range(3)


@dataclass
class _Unit:
    """A box, or a frame with its content, that is placed as one.

    ``wish`` is the wished x, ``depth`` the y of its origin: units of one column keep the order of
    their origins. ``line`` is the distance from its top to the middle of its gradient's edges.
    """

    item: Item
    width: float
    height: float
    wish: float
    depth: float
    line: float
    zone: int
    middle: float = 0.0
    inside: "Band | None" = None


@dataclass
class Band:
    """Placed units: by item the upper left corner, x absolute and y from the band's top."""

    units: list[_Unit] = field(default_factory=list)
    corners: dict[Item, Point] = field(default_factory=dict)
    left: float = 0.0
    right: float = 0.0
    height: float = 0.0
    line: float = 0.0

    def resolve(self, shift: Point, centres: dict[int, Point], frames: dict[int, Rect]) -> None:
        """Write the centres of boxes and the rectangles of frames, moved down by ``shift``."""
        for unit in self.units:
            x, y = self.corners[unit.item]
            x, y = x + shift[0], y + shift[1]
            kind, k = unit.item
            if kind == "box":
                centres[k] = (x + unit.width / 2, y + unit.height / 2)
                continue
            frames[k] = (x, y, unit.width, unit.height)
            assert unit.inside is not None
            slack = unit.width - 2 * FRAME_PADDING - (unit.inside.right - unit.inside.left)
            across = x + FRAME_PADDING + slack / 2 - unit.inside.left
            unit.inside.resolve((across, y + FRAME_PADDING + TITLE_HEIGHT), centres, frames)


def band_of(
    graph: LayoutInput,
    inside: Inside,
    order: int,
    boxes: list[int],
    wishes: Mapping[int, Point],
) -> Band:
    """Place these boxes of one order, with the frames around them, near their wished places.

    ``wishes``: by box the middle of its origin. All boxes of a frame must be in ``boxes``.
    """
    around = {k: frames_around(graph, graph.boxes[k].cluster) for k in boxes}
    found = {frame for frames in around.values() for frame in frames}
    frames = sorted(found, key=lambda frame: -len(frames_around(graph, frame)))
    used = {link.source for link in graph.links if graph.boxes[link.target].order == order}
    units: dict[Item, _Unit] = {}
    for k in boxes:
        box = graph.boxes[k]
        zone = ASIDE if not box.trunk else THROUGH if k in used else END
        units["box", k] = _Unit(("box", k), box.width, box.height, *wishes[k], box.height / 2, zone)
    for frame in frames:
        items = [item for item in inside[frame][0] if item in units]
        band = _placed(graph, order, [units[item] for item in items], inside[frame][1])
        content = max(band.right - band.left, graph.frames[frame].title_width)
        units["frame", frame] = _Unit(
            ("frame", frame),
            content + 2 * FRAME_PADDING,
            band.height + 2 * FRAME_PADDING + TITLE_HEIGHT,
            (band.left + band.right) / 2,
            min((unit.depth for unit in band.units), default=0.0),
            FRAME_PADDING + TITLE_HEIGHT + band.line,
            THROUGH,
            inside=band,
        )
    top = [units[item] for item in inside[None][0] if item in units]
    return _placed(graph, order, top, inside[None][1])


def _placed(
    graph: LayoutInput, order: int, units: list[_Unit], linked: set[tuple[Item, Item]]
) -> Band:
    """Place the units of one level (of the band, or of one frame)."""
    _across(graph, units, linked, backward=order == BACKWARD)
    lanes = _lanes(graph, units, linked)
    band = Band(units)
    y = 0.0
    for k, lane in enumerate(lanes):
        above = max(unit.line for unit in lane)
        below = max(unit.height - unit.line for unit in lane)
        for unit in lane:
            band.corners[unit.item] = (unit.middle - unit.width / 2, y + above - unit.line)
        if any(unit.zone == THROUGH for unit in lane) and not band.line:
            band.line = y + above
        y += above + below + (graph.node_gap if k + 1 < len(lanes) else 0.0)
    band.height = y
    band.line = band.line or y / 2
    band.left = min((u.middle - u.width / 2 for u in units), default=0.0)
    band.right = max((u.middle + u.width / 2 for u in units), default=0.0)
    return band


def _across(
    graph: LayoutInput, units: list[_Unit], linked: set[tuple[Item, Item]], *, backward: bool
) -> None:
    """Set each unit's x: as near to its wish as the units that it gets its gradient from allow.

    Two solutions keep all distances, one by moves to the left only and one by moves to the right
    only; their mean does, too. The backward pass runs left. The second order runs both ways: there
    only units that would be in one column are moved apart, to the right.
    """
    order = {unit.item: k for k, unit in enumerate(units)}
    links = sorted(
        (order[a], order[b])
        for a, b in linked
        if a in order
        and b in order
        and order[a] < order[b]
        and units[order[a]].zone != ASIDE
        and not (a[0] == "frame" and units[order[b]].zone == END)  # it is placed below, not beside
    )
    sign = -1.0 if backward else 1.0
    apart = {(a, b): (units[a].width + units[b].width) / 2 + graph.rank_gap for a, b in links}
    if not backward:
        apart = {(a, b): d for (a, b), d in apart.items() if _in_a_column(units[a], units[b])}
    away, back = [sign * unit.wish for unit in units], [sign * unit.wish for unit in units]
    for a, b in sorted(apart, key=lambda link: link[1]):
        away[b] = max(away[b], away[a] + apart[a, b])
    for a, b in sorted(apart, key=lambda link: -link[0]):
        back[a] = min(back[a], back[b] - apart[a, b])
    for unit, one, other in zip(units, away, back, strict=True):
        unit.middle = sign * (one + other) / 2


def _in_a_column(one: _Unit, other: _Unit) -> bool:

    return abs(one.wish - other.wish) < 1.0


def _lanes(
    graph: LayoutInput, units: list[_Unit], linked: set[tuple[Item, Item]]
) -> list[list[_Unit]]:
    """Assign units to lanes from the top down, so that they overlap neither units nor edges."""
    found: dict[int, list[list[_Unit]]] = {ASIDE: [], THROUGH: [], END: []}
    for unit in sorted(units, key=lambda unit: round(unit.depth / graph.node_gap)):
        lanes = found[unit.zone]
        gap = graph.node_gap
        free = next(
            (
                lane
                for lane in lanes
                if not _meets(lane, unit, gap) and not _is_between(lane, unit, linked)
            ),
            None,
        )
        if free is None:
            free = []
            lanes.append(free)
        free.append(unit)
    return [*found[ASIDE][::-1], *found[THROUGH], *found[END]]


def _is_between(lane: list[_Unit], unit: _Unit, linked: set[tuple[Item, Item]]) -> bool:
    """Whether an edge in this lane would run through the unit, as if it ended there."""
    left = {one.item for one in lane if one.middle < unit.middle}
    right = {one.item for one in lane if one.middle > unit.middle}
    return any((a in left and b in right) or (a in right and b in left) for a, b in linked)


def _meets(lane: list[_Unit], unit: _Unit, gap: float) -> bool:
    return any(
        abs(other.middle - unit.middle) < (other.width + unit.width) / 2 + gap for other in lane
    )
