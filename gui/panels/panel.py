"""What a panel is: a widget that declares its place and hears topologies, frames and themes.

A panel knows the session (commands down) and the frozen messages (frames up), never the trainer.
"""

from typing import ClassVar

from PySide6.QtCore import QSettings
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QWidget

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from gui.appearance.theme import Theme
from gui.panels.area import Area
from gui.session.session import Session


class Panel(QWidget):
    """Base of everything in a dock; the window makes one dock of each class in ``PANELS``.

    ``name`` is the stable key under which the dock's place is remembered, ``title()`` the
    translated heading, ``area`` where it stands at first, ``stack`` the panel behind which it is a
    tab there. ``slim``: it has no title where it lies above or below the canvas.
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
        """Take on what is remembered of it, and remember there what a person chooses."""

    def take_actions(self, actions: dict[str, QAction]) -> None:
        """Show those of the window's actions, by their ids, that have a button here."""

    def show_topology(self, topology: Topology) -> None:
        """Forget the graph before and stand ready for frames of this one."""

    def show_frame(self, frame: Frame) -> None:
        """Show a frame of the last topology; called at most once per display refresh."""

    def apply_theme(self, theme: Theme) -> None:
        """Take on the colours of a theme."""
