"""NPZ files: arrays x and y, and names where the file has them."""

import dataclasses
import struct
import zipfile
import zlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.data.dataset import listed
from engine.support.errors import InputError
from engine.support.text import tr

_UNREADABLE = (
    OSError,
    ValueError,
    EOFError,
    KeyError,
    SyntaxError,
    NotImplementedError,
    RuntimeError,
    OverflowError,
    MemoryError,
    struct.error,
    zlib.error,
    zipfile.BadZipFile,
)


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
        with path.open("rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise InputError(tr("an NPZ file"), tr("a single array (NPY)"), file=shown)
            names = [name for name in archive.files if wanted is None or name in wanted]
            return {name: _array(archive, name, shown) for name in names}
    except _UNREADABLE as error:
        reason = getattr(error, "strerror", None) or tr("damaged or other content")
        raise InputError(tr("a readable NPZ file"), reason, file=shown) from error


def _stored(path: Path, shown: str) -> dict[str, NDArray[Any]]:
    """Return the arrays that make a data set; x and y must be there."""
    stored = read_archive(path, shown, ("x", "y", "feature_names", "class_names"))
    for name in ("x", "y"):
        if name not in stored:
            raise _absent(shown, name, read_archive(path, shown))
    return stored


def _array(archive: Any, name: str, shown: str) -> NDArray[Any]:
    try:
        array = archive[name]
    except ValueError as error:
        if "allow_pickle" not in str(error):
            raise
        raise _wrong(shown, name, tr("numbers or texts"), tr("Python objects")) from error
    if not isinstance(array, np.ndarray):
        raise _wrong(shown, name, tr("an array"), tr("other content"))
    return array


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
