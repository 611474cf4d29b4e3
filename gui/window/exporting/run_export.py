"""Writes all scalars of a run as a CSV file, as ``--metrics`` of the command line does.

It is written in the background, chunk by chunk of the history, while training goes on; the file
holds the rows that existed when it was asked for.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog, QProgressDialog

from engine.export.metrics import write_file
from engine.support.cancellation import watched
from engine.support.figures import whole
from engine.support.text import tr
from gui.widgets.background_work import BackgroundWork, End, Report
from gui.window.parts import WindowParts

SLOW_MS = 400  # milliseconds after which a dialog shows the progress
SUFFIX = ".csv"


class RunExport(QObject):
    """Asks for a file name and writes the rows."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self._work = BackgroundWork("run export", self)
        self._work.reported.connect(self._show_rows)
        self._work.ended.connect(self._end)
        self._dialog: QProgressDialog | None = None
        self._done = ""

    @property
    def busy(self) -> bool:
        """Whether a file is being written."""
        return self._work.busy

    def ask(self) -> None:
        """Ask for a file, and write the present rows."""
        history, topology = self._window.session.history, self._window.session.topology
        if self.busy or topology is None:
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
        """Write the present rows; progress is shown and can be cancelled if it takes long."""
        history, topology = self._window.session.history, self._window.session.topology
        assert topology is not None
        self._done = self._words(path)
        self._show_progress(path, len(history))
        layers, rows = [layer.name for layer in topology.layers], history.scalars()

        def work(report: Report) -> None:
            with watched(lambda done, _: report(done)):
                write_file(path, layers, rows)

        self._work.start(work)

    def close(self) -> None:
        """Cancel writing; no unfinished file is left."""
        self._work.close()

    def _words(self, path: Path) -> str:
        """Return the final message, which says if the history was thinned."""
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
        self._dialog.canceled.connect(self._work.cancel)

    def _show_rows(self, rows: int) -> None:
        if self._dialog is not None:
            self._dialog.setValue(rows)

    def _end(self, end: End) -> None:
        if self._dialog is not None:
            self._dialog.reset()
            self._dialog.deleteLater()
            self._dialog = None
        if end.cancelled:
            self._window.note(tr("Cancelled: nothing was written"))
        elif end.error is None:
            self._window.note(self._done)
        elif not end.crashed:
            self._window.session.not_opened.emit(str(end.error))
            self._window.session.problem.emit(str(end.error))
