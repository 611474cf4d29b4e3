"""How often frames come: enough is trained between two of them, measured by what they cost.

The mailbox tells it when a frame was taken and drawn, the training thread what it took to make.
"""

import time

from gui.widgets.drawing_rates import (
    LEAST_TRAINED_SECONDS,
    MOST_TRAINED_SECONDS,
    TRAINED_AT_FULL_SPEED,
    TRAINED_WATCHING,
    WEIGHT_OF_NEWEST_COST,
)


class Pace:
    """Takes the times of frames; ``due`` says whether the next one may come."""

    def __init__(self) -> None:
        self._making = self._drawing = 0.0
        self._taken = self._free = time.monotonic()

    def made(self, seconds: float) -> None:
        """A frame was made on the training thread."""
        self._making += WEIGHT_OF_NEWEST_COST * (seconds - self._making)

    def taken(self) -> None:
        """The window took a frame and begins to draw."""
        self._taken = time.monotonic()

    def drawn(self) -> None:
        """The window is done with what it took; more than one call for a frame does no harm."""
        now = time.monotonic()
        self._drawing += WEIGHT_OF_NEWEST_COST * (now - self._taken - self._drawing)
        self._free = now

    def gap(self, *, full: bool) -> float:
        """Seconds to train between two frames."""
        times = TRAINED_AT_FULL_SPEED if full else TRAINED_WATCHING
        wanted = times * (self._making + self._drawing)
        return min(MOST_TRAINED_SECONDS, max(LEAST_TRAINED_SECONDS, wanted))

    def due(self, *, full: bool) -> bool:
        """Whether enough was trained since the last frame was drawn."""
        return time.monotonic() - self._free >= self.gap(full=full)
