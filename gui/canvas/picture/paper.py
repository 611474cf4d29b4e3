"""The options of a picture file, and the parts of a window's drawing that no recipe holds."""

from dataclasses import dataclass

from gui.canvas.layout.model import Placement
from gui.canvas.scene.sparkline import Trends


@dataclass(frozen=True)
class Paper:
    """The options of a picture file: whole graph or visible part, background, legend, size.

    ``background``: white, theme or transparent; ``scale`` is in pixels a unit. ``tiles``: a
    picture too large for one file is cut into several instead of scaled down.
    """

    whole: bool = True
    scale: float = 2.0
    background: str = "theme"
    legend: bool = True
    caption: bool = True
    tiles: bool = False


@dataclass(frozen=True)
class OnScreen:
    """The parts of a window's drawing that need not be computed again: placement and trends."""

    placement: Placement
    trends: Trends
