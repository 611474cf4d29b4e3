"""Walking the graph by keys: which item comes next."""

import numpy as np

from gui.canvas.scene.node_item import NodeItem
from gui.canvas.scene.scene import GraphScene


def neighbour(scene: GraphScene, how: str) -> NodeItem | None:
    """Return the node to select next.

    ``how``: next, previous (in the order of computation), right, left (along an edge), up, down
    (the nearest on the screen).
    """
    visible, here = scene.visible, scene.selected_node
    if visible is None or not scene.nodes:
        return None
    if here is None:
        edge = scene.selected_edge
        if edge is not None and how in ("left", "right"):
            end = edge.seen.source if how == "left" else edge.seen.target
            return scene.nodes[end]
        return scene.nodes[-1 if how == "previous" else 0]
    index = here.seen.index
    if how in ("next", "previous"):
        return scene.nodes[(index + (1 if how == "next" else -1)) % len(scene.nodes)]
    if how == "right":
        ends = [e.target for e in visible.edges if e.source == index]
    elif how == "left":
        ends = [e.source for e in visible.edges if e.target == index]
    else:
        return _above_or_below(scene, here, up=how == "up")
    # Of several, the one straight ahead.
    return min(
        (scene.nodes[k] for k in ends),
        key=lambda item: abs(item.pos().y() - here.pos().y()),
        default=None,
    )


def edges_around(scene: GraphScene, node: int) -> list[int]:
    """Return the visible edges of a visible node: those that come in, then those that leave.

    Each from the top down, as they meet the node or go on from it.
    """
    assert scene.visible is not None
    assert scene.placement is not None
    centres, edges = scene.placement.centres, scene.visible.edges

    def height(edge: int) -> tuple[float, int]:
        seen = edges[edge]
        other = seen.source if seen.target == node else seen.target
        return (centres[other][1], edge)

    coming = sorted((e.index for e in edges if e.target == node), key=height)
    leaving = sorted((e.index for e in edges if e.source == node), key=height)
    return [*coming, *leaving]


def next_edge(scene: GraphScene, node: int, *, back: bool = False) -> int | None:
    """Return the visible edge of a visible node that comes after the selected one, around the end.

    None where the node has no edges.
    """
    around, here = edges_around(scene, node), scene.selected_edge
    if not around:
        return None
    if here is None or here.seen.index not in around:
        return around[-1 if back else 0]
    return around[(around.index(here.seen.index) + (-1 if back else 1)) % len(around)]


def _above_or_below(scene: GraphScene, here: NodeItem, *, up: bool) -> NodeItem | None:
    assert scene.placement is not None
    across, down = (np.array(scene.placement.centres) - here.pos().toTuple()).T
    cost = np.where((-down if up else down) > 8, np.abs(across) * 2 + np.abs(down), np.inf)
    best = int(cost.argmin())
    return scene.nodes[best] if np.isfinite(cost[best]) else None
