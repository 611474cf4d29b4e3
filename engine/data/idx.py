"""A folder of IDX files, as MNIST and Fashion-MNIST come: pictures and labels, gzip or not.

An IDX file is 0, 0, the type of its numbers, how many axes it has, the length of each axis as a
big-endian 32-bit number, and the numbers (Y. LeCun, C. Cortes, C. Burges, "The MNIST database").
"""

import gzip
import math
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import CLASSIFICATION, Dataset
from engine.support.cancellation import checkpoint
from engine.support.errors import InputError
from engine.support.memory import require
from engine.support.reading import open_file
from engine.support.text import tr

# MNIST's own file names, and the variants that mirrors use.
_NAME = re.compile(r"(?P<part>.*?)(?P<kind>images|labels)[-.]idx[13][-.]ubyte(\.gz)?")
_TRAINING = "train-"
_UNSIGNED_BYTE = 8
_BYTES_A_PIXEL = 17  # as a byte, as float64, and once more in the network's dtype
_UNREADABLE = (OSError, EOFError, zlib.error)


def load_folder(folder: Path, shown: str) -> Dataset:
    """Read the pictures and labels of a folder; all of them are in memory as float64.

    The files are NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte, each with .gz or without, with
    a dot for the hyphen before "idx" or not. Where there are several pairs, the one named "train"
    is read and the others are ignored: ``data.validation`` says how much is held back.

    Classes are numbered in the order of the labels that occur, and named by them.

    Raises
    ------
    InputError
        Naming the file, what was expected and what was found.
    """
    images_file, labels_file = _pair(folder, shown)
    images = _read(images_file, f"{shown}/{images_file.name}", 3)
    labels = _read(labels_file, f"{shown}/{labels_file.name}", 1)
    if len(images) != len(labels):
        raise InputError(
            tr("{count} labels, one for each picture").format(count=len(images)),
            str(len(labels)),
            file=f"{shown}/{labels_file.name}",
        )
    values, indices = np.unique(labels, return_inverse=True)
    if len(values) < 2:
        found = tr("only {value}").format(value=values[0])
        raise InputError(tr("at least two classes"), found, file=f"{shown}/{labels_file.name}")
    height, width = images.shape[1:]
    x = images.reshape(len(images), -1).astype(np.float64)
    x.flags.writeable = False
    return Dataset(
        name=folder.resolve().name,
        title=folder.resolve().name,
        x=x,
        y=indices,
        task=CLASSIFICATION,
        feature_names=tuple(
            tr("row {r}, column {c}").format(r=r + 1, c=c + 1) for r, c in np.ndindex(height, width)
        ),
        class_names=tuple(str(value) for value in values),
        image_shape=(1, height, width),
        source=shown,
    )


def _pair(folder: Path, shown: str) -> tuple[Path, Path]:
    """Return the files of the pictures and of their labels."""
    found: dict[str, dict[str, Path]] = {}
    try:
        names = sorted(folder.iterdir())
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(tr("a readable folder"), reason, file=shown) from error
    for path in names:
        match = _NAME.fullmatch(path.name)
        if match:  # sorted: the plain file comes before the one with .gz, and is faster to read
            found.setdefault(match["part"], {}).setdefault(match["kind"], path)
    pairs = {part: files for part, files in found.items() if len(files) == 2}
    part = _TRAINING if _TRAINING in pairs else next(iter(pairs), None)
    if part is None or (_TRAINING in found and _TRAINING not in pairs):
        raise InputError(
            tr("{images} and {labels}, each with .gz or without").format(
                images="train-images-idx3-ubyte", labels="train-labels-idx1-ubyte"
            ),
            tr("no such pair in the folder"),
            file=shown,
        )
    return pairs[part]["images"], pairs[part]["labels"]


def _read(path: Path, shown: str, axes: int) -> NDArray[np.uint8]:
    """Return the bytes of an IDX file with this many axes."""
    try:
        with open_file(path, shown) as stored:
            packed = path.suffix == ".gz"
            file = cast(BinaryIO, gzip.GzipFile(fileobj=stored)) if packed else stored
            shape = _shape(file, shown, axes)
            count = math.prod(shape)
            if packed or count <= path.stat().st_size:  # else the header is wrong
                require(_BYTES_A_PIXEL * count, tr("data"), file=shown)
            # One byte more is asked for, to detect a file that is too long.
            content = b"".join(_portions(file, count + 1))
    except _UNREADABLE as error:
        reason = getattr(error, "strerror", None) or tr("damaged or other content")
        raise InputError(tr("a readable IDX file"), reason, file=shown) from error
    if len(content) != count:
        shape_text = " × ".join(map(str, shape))
        found = tr("more") if len(content) > count else str(len(content))
        raise InputError(
            tr("{count} bytes after the header, for {shape}").format(count=count, shape=shape_text),
            found,
            file=shown,
        )
    return np.frombuffer(content, np.uint8).reshape(shape)


def _portions(file: BinaryIO, count: int) -> Iterator[bytes]:
    """Read up to ``count`` bytes in portions: a header with a false size allocates nothing."""
    while count > 0:
        portion = file.read(min(count, 1 << 22))
        if not portion:
            return
        count -= len(portion)
        checkpoint()
        yield portion


def _shape(file: BinaryIO, shown: str, axes: int) -> tuple[int, ...]:
    """Read the header."""
    header = file.read(4 + 4 * axes)
    expected = bytes([0, 0, _UNSIGNED_BYTE, axes])
    if header[:4] != expected:
        raise InputError(
            tr("an IDX file of bytes with {axes} axes, beginning {bytes}").format(
                axes=axes, bytes=expected.hex(" ")
            ),
            header[:4].hex(" ") or tr("nothing"),
            file=shown,
        )
    if len(header) != 4 + 4 * axes:
        raise InputError(
            tr("the lengths of {axes} axes").format(axes=axes), tr("the end"), file=shown
        )
    shape: tuple[int, ...] = struct.unpack(f">{axes}I", header[4:])
    if 0 in shape:
        raise InputError(tr("no axis of length 0"), " × ".join(map(str, shape)), file=shown)
    return shape
