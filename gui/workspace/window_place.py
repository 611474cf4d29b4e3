"""The main window's size and position: at the first start, and as saved."""

from PySide6.QtCore import QRect, QSettings, QSize, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from gui.workspace.workspace import within

FIRST_SIZE = QSize(1440, 900)
# Most pixels of a window manager's frame, whose size is not known before the window is shown.
FRAME = QSize(16, 56)
ROUNDING = 1  # pixels by which a rectangle may change on a screen with a fractional scale


class WindowPlace:
    """Saves size, position and whether the window was maximised."""

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
        """Return the rectangle, fitted to a screen if the screens have changed."""
        screen = QGuiApplication.screenAt(rect.center()) or self._window.screen()
        room = screen.availableGeometry()
        if room.contains(rect):
            return rect
        across, above = FRAME.width() // 2, FRAME.height() - FRAME.width() // 2
        return within(rect, room.adjusted(across, above, -across, -across))

    def show(self) -> None:
        """Show the window; at first in its default size or, if that does not fit, maximised."""
        room = self._window.screen().availableSize() - FRAME
        size = FIRST_SIZE.boundedTo(room)
        if self._is_first and size != FIRST_SIZE:
            self._window.resize(size)
            self._asked = QRect(self._window.pos(), size)
            self._window.showMaximized()
        else:
            self._window.show()

    def remember(self) -> None:
        """Save for the next start; a change by rounding only keeps the earlier numbers."""
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
