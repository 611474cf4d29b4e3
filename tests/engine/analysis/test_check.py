"""The check of a whole system: it passes what is right, and fails what is made wrong."""

import dataclasses
import warnings
from typing import Any

import pytest

from engine.analysis.check import TOLERANCE, Comparison, check
from engine.graph import op
from engine.graph.op import Op
from engine.system import catalogue
from engine.system.system import System, from_table, override

NAMES = [entry.name for entry in catalogue.entries()]


@pytest.mark.parametrize("name", NAMES)
def test_every_system_of_the_catalogue_passes(name: str) -> None:
    compared = list(check(catalogue.load(name)))
    assert [c for c in compared if not c.passed] == []
    assert {c.order for c in compared} == {1, 2}
    assert sum(c.name == "plan against interpreter" for c in compared) == 1
    assert any(c.name.startswith("Σ contributions of ") for c in compared)


def test_every_parameter_is_compared_at_both_orders() -> None:
    compared = list(check(catalogue.load("d2l-mlp-bias")))
    for order in (1, 2):
        names = {c.name for c in compared if c.order == order}
        assert {"W⁽¹⁾", "b⁽¹⁾", "W⁽²⁾", "b⁽²⁾"} <= names


@pytest.mark.parametrize("loss", [
    "softmax_cross_entropy", "mean_squared_error", "squared_error", "binary_cross_entropy", "hinge",
])  # fmt: skip
@pytest.mark.parametrize("activation", ["relu", "gelu", "softmax", "elu"])
def test_losses_and_activations_pass_with_a_regulariser_and_an_input_scale(
    loss: str, activation: str
) -> None:
    system = from_table({
        "layers": [{"type": "linear", "units": 5, "activation": activation}, {"type": "linear"}],
        "loss": {"type": loss, "l2": 0.01},
        "data": {"source": "iris", "input_scale": 2.0},
    })  # fmt: skip
    assert all(c.passed for c in check(system))


def broken(monkeypatch: pytest.MonkeyPatch, name: str, position: int, rule: Any) -> None:
    """Put a pullback that is wrong in place of an operation's own."""
    right = op.find(name)
    pullbacks = list(right.pullbacks)
    pullbacks[position] = rule(pullbacks[position])
    wrong = dataclasses.replace(right, pullbacks=tuple(pullbacks))
    monkeypatch.setitem(op._registry, name, wrong)
    assert isinstance(op.find(name), Op)


@pytest.mark.parametrize(("name", "position"), [
    ("matmul", 0), ("matmul", 1), ("tanh", 0), ("add_bias", 1), ("softmax_cross_entropy", 0),
    ("sum_squares", 0),
])  # fmt: skip
def test_a_pullback_that_is_off_by_a_factor_fails(
    monkeypatch: pytest.MonkeyPatch, name: str, position: int
) -> None:
    def off(rule: Any) -> Any:
        return lambda *values, **params: rule(*values, **params) * 1.01

    broken(monkeypatch, name, position, off)
    assert [c for c in check(catalogue.load("d2l-mlp-bias")) if not c.passed]


