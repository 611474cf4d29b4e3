"""Differentiation: the same graph extended, one contribution an edge, linear time."""

import time
from typing import Any

import numpy as np
import pytest

from engine.graph.differentiate import Gradients, differentiate
from engine.graph.graph import Graph, Value
from engine.graph.interpret import interpret
from engine.support.errors import GraphError


def scalar(graph: Graph, name: str) -> Value:
    return graph.leaf("parameter", name, ())


def gradient(graph: Graph, gradients: Gradients, of: Value, leaves: dict[int, Any]) -> float:
    return float(interpret(graph, leaves)[gradients.by_node[of.id]])


def test_square_by_multiplication_has_two_contributions() -> None:
    """∂(x·x)/∂x = x + x: 6 at 3, of which each of the two edges carries 3."""
    graph = Graph()
    x = scalar(graph, "x")
    y = x * x
    gradients = differentiate(graph, y)
    assert set(gradients.by_edge) == {(x.id, y.id, 0), (x.id, y.id, 1)}
    values = interpret(graph, {x.id: np.array(3.0)})
    assert [float(values[node]) for node in gradients.by_edge.values()] == [3, 3]
    assert values[gradients.by_node[x.id]] == 6


def test_fan_out_adds_up() -> None:
    """f = x + 2x + x² + sin x at 0.5: f′ = 1 + 2 + 2x + cos x."""
    graph = Graph()
    x = scalar(graph, "x")
    f = x * 1.0 + x * 2.0 + x**2 + x.apply("sin")
    gradients = differentiate(graph, f)
    found = gradient(graph, gradients, x, {x.id: np.array(0.5)})
    assert found == pytest.approx(1 + 2 + 1 + np.cos(0.5), rel=1e-14)
    assert sum(source == x.id for source, _, _ in gradients.by_edge) == 4


def test_objective_has_gradient_one_and_an_objective_that_is_a_leaf_too() -> None:
    graph = Graph()
    x = scalar(graph, "x")
    gradients = differentiate(graph, x)
    assert gradient(graph, gradients, x, {x.id: np.array(7.0)}) == 1
    assert gradients.by_edge == {}


@pytest.mark.parametrize("shape", [(1,), (2, 3), (1, 1)])
def test_an_objective_that_is_no_scalar_is_refused(shape: tuple[int, ...]) -> None:
    graph = Graph()
    x = graph.leaf("parameter", "x", shape)
    before = len(graph)
    with pytest.raises(GraphError, match=r"must be a scalar") as caught:
        differentiate(graph, graph.rename(x * 2.0, "out"))
    assert "'out'" in str(caught.value)
    assert len(graph) == before + 1


def test_what_the_objective_does_not_depend_on_has_no_gradient() -> None:
    graph = Graph()
    x, y = scalar(graph, "x"), scalar(graph, "y")
    target = graph.leaf("input", "t", (), differentiable=False)
    side = y * y
    f = x * target
    gradients = differentiate(graph, f)
    assert set(gradients.by_node) == {f.id, x.id}
    assert not {y.id, side.id, target.id} & set(gradients.by_node)
    assert set(gradients.by_edge) == {(x.id, f.id, 0)}


def test_piecewise_constant_operations_stop_the_gradient() -> None:
    graph = Graph()
    x = scalar(graph, "x")
    f = x.apply("sign") * x
    gradients = differentiate(graph, f)
    assert gradient(graph, gradients, x, {x.id: np.array(-3.0)}) == -1


def test_orders_and_origins() -> None:
    graph = Graph()
    with graph.group("layer"):
        x = scalar(graph, "x")
    f = x**3
    forward = len(graph)
    first = differentiate(graph, f)
    assert first.order == 1
    middle = len(graph)
    second = differentiate(graph, graph.value(first.by_node[x.id]))
    assert second.order == 2
    assert {node.order for node in graph.nodes[:forward]} == {0}
    assert {node.order for node in graph.nodes[forward:middle]} == {1}
    assert {node.order for node in graph.nodes[middle:]} == {2}
    assert all(node.origin is None for node in graph.nodes[:forward])
    assert all(node.origin in (x.id, f.id) for node in graph.nodes[forward:middle])
    made = graph.nodes[first.by_node[x.id]]
    assert (made.origin, made.group) == (x.id, ("layer",))


