"""Walking the graph by keys: which item comes next."""

import numpy as np

from gui.canvas.items import NodeItem
from gui.canvas.scene import GraphScene


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


def _above_or_below(scene: GraphScene, here: NodeItem, *, up: bool) -> NodeItem | None:
    assert scene.placement is not None
    across, down = (np.array(scene.placement.centres) - here.pos().toTuple()).T
    cost = np.where((-down if up else down) > 8, np.abs(across) * 2 + np.abs(down), np.inf)
    best = int(cost.argmin())
    return scene.nodes[best] if np.isfinite(cost[best]) else None
