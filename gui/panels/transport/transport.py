"""The transport panel: step by operation, step or epoch, run, go back; and what just happened."""

from typing import ClassVar

from PySide6.QtCore import QSettings, QSize, Qt, QTimer
from PySide6.QtGui import QAction, QFont, QFontMetrics, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from engine.messages.commands import Operate, Train
from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.observe.status_words import of_update_settings
from engine.support.figures import whole
from engine.support.text import tr
from engine.system.system import System
from gui.appearance.icons import icon
from gui.appearance.theme import LIGHT, Theme
from gui.panels.area import Area
from gui.panels.panel import Panel
from gui.panels.transport.history_slider import HistorySlider
from gui.panels.transport.phases import PhaseStrip
from gui.panels.transport.speed_choice import SpeedChoice
from gui.panels.transport.step_box import StepBox
from gui.session.session import Session
from gui.widgets.elided import ElidedLabel
from gui.widgets.inputs import SpinBox

REWIND_DELAY_MS = 250
BESIDE_RUN = 64  # pixels of the Run button beside its text: icon and padding


class TransportPanel(Panel):
    """Buttons, speed, history and the stages of the pass."""

    name: ClassVar[str] = "transport"
    area: ClassVar[Area] = "bottom"
    slim: ClassVar[bool] = True

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(session, parent)
        self._theme = LIGHT
        self._busy = ""  # the text of the long work that is under way
        self._described: System | None = None  # the system whose update formulas the strip shows
        self.buttons: dict[str, QToolButton] = {}
        box = QVBoxLayout(self)
        box.setContentsMargins(8, 4, 8, 6)
        box.setSpacing(4)
        box.addLayout(self._make_controls())
        self.strip = PhaseStrip(self)
        self.strip.asked.connect(lambda count: session.send(Operate(count)))
        box.addWidget(self.strip)
        self.message = ElidedLabel(self)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        font = self.message.font()
        font.setPointSizeF(font.pointSizeF() * 1.1)
        self.message.setFont(font)
        # the height of the Cancel button, which is not always visible
        self.message.setMinimumHeight(28)
        line = QHBoxLayout()
        line.addWidget(self.message, 1)
        self._add_progress(line)
        self._add_history(line)
        box.addLayout(line)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._rewind_timer = QTimer(self)
        self._rewind_timer.setSingleShot(True)
        self._rewind_timer.setInterval(REWIND_DELAY_MS)
        self._rewind_timer.timeout.connect(self._rewind)
        session.busy_changed.connect(self._show_busy)
        session.progress_changed.connect(self._show_progress)
        self._say(tr("Choose a system from the Catalogue menu."))

    @staticmethod
    def title() -> str:
        """The heading of the dock, translated."""
        return tr("Transport")

    # -- building ----------------------------------------------------------------------------

    def _make_controls(self) -> QHBoxLayout:
        line = QHBoxLayout()
        line.setSpacing(3)
        for name in ("reset", "operation-back", "operation", "step"):
            line.addWidget(self._button(name))
        line.addSpacing(6)
        self.count = SpinBox(self)
        self.count.setRange(1, 1_000_000)
        self.count.setValue(100)
        self.count.setAccelerated(True)
        self.count.setButtonSymbols(SpinBox.ButtonSymbols.NoButtons)
        self.count.setFixedWidth(self.count.fontMetrics().horizontalAdvance("0000000") + 16)
        self.count.setToolTip(tr("How many training steps the next button makes"))
        self.count.setAccessibleName(tr("Number of training steps"))
        line.addWidget(self.count)
        for name in ("steps", "epoch"):
            line.addWidget(self._button(name))
        line.addSpacing(6)
        self.run = self._button("run")
        self.run.setObjectName("run")
        self._name_run(True)
        line.addWidget(self.run)
        line.addSpacing(8)
        self.speed = SpeedChoice(self.session, self)
        line.addWidget(self.speed, 2)
        return line

    def _name_run(self, named: bool) -> None:
        """Show the text of the Run button if it fits, else its icon only."""
        style = Qt.ToolButtonStyle
        wanted = style.ToolButtonTextBesideIcon if named else style.ToolButtonIconOnly
        if self.run.toolButtonStyle() != wanted or not self.run.minimumWidth():
            self.run.setToolButtonStyle(wanted)
            self.run.setMinimumWidth(self._run_width() if named else 40)

    def _run_width(self) -> int:
        """Return the width for both Run and Pause, so that the button keeps its size."""
        font = QFont(self.run.font())
        font.setWeight(QFont.Weight.DemiBold)
        metrics = QFontMetrics(font)
        words = max(metrics.horizontalAdvance(word) for word in (tr("Run"), tr("Pause")))
        return words + BESIDE_RUN

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Hide the text of the Run button in a narrow panel."""
        super().resizeEvent(event)
        self._name_run(event.size().width() >= self._least_width(named=True))

    def minimumSizeHint(self) -> QSize:
        return QSize(self._least_width(named=False), super().minimumSizeHint().height())

    def _least_width(self, *, named: bool) -> int:
        hint = super().minimumSizeHint().width()
        return hint - self.run.minimumWidth() + (self._run_width() if named else 40)

    def _button(self, name: str) -> QToolButton:
        button = QToolButton(self)
        # no focus by clicks: Space in the canvas still means run
        button.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        button.setEnabled(False)
        self.buttons[name] = button
        return button

    def _add_history(self, line: QHBoxLayout) -> None:
        self.history = HistorySlider(self)
        self.history.setMinimumWidth(60)
        self.history.setMaximumWidth(130)
        self.history.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.history.setAccessibleName(tr("History"))
        self.history.setToolTip(
            tr("Go to the state after a step; later steps stay in reach while the settings stay")
        )
        self.history.valueChanged.connect(self._history_moved)
        self.step_box = StepBox(self)
        self.step_box.asked.connect(self.session.go_to)
        self.step_label = QLabel(self)
        self.step_label.setProperty("role", "muted")
        self.step_word = QLabel(tr("step"), self)
        self.step_word.setProperty("role", "muted")
        self.step_word.setBuddy(self.step_box)
        line.addSpacing(8)
        line.addWidget(self.history)
        line.addWidget(self.step_word)
        line.addWidget(self.step_box)
        line.addWidget(self.step_label)

    def _add_progress(self, line: QHBoxLayout) -> None:
        self.progress = QProgressBar(self)
        self.progress.setFixedSize(110, 8)
        self.progress.setTextVisible(False)
        self.progress_label = QLabel(self)
        self.progress_label.setProperty("role", "muted")
        self.cancel = QToolButton(self)
        self.cancel.setText(tr("Cancel"))
        self.cancel.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.cancel.setToolTip(tr("Stop; what was there before stays as it was"))
        self.cancel.clicked.connect(self.session.cancel)
        self.before = QToolButton(self)
        self.before.setAccessibleName(tr("Go to the step before"))
        self.before.setToolTip(
            tr("The state before NaN or Inf first came up. Run goes on from here all the same")
        )
        self.before.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.before.clicked.connect(self._go_before)
        for widget in (self.before, self.progress_label, self.progress, self.cancel):
            widget.hide()
            line.addWidget(widget)

    def take_settings(self, settings: QSettings) -> None:
        """Restore the speed from the settings, and save later choices there."""
        self.speed.take_settings(settings)

    def take_actions(self, actions: dict[str, QAction]) -> None:
        """Make the buttons from the window's actions, with their tooltips and shortcuts."""
        for name, button in self.buttons.items():
            button.setEnabled(True)
            button.setDefaultAction(actions[name])

    # -- topology, frames and theme ----------------------------------------------------------

    def show_topology(self, topology: Topology) -> None:
        """Prepare for another graph."""
        self.strip.show_topology(topology)
        self._show_step(0)
        self._say(tr("Press → for the first operation, Space to run."))

    def show_frame(self, frame: Frame) -> None:
        """Show where the training is."""
        self.strip.show_cursor(frame.cursor, frame.running)
        if frame.systems:
            self._describe_update(frame.systems[-1][1])
        if not (self.history.isSliderDown() or self._rewind_timer.isActive()):
            self._show_step(frame.step)
        self.speed.show_frame(frame)
        if not self.session.busy:
            self._show_progress(frame.progress)
        self._offer_step_before(frame)
        if frame.problem:
            self._say(frame.problem, "error")
        elif frame.message:
            self._say(frame.message, "error" if self._is_broken(frame) else "")

    def _offer_step_before(self, frame: Frame) -> None:
        """Offer to go to the step before the first NaN or Inf, while training is paused."""
        since = frame.nonfinite_since
        self.before.setVisible(bool(since) and not frame.running)
        if since:
            self.before.setText(tr("Go to step {step}").format(step=whole(since - 1)))

    @staticmethod
    def _is_broken(frame: Frame) -> bool:
        """Whether NaN or Inf came up first in the present pass."""
        found = any(finding.kind == "non-finite" for finding in frame.findings)
        return found and frame.nonfinite_since == frame.step and not frame.running

    def _go_before(self) -> None:
        frame = self.session.frame
        if frame is not None and frame.nonfinite_since:
            self.session.go_to(frame.nonfinite_since - 1)

    def _describe_update(self, system: System) -> None:
        if system is not self._described:
            self._described = system
            self.strip.update_words = of_update_settings(system)

    def apply_theme(self, theme: Theme) -> None:
        """Use the colours of a theme."""
        self._theme = theme
        self.strip.apply_theme(theme)
        self.cancel.setIcon(icon("cancel", theme))
        self.before.setIcon(icon("operation-back", theme))

    def _show_step(self, step: int) -> None:
        self.history.show_step(step, self.session.kept_runs.in_reach)
        self.step_box.show_step(step)
        last = self.history.last
        # The label is shown at the last step too: otherwise the step box would move while in use.
        self.step_label.setText(tr("of {last}").format(last=whole(last)))
        self.step_label.setVisible(last > 0)

    def _show_progress(self, progress: tuple[int, int] | None) -> None:
        for widget in (self.progress_label, self.progress, self.cancel):
            widget.setVisible(progress is not None)
        if progress is not None:
            done, total = progress
            self.progress.setRange(0, total)  # without a total the bar shows activity only
            self.progress.setValue(done)
            self.progress_label.setText(f"{whole(done)} / {whole(total)}" if total else "")

    def _show_busy(self, text: str) -> None:
        if text:
            self._say(text)
        elif self.session.frame is not None:
            if self.message.text() == self._busy:
                self._say(self.session.frame.message)
        else:  # nothing was opened, so there is no frame with a message
            self._say(tr("Choose a system from the Catalogue menu."))
        self._busy = text

    def _say(self, text: str, role: str = "") -> None:
        if self.message.property("role") != role:
            self.message.setProperty("role", role)
            self.message.style().polish(self.message)
        self.message.setText(text)

    # -- commands ----------------------------------------------------------------------------

    def train_steps(self) -> None:
        """Train the number of steps in the box."""
        self.session.send(Train(steps=self.count.value()))

    def _history_moved(self, step: int) -> None:
        self.step_box.setValue(step)
        self._rewind_timer.start()

    def _rewind(self) -> None:
        if self.history.isSliderDown():
            self._rewind_timer.start()
            return
        self.session.go_to(self.history.value())
