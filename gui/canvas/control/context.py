"""What of the canvas those take who carry out what a person does with it.

``Canvas`` derives from it and puts the parts in; groups, ways, jumps, selection and pointer know
no more of the canvas than stands here.
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
    """The parts and ways of the canvas that its controls share.

    ``announced``: words for the status bar; ``export_wanted``, ``copy_wanted``: asked for in the
    context menu.

    Attributes
    ----------
    session, theme:
        What runs and is selected; the colours that notices and badges are drawn in.
    topology, frame:
        The graph and its newest numbers; None before there are any.
    opened:
        The groups that are open.
    scene, view, placing:
        The items drawn, where a person looks at them, and how the view follows a new arrangement.
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
