"""Files written whole or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import IO

from engine.errors import InputError
from engine.text import tr

Write = Callable[[IO[bytes]], object]


def write_whole(path: str | Path, write: Write) -> None:
    """Write a file whole or not at all, keeping the mode of one that is replaced.

    A link is followed; what is no regular file (a device, a pipe) is written to as it is.

    Raises
    ------
    InputError
        Naming the file and the reason, where it cannot be written; nothing is left behind.
    """
    try:
        target = Path(path).resolve()
        if target.exists() and not target.is_file():
            with target.open("wb") as stream:
                write(stream)
        else:
            _replace(target, write)
    except OSError as error:
        raise InputError(
            tr("a file that can be written"), error.strerror or str(error), file=str(path)
        ) from None


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write these bytes as a file, as ``write_whole`` does."""
    write_whole(path, lambda stream: stream.write(data))


def _replace(target: Path, write: Write) -> None:
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
        temporary.chmod(target.stat().st_mode if target.exists() else 0o666 & ~_umask())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
