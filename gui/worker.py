"""The training thread: commands between training steps, and one frame at a time to the window.

Plain Python: the thread touches no Qt object. One condition guards everything the two threads
share, so the thread sleeps on a single thing (a command, or the taking of its last parcel) and
costs nothing while nothing happens.
"""

import dataclasses
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from engine.commands import (
    Change,
    Command,
    Inspect,
    Open,
    Operate,
    Pause,
    Reset,
    Rewind,
    Run,
    Speed,
    Stop,
    Train,
    Undo,
)
from engine.errors import EngineError, RunError
from engine.system import System
from engine.text import tr
from gui.mailbox import Parcel, merge
from gui.training import Job, TrainerLike, supersedes

SLICE_SECONDS = 0.006
UNREAD_SECONDS = 0.1  # full speed: how long a frame lies unread before a newer one replaces it


class Worker:
    """Owns the thread and the trainer in it. ``send``, ``take`` and ``stop`` are for the GUI.

    Parameters
    ----------
    make_trainer:
        Called on the thread with a system and its generation; it may take long and may raise.
    """

    def __init__(
        self,
        make_trainer: Callable[[System, int], TrainerLike],
    ) -> None:
        self._make_trainer = make_trainer
        self._condition = threading.Condition()
        self._commands: deque[Command] = deque()
        self._slot: Parcel | None = None
        self._slot_since = 0.0
        self._working = False
        self._released = True
        self._job: Job | None = None
        self._stopping = False
        # From here on: touched by the thread only.
        self._trainer: TrainerLike | None = None
        self._system: System | None = None
        self._generation = 0
        self._speed = Speed()
        self._due = 0.0
        self._news = Parcel()
        self._changed = False
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)
        self._thread.start()

    # -- for the GUI thread ------------------------------------------------------------------

    def send(self, command: Command) -> None:
        """Queue a command. One that the newest queued command makes pointless takes its place."""
        with self._condition:
            if self._commands and supersedes(command, self._commands[-1]):
                self._commands.pop()
            self._commands.append(command)
            self._condition.notify()

    def take(self) -> Parcel | None:
        """Return what is new, or None. A paced thread goes on after ``release``."""
        with self._condition:
            parcel, self._slot = self._slot, None
            return parcel

    def release(self) -> None:
        """What was taken is drawn: a paced thread goes on.

        Training while the window draws would make both slower, since they share Python's lock.
        """
        with self._condition:
            self._released = True
            self._condition.notify()

    @property
    def idle(self) -> bool:
        """True when nothing will come up until the next command."""
        with self._condition:
            quiet = not self._commands and not self._working and self._slot is None
            return quiet and (self._job is None or not self._thread.is_alive())

    def stop(self, timeout: float = 5.0) -> bool:
        """End the thread; return whether it ended in time."""
        with self._condition:
            self._stopping = True
            self._commands.clear()
            self._condition.notify()
        self._thread.join(timeout)
        return not self._thread.is_alive()

    # -- on the training thread --------------------------------------------------------------

    def _run(self) -> None:
        while not self._stopping:
            commands = self._next_commands()
            for command in commands:
                if self._stopping:
                    return
                self._guarded(partial(self._obey, command))
            training = self._trainer is not None and self._job is not None and not commands
            if training and not self._guarded(self._train_slice):
                self._job = None  # what failed once would fail sixty times a second
            if self._changed and not self._guarded(self._post):
                # The trainer cannot even say where it is: the words go up without a frame.
                self._job = None
                self._deliver(self._news)
                self._news, self._changed = Parcel(), False
            with self._condition:
                self._working = False

    def _next_commands(self) -> list[Command]:
        """Sleep until there is a command or a training step to do; an empty list means the step."""
        with self._condition:
            while not self._stopping and not self._commands:
                wait = self._seconds_until_step()
                if wait is not None and wait <= 0:
                    break
                self._condition.wait(wait)
            commands = list(self._commands)
            self._commands.clear()
            self._working = True
            return commands

    def _seconds_until_step(self) -> float | None:
        if self._job is None:
            return None
        if not self._speed.full and not (self._slot is None and self._released):
            return None  # paced: ``release`` wakes us
        if self._speed.steps_per_second is None or self._speed.full:
            return 0.0
        return self._due - time.monotonic()

    def _guarded(self, work: Callable[[], None]) -> bool:
        """Do it; whatever it raises goes up in the next parcel and this thread lives on."""
        try:
            work()
            return True
        except (EngineError, OSError) as error:
            self._tell(refusals=(error,))
        except MemoryError:
            self._tell(refusals=(RunError(tr("There is not enough memory for this.")),))
        except Exception:
            self._tell(crashes=(traceback.format_exc(),))
        self._system = None  # say it again: what the window took for granted did not happen
        return False

    def _tell(self, **news: Any) -> None:
        self._news = merge(self._news, Parcel(**news))
        self._changed = True

    def _train_slice(self) -> None:
        """Train until the slice is spent, the job is done, a command is there or none is due."""
        assert self._trainer is not None
        rate = None if self._speed.full else self._speed.steps_per_second
        end = time.monotonic() + SLICE_SECONDS
        while self._job is not None:
            self._trainer.train_step()
            self._job.done += 1
            if self._job.total and self._job.done >= self._job.total:
                self._job = None
            now = time.monotonic()
            if rate is not None:
                # A late step is made up for, but a long pause does not lead to a burst.
                self._due = max(self._due + 1.0 / rate, now - 0.05)
            if now >= end or self._commands or self._stopping:
                break
            if rate is not None and self._due > now:
                break
        unread = self._slot is not None and time.monotonic() - self._slot_since < UNREAD_SECONDS
        self._changed = self._job is None or not unread

    def _obey(self, command: Command) -> None:
        match command:
            case Open(system):
                self._open(system)
            case Speed():
                self._speed = command
                self._due = time.monotonic()
            case Pause():
                self._job = None
            case Run():
                self._begin(Job())
            case Stop():
                self._stopping = True
            case _ if self._trainer is None:
                pass  # the first system was refused: there is nothing to act on
            case _:
                self._act(command, self._trainer)
        self._changed = True

    def _act(self, command: Command, trainer: TrainerLike) -> None:
        match command:
            case Train(steps, epochs):
                self._train(steps + epochs * trainer.topology.steps_per_epoch, trainer)
            case Operate(count):
                self._job = None
                for _ in range(count):
                    trainer.operate()
            case Undo():
                self._job = None
                trainer.undo()
            case Reset():
                self._job = None
                trainer.reset()
            case Rewind(step):
                self._job = None
                self._announce(tr("Going to step {step}…").format(step=step))
                trainer.rewind(step)
            case Change(key, value):
                trainer.change(key, value)
            case Inspect(node, edge):
                trainer.inspect(node, edge)

    def _train(self, steps: int, trainer: TrainerLike) -> None:
        """One step is made at once, so that quick presses all count; more are added to a job."""
        job = self._job
        if job is not None and job.total:
            job.total += steps
        elif steps == 1:
            self._job = None
            trainer.train_step()
        elif steps > 1:
            self._begin(Job(steps))

    def _begin(self, job: Job) -> None:
        self._job = job
        self._due = time.monotonic()

    def _open(self, system: System) -> None:
        """Build beside what there is, so that a refused system leaves it all as it was."""
        self._announce(tr("Building {name}…").format(name=system.name))
        job, self._job = self._job, None
        try:
            trainer = self._make_trainer(system, self._generation + 1)
        except BaseException:
            self._job = job  # a refused system leaves the training as it was, also running
            self._tell(not_built=(system,))
            raise
        self._generation += 1
        self._trainer, self._system = trainer, system
        self._tell(system=system, topology=trainer.topology)

    def _announce(self, busy: str) -> None:
        """Say at once what the next, perhaps long, command is doing."""
        self._deliver(dataclasses.replace(self._news, busy=busy))
        self._news = Parcel()

    def _post(self) -> None:
        frame = None
        if self._trainer is not None:
            job = self._job
            if self._trainer.system is not self._system:
                self._system = self._trainer.system
                self._tell(system=self._system)
            frame = self._trainer.take_frame(
                running=job is not None,
                busy="",
                progress=(job.done, job.total) if job and job.total else None,
            )
            problem = "\n".join(str(error) for error in self._news.refusals)
            if problem:
                frame = dataclasses.replace(frame, problem=problem)
        self._deliver(dataclasses.replace(self._news, frame=frame))
        self._news, self._changed = Parcel(), False

    def _deliver(self, parcel: Parcel) -> None:
        with self._condition:
            self._slot = merge(self._slot, parcel)
            self._released = False
            self._slot_since = time.monotonic()
