"""What flows, in words: an edge's upstream × local = contribution, a node's ledger. No Qt here."""

import math

from engine.messages.frame import Frame
from engine.messages.topology import EdgeInfo, NodeInfo, Topology
from engine.support.figures import figure
from engine.support.text import tr
from gui.canvas.graph.node_look import element_count, node_title
from gui.canvas.graph.shares import share_text

# More contributions than these are summed up as "others".
MOST_NAMED = 4
DIGITS = 4


def contributions(topology: Topology, node: int) -> list[EdgeInfo]:
    """Return the edges whose contributions add up to a node's gradient."""
    leaving = (topology.edges[edge] for edge in topology.wiring.leaving(node))
    return [e for e in leaving if e.differentiable and topology.nodes[e.target].order == 0]


def flow_line(topology: Topology, edge: EdgeInfo, frame: Frame) -> str:
    """Return upstream × local = contribution in numbers: of arrays the norms."""
    source, target = topology.nodes[edge.source], topology.nodes[edge.target]
    if not frame.contribution_ready[edge.index]:
        return tr("contribution: not computed yet in this pass")
    flow = float(frame.contribution_norm[edge.index])
    if target.order:  # in the gradient graph an edge carries its source
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
    """The numbers themselves; the local derivative is what the one is of the other."""
    local = _ratio(flow, upstream)
    return tr("upstream {upstream} × local{local} = contribution {flow}").format(
        upstream=figure(upstream, DIGITS),
        local="" if local is None else f" {_in_brackets(local)}",
        flow=figure(flow, DIGITS),
    )


def _ratio(flow: float, upstream: float) -> float | None:
    """What the upstream gradient was multiplied by; None where that cannot be told."""
    if upstream == 0 or not math.isfinite(upstream) or not math.isfinite(flow):
        return None
    return flow / upstream


def _in_brackets(value: float) -> str:
    text = figure(value, DIGITS)
    return f"({text})" if value < 0 else text


def share_at_source(topology: Topology, edges: tuple[int, ...], frame: Frame) -> float:
    """Return the share, by norm, that some edges of one node have in what meets there.

    NaN where they are all there is, start at different nodes, or a number is missing.
    """
    sources = {topology.edges[edge].source for edge in edges}
    meeting = contributions(topology, min(sources))
    ours = [k for k, edge in enumerate(meeting) if edge.index in edges]
    if len(sources) > 1 or not 0 < len(ours) < len(meeting):
        return math.nan
    shares = _shares(meeting, frame)
    return sum(shares[k] for k in ours)


def _shares(edges: list[EdgeInfo], frame: Frame) -> list[float]:
    """‖contribution‖ / Σ ‖contribution‖ of each edge; NaN where a number is missing."""
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
    """Return where a node's gradient comes from: "∂J/∂h = Σ 2 contributions: o 93 %, s 7 %"."""
    left = f"∂{topology.objective}/∂{node_title(node)}"
    edges = contributions(topology, node.index)
    if not edges:
        return f"{left} = 1"  # only the objective has a gradient that comes from nowhere
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
    """A scalar's gradient as a sum: "∂f/∂x = −4 (q) + 3 (r) = −1"."""
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
    """Return a parameter's standing: value norm, gradient norm and its layer's update ratio."""
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
