"""Parameters in an NPZ file: the arrays of a state dict, or of one of our dumps, by name."""

import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine.data.npz import read_archive
from engine.support.arrays import Array
from engine.support.errors import InputError
from engine.support.text import tr
from engine.support.whole_files import write_whole

_PREFIX = "parameter/"
MOST_NAMED = 3  # of the parameters that a file does not give
_DUMPED = ("value/", "gradient/", "contribution/")  # the other arrays of a ``--dump`` file


def read_parameters(path: str) -> dict[str, Any]:
    """Return the arrays of an NPZ file by name, "parameter/NAME" (as dumped) as NAME.

    Raises
    ------
    InputError
        Naming the file and the array: unreadable, no real numbers, or no parameters at all.
    """
    arrays: dict[str, Any] = {}
    for key, array in read_archive(Path(path), path).items():
        if key.startswith(_DUMPED):
            continue
        if array.dtype.kind not in "fiu":
            raise InputError(tr("an array of real numbers"), str(array.dtype), file=path, field=key)
        name = key.removeprefix(_PREFIX)
        if name in arrays:
            raise InputError(tr("each parameter once"), key, file=path, field=name)
        arrays[name] = array
    if not arrays:
        raise InputError(tr("arrays named as the parameters"), tr("none"), file=path)
    return arrays


def blamed(error: InputError, given: Mapping[str, Any], path: str) -> InputError:
    """Return an error about a parameter with the file that gave that parameter."""
    name = (error.field or "").removeprefix("parameters.")
    return error.blamed_on(path, name) if name in given else error


def told_missing(missing: Sequence[str]) -> str:
    """Return a text that names the parameters that a file did not give; "" if it gave all."""
    if not missing:
        return ""
    names = ", ".join(missing[:MOST_NAMED])
    if len(missing) > MOST_NAMED:
        words = tr("It does not give {names} and {more} more, which are as initialised.")
        return words.format(names=names, more=len(missing) - MOST_NAMED)
    return tr("It does not give {names}: as initialised.").format(names=names)


def write_parameters(path: str | Path, parameters: Mapping[str, Array]) -> None:
    """Write parameters as an NPZ file, keys by their names, whole or not at all.

    Raises
    ------
    InputError
        Naming the file and the reason, where it cannot be written.
    """

    def write(stream: IO[bytes]) -> None:
        # Not numpy.savez, whose own arguments are names that a parameter may have.
        with zipfile.ZipFile(stream, "w") as archive:
            for name, array in parameters.items():
                with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                    np.lib.format.write_array(entry, np.asarray(array), allow_pickle=False)

    write_whole(path, write)
