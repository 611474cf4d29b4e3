"""The legend as a widget, with the control for the quantity that colours the nodes.

In a low window it takes only a share of the canvas's height; a button shows the rest.
"""

import dataclasses

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QFontInfo, QHelpEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QToolTip, QWidget

from engine.support.text import tr
from gui.appearance.fonts import maths_font
from gui.appearance.theme import Theme
from gui.canvas.colours.tones import OffScale
from gui.canvas.graph.node_look import text_width
from gui.canvas.legend.legend import BAR_WIDEST, EDGE, SECTION_HEIGHT, Legend
from gui.canvas.legend.scale_bar import SPARE, TEXT_PIXELS, TITLE_PIXELS

_CONTROL = """
QToolButton {{ border: 1px solid transparent; border-radius: 4px; padding: 0; margin: 0;
    background: transparent; color: {theme.text}; }}
QToolButton:hover, QToolButton:focus {{ border-color: {theme.border}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
"""


_LINK = """
QToolButton {{ border: 1px solid transparent; border-radius: 4px; padding: 0; margin: 0;
    background: transparent; color: {theme.accent}; text-decoration: underline; }}
QToolButton:hover, QToolButton:focus {{ border-color: {theme.border}; }}
"""

# Largest share of the canvas's height; usual font size in pixels; width of the whole legend.
SHARE, USUAL_PIXELS, SHEET_WIDTH = 0.25, 13.0, 560


