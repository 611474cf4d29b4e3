"""The status bar: a message at the left, the place of the training at the right."""

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.support.figures import whole
from engine.support.text import tr
from gui.panels.transport.phases import phase_word
from gui.widgets.elided import ElidedLabel
from gui.window.choices.blas_threads import threads_tip

STEP = 16  # pixels to which the widths of the texts at the right are rounded up


class StatusBar(QStatusBar):
    """A message; place in the pass, step and epoch, dtype and threads.

    Qt's own message would be cut in a narrow window; this one is elided, and shown whole in its
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
        """Show a message, for some milliseconds if a time is given."""
        self.words.setText(text)
        self._end.stop()
        if milliseconds:
            self._end.start(milliseconds)

    def show_frame(self, frame: Frame, topology: Topology | None) -> None:
        """Show the place of the training."""
        text = tr("step {step}").format(step=whole(frame.step))
        if topology is None or topology.has_samples:
            text += tr(" · epoch {epoch}").format(epoch=whole(frame.epoch))
        _set(self.step, text)
        _set(self.place, place_words(frame, topology))


def place_words(frame: Frame, topology: Topology | None) -> str:
    """Return the place in the pass: "operation 3 of 14, forward"."""
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
    """Set a text that changes with each frame; the layout changes for a wider one only."""
    if label.text() == text:  # setting a label repaints it
        return
    label.setText(text)
    wanted = label.sizeHint()
    if not label.minimumWidth() or not 0 <= label.width() - wanted.width() < 2 * STEP:
        label.setFixedSize(-(-wanted.width() // STEP) * STEP, wanted.height())
