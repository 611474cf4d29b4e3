"""The effect of the input scale: the same training at many scales, in parallel."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ProcessPoolExecutor, wait
from dataclasses import dataclass

import numpy as np

from engine.system import System, override
from engine.trainer import Trainer


@dataclass(frozen=True)
class SweepPoint:
    """One training: the scale, the rate, and what came of it.

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


def local_executor(jobs: int | None = None) -> ProcessPoolExecutor:
    """Return a pool of processes on this machine (as many as it has cores by default).

    Processes are spawned, not forked: forking a program with threads and a window is unsafe.
    """
    return ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn"))


def parse_scales(text: str) -> list[float]:
    """Return the scales of "FROM:TO:COUNT", evenly spaced on a logarithmic axis.

    >>> parse_scales("1e-2:1e2:3")
    [0.01, 1.0, 100.0]

    Raises
    ------
    ValueError
        For anything else; both ends must be positive and the count at least 1.
    """
    first, last, count = text.split(":")
    low, high, points = float(first), float(last), int(count)
    if not (0 < low < np.inf and 0 < high < np.inf) or points < 1:
        raise ValueError(text)
    return [float(f"{scale:.12g}") for scale in np.geomspace(low, high, points)]
