"""Linear networks against PyTorch: gradients, and 25 updates, from the same weights.

The numbers are in a fixture that tests/fixtures/make_networks_torch.py wrote; where PyTorch is
installed, it is asked again.
"""

import importlib.util
import json
import runpy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.system import catalogue
from engine.system.system import System, from_table, override
from engine.training.feed import Samples

FIXTURES = Path(__file__).resolve().parent.parent / "fixtures"
RECORD = json.loads((FIXTURES / "networks_torch.json").read_text(encoding="utf-8"))
CASES = RECORD["cases"]
IDS = [f"{c['activation']}-{c['loss']['type']}-{c['optimizer']['type']}" for c in CASES]
every_case = pytest.mark.parametrize("case", CASES, ids=IDS)
TOLERANCE = 1e-6


def system_of(case: dict[str, Any]) -> System:
    units = case["sizes"][1:]
    activations = [case["activation"]] * (len(units) - 1) + ["identity"]
    layers = [{"type": "linear", "units": n, "activation": a} for n, a in zip(units, activations)]
    names = ("dtype", "loss", "optimizer")
    return from_table({"layers": layers, **{name: case[name] for name in names}})


def trainer_of(case: dict[str, Any]) -> Observer:
    batch = Samples(np.array(case["x"]), np.array(case["y"]))
    return Observer(system_of(case), parameters=case["start"], batch=batch)


def flat(parameters: Mapping[str, Any]) -> Any:
    return np.concatenate([np.ravel(p) for p in parameters.values()])


def close(found: Any, expected: Any) -> None:
    """Relative to the largest entry, as an optimiser's trajectory has no better measure."""
    expected = np.asarray(expected)
    np.testing.assert_allclose(
        found, expected, rtol=TOLERANCE, atol=TOLERANCE * abs(expected).max()
    )


@every_case
def test_first_gradients(case: dict[str, Any]) -> None:
    trainer = trainer_of(case)
    assert list(trainer.parameters) == list(case["start"])
    trainer.finish_pass()
    close(trainer.objective_and_loss()[0], case["objectives"][0])
    close(flat(trainer.training.vectors.gradients), flat(case["gradients"]))


@every_case
def test_trajectory_of_25_updates(case: dict[str, Any]) -> None:
    trainer = trainer_of(case)
    trainer.finish_pass()
    for _ in range(RECORD["steps"]):
        trainer.train_step()
    close(flat(trainer.parameters), flat(case["end"]))
    close(trainer.recorder.take_rows().objective, case["objectives"])


def test_pytorch_241_of_the_catalogue_is_the_recorded_network() -> None:
    """x = (1, 2), target 3, Linear(2, 4) → ReLU → Linear(4, 1), MSE, SGD 0.01, in float32."""
    case = next(c for c in CASES if c["sizes"] == [2, 4, 1])
    system = catalogue.load("pytorch-241")
    assert system.dtype == "float32"
    trainer = Observer(system, parameters=case["start"])
    trainer.finish_pass()
    close(flat(trainer.training.vectors.gradients), flat(case["gradients"]))
    for _ in range(RECORD["steps"]):
        trainer.train_step()
    close(flat(trainer.parameters), flat(case["end"]))


def test_float32_is_near_float64_of_the_same_case() -> None:
    trainer = trainer_of(CASES[0])
    single = Observer(
        override(system_of(CASES[0]), "dtype", "float32"),
        parameters=CASES[0]["start"],
        batch=Samples(np.array(CASES[0]["x"]), np.array(CASES[0]["y"])),
    )
    trainer.finish_pass()
    single.finish_pass()
    assert single.gradient.dtype == np.float32
    np.testing.assert_allclose(single.gradient, trainer.gradient, rtol=1e-4, atol=1e-6)


@pytest.mark.slow
@pytest.mark.skipif(importlib.util.find_spec("torch") is None, reason="PyTorch is not installed")
def test_the_record_is_what_pytorch_does_now() -> None:
    torch = importlib.import_module("torch")
    script = runpy.run_path(str(FIXTURES / "make_networks_torch.py"))
    torch.manual_seed(0)
    for case, recorded in zip(script["CASES"], CASES, strict=True):
        now = script["record"](torch, case)
        close(now["objectives"], recorded["objectives"])
        close(flat(now["end"]), flat(recorded["end"]))
