"""Ctrl+F: finds nodes, operations and groups by name, with a list of matches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QKeyEvent, QPainter
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QToolButton,
    QWidget,
)

from engine.messages.topology import Topology
from engine.support.text import tr
from gui.appearance.icons import icon
from gui.appearance.theme import LIGHT, Theme
from gui.canvas.text.search import SearchEntry, SearchIndex, SearchPlace

if TYPE_CHECKING:
    from gui.canvas.canvas import Canvas


WIDTH, MOST_ROWS, ROW = 460, 9, 26
GAP = 12


class FindList(QListWidget):
    """The list of matches, over the canvas.

    Signals
    -------
    chosen(): an entry was clicked; ``take_chosen`` returns it
    """

    chosen = Signal()

    def __init__(self, canvas: QWidget) -> None:
        super().__init__(canvas)
        self._canvas = canvas
        self._entries: list[SearchEntry] = []
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setUniformItemSizes(True)
        self._delegate = _Rows(self)
        self.setItemDelegate(self._delegate)
        self.itemClicked.connect(lambda _: self.chosen.emit())
        self.hide()

    def show_entries(self, entries: list[SearchEntry], field: QPoint) -> None:
        """List entries below ``field``, the left end in the window; hide if there are none."""
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
        """Move the choice by some rows; before the first and after the last row none is chosen."""
        count = self.count()
        if self.isHidden() or not count:
            return
        row = (self.currentRow() + 1 + rows) % (count + 1) - 1
        self.setCurrentRow(row)

    def take_chosen(self) -> SearchEntry | None:
        """Return the chosen entry and clear the choice."""
        row = -1 if self.isHidden() else self.currentRow()
        self.setCurrentRow(-1)
        return self._entries[row] if row >= 0 else None

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._delegate.theme = theme
        self.setStyleSheet(
            f"QListWidget {{ background: {theme.surface}; border: 1px solid {theme.border};"
            " border-radius: 4px; outline: none; }"
        )


class _Rows(QStyledItemDelegate):
    """Draws a row: a name, and its kind in muted text."""

    theme: Theme = LIGHT

    def sizeHint(self, option: QStyleOptionViewItem, index) -> QSize:  # type: ignore[no-untyped-def]
        return QSize(WIDTH - 20, ROW)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index) -> None:  # type: ignore[no-untyped-def]
        entry: SearchEntry = index.data(Qt.ItemDataRole.UserRole)
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


class FindBar(QWidget):
    """The search line above the canvas; Enter goes to the next match, Shift+Enter back."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self._canvas = canvas
        self._index: tuple[Topology, SearchIndex] | None = None
        self._found: list[SearchPlace] = []
        self._text = ""
        self._at = -1
        self._before: QWidget | None = None
        self.field = SearchField(self)
        self.field.setPlaceholderText(tr("Name of a node, an operation or a group"))
        self.setAccessibleName(tr("Find bar"))
        self.field.setAccessibleName(tr("Find a node"))
        self.field.setClearButtonEnabled(True)
        self.field.textEdited.connect(self._search)
        self.count = QLabel(self)
        self.count.setProperty("role", "muted")
        self.previous_button = self._button(tr("The match before (Shift+Enter)"))
        self.previous_button.clicked.connect(lambda: self.go(back=True))
        self.next_button = self._button(tr("The next match (Enter)"))
        self.next_button.clicked.connect(lambda: self.go(back=False))
        self.close_button = self._button(tr("Close the search (Esc)"))
        self.close_button.clicked.connect(self.leave)
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 4, 8, 4)
        line.addWidget(QLabel(tr("Find"), self))
        line.addWidget(self.field, 1)
        line.addWidget(self.count)
        for button in (self.previous_button, self.next_button, self.close_button):
            line.addWidget(button)
        self.list = FindList(canvas)
        self.list.chosen.connect(self._choose)
        self.field.bar = self
        self.hide()

    def _button(self, tip: str) -> QToolButton:
        button = QToolButton(self)
        button.setToolTip(tip)
        button.setAccessibleName(tip)
        return button

    def show_topology(self, topology: Topology) -> None:
        """Forget the matches in the previous graph."""
        self._found, self._at = [], -1
        self.count.clear()
        self.list.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Tint the buttons' icons."""
        self.close_button.setIcon(icon("cancel", theme))
        self.previous_button.setIcon(icon("up", theme))
        self.next_button.setIcon(icon("down", theme))
        self.list.apply_theme(theme)

    def open(self) -> None:
        """Show the line and focus it."""
        focus = QApplication.focusWidget()
        if focus is not None and not self.isAncestorOf(focus):
            self._before = focus
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def leave(self) -> None:
        """Close the line and return the focus to the canvas; the view stays where it is."""
        self.list.hide()
        self.hide()
        before, self._before = self._before, None
        (before or self._canvas).setFocus(Qt.FocusReason.OtherFocusReason)

    def go(self, *, back: bool = False) -> None:
        """Go to the next match, or to the previous one."""
        chosen = self.list.take_chosen()
        if chosen is not None and chosen.text != self.field.text():
            self.field.setText(chosen.text)
        self.list.hide()
        if self._text != self.field.text() or not self._found:
            self._collect(self.field.text())
        if not self._found:
            return
        if chosen is not None and chosen.kind != "op":
            place = SearchPlace(chosen.node, chosen.path)
            self._at = self._found.index(place)
        else:
            self._at = (max(self._at, 0) - 1 if back else self._at + 1) % len(self._found)
        self._show(self._found[self._at])
        text = tr("{place} of {count}")
        self.count.setText(text.format(place=self._at + 1, count=len(self._found)))

    def _show(self, place: SearchPlace) -> None:
        if place.path:
            self._canvas.going.to_group(place.path)
        else:
            self._canvas.going.to_node(place.node)

    def _choose(self) -> None:
        """Go to the entry that was clicked."""
        self.go()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _search(self, text: str) -> None:
        """Show the entries that match the text."""
        self.list.show_entries(self._collect(text), self.field.mapTo(self.window(), QPoint(0, 0)))

    def _collect(self, text: str) -> list[SearchEntry]:
        index = self._names()
        self._found, entries = ([], []) if index is None else index.search(text)
        self._text, self._at = text, -1
        if not text.strip():
            self.count.clear()
        elif not self._found:
            self.count.setText(tr("no such node"))
        else:
            self.count.setText(tr("{count} found").format(count=len(self._found)))
        return entries

    def _names(self) -> SearchIndex | None:
        """Return the case-folded names of the present graph, made at the first search."""
        topology = self._canvas.topology
        if topology is None:
            return None
        if self._index is None or self._index[0] is not topology:
            self._index = (topology, SearchIndex(topology))
        return self._index[1]


class SearchField(QLineEdit):
    """The text to find; up, down and Enter are passed to the list."""

    bar: FindBar | None = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes to the next match, with Shift back; up and down choose in the list."""
        key = Qt.Key(event.key())
        assert self.bar is not None
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.bar.go(back=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.bar.list.move_by(1 if key == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)
