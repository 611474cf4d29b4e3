"""A label that shows as much text as fits, and the whole text in its tooltip."""

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QLabel, QSizePolicy, QWidget


class ElidedLabel(QLabel):
    """``text()`` returns the whole text, also while its end is shown as "…".

    Of several lines the first is shown. The label never asks for more width than it gets.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._whole = ""
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

    def text(self) -> str:
        return self._whole

    def setText(self, text: str) -> None:
        """Show this text."""
        if text != self._whole:
            self._whole = text
            self.setAccessibleName(text)
            self._fit()

    @property
    def shown(self) -> str:
        """The text as it is displayed."""
        return super().text()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, super().minimumSizeHint().height())

    def _fit(self) -> None:
        first, _, rest = self._whole.partition("\n")
        end = Qt.TextElideMode.ElideRight
        room = self.contentsRect().width()
        shown = self.fontMetrics().elidedText(f"{first} …" if rest else first, end, room)
        super().setText(shown)
        self.setToolTip("" if shown == self._whole else self._whole)
