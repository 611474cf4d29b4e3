"""For tests of the training thread: a fake trainer, real commands, real threads."""

import dataclasses
import threading
import time
from types import SimpleNamespace
from typing import Any

import numpy as np

from engine.messages.frame import Frame
from engine.support.errors import InputError
from gui.training.mailbox import Parcel
from gui.training.worker import Worker
from tests.gui.fakes import fake_frame, fake_scalars, fake_topology


def fake_system(**attributes: Any) -> Any:
    """As much of a system as the worker looks at."""
    return SimpleNamespace(**attributes)


class FakeTrainer:
    """Counts, remembers what was asked of it, and hands out a row for each pass."""

    def __init__(self, system: Any, generation: int, *, step_seconds: float = 0.0) -> None:
        self.system = system
        self.topology = fake_topology("cs231n-add-mul", generation=generation)
        self.step = 0
        self.cursor = 0
        self.calls: list[Any] = []
        self.threads: set[int] = set()
        self.step_seconds = step_seconds
        self.fails_at = -1
        self.breaks_at = -1  # the step whose pass holds the first NaN
        self.nonfinite_since: int | None = None
        self.taken = -1
        self.layers = np.array([1.0, 2.0])
        self.parameters = {"x": np.array(3.0)}

    def _called(self, *what: Any) -> None:
        self.calls.append(what)
        self.threads.add(threading.get_ident())

    def operate(self) -> None:
        self._called("operate")
        self.cursor += 1
        if self.cursor == len(self.topology.operations):
            self.cursor, self.step = 0, self.step + 1

    def retell(self, words: Any) -> None:
        self._called("retell", words)

    def undo(self) -> None:
        self._called("undo")
        self.cursor = max(0, self.cursor - 1)

    def train_step(self) -> None:
        self._called("train_step")
        if self.step == self.fails_at:
            raise ZeroDivisionError("a mistake in a kernel")
        if self.step_seconds:
            time.sleep(self.step_seconds)
        self.step += 1
        self.finish_pass()

    def finish_pass(self) -> None:
        if self.step == self.breaks_at and self.nonfinite_since is None:
            self.nonfinite_since = self.step

    def reset(self) -> None:
        self._called("reset")
        self.step = self.cursor = 0
        self.taken = -1

    def rewind(self, step: int) -> None:
        self._called("rewind", step)
        if step > self.step:
            raise InputError("an earlier step", str(step), field="step")
        self.step, self.taken = step, step - 1
        if self.nonfinite_since is not None and step <= self.nonfinite_since:
            self.nonfinite_since = None

    def retake(self, settings: Any, step: int) -> None:
        self._called("retake", settings, step)
        self.step = step

    def change(self, key: str, value: Any) -> None:
        self._called("change", key, value)
        if value == "bad":
            raise InputError("a number", "'bad'", field=key)
        self.system = SimpleNamespace(name=self.system.name, rate=value)

    def inspect(self, node: int | None, edge: int | None) -> None:
        self._called("inspect", node, edge)

    def look_at(self, quantity: str) -> None:
        self.looked_at = quantity

    def watch(self, watch: Any) -> None:
        self.watched = watch

    def show_order(self, order: int) -> None:
        self._called("show_order", order)

    def take_frame(self, **state: Any) -> Frame:
        self.threads.add(threading.get_ident())
        rows = self.step - self.taken
        self.taken = self.step
        frame = fake_frame(self.topology, step=self.step, cursor=self.cursor)
        scalars = fake_scalars(self.topology, self.step, self.layers, rows)
        return dataclasses.replace(frame, scalars=scalars, **state)


class Rig:
    """A worker, its trainers, and all that came up from it."""

    def __init__(self, **options: Any) -> None:
        self.trainers: list[FakeTrainer] = []
        self.options = options
        self.parcels: list[Parcel] = []
        self.refuse: Exception | None = None
        self.worker = Worker(self.make)

    def make(self, system: Any, generation: int) -> FakeTrainer:
        if self.refuse is not None:
            raise self.refuse
        self.trainers.append(FakeTrainer(system, generation, **self.options))
        return self.trainers[-1]

    @property
    def trainer(self) -> FakeTrainer:
        return self.trainers[-1]

    @property
    def frames(self) -> list[Frame]:
        return [parcel.frame for parcel in self.parcels if parcel.frame is not None]

    def look(self) -> None:
        parcel = self.worker.take()
        if parcel is not None:
            self.parcels.append(parcel)
            self.worker.release()

    def settle(self, seconds: float = 5.0) -> None:
        """Take frames like the window does, until nothing more will come."""
        end = time.monotonic() + seconds
        while not self.worker.idle:
            assert time.monotonic() < end, "the worker did not come to rest"
            self.look()
            time.sleep(0.001)

    def watch(self, seconds: float, interval: float = 0.004) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.look()
            time.sleep(interval)

    def send(self, *commands: Any) -> None:
        for command in commands:
            self.worker.send(command)
