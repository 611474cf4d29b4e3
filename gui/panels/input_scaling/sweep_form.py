"""The form of a sweep: from, to, number of points, updates and jobs, with Start and Cancel."""

from __future__ import annotations

import math
import os

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLabel, QLineEdit, QPushButton, QWidget

from engine.support.text import tr
from gui.widgets.inputs import SpinBox


class ScaleField(QLineEdit):
    """A field for a positive number such as 1e-3 or 0.001; other text is marked as an error."""

    def __init__(self, text: str, name: str) -> None:
        super().__init__(text)
        self.setAccessibleName(name)
        self.setToolTip(tr("A number above 0, such as 0.001 or 1e-3"))
        self.setMinimumWidth(self.fontMetrics().horizontalAdvance("1e-3") + 16)

    def value(self) -> float | None:
        """The number, None where the text is not a finite number above 0."""
        try:
            value = float(self.text().strip())
        except ValueError:
            return None
        return value if value > 0 and math.isfinite(value) else None


class SweepForm(QWidget):
    """Two lines of fields. Signals: ``start()`` and ``cancel()``."""

    start = Signal()
    cancel = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.running = False
        self._reason = ""
        self.first = ScaleField("1e-3", tr("From scale"))
        self.last = ScaleField("1e3", tr("To scale"))
        self.count = _spin(13, 2, 200, tr("Number of scales, evenly spaced on a logarithmic axis"))
        self.steps = _spin(20, 0, 100_000, tr("Updates at each scale; 0 = one pass, no update"))
        most = max(1, os.cpu_count() or 1)
        self.jobs = _spin(max(1, most - 1), 1, most, tr("Processes that work at the same time"))
        self.button = QPushButton(tr("Start sweep"))
        self.button.clicked.connect(self._press)
        self.error = QLabel()
        self.error.setProperty("role", "error")
        self.error.setWordWrap(True)
        self.error.hide()
        self._lay_out()
        for field in (self.first, self.last):
            field.textChanged.connect(lambda _: self.valid())
            field.returnPressed.connect(self._enter)

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(5)
        grid.setVerticalSpacing(3)
        fields = (
            (0, 0, tr("Scale"), self.first),
            (0, 2, tr("to"), self.last),
            (0, 4, tr("points"), self.count),
            (1, 0, tr("Updates"), self.steps),
            (1, 2, tr("jobs"), self.jobs),
        )
        for row, column, words, field in fields:
            label = QLabel(words)
            label.setBuddy(field)
            grid.addWidget(label, row, column, Qt.AlignmentFlag.AlignRight)
            grid.addWidget(field, row, column + 1)
        grid.addWidget(self.button, 1, 4, 1, 2)
        grid.addWidget(self.error, 2, 0, 1, 6)
        for column in (1, 3, 5):
            grid.setColumnStretch(column, 1)

    def valid(self) -> bool:
        """Check the fields; show the reason beside them and return False where one is wrong."""
        first, last = self.first.value(), self.last.value()
        words = ""
        for field, value in ((self.first, first), (self.last, last)):
            _refuse(field, value is None)
            if value is None:
                words = tr("Expected a number above 0, found {text!r}.").format(text=field.text())
        if first is not None and last is not None and first >= last:
            _refuse(self.last, True)
            words = tr("Expected an end above the start, found {a} to {b}.").format(
                a=self.first.text(), b=self.last.text()
            )
        self.error.setText(words)
        self.error.setVisible(bool(words))
        self._enable()
        return not words

    def scales(self) -> list[float]:
        """Return the scales, evenly spaced in their logarithm, from first to last inclusive."""
        first, last = self.first.value(), self.last.value()
        if first is None or last is None:
            return []
        return [float(s) for s in np.geomspace(first, last, self.count.value())]

    def allow(self, reason: str) -> None:
        """Enable the form, or disable it and show why."""
        self._reason = reason
        self.button.setToolTip(reason or tr("Train at each scale, beside the running system"))
        self._enable()

    def show_running(self, running: bool) -> None:
        """Show Cancel instead of Start while a sweep runs."""
        self.running = running
        self.button.setText(tr("Cancel") if running else tr("Start sweep"))
        for field in (self.first, self.last, self.count, self.steps, self.jobs):
            field.setEnabled(not running)
        self._enable()

    def _enable(self) -> None:
        refused = bool(self.error.text()) or bool(self._reason)
        self.button.setEnabled(self.running or not refused)

    def _press(self) -> None:
        if self.running:
            self.button.setEnabled(False)
            self.button.setText(tr("Cancelling…"))
            self.cancel.emit()
        else:
            self.start.emit()

    def _enter(self) -> None:
        if not self.running and self.button.isEnabled():
            self.start.emit()


def _spin(value: int, low: int, high: int, tip: str) -> SpinBox:
    spin = SpinBox()
    spin.setRange(low, high)
    spin.setValue(value)
    spin.setButtonSymbols(SpinBox.ButtonSymbols.NoButtons)
    spin.setMinimumWidth(spin.fontMetrics().horizontalAdvance("000") + 14)
    spin.setToolTip(tip)
    spin.setAccessibleName(tip)
    return spin


def _refuse(field: QLineEdit, refused: bool) -> None:
    if field.property("refused") != refused:
        field.setProperty("refused", refused)
        field.style().unpolish(field)
        field.style().polish(field)
