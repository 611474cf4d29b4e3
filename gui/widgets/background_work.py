"""Work off the GUI thread whose results come back as signals: the last one asked for wins.

For what takes from a moment to minutes and is asked for one at a time: building a system on trial,
reading a table, preparing a graph, a sweep, a long file. Each of these has a ``BackgroundWork``.
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
        """Whether the error is a mistake of the program's, which crash reporting has heard of."""
        return self.error is not None and not isinstance(self.error, (EngineError, OSError))


class BackgroundWork(QObject):
    """Does one work at a time on a thread that lives as long as there is something to do.

    A work is called with ``report``, which hands a value over to the GUI thread. At ``report`` and
    at each ``checkpoint`` of the engine a work that was cancelled is left by ``Cancelled``. A new
    work begins when the one before it has left the thread: two never compute side by side. All
    methods are for the GUI thread, and only ``close`` waits.

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
        # Queued in one line: all reports of a work come before its end.
        queued = Qt.ConnectionType.QueuedConnection
        self._runner.mail.reported.connect(self._hear_report, queued)
        self._runner.mail.ended.connect(self._hear_end, queued)
        self.destroyed.connect(self._runner.cancel)
        # What work leaves behind (a hidden file, processes) goes before the program does.
        application = QCoreApplication.instance()
        if application is not None:
            application.aboutToQuit.connect(self.close)

    @property
    def busy(self) -> bool:
        """Whether the end of a work is still to come."""
        return self._task is not None

    def start(self, work: Work) -> None:
        """Do this in place of what runs, from which nothing is heard any more."""
        self.forget()
        self._task = _Task(work)
        self._runner.take(self._task)

    def cancel(self) -> None:
        """End the work; its end says whether it came to that. Its reports are heard no more."""
        if self._task is not None:
            self._task.cancelled = True

    def forget(self) -> None:
        """End the work, and hear nothing of it any more, neither a report nor its end."""
        self.cancel()
        self._task = None

    def close(self) -> None:
        """Cancel, and wait until the thread is gone; one that does not end is left to itself."""
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
    """A work, and whether it is still wanted."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.cancelled = False

    def check(self, *_: object) -> None:
        if self.cancelled:
            raise Cancelled


class _Mail(QObject):
    """Brings what the thread says to the GUI thread.

    It belongs to no other object: the thread may use it while its owner is being deleted.
    """

    reported = Signal(object, object)
    ended = Signal(object, object)


class _Runner:
    """The thread and what it shares with the GUI thread; knows nothing of the owner."""

    def __init__(self, name: str) -> None:
        self.mail = _Mail()
        self._name = name
        self._lock = threading.Lock()
        self._newest: _Task | None = None
        self._waiting: _Task | None = None
        self._running = False
        self._thread: threading.Thread | None = None

    def take(self, task: _Task) -> None:
        """Do this next; what waits and was not begun is dropped."""
        with self._lock:
            self._newest = self._waiting = task
            if not self._running:
                self._running = True
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()

    def cancel(self, *_: object) -> None:
        """The owner is gone: end what runs, and what waits."""
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
        except BaseException as error:  # the thread goes on to what was asked for since
            end = End(error=error)
        crash = end.error if end.crashed else None
        if crash is not None:
            told = (type(crash), crash, crash.__traceback__, self._thread)
            threading.excepthook(threading.ExceptHookArgs(told))
        self.mail.ended.emit(task, end)
