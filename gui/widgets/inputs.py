"""Combo boxes, number boxes and sliders that ignore the wheel unless they have the focus.

Scrolling a form must not change the values that pass under the pointer. A combo box shows the
beginning of its text.
"""

from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtGui import QFocusEvent, QWheelEvent
from PySide6.QtWidgets import QComboBox, QSlider, QSpinBox, QStyleOptionComboBox, QWidget

if TYPE_CHECKING:  # base class of the mixin, for type checking
    Base = QWidget
else:
    Base = object

TEXT_MARGIN = 4  # pixels that the style leaves around a combo box's text


class _WheelNeedsFocus(Base):
    """Ignores the wheel without the focus, and takes no focus by the wheel."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.hasFocus():
            super().wheelEvent(event)
        else:
            event.ignore()  # goes to the scroll area around it


class SpinBox(_WheelNeedsFocus, QSpinBox):
    """A box for a whole number."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # The style sheet's padding does not reach the text of a number box.
        self.lineEdit().setTextMargins(3, 0, 0, 0)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class Slider(_WheelNeedsFocus, QSlider):
    """A slider."""

    def __init__(self, orientation: Qt.Orientation, parent: QWidget | None = None) -> None:
        super().__init__(orientation, parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class ComboBox(_WheelNeedsFocus, QComboBox):
    """A list of names; text too long for the box is elided at its end."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)

    def setEditText(self, text: str) -> None:
        """Set the text of an editable box and show its beginning."""
        super().setEditText(text)
        self._show_beginning()

    def setCurrentIndex(self, index: int) -> None:
        """Choose an item and show the beginning of its text."""
        super().setCurrentIndex(index)
        self._show_beginning()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self._show_beginning()

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        """Elide the text that is drawn where the box is too narrow for it."""
        super().initStyleOption(option)
        field = self.style().subControlRect(
            self.style().ComplexControl.CC_ComboBox,
            option,
            self.style().SubControl.SC_ComboBoxEditField,
            self,
        )
        room = field.width() - TEXT_MARGIN
        end = Qt.TextElideMode.ElideRight
        option.currentText = self.fontMetrics().elidedText(option.currentText, end, room)

    def _show_beginning(self) -> None:
        line = self.lineEdit()
        if line is not None and not line.hasFocus():
            line.setCursorPosition(0)
