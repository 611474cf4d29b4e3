"""Saves the session by itself while one works, and offers what a crash left at the next start.

Each running window has a file of its own, with a lock that ends with its process. A window that
is closed removes its file; one that was killed leaves it, and the next start offers it.
"""

from __future__ import annotations

import dataclasses
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QLockFile, QObject, Qt, QTimer

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.recipes.recipe import Recipe, of_frame
from engine.support.errors import EngineError
from engine.support.text import tr
from engine.support.whole_files import write_bytes
from gui.session.saved_session import SavedSession, kept_to_bytes, read, to_bytes
from gui.widgets.background_work import BackgroundWork, End
from gui.window.parts import WindowParts

LOOK_MS = 1000  # how often it looks for changes: what is typed is on disk within two seconds
SUFFIX, KEPT, LOCK, UNREADABLE = ".session", ".kept", ".lock", ".unreadable"


class SessionKeeper(QObject):
    """Saves the session of a window; ``offer`` and ``restore`` bring back a left one."""

    def __init__(self, window: WindowParts, folder: Path) -> None:
        super().__init__(window)
        self._window, self._session = window, window.session
        self._folder = folder
        self._name = f"{os.getpid()}-{secrets.token_hex(4)}"
        self._lock: QLockFile | None = None
        self._seen: Any = None
        self._held: tuple[Any, ...] = ()
        self._kept: Any = None
        self._told = False
        self._work = BackgroundWork("session", self)
        self._work.ended.connect(self._written)
        self._timer = QTimer(self)
        self._timer.setInterval(LOOK_MS)
        self._timer.timeout.connect(self.look)

    @property
    def file(self) -> Path:
        """The file of this window's session; its kept curves are beside it."""
        return self._folder / f"{self._name}{SUFFIX}"

    # -- saving ------------------------------------------------------------------------------

    def start(self) -> None:
        """Save from now on, a second after a change at the latest."""
        self._timer.start()

    def look(self) -> None:
        """Save where something changed since the last time, unless a save is under way."""
        if self._work.busy or self._session.system is None or self._session.busy:
            return
        seen = self._state()
        if seen == self._seen:
            return
        work = self._save_work()
        if work is not None:
            self._seen = seen
            # Kept alive, so that nothing new has the identity of what was compared.
            self._held = (
                self._session.draft.system,
                self._session.system,
                *self._session.kept_runs,
            )
            self._work.start(work)

    def save_now(self) -> None:
        """Save and wait for it: the process is about to end, and the file is to be offered."""
        self._timer.stop()
        self._work.close()
        work = self._save_work()
        if work is not None:
            try:
                work(lambda _: None)
            except EngineError:
                self._told = True  # there is nobody to tell

    def stop(self, *, keep: bool = False) -> None:
        """End; without ``keep`` the file goes, since the window remembers the rest itself."""
        self._timer.stop()
        self._work.close()
        if not keep:
            remove(self.file)
        if self._lock is not None:
            self._lock.unlock()

    def _state(self) -> tuple[Any, ...]:
        """Return what is compared with the last time: by identity, at no cost."""
        session, frame = self._session, self._session.frame
        view = self._window.canvas.view
        seen = (view.horizontalScrollBar().value(), view.verticalScrollBar().value())
        place = None if frame is None else (frame.generation, frame.step, frame.cursor)
        kept = tuple(map(id, session.kept_runs))
        stack = session.draft.stack
        return (
            id(session.draft.system),
            id(session.system),
            (stack.count(), stack.index()),
            place,
            kept,
            (session.selected_node, session.selected_edge),
            (view.transform(), *seen),
            self._window.canvas.opened,
        )

    def _save_work(self) -> Callable[[Callable[[object], None]], object] | None:
        saved = self.collect()
        if saved is None or not self._ready():
            return None
        kept = tuple(map(id, saved.kept))
        writes_kept = kept != self._kept
        self._kept = kept

        def work(_: object) -> None:
            if writes_kept and saved.kept:
                write_bytes(self.file.with_suffix(KEPT), kept_to_bytes(saved.kept))
            elif writes_kept:
                self.file.with_suffix(KEPT).unlink(missing_ok=True)
            write_bytes(self.file, to_bytes(saved))

        return work

    def collect(self) -> SavedSession | None:
        """Return the session as it is, without copying anything; None while there is none."""
        session = self._session
        draft, running = session.draft.system, session.system
        if draft is None or running is None:
            return None
        path = str(session.path or "")
        edits, done = session.draft.edits(), session.draft.stack.index()
        recipe = self._recipe(session.topology, session.frame) or Recipe(running)
        return SavedSession(recipe, draft, path, edits, done, tuple(session.kept_runs))

    def _recipe(self, topology: Topology | None, frame: Frame | None) -> Recipe | None:
        """Return the recipe of what is shown, with the view where it is drawn."""
        from gui.window.exporting.material import material_of

        if topology is None or frame is None or not topology.nodes:
            return None
        if not frame.systems:
            return None
        drawing = self._window.canvas.drawing
        drawn = drawing.frame is frame and drawing.placement is not None
        recipe = material_of(self._window).recipe if drawn else of_frame(topology, frame)
        start = self._session.start
        if start is not None:
            recipe = dataclasses.replace(recipe, parameters=start.parameters, batch=start.batch)
        return recipe

    def _ready(self) -> bool:
        """Make the folder and take the lock, once; say once where that cannot be done."""
        if self._lock is not None:
            return True
        if self._told:
            return False
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            self._tell(error.strerror or str(error))
            return False
        lock = QLockFile(str(self._folder / f"{self._name}{LOCK}"))
        lock.setStaleLockTime(0)
        if not lock.tryLock(0):
            self._tell(tr("the folder {folder} cannot be written").format(folder=self._folder))
            return False
        self._lock = lock
        return True

    def _written(self, end: End) -> None:
        if end.error is not None and not end.crashed:
            self._tell(str(end.error))

    def _tell(self, why: str) -> None:
        """Say once that the session is not saved; working goes on."""
        if not self._told:
            self._told = True
            words = tr("The session cannot be saved by itself ({why})")
            self._window.note(words.format(why=why))

    # -- what a crash left -------------------------------------------------------------------

    def offer(self) -> bool:
        """Ask about the newest session that was left; return whether there is one."""
        left = self._left()
        if left is None:
            return False
        from gui.window.dialogs import Button, question

        file, lock = left
        try:
            saved = read(file)
        except EngineError:
            aside = file.with_suffix(UNREADABLE)
            file.replace(aside)
            lock.unlock()
            words = tr("The last session could not be read; it was set aside as {file}")
            self.say_after_opening(words.format(file=aside))
            return False
        text = tr("The last session ended without being closed. It holds:")
        box = question(
            self._window,
            tr("The last session"),
            f"{text}\n\n{saved.words()}\n\n{tr('Take it up again?')}",
            Button.Yes | Button.No,
        )
        box.buttons.button(Button.Yes).setText(tr("Take it up again"))
        box.buttons.button(Button.No).setText(tr("Discard it"))

        def answered(button: int) -> None:
            if button == Button.Yes.value:
                self.restore(saved)
            if button in (Button.Yes.value, Button.No.value):
                remove(file)
            lock.unlock()

        box.finished.connect(answered)
        box.open()
        return True

    def say_after_opening(self, text: str) -> None:
        """Say something once the graph stands there, which says something itself."""
        self._session.topology_changed.connect(
            lambda _: self._window.note(text), Qt.ConnectionType.SingleShotConnection
        )

    def _left(self) -> tuple[Path, QLockFile] | None:
        """Return the newest file whose process is gone, with its lock; older ones wait."""
        try:
            files = sorted(self._folder.glob(f"*{SUFFIX}"), key=lambda file: -file.stat().st_mtime)
        except OSError:
            return None
        for file in files:
            lock = QLockFile(str(file.with_suffix(LOCK)))
            lock.setStaleLockTime(0)
            if file != self.file and lock.tryLock(0):
                return file, lock
        return None

    def restore(self, saved: SavedSession) -> None:
        """Open a session: training is replayed to its step, which can be cancelled."""
        from gui.window.opening.reopening import reopen

        path = Path(saved.path) if saved.path else None
        if saved.recipe.system.is_empty:
            self._session.open_unfinished(saved.draft, path)
        else:
            reopen(self._window, saved.recipe, path)
        _Restoring(self._window, saved)


class _Restoring(QObject):
    """Waits for the restored graph, then gives back undo history and kept curves."""

    def __init__(self, window: WindowParts, saved: SavedSession) -> None:
        super().__init__(window)
        self._session, self._saved = window.session, saved
        self._session.topology_changed.connect(self._give_back)
        self._session.not_opened.connect(self._end)
        self._session.cancelled.connect(self._end)

    def _give_back(self, *_: object) -> None:
        QTimer.singleShot(0, self, self._give_back_now)  # after the session is done with the graph

    def _give_back_now(self) -> None:
        saved, session = self._saved, self._session
        session.draft.restore(saved.draft, saved.edits, saved.done)
        session.kept_runs.restore(saved.kept)
        session.count_as_unsaved()
        self._end()

    def _end(self, *_: object) -> None:
        self._session.topology_changed.disconnect(self._give_back)
        self._session.not_opened.disconnect(self._end)
        self._session.cancelled.disconnect(self._end)
        self.deleteLater()


def remove(file: Path) -> None:
    """Remove a session's files, as far as they are there."""
    for one in (file, file.with_suffix(KEPT)):
        try:
            one.unlink(missing_ok=True)
        except OSError:
            continue  # a home that can no longer be written
