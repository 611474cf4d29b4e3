"""What a canvas shows, as one frozen value: the screen and exported pictures are drawn from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.messages.wiring import Part
from gui.appearance.theme import LIGHT, Theme
from gui.canvas.graph.visible import GroupPath, VisibleGraph
from gui.canvas.layout.model import Placement
from gui.canvas.neurons.words import BoardState
from gui.canvas.scene.sparkline import Trends
from gui.colour.linear import Scale
from gui.colour.magnitude import MagnitudeScale
from gui.colour.maps import Maps


@dataclass(frozen=True)
class Drawing:
    """All that a canvas shows.

    ``GraphScene.drawing`` is the one that is on the scene. On screen the scene changes a field
    at a time, as frames and clicks come; for a picture ``GraphScene.show`` shows all of one.

    Attributes
    ----------
    visible, placement:
        The graph with its open groups, and where everything stands; None before there are any.
    frame:
        Whose numbers are shown; None for a graph without any.
    scale, node_scale:
        The colours of gradients and contributions, and those of what the frame colours nodes by,
        where that is something else.
    selected_node, selected_edge, other_node:
        What is selected (indices of the topology), and the second end of paths.
    part, part_words:
        What is brought out, everything else being dimmed, and what it is ("Upstream of h").
    shares:
        Whether each path's share is written at forks.
    trends, boards:
        The norms of the last steps; what the layers show that show their neurons.
    theme, maps, seen:
        Colours of the surface, colour maps, and what of the scene lies within the view.
    """

    visible: VisibleGraph | None = None
    placement: Placement | None = None
    frame: Frame | None = None
    scale: MagnitudeScale = field(default_factory=MagnitudeScale)
    node_scale: Scale | None = None
    selected_node: int | None = None
    selected_edge: int | None = None
    other_node: int | None = None
    part: Part | None = None
    part_words: str = ""
    shares: bool = True
    trends: Trends = field(default_factory=Trends)
    boards: Mapping[GroupPath, BoardState] = field(default_factory=dict)
    theme: Theme = LIGHT
    maps: Maps = field(default_factory=Maps)
    seen: QRectF = field(default_factory=QRectF)

    @property
    def topology(self) -> Topology:
        """The graph that is shown; there must be one."""
        assert self.visible is not None
        return self.visible.topology
