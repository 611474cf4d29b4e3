"""The graph: append-only, in topological order, an edge for each argument."""

import networkx as nx
import pytest

from engine.graph.graph import Graph, Value
from engine.support.errors import GraphError, ShapeError


@pytest.fixture
def graph() -> Graph:
    return Graph()


@pytest.fixture
def x(graph: Graph) -> Value:
    return graph.leaf("input", "x", (2, 3))


def test_ids_count_up_and_every_edge_runs_upwards(graph: Graph, x: Value) -> None:
    y = (x * x + 1.0).apply("sum")
    assert [node.id for node in graph.nodes] == list(range(y.id + 1))
    assert all(source < target for source, target in graph.network.edges())
    assert list(nx.topological_sort(graph.network)) == list(range(len(graph)))


def test_an_argument_used_twice_is_two_edges(graph: Graph, x: Value) -> None:
    square = x * x
    assert graph.network.number_of_edges(x.id, square.id) == 2
    assert graph.consumers(x.id) == [(square.id, 0), (square.id, 1)]
    assert square.node.inputs == (x.id, x.id)


def test_positions_are_the_keys(graph: Graph, x: Value) -> None:
    y = graph.leaf("input", "y", (2, 3))
    difference = y - x
    assert graph.network.edges[y.id, difference.id, 0] == {}
    assert (x.id, difference.id, 1) in graph.network.edges(keys=True)


def test_network_holds_the_same_nodes_as_the_list_also_after_renaming(
    graph: Graph, x: Value
) -> None:
    graph.rename(x + x, "z", "z")
    for node in graph.nodes:
        assert graph.network.nodes[node.id]["data"] is node
    assert graph.value("z").node.name == "z"


def test_names_are_unique(graph: Graph, x: Value) -> None:
    with pytest.raises(GraphError, match="'x'"):
        graph.leaf("input", "x", ())
    y = x + x
    with pytest.raises(GraphError, match="'x'"):
        graph.rename(y, "x")
    assert graph.rename(y, y.name).name == y.name
    with pytest.raises(GraphError, match="'q'"):
        graph.value("q")
    assert "q" not in graph
    assert "x" in graph


def test_unnamed_nodes_get_names_that_differ_also_from_given_ones(graph: Graph, x: Value) -> None:
    graph.leaf("input", "add1", ())
    names = [(x + x).name, (x + x).name, (x * x).name]
    assert len({*names, "add1", "x"}) == 5


def test_groups_nest(graph: Graph, x: Value) -> None:
    with graph.group("block"):
        with graph.group("layer"):
            inner = x + x
        outer = x + x
    assert inner.node.group == ("block", "layer")
    assert outer.node.group == ("block",)
    assert (x + x).node.group == ()


def test_group_is_left_after_an_error(graph: Graph, x: Value) -> None:
    with pytest.raises(ShapeError), graph.group("layer"):
        x @ x
    assert (x + x).node.group == ()


def test_a_refused_operation_leaves_no_node(graph: Graph, x: Value) -> None:
    before = len(graph)
    with pytest.raises(ShapeError, match=r"matmul.*2 × 3"):
        x @ x
    with pytest.raises(GraphError, match="1 inputs, found 2"):
        x.apply("exp", x)
    with pytest.raises(GraphError, match="another graph"):
        x + Graph().leaf("input", "x", (2, 3))
    assert len(graph) == before == graph.network.number_of_nodes()


def test_arithmetic_with_numbers(graph: Graph, x: Value) -> None:
    """Each operator is the operation that says what it does, with the number as its parameter."""
    cases: dict[str, list[tuple[Value, dict[str, float]]]] = {
        "shift": [
            (x + 2.0, {"amount": 2.0}),
            (2.0 + x, {"amount": 2.0}),
            (x - 2, {"amount": -2.0}),
        ],
        "scale": [(x * 3, {"factor": 3.0}), (3 * x, {"factor": 3.0})],
        "power": [(x**2, {"exponent": 2.0})],
        "negate": [(-x, {})],
        "reciprocal": [(1 / x, {})],
    }
    for op, made in cases.items():
        for value, params in made:
            assert (value.node.op_name, value.node.params) == (op, params)
            assert value.shape == (2, 3)
    assert (x / 2).node.op_name == "divide"
    assert (2**x).node.op_name == "pow"
    assert (5 - x).node.op_name == "shift"


def test_leaves(graph: Graph, x: Value) -> None:
    two = graph.constant(2.0)
    assert two.shape == ()
    assert two.node.params == {"value": 2.0}
    assert (two.node.kind, x.node.kind, (x + x).node.kind) == ("constant", "input", "operation")
    assert not two.node.differentiable
    assert x.node.op_name == "input"
