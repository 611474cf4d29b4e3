"""The interface of the workspace for its parts: stacks, floating windows and dragging.

``Workspace`` derives from it, so that its parts need not import it.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QMenu, QWidget

from gui.appearance.theme import Theme
from gui.panels.area import Area
from gui.workspace.arrangement import Arrangement, ScreenRect


class PanelHost(QWidget):
    """The owner of the panels' places; panels are identified by name."""

    theme: Theme
    arrangement: Arrangement

    def change(self, how: Callable[[Arrangement], Arrangement]) -> None:
        """Apply a function to the arrangement, and show the result."""
        raise NotImplementedError

    def chosen(self, name: str) -> None:
        """Called when a tab was clicked."""
        raise NotImplementedError

    def raise_panel(self, name: str) -> None:
        """Bring a panel to the front of its stack or window."""
        raise NotImplementedError

    def open(self, name: str) -> None:
        """Open a closed panel at its place."""
        raise NotImplementedError

    def float(self, name: str, corner: QPoint | None = None) -> None:
        """Float a panel at this screen position, or a little beside its place."""
        raise NotImplementedError

    def dock(self, name: str) -> None:
        """Put a floating panel back at its place."""
        raise NotImplementedError

    def float_moved(self, name: str, frame: ScreenRect) -> None:
        """Called when a visible floating panel was moved or resized."""
        raise NotImplementedError

    def menu_for(self, name: str) -> QMenu:
        """Return the context menu of a panel's tab."""
        raise NotImplementedError

    def drag(self, name: str, point: QPoint) -> None:
        """Show where a panel dragged to this screen position would be dropped."""
        raise NotImplementedError

    def drop(self, name: str, point: QPoint) -> None:
        """Drop the panel there."""
        raise NotImplementedError

    def give_up_drag(self) -> None:
        """End dragging without moving the panel."""
        raise NotImplementedError

    def stacks_on_screen(self) -> list[tuple[Area, int, QRect]]:
        """Return area, index and screen rectangle of every visible stack."""
        raise NotImplementedError

    def centre_on_screen(self) -> QRect:
        """Return the canvas's screen rectangle."""
        raise NotImplementedError

    def count_of(self, area: Area) -> int:
        """Return the number of stacks of an area."""
        raise NotImplementedError
