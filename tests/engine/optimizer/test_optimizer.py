"""Optimisers against PyTorch's trajectories, and what rewinding and live settings need."""

import dataclasses
import json
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.optimizer import OPTIMIZERS, SGDSettings, make
from engine.settings.declaration import parse_variant, rule_of, settings_of
from engine.support.errors import InputError
from tests.fixtures import make_optimizer_torch as reference

FIXTURE = json.loads(
    (Path(__file__).parents[2] / "fixtures" / "optimizer_torch.json").read_text(encoding="utf-8")
)
KINDS = {name: cls.settings_type for name, cls in OPTIMIZERS.items()}


def optimizer_of(name: str, theta: np.ndarray, **settings: Any) -> Any:
    return make(parse_variant(KINDS, {"type": name, **settings}, "optimizer"), theta)


def gradient_at(step: int, theta: np.ndarray) -> np.ndarray:
    driven = [reference.drive(step, i) for i in range(theta.size)]
    return np.array(reference.CURVATURE, theta.dtype) * theta + np.array(driven, theta.dtype)


def case_name(case: dict[str, Any]) -> str:
    return "-".join([case["name"], *case["settings"], case.get("dtype", "")])


@pytest.mark.parametrize("case", FIXTURE["optimizers"], ids=case_name)
def test_trajectories_are_those_of_pytorch(case: dict[str, Any]) -> None:
    theta = np.array(reference.START, dtype=case["dtype"])
    optimizer = optimizer_of(case["name"], theta, **case["settings"])
    tolerance = 1e-9 if case["dtype"] == "float64" else 1e-6
    for step, expected in enumerate(case["path"]):
        before, gradient = theta.copy(), gradient_at(step, theta)
        given = gradient.copy()
        optimizer.update(gradient, optimizer.settings.learning_rate)
        np.testing.assert_allclose(theta, expected, rtol=tolerance, atol=tolerance)
        np.testing.assert_array_equal(theta, before + optimizer.delta)
        np.testing.assert_array_equal(gradient, given)
    assert theta.dtype == case["dtype"]
    assert optimizer.step == reference.STEPS


def test_every_optimizer_has_a_trajectory_in_both_dtypes() -> None:
    found = {(case["name"], case["dtype"]) for case in FIXTURE["optimizers"]}
    assert found == {(name, dtype) for name in OPTIMIZERS for dtype in ("float64", "float32")}


def test_the_fixture_is_what_pytorch_computes() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: nothing to recompute")
    made = json.loads(json.dumps(reference.compute(torch)))
    for section, key in (("optimizers", "path"), ("schedules", "rates")):
        for new, old in zip(made[section], FIXTURE[section], strict=True):
            np.testing.assert_allclose(new.pop(key), old[key], rtol=1e-6, atol=1e-7)
            assert new == {name: value for name, value in old.items() if name != key}


def test_one_step_by_hand() -> None:
    theta = np.array([1.0, 2.0])
    optimizer = optimizer_of("sgd", theta)
    optimizer.update(np.array([10.0, -1.0]), 0.1)
    np.testing.assert_allclose(theta, [0.0, 2.1], atol=1e-15)
    np.testing.assert_allclose(optimizer.delta, [-1.0, 0.1])
    # Adam's first step is the learning rate's length whatever the gradient's.
    theta = np.array([1.0, 2.0])
    optimizer_of("adam", theta).update(np.array([1e-3, -1e3]), 0.5)
    np.testing.assert_allclose(theta, [0.5, 2.5], rtol=1e-4)


def test_defaults_are_pytorchs_except_sgds_learning_rate() -> None:
    rates = {name: settings().learning_rate for name, settings in KINDS.items()}
    assert rates == {
        "sgd": 0.1,
        "rmsprop": 0.01,
        "adagrad": 0.01,
        "adam": 0.001,
        "adamw": 0.001,
    }
    assert [KINDS[name]().weight_decay for name in ("adam", "adamw")] == [0.0, 0.01]


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimizer_is_declared_in_full(name: str) -> None:
    cls = OPTIMIZERS[name]
    assert cls.formula
    assert cls.source
    assert next(iter(OPTIMIZERS)) == "sgd"
    fields = settings_of(cls.settings_type)
    assert set(cls.options) <= set(fields)
    for field in fields.values():
        assert rule_of(field).help, field.name
    assert rule_of(fields["learning_rate"]).live


