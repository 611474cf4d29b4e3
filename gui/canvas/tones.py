"""From a frame to what every visible item looks like: the one place where that is decided."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.frame import Frame
from gui.canvas.visible import VisibleGraph
from gui.colour import Buckets, MagnitudeScale, Mark

Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Tones:
    """Buckets of the visible nodes and edges, and which of them are faded.

    A palette says what a bucket looks like; items and raster both start from here.
    """

    nodes: Buckets
    edges: Buckets
    nodes_faded: Flags
    edges_faded: Flags


def blank_tones(visible: VisibleGraph) -> Tones:
    """Return the tones of a graph of which no numbers have come yet."""
    exists = (visible.node_exists, visible.edge_exists)
    nodes, edges = (np.where(e, Mark.PENDING, Mark.ABSENT).astype(np.int16) for e in exists)
    return Tones(nodes, edges, np.zeros(len(nodes), bool), np.zeros(len(edges), bool))


def tones_of(visible: VisibleGraph, frame: Frame, scale: MagnitudeScale) -> Tones:
    """Return the tones of a frame; faded is what has no value yet in this pass."""
    nodes = scale.buckets(*visible.node_norms(frame), visible.node_exists)
    edges = scale.buckets(*visible.edge_norms(frame), visible.edge_exists)
    faded = ~visible.values_ready(frame)
    return Tones(nodes, edges, faded, faded[visible.edge_sources])
