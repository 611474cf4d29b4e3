"""Linear scales, for fractions and signed numbers, and the scale for each kind of quantity.

All scales have the same interface: ``anchored``, ``fitted``, ``buckets``, ``position``,
``ticks``, ``ends`` (see ``gui.colour.magnitude.MagnitudeScale``).
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike

from engine.observe.quantities import Kind
from engine.support.figures import figure, round_up
from gui.colour.magnitude import Buckets, MagnitudeScale, bucketed, marked


@dataclass(frozen=True)
class LinearScale:
    """A linear scale from ``low`` to ``high``: of fractions, or of numbers around zero.

    A ``signed`` scale has −low = high: its middle bucket is that of zero.
    """

    low: float = 0.0
    high: float = 1.0
    signed: bool = False
    provisional: bool = False
    pinned: bool = False

    def anchored(self, values: ArrayLike) -> "LinearScale":
        """Return the scale fitted to a first pass; values that shrink later stay on it."""
        return self.fitted(values)

    def fitted(self, values: ArrayLike) -> "LinearScale":
        """Return the scale fitted to these values; a fraction's is always 0 to 1."""
        if not self.signed:
            return LinearScale()
        sizes = np.abs(np.asarray(values, float).ravel())
        sizes = sizes[np.isfinite(sizes)]
        if not len(sizes) or sizes.max() == 0:
            return self
        limit = round_up(float(sizes.max()))
        return replace(self, low=-limit, high=limit, provisional=False, pinned=False)

    def pinned_to(self, low: float, high: float) -> "LinearScale":
        """Return the scale between these numbers, which the user has chosen."""
        return replace(self, low=low, high=high, provisional=False, pinned=True)

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest number on the scale."""
        return self.low, self.high

    @property
    def end_texts(self) -> tuple[str, str]:
        """The texts of the two ends."""
        return self._text(self.low), self._text(self.high)

    def buckets(
        self, values: ArrayLike, ready: ArrayLike | None = None, exists: ArrayLike | None = None
    ) -> Buckets:
        """Return the bucket of each value: a place on the scale, or a ``Mark``."""
        array = np.asarray(values, float)
        with np.errstate(invalid="ignore"):
            codes = bucketed((array - self.low) / (self.high - self.low))
        return marked(codes, array, ready, exists)

    def position(self, value: float) -> float | None:
        """Return where a value stands, 0 to 1 (clamped), or None where it has no place."""
        if not math.isfinite(value):
            return None
        return min(1.0, max(0.0, (value - self.low) / (self.high - self.low)))

    def ticks(self, most: int = 5) -> list[tuple[float, str]]:
        """Return (position from 0 to 1, text) of ``most`` evenly spaced numbers."""
        places = np.linspace(0.0, 1.0, most).tolist()
        return [(p, self._text(self.low + p * (self.high - self.low))) for p in places]

    def _text(self, value: float) -> str:
        if self.signed:
            sign = "+" if value > 0 else ""
            return sign + figure(0.0 if abs(value) < 1e-12 * self.high else value, 3)
        return percent_text(value)


Scale = MagnitudeScale | LinearScale


def fresh_scale(kind: Kind, smallest_normal: float) -> Scale:
    """Return the provisional scale of a quantity of this kind, before its first pass."""
    if kind == "magnitude":
        return MagnitudeScale(smallest_normal=smallest_normal)
    if kind == "fraction":
        return LinearScale()
    return LinearScale(-1.0, 1.0, signed=True, provisional=True)


def percent_text(value: float) -> str:
    """Return a fraction as a percentage.

    >>> percent_text(0.125), percent_text(0.0004)
    ('12.5 %', '0.04 %')
    """
    return figure(value * 100, 3) + " %"


def value_text(value: float, kind: Kind) -> str:
    """Return the text of a quantity's number: a percentage, a magnitude or a signed number."""
    if kind == "fraction" and math.isfinite(value):
        return percent_text(value)
    return figure(value, 3)
