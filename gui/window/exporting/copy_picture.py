"""Copying the picture of the graph: the clipboard never holds an older picture meanwhile.

A picture of usual size is drawn here, for a few milliseconds at a time between other events; a
large one by a process. Until it is finished the clipboard holds a placeholder that no program can
paste.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from typing import TYPE_CHECKING

from PySide6.QtCore import QMimeData, QObject, QTimer
from PySide6.QtGui import QGuiApplication, QImage

from engine.support.text import tr
from gui.canvas.picture.paper import Paper
from gui.canvas.scene.drawing import Drawing
from gui.widgets.drawing_rates import COPY_SLICE_SECONDS

if TYPE_CHECKING:
    from engine.export.formats import Material
    from gui.export.job import Answer
    from gui.export.renderer import Renderer

Pieces = Generator[QImage | None, None, None]
COPY_DPI = 192.0
# Up to so many nodes, edges and pixels drawing here is faster than starting a process.
ITEMS_HERE, PIXELS_HERE = 100, 20_000_000
# What lies on the clipboard until the picture is there: nothing that another program could paste.
PENDING = "application/x-gradient-flow-copying"


class Copying(QObject):
    """Copies one picture at a time; a later one replaces the one before.

    Parameters
    ----------
    say:
        Called with messages for the status bar.
    """

    def __init__(self, say: Callable[[str], None], parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._say = say
        self._pieces: Pieces | None = None
        self._renderer: Renderer | None = None
        self._timer = QTimer(self)
        self._timer.timeout.connect(self._go_on)

    @property
    def busy(self) -> bool:
        """Whether a picture is being drawn for the clipboard."""
        return self._pieces is not None or self._renderer is not None

    def copy(self, drawing: Drawing, items: int, material: Callable[[], Material]) -> None:
        """Begin to copy a picture with this number of nodes and edges; returns at once.

        ``material`` makes what a process needs to draw the same picture.
        """
        self._stop()
        pending = QMimeData()
        pending.setData(PENDING, b"1")
        QGuiApplication.clipboard().setMimeData(pending)
        self._say(tr("Copying…"))
        if items <= ITEMS_HERE and _pixels(drawing) <= PIXELS_HERE:
            self._pieces = _drawn(drawing)
            self._timer.start(0)
        else:
            self._ask_process(material())

    def close(self, *, wait: bool = False) -> None:
        """Leave what is not done undone; ``wait`` until a process is gone."""
        # Qt may delete what is left on the clipboard after Python has ended, and what was made in
        # Python, as the marker was, crashes then.
        if self.busy and _pending():
            QGuiApplication.clipboard().clear()
        self._stop(wait=wait)

    def _stop(self, *, wait: bool = False) -> None:
        """End the drawing or the process that is under way."""
        self._timer.stop()
        if self._pieces is not None:
            self._pieces.close()
            self._pieces = None
        if self._renderer is not None:
            self._renderer.close(wait=wait)
            self._renderer.deleteLater()
            self._renderer = None

    def _go_on(self) -> None:
        assert self._pieces is not None
        end = time.perf_counter() + COPY_SLICE_SECONDS
        try:
            while time.perf_counter() < end:
                image = next(self._pieces)
                if image is not None:
                    self._finish(image)
                    return
        except Exception:
            self.close()
            self._say(tr("The picture could not be copied."))
            raise

    def _ask_process(self, material: Material) -> None:
        from gui.export.job import RenderJob
        from gui.export.renderer import Renderer

        self._renderer = Renderer(self)
        self._renderer.answered.connect(self._hear)
        self._renderer.ask(RenderJob("", material, {"dpi": COPY_DPI}))

    def _hear(self, answer: Answer) -> None:
        if not answer.finished:
            return
        if answer.image is None:
            self.close()
            self._say(answer.problem or tr("The picture could not be copied."))
        else:
            self._finish(answer.image)

    def _finish(self, image: QImage) -> None:
        self._stop()
        if not _pending():
            self._say(tr("Not copied: something else was copied in the meantime."))
            return
        QGuiApplication.clipboard().setImage(image)
        self._say(tr("Picture copied"))


def _pending() -> bool:
    """Whether the clipboard still waits for the picture; cleared, it may hold no data at all."""
    data: QMimeData | None = QGuiApplication.clipboard().mimeData()
    return bool(data and data.hasFormat(PENDING))


def _pixels(drawing: Drawing) -> float:
    """Return about how many pixels the picture has, from the visible part of the graph."""
    from gui.canvas.picture.page import SCREEN_DPI

    scale = COPY_DPI / SCREEN_DPI
    return drawing.seen.width() * drawing.seen.height() * scale**2


def _drawn(drawing: Drawing) -> Pieces:
    """Draw in pieces of a few milliseconds: yields None after each, and the picture at the end."""
    from gui.canvas.picture.page import SCREEN_DPI, Page, in_bands, possible_scale

    yield None
    scale = COPY_DPI / SCREEN_DPI
    with Page(drawing, Paper(whole=False, scale=scale)) as page:
        yield None
        image = None
        for painted in in_bands(page, possible_scale(page.width, page.height, scale)):
            image = painted
            yield None
    yield image
