"""The trainer: stepping is running, time goes both ways, and frames say what is known."""

import dataclasses
from typing import Any

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.support.errors import InputError
from engine.system import catalogue
from engine.system.settings_by_step import until
from engine.system.system import System, from_table, override
from engine.training.feed import Samples

OPTIMIZERS: list[dict[str, Any]] = [
    {"type": "sgd", "learning_rate": 0.2},
    {"type": "sgd", "learning_rate": 0.1, "momentum": 0.9, "nesterov": True},
    {"type": "adam", "learning_rate": 0.02, "amsgrad": True},
    {"type": "rmsprop", "momentum": 0.5, "centered": True},
    {"type": "adagrad"},
]
IDS = ["sgd", "nesterov", "adam", "rmsprop", "adagrad"]
every_optimizer = pytest.mark.parametrize("optimizer", OPTIMIZERS, ids=IDS)
IRIS = {
    "dtype": "float64",
    "data": {"source": "iris", "batch_size": 25},
    "layers": [{"type": "linear", "units": 6, "activation": "tanh"}, {"type": "linear"}],
    "loss": {"l2": 0.01},
    "clipping": {"type": "norm", "threshold": 0.5},
    "schedule": {"type": "cosine"},
}


def iris(**more: Any) -> System:
    return from_table({**IRIS, **more})


def run(trainer: Observer, steps: int) -> Observer:
    trainer.finish_pass()
    for _ in range(steps):
        trainer.train_step()
    return trainer


def operate(trainer: Observer, steps: int) -> Observer:
    """As ``run``, one operation after the other."""
    while trainer.step < steps or not trainer.complete:
        trainer.operate()
    return trainer


def inputs(trainer: Observer) -> Any:
    return trainer.current.value(trainer.current.model.graph.value("x").id)


def same_state(one: Observer, other: Observer) -> None:
    assert (one.step, one.cursor) == (other.step, other.cursor)
    for name in ("theta", "gradient"):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes(), name
    assert one.objective_and_loss() == other.objective_and_loss()


def columns(trainer: Observer) -> dict[str, Any]:
    return dataclasses.asdict(trainer.recorder.take_rows())


def same_history(one: dict[str, Any], other: dict[str, Any]) -> None:
    for name, column in one.items():
        np.testing.assert_array_equal(column, other[name], name)


@every_optimizer
def test_stepping_through_is_running(optimizer: dict[str, Any]) -> None:
    system = iris(optimizer=optimizer)
    ran, stepped = run(Observer(system), 7), operate(Observer(system), 7)
    same_state(ran, stepped)
    same_history(columns(ran), columns(stepped))


@pytest.mark.parametrize("name", [entry.name for entry in catalogue.entries()])
def test_stepping_through_is_running_for_every_system(name: str) -> None:
    system = catalogue.load(name)
    same_state(run(Observer(system), 2), operate(Observer(system), 2))


def test_mixing_both_is_running_too() -> None:
    mixed = Observer(iris())
    for _ in range(5):
        mixed.operate()
    run(mixed, 2)
    for _ in range(3):
        mixed.operate()
    mixed.train_step()
    same_state(mixed, run(Observer(iris()), mixed.step))


@every_optimizer
def test_undo_goes_back_across_updates_and_forward_again(optimizer: dict[str, Any]) -> None:
    system = iris(optimizer=optimizer)
    trainer = operate(Observer(system), 3)
    reference = operate(Observer(system), 3)
    length = len(trainer.topology.operations)
    for _ in range(2 * length + 3):
        trainer.undo()
    assert (trainer.step, trainer.cursor) == (1, length - 4)
    operate(trainer, 3)
    same_state(trainer, reference)
    same_history(columns(trainer), columns(reference))


def test_one_operation_back_is_one_operation_back() -> None:
    trainer = Observer(iris())
    trainer.undo()  # at the very start there is nothing to take back
    assert (trainer.step, trainer.cursor) == (0, 0)
    operate(trainer, 2)
    places = []
    for _ in range(10):
        trainer.operate()
        places.append((trainer.step, trainer.cursor))
    for place in reversed(places):
        assert (trainer.step, trainer.cursor) == place
        trainer.undo()


@every_optimizer
@pytest.mark.parametrize("back", [0, 1, 4, 9])
def test_rewinding_and_training_again_is_the_same(optimizer: dict[str, Any], back: int) -> None:
    system = iris(optimizer=optimizer)
    straight = run(Observer(system), 9)
    trainer = run(Observer(system), 9)
    trainer.rewind(back)
    same_state(trainer, run(Observer(system), back))
    run(trainer, 9 - back)
    same_state(trainer, straight)
    same_history(columns(trainer), columns(straight))


