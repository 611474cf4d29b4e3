"""The titles on open groups' frames: texts and places, without items."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QColor, QPainter, QPainterPath

from engine.support.arrays import Floats
from engine.support.text import tr
from gui.canvas.colours.palette import Palette
from gui.canvas.graph.node_look import FRAME_TITLE, SUBTITLE, frame_title
from gui.canvas.graph.visible import Cluster, GroupPath
from gui.canvas.text.lettering import text_glyphs, text_size


@dataclass(frozen=True)
class FrameTitle:
    """A title and its background; beside it the button for the layer's neurons, or None."""

    title: str
    title_at: QPointF
    button: str
    button_at: QPointF
    button_area: QRectF
    chip: QPainterPath


def button_text() -> str:
    """Return the button's text."""
    return tr("neurons ▸")


def frame_title_of(cluster: Cluster, frame: QRectF, *, offered: bool) -> FrameTitle:
    """Return the title on a group's frame; ``offered``: with a button."""
    title, at = frame_title(cluster.path[-1]), frame.topLeft() + QPointF(10, 6)
    words = QRectF(at, text_size(title, FRAME_TITLE, bold=True))
    chip = QPainterPath()
    chip.addRoundedRect(words.adjusted(-4, -1, 4, 1), 5, 5)
    if not offered:
        return FrameTitle(title, at, "", QPointF(), QRectF(), chip)
    button, button_at = button_text(), QPointF(words.right() + 14, frame.top() + 7)
    area = QRectF(button_at, text_size(button, SUBTITLE)).adjusted(-6, -2, 6, 2)
    around = QPainterPath()
    around.addRoundedRect(area, 5, 5)
    return FrameTitle(title, at, button, button_at, area, chip.united(around))


class FrameTitles:
    """The titles of all open groups of a crowded scene, each made when it is first drawn.

    ``frames`` (n, 4) are left, top, right and bottom; ``offered`` the groups with a button.
    """

    def __init__(
        self, clusters: Sequence[Cluster], frames: Floats, offered: Collection[GroupPath]
    ) -> None:
        self._clusters, self._frames, self._offered = clusters, frames, offered
        self._made: dict[int, FrameTitle] = {}

    def draw(self, painter: QPainter, number: int, palette: Palette, *, written: bool) -> None:
        """Draw the background of a group's title and, where it is large enough, its texts."""
        title = self.of(number)
        painter.fillPath(title.chip, palette.frame_fill)
        if not written:
            return
        painter.setPen(palette.text.color())
        for run in text_glyphs(title.title, FRAME_TITLE, bold=True):
            painter.drawGlyphRun(title.title_at, run)
        if title.button:
            painter.setPen(QColor(palette.theme.accent))
            for run in text_glyphs(title.button, SUBTITLE):
                painter.drawGlyphRun(title.button_at, run)

    def of(self, number: int) -> FrameTitle:
        """Return the title of an open group."""
        if number not in self._made:
            cluster = self._clusters[number]
            left, top, right, bottom = self._frames[number].tolist()
            frame = QRectF(left, top, right - left, bottom - top)
            self._made[number] = frame_title_of(
                cluster, frame, offered=cluster.path in self._offered
            )
        return self._made[number]
