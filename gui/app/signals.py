"""SIGTERM (a log-out) and SIGINT (Ctrl-C in the terminal) end the window at once and cleanly.

Python runs its signal handlers between two bytecodes of the main thread, and while Qt waits for
events there are none: a socket that the interpreter writes to wakes Qt up.
"""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from PySide6.QtCore import QCoreApplication, QSocketNotifier, QTimer

from gui.window.opening.session_keeper import SessionKeeper
from gui.window.window import MainWindow

SIGNALS = (signal.SIGTERM, signal.SIGINT)


class Ended:
    """The exit status for the signal that came, 0 while none did."""

    status = 0


@contextmanager
def ended_by_signals(window: MainWindow, keeper: SessionKeeper) -> Iterator[Ended]:
    """A context in which either signal saves the session, closes the window and ends Qt's loops."""
    ended = Ended()

    def end(number: int, _: FrameType | None) -> None:
        if not ended.status:
            ended.status = 128 + number
            QTimer.singleShot(0, window, leave)  # not in the middle of what is being done

    def leave() -> None:
        keeper.save_now()
        window.close()
        QCoreApplication.exit(ended.status)

    reader, writer = socket.socketpair()
    writer.setblocking(False)
    notifier = QSocketNotifier(reader.fileno(), QSocketNotifier.Type.Read)
    notifier.activated.connect(lambda: reader.recv(64))  # the handler has run before this line
    before = {number: signal.signal(number, end) for number in SIGNALS}
    awake = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield ended
    finally:
        signal.set_wakeup_fd(awake)
        for number, handler in before.items():
            signal.signal(number, handler)
        notifier.setEnabled(False)
        reader.close()
        writer.close()
