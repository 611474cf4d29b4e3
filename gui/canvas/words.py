"""The canvas in plain words: tooltips and captions, from topology and frame. No Qt here."""

import math

from engine.frame import EdgeInfo, Frame, NodeInfo, Topology
from engine.text import tr
from gui.canvas.look import counts_text, node_title, shape_text
from gui.canvas.shares import edge_shares, share_text
from gui.canvas.visible import VisibleEdge, VisibleGraph, VisibleNode
from gui.colour import number_text


def scalar_text(frame: Frame, what: str, index: int, ready: bool) -> str:
    """Return a scalar's value ("value", "gradient") or a scalar edge's "contribution".

    Frames that carry norms only cannot know the sign: it is then written as |12|.
    """
    if not ready:
        return ""
    signed = getattr(frame, f"scalar_{what}", None)
    if signed is not None and not (math.isnan(signed[index]) and _norm_known(frame, what, index)):
        return number_text(float(signed[index]))
    norm = float(getattr(frame, f"{what}_norm")[index])
    return f"|{number_text(norm)}|" if norm else "0"


def _norm_known(frame: Frame, what: str, index: int) -> bool:
    """Whether a NaN among the scalars only says that this array is no scalar."""
    return not math.isnan(float(getattr(frame, f"{what}_norm")[index]))


def node_words(visible: VisibleGraph, seen: VisibleNode, frame: Frame | None) -> str:
    """Return the tooltip of a visible node."""
    topology = visible.topology
    if seen.group is not None:
        lines = [tr("Group {name}").format(name=" / ".join(seen.group)), counts_text(seen)]
        if frame is not None:
            norms, ready = visible.node_norms(frame)
            named = tr("gradient norm of its parameters") if seen.parameters else None
            lines.append(
                _figure(
                    named or tr("gradient norm of its nodes"),
                    float(norms[seen.index]),
                    bool(ready[seen.index]),
                )
            )
            lines.append(_step(frame))
        lines.append(tr("double click opens it"))
        return "\n".join(lines)
    return "\n".join(_plain_node_words(topology.nodes[seen.members[0]], frame))


def _plain_node_words(node: NodeInfo, frame: Frame | None) -> list[str]:
    kinds = {
        "input": tr("input"),
        "parameter": tr("parameter"),
        "constant": tr("constant"),
        "operation": node.op,
    }
    name = node_title(node) if node_title(node) == node.name else f"{node.symbol}  ({node.name})"
    lines = [f"{name} · {kinds[node.kind]} · {shape_text(node.shape)}"]
    if node.formula and node.formula != node.name:
        lines.append(node.formula)
    if frame is None:
        return lines
    ready = bool(frame.value_ready[node.index])
    lines.append(_figure(tr("value, norm"), float(frame.value_norm[node.index]), ready))
    if node.differentiable:
        ready = bool(frame.gradient_ready[node.index])
        norm = float(frame.gradient_norm[node.index])
        lines.append(_figure(tr("gradient norm"), norm, ready))
    else:
        lines.append(tr("no gradient: not differentiated"))
    lines.append(_step(frame))
    return lines


def edge_words(visible: VisibleGraph, seen: VisibleEdge, frame: Frame | None) -> str:
    """Return the tooltip of a visible edge: upstream × local = contribution."""
    topology = visible.topology
    if len(seen.edges) == 1:
        lines = _plain_edge_words(topology, topology.edges[seen.edges[0]], frame)
    else:
        lines = [tr("{n} edges together").format(n=len(seen.edges))]
        if frame is not None:
            norms, ready = visible.edge_norms(frame)
            norm = float(norms[seen.index])
            lines.append(_figure(tr("contributions, norm"), norm, bool(ready[seen.index])))
    if frame is None:
        return "\n".join(lines)
    share = float(edge_shares(visible, frame)[seen.index])
    if not math.isnan(share):
        source = topology.nodes[topology.edges[seen.edges[0]].source]
        lines.append(
            tr("share of what meets at {node}: {share}").format(
                node=node_title(source), share=share_text(share)
            )
        )
    return "\n".join([*lines, _step(frame)])


def _plain_edge_words(topology: Topology, edge: EdgeInfo, frame: Frame | None) -> list[str]:
    source, target = topology.nodes[edge.source], topology.nodes[edge.target]
    lines = [f"{node_title(source)} → {node_title(target)}"]
    if not edge.differentiable:
        return [*lines, tr("carries no gradient: not differentiated")]
    lines.append(
        tr("upstream ∂{objective}/∂{target} × local {local} = contribution").format(
            objective=topology.objective, target=node_title(target), local=edge.local
        )
    )
    if frame is None:
        return lines
    if frame.gradient_ready[edge.target]:
        upstream = float(frame.gradient_norm[edge.target])
        lines.append(_figure(tr("upstream gradient, norm"), upstream, True))
    contribution = float(frame.contribution_norm[edge.index])
    ready = bool(frame.contribution_ready[edge.index])
    lines.append(_figure(tr("contribution, norm"), contribution, ready))
    return lines


def caption(topology: Topology, frame: Frame | None) -> str:
    """Return the line under an exported picture."""
    parts = [topology.system, tr("seed {n}").format(n=topology.seed), topology.dtype]
    if frame is not None:
        parts.append(tr("step {n}").format(n=frame.step))
        value = number_text(frame.objective, 5)
        parts.append(tr("objective {name} = {value}").format(name=topology.objective, value=value))
    return "  ·  ".join(parts)


def _figure(name: str, value: float, ready: bool) -> str:
    return f"{name}: {number_text(value, 4) if ready else tr('not computed yet in this pass')}"


def _step(frame: Frame) -> str:
    return tr("at step {n}").format(n=frame.step)
