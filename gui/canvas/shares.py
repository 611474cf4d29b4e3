"""How much of a node's gradient comes by each of the edges that leave it. No Qt here."""

import numpy as np
from numpy.typing import NDArray

from engine.frame import Frame
from gui.canvas.visible import VisibleGraph


def edge_shares(visible: VisibleGraph, frame: Frame) -> NDArray[np.float64]:
    """Return each visible edge's share of the contributions that meet at its source, by norm.

    ‖contribution‖ over the sum of ‖·‖ of all that meet there: how much of the gradient comes by
    the identity path of a residual block. NaN where an edge is the only one, where what it stands
    for leaves different nodes, and where a contribution is missing or not finite.
    """
    edges = visible.topology.edges
    source = np.array([edge.source for edge in edges], np.intp)
    carries = np.array([edge.differentiable for edge in edges], bool)
    norms = np.where(frame.contribution_ready, frame.contribution_norm, np.nan)
    norms = np.where(carries, norms, 0.0)
    count = len(visible.topology.nodes)
    leaving = np.bincount(source[carries], minlength=count)
    largest = np.zeros(count)
    shares = np.full(len(visible.edges), np.nan)
    with np.errstate(all="ignore"):
        np.maximum.at(largest, source, norms)
        scaled = norms / largest[source]  # sums of tiny norms must not underflow
        total = np.bincount(source, scaled, count)
        for seen in visible.edges:
            rows = list(seen.edges)
            start = source[rows[0]]
            if (source[rows] == start).all() and 0 < carries[rows].sum() < leaving[start]:
                shares[seen.index] = scaled[rows].sum() / total[start]
    return np.where(np.isfinite(shares), shares, np.nan)


def share_text(share: float) -> str:
    """Return "61 %"; a share that rounds to nothing or to all is said to be less or more.

    >>> share_text(0.613), share_text(0.002), share_text(0.999), share_text(1.0)
    ('61 %', '< 1 %', '> 99 %', '100 %')
    """
    if 0 < share < 0.01:
        return "< 1 %"
    return "> 99 %" if 0.99 < share < 1 else f"{100 * share:.0f} %"
