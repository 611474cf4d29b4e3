"""Layers on a sequence: at every time step, with weights that all steps share."""

from typing import Any

import numpy as np
import pytest

from engine.analysis.check import check
from engine.model.model import Model
from engine.observe.observer import Observer
from engine.support.errors import EngineError
from engine.system.build import build
from engine.system.system import System, from_table
from engine.training.feed import Samples

STEPS, FEATURES, BATCH = 5, 8, 6
LINEAR: dict[str, Any] = {"type": "linear"}
FLATTEN = {"type": "flatten"}


def recurrent(kind: str = "lstm", **settings: Any) -> dict[str, Any]:
    return {"type": kind, "units": 3, **settings}


def residual(*layers: dict[str, Any], **settings: Any) -> dict[str, Any]:
    return {"type": "residual", "layers": list(layers), **settings}


ATTENTION = {"type": "self_attention", "units": 3, "sequence": True}


def system(*layers: dict[str, Any]) -> System:
    data = {"source": "tokens", "standardize": False, "batch_size": BATCH}
    return from_table({"layers": list(layers), "data": data, "dtype": "float64"})


NETWORKS: dict[str, list[dict[str, Any]]] = {
    "three stacked": [recurrent("rnn", sequence=True), recurrent(sequence=True), recurrent("gru"),
                      LINEAR],
    "linear at each step": [recurrent("rnn", return_sequences=True),
                            {**LINEAR, "units": 4, "activation": "tanh"}, recurrent(), LINEAR],
    "activation and dropout": [recurrent(sequence=True), {"type": "dropout", "rate": 0.3},
                               {"type": "activation", "activation": "softmax"},
                               recurrent("rnn"), LINEAR],
    "flatten": [recurrent("gru", sequence=True), {**LINEAR, "units": 4}, FLATTEN, LINEAR],
    "layer_norm": [recurrent("gru", sequence=True), {"type": "layer_norm", "eps": 0.1}, FLATTEN,
                   LINEAR],
    "batch_norm": [recurrent("gru", sequence=True), {"type": "batch_norm"}, recurrent("rnn"),
                   LINEAR],
    "every remedy": [
        recurrent("gru", sequence=True),
        {**LINEAR, "units": 5, "normalization": "layer", "residual": True, "activation": "tanh"},
        {**LINEAR, "units": 5, "normalization": "batch", "residual": True}, recurrent(), LINEAR],
    "residual": [recurrent(sequence=True), residual(recurrent(sequence=True), activation="tanh"),
                 residual(recurrent("rnn", sequence=True, units=4)), recurrent("gru"), LINEAR],
    "transformer block": [
        recurrent("gru", sequence=True), residual(ATTENTION), {"type": "layer_norm", "eps": 0.1},
        residual({**LINEAR, "units": 5, "activation": "relu"}, {**LINEAR, "units": 4}), FLATTEN,
        LINEAR],
    "attention, then recurrence": [ATTENTION, {"type": "layer_norm", "eps": 0.1},
                                   {**LINEAR, "units": 4}, recurrent(), LINEAR],
    "embedding, then recurrence": [{"type": "embedding", "units": 3}, {"type": "dropout"},
                                   recurrent(), LINEAR],
    "normalised inputs": [{"type": "layer_norm", "eps": 0.1}, recurrent(), LINEAR],
    "tree over states": [recurrent(sequence=True),
                         {"type": "tree", "units": 3, "tree": "((1 2) ((3 4) 5))"}, LINEAR],
}  # fmt: skip


@pytest.mark.parametrize("name", NETWORKS)
def test_gradients_agree_with_central_differences_to_order_two(name: str) -> None:
    compared = list(check(system(*NETWORKS[name])))
    assert [c for c in compared if not c.passed] == []
    assert {c.order for c in compared} == {1, 2}


@pytest.mark.parametrize("name", NETWORKS)
def test_it_trains_and_evaluates(name: str) -> None:
    trainer = Observer(system(*NETWORKS[name]))
    for _ in range(3):
        trainer.train_step()
    assert np.isfinite(trainer.theta).all()
    measured = trainer.evaluate()
    assert measured is not None
    assert np.isfinite(measured.loss)


@pytest.mark.parametrize("name", [name for name in NETWORKS if "tree" not in name])
def test_every_operation_of_it_is_told_in_words(name: str) -> None:
    """With twelve steps: what puts them side by side has more inputs than the formulas' letters."""
    data = {"x": np.ones((4, 12)).tolist(), "y": np.ones((4, 2)).tolist()}
    table = {"layers": NETWORKS[name], "data": data, "loss": {"type": "mean_squared_error"}}
    operations = Observer(from_table(table)).topology.operations
    assert all(operation.words for operation in operations)


