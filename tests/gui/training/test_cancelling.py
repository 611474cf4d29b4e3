"""Long work on the training thread: it shows how far it is, and Cancel leaves all as it was."""

import threading
import time
from typing import Any

import pytest

from engine.messages.commands import Open, Operate, Reset, Rewind, Run, Threads, Train
from engine.support.cancellation import checkpoint
from engine.support.errors import InputError
from gui.training.worker import Worker
from tests.gui.worker_rig import FakeTrainer, Rig, fake_system


class LongTrainer(FakeTrainer):
    """Can be left at every hundredth of a long building or going back."""

    def __init__(self, system: Any, generation: int, **options: Any) -> None:
        if system.name == "long":
            self._work()
        super().__init__(system, generation, **options)

    def _work(self) -> None:
        for done in range(1_000):
            time.sleep(0.01)
            checkpoint(done, 1_000)

    def rewind(self, step: int) -> None:
        self._work()
        super().rewind(step)


class LongRig(Rig):
    bad: tuple[str, ...] = ()

    def make(self, system: Any, generation: int) -> FakeTrainer:
        if system.name in self.bad:
            raise InputError("a good system", system.name)
        self.trainers.append(LongTrainer(system, generation, **self.options))
        return self.trainer

    def watch_until(self, condition: Any, seconds: float = 5.0) -> None:
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, "it did not come to that"
            self.look()
            time.sleep(0.002)

    @property
    def progress(self) -> list[tuple[int, int]]:
        return [parcel.progress for parcel in self.parcels if parcel.progress]

    @property
    def cancelled(self) -> list[str]:
        return [parcel.cancelled for parcel in self.parcels if parcel.cancelled]


@pytest.fixture
def rig():
    found = LongRig()
    found.send(Open(fake_system(name="fake", rate=0)))
    found.settle()
    yield found
    assert found.worker.stop(), "the training thread did not end"


def test_building_shows_progress_and_cancel_leaves_the_running_training(rig):
    rig.send(Run())
    rig.watch(0.05)
    rig.send(Open(fake_system(name="long")))
    rig.watch_until(lambda: len(rig.progress) >= 2)
    assert rig.progress[0] < rig.progress[-1] < (1_000, 1_000)
    assert "long" in rig.parcels[-1].busy
    rig.worker.cancel()
    rig.watch_until(lambda: bool(rig.cancelled))
    rig.watch(0.1)
    assert len(rig.trainers) == 1
    assert rig.frames[-1].running, "the training that ran before goes on"
    assert rig.frames[-1].generation == 1
    assert [system.name for p in rig.parcels for system in p.not_built] == ["long"]
    assert not any(p.refusals or p.crashes for p in rig.parcels)


def test_going_back_can_be_cancelled(rig):
    rig.send(Train(steps=5))
    rig.settle()
    rig.send(Rewind(2))
    rig.watch_until(lambda: bool(rig.progress))
    rig.worker.cancel()
    rig.settle()
    assert len(rig.cancelled) == 1
    assert rig.frames[-1].step == 5
    assert rig.parcels[-1].busy == ""
    rig.send(Operate())
    rig.settle()
    assert rig.trainer.calls[-1] == ("operate",), "the thread lives on"


@pytest.mark.parametrize("forward", [False, True])
def test_an_opening_does_not_wait_for_a_step_that_is_gone_to(rig, forward):
    rig.send(Train(steps=5))
    rig.watch_until(lambda: rig.trainer.step == 5 and rig.worker.idle)
    rig.trainer.step_seconds = 0.01
    rig.send(Rewind(5_000 if forward else 2))
    rig.watch_until(lambda: bool(rig.progress))
    rig.send(Open(fake_system(name="other")))
    rig.watch_until(lambda: len(rig.trainers) == 2, seconds=2.0)
    assert rig.cancelled == []  # it is not what the person gave up


def test_another_step_does_not_wait_for_one_that_is_gone_to(rig):
    rig.trainer.step_seconds = 0.01
    rig.send(Rewind(5_000))
    rig.watch_until(lambda: bool(rig.progress))
    rig.send(Reset())
    rig.watch_until(lambda: ("reset",) in rig.trainer.calls, seconds=2.0)


def test_cancel_gives_up_all_openings_that_wait(rig):
    rig.send(Open(fake_system(name="long")))
    rig.watch_until(lambda: bool(rig.progress))
    rig.send(Open(fake_system(name="second")), Open(fake_system(name="long")))
    rig.worker.cancel()
    rig.watch_until(lambda: bool(rig.cancelled))
    seen = len(rig.progress)
    rig.watch_until(lambda: len(rig.progress) > seen + 1)
    rig.worker.cancel()
    rig.settle()
    assert [s.name for p in rig.parcels for s in p.not_built] == ["long", "second", "long"]
    assert len(rig.trainers) == 1


def test_of_openings_that_wait_the_last_good_one_is_built(rig):
    rig.bad = ("bad", "worse")
    rig.send(Open(fake_system(name="long")))
    rig.watch_until(lambda: bool(rig.progress))
    rig.send(*(Open(fake_system(name=name)) for name in ("old", "good", "bad", "worse")))
    rig.worker.cancel()
    rig.settle()
    assert [trainer.system.name for trainer in rig.trainers] == ["fake", "good"]
    assert [s.name for p in rig.parcels for s in p.not_built] == ["long", "worse", "bad"]
    assert rig.frames[-1].generation == 2


def test_a_cancel_that_comes_too_late_ends_nothing_else(rig):
    rig.worker.cancel()
    rig.send(Open(fake_system(name="second")), Train(steps=3))
    rig.settle()
    assert rig.frames[-1].generation == 2
    assert rig.frames[-1].step == 3
    assert not rig.cancelled


def test_forward_again_is_training(rig):
    rig.send(Train(steps=4))
    rig.settle()
    rig.send(Rewind(9))
    rig.settle()
    assert rig.frames[-1].step == 9
    assert not any(p.refusals for p in rig.parcels)


def test_closing_does_not_wait_for_what_is_built(rig):
    rig.send(Open(fake_system(name="long")))
    rig.watch_until(lambda: bool(rig.progress))
    asked = time.monotonic()
    assert rig.worker.stop()
    assert time.monotonic() - asked < 1.0


def test_the_number_of_threads_is_set_where_the_products_are_made(rig, monkeypatch):
    on: list[Any] = []

    def use(count: int) -> int:
        on.append((count, threading.current_thread().name))
        return count

    monkeypatch.setattr("engine.support.blas_threads.use", use)
    monkeypatch.setattr("engine.support.blas_threads.in_use", lambda: 7)
    rig.send(Threads(2))
    rig.settle()
    assert on == [(2, "training")]
    assert rig.parcels[-1].threads == 2
    rig.send(Threads())
    rig.settle()
    assert rig.parcels[-1].threads == 7


def test_a_thread_without_trainer_counts_threads_too():
    worker = Worker(FakeTrainer)
    worker.send(Threads())
    time.sleep(0.1)
    assert worker.take() is not None
    assert worker.stop()
