"""A few threads that live only as long as there is work for them.

Not on ``gui.widgets.background_work``: there are hundreds of tiny jobs a second, none replaces
another, and the GUI thread can wait neither for a thread to start nor for a signal's turn.
"""

import _thread
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Generic, NoReturn, TypeVar

Key = TypeVar("Key")
Result = TypeVar("Result")
# Two cores: numpy lets go of the interpreter in long calls, so that two get on faster than one.
HANDS = 2


class BackgroundThreads(Generic[Key, Result]):
    """Does work off the GUI thread, first come, first served; asked for what is done, not waited.

    Nothing is left to end: a thread that finds no work is gone. Work must not touch Qt. All
    methods are for one thread; it never waits, neither for a lock (whoever holds it may be waiting
    for the interpreter) nor, as ``threading.Thread.start`` does, for a new thread's first breath.
    """

    def __init__(self) -> None:
        # Appending to a deque and taking from it cannot be interrupted.
        self._work: deque[tuple[Key, Callable[[], Result]]] = deque()
        self._done: deque[tuple[Key, Callable[[], Result]]] = deque()
        self._free = deque(range(HANDS))
        self._pending = 0

    @property
    def pending(self) -> int:
        """How many results are still to be taken."""
        return self._pending

    @property
    def working(self) -> int:
        """How many threads there are."""
        return HANDS - len(self._free)

    def ask(self, key: Key, call: Callable[[], Result]) -> None:
        """Have something done; ``take`` returns its result with the key."""
        self._pending += 1
        self._work.append((key, call))
        self._hire()

    def take_done(self) -> list[tuple[Key, Result]]:
        """Return what has been done since the last call; raise what a call has raised.

        Where one has, the others' results come with the next call.
        """
        self._hire()  # a thread may have looked for work just before it came
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
        """Drop what nobody has begun."""
        while True:
            try:
                self._work.popleft()
            except IndexError:
                return
            self._pending -= 1

    def _hire(self) -> None:
        for _ in range(min(len(self._free), len(self._work))):
            _thread.start_new_thread(self._toil, (self._free[0],))
            self._free.popleft()

    def _toil(self, hand: int) -> None:
        while True:
            try:
                key, call = self._work.popleft()
            except IndexError:
                break
            self._done.append((key, _outcome(call)))
        self._free.append(hand)


def _outcome(call: Callable[[], Result]) -> Callable[[], Result]:
    """Call it; return what returns its result, or raises what it raised."""
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
