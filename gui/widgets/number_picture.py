"""Copies and saves the picture of a widget that draws numbers: clipboard and PNG."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Protocol

import numpy as np
from PySide6.QtCore import QBuffer, QByteArray, QEvent, QIODevice, QRect, QSize, Qt
from PySide6.QtGui import (
    QAction,
    QColor,
    QFont,
    QFontMetrics,
    QGuiApplication,
    QImage,
    QImageWriter,
    QKeyEvent,
    QPainter,
)
from PySide6.QtWidgets import QFileDialog, QWidget

from engine.support.errors import InputError
from engine.support.text import tr
from engine.support.whole_files import write_bytes
from gui.appearance.theme import Theme

SCALE = 2
MARGIN = 8


class Pictured(Protocol):
    """A widget that can paint its picture without what only the screen needs."""

    def paint_picture(self, painter: QPainter) -> None: ...
    def width(self) -> int: ...
    def height(self) -> int: ...
    def font(self) -> QFont: ...
    def fontMetrics(self) -> QFontMetrics: ...


def picture_of(
    widget: Pictured, theme: Theme, facts: dict[str, str], scale: float = SCALE
) -> QImage:
    """Return the widget's picture with a line below that says what it shows.

    The facts are also written to the image's text fields.
    """
    line = " · ".join(f"{key} {text}" for key, text in facts.items())
    height = widget.height() + 2 * MARGIN
    height += widget.fontMetrics().height() + MARGIN if line else 0
    size = QSize(widget.width() + 2 * MARGIN, height)
    image = QImage(size * scale, QImage.Format.Format_ARGB32)
    image.setDevicePixelRatio(scale)
    image.fill(QColor(theme.surface))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.translate(MARGIN, MARGIN)
    widget.paint_picture(painter)
    painter.translate(-MARGIN, -MARGIN)
    painter.setPen(QColor(theme.muted))
    painter.setFont(widget.font())
    place = QRect(MARGIN, MARGIN + widget.height(), widget.width(), height - widget.height())
    painter.drawText(place, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, line)
    painter.end()
    for key, text in facts.items():
        image.setText(key, text)
    return image


def png_bytes(image: QImage) -> bytes:
    """Return an image as the content of a PNG file."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    QImageWriter(buffer, QByteArray(b"PNG")).write(image)
    return bytes(buffer.data().data())


def add_actions(
    widget: QWidget, picture: Callable[[], QImage], problem: Callable[[str], None], stem: str
) -> None:
    """Add "Copy picture" and "Save picture…" to a widget's context menu."""
    copy, save = QAction(tr("Copy picture"), widget), QAction(tr("Save picture…"), widget)
    copy.triggered.connect(lambda: QGuiApplication.clipboard().setImage(picture()))
    save.triggered.connect(partial(_ask_and_save, widget, picture, problem, stem))
    widget.addActions([copy, save])
    widget.setContextMenuPolicy(Qt.ContextMenuPolicy.ActionsContextMenu)


def _ask_and_save(
    widget: QWidget, picture: Callable[[], QImage], problem: Callable[[str], None], stem: str
) -> None:
    path, _ = QFileDialog.getSaveFileName(widget, tr("Save picture"), f"{stem}.png", "PNG (*.png)")
    if path:
        save(picture(), path if path.lower().endswith(".png") else f"{path}.png", problem)


def save(image: QImage, path: str, problem: Callable[[str], None]) -> bool:
    """Write the picture; return whether that worked, else call ``problem`` with the reason."""
    try:
        write_bytes(path, png_bytes(image))
    except InputError as error:
        problem(str(error))
        return False
    return True


def is_reading_key(event: QEvent) -> bool:
    """Whether a key moves the cursor over a picture's entries.

    A widget that was focused by Tab handles such a key before the window's shortcuts do.
    """
    if event.type() != QEvent.Type.ShortcutOverride or not isinstance(event, QKeyEvent):
        return False
    keys = Qt.Key
    arrows = (keys.Key_Left, keys.Key_Right, keys.Key_Up, keys.Key_Down)
    plain = (
        event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.NoModifier
    )
    return plain and event.key() in arrows


def image_of(rgba: np.ndarray) -> QImage:
    """Return an image of an RGBA array, (height, width, 4) bytes."""
    pixels = np.ascontiguousarray(rgba)
    height, width = pixels.shape[:2]
    kind = QImage.Format.Format_RGBA8888
    return QImage(pixels.data, width, height, 4 * width, kind).copy()
