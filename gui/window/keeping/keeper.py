"""``SessionKeeper``: saves the session by itself, soon after each change, whatever changed.

The window's state is looked at once a second and saved where it differs: so no change can be
forgotten. What it takes from the GUI thread is looking; writing is a ``BackgroundWork``.
"""

from __future__ import annotations

import contextlib
import time
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from engine.support.errors import EngineError
from engine.support.text import tr
from gui.bootstrap import home
from gui.session.saved_session import SavedSession
from gui.session.session_folders import Orphan, OwnFolder
from gui.widgets.background_work import BackgroundWork, End, Report
from gui.widgets.drawing_rates import SESSION_LOOK_MS, SESSION_RETRY_SECONDS, SESSION_RUN_SECONDS
from gui.window.parts import WindowParts


class SessionKeeper(QObject):
    """Saves one window's session in a folder of its own below ``root``."""

    def __init__(self, window: WindowParts, root: Path) -> None:
        super().__init__(window)
        self._window = window
        self._folder = OwnFolder(root)
        self._known: SavedSession | None = None  # what was written last, or is being written
        self._next = 0.0  # no writing before this time
        self._told = False
        self._outlived: list[Orphan] = []
        self._work = BackgroundWork("session saving", self)
        self._work.ended.connect(self._written)
        self._timer = QTimer(self)
        self._timer.setInterval(SESSION_LOOK_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Save from now on."""

        def prepare(_: Report) -> None:
            import gui.window.keeping.state  # noqa: F401  takes time to import

        self._work.start(prepare)
        self._timer.start()

    def look(self) -> None:
        """Save the session if it has changed since the last time and nothing is being written."""
        now = time.monotonic()
        running = self._window.session.running
        if self._work.busy or now < self._next + (SESSION_RUN_SECONDS if running else 0.0):
            return
        from gui.window.keeping.state import state_of

        self._next = now + SESSION_RETRY_SECONDS  # should looking itself fail
        state = state_of(self._window)
        self._next = now
        if state is None or state == self._known:
            return
        self._known = state
        outlived = list(self._outlived)

        def write(_: Report) -> list[Orphan]:
            self._folder.write(state)
            for orphan in outlived:  # what it held is in this session's own file now
                orphan.remove()
            return outlived

        self._work.start(write)

    def outlive(self, orphan: Orphan) -> None:
        """Remove this orphan once what it held, restored here, is saved again."""
        self._outlived.append(orphan)

    def end(self, *, unexpectedly: bool) -> None:
        """Stop saving; the folder stays, with the newest state, only after an unexpected end."""
        self._timer.stop()
        self._work.close()
        if not unexpectedly:
            for orphan in self._outlived:
                orphan.remove()
            self._folder.remove()
            return
        from gui.window.keeping.state import state_of

        state = state_of(self._window)
        if state is not None and state != self._known:
            with contextlib.suppress(EngineError, OSError):  # told already, or nobody to tell
                self._folder.write(state)
        self._folder.leave()

    def _written(self, end: End) -> None:
        if isinstance(end.error, (EngineError, OSError)):
            self._known, self._next = None, time.monotonic() + SESSION_RETRY_SECONDS
            self._tell(end.error)
        elif end.result:
            self._outlived = [one for one in self._outlived if one not in end.result]

    def _tell(self, error: BaseException) -> None:
        """Say once that nothing is kept; training and the window go on."""
        if not self._told:
            self._told = True
            why = tr("there is no home folder (HOME)") if home.is_missing() else str(error)
            words = tr("The session is not kept, nor are the settings: {why}")
            self._window.note(words.format(why=why))
