"""Interleaved rounds: what is compared is measured in turn, so that drift hits all alike.

Seconds are those of the processor (all threads of this process): everything measured here has one
thread, so on a machine at rest they are the clock's, and on a busy one they stay comparable.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Effort:
    """How long to measure: rounds, and seconds that each column gets in a round."""

    rounds: int = 15
    seconds: float = 0.05
    quick: bool = False


@contextmanager
def one_processor() -> Iterator[None]:
    """Stay on one processor, where the system can: JAX has no other way to one thread."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(before)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


class Times:
    """Seconds a call of each column, round by round."""

    def __init__(self, rounds: Mapping[str, list[float]]) -> None:
        self._rounds = rounds

    def __contains__(self, column: str) -> bool:
        return column in self._rounds

    def median(self, column: str) -> float:
        """The median over the rounds."""
        return statistics.median(self._rounds[column])

    def ratio(self, column: str, reference: str) -> float:
        """The median of the rounds' own ratios: a slow moment hits both sides of one."""
        pairs = zip(self._rounds[column], self._rounds[reference])
        return statistics.median(a / b for a, b in pairs)


def interleaved(columns: Mapping[str, Callable[[int], object]], effort: Effort) -> Times:
    """Measure the columns in turn, round after round; each is called with a number of times."""
    counts = {name: _count(call, effort.seconds) for name, call in columns.items()}
    rounds: dict[str, list[float]] = {name: [] for name in columns}
    for _ in range(effort.rounds):
        for name, call in columns.items():
            rounds[name].append(_seconds(call, counts[name]))
    return Times(rounds)


def median_of(call: Callable[[], object], repeats: int) -> float:
    """Seconds of one call, the median of some."""
    return statistics.median(_seconds(repeatedly(call), 1) for _ in range(repeats))


def repeatedly(call: Callable[[], object]) -> Callable[[int], None]:
    """Return what calls it so many times."""

    def calls(count: int) -> None:
        for _ in range(count):
            call()

    return calls


def _count(call: Callable[[int], object], seconds: float) -> int:
    call(1)
    one = min(_seconds(call, 1) for _ in range(3))
    return max(1, int(seconds / max(one, 1e-7)))


def _seconds(call: Callable[[int], object], count: int) -> float:
    began = time.process_time()
    call(count)
    return (time.process_time() - began) / count
