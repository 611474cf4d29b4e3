"""The choice of how arrays are shown: numbers, heat map or histogram; remembered by array size."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject, QSettings, Qt, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QToolButton, QWidget

from engine.support.figures import whole
from engine.support.text import tr
from gui.panels.inspector.array_text import MOST_NUMBERS, is_small

VIEWS = ("numbers", "heat map", "histogram")


class ViewChoice(QObject):
    """The chosen views; emits ``changed()`` when the user chooses another one.

    Small arrays are shown as numbers and large ones as a heat map until another view is chosen for
    arrays of that size class. ``tab`` is the tab of the inspector that was chosen last.
    """

    changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._views = {"small": "numbers", "large": "heat map"}
        self.tab = 0
        self._settings: QSettings | None = None

    def remember_in(self, settings: QSettings) -> None:
        """Restore the choice from the settings, and save later choices there."""
        self._settings = settings
        for kind in self._views:
            view = settings.value(f"inspector/{kind}")
            if view in VIEWS:
                self._views[kind] = view
        tab = str(settings.value("inspector/tab", 0))
        self.tab = int(tab) if tab.isdecimal() else 0

    def of(self, array: np.ndarray) -> str:
        """Return the view of an array, one of ``VIEWS``."""
        view = self._views[_kind(array)]
        return "heat map" if view == "numbers" and array.size > MOST_NUMBERS else view

    def choose(self, view: str, array: np.ndarray) -> None:
        """Use this view for arrays of this size class from now on."""
        self._views[_kind(array)] = view
        self._store(_kind(array), view)
        self.changed.emit()

    def choose_tab(self, tab: int) -> None:
        """Remember the chosen tab."""
        self.tab = tab
        self._store("tab", tab)

    def _store(self, key: str, value: object) -> None:
        if self._settings is not None:
            self._settings.setValue(f"inspector/{key}", value)


def _kind(array: np.ndarray) -> str:
    return "small" if is_small(array) else "large"


class ViewSwitch(QWidget):
    """A button for each view of an array."""

    def __init__(self, choice: ViewChoice, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choice = choice
        self._array = np.zeros(0)
        self.numbers, self.heat_map, self.histogram = (QToolButton() for _ in range(3))
        self.buttons = dict(zip(VIEWS, (self.numbers, self.heat_map, self.histogram), strict=True))
        self.group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        words = (
            (tr("Numbers"), tr("Every number in a table")),
            (tr("Heat map"), tr("Every entry as a colour; hovering reads its number")),
            (tr("Histogram"), tr("How the entries are spread")),
        )
        for button, (text, tip) in zip(self.buttons.values(), words, strict=True):
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.group.addButton(button)
            layout.addWidget(button)
        layout.addStretch(1)
        self.group.buttonClicked.connect(self._chosen)

    def show_choice(self, array: np.ndarray) -> None:
        """Check the button of this array's view."""
        self._array = array
        self.buttons[self._choice.of(array)].setChecked(True)
        fits = array.size <= MOST_NUMBERS
        if fits != self.numbers.isEnabled():
            self.numbers.setEnabled(fits)
            most = tr("More than {count} numbers: the heat map reads single ones")
            tip = tr("Every number in a table") if fits else most.format(count=whole(MOST_NUMBERS))
            self.numbers.setToolTip(tip)

    def _chosen(self, button: QToolButton) -> None:
        view = next(name for name, one in self.buttons.items() if one is button)
        self._choice.choose(view, self._array)
