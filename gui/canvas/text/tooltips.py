"""The canvas in plain words: tooltips and captions, from topology and frame. No Qt here."""

import math

from engine.graph.symbols import says
from engine.messages.frame import Frame
from engine.messages.topology import EdgeInfo, NodeInfo, Topology
from engine.support.arrays import Floats
from engine.support.figures import figure, shape_text, whole
from engine.support.text import tr
from gui.canvas.colours.values import node_values, quantity_in
from gui.canvas.graph.node_look import counts_text, node_title
from gui.canvas.graph.shares import share_text
from gui.canvas.graph.visible import VisibleEdge, VisibleGraph, VisibleNode
from gui.canvas.text.flow_words import flow_line, ledger_line, parameter_line, share_at_source
from gui.canvas.text.gradient_words import gradient_edge_lines, gradient_node_lines
from gui.colour.linear import value_text


def title_of(visible: VisibleGraph, node: int) -> str:
    """Return what a visible node is called: its symbol, or the names of its closed group."""
    seen = visible.nodes[node]
    if seen.group is not None:
        return " / ".join(seen.group)
    return node_title(visible.topology.nodes[seen.members[0]])


def edge_title(visible: VisibleGraph, edge: int) -> str:
    """Return "W⁽¹⁾ → z" for a visible edge."""
    seen = visible.edges[edge]
    return f"{title_of(visible, seen.source)} → {title_of(visible, seen.target)}"


def scalar_text(frame: Frame, what: str, index: int, ready: bool) -> str:
    """Return a scalar's value ("value", "gradient") or a scalar edge's "contribution".

    Frames that carry norms only cannot know the sign: it is then written as |12|.
    """
    if not ready:
        return ""
    signed = getattr(frame, f"scalar_{what}", None)
    if signed is not None and not (math.isnan(signed[index]) and _norm_known(frame, what, index)):
        return figure(float(signed[index]), 3)
    norm = float(getattr(frame, f"{what}_norm")[index])
    return f"|{figure(norm, 3)}|" if norm else "0"


def _norm_known(frame: Frame, what: str, index: int) -> bool:
    """Whether a NaN among the scalars only says that this array is no scalar."""
    return not math.isnan(float(getattr(frame, f"{what}_norm")[index]))


def node_words(
    visible: VisibleGraph, seen: VisibleNode, frame: Frame | None, update: float | None = None
) -> str:
    """Return the tooltip of a visible node; ``update`` is the update ratio of its layer."""
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
            lines += _quantity(visible, seen, frame)
            lines.append(_step(frame))
        lines.append(tr("double click opens it"))
        return "\n".join(lines)
    lines = _plain_node_words(topology, topology.nodes[seen.members[0]], frame, update)
    if frame is not None:
        lines += [*_quantity(visible, seen, frame), _step(frame)]
    return "\n".join(lines)


def _quantity(visible: VisibleGraph, seen: VisibleNode, frame: Frame) -> list[str]:
    """The line on what the nodes are coloured by, where that is no norm told anyway."""
    if frame.quantity is None:
        return []
    quantity, shown = quantity_in(frame), node_values(visible, frame)
    if not shown.exists[seen.index]:
        return [tr("{title}: has none").format(title=tr(quantity.title))]
    value, ready = float(shown.values[seen.index]), bool(shown.ready[seen.index])
    text = value_text(value, quantity.kind) if ready else tr("not computed yet in this pass")
    return [f"{tr(quantity.title)}: {text}"]


def _plain_node_words(
    topology: Topology, node: NodeInfo, frame: Frame | None, update: float | None
) -> list[str]:
    kinds = {
        "input": tr("input"),
        "parameter": tr("parameter"),
        "constant": tr("constant"),
        "operation": node.op,
    }
    title = node_title(node)
    name = title if says(title, node.name) else f"{title}  ({node.name})"
    lines = [f"{name} · {kinds[node.kind]} · {shape_text(node.shape)}"]
    if node.formula and node.formula != node.name:
        lines.append(node.formula)
    if node.order:
        return lines + gradient_node_lines(topology, node, frame)
    if frame is None:
        return lines
    if node.kind == "parameter" and node.differentiable:
        lines.append(parameter_line(topology, node, frame, update))
        return [*filter(None, lines), ledger_line(topology, node, frame)]
    k, ready = node.index, bool(frame.value_ready[node.index])
    signed = _signed(frame.scalar_value, k)
    norm = _figure(tr("value, norm"), float(frame.value_norm[k]), ready)
    lines.append(norm if signed is None else _figure(tr("value"), signed, ready))
    if not node.differentiable:
        return [*lines, tr("no gradient: not differentiated")]
    ready, signed = bool(frame.gradient_ready[k]), _signed(frame.scalar_gradient, k)
    norm = _figure(tr("gradient norm"), float(frame.gradient_norm[k]), ready)
    lines.append(norm if signed is None else _figure(tr("gradient"), signed, ready))
    return [*lines, ledger_line(topology, node, frame)]


def _signed(scalars: Floats | None, index: int) -> float | None:
    """What a node of one entry holds, with its sign; None for others."""
    if scalars is None or index >= len(scalars) or math.isnan(scalars[index]):
        return None
    return float(scalars[index])


def edge_words(visible: VisibleGraph, seen: VisibleEdge, frame: Frame | None) -> str:
    """Return the tooltip of a visible edge: upstream × local = contribution."""
    topology = visible.topology
    if len(seen.edges) == 1:
        lines = _plain_edge_words(topology, topology.edges[seen.edges[0]], frame)
    else:
        lines = [tr("{n} edges together").format(n=whole(len(seen.edges)))]
        if frame is not None:
            norms, ready = visible.edge_norms(frame)
            norm = float(norms[seen.index])
            lines.append(_figure(tr("contributions, norm"), norm, bool(ready[seen.index])))
    if frame is None:
        return "\n".join(lines)
    share = share_at_source(topology, seen.edges, frame)
    if visible.edge_orders[seen.index] == 0 and not math.isnan(share):
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
    if target.order:
        return lines + gradient_edge_lines(topology, edge, frame)
    if not edge.differentiable:
        return [*lines, tr("carries no gradient: not differentiated")]
    lines.append(tr("local derivative {local}").format(local=edge.local))
    return lines if frame is None else [*lines, flow_line(topology, edge, frame)]


def caption(topology: Topology, frame: Frame | None) -> str:
    """Return the line under an exported picture."""
    called = frame.systems[-1][1].called if frame is not None and frame.systems else topology.system
    parts = [called, tr("seed {n}").format(n=topology.seed), topology.dtype]
    if frame is not None:
        parts.append(tr("step {n}").format(n=whole(frame.step)))
        value = figure(frame.objective, 5)
        parts.append(tr("objective {name} = {value}").format(name=topology.objective, value=value))
    return "  ·  ".join(parts)


def _figure(name: str, value: float, ready: bool) -> str:
    return f"{name}: {figure(value, 4) if ready else tr('not computed yet in this pass')}"


def _step(frame: Frame) -> str:
    return tr("at step {n}").format(n=whole(frame.step))
