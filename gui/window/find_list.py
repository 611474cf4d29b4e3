"""The list under the search field: what the text may mean. The keyboard stays in the field."""

from __future__ import annotations

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QPainter
from PySide6.QtWidgets import (
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from gui.appearance.theme import LIGHT, Theme
from gui.canvas.text.search import Entry

WIDTH, MOST_ROWS, ROW = 460, 9, 26
GAP = 12


class FindList(QListWidget):
    """Floats over the canvas.

    Signals
    -------
    chosen(): an entry was clicked; ``take_chosen`` tells which
    """

    chosen = Signal()

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._entries: list[Entry] = []
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self._delegate = _Rows(self)
        self.setItemDelegate(self._delegate)
        self.itemClicked.connect(lambda _: self.chosen.emit())
        self.hide()

    def show_entries(self, entries: list[Entry], field: QPoint) -> None:
        """List these under a field whose left end is there in the window; none: go away."""
        self.clear()
        self._entries = entries
        for entry in entries:
            item = QListWidgetItem(entry.text)
            item.setData(Qt.ItemDataRole.UserRole, entry)
            item.setData(Qt.ItemDataRole.AccessibleDescriptionRole, entry.note)
            self.addItem(item)
        if not entries:
            self.hide()
            return
        left = self._canvas.mapFrom(self._canvas.window(), field).x()
        rows = min(len(entries), MOST_ROWS)
        width = min(WIDTH, self._canvas.width() - left - 8)
        self.setGeometry(left, 2, width, rows * ROW + 2 * self.frameWidth() + 2)
        self.scrollToTop()
        self.show()
        self.raise_()

    def move_by(self, rows: int) -> None:
        """Choose the entry so many rows on; before the first and after the last is none."""
        count = self.count()
        if self.isHidden() or not count:
            return
        row = (self.currentRow() + 1 + rows) % (count + 1) - 1
        self.setCurrentRow(row)

    def take_chosen(self) -> Entry | None:
        """Return the entry that is chosen, once."""
        row = -1 if self.isHidden() else self.currentRow()
        self.setCurrentRow(-1)
        return self._entries[row] if row >= 0 else None

    def apply_theme(self, theme: Theme) -> None:
        """Take on a theme."""
        self._delegate.theme = theme
        self.setStyleSheet(
            f"QListWidget {{ background: {theme.surface}; border: 1px solid {theme.border};"
            " border-radius: 4px; outline: none; }"
        )


class _Rows(QStyledItemDelegate):
    """A name, and muted beside it what that is."""

    theme: Theme = LIGHT

    def sizeHint(self, option: QStyleOptionViewItem, index) -> QSize:  # type: ignore[no-untyped-def]
        return QSize(WIDTH - 20, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index) -> None:  # type: ignore[no-untyped-def]
        entry: Entry = index.data(Qt.ItemDataRole.UserRole)
        theme, states = self.theme, QStyle.StateFlag
        chosen = bool(option.state & states.State_Selected)
        hovered = bool(option.state & states.State_MouseOver)
        painter.save()
        rect = option.rect
        if chosen or hovered:
            painter.fillRect(rect, QColor(theme.accent if chosen else theme.grid))
        rect = rect.adjusted(8, 0, -8, 0)
        metrics = QFontMetrics(option.font)
        painter.setFont(option.font)
        painter.setPen(QColor(theme.on_accent if chosen else theme.text))
        name = metrics.elidedText(entry.text, Qt.TextElideMode.ElideMiddle, rect.width() * 6 // 10)
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(rect, flags, name)
        used = metrics.horizontalAdvance(name) + GAP
        room = rect.adjusted(used, 0, 0, 0)
        painter.setPen(QColor(theme.on_accent if chosen else theme.muted))
        note = metrics.elidedText(entry.note, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, flags, note)
        painter.restore()
