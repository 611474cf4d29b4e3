"""Which files a picture's recipe reads outside the picture's folder, and whether it was made here.

A picture is something that one gets from others: what it names elsewhere is read in the window
only after a question. A picture that this person's program made needs none: where a recipe names
such files, its last line is a code that only the key in this person's settings gives (HMAC, RFC
2104), which holds wherever the picture is moved.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import secrets
import sys
from collections.abc import Iterable
from pathlib import Path

from engine.data.catalogue import catalogue
from engine.support.errors import InputError
from engine.support.reading import read_bytes
from engine.system.system import System

KEY_BYTES = 32
_MARK = "# made here: "


def outside(systems: Iterable[System], files: Iterable[str], folder: Path) -> tuple[str, ...]:
    """Return the paths of data and other files that lie outside a folder, each once.

    Nothing is looked at on the disk: what a path leads to is for the person to decide.
    """
    built_in = {entry.name for entry in catalogue()}
    sources = [system.data.source for system in systems if system.data.source not in built_in]
    inside = Path(os.path.normpath(folder))
    found = []
    for name in filter(None, [*sources, *files]):
        path = Path(os.path.normpath(inside / Path(name).expanduser()))
        if not path.is_relative_to(inside):
            found.append(str(path))
    return tuple(dict.fromkeys(found))


def signed(text: str) -> str:
    """Return a recipe's text with the line that says it was made here; as it is without a key."""
    key = _key(make=True)
    return text if key is None else f"{text}{_MARK}{_code(key, text)}\n"


def made_here(text: str) -> bool:
    """Whether a recipe's text ends with the line that ``signed`` adds, unchanged."""
    head, mark, code = text.rpartition(_MARK)
    key = _key(make=False) if mark else None
    return key is not None and hmac.compare_digest(_code(key, head).encode(), code.strip().encode())


def _code(key: bytes, text: str) -> str:
    return hmac.new(key, text.encode("utf-8", "replace"), hashlib.sha256).hexdigest()


def _key(*, make: bool) -> bytes | None:
    """Return this person's key; None where there is none and none can be stored."""
    place = _key_file()
    if place is None:
        return None
    try:
        key = read_bytes(place, most=10 * KEY_BYTES)
        return key if len(key) == KEY_BYTES else None
    except InputError:
        if not make:
            return None
    key = secrets.token_bytes(KEY_BYTES)
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as stream:
            stream.write(key)
    except OSError:  # a home that cannot be written: the question is then asked
        return None
    return key


def _key_file() -> Path | None:
    """Return the file of the key beside the window's settings; None without a home."""
    if sys.platform == "win32":
        base = os.environ.get("APPDATA", "")
    else:
        home = os.environ.get("HOME", "")
        own = "Library/Preferences" if sys.platform == "darwin" else ".config"
        config = os.environ.get("XDG_CONFIG_HOME", "")
        base = config or (f"{home}/{own}" if home not in ("", "/") else "")
    return Path(base) / "Gradient Flow Explorer" / "made-here.key" if base else None
