"""The bar above the canvas that offers a session whose program ended unexpectedly."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QWidget

from engine.support.text import tr


class OfferBar(QFrame):
    """A line of words, and the two answers.

    Signals
    -------
    restore(), discard(): the answer
    """

    restore = Signal()
    discard = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("offer")
        self.words = QLabel(self)
        self.words.setWordWrap(True)
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.restore_button = QPushButton(tr("Restore"), self)
        self.restore_button.setToolTip(
            tr("Open it as it was; training is repeated to its step, which can be cancelled")
        )
        self.discard_button = QPushButton(tr("Discard"), self)
        self.discard_button.setToolTip(tr("Remove it for good"))
        self.restore_button.clicked.connect(lambda _=False: self.restore.emit())
        self.discard_button.clicked.connect(lambda _=False: self.discard.emit())
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 6, 12, 6)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.restore_button)
        row.addWidget(self.discard_button)
        self.hide()

    def offer(self, words: str) -> None:
        """Show the bar with these words."""
        self.words.setText(words)
        self.setAccessibleName(words)
        self.show()
