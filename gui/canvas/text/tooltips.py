"""Tooltips and captions of the canvas, made from topology and frame. No Qt."""

import math

from engine.graph.symbols import says
from engine.messages.frame import Frame
from engine.messages.topology import EdgeInfo, NodeInfo, Topology
from engine.support.arrays import Floats
from engine.support.figures import figure, shape_text, whole
from engine.support.text import tr
from gui.canvas.colours.values import node_values, quantity_in
from gui.canvas.graph.node_look import counts_text, element_count, node_title
from gui.canvas.graph.shares import share_text
from gui.canvas.graph.visible import VisibleEdge, VisibleGraph, VisibleNode
from gui.colour.linear import value_text


def title_of(visible: VisibleGraph, node: int) -> str:
    """Return a visible node's title: its symbol, or the path of its closed group."""
    seen = visible.nodes[node]
    if seen.group is not None:
        return " / ".join(seen.group)
    return node_title(visible.topology.nodes[seen.members[0]])


def edge_title(visible: VisibleGraph, edge: int) -> str:
    """Return "W⁽¹⁾ → z" for a visible edge."""
    seen = visible.edges[edge]
    return f"{title_of(visible, seen.source)} → {title_of(visible, seen.target)}"


def scalar_text(frame: Frame, what: str, index: int, ready: bool) -> str:
    """Return a scalar node's "value" or "gradient", or a scalar edge's "contribution", as text.

    Frames that carry norms only do not know the sign: the number is then written as |12|.
    """
    if not ready:
        return ""
    signed = getattr(frame, f"scalar_{what}", None)
    if signed is not None and not (math.isnan(signed[index]) and _norm_known(frame, what, index)):
        return figure(float(signed[index]), 3)
    norm = float(getattr(frame, f"{what}_norm")[index])
    return f"|{figure(norm, 3)}|" if norm else "0"


def _norm_known(frame: Frame, what: str, index: int) -> bool:
    """Whether a NaN scalar only means that the array is no scalar: its norm is known."""
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
    """Return the line on the quantity that nodes are coloured by, unless another line has it."""
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
    """Return the signed scalar of a node with one entry; None for others."""
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
    """Return the caption under an exported picture: system, seed, step."""
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


# Further contributions are summed up as "others".
MOST_NAMED = 4
DIGITS = 4


def contributions(topology: Topology, node: int) -> list[EdgeInfo]:
    """Return the edges whose contributions add up to a node's gradient."""
    leaving = (topology.edges[edge] for edge in topology.wiring.leaving(node))
    return [e for e in leaving if e.differentiable and topology.nodes[e.target].order == 0]


def flow_line(topology: Topology, edge: EdgeInfo, frame: Frame) -> str:
    """Return "upstream × local = contribution" in numbers; for arrays in norms."""
    source, target = topology.nodes[edge.source], topology.nodes[edge.target]
    if not frame.contribution_ready[edge.index]:
        return tr("contribution: not computed yet in this pass")
    flow = float(frame.contribution_norm[edge.index])
    if target.order:  # an edge of the gradient graph carries its source's value, not a contribution
        return tr("it carries, norm: {value}").format(value=figure(flow, DIGITS))
    upstream = float(frame.gradient_norm[edge.target])
    if element_count(source.shape) == element_count(target.shape) == 1:
        signs = frame.scalar_gradient, frame.scalar_contribution
        if signs[0] is not None and signs[1] is not None:
            return _scalars(float(signs[0][edge.target]), float(signs[1][edge.index]))
    name = f"‖∂{topology.objective}/∂{node_title(target)}‖"
    gain = _ratio(flow, upstream)
    return tr("upstream {name} = {upstream}  × local →  contribution, norm {flow}{gain}").format(
        name=name,
        upstream=figure(upstream, DIGITS),
        flow=figure(flow, DIGITS),
        gain="" if gain is None else f"  (× {figure(gain, 3)})",
    )


def _scalars(upstream: float, flow: float) -> str:
    """Return the line for scalars; the local derivative is the ratio of the two."""
    local = _ratio(flow, upstream)
    return tr("upstream {upstream} × local{local} = contribution {flow}").format(
        upstream=figure(upstream, DIGITS),
        local="" if local is None else f" {_in_brackets(local)}",
        flow=figure(flow, DIGITS),
    )


def _ratio(flow: float, upstream: float) -> float | None:
    """Return contribution / upstream gradient; None where it is undefined."""
    if upstream == 0 or not math.isfinite(upstream) or not math.isfinite(flow):
        return None
    return flow / upstream


