"""One frame to many listeners, one event-loop turn each, so that input is answered in between.

Each listener's repaint happens in its own turn; all of them in one would hold the window up for
longer than a display refresh. Listeners that cost much are served less often while training runs.
"""

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from engine.frame import Frame

RATIO = 12  # a listener gets at most a twelfth of the time, however much it has to draw


def always() -> bool:
    """The listener wants every frame."""
    return True


@dataclass
class Listener:
    """Who hears frames, whether it wants them now, and how often at most while training runs."""

    show: Callable[[Frame], None]
    wanted: Callable[[], bool] = always
    every_seconds: float = 0.0
    last: float = float("-inf")
    cost: float = 0.0

    def due(self, now: float, frame: Frame) -> bool:
        """Whether to show this frame; the frame on which training halts is shown to all."""
        wait = max(self.every_seconds, self.cost * RATIO) if self.every_seconds else 0.0
        return self.wanted() and (not frame.running or now - self.last >= wait)


class FanOut(QObject):
    """Hands a frame round; ``done`` comes a turn after the last listener, when it has painted."""

    done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._listeners: list[Listener] = []
        self._queue: deque[Listener] = deque()
        self._frame: Frame | None = None
        self._current: Listener | None = None
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._next)

    @property
    def active(self) -> bool:
        """Whether a frame is still being handed round."""
        return self._turn.isActive()

    def add(
        self,
        show: Callable[[Frame], None],
        wanted: Callable[[], bool] = always,
        every_seconds: float = 0.0,
    ) -> None:
        """Let a listener hear frames, after those that were added before it."""
        self._listeners.append(Listener(show, wanted, every_seconds))

    def start(self, frame: Frame) -> None:
        """Hand this frame round, beginning now."""
        now = time.monotonic()
        self._frame = frame
        self._queue = deque(one for one in self._listeners if one.due(now, frame))
        self._next()

    def clear(self) -> None:
        """Nothing is handed on any more."""
        self._turn.stop()
        self._queue.clear()
        self._current = None

    def _next(self) -> None:
        now = time.monotonic()
        if self._current is not None:
            # From its turn to this one: what it did and what it painted. A single slow turn may
            # be anyone's fault, so it counts by half.
            spent = now - self._current.last
            self._current.cost = (self._current.cost + spent) / 2
            self._current = None
        if not self._queue or self._frame is None:
            self.done.emit()
            return
        listener = self._current = self._queue.popleft()
        self._turn.start()  # first: a listener that fails must not cut the others off
        listener.last = now
        listener.show(self._frame)
