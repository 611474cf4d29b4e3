"""Where the window stands on the screen: at first, and as it was left."""

from PySide6.QtCore import QRect, QSettings, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from gui.workspace.workspace import within

FIRST_SIZE = QSize(1440, 900)
# What a window manager's frame takes at most; there is none to ask before the window is shown.
FRAME = QSize(16, 56)
ROUNDING = 1  # by how much a rectangle may come back changed where the scale is a fraction


class WindowPlace:
    """Remembers size, place and whether the window was maximised."""

    def __init__(self, window: QWidget, settings: QSettings) -> None:
        self._window, self._settings = window, settings
        remembered = settings.value("geometry")
        self._is_first = not isinstance(remembered, QRect)
        self._asked = remembered if isinstance(remembered, QRect) else QRect()
        if self._is_first:
            window.resize(FIRST_SIZE)
        else:
            window.setGeometry(self._on_screen(self._asked))
            if settings.value("maximised", False, bool):
                window.setWindowState(Qt.WindowState.WindowMaximized)

    def _on_screen(self, rect: QRect) -> QRect:
        """The rectangle, or where the screens are others now one that fits them."""
        screen = QGuiApplication.screenAt(rect.center()) or self._window.screen()
        room = screen.availableGeometry()
        if room.contains(rect):
            return rect
        across, above = FRAME.width() // 2, FRAME.height() - FRAME.width() // 2
        return within(rect, room.adjusted(across, above, -across, -across))

    def show(self) -> None:
        """Show the window: at first in its own size or, where that does not fit, maximised."""
        room = self._window.screen().availableSize() - FRAME
        size = FIRST_SIZE.boundedTo(room)
        if self._is_first and size != FIRST_SIZE:
            self._window.resize(size)
            self._asked = QRect(self._window.pos(), size)
            self._window.showMaximized()
        else:
            self._window.show()

    def remember(self) -> None:
        """Keep it for the next start; what only rounding changed is kept as it was asked for."""
        rect = self._window.normalGeometry()
        asked = self._asked if not self._is_first else QRect(rect.topLeft(), FIRST_SIZE)
        if _alike(rect, asked):
            rect = asked
        maximised = bool(self._window.windowState() & Qt.WindowState.WindowMaximized)
        self._settings.setValue("geometry", rect)
        self._settings.setValue("maximised", maximised)


def _alike(one: QRect, other: QRect) -> bool:
    corner, size = one.topLeft() - other.topLeft(), one.size() - other.size()
    changes = (corner.x(), corner.y(), size.width(), size.height())
    return all(abs(change) <= ROUNDING for change in changes)
