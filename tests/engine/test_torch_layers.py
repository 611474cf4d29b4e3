"""Every layer against PyTorch: outputs, gradients, 25 updates, running statistics, evaluation.

The numbers are in a fixture that tests/fixtures/make_layers_torch.py wrote; where PyTorch is
installed, it is asked again.
"""

import importlib.util
import json
import runpy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.graph.interpret import interpret
from engine.layers import types
from engine.observe.observer import Observer
from engine.system.build import build
from engine.system.system import System, from_table
from engine.training.feed import Samples

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
RECORD = json.loads((FIXTURES / "layers_torch.json").read_text(encoding="utf-8"))
CASES = RECORD["cases"]
every_case = pytest.mark.parametrize("case", CASES, ids=[case["name"] for case in CASES])
TOLERANCE = 1e-6
ROUNDING = 1e-15


def system_of(case: dict[str, Any]) -> System:
    return from_table({
        "dtype": "float64", "layers": case["layers"], "optimizer": case["optimizer"],
    })  # fmt: skip


def trainer_of(case: dict[str, Any]) -> Observer:
    form = case["form"]
    samples = Samples(
        np.array(case["x"]).reshape(len(case["x"]), -1),
        np.array(case["y"]),
        picture=tuple(form) if len(form) == 3 else None,
        sequence=tuple(form) if len(form) == 2 else None,
    )
    trainer = Observer(system_of(case), parameters=case["start"], batch=samples)
    trainer.finish_pass()
    return trainer


def close(found: Any, expected: Any) -> None:
    """Relative to the largest entry, as an optimiser's trajectory has no better measure.

    What both should compute as 0 is rounding: the gradient of a bias before a normalisation.
    """
    expected = np.asarray(expected)
    room = max(TOLERANCE * np.abs(expected).max(initial=0.0), ROUNDING)
    np.testing.assert_allclose(found, expected, rtol=TOLERANCE, atol=room)


def output_of(trainer: Observer) -> Any:
    node = trainer.current.model.output
    assert node is not None
    return trainer.current.value(node).T


def input_gradient_of(trainer: Observer) -> Any:
    """The gradient by the samples as rows, as PyTorch has them."""
    inputs = trainer.current.model.inputs
    parts: list[Any] = [trainer.current.gradient(node) for node in inputs]
    if len(parts) > 1:  # one (features, batch) a time step
        return np.stack(parts).transpose(2, 0, 1)
    (part,) = parts
    return part.T if part.ndim < 4 else part.transpose(3, 0, 1, 2)


def evaluated(trainer: Observer) -> Any:
    """The output in evaluation mode, with the parameters and statistics as they are."""
    training = trainer.training
    feed = training.feed
    assert feed is not None
    shapes = feed.input_shapes
    model = build(training.system, shapes, feed.outputs, len(feed.train.x), training=False)
    inputs, y = feed.columns(feed.train)
    assert model.y is not None
    assert model.output is not None
    leaves = {**dict(zip(model.inputs, inputs, strict=True)), model.y: y}
    leaves |= {p.node: trainer.parameters[p.name] for p in model.parameters}
    leaves |= {s.node: training.statistics[s.name] for s in model.statistics}
    return interpret(model.graph, leaves)[model.output].T


@every_case
def test_output_and_gradients(case: dict[str, Any]) -> None:
    trainer = trainer_of(case)
    assert set(trainer.parameters) == set(case["start"])
    close(output_of(trainer), case["output"])
    close(trainer.objective_and_loss()[0], case["objectives"][0])
    for name, gradient in trainer.training.vectors.gradients.items():
        close(gradient, case["gradients"][name])
    close(input_gradient_of(trainer), case["input_gradient"])


@every_case
def test_trajectory_of_25_updates_with_running_statistics_and_evaluation(
    case: dict[str, Any],
) -> None:
    trainer = trainer_of(case)
    for _ in range(RECORD["steps"]):
        trainer.train_step()
    close(trainer.recorder.take_rows().objective, case["objectives"])
    for name, parameter in trainer.parameters.items():
        close(parameter, case["end"][name])
    statistics = trainer.training.statistics
    assert set(statistics) == set(case["statistics"])
    for name, array in statistics.items():
        close(array.reshape(-1), case["statistics"][name])
    close(evaluated(trainer), case["evaluated"])


def test_every_layer_type_is_compared() -> None:
    """Dropout draws its own mask and has a test of its own."""

    def kinds(layers: list[dict[str, Any]]) -> set[str]:
        return {one["type"] for one in layers}.union(
            *(kinds(one.get("layers", [])) for one in layers)
        )

    compared = set().union(*(kinds(case["layers"]) for case in CASES))
    builtin = {name for name, cls in types().items() if cls.__module__.startswith("engine.")}
    assert builtin - compared == {"dropout"}


@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_the_record_is_what_pytorch_does_now() -> None:
    torch = importlib.import_module("torch")
    script = runpy.run_path(str(FIXTURES / "make_layers_torch.py"))
    kept = torch.get_default_dtype()
    try:
        for case, recorded in zip(script["CASES"], CASES, strict=True):
            now = script["record"](torch, *case)
            assert (now["name"], now["layers"]) == (recorded["name"], recorded["layers"])
            close(now["objectives"], recorded["objectives"])
            close(now["evaluated"], recorded["evaluated"])
            for name, end in now["end"].items():
                close(end, recorded["end"][name])
    finally:
        torch.set_default_dtype(kept)
