"""What the process that draws pictures is asked, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from PySide6.QtGui import QImage

from engine.export.formats import Material


@dataclass(frozen=True)
class RenderJob:
    """One thing to draw.

    Attributes
    ----------
    format:
        The name of the format, "" for a picture in memory.
    material:
        What to draw; ``picture`` is laid over its recipe's. The process is given it once.
    target:
        The file to write, "" for a preview; ``folder``: where it will stand in the end.
    steps:
        An animation's steps: trained by the process itself, from the system's first step.
    box:
        The pixels that a preview may take; (0, 0): the picture at its own size.
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
    """What came of a job, or how far it is (``finished`` False: ``done`` of ``total``).

    ``size`` is the picture's at one pixel a unit; ``text`` the beginning of a data file.
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
