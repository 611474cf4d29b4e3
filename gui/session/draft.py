"""The edited system, beside the running one; with undo.

A setting that can change during training is sent to the session at once. A change that needs a new
graph is applied at once before the first update, since nothing is lost then; later it is pending
until the user asks for a rebuild, which starts the training again at step 0.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine import expression
from engine.expression import to_graph
from engine.model.loss import LossSettings
from engine.settings.declaration import rule_of, settings_of
from engine.support.errors import InputError
from engine.support.text import tr
from engine.system import catalogue
from engine.system.setting_words import list_of, words_of
from engine.system.system import DataSettings, System, override, to_table
from gui.session import layer_tables

# Keys of a layer that decide which nodes and parameters the graph has.
SHAPING = ("type", "name", "repeat", "activation", "bias")
FIRST_VALUE = 1.0


def changed(system: System, key: str, value: Any) -> System:
    """Return the system with one setting changed, and dependent settings adapted.

    Raises
    ------
    InputError
        With the field, where the value is not what the setting accepts.
    """
    made = _changed(system, key, value)
    if made != system and not is_descriptive(key) and catalogue.is_entry(system):
        made = without_catalogue_texts(made, system.name)
    return made


def without_catalogue_texts(system: System, entry: str) -> System:
    """Return the system without the catalogue's texts, which describe the entry it is based on."""
    return dataclasses.replace(system, title="", source="", description="", based_on=entry)


def own_copy(system: System) -> System:
    """Return a copy under another name, without the catalogue's texts."""
    copy = dataclasses.replace(system, name=f"{system.name}-copy", origin=None)
    return without_catalogue_texts(copy, system.name) if catalogue.is_entry(system) else copy


def is_descriptive(key: str) -> bool:
    """Whether a setting only describes the system, such as its title."""
    field = settings_of(System).get(key)
    return field is not None and rule_of(field).told


def _changed(system: System, key: str, value: Any) -> System:
    path = layer_tables.path_of(key)
    # an expression is its own objective and has no data
    if key == "expression" and system.is_empty:
        system = dataclasses.replace(system, data=DataSettings(), loss=LossSettings())
    if path and key == f"{layer_tables.key_of(path)}.type" and value in layer_tables.containers():
        # A layer becomes a block that contains it; a block keeps its layers.
        tables = to_table(system)["layers"]
        table = layer_tables.as_container(value, tables, path)
        return adapted(override(system, layer_tables.key_of(path), table), key)
    return adapted(override(system, key, value), key)


def adapted(system: System, key: str) -> System:
    """Return the system after ``key`` was changed, with dependent settings adapted.

    Raises
    ------
    InputError
        With the field, where the changed setting itself cannot be read.
    """
    if key == "expression":
        return _with_values(system)
    parts = key.split(".")
    of_layer = parts[0] == "layers" and (len(parts) == 1 or parts[-2].isdecimal())
    if of_layer and (len(parts) == 1 or parts[-1] in SHAPING):
        # Symbols and initial values are given to nodes by position: for other layers they would be
        # wrong, and for removed layers the system would be refused.
        return dataclasses.replace(system, names={}, parameters={})
    return system


def _with_values(system: System) -> System:
    """Give new variables of an expression a value, and drop the values of removed ones."""
    try:
        program = expression.parse(system.expression, to_graph.functions())
    except InputError as error:
        raise error.located(field="expression") from None
    values: dict[str, Any] = {name: system.values.get(name, FIRST_VALUE) for name in program.free}
    trainable = system.trainable
    if trainable is not None:
        trainable = [name for name in trainable if name in values]
    return dataclasses.replace(system, values=values, trainable=trainable)


@dataclass(frozen=True)
class Edit:
    """A step of the undo history, between two states of the edited system."""

    old: System
    new: System
    text: str
    typed: bool


@dataclass(frozen=True)
class Edited:
    """A draft as it is saved: the edited system, and its undo history of which ``done`` are done.

    ``typed``: the number of typed entries since the system was opened or saved.
    """

    system: System
    edits: tuple[Edit, ...] = ()
    done: int = 0
    typed: int = 0


@dataclass(frozen=True)
class Difference:
    """One setting in which two systems differ; ``live`` if it changes without a rebuild.

    ``told``: it only describes the system, such as a title; nothing is computed from it.
    """

    key: str
    old: Any
    new: Any
    live: bool
    told: bool = False


def differences(old: Any, new: Any, where: str = "", live: bool = False) -> Iterator[Difference]:
    """Yield the differences between two systems, one per key that ``--set`` accepts."""
    if old == new:
        return
    if dataclasses.is_dataclass(old) and type(old) is type(new):
        for name, field in settings_of(type(old)).items():
            key = f"{where}.{name}" if where else name
            rule = rule_of(field)
            one = (getattr(old, name), getattr(new, name))
            if rule.told and one[0] != one[1]:
                yield Difference(key, *one, live=False, told=True)
            else:
                yield from differences(*one, key, rule.live)
        return
    if _alike(old, new):
        for index, (a, b) in enumerate(zip(old, new, strict=True)):
            yield from differences(a, b, f"{where}.{index}")
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping) and old.keys() == new.keys():
        for name in old:
            yield from differences(old[name], new[name], f"{where}.{name}", live)
        return
    # A setting that is None has no node in the graph, so that a value needs a rebuild.
    yield Difference(where, old, new, live and old is not None and new is not None)


def _alike(old: Any, new: Any) -> bool:
    """Whether both are lists of sections of equal length, compared item by item."""
    if not (isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new)):
        return False
    return all(dataclasses.is_dataclass(item) for item in old + new)


