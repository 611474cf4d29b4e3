"""What stacks, floating windows and dragging ask of the workspace that they stand in.

``Workspace`` derives from it, and so need not be known to its own parts.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QMenu, QWidget

from gui.appearance.theme import Theme
from gui.panels.area import Area
from gui.workspace.arrangement import Arrangement, ScreenRect


class PanelHost(QWidget):
    """Where panels have their places; a panel is named by its name."""

    theme: Theme
    arrangement: Arrangement

    def change(self, how: Callable[[Arrangement], Arrangement]) -> None:
        """Change what is where."""
        raise NotImplementedError

    def chosen(self, name: str) -> None:
        """Hear that a tab was clicked."""
        raise NotImplementedError

    def raise_panel(self, name: str) -> None:
        """Bring a panel to the front, wherever it is shown."""
        raise NotImplementedError

    def open(self, name: str) -> None:
        """Bring a closed panel back to where it was."""
        raise NotImplementedError

    def float(self, name: str, corner: QPoint | None = None) -> None:
        """Give a panel a window of its own, there or a little beside where it was."""
        raise NotImplementedError

    def dock(self, name: str) -> None:
        """Put a floating panel back to its place."""
        raise NotImplementedError

    def float_moved(self, name: str, frame: ScreenRect) -> None:
        """Hear that a floating panel that is seen was moved or resized."""
        raise NotImplementedError

    def menu_for(self, name: str) -> QMenu:
        """Return what the right button offers on a panel's tab."""
        raise NotImplementedError

    def drag(self, name: str, point: QPoint) -> None:
        """Show where a panel would go that is held over a point of the screen."""
        raise NotImplementedError

    def drop(self, name: str, point: QPoint) -> None:
        """Put it there."""
        raise NotImplementedError

    def give_up_drag(self) -> None:
        """Leave it where it was."""
        raise NotImplementedError

    def stacks_on_screen(self) -> list[tuple[Area, int, QRect]]:
        """Return area, index and rectangle on the screen of every stack that stands there."""
        raise NotImplementedError

    def centre_on_screen(self) -> QRect:
        """Return the canvas's rectangle on the screen."""
        raise NotImplementedError

    def count_of(self, area: Area) -> int:
        """Return how many stacks an area has."""
        raise NotImplementedError
