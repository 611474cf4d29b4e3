"""The graph with its numbers as GraphML, DOT and JSON, for other programs to read.

Everything comes from a topology and a frame, so that window and command line write the same. A
number that is not computed, or does not exist, is left out.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from io import BytesIO
from typing import TYPE_CHECKING, Any

import networkx as nx
import numpy as np

from engine.execution.gradient_graph import extended
from engine.graph.shapes import size
from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.recipes import embedding
from engine.support.json_text import json_text, spelled

if TYPE_CHECKING:
    from engine.observe.observer import Observer

MOST_LISTED = 64
_INDENT = "  "
# Attributes that have a meaning of their own in Graphviz.
_OTHER_NAMES = {"group": "path", "shape": "array_shape"}


@dataclass(frozen=True)
class Arrays:
    """Small arrays as nested lists: values and gradients by node, contributions by edge."""

    value: Mapping[int, Any] = field(default_factory=dict)
    gradient: Mapping[int, Any] = field(default_factory=dict)
    contribution: Mapping[int, Any] = field(default_factory=dict)


def small_arrays(trainer: Observer) -> Arrays:
    """Return the arrays of at most 64 elements of a trainer whose pass is complete."""
    compiled = trainer.current
    found = Arrays({}, {}, {})
    small = [node.index for node in trainer.topology.nodes if size(node.shape) <= MOST_LISTED]
    if trainer.topology.order:
        graph = extended(compiled, trainer.topology.order)
        graph.renew()
        beyond = [node for node in small if node >= compiled.forward_nodes]
        found.value.update({node: graph.value(node).tolist() for node in beyond})  # type: ignore[attr-defined]
    for node in small:
        if node >= compiled.forward_nodes:
            break
        found.value[node] = compiled.value(node).tolist()  # type: ignore[index]
        gradient = compiled.gradient(node)
        if gradient is not None:
            found.gradient[node] = gradient.tolist()  # type: ignore[index]
    for row, edge in enumerate(compiled.edges):
        contribution = compiled.contribution(edge)
        if contribution is not None and contribution.size <= MOST_LISTED:
            found.contribution[row] = contribution.tolist()  # type: ignore[index]
    return found


def graph_of(
    topology: Topology, frame: Frame, texts: Mapping[str, str], arrays: Arrays | None = None
) -> nx.MultiDiGraph[str]:
    """Return the graph with its numbers: nodes by name, an edge's key its position.

    Nodes of the gradient graph say their order and whose gradient they are.

    ``texts`` become attributes of the graph. Without ``arrays``, numbers that are scalars are
    listed and no other array.
    """
    arrays = arrays or _scalars(topology, frame)
    graph: nx.MultiDiGraph[str] = nx.MultiDiGraph()
    graph.graph.update(texts)
    for node in topology.nodes:
        known: dict[str, Any] = {
            "symbol": node.symbol,
            "op": node.op,
            "kind": node.kind,
            "group": "/".join(node.group),
            "shape": list(node.shape),
            "formula": node.formula,
        }
        k = node.index
        if frame.value_ready[k]:
            known |= {"value_norm": float(frame.value_norm[k])} | _listed("value", arrays.value, k)
        if node.order:
            known["order"] = node.order
            known["gradient_of"] = [topology.nodes[one].name for one in node.gradient_of]
        elif frame.gradient_ready[k] and node.differentiable:
            known["gradient_norm"] = float(frame.gradient_norm[k])
            known |= _listed("gradient", arrays.gradient, k)
        graph.add_node(node.name, **known)
    for edge in topology.edges:
        carried: dict[str, Any] = {"position": edge.position, "local": edge.local}
        forward = topology.nodes[edge.target].order == 0
        if forward and edge.differentiable and frame.contribution_ready[edge.index]:
            carried["contribution_norm"] = float(frame.contribution_norm[edge.index])
            carried |= _listed("contribution", arrays.contribution, edge.index)
        source, target = topology.nodes[edge.source].name, topology.nodes[edge.target].name
        graph.add_edge(source, target, key=edge.position, **carried)
    return graph


def _listed(name: str, arrays: Mapping[int, Any], index: int) -> dict[str, Any]:
    return {name: arrays[index]} if index in arrays else {}


def _scalars(topology: Topology, frame: Frame) -> Arrays:
    """The numbers of one-element arrays, which a frame has besides the norms."""

    def of(column: np.ndarray[Any, Any] | None, which: list[int]) -> dict[int, float]:
        return {} if column is None else {k: float(column[k]) for k in which}

    nodes = [node.index for node in topology.nodes if size(node.shape) == 1]
    alone = set(nodes)
    edges = [edge.index for edge in topology.edges if edge.source in alone]
    return Arrays(
        of(frame.scalar_value, nodes),
        of(frame.scalar_gradient, nodes),
        of(frame.scalar_contribution, edges),
    )


def to_json(graph: nx.MultiDiGraph[str]) -> bytes:
    """Return the graph as node-link JSON; numbers that are not finite are written as texts."""
    return json_text(nx.node_link_data(graph, edges="edges"), indent=1).encode("utf-8")


def to_graphml(graph: nx.MultiDiGraph[str]) -> bytes:
    """Return the graph as GraphML; lists are written as JSON."""
    recipe = graph.graph[embedding.KEY]
    flat: nx.MultiDiGraph[str] = nx.MultiDiGraph(
        **{name: text for name, text in graph.graph.items() if name != embedding.KEY}
    )
    for name, known in graph.nodes(data=True):
        flat.add_node(name, **_flat(known))
    for source, target, key, known in graph.edges(data=True, keys=True):
        flat.add_edge(source, target, key=key, **_flat(known))
    stream = BytesIO()
    nx.write_graphml(flat, stream, encoding="utf-8", prettyprint=True)
    text = stream.getvalue().decode("utf-8")
    start = text.index(">", text.index("<graphml")) + 1
    described = f"\n<desc>{embedding.xml_element(recipe)}</desc>"
    return (text[:start] + described + text[start:]).encode("utf-8")


def to_dot(graph: nx.MultiDiGraph[str]) -> bytes:
    """Return the graph in Graphviz's language: groups as clusters, numbers as attributes."""
    texts = {name: text for name, text in graph.graph.items() if name != embedding.KEY}
    lines = [embedding.comment_lines(graph.graph, ".dot").rstrip("\n")]
    lines += [f"digraph {_quoted(texts.get('System', 'graph'))} {{", "  rankdir=LR;"]
    lines += [f"  {name}={_quoted(text)};" for name, text in texts.items()]
    lines += _clusters(graph)
    for source, target, known in graph.edges(data=True):
        lines.append(f"  {_quoted(source)} -> {_quoted(target)} [{_attributes(known)}];")
    return "\n".join([*lines, "}", ""]).encode("utf-8")


