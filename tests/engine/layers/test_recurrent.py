"""Recurrent layers: gates by hand, a contribution a time step on the shared weight, vanishing."""

from typing import Any

import numpy as np
import pytest

from engine.model.builder import step_groups
from engine.model.model import Model
from engine.observe.observer import Observer
from engine.support.errors import EngineError
from engine.system import catalogue
from engine.system.build import build
from engine.system.system import System, from_table, override
from engine.training.feed import Samples

KINDS = ("rnn", "lstm", "gru")
GATES = {"rnn": 1, "lstm": 4, "gru": 3}
STEPS, FEATURES, UNITS, BATCH = 5, 3, 4, 6


def system(kind: str, *more: dict[str, Any], **settings: Any) -> System:
    layers = [{"type": kind, "units": UNITS, **settings}, *more, {"type": "linear", "units": 2}]
    return from_table({"layers": layers, "loss": {"type": "squared_error"}, "dtype": "float64"})


def samples(steps: int = STEPS) -> Samples:
    random = np.random.default_rng(0)
    x = random.normal(size=(BATCH, steps * FEATURES))
    return Samples(x, random.normal(size=(BATCH, 2)), sequence=(steps, FEATURES))


def start(kind: str) -> dict[str, Any]:
    random = np.random.default_rng(1)
    rows = GATES[kind] * UNITS
    shapes = {"weight_ih": (rows, FEATURES), "weight_hh": (rows, UNITS), "bias_ih": (rows,),
              "bias_hh": (rows,)}  # fmt: skip
    return {f"{kind}1.{name}": random.normal(size=shape) for name, shape in shapes.items()}


def finished(kind: str, *more: dict[str, Any], **settings: Any) -> Observer:
    chosen = system(kind, *more, **settings)
    trainer = Observer(chosen, parameters=start(kind), batch=samples())
    trainer.finish_pass()
    return trainer


def value(trainer: Observer, name: str) -> Any:
    return trainer.current.value(trainer.current.model.graph.value(name).id)


def gradient(trainer: Observer, name: str) -> Any:
    found = trainer.current.gradient(trainer.current.model.graph.value(name).id)
    assert found is not None
    return found


def sigma(z: Any) -> Any:
    return 1 / (1 + np.exp(-z))


def by_hand(kind: str) -> Any:
    """The last state, from the books' formulas with a zero state before the first step."""
    given = start(kind)
    ih, hh, b_ih, b_hh = given.values()
    h, c = np.zeros((UNITS, BATCH)), np.zeros((UNITS, BATCH))
    for x in samples().x.reshape(BATCH, STEPS, FEATURES).transpose(1, 2, 0):
        of_x, of_h = ih @ x + b_ih[:, None], hh @ h + b_hh[:, None]
        if kind == "rnn":
            h = np.tanh(of_x + of_h)
        elif kind == "lstm":
            i, f, g, o = np.split(of_x + of_h, 4)
            c = sigma(f) * c + sigma(i) * np.tanh(g)
            h = sigma(o) * np.tanh(c)
        else:
            (r_x, z_x, n_x), (r_h, z_h, n_h) = np.split(of_x, 3), np.split(of_h, 3)
            r, z = sigma(r_x + r_h), sigma(z_x + z_h)
            h = (1 - z) * np.tanh(n_x + r * n_h) + z * h
    return h


