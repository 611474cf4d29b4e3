"""The gradient norm of the selected node at the last steps, as a small curve."""

from __future__ import annotations

import numpy as np
from pyqtgraph.functions import arrayToQPolygonF
from PySide6.QtCore import QEvent, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QHelpEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.messages.frame import Past
from engine.support.figures import figure, whole
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme

HEIGHT, MARGIN, GAP = 34, 4, 8


class PastCurve(QWidget):
    """A small logarithmic curve of norms over steps, with largest and smallest value beside it.

    Hidden if there is nothing to draw; zeros and non-finite norms are gaps.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = LIGHT
        self.past: Past | None = None
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Norm over the last steps"))
        self.hide()

    def sizeHint(self) -> QSize:
        return QSize(120, HEIGHT)

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self.update()

    def show_past(self, past: Past | None) -> None:
        """Show these norms; hide the curve where they are None or none of them is positive."""
        drawn = past is not None and bool(self._drawable(past).any())
        self.past = past if drawn else None
        self.setVisible(drawn)
        if past is not None and drawn:
            self.setAccessibleDescription(self.words())
        self.update()

    def words(self) -> str:
        """Return "steps 0 to 312: from 0.21 to 3.4e-05, at most 0.5"."""
        if self.past is None:
            return ""
        norms = self.past.norms[self._drawable(self.past)]
        return tr("steps {first} to {last}: from {start} to {end}, at most {most}").format(
            first=whole(self.past.steps[0]),
            last=whole(self.past.steps[-1]),
            start=figure(float(norms[0]), 3),
            end=figure(float(norms[-1]), 3),
            most=figure(float(norms.max()), 3),
        )

    @staticmethod
    def _drawable(past: Past) -> np.ndarray:
        return np.isfinite(past.norms) & (past.norms > 0)

    def lines(self, area: QRectF) -> list[QPolygonF]:
        """Return the curve as polylines: steps to the right, magnitude upwards."""
        assert self.past is not None
        good = self._drawable(self.past)
        heights = np.log10(np.where(good, self.past.norms, 1.0))
        low, high = heights[good].min(), heights[good].max()
        # the axis spans at least one decade
        middle, half = (low + high) / 2, max(0.5, (high - low) / 2)
        steps = self.past.steps
        x = area.left() + area.width() * (steps - steps[0]) / max(1, steps[-1] - steps[0])
        y = area.center().y() - area.height() / 2 * (heights - middle) / half
        starts = np.flatnonzero(np.diff(good, prepend=False) & good)
        ends = np.flatnonzero(np.diff(good, append=False) & good) + 1
        return [
            arrayToQPolygonF(x[a:b], y[a:b])
            for a, b in zip(starts.tolist(), ends.tolist(), strict=True)
        ]

    def paintEvent(self, event: QPaintEvent) -> None:
        if self.past is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        norms = self.past.norms[self._drawable(self.past)]
        texts = [figure(float(value), 3) for value in (norms.max(), norms.min())]
        wide = max(painter.fontMetrics().horizontalAdvance(text) for text in texts)
        inner = QRectF(self.rect()).adjusted(MARGIN, MARGIN, -MARGIN - wide - GAP, -MARGIN)
        painter.setPen(QColor(self.theme.muted))
        right = QRectF(inner.right() + GAP, 0, wide, self.height())
        flags = Qt.AlignmentFlag.AlignRight
        painter.drawText(right, flags | Qt.AlignmentFlag.AlignTop, texts[0])
        painter.drawText(right, flags | Qt.AlignmentFlag.AlignBottom, texts[1])
        painter.setPen(QPen(QColor(self.theme.accent), 1.4))
        pieces = self.lines(inner)
        for piece in pieces:
            painter.drawPolyline(piece)
        painter.setBrush(QColor(self.theme.accent))
        last = pieces[-1]
        painter.drawEllipse(last.at(last.size() - 1), 2.0, 2.0)
        painter.end()

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            QToolTip.showText(event.globalPos(), self.words(), self)
            return True
        return super().event(event)
