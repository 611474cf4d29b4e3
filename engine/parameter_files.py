"""Parameters in an NPZ file: the arrays of a state dict, or of one of our dumps, by name."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.data.npz import read_archive
from engine.errors import InputError
from engine.text import tr

_PREFIX = "parameter/"
_DUMPED = ("value/", "gradient/", "contribution/")  # what else a dump of ours holds


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
    """Return the error with the file in which the parameter at fault was given."""
    name = (error.field or "").removeprefix("parameters.")
    return error.blamed_on(path, name) if name in given else error
