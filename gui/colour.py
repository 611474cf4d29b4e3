"""From numbers to colours: one logarithmic scale for magnitudes, a signed one for heat maps.

The scale is a model without widgets. ``MagnitudeScale.buckets`` turns norms into small whole
numbers: 0 … BUCKETS−1 are colours of the map, those of ``Mark`` are states that are no colour of
it. A canvas compares buckets with those of the last frame and re-pens only what changed.
"""

import math
from dataclasses import dataclass, replace
from enum import IntEnum
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PySide6.QtGui import QColor

from gui.theme import Theme

BUCKETS = 96
# The ends of viridis drown in a dark and in a light canvas: only this part of it is drawn.
FROM, TO = 0.16, 0.90
MAP_FILE = Path(__file__).resolve().parent.parent / "resources" / "colormaps" / "viridis.txt"
WIDEST_GAP = 6.0
LEAST_SPAN = 3
INVALID = "#d100d1"
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")

Buckets = NDArray[np.int16]


class Mark(IntEnum):
    """Bucket numbers of what has no place on the scale."""

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
    """From 10^low to 10^high, in whole decades; fixed for a run until a deliberate refit.

    ``provisional`` is True until the first complete pass has anchored it.
    """

    low: int = -4
    high: int = 1
    smallest_normal: float = float(np.finfo(np.float64).tiny)
    provisional: bool = True

    def anchored(self, norms: ArrayLike) -> "MagnitudeScale":
        """Return the scale fitted to these norms; itself where none of them is on any scale.

        A few far outliers (rounding noise at 1e-17 among norms near 1) would leave no colours
        for the rest: the scale ends at a gap of more than six decades, and what lies beyond it
        is marked so.
        """
        values = np.asarray(norms, float).ravel()
        values = values[np.isfinite(values) & (values >= self.smallest_normal)]
        if not len(values):
            return self
        logs = np.sort(np.log10(values))
        gaps = np.flatnonzero(np.diff(logs) > WIDEST_GAP)
        if len(gaps):
            parts = np.split(logs, gaps + 1)
            logs = max(parts, key=len)
        low, high = math.floor(logs[0] - 0.05), math.ceil(logs[-1] + 0.05)
        missing = LEAST_SPAN - (high - low)
        if missing > 0:
            low -= missing - missing // 2
            high += missing // 2
        return replace(self, low=low, high=high, provisional=False)

    def buckets(
        self, norms: ArrayLike, ready: ArrayLike | None = None, exists: ArrayLike | None = None
    ) -> Buckets:
        """Return the bucket of each norm: a place on the scale, or a ``Mark``."""
        values = np.asarray(norms, float)
        with np.errstate(all="ignore"):
            place = (np.log10(values) - self.low) / (self.high - self.low)
            codes = np.nan_to_num(place * BUCKETS, nan=0.0, posinf=0.0, neginf=0.0)
        codes = np.clip(codes, 0, BUCKETS - 1).astype(np.int16)
        with np.errstate(invalid="ignore"):
            codes[place < -1e-12] = Mark.BELOW
            codes[place > 1 + 1e-12] = Mark.ABOVE
            codes[(values > 0) & (values < self.smallest_normal)] = Mark.UNDERFLOW
        codes[values == 0] = Mark.ZERO
        codes[np.isnan(values)] = Mark.NAN
        codes[np.isinf(values)] = Mark.INFINITE
        if ready is not None:
            codes[~np.asarray(ready, bool)] = Mark.PENDING
        if exists is not None:
            codes[~np.asarray(exists, bool)] = Mark.ABSENT
        return codes

    def position(self, norm: float) -> float | None:
        """Return where a norm stands, 0 to 1 (clamped), or None where it has no place."""
        if not math.isfinite(norm) or norm < self.smallest_normal:
            return None
        place = (math.log10(norm) - self.low) / (self.high - self.low)
        return min(1.0, max(0.0, place))

    def ticks(self, most: int = 7) -> list[tuple[float, str]]:
        """Return (position, text) of decades, evenly spread and at most ``most`` of them.

        Exponents of two digits are wider: there is room for one less.
        """
        span = self.high - self.low
        most -= self.low <= -10 or self.high >= 10
        stride = next(s for s in (1, 2, 3, 5, 10, 20, 50, 100, 400) if span / s <= most - 1)
        # Counted from the upper end, which is where the loss is.
        exponents = list(range(self.high, self.low - 1, -stride))
        return [((e - self.low) / span, power_text(e)) for e in reversed(exponents)]


