"""The status bar: what just happened in words, and where the training stands."""

from PySide6.QtWidgets import QLabel, QStatusBar, QWidget

from engine.frame import Frame, Topology
from engine.text import tr
from gui.phases import phase_word


class StatusBar(QStatusBar):
    """Words at the left; place in the pass, step and epoch, and dtype at the right."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setSizeGripEnabled(False)
        self.place, self.step, self.dtype = QLabel(), QLabel(), QLabel()
        for label in (self.place, self.step, self.dtype):
            self.addPermanentWidget(label)

    def show_frame(self, frame: Frame, topology: Topology | None) -> None:
        """Say where the training stands."""
        text = tr("step {step:,} · epoch {epoch:,}").format(step=frame.step, epoch=frame.epoch)
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
    if label.text() != text:  # a label that is set repaints
        label.setText(text)
