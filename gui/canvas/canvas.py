"""The graph canvas as a widget of the window: it connects scene, view, legend and layout."""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths, Signal
from PySide6.QtWidgets import QGraphicsItem, QVBoxLayout, QWidget

from engine.messages.commands import Colour
from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.observe.quantities import quantity_of
from engine.support.text import tr
from gui.appearance.theme import Theme
from gui.canvas.colours.colouring import Colouring
from gui.canvas.colours.tones import off_scale
from gui.canvas.colours.values import Standing, standing_of
from gui.canvas.control.context import CanvasContext
from gui.canvas.control.go_to import GoTo
from gui.canvas.control.groups import Groups
from gui.canvas.control.jump_to_trouble import JumpToTrouble
from gui.canvas.control.part_selection import PartSelection
from gui.canvas.control.pointer import Pointer
from gui.canvas.control.preparing import Preparing
from gui.canvas.control.spoken import Spoken
from gui.canvas.graph.node_look import shows_numbers
from gui.canvas.graph.prepared import Prepared
from gui.canvas.graph.visible import GroupPath, default_opened, group_paths, mirrors
from gui.canvas.layout import layouts
from gui.canvas.layout.model import Placement
from gui.canvas.layout.worker import LayoutWorker
from gui.canvas.legend.legend import Legend
from gui.canvas.legend.strip import LegendStrip
from gui.canvas.scene.drawing import Drawing
from gui.canvas.scene.edge_item import EdgeItem
from gui.canvas.scene.node_item import NodeItem
from gui.canvas.scene.scene import GraphScene
from gui.canvas.view.motion import PlacedGraph
from gui.canvas.view.overview import Overview
from gui.canvas.view.placing import Anchor, Placing
from gui.canvas.view.view import GraphView
from gui.colour.magnitude import MagnitudeScale
from gui.colour.maps import Maps

if TYPE_CHECKING:
    from gui.session.session import Session


