"""Dropout: a mask drawn anew for each step from the seed, and nothing in evaluation."""

from typing import Any

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.support.errors import EngineError
from engine.system.build import build
from engine.system.system import System, from_table
from engine.training.feed import Samples

BATCH = Samples(np.random.default_rng(0).normal(size=(200, 50)), np.ones((200, 2)))


def system(rate: float = 0.4, seed: int = 0, **more: Any) -> System:
    return from_table({
        "layers": [{"type": "dropout", "rate": rate}, {"type": "linear", "units": 2}],
        "loss": {"type": "squared_error"}, "dtype": "float64", "seed": seed, **more,
    })  # fmt: skip


def mask_of(trainer: Observer) -> Any:
    return trainer.current.value(trainer.current.model.masks[0].node).copy()


def finished(*args: Any) -> Observer:
    trainer = Observer(system(*args), batch=BATCH)
    trainer.finish_pass()
    return trainer


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_mask_is_zero_at_the_rate_and_scaled_so_that_the_mean_stays(rate: float) -> None:
    mask = mask_of(finished(rate))
    assert len(np.unique(mask)) == 2
    assert mask.max() == 1 / (1 - rate)
    assert np.mean(mask == 0) == pytest.approx(rate, abs=0.02)
    assert mask.mean() == pytest.approx(1, abs=0.06)


def test_values_and_gradients_pass_the_same_mask() -> None:
    trainer = finished()
    mask = mask_of(trainer)
    graph = trainer.current.model.graph
    h, x = graph.value("dropout1.h").id, trainer.current.model.inputs[0]
    np.testing.assert_array_equal(trainer.current.value(h), BATCH.x.T * mask)
    upstream, into = trainer.current.gradient(h), trainer.current.gradient(x)
    assert upstream is not None
    np.testing.assert_array_equal(into, upstream * mask)


def test_each_step_has_a_mask_of_its_own_that_seed_and_step_decide() -> None:
    one, two, other = finished(), finished(), finished(0.4, 1)
    np.testing.assert_array_equal(mask_of(one), mask_of(two))
    assert not np.array_equal(mask_of(one), mask_of(other))
    first = mask_of(one)
    one.train_step()
    assert not np.array_equal(mask_of(one), first)
    one.rewind(0)
    np.testing.assert_array_equal(mask_of(one), first)


def test_two_layers_have_masks_of_their_own() -> None:
    chosen = from_table({
        "layers": [{"type": "dropout"}, {"type": "dropout"}, {"type": "linear"}],
        "loss": {"type": "squared_error"},
    })  # fmt: skip
    trainer = Observer(chosen, batch=BATCH)
    trainer.finish_pass()
    first, second = (trainer.current.value(m.node) for m in trainer.current.model.masks)
    assert not np.array_equal(first, second)


def test_in_evaluation_and_at_rate_0_there_is_nothing_of_it() -> None:
    for built in (
        build(system(), ((50,),), 2, 4, training=False),
        build(system(0.0), ((50,),), 2, 4),
    ):
        assert built.masks == ()
        assert "dropout1.h" not in built.graph


def test_pictures_are_dropped_too() -> None:
    layers = [{"type": "dropout"}, {"type": "flatten"}, {"type": "linear"}]
    chosen = from_table({"layers": layers, "loss": {"type": "squared_error"}})
    assert build(chosen, ((2, 3, 3),), 2, 4).graph.value("dropout1.mask").shape == (2, 3, 3, 4)


def test_between_recurrent_layers_each_time_step_has_a_mask_of_its_own() -> None:
    table = [{"type": "lstm", "units": 4, "sequence": True}, {"type": "dropout"},
             {"type": "activation", "activation": "tanh"}, {"type": "gru", "units": 3},
             {"type": "linear"}]  # fmt: skip
    chosen = from_table({"layers": table, "loss": {"type": "squared_error"}})
    built = build(chosen, ((3,),) * 5, 2, 4)
    assert [built.graph.nodes[m.node].name for m in built.masks] == [
        f"dropout1.t{t}.mask" for t in range(1, 6)
    ]
    assert built.graph.value("activation1.t5.h").shape == (4, 4)
    assert build(chosen, ((3,),) * 5, 2, 4, training=False).masks == ()


@pytest.mark.parametrize("rate", [-0.1, 1.0, "half"])
def test_rates_that_cannot_be(rate: Any) -> None:
    with pytest.raises(EngineError, match=r"layers\.0\.rate"):
        system(rate)


def test_pytorchs_name_of_the_rate() -> None:
    chosen = from_table({"layers": [{"type": "dropout", "p": 0.25}, {"type": "linear"}]})
    assert chosen.layers[0].rate == 0.25  # type: ignore[attr-defined]
