"""The lines of a neuron view: fast while the weights change, antialiased once they do not."""

from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QObject, QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from gui.canvas.colours.palette import Palette
from gui.canvas.graph.neuron_plan import LEVELS, PAD, NeuronPlan, Quick, Spot, limit_of, strengths
from gui.colour.magnitude import INVALID, with_alpha
from gui.widgets.drawing_rates import NEURON_LINES_REST_MS

# Up to this many lines are always antialiased; more only when the weights stop changing.
AT_ONCE = 150
QUICK_PIXELS = 800_000
FINEST = 2.5
SLICE_LINES = 25
# Of few lines the weakest can be seen too; among thousands they would hide the others.
FAINT, FAINT_OF_MANY = 0.25, 0.06


@dataclass(frozen=True)
class _Ink:
    """The pens and pixel colours of every strength, by sign (0 negative, 1 positive)."""

    pens: tuple[tuple[QPen, ...], ...]
    pixels: NDArray[np.uint32]

    @classmethod
    def of(cls, palette: Palette, plan: NeuronPlan, faintest: float) -> "_Ink":
        signs = [palette.theme.negative, palette.theme.positive]
        alphas = [faintest + (1 - faintest) * k / LEVELS for k in range(LEVELS + 1)]
        colour_table = [[with_alpha(c, alpha) for alpha in alphas] for c in signs]
        widths = [max(0.5, plan.thickest * k / LEVELS) for k in range(LEVELS + 1)]
        pens = [[QPen(c, w) for c, w in zip(row, widths, strict=True)] for row in colour_table]
        pixels = np.array([[_premultiplied(c) for c in row] for row in colour_table], np.uint32)
        return cls(tuple(tuple(row) for row in pens), pixels)


