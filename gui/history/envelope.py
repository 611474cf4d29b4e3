"""What of a long history is drawn: per bin of steps the extremes, zeros and non-finite values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from engine.support.arrays import Flags, Floats


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


def columns(envelope: Envelope, where: slice) -> Envelope:
    """Some of the columns."""
    e = envelope
    return Envelope(
        e.x, e.low[:, where], e.high[:, where], e.zero[:, where], e.bad[:, where], e.exact
    )


def bin_width(span: float, bins: int) -> float:
    """The width of at most about ``bins`` bins in this many steps: a power of two of a step."""
    return float(2.0 ** np.ceil(np.log2(max(span / bins, 1.0))))


def binned(envelope: Envelope, bins: int) -> Envelope:
    """At most about ``bins`` bins of equal width in x; few enough rows stay as they are."""
    x = envelope.x
    if not len(x) or (envelope.exact and len(x) <= 2 * bins):
        return envelope
    # Bins have a fixed origin and a width that is a power of two of a step: as the history
    # grows, old bins stay where they are and the curve does not shimmer.
    number = np.floor(x / bin_width(x[-1] - x[0], bins))
    edges = np.concatenate([[0], np.flatnonzero(np.diff(number)) + 1])
    result = reduced(envelope, edges)
    result.x[-1] = x[-1]
    return result


@dataclass(frozen=True)
class LastDrawn:
    """What was drawn last of the steps from ``first`` on, to go on from: old bins never change.

    ``tail`` is the step at which the last, unfinished bin begins.
    """

    first: float
    width: float
    tail: float
    envelope: Envelope

    @classmethod
    def of(cls, envelope: Envelope, first: float, bins: int) -> LastDrawn | None:
        """What to remember of bins just made; None where they are single rows."""
        x = envelope.x
        if envelope.exact or len(x) < 2:
            return None
        width = bin_width(x[-1] - x[0], bins)
        return cls(first, width, float(np.floor(x[-1] / width) * width), envelope)

    def serves(self, first: float, last: float, bins: int) -> bool:
        """Whether bins of this range can be made of these and the rows from ``tail`` on."""
        begins = self.envelope.x[0]
        return (
            first == self.first
            and last >= self.tail
            and self.width <= bin_width(last - begins, bins)
        )

    def extended(self, fresh: Envelope) -> Envelope:
        """The finished bins, then fresh ones from ``tail`` on."""
        head = sliced(self.envelope, slice(0, -1))
        # The one bin that comes before ``tail`` for the lines' sake repeats what is in the head.
        x = np.maximum(fresh.x, head.x[-1]) if len(head.x) else fresh.x
        return stacked([head, Envelope(x, fresh.low, fresh.high, fresh.zero, fresh.bad, False)])