class LegendStrip(QWidget):
    """The legend along the lower edge of the canvas; ``control`` replaces the scale's title.

    The button ``more`` opens the parts that do not fit; ``fit`` appears when many numbers are
    off the scale, and refits it. The legend grows with the window's font.

    Signals
    -------
    fit_wanted(): the scale is to be fitted to what is on screen
    """

    fit_wanted = Signal()

    def __init__(self, legend: Legend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.legend = legend
        self.sheet: LegendSheet | None = None
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(tr("Legend"))
        self._theme: Theme | None = None
        # By the strip's width: the width for the legend, and the height of the button or None.
        self._rooms: dict[int, tuple[float, float | None]] = {}
        self._picture: QPixmap | None = None  # without the scale's marked numbers
        self._bar = 0.0  # the width of the scale's bar in it
        self._off: OffScale | None = None
        self.control, self.more = self._button("colour-control"), self._button("legend-more")
        self.fit = self._button("legend-fit")
        self.fit.setAccessibleName(tr("Fit the colours"))
        self.fit.hide()
        self.fit.clicked.connect(self.fit_wanted)
        self.control.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.more.setText(tr("More") + " ▴")
        self.more.setToolTip(tr("Show the whole legend"))
        self.more.clicked.connect(self.open_sheet)
        if parent is not None:
            parent.installEventFilter(self)
        self.refresh()

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName(name)
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        return button

    @property
    def zoom(self) -> float:
        """The window's font size relative to the usual one, by which the legend is scaled."""
        return max(1.0, QFontInfo(self.font()).pixelSize() / USUAL_PIXELS)

    def open_sheet(self) -> None:
        """Show the whole legend above the strip, until a click elsewhere or Esc."""
        self.sheet = LegendSheet(self)
        self.sheet.show()

    def refresh(self) -> None:
        """Repaint and resize after ``legend`` has changed."""
        bar, theme, zoom = self.legend.bar, self.legend.palette.theme, self.zoom
        words = f"{bar.title}  ▾"
        if words != self.control.text() or self._theme is not theme:
            self._theme = theme
            self.control.setText(words)
            self.control.setAccessibleName(tr("Colour nodes by: {title}").format(title=bar.title))
            for button in (self.control, self.more):
                button.setFont(maths_font(TITLE_PIXELS * zoom, bold=button is self.control))
                button.setStyleSheet(_CONTROL.format(theme=theme))
            self.fit.setFont(maths_font(TEXT_PIXELS * zoom))
            self.fit.setStyleSheet(_LINK.format(theme=theme))
            width = round(text_width(words, TITLE_PIXELS, bold=True)) + 10
            place = (EDGE - 5, 6, width, 21)
            self.control.setGeometry(*(round(side * zoom) for side in place))
            self.legend.title_width = width
        self.control.setToolTip(bar.explanation())
        self.setAccessibleDescription(bar.explanation())
        self._fold()
        self.updateGeometry()
        self.update()

    def show_off_scale(self, off: OffScale) -> None:
        """Show in place of formula and unit that many numbers are off the scale; None: do not."""
        told = off if off.many else None
        if told == self._off:
            return
        if (told is None) != (self._off is None):
            self.legend.noted = told is None
            self._picture = None
            self.update()
        self._off = told
        self.fit.setVisible(told is not None)
        if told is not None:
            self.fit.setToolTip(_off_words(told))
            self.fit.setAccessibleName(_off_words(told))
            self._place_fit()

    def _place_fit(self) -> None:
        """Place the fit button beside the title, with the longest text that there is room for."""
        if self._off is None:
            return
        zoom, used = self.zoom, self.legend.title_width
        room = self.legend.bar_width(self._room(self.width())) + SPARE - used
        where = tr("below") if self._off.below > self._off.above else tr("above")
        texts = (
            tr("{percent} % {where} the scale: fit it"),
            tr("{percent} % {where}: fit it"),
            tr("{percent} %: fit it"),
        )
        written = [text.format(percent=self._off.percent, where=where) for text in texts]
        fits = (text for text in written if text_width(text, TEXT_PIXELS) + 6 <= room)
        text = next(fits, written[-1])
        self.fit.setText(text)
        width = text_width(text, TEXT_PIXELS) + 8
        place = (EDGE + used - 3, 7, width, 19)
        self.fit.setGeometry(*(round(side * zoom) for side in place))

    def _fold(self) -> None:
        """Set the number of lines by the canvas's height; show the button where some do not fit."""
        canvas = self.parentWidget()
        room = SHARE * canvas.height() / self.zoom - 2 * 8 if canvas is not None else 0.0
        lines = 0 if canvas is None else max(1, int(room / SECTION_HEIGHT))
        if lines != self.legend.most:
            self.legend.most = lines
            self.updateGeometry()
        self._rooms.clear()
        self._picture = None
        self._place_more()
        self._place_fit()

    def _place_more(self) -> None:
        size, (_, top) = self.more.sizeHint(), self._room_beside(self.width())
        self.more.setVisible(top is not None)
        left = self.width() - size.width() - 6
        self.more.setGeometry(
            left, 6 + round((top or 0.0) * self.zoom), size.width(), size.height()
        )

    def _room(self, width: int) -> float:
        """Return the width for the legend, in its own units."""
        return self._room_beside(width)[0]

    def _room_beside(self, width: int) -> tuple[float, float | None]:
        """Return the legend's width and the height of the button in it; None where all is shown."""
        if width not in self._rooms:
            self._rooms[width] = self._shared_with_more(width / self.zoom)
        return self._rooms[width]

    def _shared_with_more(self, width: float) -> tuple[float, float | None]:
        if not self.legend.leaves_out(width):
            return width, None
        button = (self.more.sizeHint().width() + 6) / self.zoom
        for line, right in enumerate(self.legend.right_ends(width)):
            if right + button <= width:
                return width, line * SECTION_HEIGHT
        return width - button, 0.0

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Arrange the parts for the new width."""
        super().resizeEvent(event)
        self._picture = None
        self._place_more()
        self._place_fit()

    def eventFilter(self, canvas: QObject, event: QEvent) -> bool:
        """Adapt the number of lines when the canvas's height changes."""
        if event.type() == QEvent.Type.Resize:
            self._fold()
        return super().eventFilter(canvas, event)

    def event(self, event: QEvent) -> bool:
        """Show the scale's explanation as a tooltip."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            x, y = event.pos().x() / self.zoom, event.pos().y() / self.zoom
            over = x < BAR_WIDEST and y < SECTION_HEIGHT
            QToolTip.showText(event.globalPos(), self.legend.bar.explanation() if over else "")
            return True
        return super().event(event)

    def hasHeightForWidth(self) -> bool:
        """A narrow canvas has a legend of several lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height in this width."""
        return round(self.legend.height_for(self._room(width)) * self.zoom)

    def sizeHint(self) -> QSize:
        """As wide as it happens to be."""
        return QSize(400, self.heightForWidth(max(400, self.width())))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the cached legend on the canvas colour, then the numbers marked on the scale."""
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = self._painted(ratio)
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._picture)
        painter.scale(self.zoom, self.zoom)
        self.legend.paint_standings(painter, 0, 0, self._bar)
        painter.end()

    def _painted(self, ratio: float) -> QPixmap:
        picture = QPixmap(self.size() * ratio)
        picture.setDevicePixelRatio(ratio)
        picture.fill(self.legend.palette.canvas)
        painter = QPainter(picture)
        painter.scale(self.zoom, self.zoom)
        plain = dataclasses.replace(self.legend, selection=None, hovered=None)
        room = self._room(self.width())
        plain.paint(painter, 0, 0, room, self.width() / self.zoom)
        self._bar = plain.bar_width(room)
        painter.end()
        return picture


def _off_words(off: OffScale) -> str:
    text = tr(
        "Of {shown} nodes and edges {below} are below the scale and {above} above it.\n"
        "Click to fit the colours to the step on screen (Shift+F)."
    )
    return text.format(shown=off.shown, below=off.below, above=off.above)


class LegendSheet(QWidget):
    """A popup with the whole legend above a strip; it moves no other widget."""

    def __init__(self, strip: LegendStrip) -> None:
        super().__init__(strip, Qt.WindowType.Popup)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setAccessibleName(tr("Legend"))
        shown = strip.legend
        self.legend = dataclasses.replace(shown, full=True, most=0, title_width=0.0, noted=True)
        self._zoom = strip.zoom
        height = self.legend.height_for(SHEET_WIDTH)
        self.setFixedSize(round(SHEET_WIDTH * self._zoom), round(height * self._zoom))
        corner = strip.mapToGlobal(strip.rect().topRight())
        self.move(corner.x() - self.width(), corner.y() - self.height())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint on the canvas colour, with a frame."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.legend.palette.canvas)
        painter.scale(self._zoom, self._zoom)
        self.legend.paint(painter, 0, 0, SHEET_WIDTH)
        painter.resetTransform()
        painter.setPen(self.legend.palette.frame_outline)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()
