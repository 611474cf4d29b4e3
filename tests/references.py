"""Approved pictures of every system, and how alike two pictures are.

Run by hand (``python3 -m tests.references``) it draws the references anew: look at them before you
approve them. Fonts differ from machine to machine, so pictures are compared by what stands where:
the mean colours of blocks of a few pixels.
"""

from __future__ import annotations

import contextlib
import io
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from engine.cli import commands
from engine.system import catalogue
from gui.export.formats import formats

FOLDER = Path(__file__).resolve().parent / "references"
BLOCK = 12
MEAN_LIMIT, BLOCK_LIMIT = 5.0, 70.0  # of 255
SIZE_LIMIT = 0.12


@dataclass(frozen=True)
class View:
    """What a reference shows: a system after one step, and how far it is opened."""

    name: str
    system: str
    options: tuple[str, ...] = ()


VIEWS = (
    *(View(entry.name, entry.name) for entry in catalogue.entries()),
    View("resnet-mlp-closed", "resnet-mlp", ("--expand", "none")),
    View("resnet-mlp-block1", "resnet-mlp", ("--expand", "block1")),
    View("resnet-mlp-open", "resnet-mlp", ("--expand", "all")),
    View("d2l-mlp-gradients", "d2l-mlp", ("--order", "1")),
    View("cs231n-gates-dark", "cs231n-gates", ("--theme", "dark")),
)


def draw(view: View, path: Path) -> None:
    """Draw a view to a PNG file, by the command line's own way."""
    words = ["run", view.system, "--steps", "1", "--dpi", "48", "--png", str(path), *view.options]
    with (
        contextlib.redirect_stdout(io.StringIO()),
        contextlib.redirect_stderr(io.StringIO()) as said,
    ):
        status = commands.main(words, formats())
    assert status == 0, said.getvalue()


def difference(found: QImage, reference: QImage) -> tuple[float, float]:
    """Return the mean and the largest difference of blocks' colours, of 255.

    Infinite where the sizes are too different to be the same picture.
    """
    for a, b in (
        (found.width(), reference.width()),
        (found.height(), reference.height()),
    ):
        if abs(a - b) > SIZE_LIMIT * b:
            return float("inf"), float("inf")
    scaled = found.scaled(
        reference.size(),
        Qt.AspectRatioMode.IgnoreAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    apart = np.abs(_blocks(scaled) - _blocks(reference))
    return float(apart.mean()), float(apart.max())


def alike(found: QImage, reference: QImage) -> bool:
    """Whether two pictures show the same."""
    mean, largest = difference(found, reference)
    return mean <= MEAN_LIMIT and largest <= BLOCK_LIMIT


def _blocks(image: QImage) -> NDArray[np.float64]:
    """The mean colours of an image's blocks (rows, columns, 3)."""
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    height, width = image.height(), image.width()
    array = np.frombuffer(image.constBits(), np.uint8).reshape(height, -1)[:, : 4 * width]
    array = array.reshape(height, width, 4)[..., :3].astype(np.float64)
    rows, columns = height // BLOCK, width // BLOCK
    array = array[: rows * BLOCK, : columns * BLOCK]
    return array.reshape(rows, BLOCK, columns, BLOCK, 3).mean(axis=(1, 3))


def main() -> None:
    """Draw all references."""
    FOLDER.mkdir(exist_ok=True)
    for view in VIEWS:
        draw(view, FOLDER / f"{view.name}.png")
        print(view.name)


if __name__ == "__main__":
    main()
