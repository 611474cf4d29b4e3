"""A sweep on a thread of its own, its points brought to the GUI thread by signals."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Protocol

from PySide6.QtCore import QCoreApplication, QObject, Signal

from engine.support.text import tr
from engine.system.system import System

JOIN_SECONDS = 20.0


class SweepPointLike(Protocol):
    """What ``engine.analysis.sweep.SweepPoint`` holds."""

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
    """The engine's sweep, imported on first use: it is not needed to open the window."""
    from engine.analysis.sweep import sweep

    return sweep(system, scales, **options)


def engine_executor(jobs: int) -> Any:
    """The engine's process pool."""
    from engine.analysis.sweep import local_executor

    return local_executor(jobs)


class SweepRunner(QObject):
    """Runs one sweep at a time.

    Signals: ``point(SweepPoint)``, ``progress(done, total)``, ``failed(str)`` in plain words, and
    ``ended(bool)``, True when it was cancelled; always the last one.
    """

    point = Signal(object)
    progress = Signal(int, int)
    failed = Signal(str)
    ended = Signal(bool)
    _left = Signal(int, bool)  # from the thread itself: which run ends, and whether cancelled

    def __init__(
        self, sweep: SweepFunction, executor: ExecutorFactory, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self.sweep = sweep
        self.executor = executor
        self._thread: threading.Thread | None = None
        self._cancelled = threading.Event()
        self._run = 0
        self._left.connect(self._end)
        # Python waits for threads when it ends: a sweep must not keep a closed program alive.
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.shutdown)

    @property
    def running(self) -> bool:
        return self._thread is not None and self._thread.is_alive()

    def start(self, system: System, scales: Sequence[float], *, steps: int, jobs: int) -> None:
        """Start; a sweep that still runs is ended first."""
        self.shutdown()
        self._cancelled = threading.Event()
        self._run += 1
        self._thread = threading.Thread(
            target=self._work,
            args=(system, list(scales), steps, jobs, self._cancelled, self._run),
            name="input-scale sweep",
        )
        self._thread.start()

    def cancel(self) -> None:
        """Ask the sweep to end; ``ended`` tells when it has."""
        self._cancelled.set()

    def shutdown(self) -> None:
        """End the sweep and wait for its thread."""
        self.cancel()
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)
        self._thread = None

    def _work(
        self,
        system: System,
        scales: list[float],
        steps: int,
        jobs: int,
        cancelled: threading.Event,
        run: int,
    ) -> None:
        try:
            executor = self.executor(jobs)
            try:
                points = self.sweep(
                    system,
                    scales,
                    steps=steps,
                    executor=executor,
                    progress=self.progress.emit,
                    cancelled=cancelled.is_set,
                )
                for point in points:
                    if cancelled.is_set():
                        break
                    self.point.emit(point)
            finally:
                executor.shutdown(wait=True, cancel_futures=True)
        except Exception as error:  # said on screen: nothing above this thread would hear it
            self.failed.emit(str(error) or tr("the sweep ended with {e!r}").format(e=error))
        finally:
            self._left.emit(run, cancelled.is_set())

    def _end(self, run: int, cancelled: bool) -> None:
        """On the GUI thread: the thread has nothing left to do; an earlier run's end is no news."""
        if run != self._run:
            return
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)
        self._thread = None
        self.ended.emit(cancelled)
