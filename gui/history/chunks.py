"""Chunks of fixed size that hold a history's rows, and the thinning of four chunks into one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gui.history import envelope
from gui.history.envelope import Envelope

CHUNK = 512
THIN_FROM, THIN_TO = 16, 4
FINE, COARSE = 8, 64  # rows per block of the extremes that long curves are drawn from


def chunk_bytes(columns: int) -> int:
    """Return the bytes of a full chunk: steps, epochs and columns, and its summary."""
    summary = CHUNK // COARSE * (8 + columns * (8 + 8 + 1 + 1))
    return CHUNK * (8 + 8 + 8 * columns) + summary


class Chunk:
    """Up to ``CHUNK`` rows: at ``level`` 0 as they came, at level k after k thinnings.

    A full chunk stores the extremes of each ``COARSE`` rows, so that a curve over many chunks
    need not read every row again.
    """

    __slots__ = ("_coarse", "count", "epoch", "floats", "kept", "level", "step")

    def __init__(self, columns: int, level: int = 0) -> None:
        self.level = level
        self.count = 0
        self.step = np.empty(CHUNK, np.int64)
        self.epoch = np.empty(CHUNK, np.int64)
        self.floats = np.empty((CHUNK, columns))
        self._coarse: Envelope | None = None
        self.kept: dict[tuple[str, str], object] = {}  # cache of gui.history.smoothing

    def cut(self, count: int) -> Chunk:
        """Return a chunk with a copy of the first rows; another thread may still read this one."""
        if count == self.count:
            return self
        new = Chunk(self.floats.shape[1], self.level)
        new.count = count
        for own, other in ((new.step, self.step), (new.epoch, self.epoch)):
            own[:count] = other[:count]
        new.floats[:count] = self.floats[:count]
        return new

    def behind(self, count: int) -> Chunk:
        """Return a chunk with a copy of the rows after the first ``count``."""
        rest = Chunk(self.floats.shape[1], self.level)
        rest.count = self.count - count
        for old, new in ((self.step, rest.step), (self.epoch, rest.epoch)):
            new[: rest.count] = old[count : self.count]
        rest.floats[: rest.count] = self.floats[count : self.count]
        return rest

    def finish(self) -> None:
        """Compute the extremes of all blocks once the chunk is full."""
        if self.count == CHUNK and self._coarse is None:
            self._coarse = self._blocks(slice(None), COARSE)

    def envelope(self, where: slice, block: int) -> Envelope:
        """Return some columns' extremes in blocks of this many rows (1, ``FINE`` or ``COARSE``).

        A chunk that is not full returns its rows.
        """
        if block == COARSE and self._coarse is not None:
            return envelope.columns(self._coarse, where)
        if block == 1 or self.count < CHUNK:
            rows = slice(self.count)
            return envelope.of_rows(self.step[rows].astype(float), self.floats[rows, where])
        return self._blocks(where, block)

    def _blocks(self, where: slice, block: int) -> Envelope:
        """Return the extremes of blocks; reshaping is five times as fast as ``reduceat``."""
        y = self.floats[:, where]
        y = y.reshape(-1, block, y.shape[1])
        bad = ~np.isfinite(y)
        zero = np.logical_or.reduce(y == 0, axis=1)
        if bad.any():
            y = np.where(bad, np.nan, y)
        return Envelope(
            self.step[::block].astype(float),
            np.fmin.reduce(y, axis=1),
            np.fmax.reduce(y, axis=1),
            zero,
            np.logical_or.reduce(bad, axis=1),
            False,
        )


def thinned(chunks: list[Chunk]) -> Chunk:
    """Thin four chunks into one: of 16 rows the smallest, largest, a zero and a non-finite value.

    The four new rows have evenly spaced steps of the sixteen. A column without a zero or a
    non-finite value repeats its last value there.
    """
    new = Chunk(chunks[0].floats.shape[1], chunks[0].level + 1)
    keep = np.linspace(0, THIN_FROM - 1, THIN_TO).round().astype(int)
    per = CHUNK // THIN_TO
    for k, chunk in enumerate(chunks):
        here = slice(k * per, (k + 1) * per)
        new.step[here] = chunk.step.reshape(-1, THIN_FROM)[:, keep].ravel()
        new.epoch[here] = chunk.epoch.reshape(-1, THIN_FROM)[:, keep].ravel()
        rows = new.floats[here].reshape(-1, THIN_TO, new.floats.shape[1])
        _thin_rows(chunk.floats.reshape(-1, THIN_FROM, rows.shape[2]), rows)
    new.count = CHUNK
    new.finish()
    return new


def _thin_rows(y: NDArray[np.float64], rows: NDArray[np.float64]) -> None:
    """Thin sixteen rows to four: write y (groups, 16, columns) to rows (groups, 4, columns)."""
    bad = ~np.isfinite(y)
    strange = np.flatnonzero(bad.any(axis=(0, 1)))  # the few columns with NaN or infinities
    shown = np.where(bad, np.nan, y) if len(strange) else y
    rows[:, 0] = np.fmin.reduce(shown, axis=1)
    rows[:, 1] = np.fmax.reduce(shown, axis=1)
    rows[:, 2] = rows[:, 3] = y[:, -1]
    zero = (y == 0).any(axis=1)
    rows[:, 2][zero] = 0.0
    if len(strange):
        bad, values = bad[:, :, strange], y[:, :, strange]
        first = np.take_along_axis(values, np.argmax(bad, axis=1)[:, None], axis=1)[:, 0]
        rows[:, 3, strange] = np.where(bad.any(axis=1), first, values[:, -1])
