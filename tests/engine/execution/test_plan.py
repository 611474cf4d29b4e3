"""The compiled plan against the naive interpreter, and its norms where plain ones fail."""

import itertools
from typing import Any

import numpy as np
import pytest

from engine.execution.plan import Plan
from engine.graph.differentiate import differentiate
from engine.graph.graph import Graph, Value
from engine.graph.interpret import interpret
from engine.support.errors import RunError
from tests.engine.graph.test_differentiate import random_graph


def filled(plan: Plan, leaves: dict[int, Any]) -> Plan:
    for node, array in leaves.items():
        if node in plan:
            plan.leaf(node)[...] = array
    return plan


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("seed", range(8))
def test_plan_is_the_interpreter_forward_and_backward(seed: int, dtype: Any) -> None:
    graph, objective, leaves = random_graph(seed)
    gradients = differentiate(graph, objective)
    wanted = {*gradients.by_node.values(), *gradients.by_edge.values()}
    plan = filled(Plan(graph, wanted, dtype), leaves)
    plan.run()
    expected = interpret(graph, leaves, dtype)
    for node in plan.order:
        assert plan.value(node).dtype == dtype
        np.testing.assert_array_equal(plan.value(node), expected[node], str(graph.nodes[node]))
    lengths = plan.norms(plan.order)
    for node, length in zip(plan.order, lengths, strict=True):
        exact = np.linalg.norm(expected[node].astype(np.float64).ravel())
        assert length == pytest.approx(exact, rel=1e-5, abs=1e-300)


@pytest.mark.parametrize("seed", range(4))
def test_in_ranges_is_at_once(seed: int) -> None:
    graph, objective, leaves = random_graph(seed)
    gradients = differentiate(graph, objective)
    once = filled(Plan(graph, gradients.by_node.values(), np.float64), leaves)
    once.run()
    parts = filled(Plan(graph, gradients.by_node.values(), np.float64), leaves)
    count = len(parts.order)
    cuts = [0, *sorted(np.random.default_rng(seed).integers(0, count, 5)), count]
    for start, stop in itertools.pairwise(cuts):
        parts.run(int(start), int(stop))
    for node in once.order:
        np.testing.assert_array_equal(parts.value(node), once.value(node))


def test_stop_after_a_node_computes_it_and_nothing_later() -> None:
    graph = Graph()
    x = graph.leaf("input", "x", (2,))
    first = x * 2.0
    second = first + 1.0
    plan = Plan(graph, [second.id], np.float64)
    plan.leaf(x.id)[...] = [1, 2]
    plan.run(0, plan.stop_after(first.id))
    assert plan.value(first.id).tolist() == [2, 4]
    assert np.isnan(plan.value(second.id)).all()
    assert plan.stop_after(x.id) == 0
    plan.run(plan.stop_after(first.id))
    assert plan.value(second.id).tolist() == [3, 5]


def test_only_what_the_targets_need_is_compiled() -> None:
    graph = Graph()
    x = graph.leaf("input", "x", ())
    unused = x.apply("exp")
    used = x * 2.0
    plan = Plan(graph, [used.id], np.float64)
    assert plan.order == [used.id]
    assert unused.id not in plan
    assert len(Plan(graph, [], np.float64).order) == 0


def test_a_second_run_takes_new_leaves_and_keeps_nothing() -> None:
    graph, objective, leaves = random_graph(1)
    plan = filled(Plan(graph, [objective.id], np.float64), leaves)
    plan.run()
    first = plan.value(objective.id).copy()
    filled(plan, {node: array + 1 for node, array in leaves.items()}).run()
    assert plan.value(objective.id) != first
    filled(plan, leaves).run()
    np.testing.assert_array_equal(plan.value(objective.id), first)


def test_leaves_and_outputs_may_be_the_callers() -> None:
    graph = Graph()
    x = graph.leaf("parameter", "x", (3,))
    y = x * 3.0
    flat = np.arange(6.0)
    plan = Plan(graph, [y.id], np.float64, {x.id: flat[:3]}, {y.id: flat[3:]})
    plan.run()
    assert flat.tolist() == [0, 1, 2, 0, 3, 6]
    flat[:3] = 1
    plan.run()
    assert flat[3:].tolist() == [3, 3, 3]
    assert plan.norms([x.id, y.id]) == pytest.approx([3**0.5, 27**0.5])


