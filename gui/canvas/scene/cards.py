"""What changes on single nodes from frame to frame besides colours: norms' lines, neurons."""

from collections.abc import Iterable, Mapping

from engine.messages.frame import Frame
from gui.canvas.graph.visible import Path, VisibleGraph
from gui.canvas.neurons.words import BoardState
from gui.canvas.scene.node_item import NodeItem
from gui.canvas.scene.sparkline import Trends


class Cards:
    """Dresses the items of closed groups: the norms of the last steps, the state of neurons.

    ``live``: they are seen while training goes on; what is drawn may then be made sharp later.
    """

    def __init__(self, *, live: bool) -> None:
        self.trends = Trends()
        self.boards: Mapping[Path, BoardState] = {}
        self._live = live

    def dress(self, item: NodeItem, visible: VisibleGraph) -> None:
        """Give a new item what it should show."""
        self.draw_trends([item], visible)
        if item.board is not None and item.seen.group is not None:
            item.board.live = self._live
            item.board.show_state(self.boards.get(item.seen.group))

    def show_frame(self, items: Iterable[NodeItem], visible: VisibleGraph, frame: Frame) -> None:
        """Take on a frame's rows of norms."""
        if self.trends.add(frame):
            self.draw_trends(items, visible)

    def draw_trends(self, items: Iterable[NodeItem], visible: VisibleGraph) -> None:
        """Bring the lines of norms on these cards up to date."""
        for item in items:
            if item.spark is not None:
                item.spark.show_heights(self.trends.line(visible, item.seen.index))

    def show_boards(self, items: Iterable[NodeItem], states: Mapping[Path, BoardState]) -> None:
        """Show these states on the neuron views."""
        self.boards = states
        for item in items:
            if item.board is not None and item.seen.group is not None:
                item.board.show_state(states.get(item.seen.group))
