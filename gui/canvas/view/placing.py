"""Moves the scene to a new placement with an animation, while the clicked group stays in place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QPointF, QRectF, Signal

from gui.canvas.graph.geometry import Geometry
from gui.canvas.graph.visible import GroupPath
from gui.canvas.layout.model import Placement
from gui.canvas.view.motion import Motion, PlacedGraph

if TYPE_CHECKING:
    from gui.canvas.scene.scene import GraphScene
    from gui.canvas.view.view import GraphView

Anchor = tuple[GroupPath, QPointF]


class Placing(QObject):
    """Applies placements to one scene and keeps its view in place.

    ``anchor``: a group and the screen position at which its upper left corner stays.

    Signals
    -------
    placed(): a new placement is shown, and the view has followed
    """

    placed = Signal()

    def __init__(self, scene: GraphScene, view: GraphView) -> None:
        super().__init__(view)
        self._scene, self._view = scene, view
        self._motion = Motion(self._show, view.viewport())
        self.anchor: Anchor | None = None
        self._held: QPointF | None = None
        view.viewport().installEventFilter(self)
        self._middle: tuple[int, QPointF] | None = None
        self._known: tuple[Placement, Geometry] | None = None

    @property
    def now(self) -> PlacedGraph | None:
        """The graph and placement on screen now."""
        visible, placement = self._scene.visible, self._scene.placement
        return None if visible is None or placement is None else PlacedGraph(visible, placement)

    @property
    def moving(self) -> bool:
        """Whether an animation is running."""
        return self._motion.active

    def glide_to(self, placement: Placement, before: PlacedGraph | None) -> None:
        """Move the scene's graph to a placement, animated from ``before`` if there was one."""
        self._middle = self._known = None
        self._go(placement, before)

    def improve(self, placement: Placement, geometry: Geometry | None = None) -> None:
        """Move the same graph to a better placement; the node in the view's middle stays there."""
        free = not self._view.fitted and self.anchor is None
        self._middle = self._in_the_middle() if free else None
        self._known = None if geometry is None else (placement, geometry)
        self._go(placement, self.now)

    def _go(self, placement: Placement, before: PlacedGraph | None) -> None:
        visible = self._scene.visible
        assert visible is not None
        self._held = None
        still = self._scene.crowded  # a raster cannot be animated
        self._motion.start_glide(None if still else before, PlacedGraph(visible, placement))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Do not take a resize of the view, as by a growing legend, for a move by the user."""
        if event.type() == QEvent.Type.Resize:
            self._held = None
        return super().eventFilter(watched, event)

    def stop(self) -> None:
        """Stop the animation where it is."""
        self._motion.stop()

    def corner_of(self, path: GroupPath) -> QPointF | None:
        """Return the upper left corner of a group's card or frame on the scene."""
        area = self._rect_of(path)
        return None if area is None else area.topLeft()

    def anchor_at(self, path: GroupPath) -> Anchor | None:
        """Return the anchor that keeps a group's corner at its present place on the screen."""
        corner = self.corner_of(path)
        return None if corner is None else (path, self._view.on_screen(corner))

    def bring_in_sight(self, path: GroupPath) -> None:
        """Scroll as little as needed to show all of a group, if it fits into the view."""
        area, seen = self._rect_of(path), self._view.visible_rect()
        if area is None or area.width() > seen.width() or area.height() > seen.height():
            return
        margin = 8.0 / self._view.zoom
        self._view.show_rect(area.adjusted(-margin, -margin, margin, margin))
        if self.anchor is not None:
            self.anchor = self.anchor_at(self.anchor[0])
            self._held = self._view.on_screen(QPointF())

    def _in_the_middle(self) -> tuple[int, QPointF] | None:
        """Return the visible node closest to the middle of the view, and its place on screen."""
        placement, middle = self._scene.placement, self._view.visible_rect().center()
        if placement is None or not placement.centres:
            return None
        centres = placement.centres
        node = min(
            range(len(centres)),
            key=lambda k: abs(centres[k][0] - middle.x()) + abs(centres[k][1] - middle.y()),
        )
        return node, self._view.on_screen(QPointF(*centres[node]))

    def _rect_of(self, path: GroupPath) -> QRectF | None:
        visible = self._scene.visible
        clusters = visible.clusters if visible is not None else ()
        cluster = next((c.index for c in clusters if c.path == path), None)
        if cluster is not None:
            return self._scene.frames[cluster].rect()
        nodes = visible.nodes if visible is not None else ()
        found = next((n.index for n in nodes if n.group == path), None)
        return None if found is None else self._scene.nodes[found].body_on_scene()

    def _show(self, placement: Placement) -> None:
        """Show a placement, and keep the anchor in place unless the user has moved the view."""
        view = self._view
        moved = self._held is not None and self._held != view.on_screen(QPointF())
        known = self._known if self._known and self._known[0] is placement else None
        self._scene.place(placement, known[1] if known else None)
        if view.fitted:
            view.fit()
        elif self._middle is not None and not moved:
            node, point = self._middle
            view.hold(QPointF(*placement.centres[node]), point)
        elif self.anchor is not None and not moved:
            corner = self.corner_of(self.anchor[0])
            if corner is not None:
                view.hold(corner, self.anchor[1])
        if not moved:
            self._held = view.on_screen(QPointF())
        self.placed.emit()
