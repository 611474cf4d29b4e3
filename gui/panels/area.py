"""Where a panel may stand: on one of the four sides of the canvas, alone or in a stack."""

from dataclasses import dataclass
from typing import Literal

Area = Literal["left", "right", "top", "bottom"]
AREAS: tuple[Area, ...] = ("left", "right", "top", "bottom")


@dataclass(frozen=True)
class Home:
    """Where a panel stands at first.

    ``stack`` names the panel behind which it is a tab; "" for a stack of its own.
    """

    area: Area
    stack: str = ""
