"""A rough placement in time linear in the graph's size, shown until a good one is computed.

Columns by depth, each in the graph's order; many columns are broken into rows, as a good layout
folds them (see ``rows_of_columns``), so that little moves when the good one comes. Open groups are
boxes in the level around them, as in ``layered``.
"""

import math
from collections.abc import Sequence

from gui.canvas.layout.model import (
    FRAME_PADDING,
    TITLE_HEIGHT,
    Curve,
    LayoutInput,
    Placement,
    Point,
    Rect,
)
from gui.canvas.layout.nesting import Item, frames_around, inside_of

ROW_GAP = 35.0  # as in a folded layout, with room for an edge


def rough_layout(graph: LayoutInput) -> Placement:
    """Return a placement without any search; boxes do not overlap."""
    chains = [frames_around(graph, box.cluster) for box in graph.boxes]
    inside = inside_of(graph, chains, ())
    sizes: dict[Item, Point] = {
        ("box", k): (box.width, box.height) for k, box in enumerate(graph.boxes)
    }
    corners: dict[int | None, dict[Item, Point]] = {}
    depth = {k: len(frames_around(graph, k)) for k in range(len(graph.frames))}
    for k in sorted(depth, key=lambda k: -depth[k]):
        corners[k], width, height = _level(graph, *inside[k], sizes, wrap=False)
        width = max(width, graph.frames[k].title_width)
        sizes["frame", k] = (
            width + 2 * FRAME_PADDING,
            height + 2 * FRAME_PADDING + TITLE_HEIGHT,
        )
    corners[None], _, _ = _level(graph, *inside[None], sizes, wrap=True)
    centres: list[Point] = [(0.0, 0.0)] * len(graph.boxes)
    frames: list[Rect] = [(0.0, 0.0, 0.0, 0.0)] * len(graph.frames)
    waiting: list[tuple[int | None, float, float]] = [(None, 0.0, 0.0)]
    while waiting:
        level, left, top = waiting.pop()
        for (kind, k), (x, y) in corners[level].items():
            width, height = sizes[kind, k]
            if kind == "box":
                centres[k] = (left + x + width / 2, top + y + height / 2)
            else:
                frames[k] = (left + x, top + y, width, height)
                below = top + y + FRAME_PADDING + TITLE_HEIGHT
                waiting.append((k, left + x + FRAME_PADDING, below))
    return Placement(tuple(centres), _curves(graph, centres), tuple(frames), "rough")


def _level(
    graph: LayoutInput,
    items: dict[Item, None],
    linked: set[tuple[Item, Item]],
    sizes: dict[Item, Point],
    *,
    wrap: bool,
) -> tuple[dict[Item, Point], float, float]:
    """Return the corners of the items directly inside one frame, and its width and height."""
    columns = _columns(items, linked)
    widths = [max(sizes[item][0] for item in column) for column in columns]
    heights = [
        sum(sizes[item][1] + graph.node_gap for item in column) - graph.node_gap
        for column in columns
    ]
    rows = _rows(graph, widths, heights) if wrap else [range(len(columns))]
    corners: dict[Item, Point] = {}
    top = right = 0.0
    for row in rows:
        x, tall = 0.0, max((heights[c] for c in row), default=0.0)
        for c in row:
            y = top + (tall - heights[c]) / 2
            for item in columns[c]:
                corners[item] = (x + (widths[c] - sizes[item][0]) / 2, y)
                y += sizes[item][1] + graph.node_gap
            x += widths[c] + graph.rank_gap
        right = max(right, x - graph.rank_gap)
        top += tall + ROW_GAP
    return corners, right, max(0.0, top - ROW_GAP)


def _columns(items: dict[Item, None], linked: set[tuple[Item, Item]]) -> list[list[Item]]:
    """Return items in columns by longest path; a leaf is in the column before its first user."""
    order = {item: k for k, item in enumerate(items)}
    before: dict[Item, list[Item]] = {}
    needed: dict[Item, int] = {}
    for a, b in linked:
        if a in order and b in order and order[a] < order[b]:
            before.setdefault(b, []).append(a)
    depth: dict[Item, int] = {}
    for item in items:
        depth[item] = max((depth[a] + 1 for a in before.get(item, ())), default=0)
        for a in before.get(item, ()):
            needed[a] = min(needed.get(a, depth[item]), depth[item])
    columns: dict[int, list[Item]] = {}
    for item in items:
        leaf = item not in before and item in needed
        columns.setdefault(needed[item] - 1 if leaf else depth[item], []).append(item)
    return [columns[k] for k in sorted(columns)]


def _rows(graph: LayoutInput, widths: list[float], heights: list[float]) -> list[Sequence[int]]:
    """Return the columns in rows, of about the length that gives the picture the wanted aspect."""
    total = sum(widths) + graph.rank_gap * len(widths)
    tall = sum(heights) / max(1, len(heights)) + ROW_GAP
    count = max(1, round(math.sqrt(total / (graph.aspect * tall))))
    longest = total / count
    rows: list[list[int]] = [[]]
    x = 0.0
    for c, width in enumerate(widths):
        if rows[-1] and x + width / 2 > longest:
            rows.append([])
            x = 0.0
        rows[-1].append(c)
        x += width + graph.rank_gap
    return [row for row in rows if row]


def _curves(graph: LayoutInput, centres: list[Point]) -> tuple[Curve, ...]:
    curves = []
    for link in graph.links:
        (x0, y0), (x1, y1) = centres[link.source], centres[link.target]
        x0 += graph.boxes[link.source].width / 2
        x1 -= graph.boxes[link.target].width / 2
        bend = min(max(24.0, abs(x1 - x0) * 0.45), 160.0)
        curves.append(((x0, y0), (x0 + bend, y0), (x1 - bend, y1), (x1, y1)))
    return tuple(curves)
