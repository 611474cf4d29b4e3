"""Sums of products and biases as one product: what is found, and that its numbers are right."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.execution.affine_sums import ONE, find_affine
from engine.execution.parameter_vectors import Vectors
from engine.execution.passes import Pass
from engine.graph.graph import Graph, Value
from engine.model.model import Model, ModelLayer, Parameter
from engine.observe.observer import Observer
from engine.recipes.recipe import open_system
from engine.system.system import from_table
from engine.training.feed import Samples


def parameter(graph: Graph, name: str, *shape: int) -> Value:
    return graph.leaf("parameter", name, shape)


def test_a_layer_is_a_weight_a_bias_and_a_row_of_ones() -> None:
    graph = Graph()
    x = graph.leaf("input", "x", (3, 5))
    w, b = parameter(graph, "W", 2, 3), parameter(graph, "b", 2)
    z = (w @ x).apply("add_bias", b)
    found = find_affine(graph, {w.id: "a", b.id: "a"})
    assert [affine.node for affine in found.sums] == [z.id]
    assert found.parameters == ((w.id, b.id),)
    assert found.sources == ((x.id, ONE),)


def test_time_steps_share_rows_and_the_first_has_no_state() -> None:
    graph = Graph()
    x1, x2 = graph.leaf("input", "x1", (3, 5)), graph.leaf("input", "x2", (3, 5))
    w, u = parameter(graph, "W", 2, 3), parameter(graph, "U", 2, 2)
    b, c = parameter(graph, "b", 2), parameter(graph, "c", 2)
    z1 = (w @ x1).apply("add_bias", b).apply("add_bias", c)
    h1 = z1.apply("tanh")
    z2 = (w @ x2).apply("add_bias", b) + (u @ h1).apply("add_bias", c)
    found = find_affine(graph, dict.fromkeys((w.id, u.id, b.id, c.id), "cell"))
    assert [affine.node for affine in found.sums] == [z1.id, z2.id]
    assert found.parameters == ((w.id, b.id, c.id, u.id),)
    assert set(found.sources) == {(x1.id, ONE, ONE), (x2.id, ONE, ONE, h1.id)}


def refused(case: str) -> tuple[Graph, dict[int, str]]:
    graph = Graph()
    x = graph.leaf("input", "x", (2, 5))
    w, v, b = parameter(graph, "W", 2, 2), parameter(graph, "V", 2, 2), parameter(graph, "b", 2)
    layers = dict.fromkeys((w.id, v.id, b.id), "a")
    if case == "two layers":
        (w @ x).apply("add_bias", b)
        layers[b.id] = "b"
    elif case == "the same source twice":
        (w @ x) + (v @ x)
    elif case == "the same weight twice":
        (w @ x) + (w @ x.apply("tanh"))
    elif case == "a part that is read elsewhere":
        product = w @ x
        product.apply("add_bias", b) * product
    elif case == "a path around":
        x + (w @ x)
    elif case == "a source that lies elsewhere in memory":
        (w @ x.apply("transpose").apply("transpose")).apply("add_bias", b)
    elif case == "a constant weight":
        (x.apply("transpose") @ x).apply("add_bias", parameter(graph, "c", 5))
    return graph, layers


@pytest.mark.parametrize(
    "case",
    [
        "two layers",
        "the same source twice",
        "the same weight twice",
        "a part that is read elsewhere",
        "a path around",
        "a source that lies elsewhere in memory",
        "a constant weight",
    ],
)
def test_what_is_something_else_stays_as_it_is(case: str) -> None:
    assert find_affine(*refused(case)).sums == ()


def test_a_value_that_two_sums_want_in_different_places_is_in_one() -> None:
    """The upper layer of a stack reads a state that lies behind the lower layer's inputs."""
    system = from_table(
        {
            "layers": [
                {"type": "rnn", "units": 3, "sequence": True},
                {"type": "rnn", "units": 3},
                {"type": "linear"},
            ],
            "data": {"source": "digits"},
            "dtype": "float64",
        }
    )
    trainer = Observer(system)
    model = trainer.training.model
    found = find_affine(model.graph, {p.node: p.layer for p in model.parameters})
    places = [one for run in found.sources for one in run if one != ONE]
    assert len(places) == len(set(places))
    assert 0 < len(found.sums) < sum(n.op_name == "matmul" for n in model.graph.nodes)


@given(
    inputs=st.integers(1, 6),
    units=st.integers(1, 6),
    outputs=st.integers(1, 4),
    batch=st.integers(1, 7),
    l2=st.sampled_from([0.0, 0.3]),
    dtype=st.sampled_from(["float32", "float64"]),
)
def test_values_and_gradients_are_those_of_the_formulas(
    inputs: int, units: int, outputs: int, batch: int, l2: float, dtype: str
) -> None:
    """Goodfellow, Bengio, Courville, Deep Learning, algorithms 6.3 and 6.4, in plain numpy."""
    rng = np.random.default_rng(inputs + 7 * units + 49 * batch)
    x, y = rng.normal(size=(batch, inputs)), rng.normal(size=(batch, outputs))
    first = {"type": "linear", "units": units, "activation": "tanh"}
    layers = [first, {"type": "linear", "units": outputs}]
    loss = {"type": "squared_error", "l2": l2}
    system = from_table({"layers": layers, "loss": loss, "dtype": dtype})
    trainer = Observer(system, batch=Samples(x, y))
    w1, b1, w2, b2 = (np.array(a, np.float64) for a in trainer.parameters.values())
    trainer.finish_pass()
    h = np.tanh(w1 @ x.T + b1[:, None])
    o = w2 @ h + b2[:, None]
    compiled = trainer.current
    names = {node.name: node.id for node in compiled.plan.graph.nodes}
    relative, absolute = (1e-5, 1e-5) if dtype == "float32" else (1e-12, 1e-12)
    np.testing.assert_allclose(compiled.value(names["linear2.z"]), o, relative, absolute)
    g = np.array(compiled.gradient(names["linear2.z"]), np.float64)
    inner = (w2.T @ g) * (1 - h**2)
    expected = [inner @ x + l2 * w1, inner.sum(axis=1), g @ h.T + l2 * w2, g.sum(axis=1)]
    for found, right in zip(trainer.training.vectors.gradients.values(), expected, strict=True):
        np.testing.assert_allclose(found, right, relative, absolute)


