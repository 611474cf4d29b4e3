"""Room for labels at the beginning of edges: a placement is widened along a vertical cut."""

import dataclasses

from gui.canvas.layout.model import LayoutInput, Placement
from gui.canvas.layout.nesting import frames_around


def with_room(graph: LayoutInput, placement: Placement) -> Placement:
    """Return the placement with at least ``Link.room`` between the ends of each link.

    Where there is less, everything to the right of a cut between both ends moves right.
    """
    for number, link in enumerate(graph.links):
        if link.room:
            placement = _opened(graph, placement, number)
    return placement


def _opened(graph: LayoutInput, placement: Placement, number: int) -> Placement:
    link = graph.links[number]
    centres, boxes = placement.centres, graph.boxes
    right = centres[link.source][0] + boxes[link.source].width / 2
    left = centres[link.target][0] - boxes[link.target].width / 2
    missing = link.room - (left - right)
    if left <= right or missing <= 0:
        return placement
    cut = _cut(graph, placement, number, right, left)

    def moved(x: float) -> float:
        return x + missing if x > cut else x

    frames = []
    for x, y, width, height in placement.frames:
        frames.append((moved(x), y, moved(x + width) - moved(x), height))
    return dataclasses.replace(
        placement,
        centres=tuple((moved(x), y) for x, y in centres),
        curves=tuple(tuple((moved(x), y) for x, y in curve) for curve in placement.curves),
        frames=tuple(frames),
    )


def _cut(graph: LayoutInput, placement: Placement, number: int, right: float, left: float) -> float:
    """Return the x of the cut between both ends: between frames rather than inside one."""
    link = graph.links[number]
    source, target = (
        frames_around(graph, graph.boxes[end].cluster) for end in (link.source, link.target)
    )
    ends = [placement.frames[k][0] + placement.frames[k][2] for k in source if k not in target]
    begins = [placement.frames[k][0] for k in target if k not in source]
    low, high = max([right, *ends]), min([left, *begins])
    return (low + high) / 2 if low < high else (right + left) / 2
