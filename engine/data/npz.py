"""NPZ files: arrays x and y, and names where the file has them."""

import dataclasses
import math
import sys
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import listed
from engine.support.cancellation import Cancelled, checkpoint
from engine.support.errors import InputError
from engine.support.memory import require, too_large
from engine.support.reading import open_file
from engine.support.text import quote, tr

_NPY = b"\x93NUMPY"

_PIECE = 1 << 24  # bytes between two checkpoints


@dataclasses.dataclass(frozen=True)
class Arrays:
    """What an NPZ file holds.

    Attributes
    ----------
    x:
        (samples, features) float64, finite.
    y:
        (samples,) or (samples, outputs), of the file's dtype: numbers (finite) or texts.
    image_shape:
        (channels, height, width) where x is stored with three or four dimensions.
    feature_names, class_names:
        () where the file has none.
    """

    x: NDArray[np.float64]
    y: NDArray[Any]
    image_shape: tuple[int, int, int] | None
    feature_names: tuple[str, ...]
    class_names: tuple[str, ...]


def read_npz(path: Path, shown: str) -> Arrays:
    """Read the arrays x and y of an NPZ file; optional are feature_names and class_names.

    x is (samples, features), (samples, height, width) or (samples, channels, height, width); one
    feature may be stored as (samples,). y is (samples,) or (samples, outputs). Arrays of Python
    objects are refused, as reading them could run code.

    Raises
    ------
    InputError
        Naming the file, the array, and the samples (counted from 0) that are not finite.
    """
    stored = _stored(path, shown)
    x, y = stored["x"], stored["y"]
    if x.dtype.kind not in "fiub":
        raise _wrong(shown, "x", tr("an array of real numbers"), str(x.dtype))
    if not 1 <= x.ndim <= 4 or 0 in x.shape:
        raise _wrong(shown, "x", tr("one to four dimensions, none of size 0"), str(x.shape))
    if y.dtype.kind not in "fiubU":
        raise _wrong(shown, "y", tr("an array of real numbers or texts"), str(y.dtype))
    if not 1 <= y.ndim <= 2 or 0 in y.shape:
        raise _wrong(shown, "y", tr("one or two dimensions, none of size 0"), str(y.shape))
    if len(y) != len(x):
        expected = tr("{count} targets, as x has samples").format(count=len(x))
        raise _wrong(shown, "y", expected, str(len(y)))
    _check_finite(x, shown, "x")
    _check_finite(y, shown, "y")
    image_shape = None
    if x.ndim >= 3:
        image_shape = (x.shape[1] if x.ndim == 4 else 1, int(x.shape[-2]), int(x.shape[-1]))
    table = x.reshape(len(x), -1).astype(np.float64)
    names = _names(stored, shown, "feature_names", table.shape[1])
    return Arrays(table, y, image_shape, names, _names(stored, shown, "class_names", None))


def read_archive(
    path: Path, shown: str, wanted: tuple[str, ...] | None = None
) -> dict[str, NDArray[Any]]:
    """Return the arrays of an NPZ file (the ``wanted`` ones that it has), read into memory.

    Raises
    ------
    InputError
        Naming the file, where it cannot be read or holds Python objects.
    """
    try:
        with open_file(path, shown) as file:
            if file.read(len(_NPY)) == _NPY:
                raise InputError(tr("an NPZ file"), tr("a single array (NPY)"), file=shown)
            with zipfile.ZipFile(file) as archive:
                return _arrays(archive, wanted, shown)
    except (InputError, Cancelled):
        raise
    except MemoryError:
        raise too_large(tr("arrays"), shown) from None
    except Exception as error:  # zipfile, zlib and numpy raise a dozen kinds on damaged files
        reason = getattr(error, "strerror", None) or tr("damaged or other content")
        raise InputError(tr("a readable NPZ file"), reason, file=shown) from error


