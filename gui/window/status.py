"""The status bar: what just happened in words, and where the training stands."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.support.figures import whole
from engine.support.text import tr
from gui.panels.transport.phases import phase_word
from gui.widgets.elided import ElidedLabel
from gui.window.choices.blas_threads import threads_tip

STEP = 16  # what the widths of the texts at the right are rounded up to


class StatusBar(QStatusBar):
    """Words at the left; place in the pass, step and epoch, dtype and threads at the right.

    Qt's own message would be cut where there is no room; this one is elided, and whole in its
    tooltip.
    """

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.words = ElidedLabel()
        self.words.setContentsMargins(4, 0, 8, 0)
        self.addWidget(self.words, 1)
        self.place, self.step, self.dtype, self.threads = QLabel(), QLabel(), QLabel(), QLabel()
        for label in (self.place, self.step, self.dtype, self.threads):
            self.addPermanentWidget(label)
        self.dtype.setToolTip(tr("The numbers' precision"))
        self.threads.setToolTip(threads_tip() + " " + tr("To be chosen in the Train menu."))
        self._end = QTimer(self)
        self._end.setSingleShot(True)
        self._end.timeout.connect(lambda: self.words.setText(""))

    def show_text(self, text: str, milliseconds: int = 0) -> None:
        """Say this at the left, for a while where a time is given."""
        self.words.setText(text)
        self._end.stop()
        if milliseconds:
            self._end.start(milliseconds)

    def show_frame(self, frame: Frame, topology: Topology | None) -> None:
        """Say where the training stands."""
        text = tr("step {step}").format(step=whole(frame.step))
        if topology is None or topology.has_samples:
            text += tr(" · epoch {epoch}").format(epoch=whole(frame.epoch))
        _set(self.step, text)
        _set(self.place, place_words(frame, topology))


def place_words(frame: Frame, topology: Topology | None) -> str:
    """The place in the pass: "operation 3 of 14, forward"."""
    if frame.running:
        return tr("running")
    if topology is None or not frame.cursor:
        return ""
    return tr("operation {place} of {count}, {phase}").format(
        place=frame.cursor,
        count=len(topology.operations),
        phase=phase_word(topology.operations[frame.cursor - 1].phase),
    )


def _set(label: QLabel, text: str) -> None:
    """Set a text that changes with each frame; the bar is laid out only for a longer one."""
    if label.text() == text:  # a label that is set repaints
        return
    label.setText(text)
    wanted = label.sizeHint()
    if not label.minimumWidth() or not 0 <= label.width() - wanted.width() < 2 * STEP:
        label.setFixedSize(-(-wanted.width() // STEP) * STEP, wanted.height())
