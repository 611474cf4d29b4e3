"""Ends an idle window at a signal: SIGTERM of a log-out, SIGINT of Ctrl+C, SIGHUP of a terminal.

Python runs its signal handlers between two of its instructions, and while Qt waits for events there
are none. So the operating system's own handler writes the signal's number into a socket, which
wakes Qt.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable

from PySide6.QtCore import QObject, QSocketNotifier

SIGNALS = [
    getattr(signal, name)
    for name in ("SIGTERM", "SIGINT", "SIGHUP", "SIGBREAK")
    if hasattr(signal, name)
]


class EndingBySignal(QObject):
    """Calls ``end`` on the GUI thread at the first signal; a second one ends the process at once.

    ``status`` is then the exit status, 128 + the signal's number; 0 before.
    """

    def __init__(self, end: Callable[[], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.status = 0
        self._end = end
        self._reader, self._writer = socket.socketpair()
        self._reader.setblocking(False)
        self._writer.setblocking(False)
        self._notifier = QSocketNotifier(
            self._reader.fileno(), QSocketNotifier.Type.Read, parent=self
        )
        self._notifier.activated.connect(self._hear)
        self._before = {number: signal.signal(number, _wake) for number in SIGNALS}
        self._woken = signal.set_wakeup_fd(self._writer.fileno(), warn_on_full_buffer=False)

    def close(self) -> None:
        """Handle signals as before."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._woken)
        for number, before in self._before.items():
            signal.signal(number, before)
        self._reader.close()
        self._writer.close()

    def _hear(self) -> None:
        numbers = [number for number in self._reader.recv(64) if number in SIGNALS]
        if numbers and not self.status:
            self.status = 128 + numbers[0]
            for number in SIGNALS:
                signal.signal(number, signal.SIG_DFL)
            self._end()


def _wake(*_: object) -> None:
    """Let the signal interrupt nothing: the socket has its number."""
