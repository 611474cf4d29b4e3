"""How much memory data, a file or a model may take: half of the machine's, or what is set.

What needs more is refused by arithmetic, before the first array is made: a machine that begins to
swap is lost to its user for minutes.
"""

from __future__ import annotations

import functools
import os
import re
import sys
from pathlib import Path

from engine.support.errors import InputError
from engine.support.figures import byte_count
from engine.support.text import tr

SETTING = "GRADIENT_FLOW_MEMORY"  # an environment variable: "16 GB"
SHARE = 0.5
_UNITS = {"": 1, "k": 1e3, "m": 1e6, "g": 1e9, "t": 1e12}
_USUAL = 8_000_000_000  # where the system does not say what it has


def limit() -> int:
    """Return the bytes that may be used.

    Raises
    ------
    InputError
        Where the setting is no number of bytes.
    """
    said = os.environ.get(SETTING, "").strip()
    if not said:
        return int(SHARE * machine())
    match = re.fullmatch(r"(\d+(?:\.\d+)?) ?([kmgt]?)b?", said.lower())
    if match is None:
        raise InputError(tr("a number of bytes, as 16 GB"), repr(said), field=SETTING)
    return int(float(match[1]) * _UNITS[match[2]])


def require(needed: float, what: str, *, file: str | None = None, field: str | None = None) -> None:
    """Refuse what needs more memory than there may be used.

    Parameters
    ----------
    needed:
        In bytes.
    what:
        What needs it, to be told: "data", "a network".

    Raises
    ------
    InputError
        Naming both amounts and the setting that allows more.
    """
    most = limit()
    if needed <= most:
        return
    if os.environ.get(SETTING):
        expected = tr("{what} within {most} of memory, as {setting} says")
    else:
        expected = tr("{what} within {most}, half of this machine's memory")
    raise InputError(
        expected.format(what=what, most=byte_count(most), setting=SETTING),
        tr("a need of {needed}").format(needed=byte_count(needed)),
        file=file,
        field=field,
        hint=tr("The environment variable {setting} sets another limit.").format(setting=SETTING),
    )


def too_large(what: str, file: str | None = None) -> InputError:
    """Return the error for a ``MemoryError``: the machine had less than was expected."""
    expected = tr("{what} that the memory holds").format(what=what)
    return InputError(expected, tr("too little memory left"), file=file)


@functools.cache
def machine() -> int:
    """Return the machine's memory in bytes, or what the container it runs in may use."""
    found = [_installed()]
    for name in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            text = Path(name).read_text(encoding="ascii").strip()
        except OSError:
            continue
        if text.isdecimal():
            found.append(int(text))
    return min(found)


def _installed() -> int:
    if sys.platform == "win32":
        return _installed_on_windows()
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (ValueError, OSError):
        return _USUAL


def _installed_on_windows() -> int:
    """``GetPhysicallyInstalledSystemMemory`` of kernel32, in kB."""
    import ctypes

    amount = ctypes.c_ulonglong(0)
    windll = getattr(ctypes, "windll")  # noqa: B009  other systems' ctypes lacks it
    known = windll.kernel32.GetPhysicallyInstalledSystemMemory(ctypes.byref(amount))
    return amount.value * 1024 if known else _USUAL
