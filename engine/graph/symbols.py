"""What nodes and edges are called on the screen: formulas and local derivatives in symbols."""

import math
import re
import unicodedata
from typing import Protocol

from engine.graph.graph import Node
from engine.support.figures import Figure
from engine.support.text import tr

LONGEST_INLINE = 24
_SUMS = {"add", "subtract", "sum_all", "shift", "add_bias", "one_minus", "negate"}
_ARGUMENTS = "abcdefgh"
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")


class Nodes(Protocol):
    """The nodes to be named: a graph, or a view of it with other names."""

    nodes: list[Node]


def subscript(index: int) -> str:
    """Return "₁₂", the books' mark of a time step."""
    return str(index).translate(_SUBSCRIPTS)


def layer_mark(index: int) -> str:
    """Return "⁽¹²⁾", the books' mark of a layer."""
    return f"⁽{str(index).translate(_SUPERSCRIPTS)}⁾"


def shown(name: str) -> str:
    """Return how a name that the user typed is drawn: digits at its end as a subscript.

    >>> shown("x0"), shown("w12"), shown("x1y"), shown("2")
    ('x₀', 'w₁₂', 'x1y', '2')
    """
    found = re.fullmatch(r"(.*[^\W\d_])([0-9]+)", name)
    return name if found is None else found[1] + found[2].translate(_SUBSCRIPTS)


def says(symbol: str, name: str) -> bool:
    """Whether a symbol makes a name redundant: x₀ does for x0, W⁽¹⁾ not for linear1.weight.

    >>> says("x₀", "x0"), says("W⁽¹⁾", "linear1.weight")
    (True, False)
    """
    return name in (symbol, unicodedata.normalize("NFKC", symbol)) or shown(name) == symbol


def op_symbol(node: Node) -> str:
    """Return what the operator's circle shows, parameters filled in."""
    return node.op.symbol.format(**_figures(node)) if node.op else ""


def reference(graph: Nodes, node: Node) -> str:
    """Return what formulas call this node: its symbol, or its own formula where that is short.

    A sum comes in brackets; a product or a function needs none.
    """
    if node.symbol or node.op is None:
        return node.symbol or node.name
    _, _, right = _product(graph, node, tr(node.op.formula)).partition(" = ")
    text = right.format(**_placeholders(graph, node, own=node.name))
    if len(text) > LONGEST_INLINE:
        return node.name
    return f"({text})" if node.op.name in _SUMS else text


def denominator(graph: Nodes, node: Node) -> str:
    """Return the node as written after ∂: in brackets unless it is a plain symbol."""
    text = reference(graph, node)
    return f"({text})" if " " in text and not text.startswith("(") else text


def formula_of(graph: Nodes, identity: int) -> str:
    """Return "z = W⁽¹⁾ x" for an operation, the symbol alone for a leaf."""
    node = graph.nodes[identity]
    if node.op is None:
        return reference(graph, node)
    _, _, right = _product(graph, node, tr(node.op.formula)).partition(" = ")
    own = node.symbol or node.name
    text = right.format(**_placeholders(graph, node, own))
    return f"{own} = {text}" if node.symbol else text


def local_of(graph: Nodes, target: int, position: int) -> str:
    """Return "∂z/∂x = W⁽¹⁾ᵀ" for argument ``position`` of ``target``."""
    node = graph.nodes[target]
    if node.op is None:
        return ""
    own = reference(graph, node)
    local = _product(graph, node, tr(node.op.local_text(position)))
    text = local.format(**_placeholders(graph, node, own))
    source = graph.nodes[node.inputs[position]]
    return f"∂{denominator(graph, node)}/∂{denominator(graph, source)} = {text}"


def flow_of(graph: Nodes, target: int, position: int, upstream: str) -> str:
    """Return the contribution to argument ``position`` in symbols: "W⁽²⁾ᵀ ∂J/∂o"."""
    node = graph.nodes[target]
    if node.op is None:
        return ""
    places = _placeholders(graph, node, reference(graph, node))
    flow = _product(graph, node, tr(node.op.flow_text(position)))
    return flow.format(**{**places, "g": upstream})


def _product(graph: Nodes, node: Node, template: str) -> str:
    """Replace ⊙ by a dot where all factors are scalars.

    Placeholders for inputs in the template are left as they are.
    """
    numbers = (math.prod(graph.nodes[source].shape) == 1 for source in node.inputs)
    alone = math.prod(node.shape) == 1 and all(numbers)
    return template.replace("⊙", "·") if alone else template


def _figures(node: Node) -> dict[str, object]:
    """The operation's parameters as texts for its formula."""
    return {k: Figure(v) if isinstance(v, float) else v for k, v in node.params.items()}


def _placeholders(graph: Nodes, node: Node, own: str) -> dict[str, object]:
    inputs = [reference(graph, graph.nodes[source]) for source in node.inputs]
    return {
        **_figures(node),
        "y": own,
        **dict(zip(_ARGUMENTS, inputs, strict=False)),
        "inputs": " + ".join(inputs),
    }
