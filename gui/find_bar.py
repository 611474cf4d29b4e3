"""Ctrl+F: find a node by its name, with completion; Enter selects and shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QStringListModel, Qt
from PySide6.QtWidgets import QCompleter, QHBoxLayout, QLabel, QLineEdit, QToolButton, QWidget

from engine.frame import Topology
from engine.text import tr
from gui.icons import icon
from gui.theme import Theme

if TYPE_CHECKING:
    from gui.canvas.canvas import Canvas

PLAIN = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "0123456789" * 2, "⁽⁾")


class FindBar(QWidget):
    """A line above the canvas. Names match in plain letters too: W1 finds W⁽¹⁾."""

    def __init__(self, canvas: Canvas) -> None:
        super().__init__()
        self._canvas = canvas
        self._nodes: dict[str, int] = {}
        self._found: list[int] = []
        self._at = -1
        self._words = QStringListModel(self)
        self.field = QLineEdit(self)
        self.field.setPlaceholderText(tr("Name of a node"))
        self.field.setAccessibleName(tr("Find a node"))
        self.field.setClearButtonEnabled(True)
        completer = QCompleter(self._words, self)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.activated.connect(lambda _: self.go())
        self.field.setCompleter(completer)
        self.field.textEdited.connect(self._search)
        self.field.returnPressed.connect(self.go)
        self.count = QLabel(self)
        self.count.setProperty("role", "muted")
        self.close_button = QToolButton(self)
        self.close_button.setToolTip(tr("Close the search (Esc)"))
        self.close_button.clicked.connect(self.leave)
        line = QHBoxLayout(self)
        line.setContentsMargins(8, 4, 8, 4)
        line.addWidget(QLabel(tr("Find"), self))
        line.addWidget(self.field, 1)
        line.addWidget(self.count)
        line.addWidget(self.close_button)
        self.hide()

    def show_topology(self, topology: Topology) -> None:
        """Offer the names of another graph."""
        self._nodes = {}
        for node in topology.nodes:
            for name in (node.name, node.symbol):
                if name:
                    self._nodes.setdefault(name, node.index)
        self._words.setStringList(sorted(self._nodes))
        self._found, self._at = [], -1
        self.count.clear()

    def apply_theme(self, theme: Theme) -> None:
        """Tint the button."""
        self.close_button.setIcon(icon("cancel", theme))

    def open(self) -> None:
        """Show the line and take the keyboard."""
        self.show()
        self.field.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.field.selectAll()

    def leave(self) -> None:
        """Close the line and give the keyboard back to the canvas."""
        self.hide()
        self._canvas.setFocus()

    def go(self) -> None:
        """Select the match, or the next one when asked again."""
        if not self._found:
            self._search(self.field.text())
        if self._found:
            self._at = (self._at + 1) % len(self._found)
            node = self._found[self._at]
            self._canvas.reveal(node)
            text = tr("{place} of {count}")
            self.count.setText(text.format(place=self._at + 1, count=len(self._found)))

    def _search(self, text: str) -> None:
        """Collect the nodes whose name has the text in it, whole names first."""
        wanted = text.strip().casefold()
        plain = wanted.translate(PLAIN)
        ranked: list[tuple[int, int]] = []
        for name, node in self._nodes.items() if wanted else ():
            folded = name.casefold()
            if wanted in folded or plain in folded.translate(PLAIN):
                whole = plain == folded.translate(PLAIN)
                start = folded.translate(PLAIN).startswith(plain)
                ranked.append((0 if whole else 1 if start else 2, node))
        self._found = list(dict.fromkeys(node for _, node in sorted(ranked)))
        self._at = -1
        if not wanted:
            self.count.clear()
        elif not self._found:
            self.count.setText(tr("no such node"))
        else:
            self.count.setText(tr("{count} found").format(count=len(self._found)))