def test_third_derivative_of_a_cube() -> None:
    """(x⁴)‴ = 24 x: differentiating again needs nothing new."""
    graph = Graph()
    x = scalar(graph, "x")
    value = x**4
    for expected in (4 * 1.5**3, 12 * 1.5**2, 24 * 1.5):
        gradients = differentiate(graph, value)
        found = gradient(graph, gradients, x, {x.id: np.array(1.5)})
        assert found == pytest.approx(expected, rel=1e-13)
        value = graph.value(gradients.by_node[x.id])


def test_hessian_vector_product() -> None:
    """For f = ½ xᵀA x with a symmetric A, the gradient is A x and ∂⟨∇f, u⟩/∂x = A u."""
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(4, 4))
    matrix = matrix + matrix.T
    graph = Graph()
    x = graph.leaf("parameter", "x", (4,))
    a = graph.leaf("input", "A", (4, 4), differentiable=False)
    u = graph.leaf("input", "u", (4,), differentiable=False)
    f = (x @ (a @ x)) * 0.5
    first = differentiate(graph, f)
    second = differentiate(graph, graph.value(first.by_node[x.id]) @ u)
    leaves = {a.id: matrix, x.id: rng.normal(size=4), u.id: rng.normal(size=4)}
    values = interpret(graph, leaves)
    np.testing.assert_allclose(values[first.by_node[x.id]], matrix @ leaves[x.id], rtol=1e-12)
    np.testing.assert_allclose(values[second.by_node[x.id]], matrix @ leaves[u.id], rtol=1e-12)


BINARY = ("add", "subtract", "multiply", "maximum", "minimum")
UNARY = ("tanh", "sigmoid", "relu", "sin", "negate", "softplus", "abs", "exp")


def random_graph(seed: int) -> tuple[Graph, Value, dict[int, Any]]:
    rng = np.random.default_rng(seed)
    graph = Graph()
    shapes = [(), (3,), (2, 3), (2, 1)]
    values = [graph.leaf("parameter", f"x{k}", s) for k, s in enumerate(shapes)]
    leaves = {v.id: rng.normal(size=v.shape) for v in values}
    for _ in range(25):
        first = values[rng.integers(len(values))]
        if rng.random() < 0.5:
            second = values[rng.integers(len(values))]
            values.append(first.apply(str(rng.choice(BINARY)), second))
        else:
            values.append(first.apply(str(rng.choice(UNARY))).apply("tanh"))
    sums = [value.apply("sum") for value in values[-6:]]
    return graph, sums[0].apply("sum_all", *sums[1:]), leaves


@pytest.mark.parametrize("seed", range(8))
def test_a_gradient_is_the_sum_of_its_edges_and_the_derivative(seed: int) -> None:
    graph, objective, leaves = random_graph(seed)
    forward = len(graph)
    gradients = differentiate(graph, objective)
    values = interpret(graph, leaves)
    sums: dict[int, Any] = {}
    for (source, target, position), node in gradients.by_edge.items():
        assert graph.nodes[target].inputs[position] == source
        assert values[node].shape == graph.nodes[source].shape
        sums[source] = sums.get(source, 0) + values[node]
    for node, total in sums.items():
        assert node < forward
        np.testing.assert_allclose(values[gradients.by_node[node]], total, rtol=1e-12, atol=1e-12)
    for node, array in leaves.items():
        if node not in gradients.by_node:
            continue
        direction = np.random.default_rng(seed).normal(size=array.shape)

        def along(t: float, node: int = node, direction: Any = direction) -> float:
            moved = {**leaves, node: leaves[node] + t * direction}
            return float(interpret(graph, moved, last=objective.id, base=values)[objective.id])

        h = 1e-4
        numeric = (8 * (along(h) - along(-h)) - (along(2 * h) - along(-2 * h))) / (12 * h)
        analytic = float(np.sum(values[gradients.by_node[node]] * direction))
        assert analytic == pytest.approx(numeric, rel=1e-6, abs=1e-8)


def seconds(length: int) -> float:
    graph = Graph()
    x = scalar(graph, "x")
    value = x
    for _ in range(length):
        value = value * 0.999 + x
    begun = time.perf_counter()
    gradients = differentiate(graph, value)
    assert len(gradients.by_node) == 2 * length + 1
    return time.perf_counter() - begun


def test_time_is_linear_in_the_length_of_a_chain() -> None:
    """3000 nodes against 300: a square law would make it 100 times, allowed are 40."""
    short = min(seconds(300) for _ in range(5))
    assert min(seconds(3000) for _ in range(3)) < 40 * short
