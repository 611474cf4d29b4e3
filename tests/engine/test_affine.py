"""Sums of products and biases as one product: what is found, and that its numbers are right."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import catalogue
from engine.affine import ONE, find_affine
from engine.feed import Samples
from engine.graph import Graph, Value
from engine.system import from_table
from engine.trainer import Trainer


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
    trainer = Trainer(system)
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
    trainer = Trainer(system, batch=Samples(x, y))
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
    system = dataclasses.replace(catalogue.open_system(name), dtype="float64")
    trainer = Trainer(system)
    vectors, found = trainer.training.vectors, trainer.training.model.parameters
    assert list(vectors.parameters) == [p.name for p in found]
    assert [a.shape for a in vectors.gradients.values()] == [p.shape for p in found]
    vectors.theta[...] = np.arange(vectors.theta.size)
    everything = np.concatenate([array.ravel() for array in vectors.parameters.values()])
    assert sorted(everything) == list(range(vectors.theta.size))
    for part, layer in zip(vectors.parts, trainer.training.model.layers, strict=True):
        own = np.concatenate([vectors.parameters[name].ravel() for name in layer.parameters])
        assert sorted(own) == vectors.theta[part].tolist()
