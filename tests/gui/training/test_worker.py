"""The training thread without a window: a fake trainer, real commands, real threads."""

import dataclasses
import threading
import time
from typing import Any

import numpy as np
import pytest

from engine.messages.commands import (
    Change,
    Inspect,
    Open,
    Operate,
    Pause,
    Reset,
    Rewind,
    Run,
    Speed,
    Train,
    Undo,
)
from engine.support.errors import InputError
from gui.training.mailbox import Parcel, join, merge
from gui.training.worker import Worker
from tests.gui.fakes import fake_frame, fake_scalars, fake_topology
from tests.gui.worker_rig import FakeTrainer, Rig, fake_system


@pytest.fixture
def rig():
    made: list[Rig] = []

    def make(**options: Any) -> Rig:
        made.append(Rig(**options))
        made[-1].send(Open(fake_system(name="fake", rate=0)))
        made[-1].settle()
        return made[-1]

    yield make
    for one in made:
        assert one.worker.stop(), "the training thread did not end"


def test_opening_sends_the_topology_the_system_and_a_frame(rig):
    found = rig()
    last = found.parcels[-1]
    assert last.topology is found.trainer.topology
    assert last.system.name == "fake"
    assert last.frame.generation == last.topology.generation == 1
    assert not last.frame.running


def test_says_that_it_builds_before_it_builds():
    gate = threading.Event()

    def slow(system: Any, generation: int) -> FakeTrainer:
        gate.wait(5)
        return FakeTrainer(system, generation)

    worker = Worker(slow)
    try:
        worker.send(Open(fake_system(name="big")))
        end = time.monotonic() + 5
        parcel = None
        while parcel is None and time.monotonic() < end:
            parcel = worker.take()
            time.sleep(0.001)
        assert parcel is not None
        assert "big" in parcel.busy
        assert parcel.frame is None
    finally:
        gate.set()
        assert worker.stop()


def test_every_row_arrives_once_and_in_order_when_paced(rig):
    found = rig()
    found.send(Train(steps=500))
    found.settle()
    steps = np.concatenate([frame.scalars.step for frame in found.frames])
    assert steps.tolist() == list(range(501))
    assert found.frames[-1].step == 500


@pytest.mark.parametrize("interval", [0.001, 0.25])
def test_every_row_arrives_at_full_speed_also_when_frames_lie_unread(rig, interval):
    found = rig(step_seconds=0.0002)
    found.send(Speed(full=True), Run())
    found.watch(1.0, interval)
    found.send(Pause())
    found.settle()
    steps = np.concatenate([frame.scalars.step for frame in found.frames])
    assert steps.tolist() == list(range(found.trainer.step + 1))
    assert found.trainer.step > 100


def test_paced_training_waits_until_its_frame_is_taken(rig):
    found = rig()
    found.send(Run())
    found.watch(0.1)
    time.sleep(0.1)
    stood = found.trainer.step
    assert stood > 0
    time.sleep(0.1)
    assert found.trainer.step == stood
    found.watch(0.1)
    assert found.trainer.step > stood


def test_full_speed_does_not_wait(rig):
    found = rig(step_seconds=0.0005)
    found.send(Speed(full=True), Run())
    time.sleep(0.1)
    stood = found.trainer.step
    time.sleep(0.1)
    assert found.trainer.step > stood


@pytest.mark.parametrize("full", [True, False])
def test_training_waits_while_the_window_needs_the_processor(rig, full):
    found = rig()
    found.send(Speed(full=full), Run())
    found.watch(0.1)
    found.worker.hold(0.5)
    found.watch(0.1)  # the step that was being made
    stood = found.trainer.step
    found.watch(0.2)
    assert found.trainer.step == stood
    found.watch(0.5)
    assert found.trainer.step > stood


def test_speed_is_steps_a_second(rig):
    found = rig()
    found.send(Speed(50.0), Run())
    found.watch(1.0)
    assert 35 <= found.trainer.step <= 60
    found.send(Pause())
    found.settle()


def test_a_slow_speed_shows_each_step_for_itself(rig):
    found = rig()
    found.send(Speed(20.0), Run())
    found.watch(0.6)
    found.send(Pause())
    found.settle()
    shown = [frame.step for frame in found.frames]
    assert sorted(set(shown)) == list(range(found.trainer.step + 1))


def test_pause_is_quick(rig):
    found = rig(step_seconds=0.002)
    found.send(Run())
    found.watch(0.2)
    found.send(Pause())
    asked = time.monotonic()
    found.settle()
    assert time.monotonic() - asked < 0.1
    assert not found.frames[-1].running
    stood = found.trainer.step
    time.sleep(0.05)
    assert found.trainer.step == stood


