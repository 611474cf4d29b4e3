"""The effect of the input scale: the same training at many scales, in parallel."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.synchronize import Event

import numpy as np

from engine.support.cancellation import Cancelled, Interrupt
from engine.system.system import System, override
from engine.training.trainer import Trainer

MOST_SCALES = 10_000
_leave: Event | None = None  # in a process of a pool: set when it has to end at once
_SMALLEST, _LARGEST = 1e-100, 1e100  # their squares are finite and not 0


@dataclass(frozen=True)
class SweepPoint:
    """The result of one training at one input scale and learning rate.

    ``layer_gradient_norm`` belongs to the first pass, before any update;
    ``layer_gradient_norm_after``, ``objective`` and ``loss`` to the pass after all updates.
    ``compensated`` tells whether the learning rate was divided by the square of the scale: with
    inputs c times as large, a gradient is c times and the effect of a weight c times as large.
    """

    scale: float
    learning_rate: float
    compensated: bool
    objective: float
    loss: float
    layer_gradient_norm: tuple[float, ...]
    layer_gradient_norm_after: tuple[float, ...]


def sweep_point(system: System, scale: float, steps: int, compensated: bool) -> SweepPoint:
    """Train ``steps`` updates with inputs scaled, at the system's rate or the compensated one."""
    rate = system.optimizer.learning_rate
    if compensated:
        rate /= scale**2
    changed = override(system, "data.input_scale", scale)
    changed = override(changed, "optimizer.learning_rate", rate)
    trainer = Trainer(changed)
    trainer.finish_pass()
    first = tuple(trainer.training.gradient_norms().tolist())
    for _ in range(steps):
        if _leave is not None and _leave.is_set():
            raise Cancelled
        trainer.train_step()
    objective, loss = trainer.objective_and_loss()
    after = tuple(trainer.training.gradient_norms().tolist())
    return SweepPoint(scale, rate, compensated, objective, loss, first, after)


def sweep(
    system: System,
    scales: Sequence[float],
    *,
    steps: int = 0,
    executor: Executor,
    progress: Callable[[int, int], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Iterator[SweepPoint]:
    """Yield a point for each scale at the fixed and at the compensated rate, as they are done.

    Parameters
    ----------
    executor:
        Any ``concurrent.futures.Executor``: a local pool, or a cluster's.
    progress:
        Called with how many of how many trainings are done.
    cancelled:
        Asked several times a second; once true, waiting trainings are cancelled and no more
        points come.
    """
    jobs = [(scale, compensated) for scale in scales for compensated in (False, True)]
    with _interrupts_held():
        waiting: set[Future[SweepPoint]] = {
            executor.submit(sweep_point, system, scale, steps, compensated)
            for scale, compensated in jobs
        }
    done = 0
    try:
        while waiting and not cancelled():
            finished, waiting = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
            for future in finished:
                done += 1
                if progress is not None:
                    progress(done, len(jobs))
                yield future.result()
    finally:
        for future in waiting:
            future.cancel()


class LocalPool(ProcessPoolExecutor):
    """Processes of this machine, as many as it has cores by default.

    They are spawned, not forked: forking a program with threads and a window is unsafe. They ignore
    Ctrl-C, which the parent process handles, and end when the parent ends, also when it is killed.
    Setting ``leave`` ends their trainings after the current step.
    """

    def __init__(self, jobs: int | None = None) -> None:
        context = multiprocessing.get_context("spawn")
        self.leave = context.Event()
        super().__init__(jobs, mp_context=context, initializer=_begin, initargs=(self.leave,))


def local_executor(jobs: int | None = None) -> LocalPool:
    """Return a pool of processes on this machine."""
    return LocalPool(jobs)


@contextmanager
def ended(pool: LocalPool, interrupt: Interrupt) -> Iterator[LocalPool]:
    """Shut the pool down at the end; after an interrupt without waiting for its trainings."""
    try:
        yield pool
    finally:
        if interrupt.wanted:
            pool.leave.set()
        pool.shutdown(wait=True, cancel_futures=True)


def _begin(leave: Event) -> None:
    global _leave
    _leave = leave
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process with its parent: it holds both ends of its queue and would wait for ever."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Block SIGINT inside the context, so that processes started there begin with it blocked."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def parse_scales(text: str) -> list[float]:
    """Return the scales of "FROM:TO:COUNT", evenly spaced on a logarithmic axis.

    >>> parse_scales("1e-2:1e2:3")
    [0.01, 1.0, 100.0]

    Raises
    ------
    ValueError
        For anything else; both ends must be positive, within 1e-100 and 1e100, and the count
        from 1 to ``MOST_SCALES``.
    """
    first, last, count = text.split(":")
    low, high, points = float(first), float(last), int(count)
    if not all(_SMALLEST <= end <= _LARGEST for end in (low, high)):
        raise ValueError(text)
    if not 1 <= points <= MOST_SCALES:
        raise ValueError(text)
    return [float(f"{scale:.12g}") for scale in np.geomspace(low, high, points)]
