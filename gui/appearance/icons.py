"""Line icons from resources/icons, tinted with the theme's colours and sharp at every scale."""

from functools import lru_cache

from PySide6.QtCore import QByteArray, QRectF, QSize, Qt
from PySide6.QtGui import QIcon, QIconEngine, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from engine.support.places import RESOURCES
from gui.appearance.theme import Theme

FOLDER = RESOURCES / "icons"


@lru_cache(maxsize=256)
def _renderer(name: str, colour: str) -> QSvgRenderer:
    text = (FOLDER / f"{name}.svg").read_text(encoding="utf-8").replace("currentColor", colour)
    return QSvgRenderer(QByteArray(text.encode()))


class _TintedEngine(QIconEngine):
    """Draws the SVG at the requested size, so that no pixmap is ever scaled."""

    def __init__(self, name: str, normal: str, disabled: str) -> None:
        super().__init__()
        self._name, self._normal, self._disabled = name, normal, disabled

    def paint(self, painter: QPainter, rect, mode: QIcon.Mode, state: QIcon.State) -> None:
        colour = self._disabled if mode == QIcon.Mode.Disabled else self._normal
        side = min(rect.width(), rect.height())
        square = QRectF(0, 0, side, side)
        square.moveCenter(QRectF(rect).center())
        _renderer(self._name, colour).render(painter, square)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        pixmap = QPixmap(size)
        if pixmap.isNull():  # Qt asks for an empty pixmap before the widget has a size
            return pixmap
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        self.paint(painter, pixmap.rect(), mode, state)
        painter.end()
        return pixmap

    def clone(self) -> QIconEngine:
        return _TintedEngine(self._name, self._normal, self._disabled)


def icon(name: str, theme: Theme, colour: str | None = None) -> QIcon:
    """Return the icon in the theme's text colour, or in the colour that is given."""
    return QIcon(_TintedEngine(name, colour or theme.text, theme.border))


def app_icon() -> QIcon:
    """The program's own icon, in its original colours."""
    return QIcon(_TintedEngine("app", "#000000", "#000000"))
