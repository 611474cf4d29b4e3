"""From numbers to colours: a logarithmic scale for magnitudes, a signed one for heat maps.

No widgets. ``MagnitudeScale.buckets`` turns norms into small integers: 0 … BUCKETS−1 are colours
of the map, those of ``Mark`` are states with no colour of the map. The canvas compares buckets
with those of the last frame and gives new pens only to the items that changed.
"""

import math
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtGui import QColor

from engine.support.figures import decade, figure
from gui.appearance.theme import Theme

# Odd, so that a signed scale has a middle colour for zero.
BUCKETS = 97
WIDEST_GAP = 6.0
LEAST_SPAN = 3
# Decades that an anchored scale extends below the norms that it is anchored on.
ROOM = 5.0
INVALID = "#d100d1"

Buckets = NDArray[np.int16]


class Mark(IntEnum):
    """Bucket numbers of values that have no place on the scale."""

    BELOW = BUCKETS
    ABOVE = BUCKETS + 1
    ZERO = BUCKETS + 2
    UNDERFLOW = BUCKETS + 3
    NAN = BUCKETS + 4
    INFINITE = BUCKETS + 5
    PENDING = BUCKETS + 6
    ABSENT = BUCKETS + 7


CODES = BUCKETS + len(Mark)
GLYPHS = {
    Mark.BELOW: "▼",
    Mark.ABOVE: "▲",
    Mark.ZERO: "0",
    Mark.UNDERFLOW: "≈0",
    Mark.NAN: "NaN",
    Mark.INFINITE: "∞",
}


@dataclass(frozen=True)
class MagnitudeScale:
    """A logarithmic scale from 10^low to 10^high; fixed for a run until the user refits it.

    Fitted ends are whole decades. ``provisional`` is True until the first whole pass has
    anchored the scale; ``pinned`` says that the user has chosen the ends.
    """

    low: float = -4
    high: float = 1
    smallest_normal: float = float(np.finfo(np.float64).tiny)
    provisional: bool = True
    pinned: bool = False

    def anchored(self, norms: ArrayLike) -> "MagnitudeScale":
        """Return the scale fitted to these norms of a first pass, with room for smaller ones.

        Gradients shrink while a network learns: if all of these fell by ``ROOM`` decades, at most a
        third of them would be below the scale.
        """
        fitted, logs = self.fitted(norms), self._logs(norms)
        if not len(logs):
            return self
        logs = logs[(logs >= fitted.low) & (logs <= fitted.high)]
        room = math.floor(float(np.quantile(logs, 1 / 3)) - ROOM)
        room = max(room, math.floor(math.log10(self.smallest_normal)))
        return replace(fitted, low=min(fitted.low, room))

    def fitted(self, norms: ArrayLike) -> "MagnitudeScale":
        """Return the scale fitted to these norms; the same scale where none is positive and finite.

        With a few far outliers (rounding noise at 1e-17 among norms near 1) on the scale all others
        would share a few colours: the scale ends at a gap of more than six decades, and the norms
        beyond it are marked as off the scale.
        """
        logs = np.sort(self._logs(norms))
        if not len(logs):
            return self
        gaps = np.flatnonzero(np.diff(logs) > WIDEST_GAP)
        if len(gaps):
            parts = np.split(logs, gaps + 1)
            logs = max(parts, key=len)
        low, high = math.floor(logs[0] - 0.05), math.ceil(logs[-1] + 0.05)
        missing = LEAST_SPAN - (high - low)
        if missing > 0:
            low -= missing - missing // 2
            high += missing // 2
        return replace(self, low=low, high=high, provisional=False, pinned=False)

    def _logs(self, norms: ArrayLike) -> NDArray[np.float64]:
        """Return log₁₀ of the norms that are positive and finite."""
        values = np.asarray(norms, float).ravel()
        values = values[np.isfinite(values) & (values >= self.smallest_normal)]
        logs: NDArray[np.float64] = np.log10(values)
        return logs

    def pinned_to(self, low: float, high: float) -> "MagnitudeScale":
        """Return the scale between these magnitudes (0 < low < high), which the user has chosen."""
        ends = {"low": math.log10(low), "high": math.log10(high)}
        return replace(self, **ends, provisional=False, pinned=True)

    @property
    def ends(self) -> tuple[float, float]:
        """The smallest and the largest magnitude on the scale."""
        return 10.0**self.low, 10.0**self.high

    @property
    def end_texts(self) -> tuple[str, str]:
        """The texts of the two ends."""
        return _magnitude_text(self.low), _magnitude_text(self.high)

    def buckets(
        self, norms: ArrayLike, ready: ArrayLike | None = None, exists: ArrayLike | None = None
    ) -> Buckets:
        """Return the bucket of each norm: a place on the scale, or a ``Mark``."""
        values = np.asarray(norms, float)
        with np.errstate(all="ignore"):
            place = (np.log10(values) - self.low) / (self.high - self.low)
            codes = bucketed(place)
            codes[(values > 0) & (values < self.smallest_normal)] = Mark.UNDERFLOW
        codes[values == 0] = Mark.ZERO
        return marked(codes, values, ready, exists)

    def position(self, norm: float) -> float | None:
        """Return where a norm stands, 0 to 1 (clamped), or None where it has no place."""
        if not math.isfinite(norm) or norm < self.smallest_normal:
            return None
        place = (math.log10(norm) - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, place))

    def ticks(self, most: int = 7) -> list[tuple[float, str]]:
        """Return (position from 0 to 1, text) of evenly spaced decades, at most ``most`` of them.

        With exponents of two digits, which are wider, one less. Ends that are no whole decades get
        additional ticks.
        """
        low, high = math.ceil(self.low - 1e-9), math.floor(self.high + 1e-9)
        uneven = self.high - high > 1e-9, low - self.low > 1e-9
        span = self.high - self.low
        most -= (low <= -10 or high >= 10) + sum(uneven)
        stride = next(s for s in (1, 2, 3, 5, 10, 20, 50, 100, 400) if span / s <= most - 1)
        # Counted from the upper end, near which the loss's gradient is.
        exponents = range(high, low - 1, -stride)
        found = [((e - self.low) / span, decade(e)) for e in reversed(exponents)]
        if not uneven[1] and (high - low) % stride:
            # A decade closer to the lower end than half a stride would make the ticks look uneven.
            near = max(0.14, stride / 2 / span) + 1e-9
            found = [(0.0, decade(low)), *(t for t in found if t[0] > near)]
        # An end's text is longer than a decade's: decades close to it are left out.
        if uneven[0]:
            found = [*(t for t in found if t[0] < 0.86), (1.0, self.end_texts[1])]
        if uneven[1]:
            found = [(0.0, self.end_texts[0]), *(t for t in found if t[0] > 0.14)]
        return found


