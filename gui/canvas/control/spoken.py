"""The canvas for screen readers: the graph's name and size, and the selection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleEvent

from engine.support.text import tr
from gui.canvas.control.context import CanvasContext

if TYPE_CHECKING:
    from gui.canvas.control.pointer import Pointer


class Spoken(QObject):
    """Sets the accessible name and description of a canvas's view, and announces the selection.

    A screen reader reads name and description when the graph gets the focus, and announcements
    immediately. Lives as long as the canvas.
    """

    def __init__(self, canvas: CanvasContext, pointing: Pointer) -> None:
        super().__init__(canvas)
        self._canvas, self._pointing = canvas, pointing
        canvas.session.selection_changed.connect(self._tell_selection)
        self.name_graph()

    def name_graph(self) -> None:
        """Set the accessible name: which graph is shown, and its size."""
        topology, visible = self._canvas.topology, self._canvas.scene.visible
        name = tr("Graph: none yet")
        if topology is not None and visible is not None:
            name = tr("Graph of {system}: {nodes} nodes, {edges} edges").format(
                system=topology.system, nodes=len(visible.nodes), edges=len(visible.edges)
            )
        view = self._canvas.view
        if view.accessibleName() != name:
            view.setAccessibleName(name)
            QAccessible.updateAccessibility(QAccessibleEvent(view, QAccessible.Event.NameChanged))

    def _tell_selection(self) -> None:
        words = self._pointing.words_of_selection().replace("\n", "; ")
        view = self._canvas.view
        view.setAccessibleDescription(words or tr("Nothing is selected"))
        changed = QAccessible.Event.DescriptionChanged
        QAccessible.updateAccessibility(QAccessibleEvent(view, changed))
        if words:
            QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(view, words))