def test_rewinding_far_beyond_the_kept_checkpoints() -> None:
    system = override(catalogue.load("single-neuron"), "optimizer.momentum", 0.5)
    trainer = run(Observer(system), 700)
    trainer.rewind(613)
    same_state(trainer, run(Observer(system), 613))


def test_rewinding_to_where_training_has_not_been() -> None:
    trainer = run(Observer(iris()), 3)
    for step in (-1, 4, 100):
        with pytest.raises(InputError, match="from 0 to 3"):
            trainer.rewind(step)
        assert trainer.step == 3


def test_reset_is_the_beginning_again() -> None:
    trainer = run(Observer(iris(optimizer=OPTIMIZERS[2])), 4)
    trainer.take_frame()
    trainer.reset()
    assert (trainer.step, trainer.cursor) == (0, 0)
    frame = trainer.take_frame()
    assert frame.rewound
    assert len(frame.scalars) == 0
    same_state(run(trainer, 4), run(Observer(iris(optimizer=OPTIMIZERS[2])), 4))


def test_live_changes_count_from_the_next_update_and_survive_a_rewind() -> None:
    system = iris(optimizer=OPTIMIZERS[0], schedule={"type": "constant"})
    trainer = run(Observer(system), 2)
    trainer.change("optimizer.learning_rate", 0.05)
    run(trainer, 3)
    rates = columns(trainer)["learning_rate"].tolist()
    assert rates[:2] == [0.2, 0.2]
    assert rates[3:] == [0.05] * 3
    theta = trainer.theta.copy()
    trainer.rewind(1)
    assert trainer.learning_rate == 0.2
    trainer.train_step()
    trainer.change("optimizer.learning_rate", 0.05)
    run(trainer, 3)
    assert trainer.theta.tobytes() == theta.tobytes()


@pytest.mark.parametrize(("key", "value"), [
    ("layers.0.units", 3), ("seed", 1), ("optimizer.type", "adam"), ("dtype", "float32"),
    ("data.input_scale", 2.0), ("optimizer.learning_rate", -1.0), ("optimizer.lr", 1.0),
])  # fmt: skip
def test_what_cannot_change_while_training_is_refused_and_changes_nothing(
    key: str, value: Any
) -> None:
    trainer = run(Observer(iris(optimizer=OPTIMIZERS[0])), 1)
    with pytest.raises(InputError):
        trainer.change(key, value)
    same_state(run(trainer, 1), run(Observer(iris(optimizer=OPTIMIZERS[0])), 2))


def test_history_has_an_entry_more_than_updates_each_of_its_own_step() -> None:
    system = iris(optimizer=OPTIMIZERS[0])
    trainer = run(Observer(system), 6)
    history = columns(trainer)
    assert history["step"].tolist() == list(range(7))
    assert history["epoch"].tolist() == [0, 0, 0, 0, 0, 1, 1]
    fresh = Observer(system)
    for step in range(7):  # entry k: the parameters after k updates, on the batch of step k
        fresh.finish_pass()
        assert history["objective"][step] == fresh.objective_and_loss()[0]
        start = fresh.current.model.parameters[0]
        first = fresh.current.gradient(start.node)
        assert first is not None
        bias = fresh.current.gradient(fresh.current.model.parameters[1].node)
        assert bias is not None
        exact = np.sqrt((first**2).sum() + (bias**2).sum())
        assert history["layer_gradient_norm"][step, 0] == pytest.approx(exact, rel=1e-12)
        fresh.train_step()
    assert history["layer_update_ratio"][0].tolist() == [0, 0]
    clipped = history["gradient_norm_after_clipping"]
    assert (clipped <= 0.5 + 1e-12).all()


def test_the_last_smaller_batch_of_an_epoch() -> None:
    """120 samples in batches of 50: 50, 50, 20; means are over the batch that there is."""
    trainer = Observer(iris(data={"source": "iris", "batch_size": 50}))
    sizes = []
    for _ in range(6):
        trainer.finish_pass()
        sizes.append(inputs(trainer).shape[1])
        trainer.train_step()
    assert sizes == [50, 50, 20, 50, 50, 20]
    assert trainer.topology.steps_per_epoch == 3
    same_state(
        operate(Observer(iris(data={"source": "iris", "batch_size": 50})), 6),
        run(Observer(iris(data={"source": "iris", "batch_size": 50})), 6),
    )


