"""Tones: from a frame to the bucket and level of every visible item, for items and raster."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from engine.messages.frame import Frame
from engine.messages.wiring import Part
from engine.support.arrays import Flags
from gui.canvas.colours.values import node_values
from gui.canvas.graph.visible import VisibleGraph
from gui.colour.linear import Scale
from gui.colour.magnitude import Buckets, MagnitudeScale, Mark

# Levels of an item: plain; faint, without a value yet in this pass; dimmed, outside the part.
PLAIN, FAINT, DIMMED = range(3)


@dataclass(frozen=True)
class Tones:
    """The buckets of the nodes and edges of ``visible``, and which are faded or dimmed.

    A palette has the style of each bucket. ``*_dimmed`` None: nothing is dimmed. Whoever draws
    tones must check ``visible`` first: in another graph an index is another node.
    """

    visible: VisibleGraph
    nodes: Buckets
    edges: Buckets
    nodes_faded: Flags
    edges_faded: Flags
    nodes_dimmed: Flags | None = None
    edges_dimmed: Flags | None = None

    @property
    def node_levels(self) -> NDArray[np.intp]:
        """PLAIN, FAINT or DIMMED, for each visible node."""
        return _levels(self.nodes_faded, self.nodes_dimmed)

    @property
    def edge_levels(self) -> NDArray[np.intp]:
        """PLAIN, FAINT or DIMMED, for each visible edge."""
        return _levels(self.edges_faded, self.edges_dimmed)

    def dimmed_as(self, before: "Tones") -> "Tones":
        """Return these tones with the same items dimmed as in ``before``."""
        return replace(self, nodes_dimmed=before.nodes_dimmed, edges_dimmed=before.edges_dimmed)

    def node_dimmed(self, node: int) -> bool:
        """Whether a visible node is dimmed."""
        return self.nodes_dimmed is not None and bool(self.nodes_dimmed[node])

    def edge_level(self, edge: int) -> int:
        """PLAIN, FAINT or DIMMED, for one visible edge."""
        if self.edges_dimmed is not None and self.edges_dimmed[edge]:
            return DIMMED
        return FAINT if self.edges_faded[edge] else PLAIN


@dataclass(frozen=True)
class OffScale:
    """Counts of the shown numbers: those below and above their scale, and all."""

    below: int
    above: int
    shown: int

    @property
    def many(self) -> bool:
        """Whether more than a third are off the scale, so that the legend offers to refit."""
        return 3 * (self.below + self.above) > self.shown

    @property
    def percent(self) -> int:
        """The percentage off the scale."""
        return round(100 * (self.below + self.above) / max(1, self.shown))


def off_scale(tones: Tones) -> OffScale:
    """Count the nodes and edges with a number off its scale; zeros are not counted."""
    codes = np.concatenate([tones.nodes, tones.edges])
    below, above = (int((codes == mark).sum()) for mark in (Mark.BELOW, Mark.ABOVE))
    return OffScale(below, above, int((codes <= Mark.ABOVE).sum()))


def _levels(faded: Flags, dimmed: Flags | None) -> NDArray[np.intp]:
    levels = np.where(faded, FAINT, PLAIN)
    return levels if dimmed is None else np.where(dimmed, DIMMED, levels)


def dimmed_beside(tones: Tones, visible: VisibleGraph, part: Part | None) -> Tones:
    """Return the tones with everything dimmed outside a part of the graph; None: nothing.

    A closed group belongs to the part if one of its nodes does.
    """
    if part is None:
        return replace(tones, nodes_dimmed=None, edges_dimmed=None)
    shown = np.array(visible.shown_as, np.intp)
    nodes = np.ones(len(visible.nodes), bool)
    nodes[shown[list(part.nodes)]] = False
    edges = np.ones(len(visible.edges), bool)
    shown_as = visible.edge_shown_as
    edges[[shown_as[edge] for edge in part.edges if edge in shown_as]] = False
    return replace(tones, nodes_dimmed=nodes, edges_dimmed=edges)


def blank_tones(visible: VisibleGraph) -> Tones:
    """Return the tones of a graph before its first frame."""
    exists = (visible.node_exists, visible.edge_exists)
    nodes, edges = (np.where(e, Mark.PENDING, Mark.ABSENT).astype(np.int16) for e in exists)
    faded = (np.zeros(len(codes), bool) for codes in (nodes, edges))
    return Tones(visible, nodes, edges, *faded)


def tones_of(
    visible: VisibleGraph, frame: Frame, scale: MagnitudeScale, node_scale: Scale | None = None
) -> Tones:
    """Return the tones of a frame; nodes without a value yet in this pass are faded.

    ``scale`` is that of gradients and contributions, ``node_scale`` that of the quantity the
    frame colours nodes by, where it is another.
    """
    seen = node_values(visible, frame)
    nodes = (node_scale or scale).buckets(seen.values, seen.ready, seen.exists)
    edges = scale.buckets(*visible.edge_norms(frame), visible.edge_exists)
    faded = ~visible.values_ready(frame)
    return Tones(visible, nodes, edges, faded, faded[visible.edge_sources])
