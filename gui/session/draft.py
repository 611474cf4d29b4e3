"""The system as the person wants it, beside the system that runs; with undo.

What can change during training is sent on at once. What needs a new graph is applied at once
while nothing has been trained, since nothing is lost; after the first update it waits here until
the person asks for the rebuild that starts the training again.
"""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from engine.settings.declaration import rule_of, settings_of
from engine.support.text import tr
from engine.system.setting_words import list_of, words_of
from engine.system.system import System, override
from gui.session.adapt import changed

if TYPE_CHECKING:
    from gui.session.session import Session


@dataclass(frozen=True)
class Difference:
    """One setting that two systems do not share; ``live`` when it needs no rebuild.

    ``told``: nothing is computed from it, such as a title.
    """

    key: str
    old: Any
    new: Any
    live: bool
    told: bool = False


def differences(old: Any, new: Any, where: str = "", live: bool = False) -> Iterator[Difference]:
    """Yield what changed from ``old`` to ``new``, as finely as ``--set`` could say it."""
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
    # A setting that is None has no node in the graph, so giving it a value builds one.
    yield Difference(where, old, new, live and old is not None and new is not None)


def _alike(old: Any, new: Any) -> bool:
    """Whether both are lists of sections that can be compared one by one."""
    if not (isinstance(old, tuple) and isinstance(new, tuple) and len(old) == len(new)):
        return False
    return all(dataclasses.is_dataclass(item) for item in old + new)


class Draft(QObject):
    """Holds the wanted system, the undo stack of its edits and what waits for a rebuild.

    Signals: ``changed()`` after every edit and whenever the running system caught up;
    ``applied(str)`` says in words what was done with an edit.
    """

    changed = Signal()
    applied = Signal(str)

    def __init__(self, session: "Session") -> None:
        super().__init__(session)
        self._session = session
        self.system: System | None = None
        self.stack = QUndoStack(self)
        self.stack.setUndoLimit(200)
        self._rebuilding = False
        self._lost = ""  # the file whose parameters a rebuild does not keep
        self._typed = 0  # edits in force that took more than a choice

    @property
    def typed(self) -> bool:
        """Whether more than choices and ticks went into it since it was opened or saved."""
        return self._typed != 0

    def edit(self, key: str, value: Any, *, typed: bool = True) -> None:
        """Set one setting by its dotted key, undoably; ``typed``: not merely chosen or ticked.

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
        """Make this the wanted system, undoably; ``text`` is what undo will call it."""
        if self.system is not None and system != self.system:
            self.stack.push(_Edit(self, self.system, system, text, typed))

    def saved(self) -> None:
        """Nothing typed can be lost from here on."""
        self._typed = 0

    def start(self, system: System) -> None:
        """Forget all edits: a system was opened."""
        self.stack.clear()
        self._typed = 0
        self.system = system
        self.changed.emit()

    def pending(self) -> list[Difference]:
        """What differs from the running system and waits for a rebuild."""
        running = self._session.system
        if running is None or self.system is None:
            return []
        found = differences(running, self.system)
        return [d for d in found if not (d.live or d.told)]

    def rebuild(self) -> None:
        """Build the wanted system now; the training starts again at step 0."""
        if self.system is not None and self.pending():
            self._rebuilding = True
            start = self._session.start
            self._lost = Path(start.parameters).name if start is not None else ""
            self._session.rebuild(self.system)

    def discard(self) -> None:
        """Take back what waits for a rebuild (undoably)."""
        if self._session.system is not None:
            self.replace(self._session.system, tr("discard changes"), typed=False)

    def follow(self, running: System) -> None:
        """Take the live settings over from what runs: training went back to before a change."""
        wanted = self.system
        if wanted is None:
            return
        for difference in differences(running, wanted):
            if difference.live:
                wanted = override(wanted, difference.key, difference.old)
        self.system = wanted

    def caught_up(self, opened: bool) -> None:
        """The running system changed; ``opened`` when that was by building a graph."""
        if opened and self._rebuilding:
            text = tr("Rebuilt with the new settings; training starts at step 0.")
            if self._lost:
                lost = tr("The parameters are initial ones, not those of {name} any more.")
                text = f"{text} {lost.format(name=self._lost)}"
            self.applied.emit(text)
        self._rebuilding = self._rebuilding and not opened
        self.changed.emit()

    def gave_up(self) -> None:
        """The rebuild was cancelled: what was to be built waits again."""
        self._rebuilding = False
        self.changed.emit()

    def want(self, system: System, typed: int = 0) -> None:
        """Take the system as wanted and do with each difference what can be done at once.

        ``typed``: how many typed edits that is more, or less where it is negative.
        """
        self._typed += typed
        self.system = system
        running = self._session.system
        if running is not None:
            every = list(differences(running, system))
            found = [difference for difference in every if not difference.told]
            if len(found) < len(every) and all(d.live for d in found):
                self._session.retell(system)  # else the words come with what is to be built
            for difference in found:
                if difference.live:
                    self._session.change(difference.key, difference.new)
            if not all(d.live for d in found) and self._session.at_start:
                self.rebuild()
            elif found and all(d.live for d in found):
                names = list_of([d.key for d in found], system)
                self.applied.emit(tr("{settings}: from the next step on").format(settings=names))
        self.changed.emit()


class _Edit(QUndoCommand):
    """From one wanted system to another."""

    def __init__(self, draft: Draft, old: System, new: System, text: str, typed: bool) -> None:
        super().__init__(text)
        self._draft, self._old, self._new = draft, old, new
        self._typed = int(typed)

    def undo(self) -> None:
        self._draft.want(self._old, -self._typed)

    def redo(self) -> None:
        self._draft.want(self._new, self._typed)
