"""Where a panel may be placed: at one of the four sides of the canvas, alone or in a tab stack."""

from dataclasses import dataclass
from typing import Literal

Area = Literal["left", "right", "top", "bottom"]
AREAS: tuple[Area, ...] = ("left", "right", "top", "bottom")


@dataclass(frozen=True)
class Home:
    """The first place of a panel.

    ``stack`` names the panel that it shares a tab stack with, "" for a stack of its own.
    """

    area: Area
    stack: str = ""
