"""The interface of the canvas that its controls use.

``Canvas`` derives from it and sets the attributes; the modules of this package (groups, jumps,
part selection, pointer, neuron views) use nothing else of the canvas.
"""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGraphicsItem, QWidget

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from gui.appearance.theme import Theme
from gui.canvas.graph.visible import GroupPath
from gui.canvas.scene.scene import GraphScene
from gui.canvas.view.placing import Anchor, Placing
from gui.canvas.view.view import GraphView
from gui.session.session import Session


class CanvasContext(QWidget):
    """The attributes and methods of the canvas that its controls share.

    ``announced`` has a message for the status bar; ``export_wanted`` and ``copy_wanted`` are
    emitted by the context menu.

    Attributes
    ----------
    session, theme:
        The session with its selection; the theme of notices and badges.
    topology, frame:
        The graph and its newest numbers; None before there are any.
    opened:
        The groups that are open.
    scene, view, placing:
        The graph's items, the view of them, and the object that moves both to a new placement.
    """

    announced = Signal(str)
    export_wanted = Signal()
    copy_wanted = Signal()

    session: Session
    theme: Theme
    topology: Topology | None
    frame: Frame | None
    opened: frozenset[GroupPath]
    scene: GraphScene
    view: GraphView
    placing: Placing

    def fit(self) -> None:
        """Show the whole graph."""
        raise NotImplementedError

    def refit_colours(self) -> None:
        """Fit the colours to what is shown."""
        raise NotImplementedError

    def open_all(self) -> None:
        """Open all groups."""
        raise NotImplementedError

    def close_all(self) -> None:
        """Close all groups."""
        raise NotImplementedError

    def open_around(self, path: GroupPath) -> None:
        """Open a group with all groups around it."""
        raise NotImplementedError

    def toggle(self, item: QGraphicsItem) -> None:
        """Open or close a group."""
        raise NotImplementedError

    def show_opened(self, opened: frozenset[GroupPath], anchor: Anchor | None) -> None:
        """Draw the graph with these groups open; ``anchor`` stays where it is on screen."""
        raise NotImplementedError
