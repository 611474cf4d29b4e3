"""Going to a node: closed groups around it open, it is selected and centred."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF

from gui.canvas.control.context import CanvasContext
from gui.canvas.graph.visible import GroupPath

# Zoom below which symbols cannot be read, and the zoom that is then used.
READABLE, COMFORTABLE = 0.45, 0.8


class GoTo(QObject):
    """Shows nodes and groups of a canvas in the view. Lives as long as the canvas."""

    def __init__(self, canvas: CanvasContext) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._wanted: int | None = None
        canvas.session.selection_changed.connect(self._let_go)
        canvas.placing.placed.connect(self.again)
        canvas.view.viewport().installEventFilter(self)

    def to_node(self, node: int) -> None:
        """Select a node of the topology, open the groups around it, and scroll to it."""
        topology = self._canvas.topology
        if topology is not None:
            self._go(node, topology.nodes[node].group)

    def to_group(self, path: GroupPath) -> None:
        """Select a group by its first parameter or node; it stays closed where it is."""
        topology = self._canvas.topology
        if topology is None:
            return
        inside = [node for node in topology.nodes if node.group[: len(path)] == path]
        first = next((node for node in inside if node.kind == "parameter"), inside[0])
        self._go(first.index, path[:-1])

    def again(self) -> None:
        """Go to the node again, because a new placement has moved it."""
        if self._wanted is not None:
            self._show(self._wanted)

    def eventFilter(self, viewport: QObject, event: QEvent) -> bool:
        """Stop following the node once the user moves the view."""
        if event.type() in (QEvent.Type.MouseButtonPress, QEvent.Type.Wheel):
            self._let_go()
        return super().eventFilter(viewport, event)

    def _go(self, node: int, around: GroupPath) -> None:
        self._canvas.open_around(around)
        self._canvas.session.select(node=node)
        self._wanted = node
        self._show(node)

    def _let_go(self) -> None:
        self._wanted = None

    def _show(self, node: int) -> None:
        """Centre the node, unless the whole graph is in view and readable."""
        scene = self._canvas.scene
        if scene.visible is None or scene.placement is None:
            return  # another graph is being prepared
        box = scene.geometry.node_box[scene.visible.shown_as[node]]
        left, top, right, bottom = box.tolist()
        area = QRectF(QPointF(left, top), QPointF(right, bottom))
        self._canvas.view.show_at(area, READABLE, COMFORTABLE)
