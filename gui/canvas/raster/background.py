"""Threads for the raster's many short jobs; they end when there is no work.

Not on ``gui.widgets.background_work``: there are hundreds of short jobs per second, none replaces
another, and the GUI thread can wait neither for a thread's start nor for a queued signal.
"""

import _thread
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Generic, NoReturn, TypeVar

Key = TypeVar("Key")
Result = TypeVar("Result")
# numpy releases the interpreter lock in long calls, so that two threads are faster than one.
MOST_THREADS = 2


class BackgroundThreads(Generic[Key, Result]):
    """Runs calls off the GUI thread, in order; ``Tiling`` polls for their results.

    A thread that finds no work ends, so there is nothing to close. The calls must not use Qt.
    All methods are for the GUI thread and never block: neither on a lock (whose holder may be
    waiting for the interpreter lock) nor, as ``threading.Thread.start`` does, until a new thread
    runs.
    """

    def __init__(self) -> None:
        # Appending to a deque and popping from it are atomic.
        self._work: deque[tuple[Key, Callable[[], Result]]] = deque()
        self._done: deque[tuple[Key, Callable[[], Result]]] = deque()
        self._free = deque(range(MOST_THREADS))
        self._pending = 0

    @property
    def pending(self) -> int:
        """The number of results that are still to be taken."""
        return self._pending

    @property
    def working(self) -> int:
        """The number of running threads."""
        return MOST_THREADS - len(self._free)

    def ask(self, key: Key, call: Callable[[], Result]) -> None:
        """Queue a call; ``take_done`` returns its result with the key."""
        self._pending += 1
        self._work.append((key, call))
        self._start_threads()

    def take_done(self) -> list[tuple[Key, Result]]:
        """Return (key, result) of the calls done since the last time; raise what one has raised.

        After such an error the other results are returned the next time.
        """
        self._start_threads()  # a thread may have ended just before work was queued
        found = []
        while self._done:
            key, result = self._done.popleft()
            self._pending -= 1
            try:
                found.append((key, result()))
            except Exception:
                for done, value in reversed(found):
                    self._done.appendleft((done, partial(_same, value)))
                    self._pending += 1
                raise
        return found

    def forget(self) -> None:
        """Drop the calls that no thread has begun."""
        while True:
            try:
                self._work.popleft()
            except IndexError:
                return
            self._pending -= 1

    def _start_threads(self) -> None:
        for _ in range(min(len(self._free), len(self._work))):
            _thread.start_new_thread(self._run, (self._free[0],))
            self._free.popleft()

    def _run(self, number: int) -> None:
        while True:
            try:
                key, call = self._work.popleft()
            except IndexError:
                break
            self._done.append((key, _outcome(call)))
        self._free.append(number)


def _outcome(call: Callable[[], Result]) -> Callable[[], Result]:
    """Run the call; return a function that returns its result or raises its error."""
    try:
        result = call()
    except Exception as error:
        return _raising(error)
    return lambda: result


def _same(result: Result) -> Result:
    return result


def _raising(error: Exception) -> Callable[[], NoReturn]:
    def again() -> NoReturn:
        raise error

    return again
