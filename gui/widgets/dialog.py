"""The base class of dialogs: they stay on the screen, and their texts are shown whole."""

from __future__ import annotations

import math

from PySide6.QtCore import QEvent, QSize, Qt, QTimer
from PySide6.QtGui import QResizeEvent, QShowEvent, QTextOption
from PySide6.QtWidgets import QDialog, QFrame, QSizePolicy, QTextEdit, QWidget

LEAST_LINES = 3  # least height of a text for which the screen is too small; the rest scrolls
WIDTH = 46  # characters per line, where nothing else decides the width


class Dialog(QDialog):
    """A dialog that grows with its texts and is moved back onto the screen."""

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        QTimer.singleShot(0, self, self._stay_on_screen)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        QTimer.singleShot(0, self, self._stay_on_screen)

    def done(self, result: int) -> None:
        """Close; the focus goes to the canvas, not to the widget that had it before."""
        super().done(result)
        focus = getattr(self.parent(), "focus", None)
        if focus is not None:
            focus.to_canvas()

    def _stay_on_screen(self) -> None:
        area, frame = self.screen().availableGeometry(), self.frameGeometry()
        if not self.isVisible() or area.contains(frame):
            return
        margins = frame.size() - self.size()
        self.resize(self.size().boundedTo(area.size() - margins))
        frame = self.frameGeometry()
        frame.moveRight(min(frame.right(), area.right()))
        frame.moveBottom(min(frame.bottom(), area.bottom()))
        frame.moveLeft(max(frame.left(), area.left()))
        frame.moveTop(max(frame.top(), area.top()))
        self.move(frame.topLeft())


class WholeText(QTextEdit):
    """A text of any length that is shown whole: its height follows from its width.

    A QLabel that wraps its words is not asked for its height after its dialog is open, and cannot
    break a long path. A text too long for the screen scrolls.
    ``role`` selects the style, as for a label.
    """

    def __init__(self, text: str = "", parent: QWidget | None = None, *, role: str = "") -> None:
        super().__init__(parent)
        self.setObjectName("words")
        self.setProperty("role", role)
        self.setReadOnly(True)
        self.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.document().setDocumentMargin(0)
        self.viewport().setAutoFillBackground(False)
        self.setText(text)

    def text(self) -> str:
        return self.toPlainText()

    def setText(self, text: str) -> None:
        """Show this plain text; an empty one takes no space."""
        self.setPlainText(text)
        self._fit()

    def clear(self) -> None:
        self.setText("")

    def minimumSizeHint(self) -> QSize:
        return QSize(self.fontMetrics().averageCharWidth() * WIDTH // 2, self.minimumHeight())

    def sizeHint(self) -> QSize:
        width = max(self.fontMetrics().averageCharWidth() * WIDTH, self.minimumSizeHint().width())
        return QSize(width, self.minimumHeight())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._fit()

    def _fit(self) -> None:
        """Take the height that the text needs, as far as the screen allows."""
        if not self.toPlainText():
            self.setFixedHeight(0)
            return
        lines = self.document().clone(self)
        lines.setTextWidth(self.viewport().width() if self.isVisible() else self.sizeHint().width())
        needed = math.ceil(lines.size().height())
        lines.deleteLater()
        most = self._most()
        policy = Qt.ScrollBarPolicy
        self.setVerticalScrollBarPolicy(
            policy.ScrollBarAlwaysOff if needed <= most else policy.ScrollBarAsNeeded
        )
        self.setFixedHeight(min(needed, most))

    def _most(self) -> int:
        """Return the height that the screen leaves beside everything else in the dialog."""
        window, least = self.window(), LEAST_LINES * self.fontMetrics().lineSpacing()
        others = window.minimumSizeHint().height() - self.minimumHeight()
        frame = window.frameGeometry().height() - window.height()
        return max(least, self.screen().availableGeometry().height() - frame - others)
