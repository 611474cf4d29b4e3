"""Ending long work at a good moment: Ctrl-C between two training steps, Cancel between two nodes.

Long work calls ``checkpoint`` wherever it may be left; who started it decides, in ``watched``,
what happens there. The watch belongs to the thread, so that builders need not hand it around.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

Watch = Callable[[int, int], None]


class Cancelled(Exception):  # noqa: N818  no error: somebody asked for it
    """Raised by a watch to leave the work; whoever does the work leaves things as they were."""


class _Local(threading.local):
    watch: Watch | None = None


_local = _Local()


def checkpoint(done: int = 0, total: int = 0) -> None:
    """Say how far the work is (``total`` 0: nobody knows), and end it here where that is wanted.

    Raises
    ------
    Cancelled
        By the watch; without one this does nothing, in a tenth of a microsecond.
    """
    watch = _local.watch
    if watch is not None:
        watch(done, total)


@contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Have ``watch(done, total)`` called at each checkpoint of this thread meanwhile."""
    before, _local.watch = _local.watch, watch
    try:
        yield
    finally:
        _local.watch = before


class Interrupt:
    """A context in which the first Ctrl-C only sets ``wanted``; the second one interrupts."""

    def __init__(self) -> None:
        self.wanted = False
        self._before: Any = None
        self._active = threading.current_thread() is threading.main_thread()

    def __enter__(self) -> Interrupt:
        if self._active:
            self._before = signal.signal(signal.SIGINT, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._active:
            signal.signal(signal.SIGINT, self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.wanted:
            raise KeyboardInterrupt
        self.wanted = True
