"""Colours of layers along one ramp from the first to the last, and the legend that explains it.

The ramp runs through OKLCH (Björn Ottosson, "A perceptual color space for image processing",
2020): lightness and hue move evenly, so that neighbours among fifty layers are equally far apart,
first and last differ in lightness for colour-blind eyes, and every colour stands out from the
theme's surface.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from itertools import pairwise

from PySide6.QtCore import QEvent, QPointF, QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QHelpEvent, QLinearGradient, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme

# (lightness, chroma, hue in degrees) of the first and the last layer.
_ENDS = {
    "light": ((0.34, 0.15, 275.0), (0.66, 0.16, 410.0)),
    "dark": ((0.60, 0.15, 265.0), (0.88, 0.13, 450.0)),
}
ENTRIES = 10


def layer_colours(count: int, theme: Theme) -> list[str]:
    """The colours "#rrggbb" of ``count`` layers, first to last."""
    return list(_ramp(count, theme.name))


@lru_cache(maxsize=32)
def _ramp(count: int, name: str) -> tuple[str, ...]:
    first, last = _ENDS.get(name, _ENDS["light"])
    places = [k / (count - 1) if count > 1 else 0.0 for k in range(count)]
    return tuple(_rgb(*(a + t * (b - a) for a, b in zip(first, last))) for t in places)


def _rgb(lightness: float, chroma: float, hue: float) -> str:
    a = chroma * math.cos(math.radians(hue))
    b = chroma * math.sin(math.radians(hue))
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )
    return "#" + "".join(f"{round(255 * _gamma(min(1.0, max(0.0, c)))):02x}" for c in linear)


def _gamma(c: float) -> float:
    return 12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055


class LayerLegend(QWidget):
    """Named swatches for up to ``ENTRIES`` layers, one colour bar "first … last" for more.

    ``chosen(int)`` is emitted when a layer is clicked. Hovering shows a layer's name. Further
    lines of the plot (``show_extras``) follow the layers.
    """

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.names: list[str] = []
        self.colours: list[str] = []
        self.extras: list[tuple[str, str, bool]] = []
        self.selected: int | None = None
        self.theme = LIGHT
        self._known: dict[tuple[str, int], list[QRect]] = {}
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(tr("Legend of the layers"))

    def show_layers(self, names: list[str], theme: Theme) -> None:
        """Show these layers' names with their colours."""
        self.names, self.theme = names, theme
        self.colours = layer_colours(len(names), theme)
        self._known.clear()
        self.setAccessibleDescription(", ".join(names))
        self.updateGeometry()
        self.update()

    def show_extras(self, extras: list[tuple[str, str, bool]]) -> None:
        """Show further lines of the plot: text, colour, and whether the line is dashed."""
        if extras != self.extras:
            self.extras = extras
            self._known.clear()
            self.updateGeometry()
            self.update()

    def select(self, layer: int | None) -> None:
        """Emphasise one layer, None for none."""
        self.selected = layer
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width: int) -> int:
        line = self.fontMetrics().height() + 4
        places = self.places(width) + self.extra_places(width)
        return max((place.bottom() + 1 for place in places), default=line)

    def sizeHint(self) -> QSize:
        return QSize(240, self.heightForWidth(max(self.width(), 240)))

    def minimumSizeHint(self) -> QSize:
        return QSize(80, self.fontMetrics().height() + 4)

    def is_bar(self, width: int) -> bool:
        """Whether there are too many layers, or too long names, for swatches in two lines."""
        if len(self.names) > ENTRIES:
            return True
        total = sum(self._width(name) for name in self.names)
        return len(self.names) > 2 and total > 1.8 * width

    def places(self, width: int) -> list[QRect]:
        """Return the rectangle of each layer's swatch, or its piece of the bar, at this width."""
        return self._remembered("layers", width, self._layer_places)

    def extra_places(self, width: int) -> list[QRect]:
        """Return the rectangles of the further lines: after the swatches, or below the bar."""
        return self._remembered("extras", width, self._extra_places)

    def _remembered(self, what: str, width: int, find: Callable[[int], list[QRect]]) -> list[QRect]:
        """Cache the places: layouts ask repeatedly, and measuring fifty names takes 1 ms."""
        if (what, width) not in self._known:
            self._known[what, width] = find(width)
        return self._known[what, width]

    def changeEvent(self, event: QEvent) -> None:
        if event.type() in (QEvent.Type.FontChange, QEvent.Type.StyleChange):
            self._known.clear()
        super().changeEvent(event)

    def _layer_places(self, width: int) -> list[QRect]:
        if not self.names:
            return []
        height = self.fontMetrics().height() + 4
        if self.is_bar(width):
            left, right = self._bar(width)
            edges = [
                round(left + (right - left) * k / len(self.names))
                for k in range(len(self.names) + 1)
            ]
            return [QRect(a, 0, b - a, height) for a, b in pairwise(edges)]
        return self._flow(self.names, 0, 0, width)

    def _extra_places(self, width: int) -> list[QRect]:
        layers = self.places(width)
        if not self.extras:
            return []
        words = [text for text, _, _ in self.extras]
        if not layers:
            return self._flow(words, 0, 0, width)
        if self.is_bar(width):
            return self._flow(words, 0, layers[-1].bottom() + 1, width)
        return self._flow(words, layers[-1].right() + 1, layers[-1].top(), width)

    def _flow(self, words: list[str], x: int, y: int, width: int) -> list[QRect]:
        """Places for swatches with words, in lines from (x, y) on."""
        height, places = self.fontMetrics().height() + 4, []
        for text in words:
            wide = self._width(text)
            if x and x + wide > width:
                x, y = 0, y + height
            places.append(QRect(x, y, wide, height))
            x += wide
        return places

    def _width(self, name: str) -> int:
        return self.fontMetrics().horizontalAdvance(name) + 34

    def _bar(self, width: int) -> tuple[int, int]:
        metrics = self.fontMetrics()
        left = min(metrics.horizontalAdvance(self.names[0]) + 12, width // 3)
        right = width - min(metrics.horizontalAdvance(self.names[-1]) + 12, width // 3)
        return left, right

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if self.names and self.is_bar(self.width()):
            self._paint_bar(painter)
        else:
            self._paint_swatches(painter)
        self._paint_extras(painter)

    def _paint_extras(self, painter: QPainter) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        font = painter.font()
        font.setBold(False)
        painter.setFont(font)
        places = self.extra_places(self.width())
        for (text, colour, dashed), place in zip(self.extras, places, strict=True):
            wide = 4 if dashed else 16
            for left in (0, 6, 12) if dashed else (0,):
                swatch = QRect(place.left() + left, place.center().y() - 1, wide, 2)
                painter.fillRect(swatch, QColor(colour))
            painter.setPen(QColor(self.theme.text))
            painter.drawText(place.adjusted(20, 0, 0, 0), middle, text)

    def _paint_swatches(self, painter: QPainter) -> None:
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        for k, place in enumerate(self.places(self.width())):
            swatch = QRect(place.left(), place.center().y() - 1, 16, 4)
            painter.fillRect(swatch, QColor(self.colours[k]))
            font = painter.font()
            font.setBold(k == self.selected)
            painter.setFont(font)
            painter.setPen(QColor(self.theme.text))
            room = place.adjusted(20, 0, 0, 0).intersected(self.rect())
            text = self.fontMetrics().elidedText(
                self.names[k], Qt.TextElideMode.ElideMiddle, room.width()
            )
            painter.drawText(room, middle, text)

    def _paint_bar(self, painter: QPainter) -> None:
        left, right = self._bar(self.width())
        height = self.fontMetrics().height() + 4
        gradient = QLinearGradient(QPointF(left, 0), QPointF(right, 0))
        for k, colour in enumerate(self.colours):
            gradient.setColorAt((k + 0.5) / len(self.colours), QColor(colour))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(gradient)
        painter.drawRoundedRect(QRect(left, height // 2 - 4, right - left, 8), 3, 3)
        painter.setPen(QColor(self.theme.text))
        middle = Qt.AlignmentFlag.AlignVCenter
        metrics = self.fontMetrics()
        for name, place, side in (
            (self.names[0], QRect(0, 0, left - 6, height), Qt.AlignmentFlag.AlignLeft),
            (
                self.names[-1],
                QRect(right + 6, 0, self.width() - right - 6, height),
                Qt.AlignmentFlag.AlignRight,
            ),
        ):
            text = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, place.width())
            painter.drawText(place, middle | side, text)
        if self.selected is not None:
            place = self.places(self.width())[self.selected]
            x = place.center().x()
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(QRect(x - 2, 1, 4, height - 3))

    def layer_at(self, x: float, y: float) -> int | None:
        """Return the layer whose swatch is at this point, None beside all."""
        for k, place in enumerate(self.places(self.width())):
            if place.contains(int(x), int(y)):
                return k
        return None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        layer = self.layer_at(event.position().x(), event.position().y())
        if layer is not None:
            self.chosen.emit(layer)

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            layer = self.layer_at(event.pos().x(), event.pos().y())
            text = (
                ""
                if layer is None
                else tr("{name}: click to select").format(name=self.names[layer])
            )
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)
