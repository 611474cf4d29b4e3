"""Every operation of the registry against its declaration; a new operation needs no new test."""

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import mutually_broadcastable_shapes

from engine.expression.to_graph import functions
from engine.graph.differentiate import differentiate
from engine.graph.graph import Graph, Value
from engine.graph.interpret import interpret
from engine.graph.op import Op, Sample, find, register, registered
from engine.graph.symbols import formula_of, local_of, op_symbol
from engine.support.errors import GraphError, ShapeError

OPS = registered()
CASES = [
    (op, replace(sample, params={**op.defaults, **sample.params}))
    for op in OPS.values()
    for sample in op.samples
]
IDS = [f"{op.name}-{'-'.join(map(str, sample.shapes))}" for op, sample in CASES]
every_case = pytest.mark.parametrize(("op", "sample"), CASES, ids=IDS)


def softmax(x: Any, axis: Any = 0) -> Any:
    return np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True)


def hinge(o: Any, y: Any) -> float:
    """CS231n, SVM loss, by its own two loops."""
    total = 0.0
    for column, label in zip(o.T, y.argmax(axis=0)):
        total += sum(max(0, s - column[label] + 1) for k, s in enumerate(column) if k != label)
    return total / o.shape[1]


erf = np.vectorize(math.erf)
NUMPY_S_OWN = [
    "abs", "add", "broadcast_to", "cos", "divide", "exp", "greater_equal", "log", "matmul", "max",
    "maximum", "mean", "minimum", "multiply", "reciprocal", "reshape", "sign", "sin", "sqrt",
    "subtract", "sum", "tanh", "transpose",
]  # fmt: skip
REFERENCES: dict[str, Callable[..., Any]] = {
    "pow": np.power,
    "negate": np.negative,
    "scale": lambda x, factor: x * factor,
    "shift": lambda x, amount: x + amount,
    "one_minus": lambda x: 1 - x,
    "power": lambda x, exponent: x**exponent,
    "positive": lambda x: x > 0,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "relu": lambda x: x * (x > 0),
    "leaky_relu": lambda x, slope: np.where(x > 0, x, slope * x),
    "leaky_slope": lambda x, slope: np.where(x > 0, 1, slope),
    "elu": lambda x, alpha: np.where(x > 0, x, alpha * (np.exp(x) - 1)),
    "normal_cdf": lambda x: (1 + erf(x / np.sqrt(2))) / 2,
    "gelu": lambda x: x * (1 + erf(x / np.sqrt(2))) / 2,
    "silu": lambda x: x / (1 + np.exp(-x)),
    "softplus": lambda x: np.log(1 + np.exp(x)),
    "add_bias": lambda z, b: z + b.reshape(-1, *[1] * (z.ndim - 1)),
    "sum_to": lambda x, shape: x.sum(
        axis=tuple(k for k in range(-x.ndim, 0) if k < -len(shape) or shape[k] == 1)
    ).reshape(shape),
    "is_max": lambda x, axis=None, keepdims=False: x == x.max(axis=axis, keepdims=True),
    "logsumexp": lambda x, **axes: np.log(np.sum(np.exp(x), **axes)),
    "softmax": softmax,
    "sum_squares": lambda x: (x**2).sum(),
    "sum_all": lambda *xs: sum(xs),
    "mean_squared_error": lambda o, y: ((o - y) ** 2).mean(),
    "squared_error": lambda o, y: ((o - y) ** 2).sum() / 2 / o.shape[1],
    "softmax_cross_entropy": lambda o, y: -(y * np.log(softmax(o))).sum() / o.shape[1],
    "binary_cross_entropy": lambda o, y: (
        -np.mean(y * np.log(1 / (1 + np.exp(-o))) + (1 - y) * np.log(1 / (1 + np.exp(o))))
    ),
    "hinge": hinge,
    **{name: getattr(np, name) for name in OPS if name in NUMPY_S_OWN},
}


def draw(sample: Sample, seed: int = 0, dtype: Any = np.float64) -> list[Any]:
    rng = np.random.default_rng(seed)
    arrays = [np.asarray(rng.uniform(sample.low, sample.high, s), dtype) for s in sample.shapes]
    if sample.one_hot is not None:
        classes, batch = sample.shapes[sample.one_hot]
        arrays[sample.one_hot] = np.eye(classes, dtype=dtype)[rng.integers(classes, size=batch)].T
    return arrays


def computed(op: Op, arrays: list[Any], params: dict[str, Any]) -> Any:
    params = {**op.defaults, **params}
    shape = op.shape(*(a.shape for a in arrays), **params)
    out = np.full(shape, np.nan, arrays[0].dtype)
    function, arguments = op.bound_call(out, arrays, params)
    function(*arguments)
    return out


