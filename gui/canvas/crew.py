"""A few threads that live only as long as there is work for them."""

import threading
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Result = TypeVar("Result")
# Two cores: numpy lets go of the interpreter in long calls, so that two get on faster than one.
HANDS = 2


class Crew(Generic[Key, Result]):
    """Does work off the GUI thread, first come, first served; asked for what is done, not waited.

    Nothing is left to end: a thread that finds no work is gone. Work must not touch Qt.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._work: deque[tuple[Key, Callable[[], Result]]] = deque()
        self._done: deque[tuple[Key, Result]] = deque()
        self._hands = 0
        self._pending = 0

    @property
    def pending(self) -> int:
        """How many results are still to be taken."""
        return self._pending

    def ask(self, key: Key, call: Callable[[], Result]) -> None:
        """Have something done; ``take`` returns its result with the key."""
        with self._lock:
            self._pending += 1
            self._work.append((key, call))
            hire = self._hands < HANDS
            self._hands += hire
        if hire:
            threading.Thread(target=self._toil, name="making tiles", daemon=True).start()

    def take(self) -> list[tuple[Key, Result]]:
        """Return what has been done since the last call."""
        with self._lock:
            found = list(self._done)
            self._done.clear()
            self._pending -= len(found)
        return found

    def forget(self) -> None:
        """Drop what nobody has begun."""
        with self._lock:
            self._pending -= len(self._work)
            self._work.clear()

    def _toil(self) -> None:
        while True:
            with self._lock:
                if not self._work:
                    self._hands -= 1
                    return
                key, call = self._work.popleft()
            try:
                result = call()
            except BaseException:
                with self._lock:
                    self._pending -= 1
                    self._hands -= 1
                raise
            with self._lock:
                self._done.append((key, result))
