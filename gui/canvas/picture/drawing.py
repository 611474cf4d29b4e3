"""What an exported picture shows, and how: frozen, so that it can be kept, sent and drawn later."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QRectF

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.messages.wiring import Part
from gui.appearance.theme import Theme
from gui.canvas.graph.visible import Path
from gui.canvas.layout.model import Placement
from gui.canvas.neurons.words import BoardState
from gui.canvas.scene.sparkline import Trends
from gui.colour.linear import Scale
from gui.colour.magnitude import MagnitudeScale
from gui.colour.maps import Maps


@dataclass(frozen=True)
class Drawing:
    """All that an exported picture shows.

    ``scale`` is that of gradients and contributions, ``node_scale`` that of what the frame
    colours nodes by, where it is another. ``trends`` are the norms of the last steps, ``boards``
    the layers that show their neurons. ``part`` is what is brought out, everything else being
    dimmed, and ``part_words`` says what it is ("Upstream of h"); ``other_node`` is the second end
    of paths. ``shares``: each path's share is written at forks.
    """

    topology: Topology
    frame: Frame | None
    opened: frozenset[Path]
    placement: Placement
    scale: MagnitudeScale
    theme: Theme
    seen: QRectF = field(default_factory=QRectF)
    selected_node: int | None = None
    selected_edge: int | None = None
    node_scale: Scale | None = None
    maps: Maps = field(default_factory=Maps)
    trends: Trends = field(default_factory=Trends)
    boards: Mapping[Path, BoardState] = field(default_factory=dict)
    part: Part | None = None
    part_words: str = ""
    other_node: int | None = None
    shares: bool = True


@dataclass(frozen=True)
class Options:
    """How to draw it. ``background``: white, theme or transparent; ``scale`` is in pixels a unit.

    ``tiles``: one that is too large for a file becomes several, in place of scaled down.
    """

    whole: bool = True
    scale: float = 2.0
    background: str = "theme"
    legend: bool = True
    caption: bool = True
    tiles: bool = False


@dataclass(frozen=True)
class OnScreen:
    """What of a window's picture need not be worked out again: where all stands, and the past."""

    placement: Placement
    trends: Trends
