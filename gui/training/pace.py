"""How often the training thread shows a frame, so that watching costs a bounded share of it.

While the window draws, training waits: both at once would be slower, since they share Python's
lock. What a frame costs is therefore the time to make it and the time to draw it, and between two
frames the thread trains for a multiple of that.
"""

import time

WATCHING, FULL = 2.5, 20.0  # times a frame's cost: at most 29 % and 5 % of the time go to frames
LEAST, MOST = 0.006, 0.5  # seconds of training between two frames
NEW = 0.3  # weight of the newest frame's cost in the average


class Pace:
    """Takes the times of frames; ``due`` says whether the next one may come."""

    def __init__(self) -> None:
        self._making = self._drawing = 0.0
        self._taken = self._free = time.monotonic()

    def made(self, seconds: float) -> None:
        """A frame was made on the training thread."""
        self._making += NEW * (seconds - self._making)

    def taken(self) -> None:
        """The window took a frame and begins to draw."""
        self._taken = time.monotonic()

    def drawn(self) -> None:
        """The window is done with what it took; more than one call for a frame does no harm."""
        now = time.monotonic()
        self._drawing += NEW * (now - self._taken - self._drawing)
        self._free = now

    def gap(self, *, full: bool) -> float:
        """Seconds to train between two frames."""
        cost = self._making + self._drawing
        return min(MOST, max(LEAST, cost * (FULL if full else WATCHING)))

    def due(self, *, full: bool) -> bool:
        """Whether enough was trained since the last frame was drawn."""
        return time.monotonic() - self._free >= self.gap(full=full)