def test_values_are_read_only_views() -> None:
    graph = Graph()
    x = graph.leaf("input", "x", (3,))
    y = x * 3.0
    plan = Plan(graph, [y.id], np.float64)
    with pytest.raises(ValueError, match="read-only"):
        plan.value(y.id)[0] = 1


def views(graph: Graph, x: Value) -> list[Value]:
    """Transposes and reshapes upon one another; the last cannot be a view of a transpose."""
    turned = x.apply("transpose")
    flat = turned.apply("reshape", shape=(6,))
    return [turned, flat, flat.apply("reshape", shape=(2, 3)), turned.apply("transpose")]


def test_views_and_reshapes_of_what_is_not_contiguous() -> None:
    graph = Graph()
    x = graph.leaf("input", "x", (2, 3))
    made = views(graph, x)
    double = [value * 2.0 for value in made]
    plan = Plan(graph, [v.id for v in (*made, *double)], np.float64)
    for numbers in (np.arange(6.0).reshape(2, 3), np.ones((2, 3)) * 5):
        plan.leaf(x.id)[...] = numbers
        plan.run()
        expected = [numbers.T, numbers.T.ravel(), numbers.T.ravel().reshape(2, 3), numbers]
        for value, twice, wanted in zip(made, double, expected, strict=True):
            np.testing.assert_array_equal(plan.value(value.id), wanted)
            np.testing.assert_array_equal(plan.value(twice.id), 2 * wanted)
        exact = np.sqrt((numbers**2).sum())
        assert plan.norms([v.id for v in made]) == pytest.approx([exact] * 4)


def test_a_transpose_into_a_matrix_product() -> None:
    rng = np.random.default_rng(0)
    graph = Graph()
    a = graph.leaf("input", "a", (4, 3))
    b = graph.leaf("input", "b", (4, 5))
    product = a.apply("transpose") @ b
    back = product.apply("transpose") @ a.apply("transpose")
    plan = Plan(graph, [back.id], np.float64)
    left, right = rng.normal(size=(4, 3)), rng.normal(size=(4, 5))
    filled(plan, {a.id: left, b.id: right}).run()
    np.testing.assert_allclose(plan.value(back.id), (left.T @ right).T @ left.T, rtol=1e-13)


@pytest.mark.parametrize("size", [1e-30, 1e-38, 1e-44, 1e30, 3e37])
def test_norms_in_float32_where_squares_under_or_overflow(size: float) -> None:
    graph = Graph()
    x = graph.leaf("input", "x", (3, 4))
    same = x * 1.0
    turned = same.apply("transpose")
    plan = Plan(graph, [same.id, turned.id], np.float32)
    plan.leaf(x.id)[...] = np.full((3, 4), size, np.float32)
    plan.run()
    exact = float(np.float32(size)) * 12**0.5
    assert plan.norms([x.id, same.id, turned.id]) == pytest.approx([exact] * 3, rel=1e-6)


def test_norms_of_nan_infinity_zero_and_nothing() -> None:
    graph = Graph()
    x = graph.leaf("input", "x", (2,))
    y = x * 1.0
    empty = graph.leaf("input", "e", (0, 3)) * 1.0
    plan = Plan(graph, [y.id, empty.id], np.float32)
    for numbers, expected in (([np.nan, 1], np.nan), ([np.inf, 1], np.inf), ([0, 0], 0.0)):
        plan.leaf(x.id)[...] = numbers
        plan.run()
        np.testing.assert_equal(plan.norms([y.id, empty.id]), [expected, 0.0])


def test_nan_is_data_and_a_kernel_that_raises_names_node_and_formula(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    graph = Graph()
    x = graph.leaf("input", "x", (2,))
    z = graph.rename(x.apply("log"), "z")
    plan = Plan(graph, [z.id], np.float64)
    plan.leaf(x.id)[...] = [-1, 0]
    plan.run()
    np.testing.assert_equal(plan.value(z.id), [np.nan, -np.inf])

    def broken(*_: Any) -> None:
        raise ValueError("no good")

    object.__setattr__(plan, "_calls", [(broken, ())])
    with pytest.raises(RunError) as caught:
        plan.run()
    assert "z = ln x" in str(caught.value)
    assert "no good" in str(caught.value)
