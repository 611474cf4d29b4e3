"""Updates of node items from frame to frame besides colours: sparklines and neuron views."""

from collections.abc import Iterable

from gui.canvas.scene.drawing import Drawing
from gui.canvas.scene.node_item import NodeItem


def show_details(item: NodeItem, drawing: Drawing, *, live: bool) -> None:
    """Give a new item its sparkline and its neuron view.

    ``live``: on screen during training, where lines are drawn fast first and antialiased later.
    """
    draw_trends([item], drawing)
    if item.board is not None and item.seen.group is not None:
        item.board.live = live
        item.board.show_state(drawing.boards.get(item.seen.group))


def draw_trends(items: Iterable[NodeItem], drawing: Drawing) -> None:
    """Update the sparklines of these cards."""
    assert drawing.visible is not None
    for item in items:
        if item.spark is not None:
            item.spark.show_heights(drawing.trends.line(drawing.visible, item.seen.index))


def draw_boards(items: Iterable[NodeItem], drawing: Drawing) -> None:
    """Update the neuron views of these cards."""
    for item in items:
        if item.board is not None and item.seen.group is not None:
            item.board.show_state(drawing.boards.get(item.seen.group))
