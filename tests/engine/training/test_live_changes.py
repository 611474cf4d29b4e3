"""Settings changed during training: replaying gives what was seen, undoing leaves nothing stale."""

from typing import Any

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.system import catalogue
from engine.system.system import load, override, save

CHANGES = [
    ("d2l-mlp", "clipping.type", "norm"),
    ("d2l-mlp", "optimizer.learning_rate", 0.01),
    ("input-scaling", "data.input_scale", 3.0),
]


def train(trainer: Observer, steps: int) -> Observer:
    for _ in range(steps):
        trainer.train_step()
    return trainer


@pytest.mark.parametrize(("name", "key", "value"), CHANGES)
def test_replaying_a_live_change_gives_the_same_parameters(name: str, key: str, value: Any) -> None:
    trainer = Observer(catalogue.load(name))
    # Step 0 alone is kept, so that going back replays everything.
    trainer.timeline.checkpoints.wants = lambda step: False  # type: ignore[method-assign]
    train(trainer, 4).change(key, value)
    train(trainer, 3)
    theta, gradient = trainer.theta.copy(), trainer.gradient.copy()
    train(trainer, 2).rewind(7)
    assert trainer.theta.tobytes() == theta.tobytes()
    assert trainer.gradient.tobytes() == gradient.tobytes()


@pytest.mark.parametrize(("name", "key", "value"), CHANGES)
def test_a_change_acts_at_once_wherever_the_pass_stands(name: str, key: str, value: Any) -> None:
    changed_first = Observer(catalogue.load(name))
    changed_first.change(key, value)
    train(changed_first, 1)
    changed_after_the_pass = Observer(catalogue.load(name))
    changed_after_the_pass.finish_pass()
    changed_after_the_pass.change(key, value)
    train(changed_after_the_pass, 1)
    taken_back = Observer(catalogue.load(name))
    taken_back.finish_pass()
    while taken_back.cursor:
        taken_back.undo()
    taken_back.change(key, value)
    train(taken_back, 1)
    assert changed_first.theta.tobytes() == changed_after_the_pass.theta.tobytes()
    assert changed_first.theta.tobytes() == taken_back.theta.tobytes()


def test_resetting_keeps_the_settings_of_now() -> None:
    trainer = train(Observer(catalogue.load("d2l-mlp")), 3)
    trainer.change("optimizer.learning_rate", 0.25)
    trainer.reset()
    assert (trainer.step, trainer.cursor, trainer.learning_rate) == (0, 0, 0.25)
    expected = Observer(override(catalogue.load("d2l-mlp"), "optimizer.learning_rate", 0.25))
    assert train(trainer, 4).theta.tobytes() == train(expected, 4).theta.tobytes()


def test_the_first_non_finite_node_and_its_step_are_kept() -> None:
    system = override(catalogue.load("d2l-mlp"), "optimizer.learning_rate", 1e200)
    trainer = train(Observer(system), 5)
    finding = trainer.diagnose()[0]
    assert "step 1" in finding.evidence  # the first update makes weights whose squares overflow
    assert finding.where == "linear1.weight.norm"
    assert trainer.nonfinite_since == 1
    trainer.rewind(1)
    trainer.train(0)
    assert "Step 1: NaN or Inf, first in ‖W⁽¹⁾‖²; J = ∞" in trainer.take_frame().message
    trainer.train(4)
    assert "NaN or Inf" not in trainer.take_frame().message
    again = trainer.first_nonfinite
    trainer.rewind(4)
    assert trainer.nonfinite_since == 1, "it came up before the step gone back to"
    assert trainer.first_nonfinite is again
    trainer.rewind(0)
    assert trainer.first_nonfinite is None
    assert trainer.nonfinite_since is None


def test_what_a_changed_setting_mends_is_not_called_broken() -> None:
    trainer = Observer(override(catalogue.load("input-scaling"), "data.input_scale", 1e308))
    trainer.finish_pass()
    assert trainer.nonfinite_since == 0
    trainer.change("data.input_scale", 1.0)
    assert trainer.nonfinite_since is None
    assert all(finding.kind != "non-finite" for finding in trainer.take_frame().findings)


def test_a_saved_system_finds_its_data_from_another_folder(tmp_path: Any) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.mkdir()
    new.mkdir()
    rows = "\n".join(f"{k},{2 * k}" for k in range(12))
    (old / "line.csv").write_text(f"x,y\n{rows}\n", encoding="utf-8")
    text = '[data]\nsource = "line.csv"\n[[layers]]\ntype = "linear"\n[loss]\ntype = "{}"\n'
    path = old / "line.toml"
    path.write_text(text.format("mean_squared_error"), encoding="utf-8")
    save(load(path), new / "moved.toml")
    moved = Observer(load(new / "moved.toml"))
    assert np.array_equal(moved.theta, Observer(load(path)).theta)
    # 12 samples, some held back: the batch size that nobody asked for gives way to all of them.
    assert moved.training.batch_size(0) == moved.training.batch_size(1) < 12
