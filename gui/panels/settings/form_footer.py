"""The footer of the settings form: messages about entries, and the buttons of a pending rebuild.

Its height is fixed, so that no field moves while the user clicks through the form.
"""

from PySide6.QtCore import Qt
from PySide6.QtWidgets import (
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from engine.support.text import tr

LINES = 3  # lines of text; a longer text scrolls


class FormFooter(QFrame):
    """A text of up to three lines above the buttons Rebuild and Discard."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("footer")
        self.label = QLabel(self)
        self.label.setWordWrap(True)
        self.label.setTextFormat(Qt.TextFormat.PlainText)
        self.label.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.label.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroller = QScrollArea(self)
        scroller.setWidget(self.label)
        scroller.setWidgetResizable(True)
        scroller.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        scroller.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroller.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        scroller.setFixedHeight(LINES * self.label.fontMetrics().lineSpacing() + 6)
        self.rebuild = QPushButton(tr("Rebuild"), self)
        self.rebuild.setToolTip(tr("Build the graph anew; training starts at step 0"))
        self.rebuild.setDefault(True)
        self.discard = QPushButton(tr("Discard"), self)
        self.discard.setToolTip(tr("Go back to the settings that run"))
        buttons = QHBoxLayout()
        buttons.addWidget(self.rebuild)
        buttons.addWidget(self.discard)
        buttons.addStretch(1)
        box = QVBoxLayout(self)
        box.setContentsMargins(10, 8, 10, 8)
        box.addWidget(scroller)
        box.addLayout(buttons)
        self.show_waiting(False)

    def show_text(self, text: str, role: str = "muted") -> None:
        """Show this text."""
        if self.label.text() == text and self.label.property("role") == role:
            return
        self.label.setText(text)
        self.label.setProperty("role", role)
        self.label.style().polish(self.label)

    def show_waiting(self, waiting: bool) -> None:
        """Enable the buttons Rebuild and Discard if changes wait for a rebuild."""
        self.rebuild.setEnabled(waiting)
        self.discard.setEnabled(waiting)
