"""Which of an axis's numbers are written where there is no room for all."""

from collections.abc import Sequence
from itertools import pairwise


def with_room(spans: Sequence[tuple[float, float]], texts: Sequence[str], gap: float) -> list[int]:
    """Return which labels to write: every n-th with the least n that keeps them ``gap`` apart.

    ``spans`` are where the texts begin and end along the axis, in its order. Of the ways to leave
    out as many, the one with the shortest numbers stays: 0, 20, 40 rather than 10, 30, 50.

    >>> spans = [(0, 8), (10, 22), (20, 32), (30, 42), (40, 52)]
    >>> with_room(spans, ["0", "25", "50", "75", "100"], 4)
    [0, 2, 4]
    """
    for step in range(1, len(spans) + 1):
        ways = [range(start, len(spans), step) for start in range(step)]
        fitting = [way for way in ways if _apart([spans[k] for k in way], gap)]
        if fitting:
            return list(min(fitting, key=lambda way: _length([texts[k] for k in way])))
    return []


def _length(texts: Sequence[str]) -> tuple[float, int]:
    """The mean length of numbers; of as long ones those that begin with 1 come first."""
    return sum(map(len, texts)) / len(texts), sum(not text.startswith("1") for text in texts)


def _apart(spans: Sequence[tuple[float, float]], gap: float) -> bool:
    return all(b[0] - a[1] >= gap for a, b in pairwise(spans))
