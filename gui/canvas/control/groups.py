"""The open groups of the canvas: opening, closing, and the breadcrumb."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.support.text import tr
from gui.canvas.control.context import CanvasContext
from gui.canvas.control.neuron_views import NeuronViews
from gui.canvas.graph.visible import GroupPath, VisibleGraph, group_paths
from gui.canvas.scene.node_item import FrameItem, NodeItem
from gui.canvas.view.breadcrumb import Breadcrumb

if TYPE_CHECKING:
    from PySide6.QtWidgets import QGraphicsItem


# Most layer names listed in a hint.
MOST_NAMES = 5


class Groups(QObject):
    """Opens and closes a canvas's groups; the clicked group stays where it is on the screen.

    Attributes
    ----------
    neurons:
        The neuron views: layers that are open one level below their operations.
    crumbs:
        The breadcrumb of the group that the selection is in, or that was opened last.
    """

    def __init__(self, canvas: CanvasContext) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self.neurons = NeuronViews(canvas, self.show_neurons, self.show_operations)
        self.crumbs = Breadcrumb(canvas)
        self.crumbs.chosen.connect(self.go_to)
        self.crumbs.hide()
        self._last: GroupPath = ()
        canvas.view.moved.connect(self._point)
        canvas.session.selection_changed.connect(self._selected)

    def begin_graph(self, *, known: bool) -> None:
        """Reset for another graph; with ``known`` groups the open ones stay open."""
        topology = self._canvas.topology
        assert topology is not None
        if not known:
            self._last = ()
            self.neurons.shown = frozenset()
        self.neurons.begin_graph(topology)
        self.show_crumbs()
        self.crumbs.setVisible(bool(group_paths(topology)))

    # -- opening and closing -----------------------------------------------------------------

    def open_all(self) -> None:
        """Open every group; layers show their operations."""
        self.open_to_depth(None)

    def open_to_depth(self, depth: int | None) -> None:
        """Open the groups down to a depth: 1 the outermost, 0 none; None opens all."""
        if self._canvas.topology is not None:
            paths = group_paths(self._canvas.topology)
            self._open(frozenset(p for p in paths if depth is None or len(p) <= depth))
            self._last = ()
            self.show_crumbs()

    def toggle(self, item: QGraphicsItem) -> None:
        """Open a closed group or close an open one; a neuron view goes back to operations."""
        if isinstance(item, FrameItem):
            self._close(item.cluster.path)
        elif isinstance(item, NodeItem) and item.seen.group is not None:
            path = item.seen.group
            if item.board is None:
                self._open(self._canvas.opened | {path}, path)
                self._last = path
            elif item.board.in_title(self._canvas.view.pointed - item.pos()):
                self.show_operations(path)
        self.show_crumbs()

    def open_around(self, path: GroupPath) -> None:
        """Open a group and those around it; a view of the whole graph stays one."""
        around = [path[:depth] for depth in range(1, len(path) + 1)]
        closed = next((p for p in around if p not in self._canvas.opened), None)
        if closed is None:
            return
        opened = self._canvas.opened | set(around)
        self._open(opened, None if self._canvas.view.fitted else closed)
        self.show_crumbs()

    def show_neurons(self, path: GroupPath) -> None:
        """Show a layer's neurons in place of its operations."""
        if path in self.neurons.layers:
            self.open_around(path[:-1])
            self._open(self._without(path), path, self.neurons.shown | {path})
            self._canvas.placing.bring_in_sight(path)
            self._last = path
            self.show_crumbs()

    def show_operations(self, path: GroupPath) -> None:
        """Go back from a layer's neurons to its operations."""
        self._open(self._canvas.opened | {path}, path)
        self.show_crumbs()

    def neurons_of_selection(self) -> None:
        """Toggle the neurons of the layer that is selected or was opened last."""
        path = self.dense_here()
        if path is None:
            self._canvas.announced.emit(self._what_to_select())
        elif path in self.neurons.shown:
            self.show_operations(path)
        else:
            self.show_neurons(path)

    def _what_to_select(self) -> str:
        """Announce how to open a layer's neurons, with names of layers that can show them."""
        names = ["/".join(path) for path in self.neurons.layers]
        if not names:
            return tr(
                "No layer here shows its neurons: only dense ones of at most 64 × 64 weights do"
            )
        if len(names) > MOST_NAMES:
            names[MOST_NAMES - 1 : -1] = ["…"]
        text = tr("Select a layer first, or a node in it, to see its neurons: {names}")
        return text.format(names=", ".join(names))

    def dense_here(self) -> GroupPath | None:
        """Return the current layer if it can show neurons, or the only one that can."""
        path, layers = self._here(), self.neurons.layers
        while path and path not in layers:
            path = path[:-1]
        only = next(iter(layers)) if len(layers) == 1 else None
        return path or only

    def _close(self, path: GroupPath) -> None:
        self._open(self._without(path), path)
        if self._last[: len(path)] == path:
            self._last = path[:-1]

    def _without(self, path: GroupPath) -> frozenset[GroupPath]:
        return frozenset(p for p in self._canvas.opened if p[: len(path)] != path)

    def _open(
        self,
        opened: frozenset[GroupPath],
        at: GroupPath | None = None,
        neurons: frozenset[GroupPath] | None = None,
    ) -> None:
        """Draw these groups open; the group ``at`` stays where it is on the screen."""
        shown = self.neurons.shown if neurons is None else neurons
        around = (p for p in shown if all(p[:d] in opened for d in range(1, len(p))))
        shown = frozenset(around) - opened
        if (opened, shown) == (self._canvas.opened, self.neurons.shown):
            return
        anchor = None if at is None else self._canvas.placing.anchor_at(at)
        self.neurons.show(shown)
        self._canvas.show_opened(opened, anchor)
        self.neurons.refresh()

    def stay(self, visible: VisibleGraph) -> None:
        """Keep what is shown, after a cancelled layout."""
        shown = (n.group for n in visible.nodes if n.board is not None and n.group is not None)
        self.neurons.show(frozenset(shown))
        self.show_crumbs()

    # -- the current group -------------------------------------------------------------------

    def _here(self) -> GroupPath:
        """Return the group that the selection is in, or else the one opened last."""
        canvas = self._canvas
        if self.neurons.chosen_in is not None:
            return self.neurons.chosen_in
        node, edge = canvas.session.selected_node, canvas.session.selected_edge
        if canvas.topology is None:
            return ()
        if edge is not None:
            node = canvas.topology.edges[edge].source
        return self._last if node is None else canvas.topology.nodes[node].group

    def show_crumbs(self) -> None:
        """Update the breadcrumb to the current group, as deep as groups are open."""
        path = self._here()
        deep = 0
        while deep < len(path) and path[: deep + 1] in self._canvas.opened:
            deep += 1
        if path[: deep + 1] in self.neurons.shown:
            deep += 1
        self.crumbs.show_path(path[:deep])

    def go_to(self, path: GroupPath) -> None:
        """Show a group of the breadcrumb; the open group below it on the path closes."""
        here = self.crumbs.path
        below = here[: len(path) + 1]
        self._last = path
        if len(here) > len(path):
            self._canvas.session.select()
            self._open(self._without(below), path or None, self.neurons.shown - {below})
        if path:
            self._canvas.placing.bring_in_sight(path)
        else:
            self._canvas.view.fit()
        self.show_crumbs()

    def leave(self) -> bool:
        """Leave the innermost scalar, neuron view or group (Esc); False where there is none."""
        path = self.crumbs.path
        if self.neurons.clear():
            self._canvas.session.select()
        elif path and path in self.neurons.shown:
            self.show_operations(path)
        elif path:
            self._close(path)
            self.show_crumbs()
        else:
            return False
        return True

    def click(self, item: QGraphicsItem | None) -> bool:
        """Pass a click to the neuron view at this place; return whether there is one."""
        return self.neurons.click(item, self._canvas.view.pointed)

    def _point(self) -> None:
        self.neurons.point_at(self._canvas.view.under, self._canvas.view.pointed)

    def _selected(self) -> None:
        self.neurons.selection_changed()
        self.show_crumbs()
        self._last = self.crumbs.path  # Esc goes on from here once nothing is selected