class Canvas(CanvasContext):
    """The graph, coloured by gradient magnitude, with its legend.

    Signals
    -------
    announced(str): a message for the status bar
    refitted(): the colour scale was refitted; a pinned range is dropped
    export_wanted(), copy_wanted(): the context menu asks for the export dialog, for a copy
    """

    refitted = Signal()

    def __init__(
        self,
        session: "Session",
        theme: Theme,
        parent: QWidget | None = None,
        *,
        cache: layouts.Cache | None = None,
    ) -> None:
        super().__init__(parent)
        self.session = session
        self.theme = theme
        self.colouring = Colouring()
        self.topology: Topology | None = None
        self.frame: Frame | None = None
        self.opened: frozenset[GroupPath] = frozenset()
        self.placement: Placement | None = None
        palette = self.colouring.palette(theme)
        self.scene = GraphScene(palette, raster=True)
        self.scene.setParent(self)
        self.view = GraphView(self.scene, self)
        self.view.empty_text = tr("No graph yet: open a system of the catalogue, or a .toml file.")
        self.legend = LegendStrip(Legend(palette, self.scale, full=False), self)
        self.legend.fit_wanted.connect(self.refit_colours)
        box = QVBoxLayout(self)
        box.setContentsMargins(0, 0, 0, 0)
        box.setSpacing(0)
        self.groups = Groups(self)
        box.addWidget(self.groups.crumbs)
        box.addWidget(self.view, 1)
        box.addWidget(self.legend)
        self.setFocusProxy(self.view)
        self._cache = cache or layouts.Cache(_cache_folder())
        self._layouts = LayoutWorker(self._cache, self)
        self._layouts.arrived.connect(self._swap_in)
        self.preparing = Preparing(
            self._cache, self._layouts, self.view, self._show_prepared, self._improve
        )
        self.preparing.notice.cancelled.connect(self.stay)
        self.placing = Placing(self.scene, self.view)
        self.overview = Overview(self.view)
        self.going = GoTo(self)
        self.jumping = JumpToTrouble(self, self.going)
        self.selecting = PartSelection(self)
        self._pointing = Pointer(self, self.groups, self.selecting)
        self._hovered: QGraphicsItem | None = None
        self.view.hovered.connect(self._hover)
        session.selection_changed.connect(self._show_selection)
        self._spoken = Spoken(self, self._pointing)
        self._paint_background()

    # -- messages from the engine ------------------------------------------------------------

    def show_topology(self, topology: Topology) -> None:
        """Draw this graph; the colour scales are those of a new run."""
        known = self.topology is not None and group_paths(self.topology) == group_paths(topology)
        self.topology, self.frame = topology, None
        if not known:
            self.opened = default_opened(topology)
        self.view.empty_text = tr(
            "An empty system. Choose data and add a layer in the System panel,\n"
            "or write a formula there; the graph appears as soon as all fits."
        )
        self.colouring.begin_run(topology.smallest_normal)
        self.placing.anchor = None
        self.view.fitted = True
        self.groups.begin_graph(known=known)
        self._rebuild()

    def show_order(self, topology: Topology) -> None:
        """Draw the same graph with more or fewer gradient nodes; colours and open groups stay."""
        self.selecting.keep_over()
        self.topology, self.frame = topology, None
        known = frozenset(group_paths(topology))
        self.opened = (self.opened & known) | mirrors(topology, self.opened)
        self.groups.begin_graph(known=True)
        before, self.placing.anchor = self.placing.now, None
        self.view.fitted = True
        self._rebuild(before)

    def show_frame(self, frame: Frame) -> None:
        """Colour the graph with a frame's numbers."""
        if self.topology is None or frame.generation != self.topology.generation:
            return
        if not self.topology.nodes:
            return  # the frame of an empty system
        self.frame = frame
        self.colouring.take_frame(frame)
        self.recolour()
        self.groups.neurons.show_frame(frame)

    @property
    def scale(self) -> MagnitudeScale:
        """The scale of gradients and contributions."""
        return self.colouring.scale

    def apply_theme(self, theme: Theme) -> None:
        """Apply a theme to scene, view, legend and notices."""
        self.theme = theme
        self._use_palette()
        self.selecting.badge.apply_theme(theme)
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
        """Set the zoom to one pixel per scene unit."""
        self.view.zoom_to(1.0)

    def refit_colours(self) -> None:
        """Fit the colour scale to the frame on screen, as the user asked, and announce it."""
        if self.frame is None:
            return
        before = self.colouring.node_scale, self.scale
        self.colouring.refit(self.frame)
        self.recolour()
        self.refitted.emit()
        low, high = self.colouring.node_scale.end_texts
        text = tr("The colours from {low} to {high} fit step {step} already")
        if before != (self.colouring.node_scale, self.scale):
            text = tr("Colours now range from {low} to {high}, fitted to step {step}")
        self.announced.emit(text.format(low=low, high=high, step=self.frame.step))

    def colour_by(self, quantity: str) -> None:
        """Colour nodes by another quantity, from the next frame on; ``InputError`` if unknown."""
        title = tr(quantity_of(quantity).title)
        self.session.send(Colour(quantity))
        self.announced.emit(tr("Nodes are coloured by: {title}").format(title=title))

    def use_maps(self, maps: Maps) -> None:
        """Draw with these colour maps."""
        self.colouring.maps = maps
        self._use_palette()

    def recolour(self) -> None:
        """Colour the frame again with the present scales."""
        if not self.colouring.fits(self.scene.palette_):
            self._use_palette()
        if self.frame is not None:
            self.scene.show_frame(self.frame, self.scale, self.colouring.other_node_scale)
        self._refresh_legend()

    def open_all(self) -> None:
        """Open every group."""
        self.groups.open_all()

    def close_all(self) -> None:
        """Close every group."""
        self.groups.open_to_depth(0)

    def open_around(self, path: GroupPath) -> None:
        """Open a group and those around it; a view of the whole graph stays one."""
        self.groups.open_around(path)

    def toggle(self, item: QGraphicsItem) -> None:
        """Open a closed group or close an open one; it stays where it is on the screen."""
        self.groups.toggle(item)

    def reveal(self, node: int) -> None:
        """Select a node, open the groups around it, and scroll to it."""
        self.going.to_node(node)

    @property
    def drawing(self) -> Drawing:
        """Return what is on screen, for exports; during an animation with the final placement."""
        boards = self.scene.drawing.boards
        return dataclasses.replace(
            self.scene.drawing,
            placement=self.placement,
            boards={path: dataclasses.replace(one, hovered=None) for path, one in boards.items()},
            theme=self.theme,
            maps=self.colouring.maps,
            seen=self.view.visible_rect(),
        )

    def shutdown(self) -> None:
        """End the layout process and the preparing thread; called when the window closes."""
        self.placing.stop()
        self.preparing.close()
        self._layouts.close()

    def closeEvent(self, event) -> None:  # type: ignore[no-untyped-def]
        """End the layout process of a canvas that is a window of its own."""
        self.shutdown()
        super().closeEvent(event)

    # -- groups and layout -------------------------------------------------------------------

    def show_opened(self, opened: frozenset[GroupPath], anchor: Anchor | None) -> None:
        """Draw these groups open; the anchor's corner stays in place (None: fit the graph)."""
        before = self.placing.now
        self.opened = opened
        self.placing.anchor = anchor
        self.view.fitted = anchor is None
        self._rebuild(before)

    def _rebuild(self, before: PlacedGraph | None = None) -> None:
        if self.topology is None:
            return
        shown = self.scene.visible
        if shown is not None and shown.topology is not self.topology:
            self.placing.stop()
            self.scene.clear()  # the new graph's frames must not be drawn on the old one
        boards, empty = self.groups.neurons.boards, self.scene.visible is None
        self.preparing.ask(self.topology, self.opened, boards, before, at_once=empty)

    def stay(self) -> bool:
        """Cancel the layout in progress and keep the groups that are shown; False without one."""
        shown = self.scene.visible
        if shown is None or not self.preparing.cancel():
            return False
        self.opened = shown.opened
        self.groups.stay(shown)
        return True

    def _show_prepared(self, ready: Prepared, before: PlacedGraph | None) -> None:
        assert self.topology is not None
        visible = ready.visible
        self.scene.build(visible, ready)
        self.placement = ready.placement
        self.placing.glide_to(ready.placement, before)
        if self.frame is not None:
            self.scene.show_frame(self.frame, self.scale, self.colouring.other_node_scale)
        legend = self.legend.legend
        legend.objective = self.topology.objective
        legend.numbers = shows_numbers(self.topology)
        legend.groups = any(seen.group is not None for seen in visible.nodes)
        self._show_selection()
        self._spoken.name_graph()
        self.selecting.again()
        self.legend.refresh()
        self.view.viewport().update()
        self.going.again()

    def _improve(self, ready: Prepared) -> None:
        self.placement = ready.placement
        self.placing.improve(ready.placement, ready.geometry)

    def _swap_in(self, asked: int, placement: Placement) -> None:
        if asked == self.preparing.number:
            self.placement = placement
            self.placing.improve(placement)

    # -- colours -----------------------------------------------------------------------------

    def _use_palette(self) -> None:
        palette = self.colouring.palette(self.theme)
        self.scene.apply_palette(palette)
        self.legend.legend.palette = palette
        self._refresh_legend(anew=True)

    def _refresh_legend(self, *, anew: bool = False) -> None:
        colouring, legend = self.colouring, self.legend.legend
        before = dataclasses.replace(legend)
        legend.scale, legend.quantity = colouring.node_scale, colouring.quantity
        legend.edge_scale = None if colouring.other_node_scale is None else self.scale
        legend.selection, legend.hovered = self._standings()
        ties, visible = self.scene.ties, self.scene.visible
        legend.ties = ties is not None and ties.drawn
        drawn = len(self.scene.drawing.trends.steps) > 1
        legend.trends = drawn and visible is not None and bool(visible.trends)
        sized = ("quantity", "scale", "ties", "trends", "edge_scale")
        if anew or any(getattr(before, name) != getattr(legend, name) for name in sized):
            self.legend.refresh()
        elif before != legend:
            self.legend.update()
        if self.frame is not None and self.scene.tones is not None:
            self.legend.show_off_scale(off_scale(self.scene.tones))

    def _standings(self) -> tuple[Standing | None, Standing | None]:
        """Return what the legend marks: the numbers of the selection and of the hovered item."""
        visible, frame = self.scene.visible, self.frame
        if frame is None or visible is None:
            return None, None
        node, edge = self.session.selected_node, self.session.selected_edge
        found = standing_of(visible, frame, node, edge)
        under = self._hovered
        if isinstance(under, NodeItem):
            return found, standing_of(visible, frame, under.seen.norm_of[0], None)
        if isinstance(under, EdgeItem):
            return found, standing_of(visible, frame, None, under.seen.edges[0])
        return found, None

    def _hover(self, item: QGraphicsItem | None) -> None:
        self._hovered = item
        self._refresh_legend()

    def _paint_background(self) -> None:
        self.view.setBackgroundBrush(self.scene.palette_.canvas)
        self.legend.updateGeometry()

    def _show_selection(self) -> None:
        self.scene.select(self.session.selected_node, self.session.selected_edge)
        self._refresh_legend()


def _cache_folder() -> Path | None:
    place = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.CacheLocation)
    return Path(place) / "layouts" if place else None
