"""The states of unrolled layers, found in a topology; their gradients against BPTT by hand."""

from typing import Any

import numpy as np
import pytest

from engine.messages.state_paths import StatePath, state_paths
from engine.observe.observer import Observer
from engine.system import catalogue
from engine.system.system import from_table
from engine.training.feed import Samples

STEPS, FEATURES, UNITS, BATCH = 6, 3, 4, 5


def trainer_of(*layers: dict[str, Any], **more: Any) -> Observer:
    table = {
        "layers": [*layers, {"type": "linear", "units": 2}],
        "loss": {"type": "squared_error"},
        "dtype": "float64",
    }
    random = np.random.default_rng(0)
    x = random.normal(size=(BATCH, STEPS * FEATURES))
    batch = Samples(x, random.normal(size=(BATCH, 2)), sequence=(STEPS, FEATURES))
    trainer = Observer(from_table(table), batch=batch, **more)
    trainer.finish_pass()
    return trainer


def paths_of(*layers: dict[str, Any]) -> list[tuple[str, str, tuple[int, ...]]]:
    found = state_paths(trainer_of(*layers).topology)
    return [(path.layer, path.letter, path.times) for path in found]


def recurrent(kind: str, **settings: Any) -> dict[str, Any]:
    return {"type": kind, "units": UNITS, **settings}


EVERY = tuple(range(1, STEPS + 1))


def test_an_lstm_has_a_cell_path_beside_the_hidden_state() -> None:
    assert paths_of(recurrent("rnn")) == [("rnn1", "h", EVERY)]
    assert paths_of(recurrent("gru")) == [("gru1", "h", EVERY)]
    assert paths_of(recurrent("lstm")) == [("lstm1", "h", EVERY), ("lstm1", "c", EVERY)]


def test_stacked_layers_come_in_the_graphs_order() -> None:
    layers = (recurrent("rnn", sequence=True, name="upper"), recurrent("lstm", name="lower"))
    assert [p[:2] for p in paths_of(*layers)] == [("upper", "h"), ("lower", "h"), ("lower", "c")]


def test_a_layer_named_like_a_time_step_is_none() -> None:
    assert paths_of({"type": "flatten"}, {"type": "linear", "units": 4, "name": "t1"}) == []


@pytest.mark.parametrize("name", ["d2l-mlp", "attention", "cs231n-gates", "resnet-mlp"])
def test_systems_without_time_have_no_paths(name: str) -> None:
    assert state_paths(Observer(catalogue.load(name)).topology) == ()


def norms(trainer: Observer, path: StatePath) -> Any:
    return trainer.take_frame().gradient_norm[list(path.nodes)]


def test_norms_over_time_are_those_of_backpropagation_through_time() -> None:
    """∂J/∂h_{t−1} = W_hhᵀ (∂J/∂h_t ⊙ (1 − h_t²)): Dive into Deep Learning 9.7, for tanh."""
    random = np.random.default_rng(1)
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    shapes = ((UNITS, FEATURES), (UNITS, UNITS), (UNITS,), (UNITS,))
    values = [random.normal(size=shape) for shape in shapes]
    given = {f"rnn1.{name}": value for name, value in zip(names, values, strict=True)}
    given |= {"linear1.weight": random.normal(size=(2, UNITS)), "linear1.bias": np.zeros(2)}
    trainer = trainer_of(recurrent("rnn"), parameters=given)
    w_ih, w_hh, b_ih, b_hh = values

    data = np.random.default_rng(0)
    x = data.normal(size=(BATCH, STEPS, FEATURES))
    y = data.normal(size=(BATCH, 2))
    h, states = np.zeros((BATCH, UNITS)), []
    for t in range(STEPS):
        h = np.tanh(x[:, t] @ w_ih.T + b_ih + h @ w_hh.T + b_hh)
        states.append(h)
    gradient = (h @ given["linear1.weight"].T - y) / BATCH @ given["linear1.weight"]
    expected = []
    for h in reversed(states):
        expected.append(np.linalg.norm(gradient))
        gradient = (gradient * (1 - h**2)) @ w_hh
    (path,) = state_paths(trainer.topology)
    np.testing.assert_allclose(norms(trainer, path), expected[::-1], rtol=1e-10)
