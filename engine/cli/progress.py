"""A progress bar on standard error, only where that is a terminal."""

from __future__ import annotations

import sys
import time
from types import TracebackType

_WIDTH = 30
_INTERVAL = 0.1


class Progress:
    """A context in which ``show(done)`` redraws the bar, ten times a second at most."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._terminal = sys.stderr.isatty()
        self._last = 0.0
        self._drawn = False

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._drawn:
            sys.stderr.write("\r\033[K")
            sys.stderr.flush()

    def show(self, done: int) -> None:
        """Show that ``done`` of all steps are done."""
        now = time.monotonic()
        if not self._terminal or not self._total or now - self._last < _INTERVAL:
            return
        self._last = now
        self._drawn = True
        filled = _WIDTH * done // self._total
        bar = "█" * filled + "░" * (_WIDTH - filled)
        sys.stderr.write(f"\r{bar} {done} / {self._total}")
        sys.stderr.flush()

    def watch(self, done: int, total: int) -> None:
        """Show the progress of work that calls ``engine.support.cancellation.checkpoint``."""
        self._total = total
        self.show(done)
