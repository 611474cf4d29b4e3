"""The slider of past steps: a click goes where it points, and nothing is lost by going back."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QStyle, QStyleOptionSlider, QWidget

from engine.frame import Frame
from gui.inputs import Slider


class HistorySlider(Slider):
    """Where the training stands among the steps that can be gone to.

    Training is a function of system, parameters and step, so the steps after the one gone back to
    can be trained again, bit for bit, until training has gone on from there in another way. The
    slider keeps them in reach: ``last`` is the furthest.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(Qt.Orientation.Horizontal, parent)
        self.last = 0
        self._step = 0
        self._wanted: int | None = None
        self.setRange(0, 0)
        self.setEnabled(False)

    def start(self) -> None:
        """Another graph: no steps yet."""
        self.last = self._step = 0
        self._wanted = None
        self._show()

    def want(self, step: int) -> None:
        """This step was asked for: getting there is no training of another way."""
        self._wanted = step

    def forget(self) -> None:
        """A setting changed, or getting to a step was given up: what comes is another way."""
        self._wanted = None

    def follow(self, frame: Frame, *, same_settings: bool) -> None:
        """Stand at the frame's step; with other settings later steps would not come again."""
        reset = frame.step == 0 and frame.cursor == 0
        there = self._wanted is not None and frame.step <= self._wanted
        if reset or not same_settings or (frame.step > self._step and not there):
            self.last = frame.step
        self.last = max(self.last, frame.step)
        self._step = frame.step
        if frame.step == self._wanted:
            self._wanted = None
        self._show()

    def _show(self) -> None:
        self.blockSignals(True)
        self.setRange(0, self.last)
        self.setPageStep(max(1, self.last // 10))
        self.setValue(self._step)
        self.blockSignals(False)
        self.setEnabled(self.last > 0)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Bring the handle under the cursor; the press then takes hold of it."""
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
