"""The memory limit of the plots' history: menu and saved choice."""

from __future__ import annotations

from PySide6.QtCore import QObject, QSettings
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from engine.support.figures import figure, whole
from engine.support.text import tr
from gui.history.history import MEGABYTE, History

KEY = "history_megabytes"
CHOICES = (64, 128, 256, 512, 1024)
DEFAULT = 256


class HistoryChoice(QObject):
    """Sets the history's memory limit, from the settings at the start and later from the menu."""

    def __init__(self, history: History, settings: QSettings, parent: QObject | None) -> None:
        super().__init__(parent)
        self._history, self._settings = history, settings
        self.actions: dict[int, QAction] = {}
        history.max_bytes = self.remembered * MEGABYTE

    @property
    def remembered(self) -> int:
        """Return the saved limit in megabytes, the default where there is no valid one."""
        text = str(self._settings.value(KEY, ""))
        return int(text) if text.isdecimal() and int(text) in CHOICES else DEFAULT

    def choose(self, megabytes: int) -> None:
        """Set the limit in megabytes, and save it.

        A history that is larger already is thinned as training goes on.
        """
        self._settings.setValue(KEY, megabytes)
        self._history.max_bytes = megabytes * MEGABYTE

    def menu(self, parent: QWidget) -> QMenu:
        """The submenu with the limits; its first line shows the memory in use."""
        menu = QMenu(tr("Plot &history"), parent)
        menu.setToolTipsVisible(True)
        self._use = menu.addAction("")
        self._use.setEnabled(False)
        menu.addSeparator()
        group = QActionGroup(menu)
        for megabytes in CHOICES:
            words = tr("{count} MB (default)") if megabytes == DEFAULT else tr("{count} MB")
            action = menu.addAction(words.format(count=megabytes))
            action.setObjectName(f"history-{megabytes}")
            action.setToolTip(
                tr(
                    "Memory for the curves of the plots. When it is full the oldest steps are "
                    "thinned; peaks, dips, zeros and NaN stay."
                )
            )
            action.setCheckable(True)
            action.setChecked(megabytes == self.remembered)
            action.triggered.connect(lambda _=False, n=megabytes: self.choose(n))
            group.addAction(action)
            self.actions[megabytes] = action
        menu.aboutToShow.connect(self._show_use)
        return menu

    def _show_use(self) -> None:
        self._use.setText(use_words(self._history))


def use_words(history: History) -> str:
    """Return the memory in use, and the step from which on no step was left out."""
    used = tr("In use: {used} MB").format(used=figure(history.nbytes / MEGABYTE, 2))
    exact = history.exact_from
    if exact is None or exact == history.first_step:
        return used
    return used + " · " + tr("every step from {step} on").format(step=whole(exact))