class RunningSystem(Protocol):
    """What a draft needs of the session: the running system, and ways to change it."""

    @property
    def system(self) -> System | None: ...
    @property
    def start(self) -> Any: ...
    @property
    def at_start(self) -> bool: ...
    def rebuild(self, system: System) -> None: ...
    def retell(self, words: System) -> None: ...
    def change(self, key: str, value: Any) -> None: ...


class Draft(QObject):
    """The edited system, the undo stack of its edits, and the changes pending for a rebuild.

    Signals: ``changed()`` after every edit and whenever the running system changed;
    ``applied(str)``: what was done with an edit, in words.
    """

    changed = Signal()
    applied = Signal(str)

    def __init__(self, session: "RunningSystem", parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self.system: System | None = None
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(200)
        self._rebuilding = False
        self._lost = ""  # the file whose parameters the rebuild replaces by initial ones
        self._typed = 0  # number of typed entries since opening or saving
        self._taking_over = False

    @property
    def typed(self) -> bool:
        """Whether anything was typed since the system was opened or saved; choices do not count."""
        return self._typed != 0

    def edit(self, key: str, value: Any, *, typed: bool = True) -> None:
        """Set one setting by its dotted key, undoably; ``typed``: not a choice or a tick.

        Raises
        ------
        InputError
            Where the value is not what the setting accepts; then nothing has changed.
        """
        if self.system is None:
            return
        system = changed(self.system, key, value)
        text = tr("change {setting}").format(setting=words_of(key, system))
        self.replace(system, text, typed)

    def replace(self, system: System, text: str, typed: bool = True) -> None:
        """Replace the edited system, undoably; ``text`` describes the edit in the Undo action."""
        if self.system is not None and system != self.system:
            self.stack.push(_Step(self, Edit(self.system, system, text, typed)))

    def saved(self) -> None:
        """Count no typed entries after the system was saved."""
        self._typed = 0

    def begin_with(self, system: System) -> None:
        """Forget all edits; called when a system was opened."""
        self.stack.clear()
        self._typed = 0
        self.system = system
        self.changed.emit()

    def edited(self) -> Edited | None:
        """Return the draft as it is saved; None without a system."""
        if self.system is None:
            return None
        steps = [self.stack.command(k) for k in range(self.stack.count())]
        edits = tuple(step.edit for step in steps if isinstance(step, _Step))
        return Edited(self.system, edits, self.stack.index(), self._typed)

    def take_over(self, edited: Edited) -> None:
        """Take a saved draft up as it was left: nothing is applied, what was pending is again."""
        self._taking_over = True
        self.stack.clear()
        for edit in edited.edits:
            self.stack.push(_Step(self, edit))
        self.stack.setIndex(edited.done)
        self._taking_over = False
        self.system, self._typed = edited.system, edited.typed
        self.changed.emit()

    def pending(self) -> list[Difference]:
        """Return the differences from the running system that need a rebuild."""
        running = self._session.system
        if running is None or self.system is None:
            return []
        found = differences(running, self.system)
        return [d for d in found if not (d.live or d.told)]

    def rebuild(self) -> None:
        """Build the edited system; the training starts again at step 0."""
        if self.system is not None and self.pending():
            self._rebuilding = True
            start = self._session.start
            self._lost = Path(start.parameters).name if start is not None else ""
            self._session.rebuild(self.system)

    def discard(self) -> None:
        """Undo all pending changes, as one undoable edit."""
        if self._session.system is not None:
            self.replace(self._session.system, tr("discard changes"), typed=False)

    def follow(self, running: System) -> None:
        """Take over the running system's live settings, after going back to an earlier step."""
        wanted = self.system
        if wanted is None:
            return
        for difference in differences(running, wanted):
            if difference.live:
                wanted = override(wanted, difference.key, difference.old)
        self.system = wanted

    def caught_up(self, opened: bool) -> None:
        """Called when the running system changed; ``opened`` if a graph was built."""
        if opened and self._rebuilding:
            text = tr("Rebuilt with the new settings; training starts at step 0.")
            if self._lost:
                lost = tr("The parameters are initial ones, not those of {name} any more.")
                text = f"{text} {lost.format(name=self._lost)}"
            self.applied.emit(text)
        self._rebuilding = self._rebuilding and not opened
        self.changed.emit()

    def rebuild_cancelled(self) -> None:
        """Called when a rebuild was cancelled: its changes are pending again."""
        self._rebuilding = False
        self.changed.emit()

    def want(self, system: System, typed: int = 0) -> None:
        """Set the edited system and apply each difference that can be applied at once.

        ``typed``: the number of typed entries this adds; negative when an edit is undone.
        """
        if self._taking_over:
            return
        self._typed += typed
        self.system = system
        running = self._session.system
        if running is not None:
            every = list(differences(running, system))
            found = [difference for difference in every if not difference.told]
            if len(found) < len(every) and all(d.live for d in found):
                self._session.retell(system)  # otherwise the rebuild takes the texts with it
            for difference in found:
                if difference.live:
                    self._session.change(difference.key, difference.new)
            if not all(d.live for d in found) and self._session.at_start:
                self.rebuild()
            elif found and all(d.live for d in found):
                names = list_of([d.key for d in found], system)
                self.applied.emit(tr("{settings}: from the next step on").format(settings=names))
        self.changed.emit()


class _Step(QUndoCommand):
    """The undo command of an edit."""

    def __init__(self, draft: Draft, edit: Edit) -> None:
        super().__init__(edit.text)
        self._draft, self.edit = draft, edit

    def undo(self) -> None:
        self._draft.want(self.edit.old, -int(self.edit.typed))

    def redo(self) -> None:
        self._draft.want(self.edit.new, int(self.edit.typed))
