"""The plot widget of all panels: axes, crosshair, following the data, and the context menu.

The panels hand over curves that are thinned already (``gui.history.envelope``), a few points a
pixel.
pyqtgraph's own down-sampling is not used: it drops the last, unfinished bin (the newest steps)
and lets one NaN hide a whole bin.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QEvent, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontMetrics,
    QKeyEvent,
    QPen,
)
from PySide6.QtWidgets import QApplication, QLabel, QMenu, QWidget

from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.plots.crosshair import Crosshair, Reading
from gui.plots.number_axis import MARGIN, NumberAxis
from gui.plots.plot_options import PlotOptions

_TAG = re.compile(r"<[^>]*>")
EASE = 0.05  # the share that a growing range is extended by
FIRST = "show-all"  # object name of the action before which a panel inserts its own
MOST_BINS = 4_000  # of all curves together: as many as can be drawn within one display refresh


class Plot(pg.PlotWidget):
    """A themed plot that follows its data until the user zooms, and reports where the mouse is.

    Signals
    -------
    hovered(x, y), left(), clicked(x, y): in the coordinates of the view (log₁₀ on a log axis);
    chosen(x): by a single click, or by Return at the crosshair;
    view_changed(): the range changed, so that curves are thinned anew;
    problem(str): a file that could not be written.
    """

    takes_arrows = True  # a focused plot gets the arrow keys and Home

    hovered = Signal(float, float)
    left = Signal()
    clicked = Signal(float, float)
    chosen = Signal(float)
    view_changed = Signal()
    problem = Signal(str)

    def __init__(
        self, *, log_x: bool = False, log_y: bool = False, parent: QWidget | None = None
    ) -> None:
        axes = {side: NumberAxis(side) for side in ("left", "bottom", "top")}
        # No menus of pyqtgraph's own: building them takes a third of a plot's time.
        super().__init__(parent, axisItems=axes, background=None, enableMenu=False)
        self.theme = LIGHT
        self.options = PlotOptions(self, log=log_y)
        self.reading_at: Callable[[float], Reading | None] = lambda x: None
        self.unfinished = False  # True while another redraw is needed to draw the rest
        self.follows = self._anew = True  # _anew: do not ease from the present range
        self._showing = self._hovering = False
        self.caption: Callable[[], dict[str, str]] = dict
        self.table: Callable[[], tuple[list[str], list[np.ndarray]]] = lambda: ([], [])
        self.legend_widgets: list[QWidget] = []
        self.file_stem = "plot"
        self.view = self.plotItem.vb
        self._labels: dict[str, str] = {}
        self._set_up_view()
        self.hideAxis("top")
        for side in axes:
            self.getAxis(side).setStyle(tickLength=4, tickTextOffset=3)
            self.getAxis(side).setZValue(-1000)
        self.set_log(x=log_x, y=log_y)
        self.cursor_line = pg.InfiniteLine(angle=90, movable=False)
        self.cursor_line.setVisible(False)
        self.addItem(self.cursor_line, ignoreBounds=True)
        self.crosshair = Crosshair(self, self)
        self.words = QLabel(self)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        self.words.setContentsMargins(10, 2, 10, 2)
        self.words.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.words.hide()
        self._chosen_x = 0.0
        self._second_click = QTimer(self)
        self._second_click.setSingleShot(True)
        self._second_click.timeout.connect(lambda: self.chosen.emit(self._chosen_x))
        self.make_actions()
        self.options.changed.connect(self._take_options)
        self.apply_theme(LIGHT)

    def _set_up_view(self) -> None:
        self.setMinimumSize(120, 56)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.plotItem.hideButtons()
        self.plotItem.setContentsMargins(0, 4, MARGIN, 0)
        self.view.disableAutoRange()
        self.view.setDefaultPadding(0)
        self.view.sigRangeChangedManually.connect(self._stop_following)
        self.view.sigRangeChanged.connect(self._tell_view)
        self.view.sigResized.connect(self._tell_view)
        self.scene().sigMouseClicked.connect(self._click)
        self.showGrid(x=True, y=True, alpha=0.16)

    # -- what a panel sets ---------------------------------------------------------------------

    def name(self, title: str, stem: str) -> None:
        """Name the plot: ``title`` for screen readers, ``stem`` for the names of exported files."""
        self.setAccessibleName(title)
        self.file_stem = stem

    def describe(self, words: str) -> None:
        """Set the accessible description to the newest values; rich text is made plain."""
        if not self.crosshair.isVisible():
            self._describe(plain(words))

    def _describe(self, words: str) -> None:
        if words != self.accessibleDescription():
            self.setAccessibleDescription(words)

    def to_view(self, values: Any) -> np.ndarray:
        """Return y values in view coordinates: on a log axis log₁₀, NaN where there is none."""
        return log10(values) if self.options.log else np.asarray(values, float)

    def _take_options(self) -> None:
        if self.getAxis("left").logMode != self.options.log:
            self.set_log(y=self.options.log)
            self.reset_view()

    def set_log(self, *, x: bool | None = None, y: bool | None = None) -> None:
        """Label an axis as logarithmic; the data of a log axis is handed over as log₁₀."""
        for side, on in (("bottom", x), ("left", y)):
            if on is not None:
                self.getAxis(side).setLogMode(x=on, y=on)
                self.getAxis(side).enableAutoSIPrefix(False)

    def count(self, text: str) -> None:
        """Label the horizontal axis with what it counts; its ticks are whole numbers."""
        self.getAxis("bottom").counts = True
        self.label("bottom", text)

    def label(self, side: str, text: str) -> None:
        """Label the axis on this side ("left", "bottom")."""
        self._labels[side] = text
        self.plotItem.setLabel(side, text, color=self.theme.muted)

    def show_range(self, x: tuple[float, float], y: tuple[float, float]) -> None:
        """Show this range, unless the user has zoomed or panned."""
        if not self.follows:
            return
        # Half a percent of slack keeps the outermost points off the frame.
        (x0, x1), (y0, y1) = _padded(x, 0.01), _padded(y, 0.06)
        if not self._anew:
            shown_x, shown_y = self.view.viewRange()
            (x0, x1), (y0, y1) = eased(shown_x, (x0, x1)), eased(shown_y, (y0, y1))
        self._anew = False
        self._showing = True  # whoever asked for this range draws it: no signal needed
        self.view.setRange(xRange=(x0, x1), yRange=(y0, y1), padding=0)
        self.view.prepareForPaint()  # else the first paint changes the range and causes another
        self._showing = False

    def reset_view(self) -> None:
        """Follow the data again."""
        self.follows = self._anew = True
        self.view_changed.emit()

    def _tell_view(self, *_: Any) -> None:
        self.crosshair.update()
        if not self._showing:
            self.view_changed.emit()

    def bins(self, curves: int = 1) -> int:
        """Return how many bins a curve needs at most: one per pixel; fewer for many curves."""
        return max(50, min(int(self.view.width()), MOST_BINS // max(1, curves)))

    def show_words(self, words: str) -> None:
        """Show a sentence in the middle of an empty plot; "" removes it."""
        self.words.setText(words)
        self.words.setVisible(bool(words))

    def mark(self, x: float | None) -> None:
        """Draw the vertical line at the current step (or input scale); None removes it."""
        self.cursor_line.setVisible(x is not None)
        if x is not None:
            self.cursor_line.setValue(x)

    def apply_theme(self, theme: Theme) -> None:
        """Apply the theme's colours and the application's font."""
        self.theme = theme
        self.setBackground(theme.surface)
        self.words.setStyleSheet(f"color: {theme.muted}; background: {theme.surface};")
        font = QFont(self.font())
        font.setPointSizeF(max(7.0, font.pointSizeF() * 0.88))
        for side in ("left", "bottom", "top"):
            axis = self.getAxis(side)
            axis.setTextPen(theme.muted)
            axis.setPen(theme.border)
            axis.setTickFont(font)
            if side in self._labels:
                self.label(side, self._labels[side])
                axis.label.setFont(font)
        ticks = QFontMetrics(font).height()
        self.getAxis("bottom").setHeight(2 * ticks + 6 if "bottom" in self._labels else ticks + 8)
        self.cursor_line.setPen(pg.mkPen(theme.accent, width=1.5))
        self.show_focus()

    # -- mouse, keys and menu ------------------------------------------------------------------

    def mouseMoveEvent(self, event: Any) -> None:
        super().mouseMoveEvent(event)
        position = QPointF(self.mapToScene(event.position().toPoint()))
        if self.view.sceneBoundingRect().contains(position):
            point = self.view.mapSceneToView(position)
            self._hovering = True
            self.crosshair.show_reading(self.reading_at(point.x()), point.y())
            self.hovered.emit(point.x(), point.y())
        else:
            self._leave()

    def resizeEvent(self, event: Any) -> None:
        super().resizeEvent(event)
        if hasattr(self, "words"):  # the base class resizes before ``words`` is made
            self.words.setGeometry(self.rect())  # over the axes, too: without data they say nothing
            self.crosshair.setGeometry(self.rect())

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._leave()

    def _leave(self) -> None:
        if self._hovering:
            self._hovering = False
            self.crosshair.show_reading(None)
            self.left.emit()

    def read_again(self) -> None:
        """Update the crosshair's values to the newest data; its place stays."""
        shown = self.crosshair.reading
        if shown is not None:
            self.crosshair.show_reading(self.reading_at(shown.x), self.crosshair.pointer)

    def _click(self, event: Any) -> None:
        if event.button() == Qt.MouseButton.LeftButton and not event.double():
            point = self.view.mapSceneToView(event.scenePos())
            self.clicked.emit(point.x(), point.y())
            self._chosen_x = point.x()
            self._second_click.start(QApplication.doubleClickInterval())

    def _stop_following(self, *_: Any) -> None:
        self.follows = False

    def mouseDoubleClickEvent(self, event: Any) -> None:
        super().mouseDoubleClickEvent(event)
        self._second_click.stop()
        self.reset_view()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        self.menu().exec(event.globalPos())
        event.accept()

    def menu(self) -> QMenu:
        """Return the plot's context menu; actions that the panel added to the widget come first."""
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        first = next(a for a in self.actions() if a.objectName() == FIRST)
        for action in self.actions():
            if action is first:
                self.options.fill(menu)
                menu.addSeparator()
            menu.addAction(action)
        return menu

    def keyPressEvent(self, event: QKeyEvent) -> None:
        moves = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}
        key = Qt.Key(event.key())
        if key in moves:
            self.move_crosshair(moves[key])
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.crosshair.reading is not None:
            self.chosen.emit(self.crosshair.reading.x)
        elif key == Qt.Key.Key_Home:
            self.reset_view()
        elif key == Qt.Key.Key_Escape and self.takes_escape:
            self.crosshair.show_reading(None)
        else:
            event.ignore()

    @property
    def takes_escape(self) -> bool:
        """Whether Esc is for this plot: it removes a crosshair that was moved by keys."""
        return self.crosshair.isVisible() and not self._hovering

    def move_crosshair(self, direction: int) -> None:
        """Move the crosshair to the next reading, right (1) or left (−1), at least a pixel away.

        The first key press puts it at the current step, or in the middle of the view.
        """
        low, high = self.view.viewRange()[0]
        shown = self.crosshair.reading
        if shown is None or not low <= shown.x <= high:
            marked = self.cursor_line.value() if self.cursor_line.isVisible() else low - 1
            start = marked if low <= marked <= high else (low + high) / 2
            self._read_by_key(self.reading_at(start))
            return
        away = max(self.view.viewPixelSize()[0], 1.0 if self.getAxis("bottom").counts else 0.0)
        while away < 2 * (high - low):  # readings may lie far apart
            found = self.reading_at(shown.x + direction * away)
            if found is not None and (found.x - shown.x) * direction > 0:
                if low <= found.x <= high:
                    self._read_by_key(found)
                return
            away *= 1.5

    def _read_by_key(self, reading: Reading | None) -> None:
        self.crosshair.show_reading(reading)
        if reading is not None:
            self._describe(str(reading))

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.show_focus()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.show_focus()
        if not self._hovering and event.reason() != Qt.FocusReason.PopupFocusReason:
            self.crosshair.show_reading(None)

    def show_focus(self) -> None:
        """Frame the curves while the plot has the keyboard focus."""
        self.view.setBorder(pg.mkPen(self.theme.accent, width=1.5) if self.hasFocus() else None)

    def make_actions(self) -> None:
        """Add the actions of the context menu; called once, in the constructor."""
        # Qt shows the text after the tab as the keys. They are no shortcuts here: the window's
        # Ctrl+C copies the focused widget, and a focused plot receives Home.
        self.add_action(tr("Show all (double click)") + "\tHome", self.reset_view)
        self.actions()[0].setObjectName(FIRST)

    def add_action(self, text: str, slot: Callable[[], object]) -> None:
        """Add an entry of the context menu."""
        action = QAction(text, self)
        action.triggered.connect(lambda *_: slot())
        self.addAction(action)


