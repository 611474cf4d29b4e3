"""Arithmetic on pixels: premultiplied 32-bit ARGB as in Qt, two channels at a time."""

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint32]
LOW_BYTES = np.uint32(0x00FF00FF)
HIGH_BYTES = np.uint32(0xFF00FF00)


def packed(colours: NDArray[np.floating]) -> Pixels:
    """Return premultiplied RGBA (n, 4), from 0 to 1, as pixels (n,)."""
    channels = np.empty(colours.shape, np.uint8)
    channels[:] = colours[:, [2, 1, 0, 3]] * 255 + 0.5
    return channels.view("<u4").ravel()


def scaled(colours: Pixels, share: Pixels) -> Pixels:
    """Return the colours times ``share`` / 256."""
    low: Pixels = colours & LOW_BYTES
    high: Pixels = colours >> np.uint32(8)
    high &= LOW_BYTES
    if low.shape != share.shape:
        return _joined(low * share, high * share)
    low *= share
    high *= share
    return _joined(low, high)


def _joined(low: Pixels, high: Pixels) -> Pixels:
    low >>= 8
    low &= LOW_BYTES
    high &= HIGH_BYTES
    high |= low
    return high


def mixed(one: Pixels, other: Pixels, share: Pixels) -> Pixels:
    """Return the mixture of (256 − ``share``) / 256 of one and ``share`` / 256 of the other."""
    return scaled(one, np.uint32(256) - share) + scaled(other, share)


def left_by(colours: Pixels) -> Pixels:
    """Return the transparency of premultiplied colours, in 256ths."""
    rest: Pixels = colours >> np.uint32(31)
    rest += colours >> np.uint32(24)
    np.subtract(np.uint32(256), rest, out=rest)
    return rest


def over(below: Pixels, colours: Pixels) -> Pixels:
    """Return premultiplied colours blended over others; the arguments are broadcast."""
    shown = scaled(below, left_by(colours))
    shown += colours
    return shown


def blend(image: Pixels, pixel: NDArray[np.intp], colours: Pixels) -> None:
    """Blend premultiplied colours into an opaque image (flat) at these pixels."""
    if len(pixel):
        image[pixel] = over(image.take(pixel, mode="clip"), colours)
