"""The widget that shows a board of pictures; hovering an entry frames it in every sheet."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.colour.magnitude import mixed
from gui.panels.pictures.layout import BoardGeometry, Measures, place
from gui.panels.pictures.model import Board, Cell, in_blocks
from gui.panels.pictures.paint import BoardPainter, TileScale, page_image
from gui.widgets.number_picture import is_reading_key

EMPTY = Board(())


class PictureView(QWidget):
    """Shows a ``Board``.

    Signals
    -------
    read(str): the text of the entry under the mouse or the keyboard cursor, "" where there is none
    paged(): another page, or another number of pages
    chosen(int): a tile was clicked, or Enter pressed on it, if tiles can be chosen
    copied(): the page is to be copied
    """

    read = Signal(str)
    paged = Signal()
    chosen = Signal(int)
    copied = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = LIGHT
        self.board = EMPTY
        self.page_number = 0
        self.cell: Cell | None = None
        self.geometry_now: BoardGeometry | None = None
        self._images: list[QImage | None] = []
        self._scales: list[TileScale] = []
        self.setMouseTracking(True)
        # focus by Tab only: after a click the arrow keys still step
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setMinimumSize(160, 120)
        self.setAccessibleName(tr("Pictures; the arrow keys read single entries"))

    # -- what is shown -------------------------------------------------------------------------

    def show_board(self, board: Board) -> None:
        """Show other pictures; the cursor stays if their number is the same."""
        shapes = [None if s.tiles is None else s.tiles.shape for s in board.sheets]
        if shapes != [None if s.tiles is None else s.tiles.shape for s in self.board.sheets]:
            self.cell = None
        if board.what != self.board.what or board.count != self.board.count:
            self.page_number = 0
        self.board = board
        self._arrange()

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self.theme = theme
        self._arrange()

    def turn(self, pages: int) -> None:
        """Go forward by a number of pages, back if it is negative."""
        if self.geometry_now is None:
            return
        last = self.geometry_now.page.pages - 1
        wanted = min(last, max(0, self.page_number + pages))
        if wanted != self.page_number:
            self.page_number = wanted
            self.cell = None
            self._arrange()

    def _arrange(self) -> None:
        """Lay out the board and colour the tiles of the page."""
        if not self.board.sheets:
            self.geometry_now = None
            self.update()
            return
        room = self.width() - 2, self.height() - 2
        self.geometry_now = place(self.board, room, self.page_number, self._measures())
        self.page_number = min(self.page_number, self.geometry_now.page.pages - 1)
        self._scales = [sheet.scale(self.theme) for sheet in self.board.sheets]
        self._images = [self._coloured(k) for k in range(len(self.board.sheets))]
        self._say()
        self.paged.emit()
        self.update()

    def _small(self) -> QFont:
        font = QFont(self.font())
        font.setPointSizeF(max(6.5, font.pointSizeF() * 0.82))
        return font

    def _measures(self) -> Measures:
        small = QFontMetrics(self._small())
        widest = max((small.horizontalAdvance(text) for text in self.board.labels), default=0)
        label = (widest, small.height()) if self.board.labels else (0, 0)
        return Measures(self.fontMetrics().height() + small.height() + 8, label, widest + 4)

    def _coloured(self, sheet: int) -> QImage | None:
        """Return the tiles of this page with borders in one image, RGBA."""
        tiles, geometry = self.board.sheets[sheet].tiles, self.geometry_now
        if tiles is None or geometry is None:
            return None
        shown = np.array([number for _, _, number in geometry.shown])
        pixels = in_blocks(tiles[shown], geometry.block)
        rgba = self._scales[sheet].rgba(pixels)
        border = self.theme.border
        if self.board.columns:  # kernels in a matrix need a line between them
            border = mixed(border, self.theme.muted, 0.5)
        return page_image(rgba, geometry.dot(sheet), geometry, border)

    # -- painting ------------------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._arrange()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._arrange()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        self.paint_picture(painter)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self.theme.accent), 1))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def paint_picture(self, painter: QPainter) -> None:
        """Paint everything except the keyboard focus."""
        if self.geometry_now is None:
            return
        painter.translate(1, 1)
        fonts = self.font(), self._small()
        brush = BoardPainter(painter, self.geometry_now, self._scales, self.theme, fonts)
        brush.paint(self._images)
        if self.cell is not None:
            brush.paint_links(self.cell[1], self.board.links(self._entry(self.cell)))
        painter.translate(-1, -1)

    # -- mouse and keys ------------------------------------------------------------------------

    def _entry(self, cell: Cell) -> Cell:
        """Return the entry that a dot shows: of a block the one of largest magnitude."""
        geometry, tiles = self.geometry_now, self.board.sheets[cell[0]].tiles
        if geometry is None or geometry.block == 1 or tiles is None:
            return cell
        block = geometry.block
        sheet, number, row, column = cell
        top, left = row * block, column * block
        part = np.abs(tiles[number, top : top + block, left : left + block])
        at = np.unravel_index(int(np.argmax(np.nan_to_num(part, nan=np.inf))), part.shape)
        return sheet, number, top + int(at[0]), left + int(at[1])

    def _say(self) -> None:
        text = "" if self.cell is None else self.board.read(self._entry(self.cell))
        self.setAccessibleDescription(text)
        self.read.emit(text)

    def set_cell(self, cell: Cell | None) -> None:
        """Move the cursor to a dot of a tile."""
        if cell != self.cell:
            self.cell = cell
            self._say()
            self.update()

    def event(self, event: QEvent) -> bool:
        if is_reading_key(event):
            event.accept()
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self.geometry_now is not None:
            point = event.position().toPoint() - QPoint(1, 1)
            self.set_cell(self.geometry_now.cell_at(point))

    def leaveEvent(self, event: QEvent) -> None:
        self.set_cell(None)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.mouseMoveEvent(event)
        if event.button() == Qt.MouseButton.LeftButton:
            self._choose()

    def _choose(self) -> None:
        if self.cell is not None and self.board.choosable:
            self.chosen.emit(self.cell[1])

    def wheelEvent(self, event: QWheelEvent) -> None:
        if self.geometry_now is None or self.geometry_now.page.pages == 1:
            super().wheelEvent(event)
        else:
            self.turn(-1 if event.angleDelta().y() > 0 else 1)

    def copy_contents(self) -> str:
        """Ask for a copy of the page."""
        self.copied.emit()
        return tr("Picture copied")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        keys = Qt.Key
        moves = {
            keys.Key_Left: (0, -1),
            keys.Key_Right: (0, 1),
            keys.Key_Up: (-1, 0),
            keys.Key_Down: (1, 0),
        }
        key = Qt.Key(event.key())
        if key in moves:
            self._move(*moves[key])
        elif key in (keys.Key_PageDown, keys.Key_PageUp):
            self.turn(1 if key == keys.Key_PageDown else -1)
        elif key in (keys.Key_Return, keys.Key_Enter):
            self._choose()
        else:
            super().keyPressEvent(event)

    def _move(self, down: int, right: int) -> None:
        """Move the cursor by a dot, across the edge of a tile to the next tile."""
        geometry = self.geometry_now
        if geometry is None or not self.board.count:
            return
        if self.cell is None:
            first = next(k for k, s in enumerate(self.board.sheets) if s.tiles is not None)
            self.set_cell((first, geometry.shown[0][2], 0, 0))
            return
        sheet, number, row, column = self.cell
        height, width = geometry.size(sheet)
        at = next(((r, c) for r, c, n in geometry.shown if n == number), (0, 0))
        y, x = at[0] * height + row + down, at[1] * width + column + right
        tile = geometry.page.tile_at(y // height, x // width)
        if tile is not None:
            self.set_cell((sheet, tile, y % height, x % width))
