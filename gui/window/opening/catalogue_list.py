"""The catalogue as cards under their topics: picture, name, title, book and chapter."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from PySide6.QtCore import QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPixmap,
    QResizeEvent,
    QTextLayout,
    QTextOption,
)
from PySide6.QtWidgets import (
    QListView,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from engine.support.places import RESOURCES
from engine.support.text import tr
from engine.system.catalogue import Entry, by_topic
from gui.appearance.theme import Theme

FOLDER = RESOURCES / "thumbnails"
THUMBNAIL, PIXELS = (176, 110), 2  # size in pixels on the screen; image pixels per screen pixel
PADDING, GAP = 10, 12
LEAST_WIDTH = 400  # pixels of a card
ENTRY = Qt.ItemDataRole.UserRole


def thumbnail_path(name: str, theme: str) -> Path:
    """Return the path of an entry's thumbnail for a theme, "light" or "dark"."""
    return FOLDER / f"{name}-{theme}.png"


@cache
def thumbnail(name: str, theme: str) -> QPixmap:
    """Return the thumbnail; an empty pixmap where an entry has none."""
    found = QPixmap(str(thumbnail_path(name, theme)))
    found.setDevicePixelRatio(PIXELS)
    return found


class CatalogueList(QListWidget):
    """The entries as cards in columns; the arrow keys skip the topics."""

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(tr("Catalogue"))
        self.setFlow(QListView.Flow.LeftToRight)
        self.setWrapping(True)
        self.setResizeMode(QListView.ResizeMode.Adjust)
        self.setVerticalScrollMode(QListView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setItemDelegate(_Cards(self, theme))
        for topic, entries in by_topic().items():
            heading = QListWidgetItem(tr(topic) if topic else tr("More"))
            heading.setFlags(Qt.ItemFlag.NoItemFlags)
            self.addItem(heading)
            for entry in entries:
                item = QListWidgetItem(entry.name)
                item.setData(ENTRY, entry)
                text = f"{entry.name}: {tr(entry.title)}. {entry.source}"
                item.setData(Qt.ItemDataRole.AccessibleTextRole, text)
                item.setToolTip(tr(entry.description))
                self.addItem(item)

    def show_matching(self, text: str) -> None:
        """Show the entries that contain all these words, and choose the closest name."""
        wanted = text.casefold().strip()
        words = wanted.split()
        found: list[QListWidgetItem] = []
        heading: QListWidgetItem | None = None
        for item in self.every():
            entry = item.data(ENTRY)
            if entry is None:
                heading = item
                item.setHidden(True)
                continue
            assert heading is not None
            said = " ".join([heading.text(), _said_of(entry)]).casefold()
            there = all(word in said for word in words)
            item.setHidden(not there)
            if there:
                heading.setHidden(False)
                found.append(item)
        found.sort(key=lambda item: _distance(item.text(), wanted))
        self.setCurrentRow(self.row(found[0]) if found else -1)

    def chosen(self) -> Entry | None:
        """The name of the chosen entry."""
        row = self.currentRow()
        return None if row < 0 else self.item(row).data(ENTRY)

    def choose(self, name: str) -> None:
        """Choose an entry by its name, if there is one."""
        for item in self.every():
            if item.data(ENTRY) is not None and item.text() == name:
                self.setCurrentItem(item)
                self.scrollToItem(item, QListView.ScrollHint.PositionAtCenter)

    def every(self) -> list[QListWidgetItem]:
        """All items, including topics."""
        return [self.item(row) for row in range(self.count())]

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.scheduleDelayedItemsLayout()
        super().resizeEvent(event)


def _distance(name: str, wanted: str) -> int:
    """Rank a name by the typed text: equal, begins with it, contains it, or does not."""
    return (name != wanted) + (not name.startswith(wanted)) + (wanted not in name)


def _said_of(entry: Entry) -> str:
    texts = (entry.name, entry.title, tr(entry.title), entry.source, tr(entry.description))
    return " ".join(texts)


class _Cards(QStyledItemDelegate):
    """Draws topics as headings and entries as cards, in as many columns as fit."""

    def __init__(self, view: CatalogueList, theme: Theme) -> None:
        super().__init__(view)
        self._view, self._theme = view, theme

    def sizeHint(self, option: QStyleOptionViewItem, index: Any) -> QSize:
        room = self._view.viewport().width() - 1
        lines = QFontMetrics(option.font).lineSpacing()
        if index.data(ENTRY) is None:
            return QSize(room, 2 * lines + 4)
        columns = max(1, room // max(LEAST_WIDTH, THUMBNAIL[0] + 24 * lines // 2))
        return QSize(room // columns, max(THUMBNAIL[1], 5 * lines) + 2 * PADDING)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: Any) -> None:
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        entry = index.data(ENTRY)
        if entry is None:
            self._paint_topic(painter, option, index.data())
        else:
            self._paint_card(painter, option, entry)
        painter.restore()

    def _paint_topic(self, painter: QPainter, option: QStyleOptionViewItem, text: str) -> None:
        font = QFont(option.font)
        font.setBold(True)
        painter.setFont(font)
        painter.setPen(QColor(self._theme.muted))
        rect = option.rect.adjusted(PADDING, 0, -PADDING, -4)
        painter.drawText(rect, Qt.AlignmentFlag.AlignBottom | Qt.AlignmentFlag.AlignLeft, text)

    def _paint_card(self, painter: QPainter, option: QStyleOptionViewItem, entry: Entry) -> None:
        theme, states = self._theme, QStyle.StateFlag
        card = option.rect.adjusted(4, 3, -4, -3)
        chosen = bool(option.state & states.State_Selected)
        hovered = bool(option.state & states.State_MouseOver)
        painter.setPen(QColor(theme.accent if chosen else theme.border))
        painter.setBrush(QColor(theme.grid if hovered or chosen else theme.surface))
        painter.drawRoundedRect(card, 6, 6)
        if chosen:
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(card.adjusted(1, 1, -1, -1), 5, 5)
        picture = thumbnail(entry.name, theme.name)
        size = picture.deviceIndependentSize().toSize()
        box = QRect(card.x() + PADDING, card.y(), THUMBNAIL[0], card.height())
        painter.drawPixmap(
            box.x() + (box.width() - size.width()) // 2,
            box.y() + (box.height() - size.height()) // 2,
            picture,
        )
        words = card.adjusted(PADDING + THUMBNAIL[0] + GAP, PADDING - 3, -PADDING, -PADDING + 3)
        self._paint_words(painter, option.font, words, entry)

    def _paint_words(self, painter: QPainter, font: QFont, room: QRect, entry: Entry) -> None:
        """Paint name, title and source, each in as many lines as fit."""
        bold = QFont(font)
        bold.setBold(True)
        theme = self._theme
        line = QFontMetrics(font).lineSpacing()
        top = room.y()
        for text, own, colour, most in (
            (entry.name, bold, theme.text, 1),
            (tr(entry.title), font, theme.text, 2),
            (entry.source, font, theme.muted, 3),
        ):
            most = min(most, (room.bottom() - top) // line)
            painter.setPen(QColor(colour))
            painter.setFont(own)
            for words in _lines(text, own, room.width(), most):
                painter.drawText(room.x(), top, room.width(), line, 0, words)
                top += line
            top += 2


def _lines(text: str, font: QFont, width: int, most: int) -> list[str]:
    """Break a text into lines; the last one is elided."""
    layout = QTextLayout(text, font)
    layout.setTextOption(QTextOption())
    layout.beginLayout()
    starts: list[int] = []
    while (line := layout.createLine()).isValid():
        line.setLineWidth(width)
        starts.append(line.textStart())
    layout.endLayout()
    ends = [*starts[1:], len(text)]
    found = [text[start:end].strip() for start, end in zip(starts, ends, strict=True)]
    if len(found) > most > 0:
        rest = text[starts[most - 1] :]
        metrics = QFontMetrics(font)
        found[most - 1] = metrics.elidedText(rest, Qt.TextElideMode.ElideRight, width)
    return found[: max(most, 0)]
