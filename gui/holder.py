"""A box around a panel that keeps its inner changes of layout from the window.

A label that says something else asks all layouts around it whether they still fit. In a window
full of docks that takes milliseconds, with every frame of a training, and nothing moves.
"""

from PySide6.QtCore import QEvent, QSize
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QWidget


class Holder(QWidget):
    """Gives a widget all its room, and passes on only what it asks for anew."""

    def __init__(self, held: QWidget) -> None:
        super().__init__()
        self.held = held
        held.setParent(self)
        self.setSizePolicy(held.sizePolicy())
        self.setFocusProxy(held)
        self._asked = self._wishes()

    def _wishes(self) -> tuple[QSize, int]:
        """What the window goes by: the least size, and the height where that is fixed."""
        fixed = self.sizePolicy().verticalPolicy() == QSizePolicy.Policy.Fixed
        return self.minimumSizeHint(), self.sizeHint().height() if fixed else 0

    def minimumSizeHint(self) -> QSize:
        return self.held.minimumSizeHint().expandedTo(self.held.minimumSize())

    def sizeHint(self) -> QSize:
        return self.held.sizeHint()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hand the room on."""
        super().resizeEvent(event)
        self.held.setGeometry(self.rect())

    def event(self, event: QEvent) -> bool:
        """The held widget wants something else: only a change of it is the window's business."""
        if event.type() == QEvent.Type.LayoutRequest and self._asked != self._wishes():
            self._asked = self._wishes()
            self.updateGeometry()
        return super().event(event)
