"""Tabs whose titles are shortened where there is no room for them, rather than cut."""

from PySide6.QtCore import QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QTabWidget, QWidget

ROOM = 22  # of a tab beside its text


class ShortTabs(QTabWidget):
    """Each tab has a title and a short one; all are shortened together."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setDocumentMode(True)
        self.setUsesScrollButtons(False)
        self._titles: list[tuple[str, str]] = []

    def add_page(self, page: QWidget, title: str, short: str) -> None:
        """Add a tab."""
        self._titles.append((title, short))
        self.addTab(page, title)
        self.fit()

    def fit(self) -> None:
        """Take the titles for which there is room."""
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
        """Other widths have room for other titles."""
        super().resizeEvent(event)
        self.fit()

    def minimumSizeHint(self) -> QSize:
        """That of the short titles at most, which could still be elided."""
        used = self._corner()
        for index, (_, short) in enumerate(self._titles):
            used += self._breadth(short) if self.isTabVisible(index) else 0
        hint = super().minimumSizeHint()
        return QSize(min(hint.width(), used), hint.height())
