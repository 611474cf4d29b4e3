"""Paints a board of pictures: headings with legends, tiles with marks, labels."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from PySide6.QtCore import QPoint, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QImage, QPainter, QPen

from engine.support.figures import figure
from gui.appearance.theme import Theme
from gui.colour.magnitude import SignedScale
from gui.panels.pictures.layout import BoardGeometry
from gui.panels.pictures.model import GreyScale, Link
from gui.widgets.number_picture import image_of

BAR = QSize(64, 8)
LEAST_LINES = 5  # pixels per entry from which lines between windows are drawn
TileScale = SignedScale | GreyScale
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def page_image(
    rgba: np.ndarray,
    dot: int,
    geometry: BoardGeometry,
    border: str,
) -> QImage:
    """Return tiles (count, height, width, 4) placed in an image, each with a border of one pixel.

    An entry is ``dot`` × ``dot`` pixels. The space between tiles is transparent; the first tile
    begins at (1, 1).
    """
    # A pixel is handled as one 32-bit number, which is quicker than four bytes.
    pixels = np.ascontiguousarray(rgba).view(np.uint32)[..., 0]
    pixels = pixels.repeat(dot, axis=2).repeat(dot, axis=1)
    across, down = geometry.pitch
    page, (_, height, width) = geometry.page, pixels.shape
    size = (page.rows - 1) * down + height + 2, (page.columns - 1) * across + width + 2
    image = np.zeros(size, np.uint32)
    colour = QColor(border)
    frame = np.array([colour.red(), colour.green(), colour.blue(), 255], np.uint8).view(np.uint32)
    for tile, (row, column, _) in zip(pixels, geometry.shown, strict=True):
        top, left = row * down, column * across
        image[top : top + height + 2, left : left + width + 2] = frame
        image[top + 1 : top + 1 + height, left + 1 : left + 1 + width] = tile
    return image_of(image.view(np.uint8).reshape(*size, 4))


class BoardPainter:
    """Paints one board; ``fonts`` are those of headings and labels."""

    def __init__(
        self,
        painter: QPainter,
        geometry: BoardGeometry,
        scales: list[TileScale],
        theme: Theme,
        fonts: tuple[QFont, QFont],
    ) -> None:
        self.painter, self.geometry, self.theme = painter, geometry, theme
        self.board, self.page = geometry.board, geometry.page
        self.scales = scales
        self.font, self.small = fonts
        self.line, self.metrics = QFontMetrics(self.font), QFontMetrics(self.small)

    def paint(self, images: list[QImage | None]) -> None:
        """Paint every sheet; an image holds the page's tiles of all sheets, one below another."""
        for sheet, image in enumerate(images):
            self._head(sheet)
            if image is None:
                self._words(sheet)
                continue
            self._legend(sheet)
            self._tiles(sheet, image)
            if self.board.columns:
                self._matrix_labels(sheet)

    def paint_links(self, tile: int, links: Iterable[Link]) -> None:
        """Paint frames around the hovered entry and those linked to it."""
        self.painter.setPen(QPen(QColor(self.theme.text), 1.5))
        for sheet, where in links:
            if sheet < len(self.board.sheets):
                rect = self.geometry.place_rect(sheet, tile, where)
                if rect is not None:
                    self.painter.drawRect(rect.adjusted(-1, -1, 0, 0))

    def _head(self, sheet: int) -> None:
        area = self.geometry.areas[sheet]
        self.painter.setFont(self.font)
        self.painter.setPen(QColor(self.theme.text))
        end = Qt.TextElideMode.ElideRight
        title = self.line.elidedText(self.board.sheets[sheet].title, end, area.width() - 4)
        place = QRect(area.left(), area.top(), area.width(), self.line.height())
        self.painter.drawText(place, LEFT, title)

    def _words(self, sheet: int) -> None:
        area = self.geometry.areas[sheet].adjusted(0, self.line.height() + 4, -4, 0)
        self.painter.setPen(QColor(self.theme.muted))
        wrap = Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        self.painter.drawText(area, int(wrap), self.board.sheets[sheet].words)

    def _legend(self, sheet: int) -> None:
        """Paint a sheet's legend: a colour bar between the ends of its range."""
        area, scale, painter = self.geometry.areas[sheet], self.scales[sheet], self.painter
        ends = (
            (scale.low, scale.high)
            if isinstance(scale, GreyScale)
            else (
                -scale.limit,
                scale.limit,
            )
        )
        low, high = (figure(end, 3) for end in ends)
        painter.setFont(self.small)
        painter.setPen(QColor(self.theme.muted))
        top, height = area.top() + self.line.height(), self.metrics.height()
        wide = self.metrics.horizontalAdvance(low)
        painter.drawText(QRect(area.left(), top, wide + 2, height), LEFT, low)
        corner = QPoint(area.left() + wide + 5, top + (height - BAR.height()) // 2)
        bar = QRect(corner, BAR)
        painter.drawImage(bar, image_of(scale.table(BAR.width() + 1)[None]))
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
        if isinstance(scale, SignedScale):  # zero is in the middle
            painter.drawLine(bar.center().x(), bar.top(), bar.center().x(), bar.bottom() + 2)
        rest = QRect(bar.right() + 6, top, max(1, area.right() - bar.right() - 6), height)
        painter.drawText(rest, LEFT, high)

    def _tiles(self, number: int, image: QImage) -> None:
        """Paint the image of the page, and the marks and labels of its tiles."""
        sheet, board, geometry = self.board.sheets[number], self.board, self.geometry
        painter, dot = self.painter, geometry.dot(number)
        painter.drawImage(geometry.tiles[number].topLeft() - QPoint(1, 1), image)
        whole, labelled = geometry.block == 1, bool(board.labels) and not board.columns
        if not (labelled or board.chosen is not None or sheet.marks is not None or sheet.lines):
            return
        for row, column, tile in geometry.shown:
            rect = geometry.tile_rect(number, row, column)
            if whole and sheet.lines and dot >= LEAST_LINES:
                self._lines(rect, dot * sheet.lines)
            if whole and sheet.marks is not None and dot >= sheet.least_mark:
                self._marks(rect, dot, sheet.marks[tile])
            if whole and board.row is not None:
                self._row(rect, dot)
            if tile == board.chosen:
                painter.setPen(QPen(QColor(self.theme.accent), 2))
                painter.drawRect(rect.adjusted(-1, -1, 1, 1))
            if labelled:
                painter.setPen(QColor(self.theme.muted))
                below = rect.left(), rect.bottom() + 3, geometry.pitch[0], self.metrics.height()
                painter.drawText(QRect(*below), LEFT, board.labels[tile])

    def _lines(self, rect: QRect, every: int) -> None:
        self.painter.setPen(QPen(QColor(self.theme.muted), 1))
        for x in range(rect.left() + every, rect.right(), every):
            self.painter.drawLine(x - 1, rect.top(), x - 1, rect.bottom())
        for y in range(rect.top() + every, rect.bottom(), every):
            self.painter.drawLine(rect.left(), y - 1, rect.right(), y - 1)

    def _marks(self, rect: QRect, dot: int, marks: np.ndarray) -> None:
        self.painter.setPen(QPen(QColor(self.theme.highlight), 2 if dot >= 14 else 1))
        for row, column in np.argwhere(marks):
            x, y = rect.left() + int(column) * dot, rect.top() + int(row) * dot
            self.painter.drawRect(QRect(x + 1, y + 1, max(1, dot - 3), max(1, dot - 3)))

    def _row(self, rect: QRect, dot: int) -> None:
        """Paint the frame around the row of a time step."""
        top = rect.top() + (self.board.row or 0) * dot
        self.painter.setPen(QPen(QColor(self.theme.highlight), 1))
        self.painter.drawRect(rect.left() - 1, top - 1, rect.width() + 1, dot + 1)

    def _matrix_labels(self, sheet: int) -> None:
        """Paint row numbers at the left and column numbers above, as many as fit."""
        page, board, geometry = self.page, self.board, self.geometry
        self.painter.setPen(QColor(self.theme.muted))
        tiles, height = geometry.tiles[sheet], self.metrics.height()
        left = geometry.areas[sheet].left()
        every = -(-height // geometry.pitch[1])
        for row in range(0, min(page.rows, page.total[0] - page.first[0]), every):
            middle = geometry.tile_rect(sheet, row, 0).center().y() - height // 2
            place = QRect(left, middle, tiles.left() - left - 4, height)
            self.painter.drawText(place, RIGHT, board.labels[page.first[0] + row])
        if not board.heads:
            return
        widest = max(self.metrics.horizontalAdvance(text) for text in board.heads) + 3
        every = -(-widest // geometry.pitch[0])
        for column in range(0, min(page.columns, page.total[1] - page.first[1]), every):
            x = geometry.tile_rect(sheet, 0, column).left()
            place = QRect(x, tiles.top() - height - 1, widest, height)
            self.painter.drawText(place, LEFT, board.heads[page.first[1] + column])
