"""Runs a sweep in the background and delivers its points by signals."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal

from engine.support.cancellation import Cancelled, checkpoint
from engine.support.errors import RunError
from engine.support.text import tr
from engine.system.system import System
from gui.widgets.background_work import BackgroundWork, End, Report


class SweepPointLike(Protocol):
    """The fields of ``engine.analysis.sweep.SweepPoint``; tests use points of their own."""

    @property
    def scale(self) -> float: ...
    @property
    def learning_rate(self) -> float: ...
    @property
    def compensated(self) -> bool: ...
    @property
    def objective(self) -> float: ...
    @property
    def loss(self) -> float: ...
    @property
    def layer_gradient_norm(self) -> tuple[float, ...]: ...
    @property
    def layer_gradient_norm_after(self) -> tuple[float, ...]: ...


SweepFunction = Callable[..., Iterator[SweepPointLike]]
ExecutorFactory = Callable[[int], Any]


def engine_sweep(system: System, scales: Sequence[float], **options: Any) -> Iterator[Any]:
    """Run the engine's sweep; imported on first use, since the window opens without it."""
    from engine.analysis.sweep import sweep

    return sweep(system, scales, **options)


def engine_executor(jobs: int) -> Any:
    """Return the engine's process pool."""
    from engine.analysis.sweep import local_executor

    return local_executor(jobs)


class SweepRunner(QObject):
    """Runs one sweep at a time.

    Signals: ``point(SweepPoint)``, ``progress(done, total)``, ``failed(str)`` with the reason, and
    last ``ended(bool)``, True when the sweep was cancelled.
    """

    point = Signal(object)
    progress = Signal(int, int)
    failed = Signal(str)
    ended = Signal(bool)

    def __init__(
        self, sweep: SweepFunction, executor: ExecutorFactory, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.sweep = sweep
        self.executor = executor
        self._work = BackgroundWork("input-scale sweep", self)
        self._work.reported.connect(self._hear)
        self._work.ended.connect(self._end)

    @property
    def running(self) -> bool:
        return self._work.busy

    def start(self, system: System, scales: Sequence[float], *, steps: int, jobs: int) -> None:
        """Start a sweep, ending one that still runs."""
        self._work.start(partial(self._sweep, system, list(scales), steps, jobs))

    def cancel(self) -> None:
        """Ask the sweep to end; ``ended`` is emitted when it has."""
        self._work.cancel()

    def shutdown(self) -> None:
        """End the sweep and wait for its thread."""
        self._work.close()

    def _sweep(
        self, system: System, scales: list[float], steps: int, jobs: int, report: Report
    ) -> None:
        """Run the sweep on the thread; every exception becomes a ``RunError``."""
        try:
            executor = self.executor(jobs)
            try:
                points = self.sweep(
                    system,
                    scales,
                    steps=steps,
                    executor=executor,
                    progress=lambda done, total: report((done, total)),
                    cancelled=_left_if_cancelled,
                )
                for point in points:
                    report(point)
            finally:
                executor.shutdown(wait=True, cancel_futures=True)
        except Cancelled:
            raise
        except Exception as error:
            words = str(error) or tr("the sweep ended with {e!r}").format(e=error)
            raise RunError(words) from error

    def _hear(self, said: SweepPointLike | tuple[int, int]) -> None:
        if isinstance(said, tuple):
            self.progress.emit(*said)
        else:
            self.point.emit(said)

    def _end(self, end: End) -> None:
        if end.error is not None:
            self.failed.emit(str(end.error))
        self.ended.emit(end.cancelled)


def _left_if_cancelled() -> bool:
    """Raise ``Cancelled`` if cancelled; the engine calls this several times a second."""
    checkpoint()
    return False
