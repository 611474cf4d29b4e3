"""The work of the export process: draw one job's picture, file or preview from its material.

``do`` is called by ``gui.export.renderer.serve`` in the process.
"""

from __future__ import annotations

import dataclasses
import re
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QSize, Qt

from engine.export.formats import Material
from engine.recipes import replay
from engine.support.cancellation import watched
from engine.support.figures import whole
from engine.support.text import tr
from gui.canvas.picture.page import Page, png_bytes, possible_scale
from gui.export.formats import formats
from gui.export.job import RenderJob
from gui.export.pictures import page_of
from gui.widgets.drawing_rates import EXPORT_PROGRESS_SECONDS

Tell = Callable[[str, int, int], None]
MOST_LINES, MOST_IN_LINE = 24, 75
_RECIPE = re.compile(
    r"<desc>.*?</desc>|^ *<key .*?$|^(?://|#).*?$|^ *\"Recipe\":.*?$", re.DOTALL | re.MULTILINE
)


def do(job: RenderJob, material: Material, tell: Tell) -> dict[str, Any]:
    """Draw the job; return the fields of its ``Answer``.

    Raises
    ------
    EngineError
        Where it cannot be drawn or written.
    """
    chosen = next((one for one in formats() if one.name == job.format), None)
    material = dataclasses.replace(
        material,
        recipe=material.recipe.drawn(**job.picture),
        folder=Path(job.folder) if job.folder else None,
        kind=chosen.kind if chosen else "picture",
    )
    tell = _rate_limited(tell)
    if not job.target:
        return _preview(job, material)
    assert chosen is not None
    if job.steps is not None:
        material = dataclasses.replace(material, frames=_trained(job, material, tell))

    def watch(done: int, total: int) -> None:
        tell(
            tr("drawing {done} of {total}").format(done=whole(done + 1), total=whole(total)),
            done,
            total,
        )

    with watched(watch):
        return {"notes": tuple(chosen.write(material, Path(job.target)))}


def _preview(job: RenderJob, material: Material) -> dict[str, Any]:
    """Return the picture scaled to the job's box, or the first lines of the data file."""
    chosen = next((one for one in formats() if one.name == job.format), None)
    if chosen is not None and chosen.kind == "data":
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"preview{chosen.suffixes[0]}"
            chosen.write(material, path)
            return {"text": _beginning(path)}
    with page_of(material) as page:
        return {"image": _image(page, job), "size": (page.width, page.height)}


def _image(page: Page, job: RenderJob) -> bytes:
    if job.box == (0, 0):
        scale = possible_scale(page.width, page.height, page.paper.scale)
        return png_bytes(page.image(scale), {})
    width, height = job.box
    fit = min(width / page.width, height / page.height)
    image = page.image(min(1.0, 2 * fit)).scaled(
        QSize(width, height),
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )
    return png_bytes(image, {})


def _beginning(path: Path) -> str:
    """Return the first lines of the file without its recipe, which would fill the preview."""
    text = re.sub(r"\n\s*\n+", "\n", _RECIPE.sub("", path.read_text(encoding="utf-8")).strip())
    text = "\n".join(line[:MOST_IN_LINE] for line in text.splitlines()[:MOST_LINES])
    return text + "\n…"


def _trained(job: RenderJob, material: Material, tell: Tell) -> list[Any]:
    """Return frames of a copy of the system, trained from step 0; the window's goes on."""
    assert job.steps is not None
    last = job.steps[-1]

    def ended(step: int) -> bool:
        tell(
            tr("training: step {step} of {last}").format(step=whole(step), last=whole(last)),
            step,
            last,
        )
        return False

    topology = material.topology
    trainer = replay.make_trainer(material.recipe, topology.generation)
    if topology.order:
        trainer.show_order(topology.order)
    return replay.advance(trainer, material.recipe, last, kept=job.steps, ended=ended)


def _rate_limited(tell: Tell) -> Tell:
    """Pass on at most ten progress messages a second."""
    last = 0.0

    def pass_on(words: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > EXPORT_PROGRESS_SECONDS:
            last = now
            tell(words, done, total)

    return pass_on
