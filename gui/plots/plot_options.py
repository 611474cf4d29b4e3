"""A plot's options (log axis, smoothing, means per epoch), kept in the settings between starts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtGui import QAction, QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QMenu, QWidget, QWidgetAction

from engine.support.figures import figure
from engine.support.text import tr
from gui.widgets.inputs import Slider

# Weights w of an exponential moving average over about 1/(1 − w) steps; denser towards 1.
WEIGHTS = (0.0, 0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.98, 0.99, 0.995, 0.999)


class PlotOptions(QObject):
    """The options of one plot: log or linear axis and, over steps, smoothing and epoch means.

    ``changed()`` is emitted when any of them changes. ``smoothing`` is w, the weight of the
    earlier values in an exponential moving average: 0 is none.
    """

    changed = Signal()

    def __init__(self, parent: QObject, *, log: bool = False) -> None:
        super().__init__(parent)
        self.over_steps = False
        self.smoothing = 0.0
        self.log_action = QAction(tr("Logarithmic axis"), self)
        self.log_action.setIconText(tr("log"))
        self.log_action.setToolTip(tr("Logarithmic or linear vertical axis"))
        self.log_action.setCheckable(True)
        self.log_action.setChecked(log)
        self.mean_action = QAction(tr("Mean of each epoch"), self)
        self.mean_action.setCheckable(True)
        for action in (self.log_action, self.mean_action):
            action.toggled.connect(lambda _: self._tell())
        self._settings: QSettings | None = None
        self._key = ""

    @property
    def log(self) -> bool:
        return self.log_action.isChecked()

    @property
    def means(self) -> bool:
        """Whether the mean of each epoch is wanted, and there are epochs."""
        return self.over_steps and self.mean_action.isVisible() and self.mean_action.isChecked()

    def smooth(self, weight: float) -> None:
        """Smooth with this weight, 0 ≤ w < 1."""
        if weight != self.smoothing:
            self.smoothing = weight
            self._tell()

    # -- remembering ---------------------------------------------------------------------------

    def remember(self, settings: QSettings, name: str) -> None:
        """Restore the options last chosen for the plot of this name, and store later changes."""
        self._key = f"plots/{name}"
        stored = settings.value(self._key)
        if isinstance(stored, dict):
            self.use_values(stored)
        self._settings = settings

    def values(self) -> dict[str, Any]:
        """Return the options as plain values, for a picture's recipe and for the settings."""
        found: dict[str, Any] = {"log": self.log}
        if self.over_steps:
            found |= {"smoothing": self.smoothing, "epoch_means": self.mean_action.isChecked()}
        return found

    def use_values(self, values: Mapping[str, Any]) -> None:
        """Set the options from plain values; one that is missing or invalid stays as it is."""
        for name, action in (("log", self.log_action), ("epoch_means", self.mean_action)):
            if isinstance(values.get(name), bool):
                action.setChecked(values[name])
        weight = values.get("smoothing")
        if isinstance(weight, int | float) and 0 <= weight < 1:
            self.smooth(float(weight))

    def _tell(self) -> None:
        if self._settings is not None:
            self._settings.setValue(self._key, self.values())
        self.changed.emit()

    # -- the menu ------------------------------------------------------------------------------

    def fill(self, menu: QMenu) -> None:
        """Add the options' actions to a plot's context menu."""
        menu.addAction(self.log_action)
        if self.over_steps:
            menu.addAction(self.mean_action)
            choice = QWidgetAction(menu)
            choice.setDefaultWidget(SmoothingChoice(self))
            menu.addAction(choice)


class SmoothingChoice(QWidget):
    """A smoothing slider in a menu: left and right change it, up and down move on in the menu."""

    def __init__(self, options: PlotOptions) -> None:
        super().__init__()
        self._options = options
        self.slider = _MenuSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(0, len(WEIGHTS) - 1)
        nearest = min(range(len(WEIGHTS)), key=lambda k: abs(WEIGHTS[k] - options.smoothing))
        self.slider.setValue(nearest)
        self.slider.setMinimumWidth(110)
        self.slider.setAccessibleName(tr("Smoothing"))
        self.slider.setToolTip(
            tr(
                "Exponential moving average s ← w s + (1 − w) y, divided by 1 − wᵗ so that it "
                "starts without bias; the raw curve stays as a faint line. Validation is not "
                "smoothed."
            )
        )
        self.slider.valueChanged.connect(self._choose)
        self.words = QLabel()
        self.words.setMinimumWidth(self.words.fontMetrics().horizontalAdvance("w = 0.995 "))
        line = QHBoxLayout(self)
        line.setContentsMargins(12, 3, 12, 3)
        line.addWidget(QLabel(tr("Smoothing")))
        line.addWidget(self.slider, 1)
        line.addWidget(self.words)
        self.setFocusProxy(self.slider)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # without it a menu skips the widget
        self._say()

    def _choose(self, place: int) -> None:
        self._options.smooth(WEIGHTS[place])
        self._say()

    def _say(self) -> None:
        weight = self._options.smoothing
        self.words.setText(
            tr("w = {weight}").format(weight=figure(weight)) if weight else tr("none")
        )


class _MenuSlider(Slider):
    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            event.ignore()
        else:
            super().keyPressEvent(event)
