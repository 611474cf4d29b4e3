"""Rows of a history in chunks of fixed size, and how four chunks are thinned into one."""

from __future__ import annotations

import numpy as np

from gui.envelope import Envelope

CHUNK = 512
THIN_FROM, THIN_TO = 16, 4


class Chunk:
    """Up to ``CHUNK`` rows: ``level`` 0 as they came, level k after k thinnings."""

    __slots__ = ("count", "epoch", "floats", "level", "step", "summaries")

    def __init__(self, columns: int, level: int = 0) -> None:
        self.level = level
        self.count = 0
        self.step = np.empty(CHUNK, np.int64)
        self.epoch = np.empty(CHUNK, np.int64)
        self.floats = np.empty((CHUNK, columns))
        self.summaries: dict[str, Envelope] = {}


def thinned(chunks: list[Chunk]) -> Chunk:
    """One chunk in place of four: of 16 rows the least, the greatest, a zero and a non-finite.

    The four stand at evenly spaced steps of the sixteen. A column without a zero or without a
    non-finite value repeats its last one there.
    """
    new = Chunk(chunks[0].floats.shape[1], chunks[0].level + 1)
    keep = np.linspace(0, THIN_FROM - 1, THIN_TO).round().astype(int)
    per = CHUNK // THIN_TO
    for k, chunk in enumerate(chunks):
        here = slice(k * per, (k + 1) * per)
        new.step[here] = chunk.step.reshape(-1, THIN_FROM)[:, keep].ravel()
        new.epoch[here] = chunk.epoch.reshape(-1, THIN_FROM)[:, keep].ravel()
        y = chunk.floats.reshape(-1, THIN_FROM, chunk.floats.shape[1])
        finite = np.isfinite(y)
        last = y[:, -1]
        strange = np.take_along_axis(y, np.argmin(finite, axis=1)[:, None], axis=1)[:, 0]
        shown = y if finite.all() else np.where(finite, y, np.nan)
        rows = new.floats[here].reshape(-1, THIN_TO, y.shape[2])
        rows[:, 0] = np.fmin.reduce(shown, axis=1)
        rows[:, 1] = np.fmax.reduce(shown, axis=1)
        rows[:, 2] = np.where((y == 0).any(axis=1), 0.0, last)
        rows[:, 3] = np.where(finite.all(axis=1), last, strange)
    new.count = CHUNK
    return new
