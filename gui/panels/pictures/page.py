"""The inspector's tab of pictures: choice of sample and channel, the board, and a text line."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import (
    QButtonGroup,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.messages.pictures import Pictures
from engine.support.text import tr
from gui.appearance.theme import LIGHT, Theme
from gui.panels.pictures.boards import Words, board_of
from gui.panels.pictures.view import PictureView
from gui.widgets import number_picture
from gui.widgets.inputs import SpinBox


class Stepper(QWidget):
    """A number with arrows back and forward; ``changed(int)`` is emitted when the user sets it."""

    changed = Signal(int)

    def __init__(self, name: str, tip: str) -> None:
        super().__init__()
        self.label, self.note = QLabel(name), QLabel()
        self.note.setProperty("role", "muted")
        self.number = SpinBox()
        self.number.setKeyboardTracking(False)
        self.number.setButtonSymbols(SpinBox.ButtonSymbols.NoButtons)
        self.number.setAccessibleName(name)
        self.number.setToolTip(tip)
        self.number.setFixedWidth(self.fontMetrics().horizontalAdvance("0000") + 22)
        self.label.setBuddy(self.number)
        self.back = arrow("‹", tr("One back"), lambda: self.number.stepBy(-1))
        self.on = arrow("›", tr("One on"), lambda: self.number.stepBy(1))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        for widget in (self.label, self.back, self.number, self.on):
            line.addWidget(widget)
        # A long class name is elided rather than widening the panel.
        self.note.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        line.addWidget(self.note, 1)
        self.number.valueChanged.connect(self._changed)

    def _changed(self, value: int) -> None:
        self._limit_arrows()
        self.changed.emit(value)

    def _limit_arrows(self) -> None:
        self.back.setEnabled(self.number.value() > 0)
        self.on.setEnabled(self.number.value() < self.number.maximum())

    def show_number(self, value: int, count: int, note: str) -> None:
        """Show a number from 0 to count − 1 and a note after it; emits no signal."""
        with QSignalBlocker(self.number):
            self.number.setMaximum(max(0, count - 1))
            self.number.setValue(value)
        self._limit_arrows()
        self.note.setText(note)
        self.note.setToolTip(note)


def arrow(text: str, tip: str, slot: Callable[[], object]) -> QToolButton:
    """Return a small button with an arrow."""
    button = QToolButton()
    button.setText(text)
    button.setToolTip(tip)
    button.setAccessibleName(tip)
    button.setAutoRaise(True)
    button.setAutoRepeat(True)
    button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
    button.clicked.connect(lambda *_: slot())
    return button


class PicturePage(QWidget):
    """Value and gradient of a node as pictures.

    ``problem(str)`` is emitted where a file could not be written; ``facts`` is the caption of a
    copied or saved picture.
    """

    problem = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.theme = LIGHT
        self.facts: Callable[[], dict[str, str]] = dict
        self.pictures: Pictures | None = None
        self.sample_number = self.channel_number = 0
        self._words = Words("", "J")
        self.sample = Stepper(tr("Sample"), tr("Which sample of the batch is shown, from 0"))
        self.channel = Stepper(tr("Channel"), tr("Which channel is shown, from 0"))
        self.sample.changed.connect(self._set_sample)
        self.channel.changed.connect(self._set_channel)
        self.routing, self.maps = QToolButton(), QToolButton()
        self._make_modes()
        self.view = PictureView()
        self.view.read.connect(self._read)
        self.view.paged.connect(self._show_pages)
        self.view.chosen.connect(self._set_sample)
        self.pages = QLabel()
        self.page_back = arrow("‹", tr("Page back (Page Up)"), lambda: self.view.turn(-1))
        self.page_on = arrow("›", tr("Next page (Page Down)"), lambda: self.view.turn(1))
        self.read_out = QLabel()
        self.read_out.setWordWrap(True)
        self.read_out.setAlignment(Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
        self.read_out.setMinimumHeight(2 * self.fontMetrics().lineSpacing() + 2)
        self.words = QLabel()
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setWordWrap(True)
        self.words.setProperty("role", "muted")
        self._lay_out()
        number_picture.add_actions(self.view, self.picture, self.problem.emit, "pictures")
        self.view.copied.connect(self.view.actions()[0].trigger)

    def _make_modes(self) -> None:
        self.modes = QWidget()
        line = QHBoxLayout(self.modes)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(2)
        self.group = QButtonGroup(self)
        for button, text, tip in (
            (self.routing, tr("Routing"), tr("Where this channel's gradient goes")),
            (self.maps, tr("Maps"), tr("All channels, value beside gradient")),
        ):
            button.setText(text)
            button.setToolTip(tip)
            button.setCheckable(True)
            button.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            self.group.addButton(button)
            line.addWidget(button)
        self.routing.setChecked(True)
        self.group.buttonClicked.connect(lambda _: self._draw())

    def _lay_out(self) -> None:
        inside = QWidget()
        box = QVBoxLayout(inside)
        box.setContentsMargins(0, 4, 0, 0)
        box.setSpacing(3)
        self.pooling_line, self.page_line = QWidget(), QWidget()
        pooling, pager = QHBoxLayout(self.pooling_line), QHBoxLayout(self.page_line)
        for line in (pooling, pager):
            line.setContentsMargins(0, 0, 0, 0)
        pooling.addWidget(self.channel, 1)
        pooling.addWidget(self.modes, 0, Qt.AlignmentFlag.AlignRight)
        for widget in (self.page_back, self.pages, self.page_on):
            pager.addWidget(widget)
        pager.addStretch(1)
        box.addWidget(self.sample)
        box.addWidget(self.pooling_line)
        box.addWidget(self.view, 1)
        box.addWidget(self.page_line)
        box.addWidget(self.read_out)
        self.stack = QStackedWidget()
        self.stack.addWidget(self.words)
        self.stack.addWidget(inside)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.stack)

    # -- topology, frames and theme ------------------------------------------------------------

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self.theme = theme
        self.view.apply_theme(theme)

    def show_words(self, words: str) -> None:
        """Show a sentence instead of pictures."""
        self.pictures = None
        self.words.setText(words)
        self.stack.setCurrentIndex(0)

    def show_pictures(self, pictures: Pictures, words: Words) -> None:
        """Show a node's pictures, labelled with these symbols."""
        self.pictures, self._words = pictures, words
        self.stack.setCurrentIndex(1)
        self._draw()

    def _set_sample(self, number: int) -> None:
        self.sample_number = number
        self._draw()

    def _set_channel(self, number: int) -> None:
        self.channel_number = number
        self._draw()

    # -- drawing -------------------------------------------------------------------------------

    @property
    def _routes(self) -> bool:
        """Whether the routing of a pooling is shown."""
        pooled = self.pictures is not None and self.pictures.pooling is not None
        return pooled and self.routing.isChecked()

    def _draw(self) -> None:
        pictures = self.pictures
        if pictures is None:
            return
        channels, _, _, count = pictures.shape
        # The chosen number is kept although a shorter batch or another node shows a smaller one.
        sample = min(self.sample_number, count - 1)
        channel = min(self.channel_number, channels - 1)
        one_sample = pictures.kind == "maps" or (pictures.kind == "samples" and channels > 1)
        self.sample.setVisible(one_sample)
        self.pooling_line.setVisible(pictures.pooling is not None)
        self.channel.setVisible(self._routes)
        if one_sample:
            self.sample.show_number(sample, count, self._target(pictures, sample))
            note = tr("of {count}").format(count=channels)
            self.channel.show_number(channel, channels, note)
        wanted = channel if self._routes else None
        self.view.show_board(board_of(pictures, self._words, sample, wanted))

    def _target(self, pictures: Pictures, sample: int) -> str:
        text = tr("of {count}").format(count=pictures.shape[3])
        if pictures.targets:
            target = tr("target {target}").format(target=pictures.targets[sample])
            return f"{text} · {target}"
        return text

    def _show_pages(self) -> None:
        geometry = self.view.geometry_now
        if geometry is None:
            return
        page = geometry.page
        self.page_line.setVisible(page.pages > 1)
        self.pages.setText(page.words(self.view.board.what))
        self.page_back.setEnabled(self.view.page_number > 0)
        self.page_on.setEnabled(self.view.page_number < page.pages - 1)

    def _read(self, text: str) -> None:
        self.read_out.setText(text or self._hint())
        self.read_out.setProperty("role", "" if text else "muted")
        self.read_out.style().unpolish(self.read_out)
        self.read_out.style().polish(self.read_out)

    def _hint(self) -> str:
        """Return the text that is shown while no entry is hovered."""
        pictures = self.pictures
        if pictures is None:
            return ""
        if pictures.kind == "kernels":
            if self.view.board.columns:
                return tr("Down: output channels; across: input channels. Hover for a number.")
            if pictures.shape[1] > 1:
                return tr("Below each kernel: output, input channel. Hover for a number.")
            return tr("One kernel an output. Hover for a number.")
        if self.view.board.choosable:
            if pictures.row is not None:
                return tr("The framed row is this time step. A click chooses a sample.")
            return tr("A click chooses the sample that feature maps show.")
        if self._routes and pictures.pooling is not None:
            if pictures.pooling.places is None:
                return tr("The mean spreads each window's gradient evenly over its entries.")
            return tr("The gradient goes to the place of each window's maximum only.")
        return tr("One picture a channel. Hover for a number.")

    def picture(self) -> QImage:
        """Return the page as an image with a caption, for clipboard and file."""
        facts = self.facts()
        if self.sample.isVisibleTo(self):
            facts["sample"] = str(self.sample.number.value())
        if self.channel.isVisibleTo(self):
            facts["channel"] = str(self.channel.number.value())
        return number_picture.picture_of(self.view, self.theme, facts)
