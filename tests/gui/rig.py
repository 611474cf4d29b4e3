"""A real window with the real engine for tests, and what they wait for."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, QEvent, QSettings

from engine.messages.frame import Frame
from engine.system import catalogue
from engine.system.system import System, override
from gui.app.application import make_application, make_window
from gui.window.window import MainWindow

WAIT_MS = 15_000


def settings_in(folder: Path) -> QSettings:
    """Settings of the test's own."""
    return QSettings(str(folder / "settings.ini"), QSettings.Format.IniFormat)


def shown_window(folder: Path, **options: Any) -> MainWindow:
    """Return a window on the screen, without a system."""
    make_application()
    window = make_window(settings_in(folder), **options)
    window.session.crashed.connect(_fail)
    window.show()
    window.activateWindow()
    return window


def dismiss(window: MainWindow) -> None:
    """Close the window and delete it with all its widgets: each later one would restyle them."""
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)


def _fail(details: str) -> None:
    raise AssertionError(details)


def system_of(name: str, **changes: Any) -> System:
    """A system of the catalogue with some settings changed (``__`` for the dot)."""
    system = catalogue.load(name)
    for key, value in changes.items():
        system = override(system, key.replace("__", "."), value)
    return system


def open_system(window: MainWindow, qtbot: Any, name: str, **changes: Any) -> None:
    """Open a system of the catalogue and wait until it stands on the screen."""
    system = system_of(name, **changes)
    window.session.open(system)
    qtbot.waitUntil(lambda: window.session.system == system, timeout=WAIT_MS)
    settle(window, qtbot)


def settle(window: MainWindow, qtbot: Any) -> Frame:
    """Wait until everything asked for is done and shown; return the newest frame."""
    session = window.session
    qtbot.waitUntil(lambda: session.resting, timeout=WAIT_MS)
    assert session.frame is not None
    return session.frame


def wait(qtbot: Any, condition: Callable[[], bool]) -> None:
    """Wait for a condition, longer than a loaded machine needs."""
    qtbot.waitUntil(condition, timeout=WAIT_MS)


def laid_out(window: MainWindow, qtbot: Any) -> None:
    """Wait until the graph stands where it is to stay."""
    canvas = window.canvas

    def idle() -> bool:
        return not (canvas.preparing.busy or canvas._layouts.busy or canvas.placing.moving)

    qtbot.waitUntil(idle, timeout=WAIT_MS)
