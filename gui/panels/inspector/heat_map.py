"""A matrix in signed colours: zero in the middle of the scale, a colour bar, values on hovering."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from engine.support.figures import figure, shape_text
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.colour.magnitude import SignedScale
from gui.widgets import number_picture
from gui.widgets.number_picture import image_of, is_reading_key

MOST_PIXELS = 512
BAR_WIDTH = 12


def blocks(matrix: np.ndarray, most: int = MOST_PIXELS) -> tuple[np.ndarray, tuple[int, int]]:
    """Reduce the matrix to at most ``most`` rows and columns.

    Each block is represented by its entry of largest magnitude; a NaN is preferred to every number.
    Returns the reduced matrix and the (rows, columns) of a block.
    """
    rows, columns = (-(-size // most) for size in matrix.shape)
    if rows == columns == 1:
        return matrix, (1, 1)
    size = np.where(np.isnan(matrix), np.inf, np.abs(matrix))
    for axis, step in ((0, rows), (1, columns)):
        if step > 1:
            matrix, size = _largest(matrix, size, axis, step)
    return matrix, (rows, columns)


def _largest(
    matrix: np.ndarray, size: np.ndarray, axis: int, step: int
) -> tuple[np.ndarray, np.ndarray]:
    missing = -matrix.shape[axis] % step
    pad = [(0, 0), (0, 0)]
    pad[axis] = (0, missing)
    shape = list(matrix.shape)
    shape[axis : axis + 1] = [(shape[axis] + missing) // step, step]
    matrix = np.pad(matrix, pad, mode="edge").reshape(shape)
    size = np.pad(size, pad, mode="edge").reshape(shape)
    at = np.expand_dims(size.argmax(axis=axis + 1), axis + 1)
    pick = [np.take_along_axis(part, at, axis + 1).squeeze(axis + 1) for part in (matrix, size)]
    return pick[0], pick[1]


class HeatMap(QWidget):
    """The heat map, a colour bar to its right, and a line of text below.

    ``problem(str)`` is emitted where a file could not be written; ``facts`` is the caption of a
    copied or saved picture.
    """

    problem = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = LIGHT
        self.facts: Callable[[], dict[str, str]] = dict
        self.array = np.zeros((1, 1))
        self.matrix = self.array
        self.scale = SignedScale.fitted(self.matrix, LIGHT)
        self.block = (1, 1)
        self.cell: tuple[int, int] | None = None
        self._image = QImage()
        self.setMouseTracking(True)
        # focus by Tab only: after a click the arrow keys still step
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumSize(120, 80)
        self.setAccessibleName(tr("Heat map; the arrow keys read single entries"))
        number_picture.add_actions(
            self,
            lambda: number_picture.picture_of(self, self.theme, self.facts()),
            self.problem.emit,
            "heat-map",
        )

    def apply_theme(self, theme: Theme) -> None:
        self.theme = theme
        self._colour()

    def show_array(self, array: np.ndarray, matrix: np.ndarray) -> None:
        """Show ``matrix``, which is ``array`` laid out in rows and columns."""
        if matrix.shape != self.matrix.shape:
            self.cell = None
        self.array, self.matrix = array, matrix
        self._colour()

    def _colour(self) -> None:
        shown, self.block = blocks(self.matrix)
        self.scale = SignedScale.fitted(shown, self.theme)
        self._image = image_of(self.scale.rgba(shown))
        self.update()

    # -- geometry ------------------------------------------------------------------------------

    def picture(self) -> QRect:
        """Return the rectangle of the matrix: the available space, cells not taller than wide."""
        metrics = self.fontMetrics()
        widest = figure(-self.scale.limit, 3)
        bar = BAR_WIDTH + metrics.horizontalAdvance(widest) + 18
        room = self.rect().adjusted(2, 6, -bar, -metrics.height() - 8)
        rows, columns = self.matrix.shape
        cell = min(room.width() / columns, room.height() / rows)
        # Cells stay square unless that leaves most of the space empty.
        width = int(min(room.width(), max(cell * columns, room.width() * 0.6)))
        height = int(min(room.height(), max(cell * rows, room.height() * 0.6)))
        if rows == 1 or columns == 1:
            width, height = (
                (room.width(), min(room.height(), 40))
                if rows == 1
                else (
                    min(room.width(), 120),
                    room.height(),
                )
            )
        return QRect(room.left(), room.top(), max(1, width), max(1, height))

    def cell_at(self, point: QPoint) -> tuple[int, int] | None:
        """Return (row, column) of the entry at a point of the widget."""
        place = self.picture()
        if not place.contains(point):
            return None
        rows, columns = self.matrix.shape
        row = (point.y() - place.top()) * rows // place.height()
        column = (point.x() - place.left()) * columns // place.width()
        return min(rows - 1, int(row)), min(columns - 1, int(column))

    # -- painting ------------------------------------------------------------------------------

    def paintEvent(self, event: QPaintEvent) -> None:
        self.paint_picture(QPainter(self))

    def paint_picture(self, painter: QPainter) -> None:
        """Draw map, colour bar and text with a painter."""
        place = self.picture()
        painter.drawImage(place, self._image)
        painter.setPen(QColor(self.theme.border))
        painter.drawRect(place)
        self._paint_cell(painter, place)
        self._paint_bar(painter, place)
        painter.setPen(QColor(self.theme.text if self.cell else self.theme.muted))
        text = QRect(2, place.bottom() + 4, self.width() - 4, self.fontMetrics().height() + 2)
        painter.drawText(text, Qt.AlignmentFlag.AlignLeft, self.read_out())

    def read_out(self) -> str:
        """Return the text of the entry under the cursor, else of the whole matrix."""
        if self.cell is not None:
            row, column = self.cell
            flat = row * self.matrix.shape[1] + column
            index = np.unravel_index(flat, self.array.shape)
            where = ", ".join(str(int(k)) for k in index)
            return f"[{where}] = {figure(float(self.matrix[row, column]))}"
        text = tr("{shape}; hover for a number").format(shape=shape_text(self.array.shape))
        if self.block != (1, 1):
            text = tr("{shape}; each dot: the largest |·| of {rows} × {columns} entries").format(
                shape=shape_text(self.array.shape), rows=self.block[0], columns=self.block[1]
            )
        return text

    def _paint_cell(self, painter: QPainter, place: QRect) -> None:
        if self.cell is None:
            return
        rows, columns = self.matrix.shape
        row, column = self.cell
        left = place.left() + column * place.width() / columns
        top = place.top() + row * place.height() / rows
        wide, high = max(3, place.width() // columns), max(3, place.height() // rows)
        painter.setPen(QPen(QColor(self.theme.text), 1.5))
        painter.drawRect(QRect(int(left), int(top), wide, high))

    def _paint_bar(self, painter: QPainter, place: QRect) -> None:
        top, bottom = 6, self.height() - self.fontMetrics().height() - 10
        bar = QRect(place.right() + 10, top, BAR_WIDTH, max(20, bottom - top))
        painter.drawImage(bar, image_of(self.scale.table(65)[::-1, None, :]))
        painter.setPen(QColor(self.theme.border))
        painter.drawRect(bar)
        painter.setPen(QColor(self.theme.text))
        height = self.fontMetrics().height()
        marks = ((bar.top(), self.scale.limit), (bar.center().y() - height // 2, 0.0))
        for y, value in (*marks, (bar.bottom() - height, -self.scale.limit)):
            label = QRect(bar.right() + 5, y, self.width() - bar.right() - 5, height)
            painter.drawText(label, Qt.AlignmentFlag.AlignLeft, figure(value, 3))

    # -- mouse and keys ------------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        if is_reading_key(event):
            event.accept()
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._set_cell(self.cell_at(event.position().toPoint()))

    def leaveEvent(self, event: object) -> None:
        self._set_cell(None)

    def _set_cell(self, cell: tuple[int, int] | None) -> None:
        if cell != self.cell:
            self.cell = cell
            self.update()

    def copy_contents(self) -> str:
        """Copy all numbers as tab-separated text."""
        from gui.panels.inspector.array_text import as_text

        QGuiApplication.clipboard().setText(as_text(self.array))
        return tr("Numbers copied")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {
            Qt.Key.Key_Left: (0, -1),
            Qt.Key.Key_Right: (0, 1),
            Qt.Key.Key_Up: (-1, 0),
            Qt.Key.Key_Down: (1, 0),
        }
        if Qt.Key(event.key()) in moves:
            down, right = moves[Qt.Key(event.key())]
            row, column = self.cell or (0, 0)
            rows, columns = self.matrix.shape
            self._set_cell(
                (min(rows - 1, max(0, row + down)), min(columns - 1, max(0, column + right)))
            )
        else:
            super().keyPressEvent(event)
