"""Files written whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from engine.errors import InputError
from engine.text import tr


def write_whole(path: str | Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file whole or not at all; InputError naming it where that is not possible."""
    path = Path(path)
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as stream:
            write(stream)
        Path(temporary).replace(path)
    except OSError as error:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
        raise InputError(
            tr("a file that can be written"), error.strerror or str(error), file=str(path)
        ) from None
