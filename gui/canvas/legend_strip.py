"""The legend as a widget, with the control that says and chooses what colours the nodes."""

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtGui import QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolButton, QToolTip, QWidget

from engine.text import tr
from gui.canvas.colour_bar import TITLE_PIXELS
from gui.canvas.legend import BAR_WIDEST, EDGE, SECTION_HEIGHT, Legend
from gui.canvas.look import text_width
from gui.fonts import maths_font
from gui.theme import Theme

_CONTROL = """
QToolButton {{ border: 1px solid transparent; border-radius: 4px; padding: 0; margin: 0;
    background: transparent; color: {theme.text}; }}
QToolButton:hover, QToolButton:focus {{ border-color: {theme.border}; }}
QToolButton::menu-indicator {{ image: none; width: 0; }}
"""


class LegendStrip(QWidget):
    """The legend along the lower edge of the canvas; ``control`` stands in its title's place."""

    def __init__(self, legend: Legend, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.legend = legend
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setAccessibleName(tr("Legend"))
        self._theme: Theme | None = None
        self.control = QToolButton(self)
        self.control.setObjectName("colour-control")
        self.control.setFont(maths_font(TITLE_PIXELS, bold=True))
        self.control.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.control.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.refresh()

    def refresh(self) -> None:
        """Show a legend that has changed."""
        bar, theme = self.legend.bar, self.legend.palette.theme
        words = f"{bar.title}  ▾"
        if words != self.control.text() or self._theme is not theme:
            self._theme = theme
            self.control.setText(words)
            self.control.setAccessibleName(tr("Colour nodes by: {title}").format(title=bar.title))
            self.control.setStyleSheet(_CONTROL.format(theme=theme))
            width = round(text_width(words, TITLE_PIXELS, bold=True)) + 10
            self.control.setGeometry(round(EDGE) - 5, 6, width, 21)
            self.legend.title_width = width
        self.control.setToolTip(bar.explanation())
        self.setAccessibleDescription(bar.explanation())
        self.updateGeometry()
        self.update()

    def event(self, event: QEvent) -> bool:
        """The scale explains itself."""
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            over = event.pos().x() < BAR_WIDEST and event.pos().y() < SECTION_HEIGHT
            QToolTip.showText(event.globalPos(), self.legend.bar.explanation() if over else "")
            return True
        return super().event(event)

    def hasHeightForWidth(self) -> bool:
        """Narrow canvases get a legend of several lines."""
        return True

    def heightForWidth(self, width: int) -> int:
        """The height in this width."""
        return round(self.legend.height_for(width))

    def sizeHint(self) -> QSize:
        """As wide as it happens to be."""
        return QSize(400, self.heightForWidth(max(400, self.width())))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint on the canvas colour."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), self.legend.palette.canvas)
        self.legend.paint(painter, 0, 0, self.width())
        painter.end()
