"""A menu of colour maps, each with a swatch of its colours."""

from PySide6.QtCore import QRectF
from PySide6.QtGui import QAction, QLinearGradient, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QMenu

from gui.colour.magnitude import BUCKETS
from gui.colour.maps import map_colours

SWATCH_WIDTH, SWATCH_HEIGHT, RIGHT = 96, 12, 12
# Qt puts text after a tab in a column of its own, which makes the menu wide enough.
ROOM = "\t" + "\u2003" * 9


class SwatchMenu(QMenu):
    """Draws a map's colours at the right end of its line."""

    def add_map(self, name: str) -> QAction:
        """Add a map; return its action, which is checkable."""
        action = self.addAction(name + ROOM)
        action.setObjectName(f"map-{name}")
        action.setData(name)
        action.setCheckable(True)
        return action

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw the menu, and the swatches over it."""
        super().paintEvent(event)
        painter = QPainter(self)
        for action in self.actions():
            if action.data():
                self._paint_swatch(painter, action)
        painter.end()

    def _paint_swatch(self, painter: QPainter, action: QAction) -> None:
        line = self.actionGeometry(action)
        left = line.right() - RIGHT - SWATCH_WIDTH
        top = line.center().y() - SWATCH_HEIGHT / 2 + 0.5
        rect = QRectF(left, top, SWATCH_WIDTH, SWATCH_HEIGHT)
        gradient = QLinearGradient(rect.topLeft(), rect.topRight())
        colours = map_colours(str(action.data()))
        for k in range(0, BUCKETS, 8):
            gradient.setColorAt(k / (BUCKETS - 1), colours[k])
        painter.fillRect(rect, gradient)
        painter.setPen(QPen(self.palette().mid().color(), 1))
        painter.drawRect(rect)
