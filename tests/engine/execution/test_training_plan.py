"""The lean plan that training runs: the same numbers as the plan for looking, and their norms."""

import dataclasses

import numpy as np
import pytest

from engine.execution.passes import Pass
from engine.execution.plan import Plan
from engine.execution.training_plan import TrainingPlan
from engine.graph.graph import Graph
from engine.observe.observer import Observer
from engine.recipes.recipe import open_system
from engine.system import catalogue
from engine.system import system as systems
from engine.system.system import System

NAMES = [entry.name for entry in catalogue.entries()]


def trained_pass(system: System, steps: int = 3) -> tuple[Observer, Pass]:
    trainer = Observer(system)
    trainer.train(steps)
    return trainer, trainer.current


@pytest.mark.parametrize("dtype", ["float64", "float32", "float16"])
@pytest.mark.parametrize("name", NAMES)
def test_training_gives_the_gradients_and_norms_that_looking_shows(name: str, dtype: str) -> None:
    system = dataclasses.replace(open_system(name), dtype=dtype)
    trainer, compiled = trained_pass(system)
    by_training = trainer.gradient.copy()
    row = np.empty(compiled.training.size)
    with np.errstate(all="ignore"):
        compiled.record(row)
    recorded = compiled.recorded_norms(row)
    compiled.plan.run()
    compiled.gather()
    np.testing.assert_array_equal(by_training, trainer.gradient)
    exact = [
        np.linalg.norm(compiled.plan.value(node).astype(np.float64)) for node in compiled.recorded
    ]
    tiny = 1e-300 if dtype == "float64" else 1e-150
    np.testing.assert_allclose(recorded, exact, rtol=1e-5, atol=tiny)


@pytest.mark.parametrize("name", ["deep-mlp", "lstm", "lenet-digits"])
def test_steps_and_recorded_scalars_are_those_of_stepping(name: str) -> None:
    system = open_system(name)
    running, stepping = Observer(system), Observer(system)
    running.train(4)
    for _ in range(4):
        while not stepping.complete:
            stepping.operate()
        stepping.operate()
    while not stepping.complete:
        stepping.operate()
    np.testing.assert_array_equal(running.theta, stepping.theta)
    a, b = running.recorder.take_rows(), stepping.recorder.take_rows()
    for field in dataclasses.fields(a):
        np.testing.assert_array_equal(getattr(a, field.name), getattr(b, field.name), field.name)


def test_norms_that_float32_squares_lose_are_right() -> None:
    """50 sigmoid layers: the sums of squares are 0 from about layer 15 down, the norms are not."""
    system = open_system("deep-mlp")
    for key, value in (("activation", "sigmoid"), ("repeat", 50)):
        system = systems.override(system, f"layers.0.{key}", value)
    _, compiled = trained_pass(systems.override(system, "dtype", "float32"), steps=1)
    row = np.empty(compiled.training.size)
    with np.errstate(all="ignore"):
        compiled.record(row)
    recorded = compiled.recorded_norms(row)
    values = [compiled.plan.value(node) for node in compiled.recorded]
    squares = np.array([float(np.vdot(value, value)) for value in values])
    assert (squares == 0).sum() > 20  # what a plain norm says of them
    exact = [np.linalg.norm(value.astype(np.float64)) for value in values]
    np.testing.assert_allclose(recorded, exact, rtol=1e-5)
    assert recorded.min() < 1e-25


def test_a_buffer_is_lent_again_after_its_last_reader_only() -> None:
    graph = Graph()
    x = graph.leaf("input", "x", (4, 5))
    early = x.apply("exp")
    value = early
    for _ in range(20):
        value = value.apply("tanh")
    result = (value * early).apply("sum")
    data = np.random.default_rng(0).normal(size=(4, 5))
    plan = TrainingPlan(graph, np.dtype(np.float64), {x.id: data}, {}, {result.id}, ())
    plan.run()
    looking = Plan(graph, [result.id], np.float64, {x.id: data})
    looking.run()
    assert plan.array(result.id) == looking.value(result.id)
    memory = {
        array.ctypes.data
        for node, array in plan._arrays.items()
        if graph.nodes[node].shape == (4, 5)
    }
    assert len(memory) <= 4  # x, early, and two in turn


def test_a_failing_kernel_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = Observer(open_system("d2l-mlp"))
    trainer.finish_pass()
    compiled = trainer.current

    def fail() -> None:
        raise ValueError("no such thing")

    monkeypatch.setattr(compiled.training, "_calls", [(fail, ())])
    with pytest.raises(ValueError, match="no such thing"):
        compiled.train()


def test_the_past_of_a_node_is_what_its_gradient_was_at_each_step() -> None:
    trainer, expected = Observer(open_system("d2l-mlp")), []
    compiled = trainer.current
    node = compiled.model.graph.value("h").id
    gradient = compiled.gradients.by_node[node]
    edge = next(e for e in compiled.edges if e[0] == node)
    trainer.finish_pass()
    for step in range(6):
        value = compiled.gradient(node)
        assert value is not None
        expected.append(np.linalg.norm(value.astype(np.float64)))
        if step < 5:
            trainer.train(1)
    steps, norms = trainer.recorder.past(gradient)
    np.testing.assert_array_equal(steps, range(6))
    np.testing.assert_allclose(norms, expected, rtol=1e-5)
    contribution = trainer.recorder.past(compiled.gradients.by_edge[edge])[1]
    np.testing.assert_allclose(contribution, norms, rtol=1e-6)  # h goes one way only
    trainer.rewind(2)
    np.testing.assert_array_equal(trainer.recorder.past(gradient)[0], range(3))
    data = compiled.gradients.by_node[compiled.model.inputs[0]]
    assert trainer.recorder.past(data)[0].size == 0
