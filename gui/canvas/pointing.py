"""What mouse and keys do on the canvas: selecting, walking, opening groups, the menu."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QGraphicsItem, QMenu

from engine.text import tr
from gui.canvas import walk
from gui.canvas.edge_item import EdgeItem
from gui.canvas.items import FrameItem, NodeItem
from gui.canvas.words import edge_words, node_words

if TYPE_CHECKING:
    from gui.canvas.canvas import Canvas


class Pointing(QObject):
    """Turns the view's signals into selections and calls of the canvas."""

    def __init__(self, canvas: "Canvas") -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._scene = canvas.scene
        self._session = canvas.session
        view = canvas.view
        view.words = self.words
        view.picked.connect(self.pick)
        view.toggled.connect(canvas.toggle)
        view.stepped.connect(self._step)
        view.menu_wanted.connect(self._show_menu)

    def pick(self, item: QGraphicsItem | None) -> None:
        """Select what was pointed at; a closed group stands for its first parameter."""
        if isinstance(item, NodeItem):
            self._session.select(node=item.seen.norm_of[0])
        elif isinstance(item, EdgeItem):
            self._session.select(edge=item.seen.edges[0])
        elif item is None:
            self._session.select()

    def _step(self, how: str) -> None:
        if how == "clear":
            self._session.select()
            return
        if how == "toggle":
            item = self._scene.selected_node
            if item is not None:
                self._toggle_around(item)
            return
        target = walk.neighbour(self._scene, how)
        if target is not None:
            self.pick(target)
            self._canvas.view.show_item(target)

    def _toggle_around(self, item: NodeItem) -> None:
        """Enter opens the selected card, or closes the frame that the selected node lies in."""
        if item.seen.group is not None:
            self._canvas.toggle(item)
        elif item.seen.cluster is not None:
            self._canvas.toggle(self._scene.frames[item.seen.cluster])

    def words(self, item: QGraphicsItem) -> str:
        """Return the tooltip of an item."""
        visible = self._scene.visible
        if visible is None:
            return ""
        if isinstance(item, NodeItem):
            return node_words(visible, item.seen, self._canvas.frame)
        if isinstance(item, EdgeItem):
            return edge_words(visible, item.seen, self._canvas.frame)
        return tr("double click closes the group") if isinstance(item, FrameItem) else ""

    def _show_menu(self, place: QPoint) -> None:
        menu = QMenu(self._canvas)
        menu.addAction(tr("Fit the graph"), self._canvas.fit)
        menu.addAction(tr("Refit the colours"), self._canvas.refit_colours)
        menu.addSeparator()
        menu.addAction(tr("Open all groups"), self._canvas.open_all)
        menu.addAction(tr("Close all groups"), self._canvas.close_all)
        menu.addSeparator()
        menu.addAction(tr("Copy the picture"), self._canvas.copy_wanted.emit)
        menu.addAction(tr("Export…"), self._canvas.export_wanted.emit)
        menu.setEnabled(self._canvas.topology is not None)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)
