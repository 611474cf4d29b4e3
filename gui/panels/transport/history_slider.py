"""The slider over the steps of the history; a click moves it to the clicked step."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QStyle, QStyleOptionSlider, QWidget

from gui.widgets.inputs import Slider


class HistorySlider(Slider):
    """Shows the present step among those that can be reached; ``last`` is the furthest one."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.last = 0
        self._step = 0
        self.setRange(0, 0)
        self.setEnabled(False)

    def show_step(self, step: int, last: int) -> None:
        """Show a step, of those from 0 to ``last``."""
        self._step, self.last = step, max(step, last)
        self._show()

    def _show(self) -> None:
        self.blockSignals(True)
        self.setRange(0, self.last)
        self.setPageStep(max(1, self.last // 10))
        self.setValue(self._step)
        self.blockSignals(False)
        self.setEnabled(self.last > 0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Move the handle to the cursor; the press then drags it."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setValue(self._value_at(event.position().x()))
        super().mousePressEvent(event)

    def _value_at(self, x: float) -> int:
        option = QStyleOptionSlider()
        self.initStyleOption(option)
        style, parts = self.style(), QStyle.SubControl
        whole = QStyle.ComplexControl.CC_Slider
        handle = style.subControlRect(whole, option, parts.SC_SliderHandle, self)
        groove = style.subControlRect(whole, option, parts.SC_SliderGroove, self)
        room = groove.width() - handle.width()
        place = round(x - groove.x() - handle.width() / 2)
        return QStyle.sliderValueFromPosition(self.minimum(), self.maximum(), place, room)
