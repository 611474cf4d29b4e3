"""What a frame colours the visible nodes by: the gradient norm, or the quantity it carries."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.messages.frame import Frame
from engine.observe.quantities import GRADIENT_NORM, QUANTITIES, Quantity
from gui.canvas.graph.node_look import node_title
from gui.canvas.graph.visible import VisibleGraph


@dataclass(frozen=True)
class Standing:
    """A node or edge and its number; ``placed``: the number has a place on the nodes' scale."""

    symbol: str
    value: float
    placed: bool = True


@dataclass(frozen=True)
class NodeValues:
    """A quantity of the visible nodes (nodes,), and where it is computed and exists at all."""

    values: NDArray[np.float64]
    ready: NDArray[np.bool_]
    exists: NDArray[np.bool_]


def quantity_in(frame: Frame) -> Quantity:
    """Return the quantity that a frame colours nodes by."""
    return QUANTITIES[GRADIENT_NORM if frame.quantity is None else frame.quantity.name]


def node_values(visible: VisibleGraph, frame: Frame) -> NodeValues:
    """Return the quantity of the visible nodes; a closed group's is that of its members."""
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
    """Return where a node or an edge of the topology stands; a hidden node as its closed group.

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
    """Return all gradient and contribution norms that are computed, to anchor a scale."""
    return np.concatenate(
        [
            frame.gradient_norm[frame.gradient_ready],
            frame.contribution_norm[frame.contribution_ready],
        ]
    )
