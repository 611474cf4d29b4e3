"""Hands each frame to the listeners one by one, in an event-loop turn each.

Each listener's repaint happens in its own turn; all of them in one would hold the window up for
longer than a display refresh. Every listener that wants frames hears each of them: what stands on
the screen belongs to one step. How many frames come at all is the matter of
``gui.training.pace``.
"""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, QTimer, Signal

from engine.messages.frame import Frame


def always() -> bool:
    """The listener wants every frame."""
    return True


@dataclass(frozen=True)
class Listener:
    """A receiver of frames, and whether it wants them now."""

    show: Callable[[Frame], None]
    wanted: Callable[[], bool] = always


class FanOut(QObject):
    """Hands a frame to all listeners; emits ``done`` a turn later, when they have painted."""

    done = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._listeners: list[Listener] = []
        self._queue: deque[Listener] = deque()
        self._frame: Frame | None = None
        self._turn = QTimer(self)
        self._turn.setSingleShot(True)
        self._turn.setInterval(0)
        self._turn.timeout.connect(self._next)

    @property
    def active(self) -> bool:
        """Whether a frame is still being handed out."""
        return self._turn.isActive()

    def add(self, show: Callable[[Frame], None], wanted: Callable[[], bool] = always) -> None:
        """Add a listener, which gets frames after those added before it."""
        self._listeners.append(Listener(show, wanted))

    def start(self, frame: Frame) -> None:
        """Begin to hand out this frame."""
        self._frame = frame
        self._queue = deque(one for one in self._listeners if one.wanted())
        self._next()

    def clear(self) -> None:
        """Stop handing out."""
        self._turn.stop()
        self._queue.clear()

    def _next(self) -> None:
        if not self._queue or self._frame is None:
            self.done.emit()
            return
        self._turn.start()  # before the call, so that an exception does not stop the others
        self._queue.popleft().show(self._frame)
