"""Copying the graph as seen: the clipboard has the new picture at once, and never an old one.

A picture of usual size is drawn here, a few milliseconds at a time between whatever else goes on;
a large one by a process. Until it is there, the clipboard holds nothing that could be pasted.
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
# So many nodes and edges, and pixels, are drawn here faster than a process could begin.
ITEMS_HERE, PIXELS_HERE = 100, 20_000_000
# What lies on the clipboard until the picture is there: nothing that another program could paste.
PENDING = "application/x-gradient-flow-copying"


class Copying(QObject):
    """Copies one picture at a time; the last one asked for wins.

    Parameters
    ----------
    say:
        Called with what a status line should say.
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
        """Whether a picture is on its way to the clipboard."""
        return self._pieces is not None or self._renderer is not None

    def copy(self, drawing: Drawing, items: int, material: Callable[[], Material]) -> None:
        """Put a picture on the clipboard in a moment; it shows so many nodes and edges.

        ``material`` gives what a process needs to draw the same.
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
    """How many pixels the picture has, about: what is seen of the graph takes most of them."""
    from gui.canvas.picture.page import SCREEN_DPI

    scale = COPY_DPI / SCREEN_DPI
    return drawing.seen.width() * drawing.seen.height() * scale**2


def _drawn(drawing: Drawing) -> Pieces:
    """Draw in pieces of some milliseconds: None after each of them, the picture after the last."""
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
