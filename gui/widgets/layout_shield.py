"""A box around a panel that keeps its inner changes of layout from the window.

A label that says something else asks all layouts around it whether they still fit. In a window
full of panels that takes milliseconds, with every frame of a training, and nothing moves.
"""

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QSizePolicy, QStyle, QWidget

LEAST = QSize(60, 40)


class LayoutShield(QScrollArea):
    """Gives a panel all its room, scrolls it where that is too little.

    Of what the panel asks for only a fixed height is passed on.
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
        """The height that the panel always has, 0 where it takes what it gets."""
        fixed = self.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Fixed
        return self.held.sizeHint().height() if fixed else 0

    def minimumSizeHint(self) -> QSize:
        return LEAST.expandedTo(QSize(0, self.fixed_height))

    def sizeHint(self) -> QSize:
        return self.held.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._hand_on()

    def _hand_on(self) -> None:
        """All the room, and at least what it needs: a scroll area's own way asks for too much."""
        room, least = self.maximumViewportSize(), self.held.minimumSizeHint()
        least = least.expandedTo(self.held.minimumSize())
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent)
        high, wide = least.height() > room.height(), least.width() > room.width()
        self.held.resize((room - QSize(bar * high, bar * wide)).expandedTo(least))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """The panel wants something else: only another fixed height is the window's business."""
        if watched is self.held and event.type() == QEvent.Type.LayoutRequest:
            self._hand_on()
            if self._asked != self.fixed_height:
                self._asked = self.fixed_height
                self.asked_anew.emit()
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave keys that the panel does not want to the window, rather than scroll."""
        event.ignore()
