"""The inspector's headings: what is selected, and its value and gradient in a line."""

from __future__ import annotations

import html

from engine.graph.symbols import says
from engine.messages.frame import Detail
from engine.messages.topology import EdgeInfo, NodeInfo, Topology
from engine.support.figures import shape_text, whole
from engine.support.text import tr
from gui.appearance.theme import Theme
from gui.panels.inspector.gradient_headings import label_of, tie_words
from gui.panels.inspector.ledger import strong_amount
from gui.plots.panel_parts import muted


def not_yet() -> str:
    """What stands where a number will come in this pass."""
    return tr("Not computed yet in this pass.")


def missing(detail: Detail | None) -> str:
    """What stands where there is no number: none came yet, or it is not computed yet."""
    return tr("Waiting for the numbers…") if detail is None else not_yet()


def node_heading(topology: Topology, node: NodeInfo, detail: Detail | None, theme: Theme) -> str:
    """Symbol, name and formula; kind, shape and group; value and gradient."""
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
        muted(" · ".join(facts), theme),
        tie_words(topology, node, theme),
        _amounts(node, detail, theme),
    ]
    return "<br>".join(line for line in lines if line)


def _amounts(node: NodeInfo, detail: Detail | None, theme: Theme) -> str:
    """Value and gradient in a line, with the step that they belong to."""
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
    """Both ends as links, and the local derivative."""
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
