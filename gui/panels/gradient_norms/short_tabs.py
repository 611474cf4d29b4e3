"""Tabs that show short titles where the full ones do not fit."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTabWidget, QWidget

ROOM = 22  # pixels of a tab beside its text


class ShortTabs(QTabWidget):
    """Each tab has a full and a short title; all of them are shortened together."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.setUsesScrollButtons(False)
        self._titles: list[tuple[str, str]] = []

    def add_page(self, page: QWidget, title: str, short: str) -> None:
        """Add a tab with its page."""
        self._titles.append((title, short))
        self.addTab(page, title)
        self.fit()

    def fit(self) -> None:
        """Show the full titles if they fit, else the short ones."""
        room = self.width() - self._corner()
        shown = [k for k in range(self.count()) if self.isTabVisible(k)]
        long = sum(self._breadth(self._titles[k][0]) for k in shown) > room
        for index, titles in enumerate(self._titles):
            if self.tabText(index) != titles[long]:
                self.setTabText(index, titles[long])

    def _corner(self) -> int:
        corner: QWidget | None = self.cornerWidget()
        return corner.sizeHint().width() if corner is not None else 0

    def _breadth(self, title: str) -> int:
        return self.tabBar().fontMetrics().horizontalAdvance(title) + ROOM

    def show_tab(self, index: int, shown: bool) -> None:
        """Show or hide a tab."""
        self.setTabVisible(index, shown)
        self.fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Choose between full and short titles for the new width."""
        super().resizeEvent(event)
        self.fit()

    def minimumSizeHint(self) -> QSize:
        """Return at most the size with short titles, which can be elided further."""
        used = self._corner()
        for index, (_, short) in enumerate(self._titles):
            used += self._breadth(short) if self.isTabVisible(index) else 0
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), used), hint.height())
