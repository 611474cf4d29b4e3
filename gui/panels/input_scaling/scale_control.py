"""The live input scale: a logarithmic slider and a field, or a button that adds its node."""

from __future__ import annotations

import math

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QStackedWidget, QWidget

from engine.support.text import tr
from gui.appearance.theme import Theme
from gui.panels.input_scaling.sweep_form import ScaleField, _refuse
from gui.widgets.inputs import Slider

DECADES = 4
PER_DECADE = 50


class ScaleControl(QStackedWidget):
    """Slider and field for the scale, or a button to add the input-scale node.

    Signals: ``changed(float)``: the user set another scale; ``wanted()``: the button was pressed.
    """

    changed = Signal(float)
    wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.scale: float | None = None
        self._reason = ""
        self.slider = Slider(Qt.Orientation.Horizontal)
        self.slider.setRange(-DECADES * PER_DECADE, DECADES * PER_DECADE)
        self.slider.setPageStep(PER_DECADE)
        self.slider.setToolTip(tr("Input scale of the running system, logarithmic"))
        self.slider.setAccessibleName(tr("Input scale"))
        self.field = ScaleField("1", tr("Input scale"))
        self.field.setMaximumWidth(84)
        self.words = QLabel()
        self.words.setWordWrap(True)
        self.words.setProperty("role", "muted")
        self.button = QPushButton(tr("Add the node"))
        self.button.setToolTip(
            tr("Sets the input scale to 1 and rebuilds; training starts again at step 0")
        )
        self.addWidget(_row(QLabel(tr("Input scale now")), self.slider, self.field))
        self.addWidget(_row(self.words, self.button))
        self.slider.valueChanged.connect(self._slide)
        self.field.editingFinished.connect(self._type)
        self.button.clicked.connect(self.wanted)
        self.show_scale(None)

    def apply_theme(self, theme: Theme) -> None:
        """Does nothing: all colours here come from the style sheet."""

    def allow(self, reason: str) -> None:
        """Show why the system cannot have an input scale, "" when it can."""
        self._reason = reason
        self._explain()

    def show_scale(self, scale: float | None) -> None:
        """Show the running system's scale, None when it has no input-scale node."""
        self.setCurrentIndex(0 if scale is not None else 1)
        self._explain()
        if scale is None or scale == self.scale:
            self.scale = scale
            return
        self.scale = scale
        # A frame with an older scale must not overwrite what is being dragged or typed.
        if not self.slider.isSliderDown():
            with QSignalBlocker(self.slider):
                self.slider.setValue(round(math.log10(scale) * PER_DECADE) if scale > 0 else 0)
        if not self.field.hasFocus() or not self.field.isModified():
            self.field.setText(f"{scale:.4g}")

    def _explain(self) -> None:
        self.words.setText(self._reason or tr("No input-scale node: the input scale is not set."))
        self.button.setVisible(not self._reason)

    def _slide(self, value: int) -> None:
        scale = float(f"{10 ** (value / PER_DECADE):.4g}")
        self.field.setText(f"{scale:.4g}")
        _refuse(self.field, False)
        self._want(scale)

    def _type(self) -> None:
        scale = self.field.value()
        _refuse(self.field, scale is None)
        if scale is not None and self.scale is not None and scale != float(f"{self.scale:.4g}"):
            self.field.setModified(False)
            with QSignalBlocker(self.slider):
                self.slider.setValue(round(math.log10(scale) * PER_DECADE))
            self._want(scale)

    def _want(self, scale: float) -> None:
        self.scale = scale
        self.changed.emit(scale)


def _row(*widgets: QWidget) -> QWidget:
    row = QWidget()
    layout = QHBoxLayout(row)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(6)
    for widget in widgets:
        stretches = isinstance(widget, Slider) or (widget is widgets[0] and len(widgets) == 2)
        layout.addWidget(widget, int(stretches))
    return row