@pytest.mark.parametrize("name", ["deep-mlp", "lstm", "gru", "tree-net", "lenet-digits"])
def test_a_weight_lies_by_columns_and_reads_by_rows(name: str) -> None:
    system = dataclasses.replace(open_system(name), dtype="float64")
    trainer = Observer(system)
    vectors, found = trainer.training.vectors, trainer.training.model.parameters
    assert list(vectors.parameters) == [p.name for p in found]
    assert [a.shape for a in vectors.gradients.values()] == [p.shape for p in found]
    vectors.theta[...] = np.arange(vectors.theta.size)
    everything = np.concatenate([array.ravel() for array in vectors.parameters.values()])
    assert sorted(everything) == list(range(vectors.theta.size))
    for part, layer in zip(vectors.parts, trainer.training.model.layers, strict=True):
        own = np.concatenate([vectors.parameters[name].ravel() for name in layer.parameters])
        assert sorted(own) == vectors.theta[part].tolist()


def gradients_of(build: Callable[[Graph], Value], *, joined: bool) -> dict[str, np.ndarray]:
    """The parameters' gradients of a graph of one layer, with its sums as products or apart."""
    graph = Graph()
    objective = build(graph)
    rng = np.random.default_rng(0)
    found = [node for node in graph.nodes if node.kind == "parameter"]
    parameters = tuple(
        Parameter(node.name, node.id, "a", node.shape, rng.normal(size=node.shape))
        for node in found
    )
    names = tuple(parameter.name for parameter in parameters)
    layers = (ModelLayer("a", (), names),)
    model = Model(graph, parameters, layers, objective.id, objective.id)
    affines = find_affine(graph, {p.node: "a" for p in parameters} if joined else {})
    assert bool(affines.sums) == joined
    dtype = np.dtype(np.float64)
    start = {p.name: np.asarray(p.start) for p in parameters}
    vectors = Vectors(model, start, dtype, affines.parameters)
    compiled = Pass(model, dtype, vectors, [vectors.theta, vectors.update], affines)
    for node in graph.nodes[: objective.id]:
        if node.kind == "input":
            compiled.plan.leaf(node.id)[...] = rng.normal(size=node.shape)
    compiled.train()
    compiled.gather()
    by_training = {name: array.copy() for name, array in vectors.gradients.items()}
    compiled.plan.run()
    compiled.gather()
    for name, array in vectors.gradients.items():
        np.testing.assert_array_equal(by_training[name], array, name)
    return by_training


def made_of_weights(graph: Graph) -> Value:
    """A sum whose source is computed, entry by entry, from a weight that lies by columns."""
    x = graph.leaf("input", "x", (3, 5))
    w, b = parameter(graph, "W", 4, 3), parameter(graph, "b", 4)
    v, d = parameter(graph, "V", 2, 4), parameter(graph, "d", 2)
    u = (v @ w.apply("tanh")).apply("add_bias", d)
    z = (w @ x).apply("add_bias", b)
    return (u @ x).apply("sum_squares") + z.apply("sum_squares")


def two_branches_in_time(graph: Graph) -> Value:
    """Two sums with one upstream gradient, and so one Σg for both biases, at each time step."""
    w, b = parameter(graph, "W", 3, 3), parameter(graph, "b", 3)
    v, d = parameter(graph, "V", 3, 3), parameter(graph, "d", 3)
    total = []
    for t in (1, 2):
        x = graph.leaf("input", f"x{t}", (3, 5))
        first = (w @ x).apply("add_bias", b)
        z = (x + first) + (v @ x.apply("tanh")).apply("add_bias", d)
        total.append(z.apply("sum_squares"))
    return total[0] + total[1]


@pytest.mark.parametrize("build", [made_of_weights, two_branches_in_time])
def test_products_give_the_gradients_that_the_parts_give(build: Callable[[Graph], Value]) -> None:
    joined, apart = gradients_of(build, joined=True), gradients_of(build, joined=False)
    for name, expected in apart.items():
        np.testing.assert_allclose(joined[name], expected, 1e-12, 1e-12, err_msg=name)


def test_norms_are_right_where_pages_are_of_different_layers() -> None:
    """An RNN's first step has one contribution for two biases, a tree's node has three of its own,
    of the same sizes."""
    layers = [{"type": "rnn", "units": 1, "sequence": True}] * 75
    layers += [{"type": "tree", "units": 1, "tree": "(((1 2) (3 4)) (5 6))"}, {"type": "linear"}]
    data = {"source": "trees", "batch_size": 4, "standardize": False}
    trainer = Observer(from_table({"layers": layers, "data": data, "dtype": "float64"}))
    trainer.train(2)
    compiled = trainer.current
    row = np.empty(compiled.training.size)
    compiled.train()
    assert compiled.record(row)
    recorded = compiled.recorded_norms(row)
    compiled.plan.run()
    exact = [np.linalg.norm(compiled.plan.value(node)) for node in compiled.recorded]
    np.testing.assert_allclose(recorded, exact, rtol=1e-6, atol=1e-300)
