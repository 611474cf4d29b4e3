"""The rules of diagnosis: each fires on the evidence it names, and is silent on health."""

from typing import Any

import numpy as np
import pytest

from engine.messages.frame import Finding
from engine.observe.observer import Observer
from engine.system import catalogue
from engine.system.system import System, from_table, override
from engine.training.feed import Samples


def findings(system: System, steps: int = 0, **more: Any) -> dict[str, Finding]:
    trainer = Observer(system, **more)
    trainer.finish_pass()
    for _ in range(steps):
        trainer.train_step()
    return {finding.rule: finding for finding in trainer.diagnose()}


def deep(layers: int, activation: str, initializer: Any, **more: Any) -> System:
    system = catalogue.load("deep-mlp")
    for key, value in {
        "layers.0.repeat": layers,
        "layers.0.activation": activation,
        "layers.0.initializer": initializer,
        **{key.replace("__", "."): value for key, value in more.items()},
    }.items():
        system = override(system, key, value)
    return system


def test_health_has_no_findings() -> None:
    for name in ("d2l-mlp", "d2l-mlp-bias", "deep-mlp", "mindspore-mlp", "cs231n-gates"):
        assert findings(catalogue.load(name)) == {}, name
    assert findings(deep(30, "relu", "he_normal")) == {}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_vanishing_with_30_sigmoid_layers(dtype: str) -> None:
    found = findings(deep(30, "sigmoid", "xavier_uniform", dtype=dtype))
    finding = found["vanishing gradient"]
    assert finding.where == "hidden1"
    assert "output" in finding.evidence
    assert "ReLU" in finding.remedy


def test_vanishing_down_to_exact_zero_is_vanishing_too() -> None:
    found = findings(deep(100, "sigmoid", {"type": "normal", "std": 0.01}))
    assert "vanishing gradient" in found


@pytest.mark.parametrize("activation", ["relu", "tanh", "identity"])
def test_exploding_with_too_large_a_normal(activation: str) -> None:
    found = findings(deep(30, activation, {"type": "normal", "std": 1.0}))
    assert "exploding gradient" in found
    assert found["exploding gradient"].where in [*(f"hidden{k}" for k in range(1, 31)), "output"]
    assert "vanishing gradient" not in found


def test_the_remedies_named_cure() -> None:
    assert "vanishing gradient" in findings(deep(20, "sigmoid", "xavier_uniform"))
    assert findings(deep(20, "relu", "he_normal")) == {}


LINEAR = {"type": "linear", "units": 4, "activation": "relu"}


def test_dead_relu_counts_units_that_are_zero_for_every_sample() -> None:
    system = from_table({"layers": [LINEAR, {"type": "linear"}], "loss": {"type": "squared_error"}})
    batch = Samples(np.ones((3, 2)), np.ones((3, 1)))
    weight = np.array([[1.0, 1.0], [-1.0, -1.0], [-1.0, -1.0], [-1.0, -1.0]])
    found = findings(system, parameters={"linear1.weight": weight}, batch=batch)["dead ReLU"]
    assert found.where == "linear1.h"
    assert found.evidence.startswith("3 of 4")
    healthy = findings(system, parameters={"linear1.weight": abs(weight)}, batch=batch)
    assert "dead ReLU" not in healthy


def test_a_unit_that_lives_for_one_sample_is_not_dead() -> None:
    system = from_table({"layers": [LINEAR, {"type": "linear"}], "loss": {"type": "squared_error"}})
    batch = Samples(np.array([[1.0], [-1.0]]), np.ones((2, 1)))
    weight = np.array([[1.0], [-1.0], [2.0], [-2.0]])
    assert findings(system, parameters={"linear1.weight": weight}, batch=batch) == {}


@pytest.mark.parametrize(("dtype", "dead"), [("float64", False), ("float32", True)])
def test_single_neuron_sits_on_the_kink_in_both_dtypes(dtype: str, dead: bool) -> None:
    found = findings(override(catalogue.load("single-neuron"), "dtype", dtype))
    kink = found["on the kink"]
    assert "z" in kink.evidence
    assert dtype in kink.evidence
    assert ("2.78·10⁻¹⁷" if dtype == "float64" else "−2.2") in kink.evidence
    assert ("dead ReLU" in found) == dead


def test_far_from_the_kink_there_is_no_such_finding() -> None:
    system = override(catalogue.load("single-neuron"), "data.x", [[1.0, 1.0]])
    assert "on the kink" not in findings(system)


@pytest.mark.parametrize(("activation", "scale"), [("sigmoid", 1e3), ("tanh", 1e3)])
def test_saturation_with_inputs_too_large(activation: str, scale: float) -> None:
    system = override(catalogue.load("mindspore-mlp"), "layers.0.activation", activation)
    assert "saturation" not in findings(system)
    found = findings(override(system, "data.input_scale", scale))["saturation"]
    assert found.where == "h"
    assert "%" in found.evidence


def test_the_first_node_that_is_not_finite_is_named() -> None:
    system = System(expression="a = log(x)\nb = a * y\nf = b + z", values={"x": -1, "y": 2, "z": 3})
    (finding,) = findings(system).values()
    assert finding.rule == "non-finite value"
    assert finding.where == "a"


def test_a_gradient_that_is_not_finite_where_the_values_are() -> None:
    """√x at 0 is 0, with an infinite derivative; the first in the backward pass is x's."""
    (finding,) = findings(System(expression="s = sqrt(x)\nf = s * 2", values={"x": 0})).values()
    assert finding.rule == "non-finite gradient"
    assert finding.where == "x"


def test_training_that_blows_up_names_a_node_and_does_not_raise() -> None:
    system = from_table({
        "layers": [{"type": "linear", "units": 8}, {"type": "linear"}],
        "loss": {"type": "squared_error"},
        "data": {"source": "diabetes"},
        "optimizer": {"learning_rate": 1e6},
    })  # fmt: skip
    (finding,) = findings(system, steps=20).values()
    assert finding.rule.startswith("non-finite")


def test_no_findings_before_the_pass_is_whole() -> None:
    trainer = Observer(override(catalogue.load("single-neuron"), "dtype", "float32"))
    while not trainer.complete:
        assert trainer.diagnose() == ()
        trainer.operate()
    assert trainer.diagnose() != ()
    assert trainer.take_frame().findings == trainer.diagnose()
