"""A pyqtgraph axis with readable tick labels: 10⁻³, 0.02, 12 000."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pyqtgraph as pg
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QImage, QPainter, QPicture

from engine.support.figures import decade, figure, round_up, whole

# The "spacing" value that marks ticks labelled with plain numbers rather than powers of ten.
_FIGURES = 0.5
MARGIN = 8  # at the right of a plot
# Least distance in pixels of two labels side by side, and one above the other (less, since
# text boxes have a margin of their own).
APART, APART_UPRIGHT = 8.0, -3.0
# Pixels of an axis that a label such as 0.02 needs.
NAMED = 38
_SUBSTEPS = [math.log10(k) for k in range(2, 10)]


def _even_figures(low: float, high: float, room: int) -> list[float]:
    """Return log₁₀ of evenly spaced round numbers between 10^low and 10^high."""
    start, end = 10.0**low, 10.0**high
    step = round_up((end - start) / max(3, min(5, room)))
    first = math.ceil(start / step)
    return [math.log10(k * step) for k in range(first, int(end / step) + 1) if k > 0]


class NumberAxis(pg.AxisItem):
    """An axis whose ticks read 10⁻³ when logarithmic, and 12 000 or 0.25 when not.

    ``counts``: the axis counts whole numbers (steps, time steps), so no tick is between them.
    """

    counts = False
    _made: tuple[QPicture, QRectF, float] | None = None
    _image = QImage()

    def paint(self, painter: QPainter, option: Any, widget: Any) -> None:
        """Paint the axis from a cached pixmap: replaying a QPicture lays its texts out every time.

        Without a widget (in an exported picture) texts are painted as texts.
        """
        if widget is None:
            self.picture = None
            super().paint(painter, option, widget)
            return
        bounds, ratio = self.boundingRect(), widget.devicePixelRatioF()
        if self.picture is None or self._made != (self.picture, bounds, ratio):
            self._image = self._pixels(bounds, ratio)
            self.picture = QPicture()  # pyqtgraph sets it to None when the axis has changed
            self._made = self.picture, bounds, ratio
        painter.drawImage(bounds.topLeft(), self._image)

    def _pixels(self, bounds: QRectF, ratio: float) -> QImage:
        size = QSize(math.ceil(bounds.width() * ratio), math.ceil(bounds.height() * ratio))
        image = QImage(size, QImage.Format.Format_ARGB32_Premultiplied)
        image.setDevicePixelRatio(ratio)
        image.fill(Qt.GlobalColor.transparent)
        painter = QPainter(image)
        try:
            painter.translate(-bounds.topLeft())
            painter.setFont(self.style["tickFont"] or painter.font())
            specs = self.generateDrawSpecs(painter)
            if specs is not None:
                self.drawPicture(painter, *specs)
        finally:
            painter.end()
        return image

    def generateDrawSpecs(self, painter: QPainter) -> Any:
        """Leave labels out where they would overlap; their ticks stay."""
        specs = super().generateDrawSpecs(painter)
        if specs is None:
            return None
        line, ticks, texts = specs
        upright = self.orientation in ("left", "right")
        named = [spec for spec in texts if spec[2]]
        spans = [
            (rect.top(), rect.bottom()) if upright else (rect.left(), rect.right())
            for rect, _, _ in named
        ]
        order = sorted(range(len(named)), key=spans.__getitem__)
        kept = with_room(
            [spans[k] for k in order],
            [named[k][2] for k in order],
            APART_UPRIGHT if upright else APART,
        )
        return line, ticks, [named[order[k]] for k in kept]

    def boundingRect(self) -> QRectF:
        """Include a margin for the end labels: without it an axis from 0 to 1 would have none."""
        beside = MARGIN if self.orientation == "bottom" else 0
        bounds: QRectF = super().boundingRect()
        return bounds.adjusted(-beside, 0, beside, 0)

    def tickValues(self, minVal: float, maxVal: float, size: float) -> Any:
        """Return the ticks; an axis that counts has none between whole numbers."""
        levels = super().tickValues(minVal, maxVal, size)
        if not self.counts:
            return levels
        whole_levels = [level for level in levels if level[0] >= 1]
        if whole_levels:
            return whole_levels
        low, high = sorted((minVal, maxVal))  # a range of a few steps: every step has its tick
        return [(1.0, [float(k) for k in range(math.ceil(low), math.floor(high) + 1)])]

    def logTickValues(self, minVal: float, maxVal: float, size: float, stdTicks: Any) -> Any:
        """Return decades as labelled ticks, thinned to about one per 30 pixels; 2 … 9 between them.

        A range of fewer than three decades gets labels such as 0.02 and 0.05 as well.
        """
        first, last = math.ceil(minVal - 1e-9), math.floor(maxVal + 1e-9)
        room = max(1, int(size / 30))
        every = max(1, math.ceil((last - first + 1) / room))
        decades = [float(k) for k in range(first, last + 1) if k % every == 0]
        if every > 1:
            return [(float(every), decades)]
        between = [
            value
            for k in range(math.floor(minVal), last + 1)
            for value in (k + step for step in _SUBSTEPS)
            if minVal <= value <= maxVal
        ]
        if len(decades) >= 3:
            return [(1.0, decades), (None, between)]
        named = [v for v in between if round(10 ** (v - math.floor(v))) in (2, 5)]
        if len(decades) > 1 and (len(decades) + len(named)) * NAMED > size:
            named = []
        elif len(decades) + len(named) < 3:
            named = _even_figures(minVal, maxVal, room)
            return [(_FIGURES, [v for v in named if minVal <= v <= maxVal])]
        return [(_FIGURES, sorted(decades + named)), (None, between)]

    def logTickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Return labels as powers of ten; as plain numbers in a range of a decade or two."""
        if spacing is None:
            return ["" for _ in values]
        if spacing == _FIGURES:
            return [figure(10.0**v, 3) for v in values]
        return [decade(v) for v in values]

    def tickStrings(self, values: Sequence[float], scale: float, spacing: float) -> list[str]:
        """Return labels as plain numbers with as many digits as the spacing needs."""
        if self.logMode:
            return self.logTickStrings(list(values), scale, spacing)
        step = abs(spacing * scale)
        largest = max((abs(v * scale) for v in values), default=0.0)
        if step == 0 or largest >= 1e6 or step < 1e-4:
            return [figure(v * scale, 3) for v in values]
        places = max(0, -math.floor(math.log10(step) + 1e-9))
        if places == 0:
            return [whole(v * scale) for v in values]
        return [f"{v * scale:.{places}f}".replace("-", "−") for v in values]

    def resizeEvent(self, event: Any = None) -> None:
        """Keep the name of a horizontal axis close to its ticks: a dock has little height."""
        super().resizeEvent(event)
        if self.label is not None and self.orientation == "bottom":
            self.label.setY(self.size().height() - self.label.boundingRect().height() + 3)


def with_room(spans: Sequence[tuple[float, float]], texts: Sequence[str], gap: float) -> list[int]:
    """Return which labels to write: every n-th with the least n that keeps them ``gap`` apart.

    ``spans`` are where the texts begin and end along the axis (pixels), in its order. Of the
    choices with the same n, that with the shortest labels is taken: 0, 20, 40, not 10, 30, 50.

    >>> spans = [(0, 8), (10, 22), (20, 32), (30, 42), (40, 52)]
    >>> with_room(spans, ["0", "25", "50", "75", "100"], 4)
    [0, 2, 4]
    """
    for step in range(1, len(spans) + 1):
        ways = [range(start, len(spans), step) for start in range(step)]
        fitting = [way for way in ways if _apart([spans[k] for k in way], gap)]
        if fitting:
            return list(min(fitting, key=lambda way: _length([texts[k] for k in way])))
    return []


def _length(texts: Sequence[str]) -> tuple[float, int]:
    """Return the mean length of labels; those that begin with 1 win a tie."""
    return sum(map(len, texts)) / len(texts), sum(not text.startswith("1") for text in texts)


def _apart(spans: Sequence[tuple[float, float]], gap: float) -> bool:
    return all(b[0] - a[1] >= gap for a, b in pairwise(spans))
