"""The envelope of a long history: per bin of steps the extremes, zeros and non-finite values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.support.arrays import Flags, Floats


@dataclass(frozen=True)
class Envelope:
    """A column group thinned for drawing: per bin the extremes of its finite values.

    ``x`` (steps) is (bins,); ``low``, ``high``, ``zero`` (the bin has an exact 0) and ``bad`` (it
    has a NaN or an infinity) are (bins, columns). ``low`` and ``high`` are NaN where nothing is
    finite. ``exact`` says that each bin is a single row.
    """

    x: Floats
    low: Floats
    high: Floats
    zero: Flags
    bad: Flags
    exact: bool

    def curve(self, column: int) -> tuple[Floats, Floats]:
        """Return a column's polyline: its points, or a zigzag through the extremes of the bins."""
        if self.exact:
            return self.x, self.low[:, column]
        y = np.empty(2 * len(self.x))
        y[0::2] = self.high[:, column]
        y[1::2] = self.low[:, column]
        return np.repeat(self.x, 2), y


def empty(columns: int) -> Envelope:
    """Return an envelope without rows, of this many columns."""
    none, flags = np.empty((0, columns)), np.zeros((0, columns), bool)
    return Envelope(np.empty(0), none, none, flags, flags, True)


def of_rows(x: Floats, y: Floats) -> Envelope:
    """Return an exact envelope of rows: ``x`` (rows,), ``y`` (rows, columns)."""
    finite = np.isfinite(y)
    shown = y if finite.all() else np.where(finite, y, np.nan)
    return Envelope(x, shown, shown, y == 0, ~finite, True)


def stacked(parts: Sequence[Envelope]) -> Envelope:
    """Return envelopes of consecutive rows as one."""
    if len(parts) == 1:
        return parts[0]
    return Envelope(
        np.concatenate([part.x for part in parts]),
        np.concatenate([part.low for part in parts]),
        np.concatenate([part.high for part in parts]),
        np.concatenate([part.zero for part in parts]),
        np.concatenate([part.bad for part in parts]),
        all(part.exact for part in parts),
    )


def sliced(envelope: Envelope, where: slice) -> Envelope:
    """Return some of the bins."""
    e = envelope
    return Envelope(e.x[where], e.low[where], e.high[where], e.zero[where], e.bad[where], e.exact)


def reduced(envelope: Envelope, edges: Sequence[int] | np.ndarray) -> Envelope:
    """Merge bins: one from each edge to the next; ``edges`` are increasing indices from 0 on."""
    return Envelope(
        envelope.x[np.asarray(edges)],
        np.fmin.reduceat(envelope.low, edges, axis=0),
        np.fmax.reduceat(envelope.high, edges, axis=0),
        np.logical_or.reduceat(envelope.zero, edges, axis=0),
        np.logical_or.reduceat(envelope.bad, edges, axis=0),
        False,
    )


def clipped(envelope: Envelope, first: float, last: float) -> Envelope:
    """Return the bins in first … last and one more on each side, so that lines reach the edge."""
    begin = max(0, int(np.searchsorted(envelope.x, first)) - 1)
    end = int(np.searchsorted(envelope.x, last, side="right")) + 1
    return sliced(envelope, slice(begin, end))


def columns(envelope: Envelope, where: slice) -> Envelope:
    """Return some of the columns."""
    e = envelope
    return Envelope(
        e.x, e.low[:, where], e.high[:, where], e.zero[:, where], e.bad[:, where], e.exact
    )


def bin_width(span: float, bins: int) -> float:
    """Return the bin width in steps for at most about ``bins`` bins: a power of two."""
    return float(2.0 ** np.ceil(np.log2(max(span / bins, 1.0))))


def binned(envelope: Envelope, bins: int) -> Envelope:
    """Merge into at most about ``bins`` bins of equal width in x; few rows stay as they are."""
    x = envelope.x
    if not len(x) or (envelope.exact and len(x) <= 2 * bins):
        return envelope
    # Bins have a fixed origin and a width of a power of two steps: as the history grows, old bins
    # stay where they are and the curve does not flicker.
    number = np.floor(x / bin_width(x[-1] - x[0], bins))
    edges = np.concatenate([[0], np.flatnonzero(np.diff(number)) + 1])
    result = reduced(envelope, edges)
    result.x[-1] = x[-1]
    return result


@dataclass(frozen=True)
class LastDrawn:
    """The bins of the last redraw from the step ``first`` on, reused since old bins never change.

    ``tail`` is the step at which the last, unfinished bin begins.
    """

    first: float
    width: float
    tail: float
    envelope: Envelope

    @classmethod
    def of(cls, envelope: Envelope, first: float, bins: int) -> LastDrawn | None:
        """Return what to cache of bins just made; None where they are single rows."""
        x = envelope.x
        if envelope.exact or len(x) < 2:
            return None
        width = bin_width(x[-1] - x[0], bins)
        return cls(first, width, float(np.floor(x[-1] / width) * width), envelope)

    def serves(self, first: float, last: float, bins: int) -> bool:
        """Whether this range's bins follow from these and the rows from ``tail`` on."""
        begins = self.envelope.x[0]
        return (
            first == self.first
            and last >= self.tail
            and self.width <= bin_width(last - begins, bins)
        )

    def extended(self, fresh: Envelope) -> Envelope:
        """Return the finished bins followed by fresh ones from ``tail`` on."""
        head = sliced(self.envelope, slice(0, -1))
        # The extra bin before ``tail`` (so that lines reach the edge) is in the head already.
        x = np.maximum(fresh.x, head.x[-1]) if len(head.x) else fresh.x
        return stacked([head, Envelope(x, fresh.low, fresh.high, fresh.zero, fresh.bad, False)])
