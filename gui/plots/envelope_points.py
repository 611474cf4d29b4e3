"""An envelope as the points of a line that touches its highest and lowest values in turn."""

from __future__ import annotations

import numpy as np

from engine.support.arrays import Floats
from gui.history.envelope import Envelope
from gui.plots.plot import log10


def log_saw(envelope: Envelope) -> tuple[Floats, Floats]:
    """Return x (points,) and log₁₀ of all columns (points, columns), high and low in turn.

    A bin with exact zeros has no lowest logarithm: only its largest value is drawn.
    """
    high = log10(envelope.high)
    if envelope.exact:
        return envelope.x, high
    y = np.empty((2 * len(high), high.shape[1]))
    y[0::2] = high
    y[1::2] = log10(np.where(envelope.low > 0, envelope.low, envelope.high))
    return np.repeat(envelope.x, 2), y


def saw(envelope: Envelope, log: bool) -> tuple[Floats, Floats]:
    """Return x (points,) and columns (points, columns) in the view, high and low in turn."""
    if log:
        return log_saw(envelope)
    if envelope.exact:
        return envelope.x, envelope.high
    y = np.stack([envelope.high, envelope.low], axis=1)
    return np.repeat(envelope.x, 2), y.reshape(-1, y.shape[2])
