"""Batch and layer normalisation: moments, the paths through them, running statistics."""

from typing import Any

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.support.errors import EngineError
from engine.system.build import build
from engine.system.system import System, from_table
from engine.training.feed import Samples

X = np.random.default_rng(0).normal(3.0, 2.0, size=(12, 5))
Y = np.random.default_rng(1).normal(size=(12, 2))


def system(*layers: dict[str, Any], **more: Any) -> System:
    return from_table({
        "layers": [*layers, {"type": "linear", "units": 2}], "dtype": "float64",
        "loss": {"type": "squared_error"}, **more,
    })  # fmt: skip


def finished(*layers: dict[str, Any], x: Any = X, **more: Any) -> Observer:
    trainer = Observer(system(*layers), batch=Samples(x, Y[: len(x)]), **more)
    trainer.finish_pass()
    return trainer


def value(trainer: Observer, name: str) -> Any:
    return trainer.current.value(trainer.current.model.graph.value(name).id)


def gradient(trainer: Observer, name: str) -> Any:
    found = trainer.current.gradient(trainer.current.model.graph.value(name).id)
    assert found is not None
    return found


@pytest.mark.parametrize(("kind", "axis"), [("batch_norm", 1), ("layer_norm", 0)])
def test_mean_0_and_variance_1_over_the_batch_or_the_features(kind: str, axis: int) -> None:
    normal = value(finished({"type": kind}), f"{kind}1.normal")
    np.testing.assert_allclose(normal.mean(axis=axis), 0, atol=1e-12)
    np.testing.assert_allclose(normal.var(axis=axis), 1, rtol=1e-4)


@pytest.mark.parametrize("kind", ["batch_norm", "layer_norm"])
def test_gamma_and_beta_scale_and_shift_each_feature(kind: str) -> None:
    gamma, beta = np.arange(1.0, 6.0), np.arange(5.0)
    given = {f"{kind}1.weight": gamma, f"{kind}1.bias": beta}
    trainer = finished({"type": kind}, parameters=given)
    expected = value(trainer, f"{kind}1.normal") * gamma[:, None] + beta[:, None]
    np.testing.assert_allclose(value(trainer, f"{kind}1.h"), expected, rtol=1e-14)
    start = finished({"type": kind}).parameters
    assert start[f"{kind}1.weight"].tolist() == [1] * 5
    assert start[f"{kind}1.bias"].tolist() == [0] * 5


