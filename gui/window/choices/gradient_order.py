"""The choice in the View menu of how many gradient nodes are shown."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup

from engine.messages.topology import SECOND_ORDER_UP_TO, Topology
from engine.support.figures import whole
from engine.support.text import tr
from gui.window.parts import WindowParts

ACTIONS = ("forward-only", "with-gradients", "with-second-order")


class OrderChoice(QObject):
    """Keeps the actions in step with the graph, and asks the session for another order."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self.actions: list[QAction] = [window.actions_by_id[name] for name in ACTIONS]
        self._tips = [action.toolTip() for action in self.actions]
        group = QActionGroup(self)
        for action in self.actions:
            group.addAction(action)
        window.session.order_changed.connect(self._show_order)
        window.session.topology_changed.connect(self.show_topology)
        self.show_topology(None)

    def show_topology(self, topology: Topology | None) -> None:
        """Enable the orders that this graph allows, and explain why others are not allowed."""
        for order, action in enumerate(self.actions):
            action.setEnabled(topology is not None and order <= topology.highest_order)
            action.setChecked(order == (topology.order if topology is not None else 0))
            action.setToolTip(self._tips[order])
        if topology is not None and topology.highest_order == 1:
            self.actions[2].setToolTip(too_large(topology))

    def _show_order(self, topology: Topology) -> None:
        self.show_topology(topology)
        window = self._window
        window.canvas.show_order(topology)
        window.find_bar.show_topology(topology)
        window.panels["inspector"].show_topology(topology)
        window.note(counts_words(topology))


def counts_words(topology: Topology) -> str:
    """Return the node counts: "19 nodes forward, 48 with gradients, 171 with second order"."""
    words = [tr("{n} nodes forward"), tr("{n} with gradients"), tr("{n} with second order")]
    shown = topology.counts[: topology.order + 1]
    return ", ".join(text.format(n=whole(n)) for text, n in zip(words, shown, strict=False))


def too_large(topology: Topology) -> str:
    """Return why a graph is too large to be differentiated again."""
    return tr(
        "Second order is for graphs of at most {most} nodes with gradients; this one has {count}"
    ).format(most=whole(SECOND_ORDER_UP_TO), count=whole(topology.counts[1]))
