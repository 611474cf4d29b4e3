"""The canvas's content as one frozen value, from which screen and exports are drawn."""

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

    ``GraphScene.drawing`` is the present one. On screen the scene changes single fields as
    frames and clicks come; for an export ``GraphScene.show`` shows a whole one.

    Attributes
    ----------
    visible, placement:
        The graph with its open groups, and where everything is; None before there are any.
    frame:
        The frame whose numbers are shown; None for a graph without numbers.
    scale, node_scale:
        The colours of gradients and contributions, and those of what the frame colours nodes by,
        where that is something else.
    selected_node, selected_edge, other_node:
        What is selected (indices of the topology), and the second end of paths.
    part, part_words:
        The part of the graph that is not dimmed, and its name ("Upstream of h").
    shares:
        Whether each path's share is written at forks.
    trends, boards:
        The gradient norms of the last steps; the states of the neuron views.
    theme, maps, seen:
        The theme, the colour maps, and the visible rectangle of the scene.
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