@pytest.mark.parametrize(("kind", "axis"), [("batch_norm", 1), ("layer_norm", 0)])
def test_the_gradient_has_the_three_terms_of_the_paper(kind: str, axis: int) -> None:
    """∂J/∂x = (g − mean g − x̂ mean(g x̂)) / √(σ² + ε): straight, by the mean, by the variance."""
    trainer = finished({"type": kind})
    normal, g = value(trainer, f"{kind}1.normal"), gradient(trainer, f"{kind}1.normal")
    deviation = np.sqrt(value(trainer, f"{kind}1.variance") + 1e-5)
    by_mean = g.mean(axis=axis, keepdims=True)
    by_variance = normal * (g * normal).mean(axis=axis, keepdims=True)
    expected = (g - by_mean - by_variance) / deviation
    np.testing.assert_allclose(gradient(trainer, "x"), expected, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("kind", ["batch_norm", "layer_norm"])
def test_the_paths_through_mean_and_variance_are_drawn(kind: str) -> None:
    trainer = finished({"type": kind})
    graph = trainer.current.model.graph
    node = {name: graph.value(name).id for name in ("x", f"{kind}1.mean", f"{kind}1.variance")}
    targets = {target for source, target, _ in trainer.current.edges if source == node["x"]}
    assert node[f"{kind}1.mean"] in targets
    assert len(targets) == 2  # the mean, and x − μ
    for name in node:
        assert np.abs(gradient(trainer, name)).max() > 0 or name.endswith(".mean")


def test_batch_norm_keeps_running_averages_with_the_unbiased_variance() -> None:
    trainer = finished({"type": "batch_norm", "momentum": 0.25})
    trainer.train_step()
    statistics = trainer.training.statistics
    mean, variance = (statistics[f"batch_norm1.running_{n}"].ravel() for n in ("mean", "var"))
    np.testing.assert_allclose(mean, 0.25 * X.mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(variance, 0.75 + 0.25 * X.var(axis=0, ddof=1), rtol=1e-12)


def test_running_averages_go_back_in_time_with_the_rest() -> None:
    trainer = finished({"type": "batch_norm"})
    for _ in range(3):
        trainer.train_step()
    kept = {name: array.copy() for name, array in trainer.training.statistics.items()}
    for _ in range(3):
        trainer.train_step()
    trainer.rewind(3)
    for name, array in trainer.training.statistics.items():
        np.testing.assert_array_equal(array, kept[name])


def test_evaluation_uses_the_running_statistics_and_not_the_batchs() -> None:
    layers = [{"type": "batch_norm"}]
    training = build(system(*layers), ((5,),), 2, 12)
    evaluation = build(system(*layers), ((5,),), 2, 12, training=False)
    assert [s.name for s in training.statistics] == [s.name for s in evaluation.statistics]
    assert [p.name for p in training.parameters] == [p.name for p in evaluation.parameters]
    assert "batch_norm1.mean" in training.graph
    assert "batch_norm1.mean" not in evaluation.graph


def test_evaluating_changes_neither_statistics_nor_parameters() -> None:
    chosen = from_table({
        "layers": [{"type": "batch_norm"}, {"type": "linear"}], "data": {"source": "iris"},
    })  # fmt: skip
    trainer = Observer(chosen)
    trainer.train_step()
    before = {name: array.copy() for name, array in trainer.training.statistics.items()}
    theta = trainer.theta.copy()
    first, second = trainer.evaluate(), trainer.evaluate()
    assert first == second
    np.testing.assert_array_equal(trainer.theta, theta)
    for name, array in trainer.training.statistics.items():
        np.testing.assert_array_equal(array, before[name])


def test_pictures_are_normalised_by_channel_over_places_and_batch() -> None:
    x = np.random.default_rng(2).normal(size=(12, 2 * 3 * 3))
    convolution = {"type": "conv2d", "channels": 4, "kernel_size": 2}
    layers: list[dict[str, Any]] = [convolution, {"type": "batch_norm"}, {"type": "flatten"}]
    samples = Samples(x, Y, picture=(2, 3, 3))
    trainer = Observer(system(*layers), batch=samples)
    trainer.finish_pass()
    assert trainer.parameters["batch_norm1.weight"].shape == (4,)
    normal = value(trainer, "batch_norm1.normal")
    np.testing.assert_allclose(normal.mean(axis=(1, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(normal.var(axis=(1, 2, 3)), 1, rtol=1e-3)


def test_a_constant_feature_and_a_batch_of_one_stay_finite() -> None:
    for x in (np.ones((12, 5)), X[:1]):
        trainer = finished({"type": "batch_norm"}, x=x)
        trainer.train_step()
        assert np.isfinite(trainer.theta).all()
        assert all(np.isfinite(s).all() for s in trainer.training.statistics.values())


@pytest.mark.parametrize("kind", ["batch", "layer"])
def test_as_a_setting_of_a_linear_layer_it_is_the_layer_of_its_own(kind: str) -> None:
    """Linear, normalisation and activation in one layer or in three: the same numbers."""
    random = np.random.default_rng(3)
    given = {"linear1.weight": random.normal(size=(4, 5)),
             "linear2.weight": random.normal(size=(2, 4))}  # fmt: skip
    one = finished(
        {"type": "linear", "units": 4, "normalization": kind, "activation": "tanh"},
        parameters=given,
    )
    three = finished(
        {"type": "linear", "units": 4}, {"type": f"{kind}_norm"},
        {"type": "activation", "activation": "tanh"}, parameters=given,
    )  # fmt: skip
    np.testing.assert_array_equal(value(one, "linear1.h"), value(three, "activation1.h"))
    np.testing.assert_array_equal(
        gradient(one, "linear1.weight"), gradient(three, "linear1.weight")
    )
    assert one.parameters["linear1.norm.weight"].shape == (4,)
    assert [layer.name for layer in one.training.model.layers] == ["linear1", "linear2"]
    assert one.current.model.graph.value("linear1.norm.h").node.group == ("linear1", "norm")
    assert bool(one.training.statistics) == (kind == "batch")


def test_gamma_is_not_regularised() -> None:
    chosen = system({"type": "layer_norm"}, loss={"type": "squared_error", "l2": 0.1})
    graph = build(chosen, ((5,),), 2, 4).graph
    assert "linear1.weight.norm" in graph
    assert "layer_norm1.weight.norm" not in graph


def test_other_spellings_and_bad_values() -> None:
    assert system({"type": "layer_norm", "epsilon": 0.1}).layers[0].eps == 0.1  # type: ignore[attr-defined]
    with pytest.raises(EngineError, match=r"layers\.0\.eps"):
        system({"type": "batch_norm", "eps": 0})
    with pytest.raises(EngineError, match=r"layers\.0\.normalization.*batch"):
        system({"type": "linear", "normalization": "bacth"})
