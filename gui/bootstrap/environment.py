"""The environment the program runs in: found, or made once, before anything else is imported.

Standard library only. A start with everything in place costs about a millisecond; the first
start makes `.venv` beside `main.py` from the committed locks and runs the same command again
inside it. As a command, `python3 -m gui.bootstrap.environment MODULE [ARGUMENTS]` runs a
developer's tool there (`python3 -m gui.bootstrap.environment ruff check`).
"""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NoReturn

from gui.bootstrap.machine import (
    fail,
    last_error,
    libraries_for,
    require_packages,
    run_quietly,
    say,
)

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
LOCKS = {"app": "requirements.lock", "dev": "requirements-dev.lock"}
OPTIONAL_LOCK = "requirements-optional.lock"
MODULES = {
    "app": (
        "PySide6",
        "pyqtgraph",
        "numpy",
        "networkx",
        "tomli_w",
        "threadpoolctl",
        "PIL",
        "fontTools",
    ),
    "dev": ("pytest", "pytestqt", "pytest_timeout", "hypothesis", "ruff", "mypy"),
}
# Qt 6.12.0 loses references to None under Python 3.11 and aborts; see ARCHITECTURE.md.
QT_FROM, QT_BELOW = (6, 8), (6, 12)
WAIT_SECONDS = 900
JUST_MADE = "GRADIENT_FLOW_EXPLORER_JUST_MADE"


def ensure(groups: Iterable[str] = ("app",), draws: str = "") -> None:
    """Return if the packages of `groups` can be imported; else make `.venv` and restart in it.

    Ends the program with status 2 where that is not possible. `draws` ("", "picture" or "window")
    says what the command will draw, so that missing system libraries are reported together with
    missing packages.
    """
    groups = tuple(groups)
    inside = VENV.exists() and VENV.samefile(sys.prefix)
    just_made = os.environ.pop(JUST_MADE, None)
    if importable(groups) if not inside else is_ready(groups, inside=True):
        require_packages([], libraries_for(draws))
        return
    # -S hides the environment's packages, so a restart would repeat itself for ever
    if sys.flags.no_site:
        fail("Python was started with -S and finds no packages: leave -S out")
    # this process was started by a set-up: another set-up would repeat itself for ever
    if just_made:
        fail(f"{VENV} is complete, but Python finds other packages first: unset PYTHONPATH")
    if inside or not is_ready(groups, inside=False):
        require_packages(venv_packages(), libraries_for(draws))
        if not os.access(ROOT, os.W_OK):
            fail(f"cannot write {VENV}: copy the program into a folder of your own and start again")
        with locked():
            # Another process may have finished the set-up while this one waited for the lock.
            if not is_ready(groups, inside=inside):
                set_up(groups, inside=inside)
        os.environ[JUST_MADE] = "1"
    run_again()


def importable(groups: Iterable[str]) -> bool:
    """Whether the interpreter finds all packages of the groups, Qt in a supported release."""
    for name in (name for group in groups for name in MODULES[group]):
        spec = importlib.util.find_spec(name)
        if spec is None or (name == "PySide6" and not is_sound_qt(spec.origin)):
            return False
    return True


def is_sound_qt(origin: str | None) -> bool:
    """Whether the PySide6 at `origin` is of a supported release; reads its version without Qt."""
    try:
        text = (Path(origin or "").parent / "_config.py").read_text(encoding="utf-8")
    except OSError:
        return False
    found = re.search(r"^version_info = \((\d+), (\d+)", text, re.MULTILINE)
    return found is not None and QT_FROM <= (int(found[1]), int(found[2])) < QT_BELOW


def venv_python() -> Path:
    """Path of the environment's interpreter."""
    return VENV / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")


def stamp_path(group: str) -> Path:
    """Path of the file that marks a group's packages as installed."""
    return VENV / f"{group}.stamp"


def stamp_text(group: str) -> bytes:
    """The stamp's content: a copy of the lock file, which is compared byte for byte."""
    return (ROOT / LOCKS[group]).read_bytes()


