"""Reports of unexpected exceptions: a dialog in plain words with a traceback to copy.

The session goes on: the dialog is not the end of the program.
"""

from __future__ import annotations

import sys
import threading
import traceback
from collections.abc import Callable
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QDialogButtonBox,
    QPlainTextEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from engine.support.text import tr
from gui.widgets.dialog import Dialog, WholeText


class CrashReporter(QObject):
    """Catches unhandled exceptions of all threads and shows the newest one.

    There is one dialog at a time, since an error in a paint event is repeated 60 times a second.
    """

    _reported = Signal(str)

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._window = window
        self._dialog: CrashDialog | None = None
        self._reported.connect(self._show, Qt.ConnectionType.QueuedConnection)

    def install(self) -> Callable[[], None]:
        """Set the exception hooks of interpreter and threads; returns what restores them."""
        before = sys.excepthook, threading.excepthook
        sys.excepthook = self._on_exception
        threading.excepthook = lambda args: self._on_exception(
            args.exc_type, args.exc_value, args.exc_traceback
        )

        def restore() -> None:
            sys.excepthook, threading.excepthook = before

        return restore

    def report(self, details: str) -> None:
        """Show a traceback; may be called on any thread."""
        print(details, file=sys.stderr)
        self._reported.emit(details)

    def _on_exception(
        self, kind: type[BaseException], error: Any, where: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._window.close()
            return
        if not issubclass(kind, SystemExit):
            self.report("".join(traceback.format_exception(kind, error, where)))

    def _show(self, details: str) -> None:
        if self._dialog is not None:
            self._dialog.add_report(details)
            return
        self._dialog = CrashDialog(details, self._window)
        self._dialog.finished.connect(self._forget)
        self._dialog.open()

    def _forget(self) -> None:
        self._dialog = None


class CrashDialog(Dialog):
    """Says that there was an error; the traceback is shown and copied by buttons."""

    def __init__(self, details: str, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Something went wrong"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        words = WholeText(
            tr(
                "The program made a mistake. Your session goes on: settings and training are "
                "as they were. If it happens again, the details below help to find the cause."
            ),
            self,
        )
        last = details.strip().splitlines()[-1] if details.strip() else ""
        self.summary = WholeText(last, self, role="error")
        self.details = QPlainTextEdit(details, self)
        self.details.setReadOnly(True)
        self.details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.details.hide()
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close, self)
        self.show_button = QPushButton(tr("Show details"), self)
        self.show_button.setCheckable(True)
        self.show_button.toggled.connect(self._expand)
        self.copy_button = QPushButton(tr("Copy details"), self)
        self.copy_button.clicked.connect(self._copy)
        buttons.addButton(self.show_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(self.copy_button, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        for widget in (words, self.summary, self.details, buttons):
            box.addWidget(widget)
        self.setMinimumWidth(460)

    def add_report(self, details: str) -> None:
        """Append a later traceback while the dialog is open, up to 20 000 characters."""
        if len(self.details.toPlainText()) < 20_000:
            self.details.appendPlainText("\n" + details)

    def _expand(self, shown: bool) -> None:
        self.details.setVisible(shown)
        self.show_button.setText(tr("Hide details") if shown else tr("Show details"))
        self.details.setMinimumHeight(220 if shown else 0)
        self.adjustSize()

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.details.toPlainText())
