"""Tooltips of the gradient graph: whose gradient a node holds, and what its edges hand on."""

from engine.messages.frame import Frame
from engine.messages.topology import EdgeInfo, NodeInfo, Topology
from engine.support.figures import figure
from engine.support.text import tr
from gui.canvas.graph.node_look import node_title


def gradient_node_lines(topology: Topology, node: NodeInfo, frame: Frame | None) -> list[str]:
    """Return the lines of a gradient node below its name and formula."""
    owners = ", ".join(node_title(topology.nodes[k]) for k in node.origins)
    if not owners:
        words = tr("part of S = ½ ‖∂{objective}/∂θ‖², what is differentiated again")
        lines = [words.format(objective=topology.objective)]
    elif node.gradient_of:
        of = topology.objective if node.order == 1 else "S"
        lines = [tr("gradient of {of} with respect to {nodes}").format(of=of, nodes=owners)]
    elif node.differentiable:
        lines = [tr("on the way to the gradient of {nodes}").format(nodes=owners)]
    else:
        lines = [tr("part of a local derivative, no gradient itself")]
    return lines if frame is None else [*lines, _norm(node, frame)]


def gradient_edge_lines(topology: Topology, edge: EdgeInfo, frame: Frame | None) -> list[str]:
    """Return the lines of an edge into a gradient node below its ends."""
    source = topology.nodes[edge.source]
    if edge.differentiable:
        lines = [tr("hands the gradient {node} on").format(node=node_title(source))]
    else:
        lines = [tr("a value for a local derivative, no gradient")]
    return lines if frame is None else [*lines, _norm(source, frame)]


def _norm(node: NodeInfo, frame: Frame) -> str:
    value = float(frame.value_norm[node.index])
    ready = bool(frame.value_ready[node.index])
    known = figure(value, 4) if ready else tr("not computed yet in this pass")
    return tr("norm: {value}").format(value=known)
