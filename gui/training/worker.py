"""The training thread: commands between training steps, and frames to the window.

Plain Python without Qt. One condition guards everything that the two threads share, so that the
thread waits for all events at once (a command, or the taking of its last parcel) and uses no time
while nothing happens.
"""

import dataclasses
import threading
import time
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from engine.messages.commands import (
    Change,
    Colour,
    Command,
    Inspect,
    Open,
    Operate,
    Pause,
    Reset,
    Retake,
    Retell,
    Rewind,
    Run,
    SaveParameters,
    ShowOrder,
    Speed,
    Stop,
    Threads,
    Train,
    TrainTo,
    Undo,
    Watch,
)
from engine.observe.quantities import GRADIENT_NORM
from engine.support import blas_threads
from engine.support.cancellation import Cancelled, checkpoint, watched
from engine.support.errors import EngineError, RunError
from engine.support.figures import whole
from engine.support.text import tr
from engine.system.system import System
from gui.training.jobs import Job, TrainerLike, replacing, supersedes, systems_of
from gui.training.mailbox import Mailbox, Parcel, merge
from gui.widgets.drawing_rates import (
    LATE_SECONDS,
    PATIENCE_SECONDS,
    PROGRESS_SECONDS,
    STEP_BY_STEP,
    TRAINING_SLICE_SECONDS,
    UNREAD_SECONDS,
)

# What an empty system has no answer to.
TRAINING = (Run, Train, TrainTo, Operate, Undo, Reset, Rewind, Retake, SaveParameters)
ELSEWHERE = (Open, Rewind, Reset, Retake)  # after which it is no matter how far training had come


