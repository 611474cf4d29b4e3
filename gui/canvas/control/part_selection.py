"""Selection of a part of the graph: upstream, downstream, or the paths between two nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from engine.messages.wiring import Part, Way
from engine.support.figures import whole
from engine.support.text import tr
from gui.canvas.control.context import CanvasContext
from gui.canvas.graph.node_look import node_title
from gui.canvas.scene.node_item import NodeItem
from gui.canvas.view.badge import Badge

if TYPE_CHECKING:
    from PySide6.QtWidgets import QGraphicsItem


@dataclass(frozen=True)
class _Asked:
    """The part asked for: one side of a node (``end`` None), or the paths between two nodes."""

    start: int
    way: Way
    end: int | None = None


@dataclass(frozen=True)
class _Kept:
    """The selection to restore on the same graph with more or fewer gradient nodes."""

    generation: int
    asked: _Asked | None
    other: int | None
    first: int | None
    stays: bool


class PartSelection(QObject):
    """Dims all but a part of the graph, and names that part on a badge.

    ``other`` is the second node (index of the topology) of paths: picked with Ctrl in addition
    to the first, or kept by ``path_from_here`` while another node is selected.
    """

    def __init__(self, canvas: CanvasContext) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._session, self._scene = canvas.session, canvas.scene
        self.other: int | None = None
        self._first: int | None = None
        self._kept = False
        self._asked: _Asked | None = None
        self._over: _Kept | None = None
        self.badge = Badge(canvas.view)
        self.badge.apply_theme(canvas.theme)
        self.badge.left = self.leave
        canvas.scene.changed_look.connect(self._follow)
        canvas.session.selection_changed.connect(self._forget_other)

    @property
    def active(self) -> bool:
        """Whether a part is shown and everything else dimmed."""
        return self._scene.part is not None

    def leave(self) -> None:
        """End the part selection: nothing is dimmed any more."""
        self.badge.hide()
        self._scene.bring_out(None)
        self._canvas.view.viewport().update()

    def pick_other(self, item: QGraphicsItem | None) -> None:
        """Take a second node for the paths; picking it again clears it."""
        if not isinstance(item, NodeItem):
            return
        node = item.seen.norm_of[0]
        if self._session.selected_node is None or self._is_first(node):
            self._session.select(node=node)
            return
        same = self.other is not None and self._shown(self.other) == item.seen.index
        self._mark(None if same else node)
        if self.other is not None:
            self._canvas.announced.emit(
                tr(
                    "{a} and {b} are selected: the paths between them are in the Select menu."
                ).format(a=self._title(self._session.selected_node), b=self._title(node))
            )

    # -- what the menus call -----------------------------------------------------------------

    def side(self, way: Way) -> None:
        """Show all nodes upstream or downstream of the selection, and dim the others."""
        start = self._start(way)
        if start is None:
            self._canvas.announced.emit(tr("Select a node or an edge first."))
            return
        self._bring_side(start, way)

    def _bring_side(self, start: int, way: Way, *, quietly: bool = False) -> None:
        members = self._members(start)
        part = self._wiring.side(members, way)
        name, up = self._title(start), way == "upstream"
        count = len(part.nodes) - len(members)
        if not count:
            text = (
                tr("Nothing lies upstream of {name}")
                if up
                else tr("Nothing lies downstream of {name}")
            )
            self._canvas.announced.emit(text.format(name=name))
            return
        text = tr("Upstream of {name}") if up else tr("Downstream of {name}")
        self._asked = _Asked(start, way)
        self._bring_out(part, text.format(name=name), count, quietly=quietly)

    def path_from_here(self) -> None:
        """Keep the selected node as one end of paths; the other one is selected next."""
        node = self._session.selected_node
        if node is None or self._scene.visible is None:
            self._canvas.announced.emit(tr("Select a node or an edge first."))
            return
        self._mark(node, kept=True)
        text = tr("{name} is one end: select the other, then the paths between the two (Ctrl+P).")
        self._canvas.announced.emit(text.format(name=self._title(node)))

    def path(self) -> None:
        """Show all paths between the two selected nodes, in either direction."""
        first, second = self._session.selected_node, self.other
        laid_out = self._scene.visible is not None
        if not laid_out or first is None or second is None or self._is_first(second):
            self._canvas.announced.emit(
                tr("Select a node, then a second one with Ctrl+click: paths lead between two.")
            )
            return
        self._bring_paths(first, second)

    def _bring_paths(self, first: int, second: int, *, quietly: bool = False) -> None:
        for start, end in ((first, second), (second, first)):
            part = self._wiring.between(self._members(start), self._members(end))
            if part is not None:
                text = tr("Paths from {a} to {b}")
                text = text.format(a=self._title(start), b=self._title(end))
                self._asked = _Asked(first, "downstream", second)
                self._bring_out(part, text, len(part.nodes), quietly=quietly)
                return
        text = tr("No path leads from {a} to {b}, nor back.")
        self._canvas.announced.emit(text.format(a=self._title(first), b=self._title(second)))

    def show_again(self, part: Part | None, what: str, other: int | None) -> None:
        """Show the part that an opened picture shows, with the second node that it marks."""
        if other is not None:
            self._mark(other, kept=True)
        if part is not None:
            self._asked = None
            self._bring_out(part, what, len(part.nodes))

    # -- the same graph with more or fewer gradient nodes ---------------------------------------

    def keep_over(self) -> None:
        """Remember the part; called before the same graph comes with other gradient nodes."""
        if self._canvas.topology is not None:
            asked = self._asked if self.active else None
            self._over = _Kept(
                self._canvas.topology.generation, asked, self.other, self._first, self._kept
            )

    def again(self) -> None:
        """Show on the new graph the part that ``keep_over`` remembered."""
        kept, self._over = self._over, None
        topology = self._canvas.topology
        if kept is None or topology is None or topology.generation != kept.generation:
            return
        count = len(topology.nodes)
        if kept.other is not None and kept.other < count:
            self.other, self._first, self._kept = kept.other, kept.first, kept.stays
            self._show_other()
        asked = kept.asked
        if asked is None or max(asked.start, asked.end or 0) >= count:
            return
        if asked.end is None:
            self._bring_side(asked.start, asked.way, quietly=True)
        else:
            self._bring_paths(asked.start, asked.end, quietly=True)

    def _bring_out(self, part: Part, what: str, nodes: int, *, quietly: bool = False) -> None:
        self._scene.bring_out(part, what)
        words = tr("{what}: {nodes}, {edges} — Esc to leave").format(
            what=what,
            nodes=tr("1 node") if nodes == 1 else tr("{n} nodes").format(n=whole(nodes)),
            edges=tr("1 edge")
            if len(part.edges) == 1
            else tr("{n} edges").format(n=whole(len(part.edges))),
        )
        self.badge.show_text(words)
        if not quietly:
            self._canvas.announced.emit(words)
        self._canvas.view.viewport().update()

    # -- what is selected --------------------------------------------------------------------

    @property
    def _wiring(self):  # type: ignore[no-untyped-def]
        assert self._scene.visible is not None
        return self._scene.visible.topology.wiring

    def _start(self, way: Way) -> int | None:
        """Return the node to start from; upstream of an edge that is its source."""
        edge = self._session.selected_edge
        if self._scene.visible is None:
            return None
        if edge is None:
            return self._session.selected_node
        info = self._scene.visible.topology.edges[edge]
        return info.source if way == "upstream" else info.target

    def _members(self, node: int) -> tuple[int, ...]:
        """Return the node, or all nodes of the closed group that it is in."""
        assert self._scene.visible is not None
        return self._scene.visible.nodes[self._shown(node)].members

    def _title(self, node: int | None) -> str:
        assert node is not None
        assert self._scene.visible is not None
        group = self._scene.visible.nodes[self._shown(node)].group
        return " / ".join(group) if group else node_title(self._scene.visible.topology.nodes[node])

    def _shown(self, node: int) -> int:
        assert self._scene.visible is not None
        return self._scene.visible.shown_as[node]

    def _is_first(self, node: int) -> bool:
        first = self._session.selected_node
        return first is not None and self._shown(first) == self._shown(node)

    def _mark(self, node: int | None, *, kept: bool = False) -> None:
        self.other, self._first, self._kept = node, self._session.selected_node, kept
        self._show_other()
        self._canvas.view.viewport().update()

    def _show_other(self) -> None:
        self._scene.select_other(self.other)

    def _forget_other(self) -> None:
        """Clear the second node on a plain click; a kept one only when nothing is selected."""
        here = self._session.selected_node
        if self.other is not None and (here is None if self._kept else here != self._first):
            self._mark(None)

    def _follow(self) -> None:
        """End the selection when another graph comes; it stays when other groups open."""
        if not self.active:
            self.badge.hide()
        if self.other is not None:
            visible = self._scene.visible
            if visible is None or self.other >= len(visible.shown_as) or self._first is None:
                self.other = None
            else:
                self._show_other()
