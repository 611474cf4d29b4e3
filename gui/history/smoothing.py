"""Exponential moving averages of a history's columns, and the means of its epochs.

Both go through the history chunk by chunk and leave with each chunk what they found there, so that
a redraw looks at new rows only. What is not known yet of a long history comes portion by portion:
``SMOOTHING_SECONDS`` a redraw. Where rows were thinned both are approximate.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import numpy as np
from numpy.typing import NDArray

from engine.support.arrays import Floats
from gui.history.chunks import CHUNK, FINE, THIN_FROM, THIN_TO, Chunk
from gui.widgets.drawing_rates import SMOOTHING_SECONDS

BLOCK = 64  # rows whose averages are one matrix product


@dataclass(frozen=True)
class AverageState:
    """``total``: an average before its division by 1 − wⁿ; ``steps``: its n; both (columns,)."""

    total: Floats
    steps: Floats

    def __eq__(self, other: object) -> bool:
        return self is other or (
            isinstance(other, AverageState)
            and np.array_equal(self.total, other.total)
            and np.array_equal(self.steps, other.steps)
        )

    __hash__ = None  # type: ignore[assignment]


@dataclass(frozen=True)
class Averaged:
    """Cached averages of a chunk's first ``count`` rows: every eighth, and the final state."""

    weight: float
    count: int
    start: AverageState
    end: AverageState
    x: Floats
    y: Floats


@dataclass(frozen=True)
class Curves:
    """x (points,) and y (points, columns); ``complete`` is False while more is to be computed."""

    x: Floats
    y: Floats
    complete: bool


@dataclass(frozen=True)
class Sums:
    """Cached sums of a chunk's first ``count`` rows, by epoch, with each epoch's first step.

    ``epoch`` and ``first`` are (epochs,), ``values`` (the sums of finite values) and ``number``
    (how many there are) are (epochs, columns).
    """

    count: int
    epoch: NDArray[np.int64]
    first: Floats
    values: Floats
    number: Floats


class _TimeLimit:
    """The time that one redraw may spend on rows not cached yet; at least one chunk is computed."""

    def __init__(self) -> None:
        self._until = time.perf_counter() + SMOOTHING_SECONDS
        self._begun = False

    def is_over(self) -> bool:
        begun, self._begun = self._begun, True
        return begun and time.perf_counter() > self._until


# -- exponential moving averages -----------------------------------------------------------------


def average(
    y: Floats, weight: float, span: int, start: AverageState
) -> tuple[Floats, AverageState]:
    """Smooth y (rows, columns): s ← w s + (1 − w) y, each divided by 1 − wⁿ, n steps so far.

    A row that stands for ``span`` steps counts as that many. Values that are not finite are
    skipped: the average stays as it was (as in TensorBoard), and is NaN before the first finite
    value. ``start`` is the state before the first row; the state after the last is returned too.
    """
    finite = np.isfinite(y)
    if finite.all():
        return _average(y, weight, span, start)
    result, total, steps = np.empty_like(y), start.total.copy(), start.steps.copy()
    for k in range(y.shape[1]):
        own = AverageState(start.total[k : k + 1], start.steps[k : k + 1])
        rows = np.flatnonzero(finite[:, k])
        values, end = _average(y[rows, k : k + 1], weight, span, own)
        before = own.total / (1 - weight**own.steps) if own.steps[0] else np.array([np.nan])
        at = np.cumsum(finite[:, k])  # how many finite values there were up to each row
        result[:, k] = np.concatenate([before, values[:, 0]])[at]
        total[k], steps[k] = end.total[0], end.steps[0]
    return result, AverageState(total, steps)


