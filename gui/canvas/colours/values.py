"""The numbers that colour the visible nodes: gradient norms, or the frame's quantity."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.messages.frame import Frame
from engine.observe.quantities import GRADIENT_NORM, QUANTITIES, Quantity
from gui.canvas.graph.node_look import node_title
from gui.canvas.graph.visible import VisibleGraph


@dataclass(frozen=True)
class Standing:
    """A node's or edge's number, for the legend; ``placed``: it is on the nodes' scale."""

    symbol: str
    value: float
    placed: bool = True


@dataclass(frozen=True)
class NodeValues:
    """A quantity of the visible nodes, and whether it is computed and exists; each (nodes,)."""

    values: NDArray[np.float64]
    ready: NDArray[np.bool_]
    exists: NDArray[np.bool_]


def quantity_in(frame: Frame) -> Quantity:
    """Return the quantity by which a frame's nodes are coloured."""
    return QUANTITIES[GRADIENT_NORM if frame.quantity is None else frame.quantity.name]


def node_values(visible: VisibleGraph, frame: Frame) -> NodeValues:
    """Return the quantity of the visible nodes; of a closed group over all its members."""
    measured = frame.quantity
    if measured is None:
        return NodeValues(*visible.node_norms(frame), visible.node_exists)
    index, owner = visible.members_of[QUANTITIES[measured.name].members]
    count = len(visible.nodes)
    values, ready = measured.of_groups(count, index, owner)
    exists = np.bincount(owner, measured.exists[index], count) > 0
    return NodeValues(values, ready, exists)


def standing_of(
    visible: VisibleGraph, frame: Frame, node: int | None, edge: int | None
) -> Standing | None:
    """Return the number of a topology node or edge; a hidden node has its closed group's.

    None where its number is not computed yet, or it has none.
    """
    topology = visible.topology
    if edge is not None:
        if not frame.contribution_ready[edge]:
            return None
        info = topology.edges[edge]
        ends = [node_title(topology.nodes[k]) for k in (info.source, info.target)]
        norm = float(frame.contribution_norm[edge])
        return Standing(" → ".join(ends), norm, placed=frame.quantity is None)
    if node is None:
        return None
    seen = visible.nodes[visible.shown_as[node]]
    shown = node_values(visible, frame)
    if not (shown.exists[seen.index] and shown.ready[seen.index]):
        return None
    title = node_title(topology.nodes[node]) if seen.group is None else seen.group[-1]
    return Standing(title, float(shown.values[seen.index]))


def known_norms(frame: Frame) -> NDArray[np.float64]:
    """Return all computed gradient and contribution norms (n,), to which a scale is anchored."""
    return np.concatenate(
        [
            frame.gradient_norm[frame.gradient_ready],
            frame.contribution_norm[frame.contribution_ready],
        ]
    )
