"""A scroll area around a panel that keeps layout changes inside the panel from the window.

A label with a new text makes all layouts around it compute their sizes again. In a window full of
panels that takes milliseconds for each frame, without moving anything.
"""

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QStyle, QWidget

LEAST = QSize(60, 40)


class LayoutShield(QScrollArea):
    """Gives a panel all the space, and scrolls it if that is too little.

    Of the panel's size hints only a fixed height is passed on.
    """

    asked_anew = Signal()

    def __init__(self, held: QWidget) -> None:
        super().__init__()
        self.held = held
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setSizePolicy(held.sizePolicy())
        self.setFocusProxy(held)
        self.setWidget(held)
        self._asked = self.fixed_height
        held.installEventFilter(self)

    @property
    def fixed_height(self) -> int:
        """The panel's fixed height in pixels, 0 where it has none."""
        fixed = self.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Fixed
        return self.held.sizeHint().height() if fixed else 0

    def minimumSizeHint(self) -> QSize:
        return LEAST.expandedTo(QSize(0, self.fixed_height))

    def sizeHint(self) -> QSize:
        return self.held.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._resize_panel()

    def _resize_panel(self) -> None:
        """Give the panel the whole area, or its minimum; QScrollArea would use its size hint."""
        room, least = self.maximumViewportSize(), self.held.minimumSizeHint()
        least = least.expandedTo(self.held.minimumSize())
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        high, wide = least.height() > room.height(), least.width() > room.width()
        self.held.resize((room - QSize(bar * high, bar * wide)).expandedTo(least))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Handle a layout request of the panel; the window learns of another fixed height only."""
        if watched is self.held and event.type() == QEvent.Type.LayoutRequest:
            self._resize_panel()
            if self._asked != self.fixed_height:
                self._asked = self.fixed_height
                self.asked_anew.emit()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Ignore keys that the panel does not use: they are for the window, not for scrolling."""
        event.ignore()
