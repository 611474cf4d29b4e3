"""What changes on single nodes from frame to frame besides colours: norms' lines, neurons."""

from collections.abc import Iterable

from gui.canvas.scene.drawing import Drawing
from gui.canvas.scene.node_item import NodeItem


def dress(item: NodeItem, drawing: Drawing, *, live: bool) -> None:
    """Give a new item the line and the neurons that it should show.

    ``live``: seen while training goes on; what is drawn may then be made sharp later.
    """
    draw_trends([item], drawing)
    if item.board is not None and item.seen.group is not None:
        item.board.live = live
        item.board.show_state(drawing.boards.get(item.seen.group))


def draw_trends(items: Iterable[NodeItem], drawing: Drawing) -> None:
    """Bring the lines of norms on these cards up to date."""
    assert drawing.visible is not None
    for item in items:
        if item.spark is not None:
            item.spark.show_heights(drawing.trends.line(drawing.visible, item.seen.index))


def draw_boards(items: Iterable[NodeItem], drawing: Drawing) -> None:
    """Bring the neuron views up to date."""
    for item in items:
        if item.board is not None and item.seen.group is not None:
            item.board.show_state(drawing.boards.get(item.seen.group))
