"""What holds for every test: no display is needed, and nothing is left running behind it."""

import gc
import multiprocessing
import os
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QThread
from PySide6.QtWidgets import QApplication, QMainWindow

import engine.ops  # noqa: F401  first of all: `engine` sets one BLAS thread before numpy comes

# Placements kept by an earlier version of the program would be drawn in place of this one's.
CACHE = tempfile.TemporaryDirectory(prefix="gradient-flow-explorer-")
os.environ["XDG_CACHE_HOME"] = CACHE.name

GRACE_SECONDS = 2.0


def pytest_addoption(parser: pytest.Parser) -> None:
    """``--nightly``: tests that search at random (fuzzers, the monkey) do so for minutes."""
    parser.addoption("--nightly", action="store_true", help="search at random for minutes")


started_at: "WeakKeyDictionary[Any, str]" = WeakKeyDictionary()


def remember_start(kind: type, method: str) -> None:
    """Wrap `kind.method` so that a leak can be traced to the line that started it."""
    original: Callable[..., Any] = getattr(kind, method)

    def wrapper(self: Any, *args: Any, **options: Any) -> Any:
        frames = traceback.extract_stack()[:-1]
        ours = [frame for frame in frames if "site-packages" not in frame.filename]
        here = (ours or frames)[-1]
        started_at[self] = f"{here.filename}:{here.lineno} in {here.name}"
        return original(self, *args, **options)

    setattr(kind, method, wrapper)


remember_start(threading.Thread, "start")
remember_start(QThread, "start")
remember_start(subprocess.Popen, "__init__")
remember_start(multiprocessing.process.BaseProcess, "start")


def running() -> dict[str, Any]:
    """Everything that a test could leave behind, by a text that names it."""
    things: list[Any] = [
        # The dummies stand for Qt's threads and outlive them; QThread itself is looked at below.
        *(t for t in threading.enumerate() if not isinstance(t, threading._DummyThread)),
        *(t for t in list(started_at) if isinstance(t, QThread) and is_active(t)),
        *(p for p in list(started_at) if isinstance(p, subprocess.Popen) and p.poll() is None),
        *multiprocessing.active_children(),
    ]
    if isinstance(QApplication.instance(), QApplication):
        things += [w for w in QApplication.topLevelWidgets() if w.isVisible()]
    return {f"{thing!r}, started at {started_at.get(thing, '?')}": thing for thing in things}


def is_active(thread: QThread) -> bool:
    try:
        return thread.isRunning()
    except RuntimeError:  # the C++ half is gone, so nothing runs
        return False


@pytest.fixture(autouse=True)
def nothing_left_running(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a test that leaves a thread, a child process or a visible window."""
    before = list(map(id, running().values()))
    yield
    until = time.monotonic() + GRACE_SECONDS
    while True:
        left = [text for text, thing in running().items() if id(thing) not in before]
        if not left or time.monotonic() > until:
            break
        time.sleep(0.01)
    delete_windows()
    assert not left, "the test left running:\n" + "\n".join(left)


@pytest.fixture(scope="module", autouse=True)
def nothing_old_to_collect() -> None:
    """Leave what earlier modules keep alive out of later collections, which would take seconds."""
    gc.collect()
    gc.freeze()


def delete_windows() -> None:
    """Delete closed windows for good: a style change reaches every widget that still exists."""
    if isinstance(QApplication.instance(), QApplication):
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, QMainWindow) and not widget.isVisible():
                widget.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


@pytest.fixture
def project() -> Path:
    """The folder of main.py."""
    return Path(__file__).resolve().parent.parent


@pytest.fixture
def run_main(project: Path) -> Callable[..., "subprocess.CompletedProcess[str]"]:
    """Run main.py as a person would, in a process of its own."""

    def run(*argv: str, **environment: str) -> "subprocess.CompletedProcess[str]":
        kept = {name: value for name, value in os.environ.items() if "DISPLAY" not in name}
        kept.pop("QT_QPA_PLATFORM", None)
        return subprocess.run(
            [sys.executable, str(project / "main.py"), *argv],
            env={**kept, **environment},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run
