"""The four sides of the canvas on which a panel may stand."""

from typing import Literal

Area = Literal["left", "right", "top", "bottom"]
AREAS: tuple[Area, ...] = ("left", "right", "top", "bottom")