def bucketed(place: NDArray[np.floating[Any]]) -> Buckets:
    """Return the bucket of each place on a scale, 0 to 1; ``BELOW`` and ``ABOVE`` beyond it."""
    with np.errstate(invalid="ignore"):
        codes = np.nan_to_num(place * BUCKETS, nan=0.0, posinf=0.0, neginf=0.0)
        codes = np.clip(codes, 0, BUCKETS - 1).astype(np.int16)
        codes[place < -1e-12] = Mark.BELOW
        codes[place > 1 + 1e-12] = Mark.ABOVE
    return codes


def marked(
    codes: Buckets, values: ArrayLike, ready: ArrayLike | None, exists: ArrayLike | None
) -> Buckets:
    """Put the marks of NaN, ±Inf, and values not computed yet or not existing into ``codes``."""
    codes[np.isnan(values)] = Mark.NAN
    codes[np.isinf(values)] = Mark.INFINITE
    if ready is not None:
        codes[~np.asarray(ready, bool)] = Mark.PENDING
    if exists is not None:
        codes[~np.asarray(exists, bool)] = Mark.ABSENT
    return codes


def _magnitude_text(exponent: float) -> str:
    whole = round(exponent)
    return decade(whole) if abs(exponent - whole) < 1e-9 else figure(10.0**exponent, 3)


@dataclass(frozen=True)
class SignedScale:
    """A signed scale for heat maps: blue positive, orange negative, zero in the canvas colour."""

    limit: float
    positive: str
    negative: str
    middle: str

    @classmethod
    def fitted(cls, values: ArrayLike, theme: Theme) -> "SignedScale":
        """Return the scale up to the largest finite |value|, with zero in the middle."""
        array = np.abs(np.asarray(values, float))
        finite = array[np.isfinite(array)]
        limit = float(finite.max()) if len(finite) and finite.max() > 0 else 1.0
        return cls(limit, theme.positive, theme.negative, theme.canvas)

    def table(self, count: int = 256) -> NDArray[np.uint8]:
        """Return ``count`` × 4 RGBA rows from −limit to +limit, for an image's look-up table."""
        place = np.linspace(-1, 1, count)[:, None]
        middle, plus, minus = (rgb(c) for c in (self.middle, self.positive, self.negative))
        end = np.where(place >= 0, plus, minus)
        mixed = middle + np.abs(place) * (end - middle)
        return np.hstack([np.rint(mixed), np.full((count, 1), 255)]).astype(np.uint8)

    def rgba(self, values: ArrayLike) -> NDArray[np.uint8]:
        """Return the colours of an array of any shape; magenta where it is not finite."""
        array = np.asarray(values, float)
        table = self.table(513)
        place = np.nan_to_num(array / self.limit, nan=0, posinf=0, neginf=0).clip(-1, 1)
        colours = table[np.rint((place + 1) * 256).astype(int)]
        colours[~np.isfinite(array)] = (*(int(v) for v in rgb(INVALID)), 255)
        return colours


@cache
def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2, 0 for black to 1 for white."""
    # In plain Python: a palette asks for hundreds of single colours.
    shares = [channel / 255 for channel in _channels(colour)]
    red, green, blue = (s / 12.92 if s <= 0.03928 else ((s + 0.055) / 1.055) ** 2.4 for s in shares)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@cache
def text_on(colour: str) -> str:
    """Return black or white, whichever has the higher contrast (at least 4.5 : 1)."""
    return max(("#000000", "#ffffff"), key=lambda text: contrast(text, colour))


def mixed(one: str, other: str, share: float) -> str:
    """Return the colour that lies ``share`` (0 to 1) of the way from ``one`` to ``other``."""
    pairs = zip(_channels(one), _channels(other), strict=True)
    return "#{:02x}{:02x}{:02x}".format(*(round(a + share * (b - a)) for a, b in pairs))


def with_alpha(colour: str, alpha: float) -> QColor:
    """Return the colour as Qt's, with an opacity from 0 to 1."""
    result = QColor(colour)
    result.setAlphaF(alpha)
    return result


def rgb(colour: str) -> Any:
    """Return the three channels of "#rrggbb", from 0 to 255 (3,)."""
    return np.array(_channels(colour), float)


def _channels(colour: str) -> tuple[int, int, int]:
    whole = int(colour[1:], 16)
    return whole >> 16, whole >> 8 & 255, whole & 255
