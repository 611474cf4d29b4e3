"""Writes files whole or not at all: a failure or a power cut leaves the old file as it was."""

import errno
import os
import platform
import re
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from engine.support.errors import InputError
from engine.support.text import tr

_PART = ".part"
_MACHINE = re.sub(r"\W", "", platform.node())[:20]  # several may share a folder
Write = Callable[[IO[bytes]], object]
# What file systems answer that know no fsync: then the file is as safe as it can be there.
_NO_SYNC = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)


def write_whole(path: str | Path, write: Write) -> None:
    """Write a file whole or not at all, keeping the mode of one that is replaced.

    A link is followed; something other than a regular file (a device, a pipe) is written to
    directly.

    Raises
    ------
    InputError
        Naming the file and the reason, where it cannot be written; nothing is left behind.
    """
    try:
        named = Path(path)
        if named.exists() and not named.is_file():
            # By its own name: what /dev/stdout leads to may have none (a pipe, a socket).
            with named.open("wb") as stream:
                write(stream)
        else:
            _replace(named.resolve(), write)
    except OSError as error:
        raise _unwritable(path, error) from None


def write_bytes(path: str | Path, data: bytes) -> None:
    """Write these bytes as a file, as ``write_whole`` does."""
    write_whole(path, lambda stream: stream.write(data))


@contextmanager
def staged(path: str | Path) -> Iterator[Path]:
    """A context that gives a temporary path for a file or folder, in a hidden folder beside it.

    At the end everything in the hidden folder, also files beside that path (the tiles of a
    picture), is moved to its place; after an exception nothing is. The hidden folder is removed
    in any case.

    Raises
    ------
    InputError
        Naming the file and the reason, where it cannot be written.
    """
    target = Path(path)
    clear_leavings(target)
    try:
        folder = Path(tempfile.mkdtemp(dir=target.parent, prefix=_prefix(target), suffix=_PART))
    except OSError as error:
        raise _unwritable(path, error) from None
    try:
        try:
            yield folder / target.name
        except OSError as error:  # a full disk, of which a writer has not made words
            raise _unwritable(path, error) from None
        except InputError as error:
            if error.file is None or folder not in Path(error.file).parents:
                raise
            # The user does not know the hidden folder: the message names the file itself.
            raise InputError(error.expected, error.found, file=str(path)) from None
        for made in sorted(folder.iterdir()):
            _settle(made, target.parent / made.name)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _settle(made: Path, target: Path) -> None:
    """Move what was made to its place."""
    if made.is_file():
        with made.open("rb") as stream:
            write_whole(target, lambda out: shutil.copyfileobj(stream, out, 1 << 20))
        return
    try:
        if target.is_dir():
            target.rmdir()  # an empty folder is replaced, a full one is an error
        made.rename(target)
    except OSError as error:
        raise _unwritable(target, error) from None


def _unwritable(path: str | Path, error: OSError) -> InputError:
    return InputError(
        tr("a file that can be written"), error.strerror or str(error), file=str(path)
    )


def _replace(target: Path, write: Write) -> None:
    clear_leavings(target)
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=_prefix(target), suffix=_PART)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as stream:
            write(stream)
            stream.flush()
            _to_disk(stream.fileno())
        temporary.chmod(target.stat().st_mode if target.exists() else 0o666 & ~_umask())
        temporary.replace(target)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    folder_to_disk(target.parent)


def _to_disk(handle: int) -> None:
    """Wait until what was written is on the disk.

    Renamed before that, the file would be empty after a power cut, and the old one gone.
    """
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in _NO_SYNC:
            raise


def folder_to_disk(folder: Path) -> None:
    """Put a folder's names on the disk, as far as the system can; its files are whole anyway."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # Windows opens no folders
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def clear_leavings(target: Path) -> None:
    """Remove what a process that was killed has left of its writing this file.

    Its number is in the name; of a living process, or another machine's, nothing is removed.
    """
    marks = f".{target.name[:40]}.{_MACHINE}-"
    try:
        left = [one for one in target.parent.iterdir() if one.name.startswith(marks)]
    except OSError:
        return
    for one in left:
        number = one.name[len(marks) :].partition(".")[0]
        if one.name.endswith(_PART) and number.isdecimal() and not _lives(int(number)):
            if one.is_dir():
                shutil.rmtree(one, ignore_errors=True)
            else:
                one.unlink(missing_ok=True)


def _prefix(target: Path) -> str:
    return f".{target.name[:40]}.{_MACHINE}-{os.getpid()}."


def _lives(process: int) -> bool:
    """Whether there is a process of this number; where that cannot be told, there is."""
    if process == os.getpid():
        return True
    if sys.platform == "win32":  # there a signal would end it
        return True
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        return True
    return True


def _umask() -> int:
    """The process's mask, which can only be read by setting it."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