def line_pen(colour: str | QColor, width: float = 1.5, dashed: bool = False) -> QPen:
    """Return a pen of the same width in pixels at every zoom."""
    style = Qt.PenStyle.DashLine if dashed else Qt.PenStyle.SolidLine
    return pg.mkPen(QColor(colour), width=width, style=style)


def plain(words: str) -> str:
    """Return rich text as plain text: no tags, ordinary spaces."""
    text = html.unescape(_TAG.sub("", words)).replace("\u2060", "")
    return " ".join(text.split())


def log10(values: Any) -> np.ndarray:
    """Return log₁₀ of the values, NaN (a gap in the curve) where there is none."""
    array = np.asarray(values, float)
    return np.log10(np.where(array > 0, array, np.nan))  # faster than log10's own ``where``


def finite_range(values: Any, otherwise: tuple[float, float]) -> tuple[float, float]:
    """Return the smallest and the largest finite value, or ``otherwise`` where there is none."""
    array = np.asarray(values, float)
    array = array[np.isfinite(array)]
    return (float(array.min()), float(array.max())) if len(array) else otherwise


def eased(shown: Sequence[float], wanted: tuple[float, float]) -> tuple[float, float]:
    """Return the range to show: ``shown`` where it still fits, else ``wanted`` with some margin.

    Following the exact range at every training step would redraw the axes every time.
    """
    (low, high), (first, last) = wanted, shown
    room = EASE * (high - low)
    if first <= low and high <= last and last - first <= high - low + 3 * room:
        return first, last
    return low - room * (low < first), high + room * (high > last)


def _padded(bounds: tuple[float, float], share: float) -> tuple[float, float]:
    low, high = bounds
    slack = (high - low) * share or max(abs(high) * 0.05, 0.5)
    return low - slack, high + slack