def test_frames_say_what_is_computed_and_nothing_else() -> None:
    trainer = Observer(iris())
    topology = trainer.topology
    known: set[int] = set()
    backward: set[int] = set()
    for operation in topology.operations[:-1]:
        trainer.operate()
        frame = trainer.take_frame()
        (backward if operation.phase == "backward" else known).update(operation.nodes)
        leaves = {n.index for n in topology.nodes if n.kind in ("parameter", "constant")}
        assert set(np.flatnonzero(frame.value_ready)) == known | leaves
        assert set(np.flatnonzero(frame.gradient_ready)) == backward
        for ready, norms in (
            (frame.value_ready, frame.value_norm),
            (frame.gradient_ready, frame.gradient_norm),
            (frame.contribution_ready, frame.contribution_norm),
        ):
            assert np.isfinite(norms[ready]).all()
            assert np.isnan(norms[~ready]).all()
        assert np.isnan(frame.objective) == (trainer.current.model.objective not in known)
    assert trainer.complete
    differentiable = {n.index for n in topology.nodes if n.differentiable}
    assert backward == differentiable


def test_phases_come_in_order_and_every_operation_once() -> None:
    phases = [operation.phase for operation in Observer(iris()).topology.operations]
    assert phases == sorted(phases, key=["batch", "forward", "backward", "update"].index)
    assert (phases.count("batch"), phases.count("update")) == (1, 1)


@pytest.mark.parametrize("name", [entry.name for entry in catalogue.entries()])
def test_ledger_adds_up_to_the_gradient(name: str) -> None:
    trainer = run(Observer(catalogue.load(name)), 1)
    eps = float(np.finfo(trainer.topology.dtype).eps)
    for node in trainer.topology.nodes:
        trainer.inspect(node=node.index)
        detail = trainer.take_frame().detail
        assert detail is not None
        if detail.gradient is None or not detail.ledger:
            continue
        if all(row.contribution is None for row in detail.ledger):
            continue
        assert detail.residual is not None
        assert detail.residual <= 8 * eps * (1 + float(np.abs(detail.gradient).max()))
        for row in detail.ledger:
            if row.local_value is not None and row.upstream is not None:
                product = row.local_value * row.upstream
                assert row.contribution is not None
                if product.shape == row.contribution.shape:
                    error = np.abs(product - row.contribution).max()
                    assert error <= 50 * eps * (1 + np.abs(product).max())


def test_a_fixed_batch_is_the_batch_of_every_step() -> None:
    batch = Samples(np.eye(4), np.eye(3)[[0, 1, 2, 0]])
    trainer = run(Observer(iris(), batch=batch), 3)
    np.testing.assert_array_equal(inputs(trainer), np.eye(4))
    assert trainer.evaluate() is None


def test_digits_are_learnt_to_above_90_percent_by_deep_mlp_at_its_defaults() -> None:
    trainer = run(Observer(catalogue.load("deep-mlp")), 1000)
    evaluation = trainer.evaluate()
    assert evaluation is not None
    assert evaluation.accuracy is not None
    assert evaluation.accuracy > 0.9
    assert evaluation.samples == 359


def test_going_back_often_does_not_use_up_the_memory_of_the_past(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("engine.training.step_log._PAST_BYTES", 40_000)
    trainer = Observer(catalogue.load("d2l-mlp"))
    weight = next(p.node for p in trainer.current.model.parameters)
    node = trainer.current.gradients.by_node[weight]
    for _ in range(30):
        trainer.train(50)
        steps, norms = trainer.recorder.past(node)
        assert len(steps) == len(norms) == 51
        trainer.rewind(0)


@every_optimizer
def test_a_way_that_was_left_is_taken_again_bit_for_bit(optimizer: dict[str, Any]) -> None:
    trainer = run(Observer(iris(optimizer=optimizer)), 40)
    trainer.rewind(7)
    trainer.change("optimizer.learning_rate", 0.03)
    trainer.train(10)
    trainer.change("clipping.threshold", 0.1)
    trainer.train(13)
    left = trainer.timeline.systems
    expected = trainer.theta.copy(), trainer.objective_and_loss()
    trainer.rewind(20)
    trainer.rewind(3)
    trainer.change("optimizer.learning_rate", 0.2)
    trainer.train(80)
    trainer.retake(left, 30)
    assert trainer.step == 30
    assert trainer.theta.tobytes() == expected[0].tobytes()
    assert trainer.objective_and_loss() == expected[1]
    assert [system for _, system in until(trainer.timeline.systems, 30)] == [s for _, s in left]
    trainer.retake(((0, iris(optimizer=optimizer)),), 40)
    assert trainer.theta.tobytes() == run(Observer(iris(optimizer=optimizer)), 40).theta.tobytes()
    trainer.change("optimizer.learning_rate", 0.5)
    trainer.rewind(0)
    trainer.change("optimizer.learning_rate", 0.4)
    trainer.retake(left, 30)
    assert trainer.theta.tobytes() == expected[0].tobytes()
