"""Expressions as graphs: values, gradients, names, and what is refused with its line."""

import math
from typing import Any

import numpy as np
import pytest

from engine.expression.to_graph import functions
from engine.graph.graph import Value
from engine.observe.observer import Observer
from engine.support.errors import InputError
from engine.system.system import System


def trained(text: str, **values: Any) -> Observer:
    trainer = Observer(System(expression=text, values=values, dtype="float64"))
    trainer.finish_pass()
    return trainer


def result(text: str, **values: Any) -> float:
    return trained(text, **values).objective_and_loss()[0]


def gradients(text: str, **values: Any) -> dict[str, Any]:
    current = trained(text, **values).current
    return {p.name: current.gradient(p.node) for p in current.model.parameters}


# text, values, f, gradients: by hand
CASES: list[tuple[str, dict[str, Any], float, dict[str, Any]]] = [
    ("f = (x + y) * z", {"x": -2, "y": 5, "z": -4}, -12, {"x": -4, "y": -4, "z": 3}),
    ("f = x - y - 1", {"x": 5, "y": 2}, 2, {"x": 1, "y": -1}),
    ("f = 1 - x / y", {"x": 3, "y": 2}, -0.5, {"x": -0.5, "y": 0.75}),
    ("f = 6 / x", {"x": 2}, 3, {"x": -1.5}),
    ("f = -x**2", {"x": 3}, -9, {"x": -6}),
    ("f = x**3", {"x": -2}, -8, {"x": 12}),
    ("f = x**y", {"x": 2, "y": 3}, 8, {"x": 12, "y": 8 * math.log(2)}),
    ("f = 2**x", {"x": 3}, 8, {"x": 8 * math.log(2)}),
    ("f = x**-1", {"x": 4}, 0.25, {"x": -1 / 16}),
    ("f = 2**3**2 * x", {"x": 1}, 512, {"x": 512}),
    ("f = x * x + x", {"x": 3}, 12, {"x": 7}),
    ("f = max(x, y, z)", {"x": 1, "y": 3, "z": 2}, 3, {"x": 0, "y": 1, "z": 0}),
    ("f = min(x, y)", {"x": 1, "y": 3}, 1, {"x": 1, "y": 0}),
    ("f = max(x)", {"x": [1, 4, 2]}, 4, {"x": [0, 1, 0]}),
    ("f = min(x)", {"x": [3, 1, 2]}, 1, {"x": [0, 1, 0]}),
    ("f = max(x)", {"x": [4, 4, 2]}, 4, {"x": [0.5, 0.5, 0]}),
    ("f = abs(x) + sqrt(y)", {"x": -3, "y": 4}, 5, {"x": -1, "y": 0.25}),
    ("f = σ(x)", {"x": 0}, 0.5, {"x": 0.25}),
    ("f = ln(x) + log(x)", {"x": 1}, 0, {"x": 2}),
    ("f = square(x)", {"x": 3}, 9, {"x": 6}),
    ("f = norm2(x)", {"x": [3, 4]}, 25, {"x": [6, 8]}),
    ("f = dot(x, y)", {"x": [1, 2], "y": [3, 4]}, 11, {"x": [3, 4], "y": [1, 2]}),
    ("f = sum(W @ x)", {"W": [[1, 2], [3, 4]], "x": [5, 6]}, 56, {"W": [[5, 6]] * 2, "x": [4, 6]}),
    ("f = mean(x)", {"x": [[1, 2], [3, 6]]}, 3, {"x": [[0.25] * 2] * 2}),
    ("f = sum(max(x, axis=1))", {"x": [[1, 2], [4, 3]]}, 6, {"x": [[0, 1], [1, 0]]}),
    ("f = sum(x * y)", {"x": [[1], [2]], "y": [3, 4]}, 21, {"x": [[7], [7]], "y": [3, 3]}),
    ("f = leaky_relu(x, slope=0.5)", {"x": -2}, -1, {"x": 0.5}),
    ("f = leaky_relu(x)", {"x": -2}, -0.02, {"x": 0.01}),
    ("f = elu(x)", {"x": -1}, math.exp(-1) - 1, {"x": math.exp(-1)}),
    ("f = elu(x, alpha=2)", {"x": -1}, 2 * (math.exp(-1) - 1), {"x": 2 * math.exp(-1)}),
    ("f = sum(softmax(x) * y)", {"x": [0, 0], "y": [1, 3]}, 2, {"x": [-0.5, 0.5], "y": [0.5, 0.5]}),
    ("f = logsumexp(x)", {"x": [0, 0]}, math.log(2), {"x": [0.5, 0.5]}),
    ("f = sum(reshape(x, shape=(2, 2)) @ y)", {"x": [1, 2, 3, 4], "y": [1, 1]}, 10,
     {"x": [1, 1, 1, 1], "y": [4, 6]}),
    ("f = sum(transpose(x) @ y)", {"x": [[1, 2]], "y": [3]}, 9, {"x": [[3, 3]], "y": [3]}),
    ("f = x * (1 + 1) * 3", {"x": 1}, 6, {"x": 6}),
    ("f = exp(x) * cos(y) + sin(y) + tanh(z)", {"x": 0, "y": 0, "z": 0}, 1,
     {"x": 1, "y": 1, "z": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "values", "f", "expected"), CASES, ids=[c[0] for c in CASES])
def test_value_and_gradients(
    text: str, values: dict[str, Any], f: float, expected: dict[str, Any]
) -> None:
    assert result(text, **values) == pytest.approx(f, rel=1e-14, abs=1e-15)
    found = gradients(text, **values)
    assert set(found) == set(values)
    for name, gradient in expected.items():
        np.testing.assert_allclose(found[name], gradient, rtol=1e-13, atol=1e-15)


def test_intermediates_keep_their_names() -> None:
    trainer = trained("q = x + y\nf = q * z", x=-2, y=5, z=-4)
    graph = trainer.current.model.graph
    q = graph.value("q")
    assert (q.node.op_name, q.node.symbol) == ("add", "q")
    assert trainer.current.gradient(q.id) == -4
    assert trainer.current.model.objective == graph.value("f").id


@pytest.mark.parametrize("text", ["f = x", "q = x\nf = q", "q = x; f = q * 1"])
def test_a_line_that_only_repeats_a_variable_still_has_its_own_node(text: str) -> None:
    trainer = trained(text, x=3)
    assert trainer.objective_and_loss()[0] == 3
    assert trainer.gradient.tolist() == [1]
    assert "f" in trainer.current.model.graph


def test_a_number_alone_is_a_constant() -> None:
    trainer = trained("f = 2 * 3 + 1")
    assert trainer.objective_and_loss()[0] == 7
    assert trainer.theta.size == 0


def test_every_function_offered_can_be_reached() -> None:
    assert {"sigmoid", "σ", "ln", "matmul", "softmax_cross_entropy", "min"} <= set(functions())
    assert "sum_to" not in functions()
    assert hasattr(Value, "apply")


BAD = [
    ("f = sum(W @ x)", {"W": [[1, 2]], "x": [1, 2, 3]}, r"line 1.*1 × 2"),
    ("q = x * 1\nf = q + y", {"x": [1, 2], "y": [1, 2, 3]}, "line 2"),
    ("f = W @ x", {"W": [[1, 2], [3, 4]], "x": [1, 1]}, r"line 1.*scalar.*sum\(f\)"),
    ("f = 1 / 0", {}, "line 1"),
    ("f = 10.0 ** 400", {}, "line 1"),
    ("f = (0 - 2) ** 0.5", {}, "line 1"),
    ("f = sigmoid(x, y)", {"x": 1, "y": 1}, "line 1.*sigmoid"),
    ("f = sigmoid(x, slope=1)", {"x": 1}, "line 1.*slope"),
    ("f = sum(x, axis=3)", {"x": [1, 2]}, "line 1.*axis 3"),
    ("f = sum(reshape(x, shape=(4, 2)))", {"x": [1, 2]}, "line 1"),
    ("f = sum(reshape(x, shape=5))", {"x": [1, 2]}, "line 1"),
    ("f = sum(reshape(x, shape=(2.0, 1.0)))", {"x": [1, 2]}, "line 1"),
    ("f = sum(reshape(x, shape=(-1, -2)))", {"x": [1, 2]}, "line 1"),
    ("f = sum(reshape(x))", {"x": [1, 2]}, "line 1"),
    ("f = sum(transpose(x, axes=1))", {"x": [1, 2]}, "line 1"),
    ("f = sum(transpose(x, axes=(0, 0)))", {"x": [[1, 2]]}, "line 1"),
    ("f = leaky_relu(x, slope=(1, 2))", {"x": 1}, "line 1"),
    ("f = sum(x, axis=0.5)", {"x": [1, 2]}, "line 1.*axis"),
    ("f = x + y", {"x": 1}, "values.y"),
    ("f = x", {"x": 1, "yy": 2}, "values.yy"),
    ("f = x", {"x": [[1, 2], [3]]}, "values.x"),
    ("f = x", {"x": "one"}, "values.x"),
]


@pytest.mark.parametrize(("text", "values", "message"), BAD, ids=[c[0] for c in BAD])
def test_bad_input_is_refused_with_its_place(
    text: str, values: dict[str, Any], message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        trained(text, **values)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    "text",
    ["f = __import__('os')", "f = x.__class__", "f = (lambda: 1)()", "f = open(x)", "f = x[0]"],
)
def test_nothing_is_ever_evaluated(text: str) -> None:
    with pytest.raises(InputError):
        trained(text, x=1)


def test_only_what_is_trainable_is_trained() -> None:
    system = System(
        expression="f = x * y", values={"x": 2, "y": 3}, trainable=["y"], dtype="float64"
    )
    trainer = Observer(system)
    trainer.train_step()
    assert list(trainer.parameters) == ["y"]
    assert trainer.theta.tolist() == [3 - 0.1 * 2]
    with pytest.raises(InputError, match="trainable"):
        Observer(System(expression="f = x", values={"x": 1}, trainable=["q"]))
