"""The messages between the window and the process that draws exports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtGui import QImage

from engine.export.formats import Material


@dataclass(frozen=True)
class RenderJob:
    """One export to draw; sent from the renderer to its process.

    Attributes
    ----------
    format:
        The name of the format, "" for a picture in memory.
    material:
        What to draw, sent to the process once. ``picture`` overrides settings of its recipe.
    target:
        The file to write, "" for a preview; ``folder``: where the finished file will lie.
    steps:
        The steps of an animation; the process trains the system from step 0 for them.
    box:
        Width and height in pixels that a preview may take; (0, 0): the picture's own size.
    """

    format: str
    material: Material | None
    picture: Mapping[str, Any] = field(default_factory=dict)
    target: str = ""
    folder: str = ""
    steps: range | None = None
    box: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class Answer:
    """The result of a job, or its progress (``finished`` False: ``done`` of ``total``).

    ``size`` is the picture's (width, height) at one pixel per scene unit; ``text`` the first lines
    of a data file.
    """

    job: RenderJob
    finished: bool = True
    words: str = ""
    done: int = 0
    total: int = 0
    problem: str = ""
    cancelled: bool = False
    notes: tuple[str, ...] = ()
    image: QImage | None = None
    text: str = ""
    size: tuple[float, float] = (0.0, 0.0)
