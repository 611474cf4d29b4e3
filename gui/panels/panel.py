"""The base class of panels: a widget with a place, which receives topologies, frames and themes.

A panel calls the session and receives frozen messages; it never accesses the trainer.
"""

from typing import Any, ClassVar

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from gui.appearance.theme import Theme
from gui.panels.area import Area
from gui.session.session import Session


class Panel(QWidget):
    """Base class of everything in a dock; the window makes one dock of each class in ``PANELS``.

    ``name`` is the key under which the dock's place is remembered, ``title()`` the translated
    heading, ``area`` the side where it is first placed, ``stack`` the panel whose tab stack
    it joins.
    ``slim``: it shows no title above or below the canvas.
    """

    name: ClassVar[str]
    area: ClassVar[Area] = "right"
    stack: ClassVar[str] = ""
    slim: ClassVar[bool] = False

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.session = session

    @staticmethod
    def title() -> str:
        """The heading of the dock, translated."""
        raise AssertionError("each panel names itself")

    def take_settings(self, settings: QSettings) -> None:
        """Restore the panel's choices from the settings, and save later choices there."""

    def take_actions(self, actions: dict[str, QAction]) -> None:
        """Take the window's actions by id, for a panel that shows some of them as buttons."""

    def show_topology(self, topology: Topology) -> None:
        """Forget the previous graph and prepare for frames of this one."""

    def show_frame(self, frame: Frame) -> None:
        """Show a frame of the last topology; called at most once per display refresh."""

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""

    def keepsake(self) -> dict[str, Any]:
        """Return what a saved session has of this panel, as plain values; {} for nothing.

        ``curves``: a list of those that a person kept; ``unfinished``: texts that are being typed.
        """
        return {}

    def take_back(self, keepsake: dict[str, Any]) -> None:
        """Take up what ``keepsake`` returned; what raises for other values is ignored."""
