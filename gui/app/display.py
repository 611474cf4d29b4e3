"""Ends the program in words where Qt cannot open a window; Qt itself would abort.

A platform that cannot be used (a display that does not answer or refuses, one that is unknown) is
found out by Qt's own try, so that this costs nothing at the start and misses no case.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QGuiApplication

from gui.bootstrap import machine

PLATFORM = "QT_QPA_PLATFORM"
_THERE = "plugins are: "  # before the list in Qt's last message


@contextmanager
def ending_well() -> Iterator[None]:
    """While the application is made: exit with status 2, saying why, where Qt gives up."""
    said: list[str] = []

    def hear(kind: QtMsgType, about: QMessageLogContext, text: str) -> None:
        if kind is not QtMsgType.QtFatalMsg:
            said.append(f"{about.category}: {text}" if about.category != "default" else text)
            return
        machine.say(machine.no_window(reason(said, text)))
        os._exit(2)  # back in Qt it would abort

    before = qInstallMessageHandler(hear)
    try:
        yield
    finally:
        qInstallMessageHandler(before)
    for text in said:
        print(text, file=sys.stderr)


def require_screen() -> None:
    """Exit with status 2 where Qt's platform has no screen, as a missing framebuffer has none."""
    if not QGuiApplication.screens():
        name = QGuiApplication.platformName()
        machine.fail(machine.no_window(f"Qt's platform {name!r} finds no screen"))


def reason(said: list[str], last: str) -> str:
    """Return why there is no window; ``said`` and ``last`` are Qt's messages."""
    there = last.partition(_THERE)[2].strip(" .\n")
    names = [name.partition(":")[0] for name in os.environ.get(PLATFORM, "").split(";") if name]
    unknown = [name for name in names if there and name not in there.split(", ")]
    if unknown:
        return f"{PLATFORM} is {unknown[0]!r}, and Qt has {there}"
    tried = names or [name for name in machine.DISPLAYS if os.environ.get(machine.DISPLAYS[name])]
    displays = [name for name in tried if name in machine.DISPLAYS]
    found = [f"{machine.told(name)} does not answer or refuses" for name in displays]
    if not found or not there:  # another platform, or another failure
        found = [text for text in [*said, last] if text][-1:]
    return " and ".join(found).replace("\n", " ")