def _clusters(graph: nx.MultiDiGraph[str]) -> Iterator[str]:
    """The nodes, those of a group inside its cluster, groups inside groups."""
    inside: dict[tuple[str, ...], list[str]] = {}
    for name, known in graph.nodes(data=True):
        path = tuple(known["group"].split("/")) if known["group"] else ()
        for depth in range(len(path)):
            inside.setdefault(path[:depth], [])
        label = known["symbol"] or known["op"] or name
        facts = {"label": label, "shape": "box" if known["symbol"] else "ellipse"}
        facts |= {_OTHER_NAMES.get(k, k): value for k, value in known.items()}
        inside.setdefault(path, []).append(f"{_quoted(name)} [{_attributes(facts)}];")

    def write(path: tuple[str, ...]) -> Iterator[str]:
        indent = _INDENT * (len(path) + 1)
        yield from (f"{indent}{line}" for line in inside[path])
        for other in inside:
            if len(other) == len(path) + 1 and other[: len(path)] == path:
                yield f"{indent}subgraph {_quoted('cluster_' + '/'.join(other))} {{"
                yield f"{indent}{_INDENT}label={_quoted(other[-1])};"
                yield from write(other)
                yield f"{indent}}}"

    inside.setdefault((), [])
    yield from write(())


def _attributes(known: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}={_quoted(value)}" for name, value in _flat(known).items())


def _quoted(value: Any) -> str:
    """A string in DOT; backslashes are doubled, since Graphviz has escapes of its own."""
    return '"' + str(value).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _flat(known: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: json.dumps(spelled(value)) if isinstance(value, list) else value
        for name, value in known.items()
    }
