"""The canvas that the window embeds: scene, view, legend and layout brought together."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QPointF, QStandardPaths, Signal
from PySide6.QtWidgets import QGraphicsItem, QVBoxLayout, QWidget

from engine.frame import Frame, Topology
from engine.text import tr
from gui.canvas import layout, walk
from gui.canvas.items import FrameItem, NodeItem
from gui.canvas.layout_worker import LayoutWorker
from gui.canvas.legend import Legend, LegendStrip
from gui.canvas.look import node_title, shows_numbers
from gui.canvas.palette import Palette
from gui.canvas.picture import Placement
from gui.canvas.pointing import Pointing
from gui.canvas.scene import GraphScene
from gui.canvas.view import GraphView
from gui.canvas.visible import Path as GroupPath
from gui.canvas.visible import default_opened, group_paths, summarise
from gui.colour import MagnitudeScale
from gui.theme import Theme

if TYPE_CHECKING:
    from gui.session import Session


class Canvas(QWidget):
    """The graph, coloured by gradient magnitude, with its legend.

    Signals
    -------
    announced(str): something deliberate happened that a status line should say
    export_wanted(), copy_wanted(): the context menu asks for the export dialog, for a copy
    """

    announced = Signal(str)
    export_wanted = Signal()
    copy_wanted = Signal()

    def __init__(
        self,
        session: "Session",
        theme: Theme,
        parent: QWidget | None = None,
        *,
        cache: layout.Cache | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.theme = theme
        self.scale = MagnitudeScale()
        self.topology: Topology | None = None
        self.frame: Frame | None = None
        self.opened: frozenset[GroupPath] = frozenset()
        self.placement: Placement | None = None
        palette = Palette(theme)
        self.scene = GraphScene(palette, raster=True)
        self.scene.setParent(self)
        self.view = GraphView(self.scene, self)
        self.view.empty_text = tr("No graph yet: open a system from the list, or a .toml file.")
        self.legend = LegendStrip(Legend(palette, self.scale, full=False), self)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        box.addWidget(self.view, 1)
        box.addWidget(self.legend)
        self.setFocusProxy(self.view)
        self._cache = cache or layout.Cache(_cache_folder())
        self._layouts = LayoutWorker(self._cache, self)
        self._layouts.arrived.connect(self._swap_in)
        self._asked = 0
        self._anchor: tuple[GroupPath, QPointF] | None = None
        self._pointing = Pointing(self)
        session.selection_changed.connect(self._show_selection)
        self._paint_background()

    # -- messages from the engine ------------------------------------------------------------

    def show_topology(self, topology: Topology) -> None:
        """Draw this graph; the colour scale starts anew."""
        known = self.topology is not None and group_paths(self.topology) == group_paths(topology)
        self.topology, self.frame = topology, None
        if not known:
            self.opened = default_opened(topology)
        self.scale = MagnitudeScale(smallest_normal=topology.smallest_normal)
        self._anchor = None
        self.view.fitted = True
        self._rebuild()

    def show_frame(self, frame: Frame) -> None:
        """Colour the graph with a frame's numbers."""
        if self.topology is None or frame.generation != self.topology.generation:
            return
        self.frame = frame
        if self.scale.provisional and self._complete(frame):
            self._anchor_scale()
        self.scene.show_frame(frame, self.scale)
        self._refresh_legend()

    def apply_theme(self, theme: Theme) -> None:
        """Take on a theme."""
        self.theme = theme
        palette = Palette(theme)
        self.scene.apply_palette(palette)
        self.legend.legend.palette = palette
        self.legend.refresh()
        self._paint_background()

    # -- what the window's actions call ------------------------------------------------------

    def fit(self) -> None:
        """Show the whole graph."""
        self.view.fit()

    def zoom_in(self) -> None:
        """Zoom in around the middle."""
        self.view.zoom_by(1.25)

    def zoom_out(self) -> None:
        """Zoom out around the middle."""
        self.view.zoom_by(0.8)

    def zoom_reset(self) -> None:
        """One scene unit to one pixel."""
        self.view.zoom_to(1.0)

    def refit_colours(self) -> None:
        """Fit the colour scale to the frame on screen; a deliberate act, announced."""
        if self.frame is None:
            return
        before = self.scale
        self._anchor_scale()
        self.scene.show_frame(self.frame, self.scale)
        self._refresh_legend()
        if before != self.scale:
            ends = [text for _, text in self.scale.ticks()]
            self.announced.emit(
                tr("Colours now range from {low} to {high}, fitted to step {step}").format(
                    low=ends[0], high=ends[-1], step=self.frame.step
                )
            )

    def open_all(self) -> None:
        """Open every group."""
        if self.topology is not None:
            self._open(frozenset(group_paths(self.topology)))

    def close_all(self) -> None:
        """Close every group."""
        self._open(frozenset())

    def find(self, text: str) -> bool:  # type: ignore[override]
        """Select and show the next node that the text names; False where there is none."""
        if self.topology is None:
            return False
        found = walk.matches(self.topology, text)
        if not found:
            return False
        here = self.session.selected_node
        node = next((n for n in found if here is not None and n > here), found[0])
        self.reveal(node)
        return True

    def names(self) -> list[str]:
        """Return what can be found, for completion."""
        if self.topology is None:
            return []
        groups = ["/".join(path) for path in group_paths(self.topology)]
        return [node.name for node in self.topology.nodes] + groups

    def reveal(self, node: int) -> None:
        """Select a node, open the groups around it, and bring it in sight."""
        if self.topology is None:
            return
        path = self.topology.nodes[node].group
        around = {path[:depth] for depth in range(1, len(path) + 1)}
        if not around <= self.opened:
            self._open(self.opened | around)
        self.session.select(node=node)
        self.view.show_item(self.scene.item_for_node(node))

    def export_state(self):  # type: ignore[no-untyped-def]
        """Return a frozen copy of all that an exported picture shows."""
        from gui.canvas.export import Drawing

        assert self.topology is not None
        assert self.placement is not None
        return Drawing(
            self.topology,
            self.frame,
            self.opened,
            self.placement,
            self.scale,
            self.theme,
            self.view.visible_rect(),
            self.session.selected_node,
            self.session.selected_edge,
        )

    def shutdown(self) -> None:
        """End the layout process; nothing comes after it."""
        self._layouts.close()

    def closeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """A canvas of its own ends its process when it closes."""
        self.shutdown()
        super().closeEvent(event)

    # -- groups and layout -------------------------------------------------------------------

    def toggle(self, item: QGraphicsItem) -> None:
        """Open a closed group or close an open one; it stays where it is on the screen."""
        if isinstance(item, FrameItem):
            path, corner = item.cluster.path, item.rect().topLeft()
            opened = frozenset(p for p in self.opened if p[: len(path)] != path)
        elif isinstance(item, NodeItem) and item.seen.group is not None:
            path, corner = item.seen.group, item.body_on_scene().topLeft()
            opened = self.opened | {path}
        else:
            return
        self._open(opened, (path, self.view.on_screen(corner)))

    def _open(
        self, opened: frozenset[GroupPath], anchor: tuple[GroupPath, QPointF] | None = None
    ) -> None:
        if opened != self.opened:
            self.opened = opened
            self._anchor = anchor
            self.view.fitted = anchor is None
            self._rebuild()

    def _rebuild(self) -> None:
        if self.topology is None:
            return
        visible = summarise(self.topology, self.opened)
        picture = self.scene.build(visible)
        self._asked += 1
        known = self._cache.get(picture)
        if known is None:
            self._layouts.ask(self._asked, picture)
        else:
            self._layouts.cancel()
        self._place(known or layout.quick(picture))
        if self.frame is not None:
            self.scene.show_frame(self.frame, self.scale)
        legend = self.legend.legend
        legend.objective = self.topology.objective
        legend.numbers = shows_numbers(self.topology)
        legend.groups = any(seen.group is not None for seen in visible.nodes)
        self._show_selection()
        self.view.viewport().update()

    def _swap_in(self, asked: int, placement: Placement) -> None:
        if asked == self._asked:
            self._place(placement)

    def _place(self, placement: Placement) -> None:
        self.placement = placement
        self.scene.place(placement)
        if self.view.fitted:
            self.view.fit()
        elif self._anchor is not None:
            path, point = self._anchor
            corner = self._corner_of(path)
            if corner is not None:
                self.view.hold(corner, point)

    def _corner_of(self, path: GroupPath) -> QPointF | None:
        for frame in self.scene.frames:
            if frame.cluster.path == path:
                return frame.rect().topLeft()
        assert self.scene.visible is not None
        for seen in self.scene.visible.nodes:
            if seen.group == path:
                return self.scene.nodes[seen.index].body_on_scene().topLeft()
        return None

    # -- colours -----------------------------------------------------------------------------

    def _complete(self, frame: Frame) -> bool:
        assert self.topology is not None
        wanted = np.array([edge.differentiable for edge in self.topology.edges], bool)
        return bool(wanted.any() and frame.contribution_ready[wanted].all())

    def _anchor_scale(self) -> None:
        assert self.frame is not None
        self.scale = self.scale.anchored(known_norms(self.frame))

    def _refresh_legend(self) -> None:
        legend = self.legend.legend
        state = (legend.scale, legend.selection, legend.numbers, legend.groups)
        legend.scale = self.scale
        legend.selection = self._selected_norm()
        if state != (legend.scale, legend.selection, legend.numbers, legend.groups):
            self.legend.update()

    def _selected_norm(self) -> tuple[str, float] | None:
        if self.frame is None or self.topology is None:
            return None
        node, edge = self.session.selected_node, self.session.selected_edge
        if edge is not None and self.frame.contribution_ready[edge]:
            info = self.topology.edges[edge]
            ends = [node_title(self.topology.nodes[k]) for k in (info.source, info.target)]
            return " → ".join(ends), float(self.frame.contribution_norm[edge])
        if edge is None and node is not None and self.frame.gradient_ready[node]:
            title = node_title(self.topology.nodes[node])
            return title, float(self.frame.gradient_norm[node])
        return None

    def _paint_background(self) -> None:
        self.view.setBackgroundBrush(self.scene.palette_.canvas)
        self.legend.updateGeometry()

    def _show_selection(self) -> None:
        self.scene.select(self.session.selected_node, self.session.selected_edge)
        self._refresh_legend()


def known_norms(frame: Frame) -> np.ndarray:
    """Return all gradient and contribution norms that are computed, to anchor a scale."""
    return np.concatenate(
        [
            frame.gradient_norm[frame.gradient_ready],
            frame.contribution_norm[frame.contribution_ready],
        ]
    )


def _cache_folder() -> Path | None:
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.CacheLocation)
    return Path(place) / "layouts" if place else None
