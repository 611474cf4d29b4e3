"""The inspector's heading: name and formula of the selection, its value and gradient in a line."""

from __future__ import annotations

import html
from collections.abc import Iterable

from engine.graph.symbols import says
from engine.messages.frame import Detail
from engine.messages.topology import EdgeInfo, NodeInfo, Topology
from engine.support.figures import shape_text, whole
from engine.support.text import tr
from gui.appearance.theme import Theme
from gui.panels.inspector.ledger import amount, strong_amount
from gui.widgets.rich_text import muted


def not_yet() -> str:
    """Return the text for a number that is computed later in this pass."""
    return tr("Not computed yet in this pass.")


def missing(detail: Detail | None) -> str:
    """Return the text for a missing number: no frame has come yet, or it is not computed yet."""
    return tr("Waiting for the numbers…") if detail is None else not_yet()


def node_heading(topology: Topology, node: NodeInfo, detail: Detail | None, theme: Theme) -> str:
    """Return symbol, name and formula; kind, shape and group; value and gradient."""
    kinds = {
        "input": tr("input"),
        "parameter": tr("parameter"),
        "constant": tr("constant"),
        "operation": node.op,
    }
    label = label_of(node)
    facts = [kinds[node.kind], shape_text(node.shape), topology.dtype]
    facts += [tr("in {group}").format(group=" / ".join(node.group))] if node.group else []
    known = node.name == label or says(node.symbol, node.name)
    name = "" if known else f" {muted(html.escape(node.name), theme)}"
    formula = ""
    if node.kind == "operation" and node.formula and label.strip("()") != node.formula:
        formula = f" &nbsp; {html.escape(node.formula)}"
    symbol = f'<span style="font-size:large"><b>{html.escape(label)}</b></span>'
    lines = [
        f"{symbol}{name}{formula}",
        muted(html.escape(" · ".join(facts)), theme),
        tie_words(topology, node, theme),
        _amounts(node, detail, theme),
    ]
    return "<br>".join(line for line in lines if line)


def _amounts(node: NodeInfo, detail: Detail | None, theme: Theme) -> str:
    """Return value and gradient in a line, with the step they belong to."""
    if detail is None:
        return muted(missing(detail), theme)
    of_value = theme.gradient if node.order and node.differentiable else theme.value
    parts = [
        muted(tr("step {step}").format(step=whole(detail.step)), theme),
        f"{tr('value')} {strong_amount(detail.value, theme, of_value)}",
    ]
    if node.differentiable and node.order == 0:
        gradient = strong_amount(detail.gradient, theme, theme.gradient)
        parts.append(f"{tr('gradient')} {gradient}")
    return " &nbsp; ".join(parts)


def edge_heading(topology: Topology, edge: EdgeInfo, detail: Detail | None, theme: Theme) -> str:
    """Return both ends of an edge as links, and its local derivative."""
    ends = [topology.nodes[edge.source], topology.nodes[edge.target]]
    links = [
        f'<a href="{node.index}" style="color:{theme.accent}">{html.escape(label_of(node))}</a>'
        for node in ends
    ]
    argument = tr("argument {k} of {op}").format(k=edge.position + 1, op=ends[1].op)
    step = tr("step {step}").format(step=whole(detail.step)) if detail else ""
    return (
        f'<span style="font-size:large"><b>{links[0]} → {links[1]}</b></span>'
        f" &nbsp; {muted(argument, theme)}<br>{html.escape(edge.local)}"
        f" &nbsp; {muted(step, theme)}"
    )


LONGEST_LABEL = 24


def label_of(node: NodeInfo) -> str:
    """Return the name of a node in formulas: its symbol, else its short formula, else its name."""
    if not node.symbol and node.kind == "operation" and 0 < len(node.formula) <= LONGEST_LABEL:
        return f"({node.formula})" if " " in node.formula else node.formula
    return node.title


def tie_words(topology: Topology, node: NodeInfo, theme: Theme) -> str:
    """Return links to the node whose gradient this is, or to the nodes that hold its gradient."""
    if node.order == 0:
        holders = [one for one in topology.nodes[len(topology.forward) :] if _is_of(one, node)]
        return tr("its gradient: {nodes}").format(nodes=_links(holders, theme)) if holders else ""
    owners = _links((topology.nodes[k] for k in node.origins), theme)
    if node.order == 2:
        return _second_words(topology, node, owners)
    if node.gradient_of:
        return tr("gradient of {nodes}").format(nodes=owners)
    if node.differentiable:
        return tr("on the way to the gradient of {nodes}").format(nodes=owners)
    return tr("part of a local derivative, for the gradient of {nodes}").format(nodes=owners)


def _second_words(topology: Topology, node: NodeInfo, owners: str) -> str:
    if not owners:
        return tr("part of S = ½ ‖∂{objective}/∂θ‖², what is differentiated again").format(
            objective=topology.objective
        )
    if node.gradient_of:
        words = tr("gradient of S = ½ ‖∂{objective}/∂θ‖² with respect to {nodes}")
        if all(topology.nodes[k].kind == "parameter" for k in node.gradient_of):
            words += tr(": the Hessian of {objective} times ∂{objective}/∂θ")
    elif node.differentiable:
        words = tr("on the way to the gradient of S with respect to {nodes}")
    else:
        words = tr("part of a local derivative, for the gradient of S with respect to {nodes}")
    return words.format(objective=topology.objective, nodes=owners)


def no_ledger_words(node: NodeInfo) -> str:
    """Return why a gradient node has no ledger, or no gradient."""
    if node.order == 1:
        return tr("With second order (View menu), gradients have gradients and a ledger too.")
    return tr("Nothing is differentiated a third time.")


def edge_words(topology: Topology, edge: EdgeInfo, detail: Detail | None) -> str:
    """Return what an edge of the gradient graph passes on, with its value."""
    source = topology.nodes[edge.source]
    words = tr("hands {node} on") if edge.differentiable else tr("{node}: for a local derivative")
    value = amount(detail.value) if detail is not None else "…"
    return f"{words.format(node=label_of(source))}: {value}"


def _is_of(holder: NodeInfo, node: NodeInfo) -> bool:
    return holder.order == 1 and node.index in holder.gradient_of


def _links(nodes: Iterable[NodeInfo], theme: Theme) -> str:
    return ", ".join(
        f'<a href="{node.index}" style="color:{theme.accent}">{html.escape(label_of(node))}</a>'
        for node in nodes
    )