@every_case
def test_value_and_shape_are_the_books(op: Op, sample: Sample) -> None:
    if op.name not in REFERENCES:
        pytest.skip("no independent formula here")
    arrays = draw(sample)
    expected = np.asarray(REFERENCES[op.name](*arrays, **sample.params))
    assert op.shape(*sample.shapes, **sample.params) == expected.shape
    np.testing.assert_allclose(computed(op, arrays, sample.params), expected, rtol=1e-12)


@every_case
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_kernel_fills_out_in_its_dtype_and_leaves_inputs_alone(
    op: Op, sample: Sample, dtype: Any
) -> None:
    arrays = draw(sample, dtype=dtype)
    for a in arrays:
        a.flags.writeable = False
    out = computed(op, arrays, sample.params)
    assert out.dtype == dtype
    assert not np.isnan(out).any()
    exact = computed(op, [a.astype(np.float64) for a in arrays], sample.params)
    np.testing.assert_allclose(out, exact, rtol=30 * np.finfo(dtype).eps, atol=np.finfo(dtype).eps)


@every_case
def test_kernel_runs_again_on_the_same_buffers(op: Op, sample: Sample) -> None:
    arrays, fresh = draw(sample), draw(sample, seed=1)
    out = np.full(op.shape(*sample.shapes, **sample.params), np.nan)
    function, arguments = op.bound_call(out, arrays, sample.params)
    function(*arguments)
    for old, new in zip(arrays, fresh):
        old[...] = new
    function(*arguments)
    np.testing.assert_array_equal(out, computed(op, fresh, sample.params))


@pytest.mark.parametrize(("op", "sample"), [case for case in CASES if case[0].branch])
def test_branch_of_the_point_itself_is_the_kernel(op: Op, sample: Sample) -> None:
    arrays = draw(sample)
    assert op.branch is not None
    piece = op.branch(arrays, arrays, **sample.params)
    np.testing.assert_allclose(piece, computed(op, arrays, sample.params), rtol=1e-14)


@pytest.mark.parametrize(("op", "sample"), [case for case in CASES if case[0].view])
def test_view_is_of_the_inputs_memory(op: Op, sample: Sample) -> None:
    arrays = draw(sample)
    assert op.view is not None
    seen = op.view(arrays[0], **sample.params)
    assert np.shares_memory(seen, arrays[0])
    np.testing.assert_array_equal(seen, computed(op, arrays, sample.params))


@pytest.mark.parametrize("op", OPS.values(), ids=OPS)
def test_texts_are_present_and_can_be_filled_in(op: Op) -> None:
    known = {"y": "Y", "g": "G", "inputs": "A + B", **dict(zip("abcdefgh", "ABCDEFGH"))}
    assert op.samples
    for sample in op.samples:
        places = {**sample.params, **known}
        assert op.symbol.format(**places)
        assert op.formula.format(**places).startswith("Y = ")
        for position in range(len(sample.shapes)):
            assert op.local_text(position).format(**places)
            assert op.flow_text(position).format(**places)
    expected = 1 if op.variadic else len(op.samples[0].shapes)
    assert len(op.local) == len(op.pullbacks) == expected
    assert len(op.flow) in (0, expected)


@pytest.mark.parametrize("name", sorted({*functions()} & {*OPS} - {"power"}))
def test_texts_need_no_parameter_that_an_expression_may_leave_out(name: str) -> None:
    graph = Graph()
    shapes = OPS[name].samples[0].shapes
    inputs = [graph.leaf("input", f"x{k}", shape) for k, shape in enumerate(shapes)]
    try:
        node = graph.apply(OPS[name], *inputs).node
    except (GraphError, TypeError):
        pytest.skip("has parameters that it needs")
    assert op_symbol(node)
    assert formula_of(graph, node.id)
    assert all(local_of(graph, node.id, position) for position in range(len(shapes)))


def weighted(graph: Graph, value: Value, seed: int) -> tuple[Value, dict[int, Any]]:
    """⟨value, r⟩ with a random r, as a scalar to differentiate."""
    r = graph.leaf("input", f"r{seed}", value.shape, differentiable=False)
    numbers = np.random.default_rng(seed).normal(size=value.shape)
    return (value * r).apply("sum"), {r.id: numbers}


def central(f: Callable[[float], float], h: float = 1e-3) -> float:
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)


def compare(graph: Graph, objective: Value, leaves: dict[int, Any], wanted: list[int]) -> None:
    """Compare each entry of each gradient with central differences on the point's branch."""
    gradients = differentiate(graph, objective)
    values = interpret(graph, leaves)
    for node in wanted:
        found = gradients.by_node.get(node)
        for index in np.ndindex(*graph.nodes[node].shape):

            def along(t: float, node: int = node, index: Any = index) -> float:
                moved = leaves[node].copy()
                moved[index] += t
                run = interpret(graph, {**leaves, node: moved}, last=objective.id, base=values)
                return float(run[objective.id])

            analytic = 0.0 if found is None else values[found][index]
            scale = max(1.0, abs(float(values[objective.id])))
            assert analytic == pytest.approx(central(along), rel=1e-7, abs=1e-9 * scale)


