"""Opens files for reading: regular files of a bounded size, read in pieces that can be cancelled.

Every file that a person names (systems, data, parameters, pictures, sessions) is opened here. A
device, a pipe or an endless file would stop the program or fill the memory, so it is refused
before its first byte.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

from engine.support.cancellation import checkpoint
from engine.support.errors import InputError
from engine.support.figures import byte_count
from engine.support.text import tr

PIECE = 1 << 20


def open_file(path: str | Path, shown: str = "", *, most: int | None = None) -> BinaryIO:
    """Open a regular file of at most ``most`` bytes; ``shown`` is its name in messages.

    Raises
    ------
    InputError
        Naming the file, where there is none, it cannot be read, is no regular file or too large.
    """
    shown = shown or str(path)
    try:
        # Opening a pipe would wait for its writer; of a regular file this changes nothing.
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | _BINARY)
    except FileNotFoundError:
        raise InputError(tr("a file"), tr("none of that name"), file=shown) from None
    except (OSError, ValueError) as error:
        raise unreadable(error, shown) from None
    try:
        about = os.fstat(handle)
        if not stat.S_ISREG(about.st_mode):
            raise InputError(tr("a file"), _kind(about.st_mode), file=shown)
        if most is not None and about.st_size > most:
            expected = tr("at most {most}").format(most=byte_count(most))
            raise InputError(expected, byte_count(about.st_size), file=shown)
        return os.fdopen(handle, "rb")
    except BaseException:
        os.close(handle)
        raise


def read_bytes(path: str | Path, shown: str = "", *, most: int) -> bytes:
    """Return the bytes of a regular file of at most ``most``, with a checkpoint each megabyte.

    Raises
    ------
    InputError
        As ``open_file`` does, and where the file grows beyond ``most`` while it is read.
    Cancelled
        At a checkpoint.
    """
    shown = shown or str(path)
    with open_file(path, shown, most=most) as stream:
        size = os.fstat(stream.fileno()).st_size
        pieces, got = [], 0
        try:
            while piece := stream.read(PIECE):
                got += len(piece)
                if got > most:  # /proc and growing files have another size than they say
                    expected = tr("at most {most}").format(most=byte_count(most))
                    raise InputError(expected, tr("more"), file=shown)
                pieces.append(piece)
                checkpoint(got, max(size, got))
        except OSError as error:
            raise unreadable(error, shown) from None
    return b"".join(pieces)


def unreadable(error: Exception, shown: str) -> InputError:
    """Return the error for a file that the operating system refuses to open or to read."""
    reason = getattr(error, "strerror", None) or str(error)
    return InputError(tr("a file that can be read"), reason, file=shown)


def _kind(mode: int) -> str:
    """Return in words what stands at a path that is no regular file."""
    if stat.S_ISDIR(mode):
        return tr("a folder")
    if stat.S_ISFIFO(mode):
        return tr("a pipe")
    if stat.S_ISSOCK(mode):
        return tr("a socket")
    return tr("a device")


_BINARY = getattr(os, "O_BINARY", 0)
