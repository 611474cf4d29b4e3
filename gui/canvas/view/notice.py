"""A notice at the top of the canvas about a long job, with a Cancel button."""

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from engine.support.text import tr

# Jobs that take less need no notice.
NOTICE_MS = 150


class Notice(QFrame):
    """A notice that appears once a job has taken ``NOTICE_MS``.

    Signals
    -------
    cancelled(): the button was pressed
    """

    cancelled = Signal()

    def __init__(self, view: QWidget) -> None:
        super().__init__(view)
        self.setObjectName("notice")
        self.setAutoFillBackground(True)
        self._words = QLabel()
        self.button = QPushButton(tr("Cancel"))
        self.button.setToolTip(tr("Leave the picture as it is (Esc)"))
        self.button.clicked.connect(self.cancelled)
        box = QHBoxLayout(self)
        box.setContentsMargins(12, 6, 6, 6)
        box.setSpacing(12)
        box.addWidget(self._words)
        box.addWidget(self.button)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(NOTICE_MS)
        self._soon.timeout.connect(self._appear)
        self.hide()

    def text(self) -> str:
        """Return the notice's text."""
        return self._words.text()

    def begin(self, words: str) -> None:
        """Show this text after ``NOTICE_MS``, unless ``end`` is called before."""
        self._words.setText(words)
        self._soon.start()

    def end(self) -> None:
        """Hide the notice: the job is done or cancelled."""
        self._soon.stop()
        self.hide()

    def _appear(self) -> None:
        self.adjustSize()
        parent = self.parentWidget()
        assert parent is not None
        self.move((parent.width() - self.width()) // 2, 16)
        self.raise_()
        self.show()