def test_commands_keep_their_order(rig):
    found = rig()
    found.send(Operate(2), Undo(), Train(steps=1), Operate(), Train(steps=1), Train(steps=1))
    found.settle()
    names = [call[0] for call in found.trainer.calls]
    stepped = ["train_step", "operate", "train_step", "train_step"]
    assert names == ["operate", "operate", "undo", *stepped]


def test_an_operation_ends_a_run(rig):
    found = rig(step_seconds=0.001)
    found.send(Run())
    found.watch(0.05)
    found.send(Operate())
    found.settle()
    assert found.trainer.calls[-1] == ("operate",)
    assert not found.frames[-1].running


def test_counted_training_adds_up(rig):
    found = rig()
    found.send(Train(steps=20), Train(steps=30), Train(steps=1))
    found.settle()
    assert found.trainer.step == 51


def test_training_counts_and_shows_progress(rig):
    found = rig(step_seconds=0.002)
    found.send(Train(steps=30))
    found.settle()
    assert found.trainer.step == 30
    progress = [frame.progress for frame in found.frames if frame.progress]
    assert progress
    assert all(total == 30 for _, total in progress)
    assert [done for done, _ in progress] == sorted(done for done, _ in progress)
    assert found.frames[-1].progress is None


def test_an_epoch_is_its_steps(rig):
    found = rig()
    found.send(Train(epochs=1))
    found.settle()
    assert found.trainer.step == found.trainer.topology.steps_per_epoch


def test_pause_cancels_counted_training(rig):
    found = rig(step_seconds=0.002)
    found.send(Train(steps=100_000))
    found.watch(0.1)
    found.send(Pause())
    found.settle()
    assert 0 < found.trainer.step < 1000


def test_a_refused_system_leaves_the_running_one(rig):
    found = rig()
    found.send(Train(steps=3))
    found.settle()
    found.refuse = InputError("a layer", "nothing", field="layers")
    found.send(Open(fake_system(name="broken")))
    found.settle()
    assert len(found.trainers) == 1
    assert [str(e) for p in found.parcels for e in p.refusals] == [str(found.refuse)]
    assert found.frames[-1].problem == str(found.refuse)
    assert found.frames[-1].generation == 1
    found.send(Train(steps=1))
    found.settle()
    assert found.trainer.step == 4


def test_a_refused_system_does_not_even_pause_the_running_one(rig):
    found = rig()
    found.send(Run())
    found.watch(0.05)
    found.refuse = InputError("a layer", "nothing")
    found.send(Open(fake_system(name="broken")))
    found.watch(0.1)
    assert found.frames[-1].running


def test_a_refused_setting_goes_up_and_training_goes_on(rig):
    found = rig()
    found.send(Run())
    found.watch(0.05)
    found.send(Change("optimizer.learning_rate", "bad"))
    found.watch(0.1)
    assert [e.field for p in found.parcels for e in p.refusals] == ["optimizer.learning_rate"]
    assert found.frames[-1].running


def test_an_accepted_setting_comes_back_with_the_system(rig):
    found = rig()
    found.send(Change("optimizer.learning_rate", 0.5))
    found.settle()
    assert found.parcels[-1].system.rate == 0.5


def test_a_mistake_in_training_stops_training_not_the_thread(rig):
    found = rig()
    found.trainer.fails_at = 5
    found.send(Run())
    found.settle()
    assert "a mistake in a kernel" in "".join(c for p in found.parcels for c in p.crashes)
    assert not found.frames[-1].running
    found.trainer.fails_at = -1
    found.send(Train(steps=2))
    found.settle()
    assert found.trainer.step == 7


def test_a_trainer_that_cannot_make_frames_is_reported(rig):
    found = rig()
    found.trainer.take_frame = lambda **_: 1 / 0
    found.send(Operate())
    found.settle()
    assert "ZeroDivisionError" in "".join(c for p in found.parcels for c in p.crashes)


def test_opening_again_bumps_the_generation_and_pauses(rig):
    found = rig()
    found.send(Run())
    found.watch(0.05)
    found.send(Open(fake_system(name="second")))
    found.settle()
    assert found.frames[-1].generation == 2
    assert not found.frames[-1].running
    assert found.frames[-1].scalars.step.tolist() == [0]


def test_only_the_last_of_what_replaces_each_other_is_done(rig):
    gate = threading.Event()
    found = rig()
    found.trainer.operate = lambda: gate.wait(5)
    found.send(Operate())
    time.sleep(0.05)
    found.send(Inspect(1), Inspect(2), Change("a", 1), Change("a", 2), Change("b", 3))
    gate.set()
    found.settle()
    asked = [call for call in found.trainer.calls if call[0] in ("inspect", "change")]
    assert asked == [("inspect", 2, None), ("change", "a", 2), ("change", "b", 3)]