@pytest.mark.parametrize("name", ["tanh", "softmax_cross_entropy"])
def test_a_pullback_that_gives_nothing_fails(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    broken(monkeypatch, name, 0, lambda rule: lambda *values, **params: None)
    failed = [c for c in check(catalogue.load("d2l-mlp")) if not c.passed]
    compared = {c.name for c in check(catalogue.load("d2l-mlp")) if c.order == 1}
    assert failed or "W⁽¹⁾" not in compared


def test_a_pullback_that_is_right_but_not_differentiable_again_fails_at_order_two(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """tanh′ from a leaf-like product: the value is right, its own derivative is lost."""

    def frozen(rule: Any) -> Any:
        def pullback(g: Any, y: Any, a: Any) -> Any:
            return g * (y.apply("stopped") * y).apply("one_minus")

        return pullback

    stopped = dataclasses.replace(
        op.find("scale"),
        name="stopped",
        pullbacks=(lambda *values, **params: None,),
        defaults={"factor": 1.0},
    )
    monkeypatch.setitem(op._registry, "stopped", stopped)
    broken(monkeypatch, "tanh", 0, frozen)
    failed = [c for c in check(catalogue.load("d2l-mlp")) if not c.passed]
    assert failed
    assert {c.order for c in failed} == {2}


@pytest.mark.parametrize(("text", "values"), [
    ("f = log(x)", {"x": -1.0}), ("f = exp(x)", {"x": 1e6}), ("f = sqrt(x)", {"x": 0.0}),
])  # fmt: skip
def test_what_is_not_finite_does_not_pass(text: str, values: dict[str, float]) -> None:
    system = System(expression=text, values=values)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert [c for c in check(system) if not c.passed]


@pytest.mark.parametrize(("text", "values"), [
    ("f = relu(x)", {"x": 0.0}), ("f = abs(x)", {"x": 1e-9}), ("f = max(x, y)", {"x": 1, "y": 1}),
    ("f = x**2", {"x": 0.0}), ("f = x**3", {"x": 1e100}), ("f = x**3", {"x": 1e-30}), ("f = 3", {}),
    ("f = sign(x)", {"x": 2.0}),
])  # fmt: skip
def test_kinks_and_odd_sizes_pass(text: str, values: dict[str, float]) -> None:
    assert all(c.passed for c in check(System(expression=text, values=values)))


def test_the_check_is_in_float64_whatever_the_systems_dtype() -> None:
    half = override(catalogue.load("d2l-mlp"), "dtype", "float16")
    assert all(c.passed for c in check(half))


def test_passing_is_within_the_tolerance() -> None:
    assert Comparison(1, "x", 1.0, 1.0, TOLERANCE).passed
    assert not Comparison(1, "x", 1.0, 1.0, 2 * TOLERANCE).passed
    assert not Comparison(1, "x", 1.0, 1.0, float("nan")).passed


def vanishing(layers: int) -> System:
    """Sigmoids with small weights: the gradient falls to a tenth and less in each layer."""
    small = {"type": "normal", "std": 0.05}
    hidden = {"type": "linear", "units": 8, "activation": "sigmoid", "repeat": layers}
    stack = [{**hidden, "initializer": small}, {"type": "linear"}]
    return from_table({"layers": stack, "data": {"source": "iris"}})


def test_a_gradient_that_is_lost_in_the_objectives_rounding_is_compared_all_the_same() -> None:
    compared = [c for c in check(vanishing(12)) if c.order == 1]
    tiny = [c for c in compared if 0 < abs(c.analytic) < 1e-14]
    assert tiny, "the gradient has to vanish for this to say anything"
    assert all(c.passed and c.resolved for c in compared)


def test_a_wrong_derivative_of_a_gradient_that_vanishes_is_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """f = 1 + 1e-17 sin(x): a difference of f alone is 0 or a rounding of 1, whatever sin′ is."""
    system = System(expression="f = 1 + 1e-17 * sin(x)", values={"x": 0.7})
    assert all(c.passed for c in check(system))
    broken(monkeypatch, "sin", 0, lambda rule: lambda *values, **params: rule(*values) * 1.5)
    assert [c.name for c in check(system) if c.order == 1 and not c.passed] == ["x"]


@pytest.mark.parametrize("text", [
    "f = sum(softmax(x, axis=0))", "q = softmax(x * x, axis=0)\nf = sum(q)",
])  # fmt: skip
def test_a_gradient_that_is_nothing_but_rounding_is_not_off_and_counted_as_unresolved(
    text: str,
) -> None:
    """Σ softmax = 1, so that the gradient is exactly 0, and rounding where it is computed."""
    compared = list(check(System(expression=text, values={"x": [0.3, -1.21, 0.83, 1.7]})))
    assert all(c.passed for c in compared)
    assert any(not c.resolved for c in compared)


def test_what_is_unresolved_is_what_an_error_of_a_thousandth_would_hide_in() -> None:
    assert Comparison(1, "x", 1.0, 1.0, 0.0).resolved
    assert Comparison(1, "x", 1.0, 1.0, 0.0, 1e-3).resolved
    assert not Comparison(1, "x", 1.0, 1.0, 0.0, 2e-3).resolved