@dataclass(frozen=True)
class SignedScale:
    """Blue for positive, orange for negative, the canvas colour for zero; for heat maps."""

    limit: float
    positive: str
    negative: str
    middle: str

    @classmethod
    def fitted(cls, values: ArrayLike, theme: Theme) -> "SignedScale":
        """Return the scale that holds the largest finite |value|, zero in the middle."""
        array = np.abs(np.asarray(values, float))
        finite = array[np.isfinite(array)]
        limit = float(finite.max()) if len(finite) and finite.max() > 0 else 1.0
        return cls(limit, theme.positive, theme.negative, theme.canvas)

    def table(self, count: int = 256) -> NDArray[np.uint8]:
        """Return ``count`` × 4 RGBA rows from −limit to +limit, for an image's look-up table."""
        place = np.linspace(-1, 1, count)[:, None]
        middle, plus, minus = (_rgb(c) for c in (self.middle, self.positive, self.negative))
        end = np.where(place >= 0, plus, minus)
        mixed = middle + np.abs(place) * (end - middle)
        return np.hstack([np.rint(mixed), np.full((count, 1), 255)]).astype(np.uint8)

    def rgba(self, values: ArrayLike) -> NDArray[np.uint8]:
        """Return the colours of an array of any shape; magenta where it is not finite."""
        array = np.asarray(values, float)
        table = self.table(513)
        place = np.nan_to_num(array / self.limit, nan=0, posinf=0, neginf=0).clip(-1, 1)
        colours = table[np.rint((place + 1) * 256).astype(int)]
        colours[~np.isfinite(array)] = (*(int(v) for v in _rgb(INVALID)), 255)
        return colours


@cache
def bucket_colours() -> tuple[str, ...]:
    """Return the ``BUCKETS`` colours of the scale as "#rrggbb", smallest magnitude first."""
    lines = MAP_FILE.read_text(encoding="ascii").splitlines()
    table = np.array([_rgb(line) for line in lines if line and not line.startswith("# ")])
    place = np.linspace(FROM, TO, BUCKETS) * (len(table) - 1)
    known = np.arange(len(table))
    channels = [np.rint(np.interp(place, known, table[:, c])).astype(int) for c in range(3)]
    return tuple(f"#{r:02x}{g:02x}{b:02x}" for r, g, b in zip(*channels, strict=True))


def power_text(exponent: int) -> str:
    """Return 10⁻³ for −3.

    >>> power_text(-3), power_text(0)
    ('10⁻³', '1')
    """
    return "1" if exponent == 0 else "10" + str(exponent).translate(SUPERSCRIPTS)


def number_text(value: float, digits: int = 3) -> str:
    """Return a number as people write it: 0.183, −12, 3.2·10⁻⁷, NaN, ∞.

    >>> number_text(-12.0), number_text(3.2e-7), number_text(0.1830001)
    ('−12', '3.2·10⁻⁷', '0.183')
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = f"{value:.{digits}g}"
    mantissa, _, exponent = text.partition("e")
    if exponent:
        mantissa += "·10" + str(int(exponent)).translate(SUPERSCRIPTS)
    return mantissa.replace("-", "−")


@cache
def luminance(colour: str) -> float:
    """Return the relative luminance of WCAG 2, 0 for black to 1 for white."""
    channels = _rgb(colour) / 255
    linear = np.where(channels <= 0.03928, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return float(linear @ (0.2126, 0.7152, 0.0722))


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of WCAG 2, from 1 to 21."""
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@cache
def text_on(colour: str) -> str:
    """Return black or white, whichever reads better; never below 4.5 : 1."""
    return max(("#000000", "#ffffff"), key=lambda text: contrast(text, colour))


def mixed(one: str, other: str, share: float) -> str:
    """Return the colour that lies ``share`` of the way from ``one`` to ``other``."""
    channels = np.rint(_rgb(one) + share * (_rgb(other) - _rgb(one))).astype(int)
    return "#{:02x}{:02x}{:02x}".format(*channels)


def with_alpha(colour: str, alpha: float) -> QColor:
    """Return the colour as Qt's, with an opacity from 0 to 1."""
    result = QColor(colour)
    result.setAlphaF(alpha)
    return result


def _rgb(colour: str) -> Any:
    return np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)], float)