def test_rewind_and_reset_end_a_run(rig):
    found = rig()
    found.send(Train(steps=20))
    found.settle()
    found.send(Run(), Rewind(7))
    found.settle()
    assert not found.frames[-1].running
    assert found.frames[-1].step == 7
    found.send(Reset())
    found.settle()
    assert found.frames[-1].step == 0


def test_before_the_first_system_commands_do_nothing():
    worker = Worker(FakeTrainer)
    for command in (Run(), Operate(), Undo(), Reset(), Train(steps=3), Pause()):
        worker.send(command)
    time.sleep(0.05)
    worker.take()
    assert worker.stop()


def test_the_trainer_stays_on_its_thread(rig):
    found = rig()
    found.send(Operate(), Train(steps=5), Undo(), Inspect(0))
    found.settle()
    assert len(found.trainer.threads) == 1
    assert threading.get_ident() not in found.trainer.threads


@pytest.mark.parametrize("full", [False, True])
def test_stops_at_any_moment(rig, full):
    found = rig()
    found.send(Speed(full=full), Run())
    time.sleep(0.03)
    asked = time.monotonic()
    assert found.worker.stop()
    assert time.monotonic() - asked < 0.5
    assert found.worker.idle or found.worker.take() is not None


def test_sleeps_while_there_is_nothing_to_do(rig):
    found = rig()
    used = time.thread_time_ns(), time.process_time()
    time.sleep(0.3)
    assert time.process_time() - used[1] < 0.05
    assert found.worker.idle


def test_merging_keeps_rows_problems_and_the_newest_state():
    topology = fake_topology("cs231n-add-mul")
    norms = np.array([1.0])
    old = fake_frame(topology, step=2)
    new = fake_frame(topology, step=4)
    old = dataclasses.replace(
        old, scalars=fake_scalars(topology, 2, norms, 3), problem="first", rewound=True
    )
    new = dataclasses.replace(new, scalars=fake_scalars(topology, 4, norms, 2))
    both = merge(Parcel(frame=old, busy="Building"), Parcel(frame=new))
    assert both.busy == ""
    assert both.frame is not None
    assert both.frame.scalars.step.tolist() == [0, 1, 2, 3, 4]
    assert both.frame.step == 4
    assert both.frame.rewound
    assert both.frame.problem == "first"
    assert not both.frame.scalars.loss.flags.writeable


def test_merging_drops_rows_that_training_went_back_before():
    topology = fake_topology("cs231n-add-mul")
    norms = np.array([1.0])
    old = fake_scalars(topology, 9, norms, 10)
    again = fake_scalars(topology, 5, norms, 2)
    assert join(old, again, 5).step.tolist() == [0, 1, 2, 3, 4, 5]
    nothing = fake_scalars(topology, 3, norms, 0)
    assert join(old, nothing, 3).step.tolist() == [0, 1, 2, 3]


def test_merging_does_not_mix_graphs():
    first = fake_frame(fake_topology("cs231n-add-mul", generation=1), step=3)
    second = fake_frame(fake_topology("d2l-mlp", generation=2), step=0)
    assert merge(Parcel(frame=first), Parcel(frame=second)).frame is second


def test_running_halts_where_nan_comes_up_and_goes_on_when_told(rig):
    found = rig()
    found.trainer.breaks_at = 40
    found.send(Run())
    found.settle()
    assert found.trainer.step == 40
    assert not found.frames[-1].running
    found.send(Train(steps=25))
    found.settle()
    assert found.trainer.step == 65
    found.send(Rewind(39))
    found.settle()
    found.send(Run())
    found.settle()
    assert found.trainer.step == 40, "gone back before it, it comes up again"


def test_what_is_there_already_is_looked_at_before_anything_is_updated(rig):
    found = rig()
    found.trainer.breaks_at = 0
    found.send(Run())
    found.settle()
    assert found.trainer.step == 0
    assert "train_step" not in found.trainer.calls


def test_going_to_a_step_does_not_halt_on_the_way(rig):
    found = rig()
    found.trainer.breaks_at = 10
    found.send(Rewind(30))
    found.settle()
    assert found.trainer.step == 30


def test_steps_asked_for_by_number_do_not_wait_for_the_speed(rig):
    found = rig()
    found.send(Speed(2.0), Train(steps=200))
    began = time.monotonic()
    found.settle()
    assert found.trainer.step == 200
    assert time.monotonic() - began < 2.0


def test_a_speed_is_kept_also_where_pictures_take_longer_than_a_step(rig):
    found = rig()
    found.send(Speed(100.0), Run())
    end = time.monotonic() + 2.0
    while time.monotonic() < end:
        if found.worker.take() is not None:
            time.sleep(0.03)  # drawing
            found.worker.release()
        time.sleep(0.001)
    found.send(Pause())
    assert 150 <= found.trainer.step <= 215
    found.settle()
