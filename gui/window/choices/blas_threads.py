"""The number of threads of a matrix product: menu, saved choice, and status bar."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu

from engine.messages.commands import Threads
from engine.support import blas_threads
from engine.support.text import tr
from gui.window.parts import WindowParts

KEY = "threads"


class ThreadChoice(QObject):
    """Sends the choice to the training thread and shows the number that is in use."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self.actions: dict[int, QAction] = {}
        window.session.threads_changed.connect(self._show)

    def start(self, count: int | None) -> None:
        """Use this many threads; None: the saved choice, else the program's default."""
        self._window.session.send(Threads(count or self._remembered()))

    def choose(self, count: int) -> None:
        """Use this many threads, and save the choice."""
        self._window.settings.setValue(KEY, count)
        self._window.session.send(Threads(count))

    def fill(self, menu: QMenu) -> None:
        """Add the submenu with the numbers of threads."""
        inner = menu.addMenu(tr("BLAS t&hreads"))
        inner.setToolTipsVisible(True)
        group = QActionGroup(inner)
        for count in blas_threads.choices():
            action = inner.addAction(f"&{count}")
            action.setCheckable(True)
            action.setObjectName(f"threads-{count}")
            action.setToolTip(threads_tip())
            action.triggered.connect(lambda _=False, n=count: self.choose(n))
            group.addAction(action)
            self.actions[count] = action

    def _remembered(self) -> int | None:
        text = str(self._window.settings.value(KEY, ""))
        return int(text) if text.isdecimal() and int(text) in blas_threads.choices() else None

    def _show(self, count: int) -> None:
        for number, action in self.actions.items():
            action.setChecked(number == count)
        self._window.status.threads.setText(threads_words(count))


def threads_words(count: int) -> str:
    """Return the number of threads for the status bar, "" where it is not known."""
    if count == 0:
        return ""
    return tr("1 thread") if count == 1 else tr("{count} threads").format(count=count)


def threads_tip() -> str:
    """Return the tooltip that explains the choice."""
    return tr(
        "Threads of a matrix product. One is best for small networks; more can help large "
        "layers on processors that have nothing else to do."
    )
