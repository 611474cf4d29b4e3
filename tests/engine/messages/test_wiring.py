"""Upstream, downstream and between: on any graph without cycles the same as networkx says."""

from typing import Any

import networkx as nx
from hypothesis import given
from hypothesis import strategies as st

from engine.messages.topology import EdgeInfo
from engine.messages.wiring import Part, Wiring
from engine.observe.observer import Observer
from engine.system import catalogue


@st.composite
def graphs(draw: st.DrawFn) -> tuple[int, list[EdgeInfo]]:
    """A graph without cycles, with twin edges (x·x) and nodes that nothing leads to."""
    count = draw(st.integers(1, 14))
    order = draw(st.permutations(range(count)))
    ends = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1))
    pairs = draw(st.lists(ends.filter(lambda e: e[0] != e[1]), max_size=40)) if count > 1 else []
    edges = []
    for row, (a, b) in enumerate(pairs):
        early, late = sorted((a, b))
        edges.append(EdgeInfo(row, order[early], order[late], row, ""))
    return count, edges


def network(count: int, edges: list[EdgeInfo]) -> "nx.MultiDiGraph[int]":
    graph: nx.MultiDiGraph[int] = nx.MultiDiGraph()
    graph.add_nodes_from(range(count))
    for e in edges:
        graph.add_edge(e.source, e.target, key=e.index)
    return graph


def induced(graph: "nx.MultiDiGraph[int]", nodes: set[int]) -> Part:
    inside = graph.subgraph(nodes)
    return Part(frozenset(nodes), frozenset(key for _, _, key in inside.edges(keys=True)))


@given(graphs(), st.data())
def test_sides_are_networkx_s_ancestors_and_descendants(
    given_graph: tuple[int, list[EdgeInfo]], data: st.DataObject
) -> None:
    count, edges = given_graph
    node = data.draw(st.integers(0, count - 1))
    graph, wiring = network(count, edges), Wiring(count, edges)
    up, down = nx.ancestors(graph, node), nx.descendants(graph, node)
    assert wiring.side([node], "upstream") == induced(graph, up | {node})
    assert wiring.side([node], "downstream") == induced(graph, down | {node})
    assert [edges[e].target for e in wiring.leaving(node)] == [
        e.target for e in edges if e.source == node
    ]
    assert wiring.entering(node) == [e.index for e in edges if e.target == node]


@given(graphs(), st.data())
def test_between_two_nodes_are_all_simple_paths_and_no_more(
    given_graph: tuple[int, list[EdgeInfo]], data: st.DataObject
) -> None:
    count, edges = given_graph
    start, end = (data.draw(st.integers(0, count - 1)) for _ in range(2))
    if start == end:
        return
    graph = network(count, edges)
    paths: list[Any] = list(nx.all_simple_edge_paths(graph, start, end))
    found = Wiring(count, edges).between([start], [end])
    if not paths:
        assert found is None
        return
    assert found is not None
    assert found.edges == {key for path in paths for _, _, key in path}
    assert found.nodes == {end for path in paths for a, b, _ in path for end in (a, b)}


@given(graphs(), st.data())
def test_of_several_nodes_it_is_all_of_their_sides_together(
    given_graph: tuple[int, list[EdgeInfo]], data: st.DataObject
) -> None:
    count, edges = given_graph
    start = data.draw(st.sets(st.integers(0, count - 1), min_size=1))
    wiring = Wiring(count, edges)
    alone = [wiring.reached([node], "downstream") for node in start]
    assert wiring.reached(start, "downstream") == frozenset().union(*alone)


def test_the_way_from_an_input_to_the_loss_of_a_real_system() -> None:
    """In D2L's network x reaches J by z, h, o and L only: the regulariser has no part in it."""
    topology = Observer(catalogue.load("d2l-mlp")).topology
    place = {node.name: node.index for node in topology.nodes}
    found = topology.wiring.between([place["x"]], [place[topology.objective]])
    assert found is not None
    names = {topology.nodes[node].name for node in found.nodes}
    assert {"x", "z", "h", "o", "L", "J"} == names
