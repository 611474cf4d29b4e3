"""Sums of products and biases that one product computes: z = W₁x₁ + b₁ + W₂x₂ + … .

With the weights below one another in memory, W̃ᵀ = [W₁ᵀ; b₁; W₂ᵀ; …], and what they are multiplied
with as well, x̃ = [x₁; 1; x₂; …], it is z = W̃ x̃; and x̃ gᵀ is at once what flows back to all of
them. Measured on layers of 64 and batches of 64: the bias alone costs a third of the product.

``find_affine`` finds such sums in a graph, for ``engine.training.setup``; their memory and their
calls are made by ``engine.execution.joined_products``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from engine.graph.differentiate import Edge
from engine.graph.graph import Graph, Node

ONE = -1  # stands for a row of ones: what a bias is multiplied with


@dataclass(frozen=True)
class Term:
    """One term of a sum: a weight times the node ``source``, or a bias (``source`` is ``ONE``).

    ``edge`` is the edge that leaves the parameter: the term's contribution is found by it.
    """

    parameter: int
    source: int
    edge: Edge


@dataclass(frozen=True)
class Affine:
    """The node z of a sum, and its terms in the order of their rows in memory."""

    node: int
    terms: tuple[Term, ...]

    @property
    def parameters(self) -> tuple[int, ...]:
        """The terms' parameters."""
        return tuple(term.parameter for term in self.terms)

    @property
    def sources(self) -> tuple[int, ...]:
        """The nodes that the weights are multiplied with, in the order of the terms."""
        return tuple(term.source for term in self.terms if term.source != ONE)


@dataclass(frozen=True)
class Affines:
    """The sums of a graph that are each one product, and the memory layout that they need.

    Attributes
    ----------
    sums:
        The sums, ascending.
    parameters:
        Runs of parameters whose rows follow each other in memory.
    sources:
        Runs of nodes, and of rows of ones (``ONE``), that follow each other in memory.
    """

    sums: tuple[Affine, ...]
    parameters: tuple[tuple[int, ...], ...]
    sources: tuple[tuple[int, ...], ...]


def find_affine(graph: Graph, layers: Mapping[int, str]) -> Affines:
    """Return the sums that one product can compute; the parameters of each belong to one layer.

    Parameters
    ----------
    layers:
        The name of the layer of each parameter's node; a parameter without one joins no other.
    """
    forward = [node for node in graph.nodes if not node.order]
    readers = Counter(source for node in forward for source in node.inputs)
    taken: set[int] = set()
    sums: list[list[Term]] = []
    nodes: list[int] = []
    for node in reversed(forward):
        inner: set[int] = set()
        if node.op_name not in ("add", "add_bias") or node.id in taken:
            continue
        terms = _terms(graph, node, readers, inner)
        if terms and _is_sound(graph, terms, layers):
            sums.append(terms)
            nodes.append(node.id)
            taken |= inner
    return _arranged(graph, dict(zip(nodes, sums, strict=True)))


def base_of(graph: Graph, node: int) -> int:
    """Return the node that a chain of reshapes begins with; its memory is that of the node."""
    while graph.nodes[node].op_name == "reshape":
        node = graph.nodes[node].inputs[0]
    return node


def _terms(graph: Graph, node: Node, readers: Counter[int], inner: set[int]) -> list[Term] | None:
    """The terms of a sum, None where a part is no such term; its nodes are added to ``inner``."""
    if len(node.shape) != 2 or len(node.inputs) != 2 or (inner and readers[node.id] != 1):
        return None
    inner.add(node.id)
    a, b = (graph.nodes[source] for source in node.inputs)
    if node.op_name == "matmul" and a.kind == "parameter":
        return [Term(a.id, b.id, (a.id, node.id, 0))]
    if node.op_name == "add_bias" and b.kind == "parameter":
        rest = _terms(graph, a, readers, inner)
        return None if rest is None else [*rest, Term(b.id, ONE, (b.id, node.id, 1))]
    if node.op_name == "add" and a.shape == b.shape == node.shape:
        left = _terms(graph, a, readers, inner)
        right = None if left is None else _terms(graph, b, readers, inner)
        return None if left is None or right is None else left + right
    return None


def _is_sound(graph: Graph, terms: Sequence[Term], layers: Mapping[int, str]) -> bool:
    """Whether parameters are distinct and of one layer, sources distinct and no views."""
    parameters = [term.parameter for term in terms]
    bases = [base_of(graph, term.source) for term in terms if term.source != ONE]
    distinct = len(set(parameters)) == len(parameters) and len(set(bases)) == len(bases)
    together = len({layers.get(parameter, parameter) for parameter in parameters}) == 1
    return distinct and together and all(_is_placeable(graph.nodes[base]) for base in bases)


def _is_placeable(node: Node) -> bool:
    computed = node.op is not None and node.op.view is None
    return bool(node.shape) and (computed or node.kind == "input")


def _arranged(graph: Graph, sums: Mapping[int, Sequence[Term]]) -> Affines:
    """Lay out one sum after the other; one whose order contradicts earlier ones is left out."""
    found: list[Affine] = []
    parameters, sources = _Runs(), _Runs()
    # The shortest first, since longer ones extend it: a first time step has no state's product.
    for node, terms in sorted(sums.items(), key=lambda item: (len(item[1]), item[0])):
        affine = Affine(node, tuple(parameters.sorted(terms)))
        bases = [s if s == ONE else base_of(graph, s) for s in (t.source for t in affine.terms)]
        if parameters.fits(affine.parameters) and sources.fits(bases):
            parameters.add_run(affine.parameters)
            sources.add_run(bases)
            found.append(affine)
    found.sort(key=lambda affine: affine.node)
    return Affines(tuple(found), parameters.all(), sources.all())


class _Runs:
    """Runs of ids that follow each other in memory; an id is in one run, ``ONE`` in any."""

    def __init__(self) -> None:
        self._row: dict[int, list[int]] = {}

    def sorted(self, terms: Sequence[Term]) -> list[Term]:
        """The terms in the order of their run; new ones as weight, biases, other weights."""
        weights = [term for term in terms if term.source != ONE]
        biases = [term for term in terms if term.source == ONE]
        row = next((self._row[t.parameter] for t in terms if t.parameter in self._row), [])
        rank = {parameter: k for k, parameter in enumerate(row)}
        proposed = [*weights[:1], *biases, *weights[1:]]
        return sorted(proposed, key=lambda term: rank.get(term.parameter, len(rank)))

    def fits(self, wanted: Sequence[int]) -> bool:
        """Whether these ids are new, or part of one run, or extend one run at its end."""
        rows = {id(self._row[one]): self._row[one] for one in wanted if one in self._row}
        if len(rows) != 1:
            return not rows
        (row,) = rows.values()
        starts = range(len(row) - len(wanted) + 1)
        inside = any(row[k : k + len(wanted)] == list(wanted) for k in starts)
        return inside or list(wanted[: len(row)]) == row

    def add_run(self, wanted: Sequence[int]) -> None:
        """Add ids that fit (see ``fits``), as a new run or as the extension of one."""
        row = next((self._row[one] for one in wanted if one in self._row), [])
        if len(wanted) > len(row):
            row[:] = wanted
        self._row.update({one: row for one in wanted if one != ONE})

    def all(self) -> tuple[tuple[int, ...], ...]:
        """All runs."""
        return tuple({id(row): tuple(row) for row in self._row.values()}.values())
