"""Offers the sessions that programs left which ended unexpectedly, and takes them up again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, QTimer

from engine.messages.topology import Topology
from engine.support.text import tr
from gui.session.saved_session import SavedSession
from gui.session.session_folders import Orphan, orphans
from gui.widgets.background_work import BackgroundWork, End, Report
from gui.window.keeping.offer_bar import OfferBar
from gui.window.opening.reopening import reopen
from gui.window.parts import WindowParts


class Restoring(QObject):
    """Offers one orphan after the other, the newest first.

    Parameters
    ----------
    root:
        The folder of all sessions.
    outlive:
        Called with an orphan that was restored: to remove it once it is saved anew.
    """

    def __init__(self, window: WindowParts, root: Path, outlive: Callable[[Orphan], None]) -> None:
        super().__init__(window)
        self._window, self._root, self._outlive = window, root, outlive
        self._offered: list[Orphan] = []
        self._opening: SavedSession | None = None
        self._unsaid: list[str] = []
        self.bar = OfferBar()
        window.put_above(self.bar)
        self.bar.restore.connect(self._restore)
        self.bar.discard.connect(self._discard)
        self._search = BackgroundWork("session search", self)
        self._search.reported.connect(self.say)
        self._search.ended.connect(self._found)
        self._reading = BackgroundWork("session reading", self)
        self._reading.ended.connect(self._read)
        session = window.session
        session.topology_changed.connect(self._built)
        session.frame_arrived.connect(self._arrived)
        session.not_opened.connect(self._refused)
        session.cancelled.connect(self._given_up)

    def start(self) -> None:
        """Look for orphans; the bar appears where there are any."""
        self._search.start(lambda report: orphans(self._root, report))

    def say(self, words: str) -> None:
        """Say what was set aside, once the window has said what it opened."""
        self._unsaid.append(words)
        if self._window.session.frame is not None:
            self._say_all()

    def _say_all(self) -> None:
        if self._unsaid:
            self._window.note(" ".join(self._unsaid))
            self._unsaid.clear()

    def close(self) -> None:
        """Leave what was offered and not answered to the next program."""
        for work in (self._search, self._reading):
            work.close()
        for orphan in self._offered:
            orphan.leave()
        self._offered.clear()

    @property
    def busy(self) -> bool:
        """Whether orphans are looked for, or one is being restored."""
        return self._search.busy or self._reading.busy or self._opening is not None

    # -- offering ----------------------------------------------------------------------------

    def _found(self, end: End) -> None:
        self._offered = list(end.result or ())
        self._offer()

    def _offer(self) -> None:
        if not self._offered:
            self.bar.hide()
            return
        words = tr("The last session ended unexpectedly: {what}.")
        text = words.format(what=self._offered[0].summary.words())
        more = len(self._offered) - 1
        if more:
            text += " " + tr("{count} more after it.").format(count=more)
        self.bar.offer(text)

    def _discard(self) -> None:
        orphan = self._offered.pop(0)
        orphan.remove()
        self._window.note(tr("Discarded: {what}").format(what=orphan.summary.words()))
        self._offer()

    # -- restoring ---------------------------------------------------------------------------

    def _restore(self) -> None:
        if not self._window.files.may_leave():
            return
        self.bar.hide()
        orphan = self._offered[0]

        def read(_: Report) -> SavedSession:
            import gui.window.keeping.state  # noqa: F401  takes time to import

            return orphan.load()

        self._reading.start(read)

    def _read(self, end: End) -> None:
        if end.error is not None:
            if not end.crashed:
                path = self._offered.pop(0).set_aside()
                words = tr("The session cannot be read and was set aside as {path}: {why}")
                self._window.note(words.format(path=path, why=end.error))
            self._offer()
        elif isinstance(end.result, SavedSession):
            self._opening = end.result
            reopen(self._window, self._opening.recipe, self._opening.path)

    def _built(self, _: Topology) -> None:
        from gui.window.keeping.state import end_of, put_back

        saved = self._opening
        if saved is None or self._window.session.system != end_of(saved.recipe):
            return
        put_back(self._window, saved)
        self._outlive(self._offered.pop(0))
        self._window.note(tr("Restored, at step {step}").format(step=saved.recipe.step))
        self._offer()

    def _arrived(self, _: object) -> None:
        self._say_all()
        saved = self._opening
        session = self._window.session
        if saved is None or session.draft.system is not saved.draft.system:
            return
        self._opening = None
        from gui.window.keeping.state import put_back_panels

        # In the next turn: what the frame itself changes in the panels comes first.
        QTimer.singleShot(0, self, lambda: put_back_panels(self._window, saved))

    def _given_up(self, _: str) -> None:
        if self._opening is not None:
            self._opening = None
            self._offer()

    def _refused(self, _: str) -> None:
        """Open the draft for editing, where the system itself cannot be built any more.

        The session is offered again: what it needs, such as a data file, may come back.
        """
        saved, self._opening = self._opening, None
        if saved is None:
            return
        self._offer()
        from gui.window.keeping.state import put_back

        session = self._window.session

        def edit(_: Topology) -> None:
            session.topology_changed.disconnect(edit)
            QTimer.singleShot(0, self, lambda: put_back(self._window, saved))

        session.topology_changed.connect(edit)
        QTimer.singleShot(0, self, lambda: session.open_unfinished(saved.draft.system, saved.path))
