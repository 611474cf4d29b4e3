"""The window of the catalogue: type to search, arrows to choose, Enter to open."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSize, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import QDialogButtonBox, QLineEdit, QPushButton, QVBoxLayout

from engine.support.text import tr
from gui.widgets.dialog import Dialog, WholeText
from gui.window.opening.catalogue_list import CatalogueList
from gui.window.parts import WindowParts

SIZE = QSize(1000, 680)
TO_LIST = (
    *(Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown),
    *(Qt.Key.Key_Left, Qt.Key.Key_Right),
)
NO_MODIFIERS = (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)


class CatalogueWindow(Dialog):
    """All systems with pictures; the search line keeps the focus, arrows choose a card."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self.setWindowTitle(tr("Catalogue"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.search = QLineEdit(self)
        self.search.setPlaceholderText(tr("Search names, topics, books and words"))
        self.search.setAccessibleName(tr("Search the catalogue"))
        self.search.setClearButtonEnabled(True)
        self.search.installEventFilter(self)
        self.cards = CatalogueList(window.style_choice.theme, self)
        self.cards.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.words = WholeText(parent=self, role="muted")
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel, self)
        self.open_button = QPushButton(tr("Open"), self)
        self.open_button.setDefault(True)
        buttons.addButton(self.open_button, QDialogButtonBox.ButtonRole.AcceptRole)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        box = QVBoxLayout(self)
        for widget in (self.search, self.cards, self.words, buttons):
            box.addWidget(widget)
        box.setStretchFactor(self.cards, 1)
        self.search.textChanged.connect(self.cards.show_matching)
        self.search.textChanged.connect(lambda _: self._describe())
        self.cards.currentItemChanged.connect(lambda *_: self._describe())
        self.cards.itemDoubleClicked.connect(lambda _: self.accept())
        self.cards.show_matching("")
        self._describe()
        area = self.screen().availableGeometry().size()
        self.resize(SIZE.boundedTo(area * 0.92))

    def accept(self) -> None:
        """Open the chosen system."""
        entry = self.cards.chosen()
        if entry is not None:
            super().accept()
            self._window.files.open_entry(entry.name)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        system = self._window.session.system
        if system is not None:
            self.cards.choose(system.name)
        self.search.setFocus()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pass arrow keys to the cards; ← and → only if the search line has no text to move in."""
        if watched is self.search and isinstance(event, QKeyEvent) and event.key() in TO_LIST:
            sideways = event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right)
            if event.modifiers() in NO_MODIFIERS and not (sideways and self.search.text()):
                if event.type() == QEvent.Type.KeyPress:
                    self.cards.keyPressEvent(event)
                return event.type() in (QEvent.Type.KeyPress, QEvent.Type.KeyRelease)
        return super().eventFilter(watched, event)

    def _describe(self) -> None:
        entry = self.cards.chosen()
        self.open_button.setEnabled(entry is not None)
        nothing = tr("Nothing in the catalogue has all these words.")
        self.words.setText(nothing if entry is None else tr(entry.description))