def _average(
    y: Floats, weight: float, span: int, start: AverageState
) -> tuple[Floats, AverageState]:
    """``average`` for y that is all finite: one matrix product per block of ``BLOCK`` rows.

    To it is added wⁿ times the average before the block, which a loop over the blocks finds.
    """
    count, width = y.shape
    if not count:
        return y, start
    product, decay = _weights(weight**span)
    blocks = -(-count // BLOCK)
    padded = y
    if count < blocks * BLOCK:
        padded = np.concatenate([y, np.zeros((blocks * BLOCK - count, width))])
    here = product @ padded.reshape(blocks, BLOCK, width)
    before = np.empty((blocks, width))
    before[0] = start.total
    for k in range(1, blocks):
        before[k] = here[k - 1, -1] + decay[-1] * before[k - 1]
    here += decay[:, None] * before[:, None]
    sums = here.reshape(-1, width)[:count]
    # Mostly all columns have the same number of steps: its power, the slow part, is taken once.
    earlier = start.steps[:1] if (start.steps == start.steps[0]).all() else start.steps
    steps = earlier + span * np.arange(1, count + 1)[:, None]
    smooth: Floats = sums / (1 - weight**steps)
    return smooth, AverageState(sums[-1].copy(), start.steps + span * count)


@lru_cache(maxsize=32)
def _weights(weight: float) -> tuple[Floats, Floats]:
    """Return the weights, in each average of a block, of its rows and of the state before it."""
    powers: Floats = np.power(weight, np.arange(BLOCK + 1.0))
    away = np.arange(BLOCK)[:, None] - np.arange(BLOCK)
    left: Floats = (1 - weight) * np.where(away >= 0, powers[np.maximum(away, 0)], 0.0)
    return left, powers[1:]


def _known(chunk: Chunk, name: str, weight: float, start: AverageState) -> Averaged | None:
    """Return the chunk's cached averages where they are still valid, else None."""
    kept = chunk.kept.get((name, "average"))
    holds = (
        isinstance(kept, Averaged)
        and kept.weight == weight
        and kept.count == chunk.count
        and kept.start == start
    )
    return cast(Averaged, kept) if holds else None


def _averaged(
    chunk: Chunk, name: str, where: slice, weight: float, start: AverageState
) -> Averaged:
    """Compute the averages of a chunk's rows and cache them in the chunk."""
    x, y, end = _rows(chunk, where, weight, start)
    places = list(range(FINE - 1, chunk.count, FINE))
    if chunk.count % FINE:
        places.append(chunk.count - 1)
    found = Averaged(weight, chunk.count, start, end, x[places], y[places])
    chunk.kept[name, "average"] = found
    return found


def _rows(
    chunk: Chunk, where: slice, weight: float, start: AverageState
) -> tuple[Floats, Floats, AverageState]:
    """Return steps and averages of all rows (NaN where the value is not finite), and the end."""
    rows = chunk.floats[: chunk.count, where]
    span = (THIN_FROM // THIN_TO) ** chunk.level
    y, end = average(rows, weight, span, start)
    bad = ~np.isfinite(rows)
    if bad.any():
        y[bad] = np.nan
    return chunk.step[: chunk.count].astype(float), y, end


def smoothed(
    chunks: Sequence[Chunk], name: str, where: slice, weight: float, bins: int,
    low: float, high: float,
) -> Curves:  # fmt: skip
    """Return the averages of the steps low … high, at most about two points per bin."""
    state, limit = _begin(where), _TimeLimit()
    seen: list[tuple[Chunk, Averaged]] = []
    complete = True
    for k, chunk in enumerate(chunks):
        if chunk.step[0] > high:
            break
        found = _known(chunk, name, weight, state)
        if found is None:
            if limit.is_over():
                complete = False
                break
            found = _averaged(chunk, name, where, weight, state)
        state = found.end
        if k + 1 == len(chunks) or chunks[k + 1].step[0] >= low:
            seen.append((chunk, found))
    rows = sum(chunk.count for chunk, _ in seen)
    every = 2 ** int(np.ceil(np.log2(max(1.0, rows / (2 * bins)))))
    parts = list(_points(seen, where, weight, every))
    if not parts:
        width = where.stop - where.start
        return Curves(np.empty(0), np.empty((0, width)), complete)
    return Curves(
        np.concatenate([x for x, _ in parts]), np.concatenate([y for _, y in parts]), complete
    )


def _points(
    seen: Sequence[tuple[Chunk, Averaged]], where: slice, weight: float, every: int
) -> Iterator[tuple[Floats, Floats]]:
    """Yield one row in ``every`` of each chunk, and the last row of all."""
    for k, (chunk, found) in enumerate(seen):
        last = k + 1 == len(seen)
        if every < FINE:
            x, y, _ = _rows(chunk, where, weight, found.start)
            step = every
        else:
            x, y, step = found.x, found.y, every // FINE
        if every > CHUNK and not last and k % (every // CHUNK):
            continue
        places = slice(step - 1, None, step) if step <= len(x) else slice(-1, None)
        yield x[places], y[places]
        if last and len(x) % step and step <= len(x):
            yield x[-1:], y[-1:]


def _begin(where: slice) -> AverageState:
    width = where.stop - where.start
    return AverageState(np.zeros(width), np.zeros(width))


# -- means of epochs -----------------------------------------------------------------------------


def epoch_means(chunks: Sequence[Chunk], name: str, where: slice, bins: int) -> Curves:
    """Return a step curve: the mean of each epoch's finite values from its first step to its last.

    Where there are more epochs than bins, 2, 4, 8 … epochs share a mean. Empty where no epoch has
    more than one step.
    """
    width = where.stop - where.start
    limit, found, complete = _TimeLimit(), [], True
    for chunk in chunks:
        part = chunk.kept.get((name, "sums"))
        if not (isinstance(part, Sums) and part.count == chunk.count):
            if limit.is_over():
                complete = False
                break
            part = _sums(chunk, name, where)
        found.append(part)
    nothing = Curves(np.empty(0), np.empty((0, width)), complete)
    if not found:
        return nothing
    epoch = np.concatenate([part.epoch for part in found])
    begins = np.concatenate([[0], np.flatnonzero(np.diff(epoch)) + 1])
    together = 2 ** int(np.ceil(np.log2(max(1.0, len(begins) / bins))))
    first = np.concatenate([part.first for part in found])
    values = np.concatenate([part.values for part in found])
    number = np.concatenate([part.number for part in found])
    steps = float(chunks[len(found) - 1].step[chunks[len(found) - 1].count - 1]) - first[0] + 1
    if steps <= len(begins):
        return nothing
    begins = begins[np.append(True, np.diff(epoch[begins] // together) != 0)]
    values, number = (np.add.reduceat(part, begins, axis=0) for part in (values, number))
    with np.errstate(invalid="ignore"):
        means = values / np.where(number, number, np.nan)
    edges = np.append(first[begins], first[0] + steps - 1)
    x = np.repeat(edges, 2)[1:-1]
    return Curves(x, np.repeat(means, 2, axis=0), complete)


def _sums(chunk: Chunk, name: str, where: slice) -> Sums:
    """Compute a chunk's sums by epoch and cache them in the chunk."""
    rows, epoch = chunk.floats[: chunk.count, where], chunk.epoch[: chunk.count]
    begins = np.concatenate([[0], np.flatnonzero(np.diff(epoch)) + 1])
    finite = np.isfinite(rows)
    values = np.add.reduceat(np.where(finite, rows, 0.0), begins, axis=0)
    number = np.add.reduceat(finite.astype(float), begins, axis=0)
    first = chunk.step[begins].astype(float)
    found = Sums(chunk.count, epoch[begins].copy(), first, values, number)
    chunk.kept[name, "sums"] = found
    return found
