"""The choice of training speed: a slider with its meaning in words, remembered between starts."""

import math
import time

from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from engine.messages.commands import Speed
from engine.messages.frame import Frame
from engine.support.figures import whole
from engine.support.text import tr
from gui.session.session import Session
from gui.widgets.drawing_rates import SPEED_MEASURED_SECONDS
from gui.widgets.elided import ElidedLabel
from gui.widgets.inputs import Slider

RATES = (1, 2, 5, 10, 20, 50, 100, 200, 500)  # steps per second
FAST, FULL = len(RATES), len(RATES) + 1  # the last two positions of the slider
FIRST = RATES.index(10)  # the first choice: each step can still be seen
SETTING = "speed"
NAMES = (*(str(rate) for rate in RATES), "fast", "full")  # names of positions in the settings
LEAST_SLIDER, MOST_SLIDER, SPACING = 40, 96, 3


class SpeedChoice(QWidget):
    """A slider for steps per second, with the measured rate where the position does not tell it.

    It applies to ``Run``; a requested number of steps is trained as fast as it can be drawn.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._settings: QSettings | None = None
        self._since: tuple[float, int] | None = None  # time and step at which counting began
        self.slider = Slider(Qt.Orientation.Horizontal, self)
        self.slider.setRange(0, FULL)
        self.slider.setValue(FIRST)
        self.slider.setPageStep(1)
        self.slider.setMinimumWidth(LEAST_SLIDER)
        self.slider.setMaximumWidth(MOST_SLIDER)
        self.slider.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.slider.setAccessibleName(tr("Speed"))
        self.slider.setToolTip(
            tr(
                "Training steps a second while running. At the right: fast, with many pictures a "
                "second, and full speed, with few"
            )
        )
        self.words = ElidedLabel(self)
        self.words.setProperty("role", "muted")
        self.words.setText(speed_words(FIRST))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(SPACING)
        line.addWidget(self.slider)
        line.addWidget(self.words, 1)
        self.slider.valueChanged.connect(self._choose)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Make the slider shorter in a narrow panel, so that the words fit."""
        super().resizeEvent(event)
        words = self.words.fontMetrics().horizontalAdvance(speed_words(FAST - 1)) + 2
        room = self.width() - words - SPACING
        self.slider.setMaximumWidth(max(LEAST_SLIDER, min(MOST_SLIDER, room)))

    def take_settings(self, settings: QSettings) -> None:
        """Restore the speed from the settings, and save later choices there."""
        remembered = str(settings.value(SETTING, NAMES[FIRST]))
        place = NAMES.index(remembered) if remembered in NAMES else FIRST
        self._settings = settings
        self.slider.setValue(place)
        self._choose(place)

    def show_frame(self, frame: Frame) -> None:
        """Show the measured rate, if the position of the slider does not tell it."""
        now = time.monotonic()
        if not frame.running or frame.progress is not None:
            self._since = None
            self.words.setText(speed_words(self.slider.value()))
        elif self._since is None or frame.step < self._since[1]:
            self._since = (now, frame.step)
        elif now - self._since[0] >= SPEED_MEASURED_SECONDS:
            made = (frame.step - self._since[1]) / (now - self._since[0])
            self.words.setText(speed_words(self.slider.value(), made))
            self._since = (now, frame.step)

    def _choose(self, place: int) -> None:
        self.words.setText(speed_words(place))
        self._since = None
        if self._settings is not None:
            self._settings.setValue(SETTING, NAMES[place])
        rate = float(RATES[place]) if place < FAST else None
        self._session.send(Speed(rate, full=place == FULL))


def speed_words(place: int, made: float | None = None) -> str:
    """Return the meaning of a slider position; ``made`` is the measured rate in steps per second.

    >>> speed_words(FULL, 3172.4)
    'full speed: 3200 a second'
    >>> speed_words(FIRST, 9.9)
    '10 steps a second'
    """
    if place < FAST:
        rate = RATES[place]
        words = (
            tr("1 step a second") if rate == 1 else tr("{rate} steps a second").format(rate=rate)
        )
        if made is None or made > 0.8 * rate:
            return words
        return tr("{words}: {made} made").format(words=words, made=_rounded(made))
    words = tr("full speed") if place == FULL else tr("fast")
    if made is None:
        return words
    return tr("{words}: {made} a second").format(words=words, made=_rounded(made))


def _rounded(rate: float) -> str:
    """Round to two significant digits, so that the number does not flicker."""
    if rate < 10:
        return f"{rate:.1f}"
    digits = 1 - math.floor(math.log10(rate))
    return whole(int(round(rate, digits)))
