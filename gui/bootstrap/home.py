"""The home folder, settled before anything else asks for it. Standard library only.

Qt and other libraries take ``/`` for the home of a process without HOME, and would write their
settings and caches there.
"""

import os
import sys
from pathlib import Path

NOWHERE = os.devnull  # as HOME: no file can be made below it, and every library gets the same


def settle() -> None:
    """Set HOME to the account's own folder where it is missing; called first by ``main.py``.

    Where the account has none either, nothing is kept: HOME is ``NOWHERE``.
    """
    if sys.platform != "win32" and not _is_own(os.environ.get("HOME", "")):
        found = _of_account()
        os.environ["HOME"] = found if _is_own(found) and Path(found).is_dir() else NOWHERE


def is_missing() -> bool:
    """Whether there is no home folder, so that nothing can be kept."""
    return os.environ.get("HOME") == NOWHERE


def _is_own(folder: str) -> bool:
    return Path(folder).is_absolute() and Path(folder).resolve() != Path(os.sep)


def _of_account() -> str:
    """Return the home of the account that the process runs under, "" where it has none."""
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_dir
    except KeyError:  # a container may run under a number without an account
        return ""
