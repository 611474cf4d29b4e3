"""The session: commands to the training thread, frames from it, and the state the window shares."""

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Qt, QTimer, Signal

from engine.messages.commands import (
    Change,
    Command,
    Inspect,
    Open,
    Pause,
    Retake,
    Retell,
    Rewind,
    Run,
    SaveParameters,
    ShowOrder,
    TrainTo,
)
from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.recipes.recipe import Recipe
from engine.support.errors import InputError
from engine.support.text import tr
from engine.system import catalogue
from engine.system.setting_words import refusal
from engine.system.system import System, override, retold, save
from gui.history.history import History
from gui.history.kept_runs import KeptRun, KeptRuns
from gui.session.draft import Draft, Edited
from gui.session.fan_out import FanOut
from gui.session.starts import Starts
from gui.training.jobs import TrainerLike
from gui.training.mailbox import Parcel
from gui.training.worker import Worker
from gui.widgets.drawing_rates import HOLD_SECONDS, MAILBOX_MS


def make_trainer(system: System, generation: int) -> TrainerLike:
    """Build the engine's trainer; imported here since only the training thread needs it."""
    if system.is_empty:
        from engine.observe.blank import Blank

        return Blank(system, generation)
    from engine.observe.observer import Observer

    return Observer(system, generation)