class WeightLines(QObject):
    """The weights of one layer as lines; sign is the colour, magnitude the width and opacity.

    Parameters
    ----------
    sharpened:
        Called when the antialiased lines are ready.
    """

    def __init__(self, plan: NeuronPlan, owner: QObject, sharpened: Callable[[], None]) -> None:
        super().__init__(owner)
        self.plan = plan
        self.strength = np.zeros(0)
        self._sharpened = sharpened
        self._values: NDArray | None = None
        self._ink: _Ink | None = None
        self._fan_ink: _Ink | None = None
        self._quick: Quick | None = None
        self._image: QImage | None = None
        self._scale = 0.0  # of the cached image; 0 if it is outdated
        self._sharp: tuple[QImage, Generator[None, None, None]] | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._sharpen)

    def show_values(self, values: NDArray | None, limit: float | None = None) -> None:
        """Set the values (rows, columns); ``limit`` is the magnitude of full colour, if fixed."""
        if values is not self._values:
            self._values, self._scale = values, 0.0
            self.strength = np.zeros(0)
            if values is not None:
                self.strength = strengths(values, limit_of(values) if limit is None else limit)

    def paint_as(self, palette: Palette) -> None:
        """Apply a theme's colours."""
        many = self.plan.rows * self.plan.columns > AT_ONCE
        self._ink = _Ink.of(palette, self.plan, FAINT_OF_MANY if many else FAINT)
        self._fan_ink = _Ink.of(palette, self.plan, FAINT)
        self._scale = 0.0

    @property
    def field(self) -> QRectF:
        """The rectangle that holds all lines."""
        plan = self.plan
        return QRectF(-plan.span / 2, plan.top, plan.span, plan.inner + 2 * PAD)

    def draw_all(self, painter: QPainter) -> None:
        """Draw all lines as vectors, for exports."""
        if self._values is not None:
            for _ in self._drawing(painter):
                pass

    def draw_live(self, painter: QPainter) -> None:
        """Draw all lines within a few milliseconds; antialiased ones follow later."""
        if self._values is None:
            return
        ratio = painter.device().devicePixelRatioF()
        scale = round(min(FINEST, painter.worldTransform().m11() * ratio), 3)
        if scale != self._scale:
            self._scale = scale
            self._drop_sharp()
            self._timer.stop()
            if len(self.strength) <= AT_ONCE:
                self._image = self._drawn_at_once(scale)
            else:
                self._image = self._drawn_quickly(scale)
                self._timer.start(NEURON_LINES_REST_MS)
        if self._image is not None:
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(self.field, self._image)

    def draw_fan(self, painter: QPainter, neuron: Spot) -> None:
        """Draw the lines that end at a neuron."""
        if self._values is None or self._fan_ink is None:
            return
        level, positive = self._levels()
        for k in np.flatnonzero(self.plan.fan(neuron) & (level > 0)).tolist():
            painter.setPen(self._fan_ink.pens[int(positive[k])][int(level[k])])
            painter.drawLine(QLineF(*self.plan.lines[k].tolist()))

    def draw_marked(self, painter: QPainter, spot: Spot, colour: QColor) -> None:
        """Draw one weight with an edge of this colour."""
        if self._values is None or self._fan_ink is None:
            return
        k = spot.row * self.plan.columns + spot.column
        line = QLineF(*self.plan.lines[k].tolist())
        painter.setPen(QPen(colour, self.plan.thickest + 2.4))
        painter.drawLine(line)
        level, positive = self._levels()
        painter.setPen(self._fan_ink.pens[int(positive[k])][max(1, int(level[k]))])
        painter.drawLine(line)

    def _drawn_quickly(self, scale: float) -> QImage:
        field = self.field
        scale = min(scale, QUICK_PIXELS / len(self.strength) / field.width())
        size = round(field.width() * scale), round(field.height() * scale)
        if self._quick is None or self._quick.size != size:
            self._quick = Quick(self.plan, *size)
        pixels = self._quick.draw(self._colours(), self.strength)
        image = QImage(pixels.data, *size, 4 * size[0], QImage.Format.Format_ARGB32_Premultiplied)
        return image.copy()  # the pixels are numpy's memory

    def _colours(self) -> NDArray[np.uint32]:
        """Return the pixel colour of every line; 0 for a weight of 0."""
        assert self._ink is not None
        assert self._values is not None
        level, positive = self._levels()
        colours = self._ink.pixels[positive.astype(int), level]
        colours[level == 0] = 0
        colours[np.isnan(self.strength)] = _premultiplied(QColor(INVALID))
        return colours

    def _levels(self) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        assert self._values is not None
        level = np.ceil(np.nan_to_num(self.strength, nan=0.0) * LEVELS).astype(np.intp)
        return level, np.asarray(self._values).ravel() > 0

    def _blank(self, scale: float) -> tuple[QImage, QPainter]:
        field = self.field
        image = QImage(
            round(field.width() * scale),
            round(field.height() * scale),
            QImage.Format.Format_ARGB32_Premultiplied,
        )
        image.fill(0)
        painter = QPainter(image)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.scale(image.width() / field.width(), image.height() / field.height())
        painter.translate(-field.topLeft())
        return image, painter

    def _drawn_at_once(self, scale: float) -> QImage:
        image, painter = self._blank(scale)
        for _ in self._drawing(painter):
            pass
        painter.end()
        return image

    def _drawing(self, painter: QPainter) -> Iterator[None]:
        """Draw the lines, the weakest first; yield after every ``SLICE_LINES``."""
        if self._ink is None:
            return
        level, positive = self._levels()
        lines = self.plan.lines
        for strength in range(1, LEVELS + 1):
            for sign in (0, 1):
                chosen = np.flatnonzero((level == strength) & (positive == bool(sign)))
                for start in range(0, len(chosen), SLICE_LINES):
                    painter.setPen(self._ink.pens[sign][strength])
                    some = lines[chosen[start : start + SLICE_LINES]].tolist()
                    painter.drawLines([QLineF(*line) for line in some])
                    yield
        invalid = np.flatnonzero(np.isnan(self.strength))
        if len(invalid):
            painter.setPen(QPen(QColor(INVALID), self.plan.thickest, Qt.PenStyle.DashLine))
            painter.drawLines([QLineF(*line) for line in lines[invalid].tolist()])

    def _sharpen(self) -> None:
        """Draw the lines antialiased in slices of the GUI thread; a timer calls it at rest."""
        if not self._scale:
            return  # there are other values, which are drawn fast first
        if self._sharp is None:
            image, painter = self._blank(self._scale)
            self._sharp = image, self._slices(image, painter)
        for _ in self._sharp[1]:
            self._timer.start(0)
            return
        self._image, self._sharp = self._sharp[0], None
        self._sharpened()

    def _drop_sharp(self) -> None:
        sharp, self._sharp = self._sharp, None
        if sharp is not None:
            sharp[1].close()

    def _slices(self, image: QImage, painter: QPainter) -> Generator[None, None, None]:
        try:
            yield from self._drawing(painter)
        finally:
            painter.end()  # a painter must end before its image is deleted
            del image


def _premultiplied(colour: QColor) -> int:
    alpha = colour.alphaF()
    red, green, blue = (
        round(c * alpha * 255) for c in (colour.redF(), colour.greenF(), colour.blueF())
    )
    return (round(alpha * 255) << 24) | (red << 16) | (green << 8) | blue