def model(*layers: dict[str, Any]) -> Model:
    return build(system(*layers), ((FEATURES,),) * STEPS, 4, BATCH)


def test_one_weight_serves_all_steps_and_stands_once_outside_them() -> None:
    built = model(recurrent(sequence=True), {**LINEAR, "units": 2, "name": "each"}, FLATTEN, LINEAR)
    shapes = {p.name: p.shape for p in built.parameters if p.layer in ("each", "linear1")}
    assert shapes["each.weight"] == (2, 3)
    assert shapes["linear1.weight"] == (4, 2 * STEPS)
    weight = built.graph.value("each.weight")
    assert weight.node.group == ("each", "weights")
    groups = [built.graph.nodes[target].group for target, _ in built.graph.consumers(weight.id)]
    assert groups == [("each", f"t{t}") for t in range(1, STEPS + 1)]


def finished(*layers: dict[str, Any]) -> Observer:
    random = np.random.default_rng(0)
    x = random.normal(size=(BATCH, STEPS * FEATURES))
    samples = Samples(x, random.normal(size=(BATCH, 2)), sequence=(STEPS, FEATURES))
    table = {"layers": list(layers), "loss": {"type": "squared_error"}, "dtype": "float64"}
    trainer = Observer(from_table(table), batch=samples)
    trainer.finish_pass()
    return trainer


def value(trainer: Observer, name: str) -> Any:
    return trainer.current.value(trainer.current.model.graph.value(name).id)


def test_flatten_puts_the_states_one_after_the_other() -> None:
    """As PyTorch's ``states.flatten(1)`` of (samples, steps, features)."""
    trainer = finished(recurrent(sequence=True), FLATTEN, LINEAR)
    states = [value(trainer, f"lstm1.t{t}.h") for t in range(1, STEPS + 1)]
    np.testing.assert_array_equal(value(trainer, "flatten1.h"), np.concatenate(states))
    trainer = finished(ATTENTION, FLATTEN, LINEAR)
    tokens = value(trainer, "self_attention1.out")
    np.testing.assert_array_equal(
        value(trainer, "flatten1.h"), np.concatenate([tokens[:, t] for t in range(STEPS)])
    )


def test_layer_norm_normalises_each_state_batch_norm_a_feature_over_all_states() -> None:
    trainer = finished(recurrent(sequence=True), {"type": "layer_norm"}, FLATTEN, LINEAR)
    for t in range(1, STEPS + 1):
        normal = value(trainer, f"layer_norm1.t{t}.normal")
        np.testing.assert_allclose(normal.mean(axis=0), 0, atol=1e-12)
    trainer = finished(recurrent(sequence=True), {"type": "batch_norm"}, FLATTEN, LINEAR)
    normal = value(trainer, "batch_norm1.normal")
    assert normal.shape == (3, STEPS, BATCH)
    np.testing.assert_allclose(normal.mean(axis=(1, 2)), 0, atol=1e-12)
    np.testing.assert_allclose(normal.var(axis=(1, 2)), 1, rtol=0.01)


@pytest.mark.parametrize(("layers", "message"), [
    ([recurrent(), recurrent("gru"), LINEAR],
     r"layers\.1.*gru1.*sequence = true.*before it.*3 × 6"),
    ([recurrent(), ATTENTION, LINEAR], r"self_attention1.*sequence = true.*3 × 6"),
    ([recurrent(sequence=True), LINEAR], r"sequence of 5 steps.*sequence = false.*flatten"),
    ([ATTENTION, LINEAR], r"layers\.1.*4 outputs.*4 × 5.*flatten"),
    ([recurrent(sequence=True), {"type": "conv2d", "channels": 2}, FLATTEN, LINEAR],
     r"conv2d1.*sequence of 5 steps.*sequence = false.*flatten.*3 × 6"),
    ([recurrent(sequence=True), residual(recurrent()), LINEAR],
     r"residual1.*sequence = true.*3 × 5 × 6.*3 × 6"),
])  # fmt: skip
def test_what_does_not_fit_names_layer_shapes_and_remedy(
    layers: list[dict[str, Any]], message: str
) -> None:
    with pytest.raises(EngineError, match=message):
        Observer(system(*layers))
