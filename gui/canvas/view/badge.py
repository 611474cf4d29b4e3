"""A line of text over a view, where the least of the graph is covered."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QEvent, QObject, QRect, Qt
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QLabel

from engine.support.text import tr
from gui.appearance.theme import Theme

if TYPE_CHECKING:
    from gui.canvas.view.view import GraphView

TITLE = 26.0  # of an open group, from its upper edge
ASIDE = 10  # of the badge from the edge of the view


class Badge(QLabel):
    """A line at the top of a view, or where it covers less; a click on it calls ``left``."""

    def __init__(self, view: "GraphView") -> None:
        super().__init__(view)
        self._view = view
        self.left = lambda: None
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setToolTip(tr("Show everything alike again (Esc)"))
        self.setTextFormat(Qt.TextFormat.PlainText)
        view.installEventFilter(self)
        self.hide()

    def show_text(self, text: str) -> None:
        """Show this text."""
        self.setText(text)
        self._put()
        self.show()
        self.raise_()

    def apply_theme(self, theme: Theme) -> None:
        """Take on a theme."""
        self.setStyleSheet(
            f"QLabel {{ background: {theme.accent}; color: {theme.on_accent}; padding: 4px 12px;"
            " border-radius: 11px; font-weight: 600; }"
        )
        self._put()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click leaves."""
        event.accept()
        self.left()

    def eventFilter(self, view: QObject, event: QEvent) -> bool:
        """Stay within the view."""
        if event.type() == QEvent.Type.Resize:
            self._put()
        return super().eventFilter(view, event)

    def _put(self) -> None:
        self.adjustSize()
        room, height = self._view.viewport().size(), self.height()
        width = min(self.sizeHint().width(), room.width() - 16)
        right, bottom = room.width() - width - ASIDE, room.height() - height - ASIDE
        middle = (room.width() - width) // 2
        corners = (
            (middle, ASIDE),
            (ASIDE, ASIDE),
            (right, ASIDE),
            (middle, bottom),
            (ASIDE, bottom),
        )
        places = [QRect(x, y, width, height) for x, y in corners]
        self.setGeometry(free_place(self._view, places).translated(self._view.viewport().pos()))


def free_place(view: "GraphView", places: Sequence[QRect]) -> QRect:
    """Return the place (pixels of the viewport) that covers the least, the first of equal ones."""
    scene = view.graph
    if scene.placement is None or not len(scene.nodes):
        return places[0]
    frames = np.array(scene.geometry.frames, float).reshape(-1, 4)
    titles = frames.copy()
    titles[:, 3] = np.minimum(frames[:, 3], frames[:, 1] + TITLE)
    boxes = np.vstack([np.array(scene.geometry.node_box, float).reshape(-1, 4), titles])
    across = view.viewportTransform()
    start = np.array([across.dx(), across.dy()] * 2)
    boxes = boxes * np.array([across.m11(), across.m22()] * 2) + start

    def covered(place: QRect) -> float:
        low = np.maximum(boxes[:, :2], [place.left(), place.top()])
        high = np.minimum(boxes[:, 2:], [place.right() + 1, place.bottom() + 1])
        return float(np.maximum(high - low, 0.0).prod(axis=1).sum())

    return min(places, key=covered)
