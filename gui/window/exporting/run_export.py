"""All scalars of a run as one CSV file: what the command line's ``--metrics`` writes.

Written by a thread of its own, chunk after chunk of the history, while the window goes on and the
training with it; the file holds the rows of the moment it was asked for.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QFileDialog, QProgressDialog

from engine.export.metrics import write_file
from engine.messages.frame import Scalars
from engine.support.cancellation import Cancelled, watched
from engine.support.errors import InputError
from engine.support.figures import whole
from engine.support.text import tr
from gui.window.parts import WindowParts

SLOW_MS = 400  # from then on a dialog shows how far it is
SUFFIX = ".csv"


class RunExport(QObject):
    """Asks for a file and writes it.

    Signals: ``wrote(rows)`` so many rows so far; ``ended(problem)``, "" where all went well.
    """

    wrote = Signal(int)
    ended = Signal(str)

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self._thread: threading.Thread | None = None
        self._cancelled = threading.Event()
        self._dialog: QProgressDialog | None = None
        self._done = ""
        self.ended.connect(self._end)

    def ask(self) -> None:
        """Ask where to, and write the rows that there are."""
        history, topology = self._window.session.history, self._window.session.topology
        if self._thread is not None or topology is None:
            return
        if not len(history):
            self._window.note(tr("There is nothing to export yet: no pass is finished."))
            return
        name = str(Path(self._window.files.folder()) / f"{topology.system}{SUFFIX}")
        title = tr("Export run as CSV")
        path, _ = QFileDialog.getSaveFileName(self._window, title, name, f"CSV (*{SUFFIX})")
        if path:
            self.write(Path(path if path.lower().endswith(SUFFIX) else path + SUFFIX))

    def write(self, path: Path) -> None:
        """Write all rows there; progress can be seen and cancelled where it takes long."""
        history, topology = self._window.session.history, self._window.session.topology
        assert topology is not None
        self._done = self._words(path)
        self._cancelled.clear()
        self._show_progress(path, len(history))
        self._thread = threading.Thread(
            target=self._write,
            args=(path, [layer.name for layer in topology.layers], history.scalars()),
            name="run export",
        )
        self._thread.start()

    def close(self) -> None:
        """Give up what is being written; nothing is left of it."""
        self._cancelled.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def _words(self, path: Path) -> str:
        """What to say when it is done; not every step is there where the history was thinned."""
        history = self._window.session.history
        words = tr("{rows} steps written to {path}")
        said = words.format(rows=whole(len(history)), path=path)
        first, exact = history.first_step, history.exact_from
        if exact is None or exact != first:
            thinned = tr("of the steps before {step} some only: the plots' memory was full")
            last = history.last_step if exact is None else exact
            said += "; " + thinned.format(step=whole(last or 0))
        return said

    def _show_progress(self, path: Path, rows: int) -> None:
        words = tr("Writing {name}…").format(name=path.name)
        self._dialog = QProgressDialog(words, tr("Cancel"), 0, rows, self._window)
        self._dialog.setWindowTitle(tr("Export run as CSV"))
        self._dialog.setWindowModality(Qt.WindowModality.NonModal)
        self._dialog.setMinimumDuration(SLOW_MS)
        self._dialog.setAutoClose(False)
        self._dialog.setAutoReset(False)
        self._dialog.canceled.connect(self._cancelled.set)
        self.wrote.connect(self._dialog.setValue)

    # -- in the thread -------------------------------------------------------------------------

    def _write(self, path: Path, layers: list[str], parts: Iterator[Scalars]) -> None:
        def watch(rows: int, _: int) -> None:
            if self._cancelled.is_set():
                raise Cancelled
            self.wrote.emit(rows)

        try:
            with watched(watch):
                write_file(path, layers, parts)
        except Cancelled:
            self.ended.emit(tr("Cancelled: nothing was written"))
        except InputError as error:
            self.ended.emit(str(error))
        else:
            self.ended.emit("")

    # -- on the GUI thread again ---------------------------------------------------------------

    def _end(self, problem: str) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._dialog is not None:
            self._dialog.reset()
            self._dialog.deleteLater()
            self._dialog = None
        if problem and not self._cancelled.is_set():
            self._window.session.not_opened.emit(problem)
            self._window.session.problem.emit(problem)
        else:
            self._window.note(problem or self._done)
