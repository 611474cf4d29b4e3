"""Work off the GUI thread with results as signals; a new work replaces the one before it.

For work that takes from a moment to minutes and is needed once at a time: building a system on
trial, reading a table, preparing a graph, a sweep, a long file. Each of these users has a
``BackgroundWork`` of its own.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

from engine.support.cancellation import Cancelled, checkpoint, watched
from engine.support.errors import EngineError

JOIN_SECONDS = 20.0

Report = Callable[[object], None]
Work = Callable[[Report], object]


@dataclass(frozen=True)
class End:
    """How a work ended: with a result, by an error, or cancelled."""

    result: Any = None
    error: BaseException | None = None
    cancelled: bool = False

    @property
    def crashed(self) -> bool:
        """Whether the error is a defect of the program, which was passed to crash reporting."""
        return self.error is not None and not isinstance(self.error, (EngineError, OSError))


class BackgroundWork(QObject):
    """Runs one work at a time on a thread that lives as long as there is work.

    A work is a function of ``report``, which hands a value to the GUI thread. In a cancelled work
    ``report`` and each ``checkpoint`` of the engine raise ``Cancelled``. A new work begins when the
    one before it has left the thread, so that two never run at the same time. All methods are for
    the GUI thread; only ``close`` blocks.

    Signals, on the GUI thread
    --------------------------
    reported(value): in the order of the reports, before the end
    ended(End): once for each work that was neither replaced nor forgotten
    """

    reported = Signal(object)
    ended = Signal(object)

    def __init__(self, name: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._task: _Task | None = None
        self._runner = _Runner(name)
        # Both signals are queued in one order: all reports of a work arrive before its end.
        queued = Qt.ConnectionType.QueuedConnection
        self._runner.mail.reported.connect(self._hear_report, queued)
        self._runner.mail.ended.connect(self._hear_end, queued)
        self.destroyed.connect(self._runner.cancel)
        # A work may have a hidden file or processes to remove before the program ends.
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.close)

    @property
    def busy(self) -> bool:
        """Whether a work has not ended yet."""
        return self._task is not None

    def start(self, work: Work) -> None:
        """Start this work and forget the present one, which sends no more signals."""
        self.forget()
        self._task = _Task(work)
        self._runner.take(self._task)

    def cancel(self) -> None:
        """Cancel the work: no more reports; ``ended`` says whether it was cancelled in time."""
        if self._task is not None:
            self._task.cancelled = True

    def forget(self) -> None:
        """Cancel the work without any further signal."""
        self.cancel()
        self._task = None

    def close(self) -> None:
        """Cancel and wait for the thread; a thread that does not end in time is abandoned."""
        self.cancel()
        self._runner.join()

    def _hear_report(self, task: _Task, value: object) -> None:
        if task is self._task and not task.cancelled:
            self.reported.emit(value)

    def _hear_end(self, task: _Task, end: End) -> None:
        if task is self._task:
            self._task = None
            self.ended.emit(end)


class _Task:
    """A work, and whether it was cancelled."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.cancelled = False

    def check(self, *_: object) -> None:
        if self.cancelled:
            raise Cancelled


class _Relay(QObject):
    """Carries signals from the thread to the GUI thread.

    It has no parent: the thread may use it while the owner is being deleted.
    """

    reported = Signal(object, object)
    ended = Signal(object, object)


class _Runner:
    """The thread and the state that it shares with the GUI thread; knows nothing of the owner."""

    def __init__(self, name: str) -> None:
        self.mail = _Relay()
        self._name = name
        self._lock = threading.Lock()
        self._newest: _Task | None = None
        self._waiting: _Task | None = None
        self._running = False
        self._thread: threading.Thread | None = None

    def take(self, task: _Task) -> None:
        """Run this task next; a task that was waiting is dropped."""
        with self._lock:
            self._newest = self._waiting = task
            if not self._running:
                self._running = True
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def cancel(self, *_: object) -> None:
        """Cancel the running and the waiting task, since the owner was deleted."""
        if self._newest is not None:
            self._newest.cancelled = True

    def join(self) -> None:
        if self._thread is not None:
            self._thread.join(JOIN_SECONDS)

    # -- on the thread -------------------------------------------------------------------------

    def _run(self) -> None:
        while (task := self._next()) is not None:
            self._do(task)

    def _next(self) -> _Task | None:
        with self._lock:
            task, self._waiting = self._waiting, None
            if task is None:
                self._running, self._newest = False, None
            return task

    def _do(self, task: _Task) -> None:
        def report(value: object) -> None:
            task.check()
            self.mail.reported.emit(task, value)

        try:
            with watched(task.check):
                checkpoint()
                end = End(task.work(report))
        except Cancelled:
            end = End(cancelled=True)
        # reported as the task's end; the thread goes on with the next task
        except BaseException as error:
            end = End(error=error)
        crash = end.error if end.crashed else None
        if crash is not None:
            details = (type(crash), crash, crash.__traceback__, self._thread)
            threading.excepthook(threading.ExceptHookArgs(details))
        self.mail.ended.emit(task, end)
