"""The dialog that pins a colour range: its two ends, checked while they are typed."""

from __future__ import annotations

from typing import Protocol

from PySide6.QtWidgets import (
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from engine.observe.quantities import Quantity
from engine.recipes.colour_ranges import parse_range
from engine.support.errors import InputError
from engine.support.text import tr
from gui.canvas.legend.scale_bar import ScaleBar
from gui.colour.linear import Scale
from gui.widgets.dialog import Dialog, WholeText


class PinnedScale(Protocol):
    """What the dialog needs of its owner: the quantity, its scale, and a method to pin the ends."""

    @property
    def bar(self) -> ScaleBar: ...
    @property
    def quantity(self) -> Quantity: ...
    @property
    def scale(self) -> Scale: ...
    def pin(self, low: float, high: float) -> None: ...


class RangeDialog(Dialog):
    """Two numbers, their unit and the kind of scale; *Pin* is enabled once they are valid."""

    def __init__(self, choice: PinnedScale, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._choice = choice
        bar = choice.bar
        quantity = choice.quantity
        self._signed = quantity.kind == "signed"
        self._percent = quantity.kind == "fraction"
        self.setWindowTitle(tr("Pin the colour range"))
        kinds = {
            "magnitude": tr("logarithmic"),
            "fraction": tr("linear, in percent"),
            "signed": tr("linear, zero in the middle"),
        }
        heading = QLabel(f"{bar.title}  {bar.symbol}", self)
        heading.setProperty("role", "heading")
        words = QLabel(f"{kinds[quantity.kind]} · {bar.unit}", self)
        words.setProperty("role", "muted")
        factor = 100 if self._percent else 1
        low, high = (f"{end * factor:.6g}" for end in choice.scale.ends)
        self.low, self.high = self._field(low, tr("From")), self._field(high, tr("To"))
        self.low.setReadOnly(self._signed)
        self.low.setEnabled(not self._signed)
        ends = QHBoxLayout()
        for widget in (self.low, QLabel("…", self), self.high):
            ends.addWidget(widget)
        if self._percent:
            ends.addWidget(QLabel("%", self))
        form = QFormLayout()
        form.addRow(tr("Range"), ends)
        text = tr("Pinned, it holds for every run and window until unpinned.")
        hint = WholeText(text, self, role="muted")
        self.problem = WholeText(parent=self, role="error")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.pin_button = buttons.addButton(tr("Pin"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.pin_button.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        for label in (heading, words):
            box.addWidget(label)
        box.addLayout(form)
        box.addWidget(hint)
        box.addWidget(self.problem)
        box.addWidget(buttons)
        for field in (self.low, self.high):
            field.textChanged.connect(self._check)
        self.high.selectAll()
        (self.high if self._signed else self.low).setFocus()
        self._check()

    def accept(self) -> None:
        """Pin the typed ends."""
        ends = self._ends()
        if ends is not None:
            self._choice.pin(*ends)
            super().accept()

    def _field(self, text: str, name: str) -> QLineEdit:
        field = QLineEdit(text, self)
        field.setAccessibleName(name)
        field.setMinimumWidth(110)
        return field

    def _ends(self) -> tuple[float, float] | None:
        """Return the ends; None, after showing the reason, where they are not valid."""
        percent = " %" if self._percent else ""
        text = f"{self.low.text()}{percent} … {self.high.text()}{percent}"
        try:
            ends = parse_range(text, self._choice.quantity.kind)
        except InputError as error:
            self.problem.setText(tr("Expected {expected}").format(expected=error.expected))
            return None
        self.problem.setText("")
        return ends

    def _check(self) -> None:
        if self._signed:
            self.low.setText("−" + self.high.text().lstrip("+-−"))
        self.pin_button.setEnabled(self._ends() is not None)
