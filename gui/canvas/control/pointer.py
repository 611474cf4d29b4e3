"""Mouse and keys on the canvas: selecting, walking, opening groups, menu and tooltips."""

import numpy as np
from PySide6.QtCore import QObject, QPoint
from PySide6.QtWidgets import QGraphicsItem, QMenu, QToolTip

from engine.support.text import tr
from gui.canvas.control.context import CanvasContext
from gui.canvas.control.groups import Groups
from gui.canvas.control.part_selection import PartSelection
from gui.canvas.scene.edge_item import EdgeItem
from gui.canvas.scene.node_item import FrameItem, NodeItem
from gui.canvas.scene.scene import GraphScene
from gui.canvas.scene.sparkline import trend_words
from gui.canvas.text.tooltips import edge_title, edge_words, node_words, title_of


class Pointer(QObject):
    """Turns the view's signals into selections and calls of the canvas."""

    def __init__(self, canvas: CanvasContext, groups: Groups, selecting: PartSelection) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._groups = groups
        self._selecting = selecting
        self._scene = canvas.scene
        self._session = canvas.session
        self._around = -1  # the visible node whose edges are walked
        self._tip: tuple[QPoint, QGraphicsItem, str] | None = None
        view = canvas.view
        view.picked.connect(self.pick)
        view.also_picked.connect(selecting.pick_other)
        view.toggled.connect(canvas.toggle)
        view.stepped.connect(self._step)
        view.menu_wanted.connect(self._show_menu)
        view.tip_wanted.connect(self._show_tip)
        canvas.scene.changed_look.connect(self._follow)

    def pick(self, item: QGraphicsItem | None) -> None:
        """Select the item under the pointer; for a closed group its first parameter."""
        if self._groups.click(item):
            return
        if isinstance(item, NodeItem):
            self._session.select(node=item.seen.norm_of[0])
        elif isinstance(item, EdgeItem):
            self._session.select(edge=item.seen.edges[0])
        elif item is None:
            self._session.select()

    def _step(self, how: str) -> None:
        if how == "clear":
            self._leave()
            return
        if how == "toggle":
            item = self._scene.selected_node
            if item is not None:
                self._toggle_around(item)
            return
        if how in ("next-edge", "previous-edge"):
            self._step_to_edge(back=how == "previous-edge")
            return
        if self._groups.neurons.move_selection(how):
            return
        target = neighbour(self._scene, how)
        if target is not None:
            self._session.select(node=target.seen.norm_of[0])
            self._canvas.view.show_item(target)

    def _step_to_edge(self, *, back: bool) -> None:
        """Select the next edge of the node selected last, or of the edge's source."""
        visible, node, edge = self._scene.visible, self._scene.selected_node, None
        if visible is None:
            return
        if node is not None:
            self._around = node.seen.index
        elif (edge := self._scene.selected_edge) is not None:
            if self._around not in (edge.seen.source, edge.seen.target):
                self._around = edge.seen.source
        else:
            self._canvas.announced.emit(tr("Select a node or an edge first."))
            return
        found = next_edge(self._scene, self._around, back=back)
        if found is None:
            self._canvas.announced.emit(tr("No edge leads to or from this node."))
            return
        around = edges_around(self._scene, self._around)
        self._session.select(edge=visible.edges[found].edges[0])
        self._canvas.view.show_item(self._scene.edges[found])
        text = tr("{edge}  (edge {place} of {count} of {node})")
        self._canvas.announced.emit(
            text.format(
                edge=edge_title(visible, found),
                place=around.index(found) + 1,
                count=len(around),
                node=title_of(visible, self._around),
            )
        )

    def _leave(self) -> None:
        """Handle Esc: first end a part selection, then clear the selection."""
        if self._selecting.active:
            self._selecting.leave()
        elif self._groups.neurons.clear():
            self._session.select()
        elif self._session.selected_node is None and self._session.selected_edge is None:
            self._groups.leave()
        else:
            self._session.select()

    def _toggle_around(self, item: NodeItem) -> None:
        """Handle Enter: open the selected card, or close the frame that the selected node is in."""
        if item.seen.group is not None:
            self._canvas.toggle(item)
        elif item.seen.cluster is not None:
            self._canvas.toggle(self._scene.frames[item.seen.cluster])

    # -- tooltips ----------------------------------------------------------------------------

    def words(self, item: QGraphicsItem | None) -> str:
        """Return the tooltip of an item."""
        visible = self._scene.visible
        if visible is None:
            return ""
        if isinstance(item, NodeItem):
            update = self._update_ratio(item.seen.node)
            if item.board is not None:
                return ""  # the neuron view itself writes what is hovered
            words = node_words(visible, item.seen, self._canvas.frame, update)
            line = trend_words(self._scene.drawing.trends, visible, item.seen.index)
            return f"{words}\n{line}" if line else words
        if isinstance(item, EdgeItem):
            return edge_words(visible, item.seen, self._canvas.frame)
        return tr("double click closes the group") if isinstance(item, FrameItem) else ""

    def words_of_selection(self) -> str:
        """Return the selection in words for screen readers; "" without one."""
        visible, item = self._scene.visible, self._scene.selected_edge
        if visible is None:
            return ""
        if item is not None:
            title = tr("edge {edge}").format(edge=edge_title(visible, item.seen.index))
            return f"{title}\n{self.words(item)}"
        node = self._scene.selected_node
        if node is None:
            return ""
        return self.words(node) or title_of(visible, node.seen.index)

    def _update_ratio(self, node: int | None) -> float | None:
        """Return the update ratio of a parameter's layer at the step on screen, if recorded."""
        topology, frame = self._canvas.topology, self._canvas.frame
        if topology is None or frame is None:
            return None
        layers = (k for k, layer in enumerate(topology.layers) if node in layer.parameters)
        layer, row = next(layers, None), self._session.history.row_at(frame.step)
        if layer is None or row is None or row.step != frame.step:
            return None
        return float(row.values["layer_update_ratio"][layer])

    def _show_tip(self, place: QPoint, item: QGraphicsItem | None) -> None:
        text = self.words(item)
        self._tip = (place, item, text) if item is not None and text else None
        QToolTip.showText(place, text, self._canvas.view)

    def _follow(self) -> None:
        """Update the open tooltip to the frame on screen, also while training runs."""
        if self._tip is None:
            return
        place, item, before = self._tip
        # The item may belong to a former graph, and the tooltip to another widget by now.
        if not QToolTip.isVisible() or QToolTip.text() != before or not self._is_there(item):
            self._tip = None
            return
        text = self.words(item)
        if text != before:
            self._tip = (place, item, text)
            QToolTip.showText(place, text, self._canvas.view)

    def _is_there(self, item: QGraphicsItem) -> bool:
        scene = self._scene
        known: tuple[object, ...] = (*scene.nodes.made.values(), *scene.edges.made.values())
        return any(item is one for one in (*known, *scene.frames.made.values()))

    # -- the menu ----------------------------------------------------------------------------

    def _show_menu(self, place: QPoint, item: QGraphicsItem | None) -> None:
        selecting = self._selecting
        if item is not None and not self._is_selected(item):
            self.pick(item)
        menu = QMenu(self._canvas)
        self._add_ways(menu)
        menu.addAction(tr("Fit the graph"), self._canvas.fit)
        menu.addAction(tr("Refit the colours"), self._canvas.refit_colours)
        menu.addSeparator()
        menu.addAction(tr("Open all groups"), self._canvas.open_all)
        menu.addAction(tr("Close all groups"), self._canvas.close_all)
        neurons = menu.addAction(tr("Neurons of the layer"), self._groups.neurons_of_selection)
        neurons.setEnabled(self._groups.dense_here() is not None)
        menu.addSeparator()
        menu.addAction(tr("Copy the picture"), self._canvas.copy_wanted.emit)
        menu.addAction(tr("Export…"), self._canvas.export_wanted.emit)
        if selecting.active:
            menu.addSeparator()
            menu.addAction(tr("Show everything alike"), selecting.leave)
        menu.setEnabled(self._canvas.topology is not None)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(place)

    def _add_ways(self, menu: QMenu) -> None:
        """Add the actions for the selection: upstream, downstream, paths."""
        selecting, session = self._selecting, self._session
        if session.selected_node is None and session.selected_edge is None:
            return
        menu.addAction(tr("Select upstream"), lambda: selecting.side("upstream"))
        menu.addAction(tr("Select downstream"), lambda: selecting.side("downstream"))
        menu.addAction(tr("Path from here"), selecting.path_from_here)
        path = menu.addAction(tr("Select the paths between the two"), selecting.path)
        path.setEnabled(selecting.other is not None)
        menu.addSeparator()

    def _is_selected(self, item: QGraphicsItem) -> bool:
        highlight = self._scene.highlight
        if isinstance(item, NodeItem):
            return item.seen.index in (highlight.node, highlight.other)
        return isinstance(item, EdgeItem) and item.seen.index == highlight.edge


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
    # Of several edges the one closest to straight ahead.
    return min(
        (scene.nodes[k] for k in ends),
        key=lambda item: abs(item.pos().y() - here.pos().y()),
        default=None,
    )


def edges_around(scene: GraphScene, node: int) -> list[int]:
    """Return the visible edges of a visible node: those that come in, then those that leave.

    Both from the top down, by where they meet the node.
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
    """Return the visible edge of a visible node after the selected one, cyclically.

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
