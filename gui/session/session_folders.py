"""Where sessions are saved: a folder for each running program, which its lock tells from orphans.

An orphan is the folder of a program that ended without removing it. The operating system frees the
lock of a process that is gone, however it went. No Qt: all of it is done off the GUI thread.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from engine.support.errors import EngineError, InputError
from engine.support.reading import read_bytes
from engine.support.text import tr
from engine.support.whole_files import folder_to_disk, write_bytes
from gui.bootstrap.environment import try_lock
from gui.history.history import History
from gui.history.kept_runs import KeptRun
from gui.history.row_files import read_rows, write_rows
from gui.session.saved_session import (
    MOST_BYTES,
    SavedSession,
    Summary,
    Systems,
    checked,
    from_table,
    summary_in,
    to_text,
)

FILE, LOCK = "session.json", "lock"
UNREADABLE = ".unreadable"
EMPTY_SECONDS = 60.0  # so old is a folder without a session no beginning one


class OwnFolder:
    """The folder of this program's session; there from the first ``write`` on."""

    def __init__(self, root: Path) -> None:
        self.path = root / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock: IO[bytes] | None = None
        self._systems = Systems()
        self._runs: dict[KeptRun, str] = {}
        self._count = 0

    def write(self, session: SavedSession) -> None:
        """Write the session, whole or not at all.

        Raises
        ------
        InputError
            Naming the folder, where it cannot be written.
        """
        self._begin()
        for run in session.kept:
            if run not in self._runs:  # a run's rows never change: they are written once
                self._count += 1
                name = f"run-{self._count}.npz"
                write_rows(self.path / name, run.rows.parts(), run.rows.layers)
                self._runs[run] = name
        text = to_text(session, self._systems, self._runs.__getitem__)
        write_bytes(self.path / FILE, text.encode("utf-8"))
        for run in [run for run in self._runs if run not in session.kept]:
            (self.path / self._runs.pop(run)).unlink(missing_ok=True)

    def _begin(self) -> None:
        if self._lock is not None and self.path.is_dir():
            return
        self.leave()
        try:
            self.path.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._lock = open(self.path / LOCK, "a+b")  # noqa: SIM115  held until the end
        except OSError as error:
            reason = error.strerror or str(error)
            raise InputError(
                tr("a folder that can be written"), reason, file=str(self.path.parent)
            ) from None
        try_lock(self._lock)
        folder_to_disk(self.path.parent)
        self._runs.clear()

    def leave(self) -> None:
        """Leave the folder as it is, for another program to find."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def remove(self) -> None:
        """Remove the folder: the program ends as a person wished."""
        if self._lock is not None:
            self.leave()
            shutil.rmtree(self.path, ignore_errors=True)


@dataclass(frozen=True, eq=False)
class Orphan:
    """A session whose program is gone; no other program takes it while ``lock`` is open."""

    path: Path
    lock: IO[bytes]
    summary: Summary
    table: dict[str, Any]

    def load(self) -> SavedSession:
        """Return the session; ``InputError`` where it cannot be read."""
        return from_table(self.table, self._rows)

    def _rows(self, name: str) -> History:
        return read_rows(self.path / name)

    def leave(self) -> None:
        """Leave it as it is, for another program to find."""
        self.lock.close()

    def remove(self) -> None:
        """Remove it for good."""
        self.leave()
        shutil.rmtree(self.path, ignore_errors=True)

    def set_aside(self) -> Path:
        """Rename it, so that it is not offered again; return its new path."""
        return _set_aside(self.path, self.lock)


def orphans(root: Path, tell: Callable[[str], object]) -> list[Orphan]:
    """Return the sessions whose program is gone, newest first.

    Those without anything typed or trained are removed. One that cannot be read is set aside, and
    ``tell`` is called with words about it.
    """
    found = []
    for path in sorted(root.glob("*"), key=_age):
        if path.suffix == UNREADABLE or not path.is_dir():
            continue
        try:
            lock = open(path / LOCK, "r+b")  # noqa: SIM115  held as long as the orphan
        except OSError:
            continue
        if not try_lock(lock):
            lock.close()
            continue
        if not (path / FILE).exists():  # killed before its first writing, or not there yet
            _remove_if_old(path, lock)
            continue
        try:
            text = read_bytes(path / FILE, most=MOST_BYTES).decode("utf-8")
            table = checked(text)
            orphan = Orphan(path, lock, summary_in(table), table)
        except (EngineError, UnicodeDecodeError) as error:
            kept = _set_aside(path, lock)
            words = tr("The last session cannot be read and was set aside as {path}: {why}")
            tell(words.format(path=kept, why=error))
            continue
        if orphan.summary.is_empty:
            orphan.remove()
        else:
            found.append(orphan)
    return found


def _remove_if_old(path: Path, lock: IO[bytes]) -> None:
    old = time.time() - path.stat().st_mtime > EMPTY_SECONDS
    lock.close()
    if old:
        shutil.rmtree(path, ignore_errors=True)


def _age(path: Path) -> float:
    """Sort key: the newest session first."""
    try:
        return -(path / FILE).stat().st_mtime
    except OSError:
        return 0.0


def _set_aside(path: Path, lock: IO[bytes]) -> Path:
    lock.close()
    target = path.with_name(path.name + UNREADABLE)
    try:
        path.rename(target)
    except OSError:
        return path  # on a disk that cannot be written it is found again: told, and left
    return target
