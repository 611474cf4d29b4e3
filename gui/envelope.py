"""What of a long history is drawn: per bin of steps the extremes, zeros and non-finite values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.frame import Flags, Floats


@dataclass(frozen=True)
class Envelope:
    """What of one column group is to be drawn: per bin the extremes of its finite values.

    ``x`` is (bins,); ``low``, ``high``, ``zero`` (an exact 0 is among them) and ``bad`` (a NaN or
    an infinity is) are (bins, columns). ``low`` and ``high`` are NaN where nothing is finite.
    ``exact`` says that each bin is a single row.
    """

    x: Floats
    low: Floats
    high: Floats
    zero: Flags
    bad: Flags
    exact: bool

    def curve(self, column: int) -> tuple[Floats, Floats]:
        """The polyline of a column: its points, or a saw through the extremes of the bins."""
        if self.exact:
            return self.x, self.low[:, column]
        y = np.empty(2 * len(self.x))
        y[0::2] = self.high[:, column]
        y[1::2] = self.low[:, column]
        return np.repeat(self.x, 2), y


def empty(columns: int) -> Envelope:
    """No rows of this many columns."""
    none, flags = np.empty((0, columns)), np.zeros((0, columns), bool)
    return Envelope(np.empty(0), none, none, flags, flags, True)


def of_rows(x: Floats, y: Floats) -> Envelope:
    """Rows as they are: ``x`` (rows,), ``y`` (rows, columns)."""
    finite = np.isfinite(y)
    shown = y if finite.all() else np.where(finite, y, np.nan)
    return Envelope(x, shown, shown, y == 0, ~finite, True)


def stacked(parts: Sequence[Envelope]) -> Envelope:
    """Envelopes of consecutive rows as one."""
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
    """Some of the bins."""
    e = envelope
    return Envelope(e.x[where], e.low[where], e.high[where], e.zero[where], e.bad[where], e.exact)


def reduced(envelope: Envelope, edges: Sequence[int] | np.ndarray) -> Envelope:
    """One bin from each edge to the next; ``edges`` are increasing indices that start with 0."""
    return Envelope(
        envelope.x[np.asarray(edges)],
        np.fmin.reduceat(envelope.low, edges, axis=0),
        np.fmax.reduceat(envelope.high, edges, axis=0),
        np.logical_or.reduceat(envelope.zero, edges, axis=0),
        np.logical_or.reduceat(envelope.bad, edges, axis=0),
        False,
    )


def clipped(envelope: Envelope, first: float, last: float) -> Envelope:
    """What lies in first … last, and one bin more on each side, so that lines reach the edge."""
    begin = max(0, int(np.searchsorted(envelope.x, first)) - 1)
    end = int(np.searchsorted(envelope.x, last, side="right")) + 1
    return sliced(envelope, slice(begin, end))


def binned(envelope: Envelope, bins: int) -> Envelope:
    """At most about ``bins`` bins of equal width in x; unchanged when there are few enough."""
    x = envelope.x
    if len(x) <= 2 * bins:
        return envelope
    # Bins have a fixed origin and a width that is a power of two of a step: as the history
    # grows, old bins stay where they are and the curve does not shimmer.
    width = 2.0 ** np.ceil(np.log2(max((x[-1] - x[0]) / bins, 1.0)))
    number = np.floor(x / width)
    edges = np.concatenate([[0], np.flatnonzero(np.diff(number)) + 1])
    result = reduced(envelope, edges)
    result.x[-1] = x[-1]
    return result