class Worker:
    """The training thread with its trainer. ``send``, ``take`` and ``stop`` are for the GUI thread.

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
        self._working = False
        self._job: Job | None = None
        self._stopping = False
        self._given_up = False
        self._mail = Mailbox(self._condition)
        # The following attributes belong to the thread.
        self._trainer: TrainerLike | None = None
        self._system: System | None = None
        self._generation = 0
        self._speed = Speed()
        self._quantity = GRADIENT_NORM
        self._order = 0
        self._due = 0.0
        self._news = Parcel()
        self._changed = False
        self._told = 0.0
        self._thread = threading.Thread(target=self._run, name="training", daemon=True)
        self._thread.start()

    # -- for the GUI thread ------------------------------------------------------------------

    def send(self, command: Command) -> None:
        """Queue a command; it replaces the newest queued command if that has become pointless.

        An opening that was replaced is built after all if the one that replaced it is refused.
        """
        with self._condition:
            if self._commands and supersedes(command, self._commands[-1]):
                command = replacing(command, self._commands.pop())
            self._commands.append(command)
            self._condition.notify()

    def take(self) -> Parcel | None:
        """Return what is new, or None. A training with limited speed goes on after ``release``."""
        return self._mail.take()

    def release(self) -> None:
        """Note that the window has drawn; training with limited speed goes on.

        Training while the window draws would slow both, since they share Python's global lock.
        """
        self._mail.release()

    def hold(self, seconds: float) -> None:
        """Let training wait for some seconds, for the same reason."""
        self._mail.hold(seconds)

    def cancel(self) -> None:
        """Cancel the building or going back that is under way; the state stays as it was."""
        self._given_up = True

    @property
    def idle(self) -> bool:
        """True when nothing will come up until the next command."""
        with self._condition:
            quiet = not self._commands and not self._working and self._mail.empty
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
                self._job = None  # it would fail again at every step
            if self._changed and not self._guarded(self._post):
                # The trainer cannot make a frame either: the messages are sent without one.
                self._job = None
                self._mail.put(self._news)
                self._news, self._changed = Parcel(), False
            with self._condition:
                self._working = False

    def _next_commands(self) -> list[Command]:
        """Wait until there is a command or a training step to do; [] means a training step."""
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
        if self._job is None or self._mail.drawing:
            return None  # woken by a command or ``release``
        if self._mail.held_seconds:
            return self._mail.held_seconds
        if self._speed.full:
            return 0.0
        if self._rate is None:
            return 0.0 if self._mail.unread_seconds < PATIENCE_SECONDS else None
        return self._due - time.monotonic() if self._mail.empty else None

    @property
    def _rate(self) -> float | None:
        """Return the most steps per second, None for no limit.

        The limit is for watching a run; a requested number of steps is trained at once.
        """
        if self._speed.full or (self._job is not None and self._job.total):
            return None
        return self._speed.steps_per_second

    def _frame_due(self) -> bool:
        """Whether to send a frame while training goes on."""
        if not self._mail.empty:
            return self._speed.full and self._mail.unread_seconds > UNREAD_SECONDS
        if self._mail.drawing:
            return False
        rate = self._rate
        if rate is not None and (rate <= STEP_BY_STEP or self._due > time.monotonic()):
            return True  # each step is shown, or there is time before the next step
        return self._mail.pace.due(full=self._speed.full)

    def _guarded(self, work: Callable[[], None]) -> bool:
        """Call it; an exception is sent in the next parcel, and the thread goes on."""
        try:
            work()
            return True
        except (EngineError, OSError) as error:
            self._tell(refusals=(error,))
        except Cancelled:
            pass  # the message was sent where the work was cancelled
        except MemoryError:
            self._tell(refusals=(RunError(tr("There is not enough memory for this.")),))
        except Exception:
            self._tell(crashes=(traceback.format_exc(),))
        self._system = None  # send the system again: what the window assumed did not happen
        return False

    def _tell(self, **news: Any) -> None:
        self._news = merge(self._news, Parcel(**news))
        self._changed = True

    def _train_slice(self) -> None:
        """Train until the time slice or job ends, a command comes or no step is due."""
        trainer = self._trainer
        assert trainer is not None
        rate = self._rate
        end = time.monotonic() + TRAINING_SLICE_SECONDS
        known = trainer.nonfinite_since
        if self._job is not None and not self._job.done:
            # check the pass for NaN and Inf before the parameters are updated
            trainer.finish_pass()
            if trainer.nonfinite_since != known:
                self._job = None
        while self._job is not None:
            trainer.train_step()
            self._job.done += 1
            done = self._job.total and self._job.done >= self._job.total
            # Training halts where NaN or Inf come up first; a later Run continues.
            if done or trainer.nonfinite_since != known:
                self._job = None
            now = time.monotonic()
            if rate is not None:
                # Make up for a step that is late, but not for a long pause.
                self._due = max(self._due + 1.0 / rate, now - LATE_SECONDS)
            if now >= end or self._commands or self._stopping or self._mail.busy:
                break
            if rate is not None and (self._due > now or rate <= STEP_BY_STEP):
                break
        self._changed = self._job is None or self._frame_due()

    def _obey(self, command: Command) -> None:
        match command:
            case Open():
                self._open(command)
            case Speed():
                self._speed = command
                self._due = time.monotonic()
            case Colour(quantity):
                self._quantity = quantity
                if self._trainer is not None:
                    self._trainer.look_at(quantity)
            case Watch():
                if self._trainer is not None:
                    self._trainer.watch(command if command.layers else None)
            case ShowOrder(order):
                self._order = order
                self._announce(tr("Differentiating…"))
                self._show_gradients(self._trainer)
            case Pause():
                self._job = None
            case _ if self._nothing_to_train and isinstance(command, TRAINING):
                pass
            case Run():
                self._begin(Job())
            case Stop():
                self._stopping = True
            case Threads(count):
                self._tell(
                    threads=blas_threads.in_use() if count is None else blas_threads.use(count)
                )
            case _ if self._trainer is None:
                pass  # the first system was refused: there is no trainer
            case _:
                self._act(command, self._trainer)
        self._changed = True

    @property
    def _nothing_to_train(self) -> bool:
        """Whether there is no system, or one without a graph."""
        return self._trainer is None or not self._trainer.topology.operations

    def _act(self, command: Command, trainer: TrainerLike) -> None:
        match command:
            case Train(steps, epochs):
                self._train(steps + epochs * trainer.topology.steps_per_epoch, trainer)
            case TrainTo(step):
                self._job = None
                self._train(step - trainer.step, trainer)
            case Operate(count):
                self._job = None
                for _ in range(count):
                    trainer.operate()
            case Undo():
                self._job = None
                with self._cancellable(tr("Going back…"), going=True):
                    trainer.undo()
            case Reset():
                self._job = None
                trainer.reset()
            case Rewind(step):
                self._job = None
                self._go_to(step, trainer)
            case Retake(settings, step):
                self._job = None
                with self._on_the_way(step):
                    trainer.retake(settings, step)
            case Change(key, value):
                trainer.change(key, value)
            case Retell(told):
                trainer.retell(told)
            case SaveParameters(path):
                from engine.training.parameter_files import write_parameters  # imports numpy

                write_parameters(path, trainer.parameters)
                text = tr("Saved the parameters of step {step} as {path}")
                self._tell(said=text.format(step=whole(trainer.step), path=path))
            case Inspect(node, edge):
                trainer.inspect(node, edge)

    def _go_to(self, step: int, trainer: TrainerLike) -> None:
        """Go back in the history, or forward by training."""
        start = trainer.step
        with self._on_the_way(step, stays=step <= start):
            if step <= start:
                trainer.rewind(step)
            while trainer.step < step:
                checkpoint(trainer.step - start, step - start)
                trainer.train_step()

    @contextmanager
    def _on_the_way(self, step: int, *, stays: bool = False) -> Iterator[None]:
        """Context of work that goes to a step; ``stays``: cancelling restores the state."""
        busy = tr("Going to step {step}…").format(step=whole(step))
        words = tr("Cancelled on the way to step {step}.").format(step=whole(step))
        self._announce(busy)
        with self._cancellable(busy, "" if stays else words, going=True):
            yield

    def _train(self, steps: int, trainer: TrainerLike) -> None:
        """Train a single step at once, so that quick presses all count; add more to the job."""
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

    def _open(self, command: Open) -> None:
        """Build the new system beside the old one, which stays if the new is refused."""
        system = command.system
        busy = tr("Building {name}…").format(name=system.name)
        self._announce(busy)
        job, self._job = self._job, None
        try:
            with self._cancellable(busy):
                trainer = self._make_trainer(system, self._generation + 1)
        except BaseException as error:
            self._job = job  # training goes on if it ran before
            all_of_them = isinstance(error, Cancelled)
            self._tell(not_built=systems_of(command) if all_of_them else (system,))
            if command.instead is not None and not all_of_them:
                with self._condition:
                    self._commands.appendleft(command.instead)
            raise
        self._generation += 1
        self._trainer, self._system = trainer, system
        trainer.look_at(self._quantity)  # first, since the next command may need it
        self._tell(system=system, topology=trainer.topology.worked_out())
        if self._order:
            self._show_gradients(trainer)

    def _show_gradients(self, trainer: TrainerLike | None) -> None:
        """Show gradient nodes up to the wanted order, or as far as the graph allows."""
        if trainer is None or self._nothing_to_train:
            return
        try:
            with self._cancellable(tr("Differentiating…")):
                trainer.show_order(min(self._order, trainer.topology.highest_order))
        except Cancelled:
            self._order = trainer.topology.order
        self._tell(topology=trainer.topology.worked_out())

    @contextmanager
    def _cancellable(self, busy: str, words: str = "", *, going: bool = False) -> Iterator[None]:
        """Context of long work that reports its progress and can be cancelled.

        ``going``: it goes to a step, and is also cancelled by a command that leads elsewhere.
        """
        self._given_up = overtaken = False
        self._told = time.monotonic()

        def watch(done: int, total: int) -> None:
            nonlocal overtaken
            overtaken = going and self._leads_elsewhere()
            if self._given_up or self._stopping or overtaken:
                raise Cancelled
            if time.monotonic() - self._told > PROGRESS_SECONDS:
                self._told = time.monotonic()
                self._mail.put(Parcel(busy=busy, progress=(done, total)))

        try:
            with watched(watch):
                yield
        except Cancelled:
            if not overtaken:
                self._tell(cancelled=words or tr("Cancelled: everything is as it was."))
            raise

    def _leads_elsewhere(self) -> bool:
        """Whether a queued command makes the step to which the training goes pointless."""
        with self._condition:
            return any(isinstance(command, ELSEWHERE) for command in self._commands)

    def _announce(self, busy: str) -> None:
        """Send at once what the next, perhaps long, command does."""
        self._mail.put(dataclasses.replace(self._news, busy=busy))
        self._news = Parcel()

    def _post(self) -> None:
        frame = None
        if self._trainer is not None:
            job = self._job
            if self._trainer.system is not self._system:
                self._system = self._trainer.system
                self._tell(system=self._system)
            began = time.monotonic()
            frame = self._trainer.take_frame(
                running=job is not None,
                busy="",
                progress=(job.done, job.total) if job and job.total else None,
                problem="\n".join(str(error) for error in self._news.refusals),
                quantity=self._quantity,
            )
            self._mail.pace.made(time.monotonic() - began)
        self._mail.put(dataclasses.replace(self._news, frame=frame))
        self._news, self._changed = Parcel(), False
