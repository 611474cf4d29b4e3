"""Every number that the books give for the systems of the catalogue, through the public engine."""

import math
from typing import Any

import numpy as np
import pytest

from engine.data.batches import Sampler
from engine.graph.graph import Node
from engine.messages.state_paths import state_paths
from engine.observe.observer import Observer
from engine.system import catalogue
from engine.system.system import System, override
from engine.training.feed import Feed, Samples


def finished(system: System | str, **more: Any) -> Observer:
    trainer = Observer(catalogue.load(system) if isinstance(system, str) else system, **more)
    trainer.finish_pass()
    return trainer


def node(trainer: Observer, name: str) -> Node:
    return trainer.current.model.graph.value(name).node


def value(trainer: Observer, name: str) -> Any:
    return trainer.current.value(node(trainer, name).id)


def gradient(trainer: Observer, name: str) -> Any:
    found = trainer.current.gradient(node(trainer, name).id)
    assert found is not None
    return found


def carried(trainer: Observer, source: str, target: str, position: int) -> Any:
    edge = node(trainer, source).id, node(trainer, target).id, position
    found = trainer.current.contribution(edge)
    assert found is not None
    return found


def test_the_eleven_systems_are_in_the_catalogue_with_title_and_source() -> None:
    entries = {entry.name: entry for entry in catalogue.entries()}
    assert {
        "d2l-mlp", "d2l-mlp-bias", "cs231n-add-mul", "cs231n-gates", "cs231n-sigmoid",
        "input-scaling", "mindspore-mlp", "pytorch-241", "single-neuron", "autodiff-xy", "deep-mlp",
    } <= set(entries)  # fmt: skip
    assert all(entry.title and entry.source for entry in entries.values())


LAMBDA = 0.001