@every_case
def test_first_and_second_order_against_central_differences(op: Op, sample: Sample) -> None:
    graph = Graph()
    inputs = [
        graph.leaf("input", f"x{k}", shape, differentiable=k != sample.one_hot)
        for k, shape in enumerate(sample.shapes)
    ]
    leaves = {v.id: a for v, a in zip(inputs, draw(sample))}
    wanted = [v.id for v in inputs if v.node.differentiable]
    total, weights = weighted(graph, graph.apply(op, *inputs, **sample.params), 1)
    leaves.update(weights)
    gradients = differentiate(graph, total)
    terms = []
    for k, node in enumerate(wanted):
        if node in gradients.by_node:
            term, weights = weighted(graph, graph.value(gradients.by_node[node]), 2 + k)
            leaves.update(weights)
            terms.append(term)
    compare(graph, total, leaves, wanted)
    if terms:
        compare(graph, terms[0].apply("sum_all", *terms[1:]), leaves, wanted)


@pytest.mark.parametrize("name", [op.name for op in OPS.values() if op.elementwise])
@given(data=st.data())
@settings(max_examples=15, deadline=None)
def test_broadcasting_and_its_gradient(name: str, data: st.DataObject) -> None:
    op = OPS[name]
    sample = op.samples[0]
    count = len(sample.shapes)
    shapes = data.draw(mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=3))
    graph = Graph()
    inputs = [graph.leaf("input", f"x{k}", s) for k, s in enumerate(shapes.input_shapes)]
    result = graph.apply(op, *inputs, **sample.params)
    assert result.shape == shapes.result_shape
    rng = np.random.default_rng(0)
    arrays = [rng.uniform(sample.low, sample.high, s) for s in shapes.input_shapes]
    total, leaves = weighted(graph, result, 1)
    leaves.update({v.id: np.asarray(a) for v, a in zip(inputs, arrays)})
    gradients = differentiate(graph, total)
    values = interpret(graph, leaves)
    for value in (v for v in inputs if v.id in gradients.by_node):
        direction = rng.normal(size=value.shape)

        def along(t: float, at: int = value.id, direction: Any = direction) -> float:
            moved = {**leaves, at: leaves[at] + t * direction}
            return float(interpret(graph, moved, last=total.id, base=values)[total.id])

        gradient = values[gradients.by_node[value.id]]
        assert gradient.shape == value.shape
        analytic = float(np.sum(gradient * direction))
        size = float(np.sum(np.abs(values[total.id]))) + 1
        assert analytic == pytest.approx(central(along), rel=1e-7, abs=1e-9 * size)


def test_activations_are_stable_far_out() -> None:
    x = np.array([-1e4, -800.0, 0.0, 800.0, 1e4])
    with np.errstate(over="raise", invalid="raise"):
        assert computed(OPS["sigmoid"], [x], {}).tolist() == [0, 0, 0.5, 1, 1]
        assert computed(OPS["softplus"], [x], {}).tolist() == [0, 0, math.log(2), 800, 1e4]
        assert computed(OPS["softmax"], [x], {}).tolist() == [0, 0, 0, 0, 1]
        assert computed(OPS["logsumexp"], [x], {}) == 1e4
        logits = np.array([[1e4], [-1e4]])
        right, wrong = np.array([[1.0], [0.0]]), np.array([[0.0], [1.0]])
        assert computed(OPS["softmax_cross_entropy"], [logits, right], {}) == 0
        assert computed(OPS["softmax_cross_entropy"], [logits, wrong], {}) == 2e4


@pytest.mark.parametrize(("name", "shapes"), [
    ("add", ((2,), (3,))), ("matmul", ((2, 3), (2, 3))), ("matmul", ((), (3,))),
    ("add_bias", ((2, 3), (3,))), ("softmax_cross_entropy", ((1, 4), (1, 4))),
    ("hinge", ((3, 4), (3, 5))), ("sum_all", ((2,), (3,))), ("mean_squared_error", ((2,), (2, 1))),
])  # fmt: skip
def test_misfits_name_the_operation_and_the_shapes(name: str, shapes: Any) -> None:
    graph = Graph()
    inputs = [graph.leaf("input", f"x{k}", s) for k, s in enumerate(shapes)]
    with pytest.raises(ShapeError, match=name) as caught:
        inputs[0].apply(name, *inputs[1:])
    for shape in shapes:
        assert " × ".join(map(str, shape)) in str(caught.value)


def test_registry_refuses_a_second_declaration_and_knows_the_nearest_name() -> None:
    with pytest.raises(GraphError, match="declared twice"):
        register(OPS["add"])
    with pytest.raises(GraphError, match="sigmoid"):
        find("sigmiod")
