"""Makes the pictures of the window in resources/screenshots: ``python3 -m tests.screenshots``.

Run inside the program's environment; needs no display. Each picture is the real window at
1440 × 900 after real training.
"""

import os
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QEventLoop

from engine.commands import Operate, Train
from gui.app import make_application
from gui.window import MainWindow
from tests.gui.rig import settings_in, shown_window, system_of

FOLDER = Path(__file__).resolve().parent.parent / "resources" / "screenshots"
SIZE = 1440, 900
SETTLE_SECONDS = 2.5


@dataclass(frozen=True)
class Shot:
    """A picture: the system, how far it is trained, what is selected and which docks are up."""

    name: str
    system: str
    steps: int = 0
    operations: int = 0
    select: str = ""
    docks: tuple[str, ...] = ()
    changes: dict[str, Any] = field(default_factory=dict)


SHOTS = (
    Shot("d2l-mlp", "d2l-mlp", steps=60, select="W⁽²⁾"),
    Shot("cs231n-gates", "cs231n-gates", operations=11, select="y"),
    Shot(
        "deep-mlp-50",
        "deep-mlp",
        steps=100,
        docks=("diagnosis",),
        changes={"layers__0__repeat": 50, "layers__0__activation": "sigmoid"},
    ),
)


def main() -> None:
    """Make every picture in both themes."""
    FOLDER.mkdir(exist_ok=True)
    for shot in SHOTS:
        for theme in ("light", "dark"):
            take(shot, theme)


def take(shot: Shot, theme: str) -> None:
    """Make one picture."""
    application = make_application()

    def wait(done: Callable[[], bool]) -> None:
        until = time.monotonic() + 60
        while not done() and time.monotonic() < until:
            application.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 10)

    def pause() -> None:
        end = time.monotonic() + SETTLE_SECONDS
        wait(lambda: time.monotonic() > end)

    with tempfile.TemporaryDirectory() as folder:
        settings_in(Path(folder)).setValue("theme", theme)
        window = shown_window(Path(folder))
        window.resize(*SIZE)
        system = system_of(shot.system, **shot.changes)
        window.session.open(system)
        wait(lambda: window.session.system == system and window.session.resting)
        drive(window, shot, wait)
        pause()
        window.grab().save(str(FOLDER / f"{shot.name}-{theme}.png"))
        window.close()
        window.deleteLater()


def drive(window: MainWindow, shot: Shot, wait: Callable[[Callable[[], bool]], None]) -> None:
    """Train, step, select and raise docks as the shot says."""
    session = window.session
    if shot.steps:
        session.send(Train(steps=shot.steps))
    if shot.operations:
        session.send(Operate(count=shot.operations))
    wait(lambda: session.resting)
    if shot.select and session.topology is not None:
        names = [node.name for node in session.topology.nodes]
        session.select(node=names.index(shot.select))
    for name in shot.docks:
        window.docks[name].raise_()


if __name__ == "__main__":
    main()
