"""The history of a run's scalars: one row per finished pass, in bounded memory, for the plots.

No Qt. Rows are stored in chunks of fixed size, so that neither appending nor thinning copies the
whole history (after hours of training that would freeze the window for a moment).
When the memory bound is reached the oldest rows are thinned: of each 16 consecutive rows four
stay, and they hold the smallest, the largest, a zero and a non-finite value of each column if
there was one, so that no peak, dip or NaN disappears from a plot.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from engine.messages.frame import Frame, Scalars
from engine.messages.topology import Topology
from engine.support.arrays import Floats
from gui.history import envelope, smoothing
from gui.history.chunks import CHUNK, COARSE, FINE, THIN_FROM, THIN_TO, Chunk, chunk_bytes, thinned
from gui.history.envelope import Envelope, LastDrawn
from gui.history.smoothing import Curves

MEGABYTE = 1 << 20
SCALARS = (
    "objective",
    "loss",
    "learning_rate",
    "gradient_norm_before_clipping",
    "gradient_norm_after_clipping",
    "validation_loss",
    "validation_accuracy",
)
LAYERED = ("layer_gradient_norm", "layer_weight_norm", "layer_update_ratio")


@dataclass(frozen=True)
class HistoryRow:
    """The scalars of one step, named as in ``Scalars``; the row stands for ``span`` steps."""

    step: int
    epoch: int
    span: int
    values: dict[str, Floats]

    def scalar(self, name: str) -> float:
        return float(self.values[name][0])


class History:
    """All scalars of one generation's passes, by step.

    >>> history = History()
    >>> history.reset(generation=1, layers=0)
    >>> len(history)
    0
    """

    def __init__(self, owner: object = None, *, max_bytes: int = 256 * MEGABYTE) -> None:
        self.owner = owner
        self.max_bytes = max_bytes
        self.reset(-1, 0)

    def begin_run(self, topology: Topology) -> None:
        """Empty the history for a new graph; called when a topology arrives."""
        self.reset(topology.generation, len(topology.layers))

    def add_frame(self, frame: Frame) -> None:
        """Append a frame's rows; where the frame went back in time, later rows are dropped first.

        A frame of another generation belongs to another graph and changes nothing.
        """
        if frame.generation != self.generation:
            return
        if frame.rewound:
            # Back to step 0 is a reset: its first pass comes again.
            self.truncate(frame.step if frame.step > 0 else -1)
        self.append(frame.scalars)

    def reset(self, generation: int, layers: int) -> None:
        """Empty the history for a graph with this many layers."""
        self.generation = generation
        self.layers = layers
        self.version = 0
        self._slices = {name: slice(i, i + 1) for i, name in enumerate(SCALARS)}
        for i, name in enumerate(LAYERED):
            start = len(SCALARS) + i * layers
            self._slices[name] = slice(start, start + layers)
        self._columns = len(SCALARS) + len(LAYERED) * layers
        self._chunks: list[Chunk] = []
        self._starts: list[int] = []
        self._length = 0
        self._measured: dict[str, tuple[int, float]] = {}
        self._drawn: dict[str, LastDrawn] = {}

    def __len__(self) -> int:
        return self._length

    @property
    def nbytes(self) -> int:
        """The memory in bytes of the rows and their summaries."""
        return len(self._chunks) * chunk_bytes(self._columns)

    @property
    def first_step(self) -> int | None:
        return int(self._chunks[0].step[0]) if self._length else None

    @property
    def last_step(self) -> int | None:
        return int(self._chunks[-1].step[self._chunks[-1].count - 1]) if self._length else None

    @property
    def exact_from(self) -> int | None:
        """The step from which on every row is one pass; before it rows were thinned."""
        for chunk in self._chunks:
            if chunk.level == 0:
                return int(chunk.step[0])
        return None

    def append(self, scalars: Scalars) -> None:
        """Append rows; where their steps exist already, the old rows from there on are replaced."""
        if len(scalars) == 0:
            return
        last = self.last_step
        if last is not None and int(scalars.step[0]) <= last:
            self.truncate(int(scalars.step[0]) - 1)
        rows = np.empty((len(scalars), self._columns))
        for name, where in self._slices.items():
            rows[:, where] = np.asarray(getattr(scalars, name)).reshape(len(scalars), -1)
        done = 0
        while done < len(rows):
            chunk = self._open_chunk(int(scalars.step[done]))
            take = min(CHUNK - chunk.count, len(rows) - done)
            new, old = slice(chunk.count, chunk.count + take), slice(done, done + take)
            chunk.step[new], chunk.epoch[new] = scalars.step[old], scalars.epoch[old]
            chunk.floats[new] = rows[old]
            chunk.count += take
            chunk.finish()
            done += take
        self._length += len(rows)
        self._note_measured(scalars)
        self.version += 1

    def truncate(self, step: int) -> None:
        """Drop the rows after ``step``."""
        while self._chunks and self._chunks[-1].step[0] > step:
            self._length -= self._chunks.pop().count
            self._starts.pop()
        if self._chunks:
            chunk = self._chunks[-1]
            keep = int(np.searchsorted(chunk.step[: chunk.count], step, side="right"))
            self._length -= chunk.count - keep
            self._chunks[-1] = chunk.cut(keep)
        self._measured = {
            name: found for name in SCALARS if (found := self._search_measured(name)) is not None
        }
        self._drawn.clear()
        self.version += 1

    def split(self, step: int) -> History:
        """Drop the rows after ``step`` and return them as a separate history."""
        tail = History(max_bytes=self.max_bytes)
        tail.reset(self.generation, self.layers)
        for chunk in self._chunks:
            keep = int(np.searchsorted(chunk.step[: chunk.count], step, side="right"))
            if keep < chunk.count:
                tail._take(chunk if keep == 0 else chunk.behind(keep))
        self.truncate(step)
        return tail

    def extend(self, other: History) -> None:
        """Append the rows of another history that come after this one's last step."""
        last = self.last_step
        rest = other if last is None else other.split(last)
        for chunk in rest._chunks:
            self._take(chunk)

    def _take(self, chunk: Chunk) -> None:
        self._chunks.append(chunk)
        self._starts.append(int(chunk.step[0]))
        self._length += chunk.count
        self.version += 1

    def scalars(self) -> Iterator[Scalars]:
        """Yield all present rows, a chunk at a time; safe to read slowly in another thread.

        Rows that are appended later are not included, and going back meanwhile removes none.
        """
        parts, slices = self.parts(), self._slices
        return (_scalars(chunk, count, slices) for chunk, count in parts)

    def parts(self) -> list[tuple[Chunk, int]]:
        """Return the chunks, each with its present number of rows; to read in another thread."""
        return [(chunk, chunk.count) for chunk in self._chunks]

    @classmethod
    def of_chunks(cls, chunks: list[Chunk], layers: int, max_bytes: int) -> History:
        """Return a history of these chunks, ascending by step; thinned to ``max_bytes``."""
        made = cls(max_bytes=max_bytes)
        made.reset(-1, layers)
        for chunk in chunks:
            made._take(chunk)
        while made.nbytes > max_bytes and made._thin():
            pass
        return made

    def column(self, name: str) -> Floats:
        """Return a copy of a column group, (rows, columns): for files, not for drawing."""
        parts = [chunk.floats[: chunk.count, self._slices[name]] for chunk in self._chunks]
        return np.concatenate(parts) if parts else np.empty((0, self._width(name)))

    def steps(self) -> NDArray[np.int64]:
        return _joined([chunk.step[: chunk.count] for chunk in self._chunks])

    def epochs(self) -> NDArray[np.int64]:
        return _joined([chunk.epoch[: chunk.count] for chunk in self._chunks])

    def measured(self, name: str) -> tuple[int, float] | None:
        """Return the last finite value and its step of a scalar not measured at each step."""
        return self._measured.get(name)

    def row_at(self, step: float) -> HistoryRow | None:
        """The row nearest to a step, or None when there are none."""
        if not self._length:
            return None
        index = max(0, bisect_right(self._starts, step) - 1)
        chunk = self._chunks[index]
        steps = chunk.step[: chunk.count]
        i = int(np.searchsorted(steps, step))
        if i == len(steps) or (i > 0 and step - steps[i - 1] <= steps[i] - step):
            i -= 1
        values = {name: chunk.floats[i, where].copy() for name, where in self._slices.items()}
        span = int(steps[i + 1] - steps[i]) if chunk.level and i + 1 < len(steps) else 1
        return HistoryRow(int(steps[i]), int(chunk.epoch[i]), span, values)

    def envelope(
        self, name: str, bins: int, first: float | None = None, last: float | None = None
    ) -> Envelope:
        """Return a column group's extremes in at most ``bins`` bins of the steps first … last.

        One row beyond each end is included where there is one, so that lines reach the edge.
        """
        if not self._length or not self._width(name):
            return envelope.empty(self._width(name))
        low = float(self._starts[0]) if first is None else first
        high = float(self.last_step or 0) if last is None else last
        drawn = self._drawn.get(name)
        if drawn is not None and drawn.serves(low, min(high, self.last_step or 0), bins):
            block = next((b for b in (COARSE, FINE) if b <= drawn.width), 1)
            fresh = self._blocks(name, self._within(drawn.tail, high), block)
            joined = drawn.extended(envelope.clipped(fresh, drawn.tail, high))
        else:
            chunks = self._within(low, high)
            rows = sum(chunk.count for chunk in chunks)
            block = next((b for b in (COARSE, FINE) if rows >= 2 * b * bins), 1)
            joined = envelope.clipped(self._blocks(name, chunks, block), low, high)
        result = envelope.binned(joined, bins)
        remembered = LastDrawn.of(result, low, bins)
        if remembered is not None:
            self._drawn[name] = remembered
        return result

    def _within(self, low: float, high: float) -> list[Chunk]:
        """Return the chunks with rows of these steps or with the next row on either side."""
        begin = max(0, bisect_right(self._starts, low) - 1)
        end = max(begin + 1, bisect_right(self._starts, high))
        return self._chunks[begin : end + 1]

    def _blocks(self, name: str, chunks: list[Chunk], block: int) -> Envelope:
        """Return the extremes of blocks of ``block`` rows."""
        return envelope.stacked([chunk.envelope(self._slices[name], block) for chunk in chunks])

    def smoothed(self, name: str, weight: float, bins: int, low: float, high: float) -> Curves:
        """Return a column group's exponential moving averages at the steps low … high."""
        where = self._slices[name]
        return smoothing.smoothed(self._chunks, name, where, weight, bins, low, high)

    def epoch_means(self, name: str, bins: int) -> Curves:
        """Return the epoch means of a column group, as a step curve over the steps."""
        return smoothing.epoch_means(self._chunks, name, self._slices[name], bins)

    def epoch_starts(self) -> list[tuple[int, int]]:
        """Return (first step, epoch) of each epoch after the first."""
        starts: list[tuple[int, int]] = []
        before = None
        for chunk in self._chunks:
            steps, epochs = chunk.step[: chunk.count], chunk.epoch[: chunk.count]
            if before is not None and epochs[0] != before:
                starts.append((int(steps[0]), int(epochs[0])))
            before = epochs[-1]
            if epochs[0] != before:
                change = np.flatnonzero(np.diff(epochs)) + 1
                starts += zip(steps[change].tolist(), epochs[change].tolist(), strict=True)
        return starts

    def _width(self, name: str) -> int:
        where = self._slices[name]
        return int(where.stop - where.start)

    def _open_chunk(self, step: int) -> Chunk:
        last = self._chunks[-1] if self._chunks else None
        if last is None or last.count == CHUNK or last.level:
            self._chunks.append(Chunk(self._columns))
            self._starts.append(step)
            self._fit()
        return self._chunks[-1]

    def _fit(self) -> None:
        """Thin where the memory bound is passed: one thinning frees the room of three chunks.

        Never more than two in one call, so that a bound that was lowered is reached over several
        calls without a noticeable pause.
        """
        for _ in range(2):
            if self.nbytes <= self.max_bytes or not self._thin():
                return

    def _thin(self) -> bool:
        """Thin the oldest four chunks of the level that has the most into one; False without four.

        The four must be consecutive: a chunk that was cut off by going back stays as it is.
        """
        wanted, at = THIN_FROM // THIN_TO, 0
        counts, found = Counter[int](), dict[int, int]()
        for (level, full), run in groupby(self._chunks, lambda c: (c.level, c.count == CHUNK)):
            length = len(list(run))
            if full:
                counts[level] += length
                if length >= wanted:
                    found.setdefault(level, at)
            at += length
        if not found:
            return False
        at = found[max(found, key=lambda level: (counts[level], -level))]
        four = self._chunks[at : at + wanted]
        self._chunks[at : at + wanted] = [thinned(four)]
        self._starts[at : at + wanted] = [int(four[0].step[0])]
        self._length -= (wanted - 1) * CHUNK
        # Thinning may move a row by some steps: cached bins that end among these rows are dropped.
        end = int(four[-1].step[-1])
        self._drawn = {name: one for name, one in self._drawn.items() if end < one.tail}
        return True

    def _note_measured(self, scalars: Scalars) -> None:
        for name in SCALARS:
            finite = np.flatnonzero(np.isfinite(getattr(scalars, name)))
            if len(finite):
                at = int(finite[-1])
                value = float(getattr(scalars, name)[at])
                self._measured[name] = int(scalars.step[at]), value

    def _search_measured(self, name: str) -> tuple[int, float] | None:
        for chunk in reversed(self._chunks):
            values = chunk.floats[: chunk.count, self._slices[name]][:, 0]
            finite = np.flatnonzero(np.isfinite(values))
            if len(finite):
                return int(chunk.step[finite[-1]]), float(values[finite[-1]])
        return None


def _scalars(chunk: Chunk, count: int, slices: dict[str, slice]) -> Scalars:
    columns = {name: chunk.floats[:count, where] for name, where in slices.items()}
    columns |= {name: columns[name][:, 0] for name in SCALARS}
    return Scalars(step=chunk.step[:count], epoch=chunk.epoch[:count], **columns)


def _joined(parts: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate(parts) if parts else np.empty(0, np.int64)