@pytest.mark.parametrize("name", ["d2l-mlp", "d2l-mlp-bias"])
def test_d2l_every_equation_of_the_book(name: str) -> None:
    trainer = finished(name)
    x, y, z, h, o = (value(trainer, n) for n in ("x", "y", "z", "h", "o"))
    W1, W2 = value(trainer, "W⁽¹⁾"), value(trainer, "W⁽²⁾")
    with_bias = name.endswith("bias")
    b1 = value(trainer, "b⁽¹⁾")[:, None] if with_bias else 0
    b2 = value(trainer, "b⁽²⁾")[:, None] if with_bias else 0
    np.testing.assert_allclose(z, W1 @ x + b1, rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(h, np.tanh(z), rtol=1e-12)
    np.testing.assert_allclose(o, W2 @ h + b2, rtol=1e-12, atol=1e-14)
    p = np.exp(o) / np.exp(o).sum(axis=0)
    L, s, J = (float(value(trainer, n)) for n in ("L", "s", "J"))
    assert pytest.approx(-np.mean(np.log((p * y).sum(axis=0))), rel=1e-12) == L
    assert s == pytest.approx(LAMBDA / 2 * ((W1**2).sum() + (W2**2).sum()), rel=1e-12)
    assert pytest.approx(L + s, rel=1e-14) == J

    assert gradient(trainer, "J") == gradient(trainer, "L") == gradient(trainer, "s") == 1
    do, dh, dz = (gradient(trainer, n) for n in ("o", "h", "z"))
    np.testing.assert_allclose(do, (p - y) / x.shape[1], rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(dh, W2.T @ do, rtol=1e-12, atol=1e-16)
    np.testing.assert_allclose(dz, dh * (1 - np.tanh(z) ** 2), rtol=1e-11, atol=1e-16)
    np.testing.assert_allclose(gradient(trainer, "W⁽²⁾"), do @ h.T + LAMBDA * W2, rtol=1e-9)
    np.testing.assert_allclose(gradient(trainer, "W⁽¹⁾"), dz @ x.T + LAMBDA * W1, atol=1e-14)
    if with_bias:
        np.testing.assert_allclose(gradient(trainer, "b⁽²⁾"), do.sum(axis=1), atol=1e-15)
        np.testing.assert_allclose(gradient(trainer, "b⁽¹⁾"), dz.sum(axis=1), atol=1e-15)


@pytest.mark.parametrize("name", ["d2l-mlp", "d2l-mlp-bias"])
def test_d2l_two_contributions_meet_at_each_weight_one_at_each_bias(name: str) -> None:
    trainer = finished(name)
    compiled = trainer.current
    graph = compiled.model.graph
    for parameter in compiled.model.parameters:
        weight = graph.nodes[parameter.node]
        parts: list[tuple[Node, Any]] = [
            (graph.nodes[target], compiled.contribution((source, target, position)))
            for source, target, position in compiled.edges
            if source == weight.id
        ]
        assert len(parts) == (2 if parameter.name.endswith("weight") else 1)
        total = compiled.gradient(weight.id)
        assert total is not None
        np.testing.assert_allclose(sum(part for _, part in parts), total, rtol=1e-12, atol=1e-17)
        if len(parts) == 2:
            from_s = next(part for target, part in parts if target.op_name == "sum_squares")
            np.testing.assert_allclose(from_s, LAMBDA * compiled.value(weight.id), rtol=1e-12)


def test_d2l_names_are_the_books() -> None:
    plain = {info.name for info in finished("d2l-mlp").topology.nodes}
    assert {"x", "y", "W⁽¹⁾", "z", "h", "W⁽²⁾", "o", "L", "s", "J"} <= plain
    assert not {"b⁽¹⁾", "b⁽²⁾"} & plain
    biased = {info.name for info in finished("d2l-mlp-bias").topology.nodes}
    assert {"b⁽¹⁾", "b⁽²⁾"} <= biased


EXACT: list[tuple[str, dict[str, float], dict[str, float]]] = [
    ("cs231n-add-mul", {"q": 3, "f": -12}, {"q": -4, "z": 3, "x": -4, "y": -4, "f": 1}),
    ("cs231n-gates", {"f": -20}, {"x": -8, "y": 6, "z": 2, "w": 0}),
    ("autodiff-xy", {"y": 6}, {"x0": 2, "x1": 5}),
]


@pytest.mark.parametrize(("name", "values", "gradients"), EXACT)
def test_small_graphs_have_the_books_numbers_exactly(
    name: str, values: dict[str, float], gradients: dict[str, float]
) -> None:
    trainer = finished(name)
    assert {n: float(value(trainer, n)) for n in values} == values
    assert {n: float(gradient(trainer, n)) for n in gradients} == gradients


def test_gates_add_distributes_max_routes_multiply_swaps() -> None:
    trainer = finished("cs231n-gates")
    compiled = trainer.current
    by_op = {n.op_name: n for n in compiled.model.graph.nodes[: compiled.forward_nodes]}
    add, maximum, multiply = by_op["add"], by_op["maximum"], by_op["multiply"]
    arriving = compiled.gradient(add.id)
    assert arriving == 2
    assert compiled.gradient(multiply.id) == compiled.gradient(maximum.id) == arriving
    for position, name in enumerate("zw"):
        part = compiled.contribution((node(trainer, name).id, maximum.id, position))
        assert part == (2 if name == "z" else 0)
    x, y = value(trainer, "x"), value(trainer, "y")
    assert gradient(trainer, "x") == arriving * y == -8
    assert gradient(trainer, "y") == arriving * x == 6


@pytest.mark.parametrize("name", ["cs231n-sigmoid", "cs231n-sigmoid-op"])
def test_sigmoid_neuron_both_ways(name: str) -> None:
    trainer = finished(name)
    assert float(value(trainer, "f")) == pytest.approx(0.731059, abs=5e-7)
    slope = math.exp(-1) / (1 + math.exp(-1)) ** 2
    assert slope == pytest.approx(0.196612, abs=5e-7)
    expected = {"w0": -0.196612, "w1": -0.393224, "w2": 0.196612, "x0": 0.393224, "x1": -0.589836}
    for leaf, number in expected.items():
        assert float(gradient(trainer, leaf)) == pytest.approx(number, abs=5e-7)
        factor = {"w0": -1, "w1": -2, "w2": 1, "x0": 2, "x1": -3}[leaf]
        assert float(gradient(trainer, leaf)) == pytest.approx(factor * slope, rel=1e-14)
    ops = {info.op for info in trainer.topology.nodes}
    assert ("sigmoid" in ops) == name.endswith("-op")
    assert ("exp" in ops) != name.endswith("-op")


def test_autodiff_xy_three_contributions_meet_at_x1() -> None:
    """∂(x₀x₁)/∂x₁ = x₀ = 1, and x₁·x₁ gives x₁ = 2 by each of its two edges."""
    trainer = finished("autodiff-xy")
    x1 = node(trainer, "x1").id
    parts = [
        float(trainer.current.contribution(edge))  # type: ignore[arg-type]
        for edge in trainer.current.edges
        if edge[0] == x1
    ]
    assert sorted(parts) == [1, 2, 2]


def test_input_scaling_by_1000_makes_the_weight_gradient_1000_times() -> None:
    system = catalogue.load("input-scaling")
    plain, scaled = finished(system), finished(override(system, "data.input_scale", 1000.0))
    np.testing.assert_array_equal(gradient(plain, "o"), gradient(scaled, "o"))
    np.testing.assert_allclose(
        gradient(scaled, "W"), 1000 * gradient(plain, "W"), rtol=1e-12, atol=1e-12
    )
    power = finished(override(system, "data.input_scale", 1024.0))  # a power of two is exact
    np.testing.assert_array_equal(gradient(power, "W"), 1024 * gradient(plain, "W"))


def test_input_scaling_the_multiply_gate_exchanges_magnitudes() -> None:
    system = override(catalogue.load("input-scaling"), "data.input_scale", 1000.0)
    trainer = finished(system)
    trainer.train_step()  # the weights start at zero, and nothing reaches the inputs before
    upstream = gradient(trainer, "x_scaled")
    to_x = carried(trainer, "x", "x_scaled", 0)
    to_scale = carried(trainer, "input_scale", "x_scaled", 1)
    np.testing.assert_array_equal(to_x, upstream * 1000)
    assert float(to_scale) == pytest.approx(float((upstream * value(trainer, "x")).sum()))


def test_input_scaling_the_rate_divided_by_the_square_compensates_for_the_weights() -> None:
    """The output's change by a weight's update is rate · scale² · the same: equal when divided."""
    system = catalogue.load("input-scaling")
    system = override(override(system, "names", {}), "layers.0.bias", False)
    plain = finished(system)
    scaled = override(system, "data.input_scale", 1024.0)
    scaled = override(scaled, "optimizer.learning_rate", 0.1 / 1024.0**2)
    other = finished(scaled)
    for _ in range(20):
        plain.train_step()
        other.train_step()
    assert other.objective_and_loss()[0] == pytest.approx(plain.objective_and_loss()[0], rel=1e-9)


def test_mindspore_the_seven_lines_are_the_seven_phases() -> None:
    stages: list[str] = []
    for operation in finished("mindspore-mlp").topology.operations:
        if not stages or stages[-1] != operation.stage:
            stages.append(operation.stage)
    assert len(stages) == 7
    assert "hidden" in stages[1]
    assert "output" in stages[2]
    assert "output" in stages[4]
    assert "hidden" in stages[5]


def test_mindspore_loss_is_half_the_squares_and_an_epoch_uses_each_sample_once() -> None:
    trainer = finished("mindspore-mlp")
    difference = value(trainer, "ŷ") - value(trainer, "y")
    expected = 0.5 * (difference**2).sum() / difference.shape[1]
    assert trainer.objective_and_loss()[0] == pytest.approx(expected, rel=1e-12)
    np.testing.assert_allclose(gradient(trainer, "ŷ"), difference / 16, rtol=1e-12)
    h = value(trainer, "h")
    np.testing.assert_allclose(
        gradient(trainer, "z"), gradient(trainer, "h") * h * (1 - h), rtol=1e-9, atol=1e-16
    )
    sampler = Feed(catalogue.load("mindspore-mlp")).sampler
    assert isinstance(sampler, Sampler)
    for epoch in range(3):
        first = epoch * sampler.steps_per_epoch
        used = [sampler.indices(first + k) for k in range(sampler.steps_per_epoch)]
        assert sorted(np.concatenate(used)) == list(range(120))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_single_neuron_computes_what_the_dtype_computes(dtype: str) -> None:
    trainer = finished(override(catalogue.load("single-neuron"), "dtype", dtype))
    z = float(value(trainer, "z").item())
    rules = {finding.rule: finding for finding in trainer.diagnose()}
    if dtype == "float64":
        assert z == pytest.approx(2.8e-17, abs=0.05e-17)
        np.testing.assert_allclose(gradient(trainer, "w"), [[-2, -4]], rtol=1e-14)
        np.testing.assert_allclose(gradient(trainer, "b"), [-2], rtol=1e-14)
        assert "dead ReLU" not in rules
    else:
        assert z == pytest.approx(-2.2e-8, abs=0.05e-8)
        assert not trainer.gradient.any()
        assert "dead ReLU" in rules
    assert "on the kink" in rules


def test_deep_mlp_from_5_to_100_layers_vanishes_explodes_and_is_cured() -> None:
    system = catalogue.load("deep-mlp")
    batch = Samples(Feed(system).train.x[:32], Feed(system).train.y[:32])

    def ratio(layers: int, activation: str, initializer: Any) -> float:
        changed = override(system, "layers.0.repeat", layers)
        changed = override(changed, "layers.0.activation", activation)
        changed = override(changed, "layers.0.initializer", initializer)
        trainer = finished(override(changed, "dtype", "float64"), batch=batch)
        norms = trainer.take_frame().layer_gradient_norm
        assert len(norms) == layers + 1
        return float(norms[0] / norms[-1])

    assert ratio(5, "sigmoid", "xavier_uniform") < 0.05
    assert ratio(30, "sigmoid", "xavier_uniform") < 1e-12
    assert ratio(30, "tanh", {"type": "normal", "std": 1.0}) > 1e6
    assert 1e-2 < ratio(30, "relu", "he_normal") < 1e2
    assert 1e-4 < ratio(100, "relu", "he_normal") < 1e4


def test_deep_mlp_norms_are_right_in_float32_where_plain_sums_of_squares_underflow() -> None:
    system = override(catalogue.load("deep-mlp"), "layers.0.repeat", 50)
    system = override(system, "layers.0.activation", "sigmoid")
    system = override(system, "layers.0.initializer", "xavier_uniform")
    single = finished(system)
    double = finished(override(system, "dtype", "float64"))
    found = single.take_frame().layer_gradient_norm
    exact = double.take_frame().layer_gradient_norm
    assert exact[0] < 1e-22
    np.testing.assert_allclose(found, exact, rtol=1e-3)
    weight = single.current.gradient(node(single, "hidden1.weight").id)
    assert weight is not None
    assert np.linalg.norm(weight) == 0 or np.linalg.norm(weight) < exact[0]


def test_what_the_tour_says_of_an_rnn_and_an_lstm_after_600_steps() -> None:
    """README, tour, point 7: how much of the last time step's gradient arrives at the first."""

    def arriving(name: str, letter: str, steps: int) -> float:
        trainer = finished(name)
        trainer.train(steps)
        (path,) = (p for p in state_paths(trainer.topology) if p.letter == letter)
        norms = trainer.take_frame().gradient_norm[list(path.nodes)]
        return float(norms[0] / norms[-1])

    assert arriving("adding-rnn", "h", 600) < 1e-3
    assert 0.5 < arriving("adding-lstm", "c", 600) < 2
    assert arriving("adding-rnn", "h", 0) > 1 > 1e-6 > arriving("adding-lstm", "c", 0)