class Session(QObject):
    """The object that panels, canvas and window share; lives on the GUI thread.

    Signals
    -------
    topology_changed(Topology), frame_arrived(Frame), selection_changed(),
    order_changed(Topology): the same graph with more or fewer gradient nodes behind its own
    system_changed(System), problem(str)
    not_opened(str): why a file or system could not be opened or written
    said(str): what was done, in words
    refused(Exception): the same problem as the error itself, with its ``field``
    crashed(str): the traceback of an unexpected exception on the training thread
    busy_changed(str): which long work is under way, "" when none is
    progress_changed(tuple | None): its progress as (done, total), once it takes long
    cancelled(str): what was cancelled, in words
    threads_changed(int): how many threads a matrix product uses, 0 where that is not known
    file_changed(): the path or the modified state
    sought(int): a node of the topology that the canvas should scroll to
    """

    topology_changed = Signal(object)
    order_changed = Signal(object)
    frame_arrived = Signal(object)
    selection_changed = Signal()
    system_changed = Signal(object)
    problem = Signal(str)
    refused = Signal(object)
    not_opened = Signal(str)
    said = Signal(str)
    crashed = Signal(str)
    busy_changed = Signal(str)
    progress_changed = Signal(object)
    cancelled = Signal(str)
    threads_changed = Signal(int)
    file_changed = Signal()
    sought = Signal(int)

    def __init__(
        self,
        parent: QObject | None = None,
        *,
        make_trainer: Callable[[System, int], TrainerLike] = make_trainer,
    ) -> None:
        super().__init__(parent)
        self.topology: Topology | None = None
        self.frame: Frame | None = None
        self.system: System | None = None
        self.selected_node: int | None = None
        self.selected_edge: int | None = None
        self.path: Path | None = None
        # The recipe from which the running system was opened, None if it was opened alone.
        self.start: Recipe | None = None
        self.order = 0
        self.busy = ""
        self.progress: tuple[int, int] | None = None
        self.history = History()
        self.kept_runs = KeptRuns(self.history, self)
        self.draft = Draft(self, self)
        self.saved: System | None = None  # as it was opened or saved last
        self._opening: list[tuple[System, Path | None]] = []
        self._loading: list[System] = []  # opened with parameters of a file
        self._writing: set[str] = set()
        self._unfinished: tuple[System, System] | None = None
        self.unbuilt: tuple[System, Path | None] | None = None  # the system that was refused last
        self._starts = Starts(make_trainer)
        self._worker = Worker(self._starts.make)
        self.fan_out = FanOut(self)
        self.fan_out.done.connect(self._worker.release)
        self._timer = QTimer(self)
        self._timer.setTimerType(Qt.TimerType.PreciseTimer)
        self._timer.setInterval(MAILBOX_MS)
        self._timer.timeout.connect(self._refresh)

    # -- commands to the training thread ---------------------------------------------------

    def send(self, command: Command) -> None:
        """Queue a command for the training thread; returns at once."""
        self._worker.send(command)
        if not self._timer.isActive():
            self._timer.start()

    def open(self, system: System, path: Path | None = None) -> None:
        """Build this system, which then replaces the running one."""
        self._opening.append((system, path))
        self.send(Open(system))

    def open_recipe(self, recipe: Recipe, path: Path | None = None) -> None:
        """Open a recipe's system at its step, with its live changes and its files."""
        self.open(self._starts.add_recipe(recipe), path)

    def open_unfinished(self, system: System, path: Path | None = None) -> None:
        """Open a system that cannot be built yet for editing; an empty system runs meanwhile."""
        blank = dataclasses.replace(system, layers=(), expression="", names={}, parameters={})
        self._unfinished = (blank, system)
        self.open(blank, path)

    def rebuild(self, system: System) -> None:
        """Build the edited system; file, undo history and unsaved state stay."""
        self.send(Open(system))

    def load_parameters(self, path: Path) -> None:
        """Restart the training with the parameters of an NPZ file.

        A file that does not fit leaves the training as it was. Reset returns to its parameters.
        """
        if self.system is None:
            return
        batch = self.start.batch if self.start is not None else ""
        recipe = Recipe(self.system, parameters=str(path), batch=batch)
        self._loading.append(self._starts.add_recipe(recipe))
        self.send(Open(self._loading[-1]))

    def save_parameters(self, path: Path) -> None:
        """Write the present parameters to an NPZ file, each under its name."""
        self._writing.add(str(path))
        self.send(SaveParameters(str(path)))

    def retell(self, words: System) -> None:
        """Replace the running system's name, title and description; nothing is computed anew."""
        if self.system is not None:
            self.system = retold(self.system, words)
            self.send(Retell(words))
            self.file_changed.emit()

    def change(self, key: str, value: Any) -> None:
        """Change a live setting from the next training step on; raises ``InputError``."""
        if self.system is not None:
            self.system = override(self.system, key, value)
            self.send(Change(key, value))
            self.file_changed.emit()

    def toggle_running(self) -> None:
        """Run, or pause if training runs."""
        self.send(Pause() if self.running else Run())

    def go_to(self, step: int) -> None:
        """Go to the state after so many updates: back in the history, or forward by training."""
        self.send(Rewind(step) if step <= self.kept_runs.in_reach else TrainTo(step))

    def retake(self, run: KeptRun) -> None:
        """Go to the last step of a run that was left; the present run is kept instead."""
        self.send(Retake(run.settings, run.last))

    def go_near(self, place: float) -> None:
        """Go to the step nearest to a position on an axis of steps, as far as it can be reached."""
        if self.topology is not None:
            self.go_to(min(max(0, round(place)), self.kept_runs.in_reach))

    def cancel(self) -> None:
        """Cancel the long work that is under way, else pause the training."""
        if self.busy:
            self._worker.cancel()
        else:
            self.send(Pause())

    def hold_training(self) -> None:
        """Let training wait while the GUI thread has more urgent work."""
        self._worker.hold(HOLD_SECONDS)

    def select(self, *, node: int | None = None, edge: int | None = None) -> None:
        """Select a node or an edge (indices into the topology) in all views, or nothing."""
        self.selected_node, self.selected_edge = node, edge
        self.send(Inspect(node, edge))
        self.selection_changed.emit()

    def show_order(self, order: int) -> None:
        """Show gradient nodes up to this order (0: none), now and in systems opened later."""
        self.order = order
        self.send(ShowOrder(order))

    # -- state -------------------------------------------------------------------------------

    @property
    def running(self) -> bool:
        return self.frame is not None and self.frame.running

    @property
    def resting(self) -> bool:
        """Whether all commands are done and shown, and nothing runs."""
        return not self._timer.isActive()

    @property
    def at_start(self) -> bool:
        """Whether no update has been made, so that a rebuild loses nothing."""
        return self.frame is None or (self.frame.step == 0 and not self.frame.running)

    @property
    def modified(self) -> bool:
        """Whether the edited system differs from what was opened or saved last."""
        return self.draft.system is not None and self.draft.system != self.saved

    @property
    def worth_saving(self) -> bool:
        """Whether opening another system would lose work.

        In an entry of the catalogue only typed entries count as work, choices and ticks do not.
        """
        names = {entry.name for entry in catalogue.entries()}
        tried = self.path is None and self.saved is not None and self.saved.name in names
        return self.modified and (self.draft.typed or not tried)

    def save(self, path: Path) -> None:
        """Write the edited system to a .toml file; raises ``InputError`` or ``OSError``."""
        if self.draft.system is None:
            return
        save(self.draft.system, path)
        self.path, self.saved = path, self.draft.system
        self.draft.saved()
        self.file_changed.emit()

    def take_over(self, draft: Edited, saved: System | None, path: Path | None) -> None:
        """Edit on where a saved session was left; its running system is opened already."""
        self.saved, self.path = saved, path
        self.draft.take_over(draft)
        self.file_changed.emit()

    def close(self) -> bool:
        """End the training thread; return whether it ended in time. No frame arrives afterwards."""
        self._timer.stop()
        self.fan_out.clear()
        return self._worker.stop()

    # -- frames from the training thread ---------------------------------------------------

    def _refresh(self) -> None:
        if self.fan_out.active:
            return
        parcel = self._worker.take()
        if parcel is not None:
            try:
                self._unpack(parcel)
            finally:
                if not self.fan_out.active:
                    self._worker.release()
        elif self._worker.idle:
            self._timer.stop()  # sending a command starts it again

    def _unpack(self, parcel: Parcel) -> None:
        if parcel.busy != self.busy:
            self.busy = parcel.busy
            self.busy_changed.emit(parcel.busy)
        if parcel.progress != self.progress:
            self.progress = parcel.progress
            self.progress_changed.emit(parcel.progress)
        if parcel.threads is not None:
            self.threads_changed.emit(parcel.threads)
        built = parcel.topology is not None and not self._is_ours(parcel.topology)
        if parcel.topology is not None:
            if built:
                self._show_graph(parcel.topology, parcel.system)
            else:
                self._show_more(parcel.topology)
        if not built and parcel.system is not None and parcel.system != self.system:
            self.system = parcel.system
            self.system_changed.emit(parcel.system)
            if parcel.refusals or (parcel.frame is not None and parcel.frame.rewound):
                self.draft.follow(parcel.system)
            self.draft.caught_up(opened=False)
        frame = parcel.frame
        # A frame of another graph would be drawn on the wrong nodes.
        if frame and self.topology and frame.generation == self.topology.generation:
            self.kept_runs.follow(frame)
            if len(frame.value_ready) == len(self.topology.nodes):
                self.frame = frame
                self.frame_arrived.emit(frame)
                self.fan_out.start(frame)
        opened = [self._taken(system, alone=True) for system in parcel.not_built]
        self.unbuilt = next(filter(None, opened), self.unbuilt)
        loaded = [system for system in parcel.not_built if self._was_loading(system)]
        for error in parcel.refusals:
            if any(opened) or loaded or self._was_writing(error):
                self.not_opened.emit(str(error))
                self.problem.emit(str(error))
            else:
                self.refused.emit(error)
                self.problem.emit(refusal(error, "", self.draft.system))
        if parcel.said:
            self.said.emit(parcel.said)
        if parcel.cancelled:
            self.draft.rebuild_cancelled()
            self.cancelled.emit(parcel.cancelled)
        for details in parcel.crashes:
            self.crashed.emit(details)

    def _taken(
        self, system: System | None, *, alone: bool = False
    ) -> tuple[System, Path | None] | None:
        """Remove and return the opening of this system; if built, earlier openings are removed too.

        Openings before a refused one may still be built: it is removed ``alone``.
        """
        for place, opening in enumerate(self._opening):
            if opening[0] is system:
                del self._opening[place if alone else 0 : place + 1]
                return opening
        return None

    def _was_loading(self, system: System | None) -> bool:
        """Whether this system was opened to load parameters; the note of that is removed."""
        found = [one for one in self._loading if one is system]
        self._loading = [one for one in self._loading if one is not system]
        return bool(found)

    def _was_writing(self, error: Exception) -> bool:
        return isinstance(error, InputError) and error.file in self._writing

    def _is_ours(self, topology: Topology) -> bool:
        return self.topology is not None and topology.generation == self.topology.generation

    def _show_more(self, topology: Topology) -> None:
        """Show the same graph with more or fewer gradient nodes; the run goes on."""
        self.topology, self.frame = topology, None
        node, edge = self.selected_node, self.selected_edge
        gone = node is not None and node >= len(topology.nodes)
        gone = gone or (edge is not None and edge >= len(topology.edges))
        if gone:
            self.selected_node = self.selected_edge = None
        self.order_changed.emit(topology)
        if gone:
            self.select()

    def _show_graph(self, topology: Topology, system: System | None) -> None:
        """Announce a graph that was built: the system first, so that forms match the graph."""
        self.topology, self.frame, self.system = topology, None, system
        self.start = self._starts.of(system)
        self.selected_node = self.selected_edge = None
        taken = self._taken(system)
        if taken is not None and system is not None:
            self.saved, self.path = taken
            self.draft.begin_with(system)
        loaded = self._was_loading(system)
        self.history.reset(topology.generation, len(topology.layers))
        self.kept_runs.begin_run()
        self.system_changed.emit(system)
        self.topology_changed.emit(topology)
        self.selection_changed.emit()
        self.draft.caught_up(opened=True)
        self.file_changed.emit()
        if self._unfinished is not None and self._unfinished[0] is system:
            self.saved = self._unfinished[1]
            self.draft.want(self._unfinished[1])  # the draft then says what is missing
        if loaded and self.start is not None:
            from engine.training.parameter_files import told_missing  # imports numpy

            name = Path(self.start.parameters).name
            words = tr("Training starts at the parameters of {name}; Reset goes back to them.")
            parts = [words.format(name=name), told_missing(topology.not_given)]
            self.said.emit(" ".join(filter(None, parts)))