def _arrays(
    archive: zipfile.ZipFile, wanted: tuple[str, ...] | None, shown: str
) -> dict[str, NDArray[Any]]:
    """Read the wanted arrays, whose sizes are known before anything is unpacked."""
    entries = {
        entry.filename.removesuffix(".npy"): entry
        for entry in archive.infolist()
        if wanted is None or entry.filename.removesuffix(".npy") in wanted
    }
    require(sum(entry.file_size for entry in entries.values()), tr("arrays"), file=shown)
    return {name: _array(archive, entry, name, shown) for name, entry in entries.items()}


def _stored(path: Path, shown: str) -> dict[str, NDArray[Any]]:
    """Return the arrays that make a data set; x and y must be there."""
    stored = read_archive(path, shown, ("x", "y", "feature_names", "class_names"))
    for name in ("x", "y"):
        if name not in stored:
            raise _absent(shown, name, read_archive(path, shown))
    return stored


def _array(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, shown: str) -> NDArray[Any]:
    """Read an array piece by piece; what its header says is checked against the entry's size."""
    with archive.open(entry) as stream:
        if stream.read(len(_NPY)) != _NPY:
            raise _wrong(shown, name, tr("an array"), tr("other content"))
        version = tuple(stream.read(2))
        readers: dict[tuple[int, ...], Any] = {
            (1, 0): np.lib.format.read_array_header_1_0,
            (2, 0): np.lib.format.read_array_header_2_0,
        }
        shape, by_columns, dtype = readers[version](stream)
        if dtype.hasobject:
            raise _wrong(shown, name, tr("numbers or texts"), tr("Python objects"))
        count = math.prod(shape)
        size = count * dtype.itemsize
        if min(shape, default=0) < 0 or size > entry.file_size:
            shape_words = tr("{size} bytes for the shape {shape}")
            expected = shape_words.format(size=quote(size), shape=quote(list(shape)))
            raise _wrong(shown, name, expected, str(entry.file_size))
        flat = np.empty(count, dtype)
        memory = flat.view(np.uint8) if size else np.empty(0, np.uint8)
        at = 0
        while at < size:
            piece = stream.read(min(_PIECE, size - at))
            if not piece:
                raise EOFError
            memory[at : at + len(piece)] = np.frombuffer(piece, np.uint8)
            at += len(piece)
            checkpoint(at, size)
        stream.read(1)  # at the end the checksum is compared
    if dtype.kind == "U" and size:
        letters = flat.view(np.dtype(np.uint32).newbyteorder(dtype.byteorder))
        if letters.max() > sys.maxunicode:  # Python would make a text of it that breaks it
            raise _wrong(shown, name, tr("texts"), tr("characters that do not exist"))
    return flat.reshape(shape[::-1]).T if by_columns else flat.reshape(shape)


def _absent(shown: str, name: str, present: Iterable[str]) -> InputError:
    names = list(present)
    found = tr("the arrays {names}").format(names=", ".join(names)) if names else tr("no arrays")
    expected = tr("an array {name!r}").format(name=name)
    return InputError(expected, found, file=shown)


def _wrong(shown: str, name: str, expected: str, found: str) -> InputError:
    return InputError(expected, found, file=shown, field=name)


def _check_finite(array: NDArray[Any], shown: str, name: str) -> None:
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return
    flat = array.reshape(len(array), -1)
    bad = np.flatnonzero(~np.isfinite(flat).all(axis=1))
    value = flat[bad[0]][~np.isfinite(flat[bad[0]])][0]
    places = listed(bad.tolist(), tr("sample"), tr("samples"))
    found = tr("{value} in {places}").format(value=value, places=places)
    hint = tr("The first sample is number 0.")
    raise InputError(tr("finite numbers"), found, file=shown, field=name, hint=hint)


def _names(
    stored: dict[str, NDArray[Any]], shown: str, name: str, count: int | None
) -> tuple[str, ...]:
    if name not in stored:
        return ()
    texts = stored[name]
    if texts.dtype.kind != "U" or texts.ndim != 1:
        raise _wrong(shown, name, tr("a list of texts"), f"{texts.dtype} {texts.shape}")
    if count is not None and len(texts) != count:
        expected = tr("{count} names, as x has features").format(count=count)
        raise _wrong(shown, name, expected, str(len(texts)))
    return tuple(texts.tolist())
