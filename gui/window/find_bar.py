"""Ctrl+F: find nodes, operations and groups by name, with a list of what the text may mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QApplication,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QToolButton,
    QWidget,
)

from engine.messages.topology import Topology
from engine.support.text import tr
from gui.appearance.icons import icon
from gui.appearance.theme import Theme
from gui.canvas.text.search import Entry, Index, Place
from gui.window.find_list import FindList

if TYPE_CHECKING:
    from gui.canvas.canvas import Canvas


class FindBar(QWidget):
    """A line above the canvas. Enter goes to the next match, Shift+Enter to the one before."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self._canvas = canvas
        self._index: tuple[Topology, Index] | None = None
        self._found: list[Place] = []
        self._text = ""
        self._at = -1
        self._before: QWidget | None = None
        self.field = Field(self)
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
        """Forget the matches in another graph."""
        self._found, self._at = [], -1
        self.count.clear()
        self.list.hide()

    def apply_theme(self, theme: Theme) -> None:
        """Tint the buttons."""
        self.close_button.setIcon(icon("cancel", theme))
        self.previous_button.setIcon(icon("up", theme))
        self.next_button.setIcon(icon("down", theme))
        self.list.apply_theme(theme)

    def open(self) -> None:
        """Show the line and take the keyboard."""
        focus = QApplication.focusWidget()
        if focus is not None and not self.isAncestorOf(focus):
            self._before = focus
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def leave(self) -> None:
        """Close the line and give the keyboard back; the view stays where it is."""
        self.list.hide()
        self.hide()
        before, self._before = self._before, None
        (before or self._canvas).setFocus(Qt.FocusReason.OtherFocusReason)

    def go(self, *, back: bool = False) -> None:
        """Go to the next match, or to the one before."""
        chosen = self.list.take_chosen()
        if chosen is not None and chosen.text != self.field.text():
            self.field.setText(chosen.text)
        self.list.hide()
        if self._text != self.field.text() or not self._found:
            self._collect(self.field.text())
        if not self._found:
            return
        if chosen is not None and chosen.kind != "op":
            place = Place(chosen.node, chosen.path)
            self._at = self._found.index(place)
        else:
            self._at = (max(self._at, 0) - 1 if back else self._at + 1) % len(self._found)
        self._show(self._found[self._at])
        text = tr("{place} of {count}")
        self.count.setText(text.format(place=self._at + 1, count=len(self._found)))

    def _show(self, place: Place) -> None:
        if place.path:
            self._canvas.going.to_group(place.path)
        else:
            self._canvas.going.to_node(place.node)

    def _choose(self) -> None:
        """An entry was clicked."""
        self.go()
        self.field.setFocus(Qt.FocusReason.OtherFocusReason)

    def _search(self, text: str) -> None:
        """Narrow the list to what the text may mean."""
        self.list.show_entries(self._collect(text), self.field.mapTo(self.window(), QPoint(0, 0)))

    def _collect(self, text: str) -> list[Entry]:
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

    def _names(self) -> Index | None:
        """The names of the graph on screen, folded when they are first searched."""
        topology = self._canvas.topology
        if topology is None:
            return None
        if self._index is None or self._index[0] is not topology:
            self._index = (topology, Index(topology))
        return self._index[1]


class Field(QLineEdit):
    """The text that is looked for; keys that mean the list go to the list."""

    bar: FindBar | None = None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter goes on, with Shift back; up and down choose from the list."""
        key = Qt.Key(event.key())
        assert self.bar is not None
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.bar.go(back=bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier))
        elif key in (Qt.Key.Key_Down, Qt.Key.Key_Up):
            self.bar.list.move_by(1 if key == Qt.Key.Key_Down else -1)
        else:
            super().keyPressEvent(event)