EVERYTHING: dict[str, dict[str, Any]] = {
    "sgd": {"momentum": 0.9, "weight_decay": 0.1, "nesterov": True},
    "rmsprop": {"momentum": 0.9, "centered": True, "weight_decay": 0.1},
    "adagrad": {"lr_decay": 0.1, "initial_accumulator_value": 0.5},
    "adam": {"amsgrad": True, "weight_decay": 0.1},
    "adamw": {"amsgrad": True},
}


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("name", EVERYTHING)
@pytest.mark.parametrize("steps_before", [0, 1, 5])
def test_rewinding_is_exact(name: str, dtype: str, steps_before: int) -> None:
    theta = np.array(reference.START, dtype=dtype)
    optimizer = optimizer_of(name, theta, **EVERYTHING[name])

    def run(steps: int) -> np.ndarray:
        for _ in range(steps):
            optimizer.update(gradient_at(optimizer.step, theta), 0.01)
        return theta.copy()

    kept = run(steps_before)
    state = optimizer.state()
    first = run(6)
    theta[:] = kept
    optimizer.restore(state)
    assert optimizer.step == steps_before
    np.testing.assert_array_equal(run(6), first)
    theta[:] = kept  # also into a new optimiser, as a branch does
    optimizer = optimizer_of(name, theta, **EVERYTHING[name])
    optimizer.restore(state)
    np.testing.assert_array_equal(run(6), first)


def test_a_state_that_belongs_elsewhere_is_refused_and_nothing_changes() -> None:
    theta = np.ones(3)
    adam = optimizer_of("adam", theta)
    adam.update(np.ones(3), 0.1)
    before = adam.state()
    for state in (
        {},
        {"step": np.array(1)},
        optimizer_of("rmsprop", theta).state(),
        optimizer_of("adam", np.ones(2)).state(),
        optimizer_of("adam", np.ones(3, dtype=np.float32)).state(),
    ):
        with pytest.raises(InputError):
            adam.restore(state)
    np.testing.assert_equal(adam.state(), before)


def test_live_settings_change_and_fixed_ones_do_not() -> None:
    theta = np.array([1.0])
    optimizer = optimizer_of("sgd", theta)
    optimizer.update(np.array([1.0]), 1.0)
    optimizer.change(SGDSettings(momentum=0.5))
    for expected in (-1.0, -2.5):  # the momentum begins as the gradient of its first step
        optimizer.update(np.array([1.0]), 1.0)
        assert theta[0] == expected
    optimizer.change(SGDSettings())
    optimizer.update(np.array([1.0]), 1.0)
    assert set(optimizer.state()) == {"step"}

    adam = optimizer_of("adam", theta)
    with pytest.raises(InputError) as caught:
        adam.change(dataclasses.replace(adam.settings, amsgrad=True))
    assert caught.value.field == "optimizer.amsgrad"
    with pytest.raises(InputError):
        adam.change(SGDSettings())


@pytest.mark.parametrize(
    ("table", "field"),
    [
        ({"nesterov": True}, "optimizer.nesterov"),
        ({"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "optimizer.dampening"),
        ({"type": "adam", "beta1": 1.0}, "optimizer.beta1"),
        ({"learning_rate": -0.1}, "optimizer.learning_rate"),
        ({"type": "adm"}, "optimizer.type"),
        ({"type": "adam", "momentum": 0.9}, "optimizer.momentum"),
    ],
)
def test_wrong_settings_name_the_field(table: dict[str, Any], field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_variant(KINDS, table, "optimizer")
    assert caught.value.field == field


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_nan_and_inf_pass_through_without_a_warning(name: str) -> None:
    theta = np.zeros(4, dtype=np.float32)
    optimizer = optimizer_of(name, theta)
    optimizer.update(np.array([np.nan, np.inf, 3e38, 1.0], dtype=np.float32), 10.0)
    assert np.isnan(theta[0])
    assert np.isfinite(theta[3])


def test_rounding_does_not_make_centered_rmsprop_nan() -> None:
    theta = np.zeros(50, dtype=np.float32)
    optimizer = optimizer_of("rmsprop", theta, centered=True, alpha=0.5)
    gradient = np.linspace(0.1, 3.0, 50, dtype=np.float32)
    for _ in range(100):
        optimizer.update(gradient, 1e-9)
    assert np.isfinite(theta).all()


@pytest.mark.parametrize("name", EVERYTHING)
def test_steps_allocate_no_arrays(name: str) -> None:
    theta = np.zeros(100_000, dtype=np.float32)
    optimizer = optimizer_of(name, theta, **EVERYTHING[name])
    gradient = np.ones_like(theta)
    optimizer.update(gradient, 0.1)
    tracemalloc.start()
    try:
        for _ in range(3):
            optimizer.update(gradient, 0.1)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < theta.nbytes / 10


def test_only_flat_float_parameters() -> None:
    for theta in (np.zeros((2, 2)), np.zeros(3, dtype=np.int64)):
        with pytest.raises(ValueError, match="flat float vector"):
            make(SGDSettings(), theta)