@pytest.mark.parametrize("kind", KINDS)
def test_it_computes_the_books_formulas(kind: str) -> None:
    found = value(finished(kind), f"{kind}1.t{STEPS}.h")
    np.testing.assert_allclose(found, by_hand(kind), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("kind", KINDS)
def test_each_time_step_gives_the_shared_weight_a_contribution_and_their_sum_is_its_gradient(
    kind: str,
) -> None:
    trainer = finished(kind)
    compiled = trainer.current
    for name, expected in (("weight_ih", STEPS), ("weight_hh", STEPS - 1)):
        weight = compiled.model.graph.value(f"{kind}1.{name}").id
        edges = [edge for edge in compiled.edges if edge[0] == weight]
        assert len(edges) == expected  # the state before the first step is zero
        groups = [compiled.model.graph.nodes[target].group for _, target, _ in edges]
        first = 1 if name == "weight_ih" else 2
        assert groups == [(f"{kind}1", f"t{t}") for t in range(first, STEPS + 1)]
        parts: list[Any] = [compiled.contribution(edge) for edge in edges]
        total = sum(parts)
        np.testing.assert_allclose(gradient(trainer, f"{kind}1.{name}"), total, rtol=1e-12)


def test_every_gate_is_a_node_with_the_books_letter() -> None:
    symbols = {n.symbol for n in finished("lstm").current.model.graph.nodes}
    assert {"i₂", "f₂", "g₂", "o₂", "c₂", "h₂"} <= symbols
    assert "f₁" not in symbols  # it would forget a cell of zeros
    assert {"r₁", "z₁", "n₁", "h₁"} <= {n.symbol for n in finished("gru").current.model.graph.nodes}


@pytest.mark.parametrize("kind", KINDS)
def test_the_weights_stand_outside_the_steps_and_parameters_have_pytorchs_shapes(kind: str) -> None:
    model = finished(kind).current.model
    rows = GATES[kind] * UNITS
    shapes = {p.name: p.shape for p in model.parameters[:4]}
    assert shapes == {
        f"{kind}1.weight_ih": (rows, FEATURES), f"{kind}1.weight_hh": (rows, UNITS),
        f"{kind}1.bias_ih": (rows,), f"{kind}1.bias_hh": (rows,),
    }  # fmt: skip
    groups = {model.graph.nodes[p.node].group for p in model.parameters[:4]}
    assert groups == {(f"{kind}1", "weights")}
    assert model.layers[0].group == (f"{kind}1",)
    no_bias = finished_model(system(kind, bias=False))
    assert len(no_bias.parameters) == 4


def finished_model(chosen: System) -> Model:
    return build(chosen, ((FEATURES,),) * STEPS, 2, BATCH)


@pytest.mark.parametrize("kind", KINDS)
def test_a_sequence_of_states_goes_into_another_recurrent_layer(kind: str) -> None:
    trainer = finished(kind, {"type": kind, "units": 3}, sequence=True)
    graph = trainer.current.model.graph
    for t in range(1, STEPS + 1):
        assert np.abs(gradient(trainer, f"{kind}1.t{t}.h")).max() > 0
        assert f"{kind}2.t{t}.h" in graph


def test_attention_over_the_states_of_a_recurrent_layer() -> None:
    trainer = finished("lstm", {"type": "self_attention", "units": 3}, sequence=True)
    assert value(trainer, "self_attention1.weights").shape == (STEPS, STEPS, BATCH)
    assert np.abs(gradient(trainer, "lstm1.t1.h")).max() > 0


def first_to_last(kind: str, state: str, parameters: Any = None, steps: int = 40) -> float:
    """‖∂J/∂h₁‖ / ‖∂J/∂h_T‖ (of the cell: c) with the loss at the last step."""
    trainer = Observer(system(kind), parameters=parameters, batch=samples(steps))
    trainer.finish_pass()
    first, last = (np.linalg.norm(gradient(trainer, f"{kind}1.t{t}.{state}")) for t in (1, steps))
    return float(first / last)


def test_over_time_the_rnns_gradient_vanishes_where_the_lstms_cell_path_carries_it() -> None:
    """At the start a forget gate is about ½: an open one (bias 5) carries it all the way."""
    opened = {"lstm1.bias_ih": np.repeat([0.0, 5.0, 0.0, 0.0], UNITS)}
    assert first_to_last("rnn", "h") < 1e-6
    assert first_to_last("lstm", "c", opened) > 0.1


@pytest.mark.parametrize("kind", KINDS)
def test_the_last_layer_says_how_a_sequence_is_ended(kind: str) -> None:
    table = {"layers": [{"type": kind, "units": 4, "sequence": True}]}
    with pytest.raises(EngineError, match=r"layers\.0.*sequence of 5 steps.*sequence = false"):
        finished_model(from_table(table))
    with pytest.raises(EngineError, match=r"layers\.1.*sequence of 5 steps.*flatten"):
        finished_model(system(kind, sequence=True))


def test_a_recurrent_layer_after_a_plain_one_names_both_shapes() -> None:
    layers = [{"type": "linear", "units": 4}, {"type": "lstm", "units": 4}, {"type": "linear"}]
    with pytest.raises(EngineError, match=r"lstm1.*sequence of time steps.*4 × 6"):
        build(from_table({"layers": layers}), ((3,),), 2, BATCH)


def test_forty_steps_stand_in_eight_stretches_of_five_and_so_do_their_inputs() -> None:
    """The adding problem at first sight: eight boxes in time's order, not forty."""
    model = build(system("rnn"), ((FEATURES,),) * 40, 2, BATCH)
    nodes = model.graph.nodes
    stretches = [f"{k}-{k + 4}" for k in range(1, 41, 5)]
    states = [nodes[model.graph.value(f"rnn1.t{t}.h").id].group for t in range(1, 41)]
    assert states == [("rnn1", f"t{stretches[t // 5]}", f"t{t + 1}") for t in range(40)]
    inputs = [nodes[node].group for node in model.inputs]
    assert inputs == [(f"x{stretches[t // 5]}",) for t in range(40)]


@pytest.mark.parametrize("count", [1, 12, 13, 28, 40, 97, 784])
def test_stretches_hold_each_step_once_and_no_more_stand_side_by_side_than_can_be_read(
    count: int,
) -> None:
    paths = [step_groups(number, count) for number in range(1, count + 1)]
    assert len(set(paths)) == count
    assert [path[-1] for path in paths] == [f"t{number}" for number in range(1, count + 1)]
    around: dict[tuple[str, ...], set[str]] = {}
    for path in paths:
        for depth, name in enumerate(path):
            around.setdefault(path[:depth], set()).add(name)
    assert max(len(inside) for inside in around.values()) <= 12


def test_an_input_scale_of_many_steps_is_told_in_one_stage() -> None:
    table = {"layers": [{"type": "rnn", "units": 3}, {"type": "linear"}],
             "data": {"source": "adding", "input_scale": 2.0, "standardize": False},
             "loss": {"type": "mean_squared_error"}}  # fmt: skip
    stages = dict.fromkeys(o.stage for o in Observer(from_table(table)).topology.operations)
    assert list(stages)[1:4] == ["forward · inputs", "forward · rnn1", "forward · linear1"]


def test_other_spellings() -> None:
    layer = system("gru").layers[0]
    table = {"type": "gru", "hidden_size": UNITS, "return_sequences": False}
    assert from_table({"layers": [table, {"type": "linear"}]}).layers[0] == layer


@pytest.mark.parametrize("name", ["rnn-bptt", "lstm", "gru"])
def test_the_catalogues_networks_also_take_the_adding_problem(name: str) -> None:
    chosen = override(catalogue.load(name), "data.source", "adding")
    chosen = override(override(chosen, "loss.type", "mean_squared_error"), "dtype", "float32")
    trainer = Observer(chosen)
    trainer.train_step()
    assert np.isfinite(trainer.objective_and_loss()[0])
