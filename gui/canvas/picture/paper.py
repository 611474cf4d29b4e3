"""How a drawing is put into a file; what of a window's drawing its recipe does not hold."""

from dataclasses import dataclass

from gui.canvas.layout.model import Placement
from gui.canvas.scene.sparkline import Trends


@dataclass(frozen=True)
class Paper:
    """The whole graph or what is seen, on which background, with what beside it, how large.

    ``background``: white, theme or transparent; ``scale`` is in pixels a unit. ``tiles``: one that
    is too large for a file becomes several, in place of scaled down.
    """

    whole: bool = True
    scale: float = 2.0
    background: str = "theme"
    legend: bool = True
    caption: bool = True
    tiles: bool = False


@dataclass(frozen=True)
class OnScreen:
    """What of a window's drawing need not be worked out again: where all stands, and the past."""

    placement: Placement
    trends: Trends
