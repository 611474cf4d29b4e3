"""The palette of a GIF: 256 colours, those with a meaning exact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from PIL import Image

COLOURS, EXACT, LEAST_EXACT = 255, 200, 60
MOST_MEANT = 130
UNKNOWN = 255  # index that no palette colour has


class GifPalette:
    """One palette for all frames of an animation.

    Colours of filled areas are contained exactly, those of antialiased edges approximately: a
    median cut alone would shift the background and every colour of the scale a little.

    Parameters
    ----------
    samples:
        Some of the frames, RGB images.
    scale:
        Colours "#rrggbb" that encode something, at most ``MOST_MEANT``; each is contained exactly.
    """

    def __init__(self, samples: list[Image.Image], scale: Sequence[str] = ()) -> None:
        from PIL import Image

        pixels = np.concatenate([np.asarray(image)[::2, ::2].reshape(-1, 3) for image in samples])
        colours, counts = np.unique(pixels, axis=0, return_counts=True)
        meant = np.array([_split(int(colour[1:], 16)) for colour in scale], np.uint8).reshape(-1, 3)
        others = ~np.isin(_packed(colours), _packed(meant))
        colours, counts = colours[others], counts[others]
        order = np.argsort(-counts, kind="stable")
        exact = max(EXACT - len(meant), LEAST_EXACT)
        table, rest = np.concatenate([meant, colours[order[:exact]]]), colours[order[exact:]]
        if len(rest):
            left = Image.fromarray(rest[None]).quantize(COLOURS - len(table)).getpalette() or []
            table = np.concatenate([table, np.array(left, np.uint8).reshape(-1, 3)])
        self._table = table[:COLOURS]
        self._number = np.full(1 << 24, UNKNOWN, np.uint8)
        self._number[_packed(self._table)[::-1]] = np.arange(len(self._table), dtype=np.uint8)[::-1]

    def reduced(self, image: Image.Image) -> Image.Image:
        """Return the image with each pixel replaced by the nearest palette colour."""
        from PIL import Image

        packed = _packed(np.asarray(image.convert("RGB")))
        unknown = np.unique(packed[self._number[packed] == UNKNOWN])
        for part in np.array_split(unknown, len(unknown) // 4096 + 1):
            colours = np.stack(_split(part), axis=-1).astype(int)
            apart = ((colours[:, None] - self._table.astype(int)) ** 2).sum(axis=-1)
            self._number[part] = apart.argmin(axis=-1)
        codes = self._number[packed]
        result = Image.frombytes("P", image.size, codes.tobytes())
        result.putpalette(self._table.tobytes())
        return result


def _split(packed: Any) -> tuple[Any, Any, Any]:
    """Return red, green and blue of 0xrrggbb values."""
    return packed >> 16, packed >> 8 & 255, packed & 255


def _packed(colours: np.ndarray) -> np.ndarray:
    red, green, blue = (colours[..., k].astype(np.uint32) for k in range(3))
    return red << 16 | green << 8 | blue