def _in_brackets(value: float) -> str:
    text = figure(value, DIGITS)
    return f"({text})" if value < 0 else text


def share_at_source(topology: Topology, edges: tuple[int, ...], frame: Frame) -> float:
    """Return the share, by norm, of some outgoing edges of one node in its gradient.

    NaN where they are all of its edges, start at different nodes, or a number is missing.
    """
    sources = {topology.edges[edge].source for edge in edges}
    meeting = contributions(topology, min(sources))
    ours = [k for k, edge in enumerate(meeting) if edge.index in edges]
    if len(sources) > 1 or not 0 < len(ours) < len(meeting):
        return math.nan
    shares = _shares(meeting, frame)
    return sum(shares[k] for k in ours)


def _shares(edges: list[EdgeInfo], frame: Frame) -> list[float]:
    """Return ‖contribution‖ / Σ ‖contribution‖ of each edge; NaN where a number is missing."""
    rows = [edge.index for edge in edges]
    if not all(frame.contribution_ready[row] for row in rows):
        return [math.nan] * len(rows)
    norms = [float(frame.contribution_norm[row]) for row in rows]
    largest = max(norms)
    if not all(math.isfinite(n) for n in norms) or largest == 0:
        return [math.nan] * len(rows)
    scaled = [norm / largest for norm in norms]  # sums of tiny norms must not underflow
    return [part / sum(scaled) for part in scaled]


def ledger_line(topology: Topology, node: NodeInfo, frame: Frame) -> str:
    """Return a node's gradient as a sum: "∂J/∂h = Σ 2 contributions: o 93 %, s 7 %"."""
    left = f"∂{topology.objective}/∂{node_title(node)}"
    edges = contributions(topology, node.index)
    if not edges:
        return f"{left} = 1"  # only the objective's gradient has no contributions
    ends = [node_title(topology.nodes[edge.target]) for edge in edges]
    if not all(frame.contribution_ready[edge.index] for edge in edges):
        return tr("{left}: not computed yet in this pass").format(left=left)
    signed = frame.scalar_contribution
    if signed is not None and element_count(node.shape) == 1 and len(edges) <= MOST_NAMED:
        return _sum_line(left, ends, [float(signed[edge.index]) for edge in edges])
    if len(edges) == 1:
        return tr("{left} = 1 contribution, from {end}").format(left=left, end=ends[0])
    return tr("{left} = Σ {count} contributions: {parts}").format(
        left=left, count=len(edges), parts=_parts(ends, _shares(edges, frame))
    )


def _sum_line(left: str, ends: list[str], flows: list[float]) -> str:
    """Return a scalar's gradient as a sum: "∂f/∂x = −4 (q) + 3 (r) = −1"."""
    terms = [f"{figure(v, DIGITS)} ({end})" for v, end in zip(flows, ends, strict=True)]
    text = " + ".join(terms).replace("+ −", "− ")
    total = f" = {figure(sum(flows), DIGITS)}" if len(flows) > 1 else ""
    return f"{left} = {text}{total}"


def _parts(ends: list[str], shares: list[float]) -> str:
    if any(math.isnan(share) for share in shares):
        return ", ".join(ends[:MOST_NAMED]) + (", …" if len(ends) > MOST_NAMED else "")
    ranked = sorted(zip(shares, ends, strict=True), key=lambda part: -part[0])
    named = ranked if len(ranked) <= MOST_NAMED else ranked[: MOST_NAMED - 1]
    parts = [f"{end} {share_text(share)}" for share, end in named]
    if len(named) < len(ranked):
        rest = ranked[len(named) :]
        others = tr("{count} others {share}")
        share = share_text(sum(share for share, _ in rest))
        parts.append(others.format(count=len(rest), share=share))
    return ", ".join(parts)


def parameter_line(topology: Topology, node: NodeInfo, frame: Frame, update: float | None) -> str:
    """Return a parameter's numbers: value norm, gradient norm and its layer's update ratio."""
    name = node_title(node)
    parts = []
    if frame.value_ready[node.index]:
        value = figure(float(frame.value_norm[node.index]), DIGITS)
        parts.append(f"‖{name}‖ = {value}")
    if frame.gradient_ready[node.index]:
        gradient = figure(float(frame.gradient_norm[node.index]), DIGITS)
        parts.append(f"‖∂{topology.objective}/∂{name}‖ = {gradient}")
    if update is not None and math.isfinite(update):
        ratio = tr("update ratio of its layer {ratio}")
        parts.append(ratio.format(ratio=figure(update, 3)))
    return "  ·  ".join(parts)


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