def is_ready(groups: Iterable[str], *, inside: bool) -> bool:
    """Whether `.venv` was finished from the present locks and its interpreter exists.

    `inside` `.venv` the packages are looked up as well: after an update of the system's Python they
    lie in the folder of the older version, which only the environment's own interpreter can see.
    """
    if not venv_python().exists() or (inside and not importable(groups)):
        return False
    try:
        return all(stamp_path(group).read_bytes() == stamp_text(group) for group in groups)
    except FileNotFoundError:
        return False


def set_up(groups: Iterable[str], *, inside: bool) -> None:
    """Make `.venv` or update it; stamps are removed first and written last.

    An environment without a stamp comes from an interrupted set-up and is made anew.
    """
    finished = [group for group in LOCKS if stamp_path(group).exists()]
    whole = venv_python().exists() and bool(finished) and not (inside and not importable(["app"]))
    say(f"{'bringing' if whole else 'setting'} up {VENV} (once; a few minutes on a slow network)")
    for group in finished:
        stamp_path(group).unlink()
    if not whole:
        make_venv()
    for group in groups:
        install(LOCKS[group], must=True)
    if not install(OPTIONAL_LOCK, must=False):
        say("no Graphviz for this machine: the built-in layout draws in its place")
    for group in groups:
        stamp_path(group).write_bytes(stamp_text(group))
    say("set-up finished")


def make_venv() -> None:
    """Make an empty `.venv` with pip."""
    if VENV.exists():
        try:
            shutil.rmtree(VENV)
        except OSError as error:
            fail(f"cannot remove the unfinished {VENV} ({error.strerror}): delete it by hand")
    base = getattr(sys, "_base_executable", sys.executable)
    status, output = run_quietly([base, "-I", "-m", "venv", str(VENV)])
    if status != 0:
        fail(f"cannot make {VENV}: {last_error(output)}")


def install(lock: str, *, must: bool) -> bool:
    """Install exactly the locked wheels, with hashes checked; return whether that worked."""
    command = [str(venv_python()), "-I", "-m", "pip", "install", "--no-input", "--no-deps"]
    command += ["--disable-pip-version-check", "--progress-bar=off", "--only-binary=:all:"]
    command += ["--require-hashes", "--requirement", str(ROOT / lock)]
    status, output = run_quietly(command)
    if status != 0 and must:
        fail(
            f"the packages of {lock} could not be installed: {last_error(output)}\n"
            "Check the network connection (and pip's proxy settings) and start again."
        )
    return status == 0


@contextmanager
def locked(wait_seconds: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock file while `.venv` is changed; the system frees it if the process dies."""
    with open(f"{VENV}.lock", "a+b") as file:
        os.set_inheritable(file.fileno(), True)
        until = time.monotonic() + wait_seconds
        told = False
        while not try_lock(file):
            if not told:
                say("another start is setting up the environment: waiting for it")
            told = True
            if time.monotonic() > until:
                fail(f"another process still holds {VENV}.lock: end it and start again")
            time.sleep(0.1)
        yield


def try_lock(file: IO[bytes]) -> bool:
    """Try to take the lock; return whether it is held."""
    try:
        if sys.platform == "win32":
            import msvcrt

            file.seek(0)
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    except OSError:
        return True  # the file system has no locks: go on without one
    return True


def run_again() -> NoReturn:
    """Run the same command with the environment's interpreter and exit with its status."""
    command = [str(venv_python()), *sys.orig_argv[1:]]
    sys.stdout.flush()
    sys.stderr.flush()
    if sys.platform != "win32":
        os.execv(command[0], command)
    process = subprocess.Popen(command)
    while True:
        try:
            raise SystemExit(process.wait())
        except KeyboardInterrupt:
            continue  # the child gets Ctrl-C as well and decides what to do


def venv_packages() -> list[str]:
    """The Debian package of `venv` and `ensurepip`, where this Python lacks them."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return []
    return [f"python{sys.version_info.major}.{sys.version_info.minor}-venv"]


if __name__ == "__main__":
    if len(sys.argv) < 2:
        fail("usage: python3 -m gui.bootstrap.environment MODULE [ARGUMENTS]")
    try:
        ensure(("app", "dev"))
    except KeyboardInterrupt:
        raise SystemExit(130) from None
    import runpy

    del sys.argv[0]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
