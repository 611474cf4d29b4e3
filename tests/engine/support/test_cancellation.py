"""Leaving long work: where a watch is told how far it is, and what is left behind."""

import threading

import numpy as np
import pytest

from engine.observe.observer import Observer
from engine.support.cancellation import Cancelled, checkpoint, watched
from engine.system import catalogue
from engine.system import system as systems
from engine.system.system import System


def deep(layers: int = 20) -> System:
    return systems.override(catalogue.load("deep-mlp"), "layers.0.repeat", layers)


class Watch:
    """Remembers what it is told; leaves at the call with this number."""

    def __init__(self, leave_at: int = -1) -> None:
        self.told: list[tuple[int, int]] = []
        self.leave_at = leave_at

    def __call__(self, done: int, total: int) -> None:
        self.told.append((done, total))
        if len(self.told) == self.leave_at:
            raise Cancelled


def test_without_a_watch_nothing_happens() -> None:
    checkpoint(1, 2)


def test_a_watch_hears_its_own_thread_only_and_the_innermost_counts() -> None:
    outer, inner = Watch(), Watch()
    with watched(outer):
        checkpoint(1)
        with watched(inner):
            checkpoint(2, 9)
        checkpoint(3)
        other = threading.Thread(target=checkpoint, args=(4,))
        other.start()
        other.join()
    checkpoint(5)
    assert outer.told == [(1, 0), (3, 0)]
    assert inner.told == [(2, 9)]


def test_building_is_told_node_by_node_and_can_be_left() -> None:
    watch = Watch()
    with watched(watch):
        trainer = Observer(deep())
    assert len(watch.told) >= len(trainer.current.model.graph)
    for share in (0.05, 0.5, 0.95):
        with pytest.raises(Cancelled), watched(Watch(max(1, round(share * len(watch.told))))):
            Observer(deep())


def frame_of(trainer: Observer) -> list[np.ndarray]:
    """All that the window shows of where the training stands."""
    frame = trainer.take_frame()
    arrays = [frame.value_norm, frame.gradient_norm, frame.contribution_norm]
    return [trainer.theta.copy(), *arrays, np.array([frame.step, frame.cursor, frame.loss])]


@pytest.mark.parametrize("operations", [0, 1, 7])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_going_back_given_up_leaves_all_as_it_was(operations: int, optimizer: str) -> None:
    system = systems.override(deep(3), "optimizer.type", optimizer)
    trainer, twin = Observer(system), Observer(system)
    for one in (trainer, twin):
        one.timeline.checkpoints.limit = 0  # a few states only, so that the way back is long
        for _ in range(40):
            one.train_step()
        one.change("optimizer.learning_rate", 0.02)
        one.train_step()
        for _ in range(operations):
            one.operate()
        one.take_frame()
    watch = Watch(leave_at=3)
    with pytest.raises(Cancelled), watched(watch):
        trainer.rewind(39)
    assert watch.told[0] < watch.told[-1]
    assert watch.told[-1][1] > 0, "going back knows how far it is"
    for mine, its in zip(frame_of(trainer), frame_of(twin), strict=True):
        assert np.array_equal(mine, its, equal_nan=True)
    for one in (trainer, twin):
        one.train_step()
        one.rewind(5)
        one.train_step()
    for mine, its in zip(frame_of(trainer), frame_of(twin), strict=True):
        assert np.array_equal(mine, its, equal_nan=True)
    assert np.array_equal(trainer.recorder.take_rows().step, twin.recorder.take_rows().step)
