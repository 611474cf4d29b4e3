"""A box that shows the step; Return goes to a step typed into it."""

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QWidget

from engine.support.text import tr
from gui.widgets.inputs import SpinBox

MOST = 9_999_999


class StepBox(SpinBox):
    """Shows the present step, or what the user types while it has the focus.

    ``asked(int)``: go to this step, back in the history or forward by training. Esc and leaving the
    box discard the typed number.
    """

    asked = Signal(int)
    takes_escape = True

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._step = 0
        self.setRange(0, MOST)
        self.setButtonSymbols(SpinBox.ButtonSymbols.NoButtons)
        self.setKeyboardTracking(False)
        self.setFixedWidth(self.fontMetrics().horizontalAdvance("0000000") + 14)
        self.setEnabled(False)
        self.setAccessibleName(tr("Go to step"))
        self.setToolTip(
            tr("Write a step and press Return: back to it, or forward by training up to it")
        )

    def show_step(self, step: int) -> None:
        """Show the present step, unless the user is typing."""
        self._step = step
        self.setEnabled(True)
        if not self.hasFocus():
            self.setValue(step)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Return emits ``asked``; Esc discards the typed number."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.interpretText()
            wanted = self.value()
            self.clearFocus()
            self.asked.emit(wanted)
        elif event.key() == Qt.Key.Key_Escape:
            self.clearFocus()
        else:
            super().keyPressEvent(event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.setValue(self._step)
