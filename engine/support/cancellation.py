"""Cancels long work at a safe point: Ctrl-C between two training steps, Cancel between two nodes.

Long work calls ``checkpoint`` wherever it may be left; its caller sets with ``watched`` a function
that is called there. That function belongs to the thread, so builders need not pass it on.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

Watch = Callable[[int, int], None]
INTERRUPTED = 130  # the exit status of what Ctrl-C ended


class Cancelled(Exception):  # noqa: N818  not an error: cancelling was asked for
    """Raised by a watch to leave the work, which must then restore the state before it."""


class _Local(threading.local):
    watch: Watch | None = None


_local = _Local()


def checkpoint(done: int = 0, total: int = 0) -> None:
    """Report the progress of the work (``total`` 0: unknown), and end it if the watch says so.

    Raises
    ------
    Cancelled
        By the watch; without one this does nothing, and takes 0.1 µs.
    """
    watch = _local.watch
    if watch is not None:
        watch(done, total)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """A context in which each checkpoint of this thread calls ``watch(done, total)``."""
    before, _local.watch = _local.watch, watch
    try:
        yield
    finally:
        _local.watch = before


@contextmanager
def orderly_end() -> Iterator[None]:
    """Make SIGTERM run the ``finally`` clauses, so that no incomplete file is left.

    The exit status is the one that a process killed by the signal has in a shell.
    """

    def leave(number: int, frame: FrameType | None) -> None:
        raise SystemExit(128 + number)

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class Interrupt:
    """A context in which the first Ctrl-C only sets ``wanted``; the second one interrupts.

    SIGTERM is handled likewise, so that a batch system's time limit loses nothing. ``status`` is
    the exit status for the signal that came.
    """

    def __init__(self) -> None:
        self.wanted = False
        self.status = 0
        self._before: dict[int, Any] = {}
        self._active = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Interrupt:
        if self._active:
            numbers = (signal.SIGINT, signal.SIGTERM)
            self._before = {number: signal.signal(number, self._note) for number in numbers}
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        for number, before in self._before.items():
            signal.signal(number, before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
        self.status = 128 + number
