"""Animation from one placement to the next, so that the eye can follow nodes and frames."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QEasingCurve, QObject, Qt, QTimer
from PySide6.QtWidgets import QStyle, QWidget

from gui.canvas.graph.visible import GroupPath, VisibleGraph
from gui.canvas.layout.model import Curve, Placement, Point, Rect
from gui.widgets.drawing_rates import GLIDE_MS, GLIDE_SECONDS


@dataclass(frozen=True)
class PlacedGraph:
    """A graph with its placement at one moment."""

    visible: VisibleGraph
    placement: Placement


class Motion(QObject):
    """Shows placements between an old one and a new one.

    The final placement is shown first, with painting off, so that code that runs right after a
    change finds everything at its final place.

    Parameters
    ----------
    show:
        Called with each placement on the way, and with the last one at the end.
    """

    def __init__(self, show: Callable[[Placement], None], widget: QWidget) -> None:
        super().__init__(widget)
        self._show, self._widget = show, widget
        self._from: list[Point] = []
        self._frames_from: list[Rect] = []
        self._to: PlacedGraph | None = None
        self._began = 0.0
        self._ease = QEasingCurve(QEasingCurve.Type.OutCubic)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(GLIDE_MS)
        self._timer.timeout.connect(self._tick)

    @property
    def active(self) -> bool:
        """Whether the animation is running."""
        return self._to is not None

    def start_glide(self, before: PlacedGraph | None, after: PlacedGraph) -> None:
        """Animate from ``before`` to ``after``; without ``before`` or animations show ``after``."""
        self.stop()
        self._show(after.placement)
        if before is None or not self._widget.isVisible() or not motion_wanted(self._widget):
            return
        centres, frames = starts(before, after)
        if centres == list(after.placement.centres) and frames == list(after.placement.frames):
            return
        self._from, self._frames_from, self._to = centres, frames, after
        self._began = time.perf_counter()
        self._widget.setUpdatesEnabled(False)  # until the first tick, to hide the end
        self._timer.start()
        QTimer.singleShot(0, self, self._tick)

    def stop(self) -> None:
        """Stop at the present placement."""
        self._timer.stop()
        self._to = None
        self._widget.setUpdatesEnabled(True)

    def _tick(self) -> None:
        if self._to is None:
            return
        after, share = self._to, (time.perf_counter() - self._began) / GLIDE_SECONDS
        self._widget.setUpdatesEnabled(True)
        if share >= 1.0:
            self.stop()
            self._show(after.placement)
        else:
            part = self._ease.valueForProgress(share)
            self._show(between(self._from, self._frames_from, after, part))


def motion_wanted(widget: QWidget) -> bool:
    """Whether animations are enabled in the system."""
    return widget.style().styleHint(QStyle.StyleHint.SH_Widget_Animation_Duration, None, widget) > 0


def starts(before: PlacedGraph, after: PlacedGraph) -> tuple[list[Point], list[Rect]]:
    """Return the starting points of the new graph's nodes (centres) and frames.

    Nodes that were visible start at their place; nodes from inside a closed group start at its
    card, and a card at the middle of the frame that was closed. The nodes of a gradient graph that
    is added to a forward graph start at their origins.
    """
    old, new = before.visible, after.visible
    if old.topology.generation != new.topology.generation:
        return list(after.placement.centres), list(after.placement.frames)
    frames: dict[GroupPath, Rect] = {
        cluster.path: rect
        for cluster, rect in zip(old.clusters, before.placement.frames, strict=True)
    }
    cards = {n.group: before.placement.centres[n.index] for n in old.nodes if n.group is not None}
    centres = []
    for node in new.nodes:
        if node.group in frames:
            x, y, width, height = frames[node.group]
            centres.append((x + width / 2, y + height / 2))
        else:
            place = _shown_before(old, new, node.members[0])
            here = after.placement.centres[node.index]
            centres.append(here if place is None else before.placement.centres[place])
    rects = []
    for cluster, rect in zip(new.clusters, after.placement.frames, strict=True):
        if cluster.path in frames:
            rects.append(frames[cluster.path])
            continue
        x, y = cards.get(cluster.path, (rect[0] + rect[2] / 2, rect[1] + rect[3] / 2))
        rects.append((x, y, 0.0, 0.0))
    return centres, rects


def _shown_before(old: VisibleGraph, new: VisibleGraph, node: int) -> int | None:
    """Return the old visible node of a topology node; for a new one that of its origin."""
    known, nodes = len(old.shown_as), new.topology.nodes
    while node >= known:
        origins = nodes[node].origins
        if not origins or origins[0] >= node:
            return None
        node = origins[0]
    return old.shown_as[node]


def between(
    centres: list[Point], frames: list[Rect], after: PlacedGraph, share: float
) -> Placement:
    """Return the placement at ``share`` (0 to 1) of the animation; edges follow their nodes."""
    end, rest = after.placement, 1.0 - share
    off = [
        ((a[0] - b[0]) * rest, (a[1] - b[1]) * rest)
        for a, b in zip(centres, end.centres, strict=True)
    ]
    curves = tuple(
        _bent(curve, off[edge.source], off[edge.target])
        for edge, curve in zip(after.visible.edges, end.curves, strict=True)
    )
    rects = tuple(
        (
            a[0] * rest + b[0] * share,
            a[1] * rest + b[1] * share,
            a[2] * rest + b[2] * share,
            a[3] * rest + b[3] * share,
        )
        for a, b in zip(frames, end.frames, strict=True)
    )
    moved = tuple((x + dx, y + dy) for (x, y), (dx, dy) in zip(end.centres, off, strict=True))
    return Placement(moved, curves, rects, end.engine)


def _bent(curve: Curve, start: Point, end: Point) -> Curve:
    last = max(1, len(curve) - 1)
    return tuple(
        (
            x + start[0] + (end[0] - start[0]) * k / last,
            y + start[1] + (end[1] - start[1]) * k / last,
        )
        for k, (x, y) in enumerate(curve)
    )
