"""A session as a text: all that was typed and trained, to go on with after a crash.

Plain values and no Qt: it is written off the GUI thread. The text is JSON behind a line with its
hash, by which a file that was cut off or damaged is told from a whole one. Systems stand in it once
each, as TOML.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from engine.recipes.recipe import Recipe
from engine.support.errors import EngineError, InputError
from engine.support.figures import whole
from engine.support.text import tr
from engine.system import system as systems
from engine.system.settings_by_step import Settings
from engine.system.system import System
from gui.history.history import History
from gui.history.kept_runs import KeptRun
from gui.session.draft import Edit, Edited

FORMAT = 1
MOST_BYTES = 64_000_000  # of the text
MOST_SYSTEM_LETTERS = 24_000_000  # of the systems together: beyond it the oldest edits are left out
MOST_STEP = 2**53
_HEAD = "gradient-flow-explorer session"
_RUN_FILE = re.compile(r"run-\d{1,9}\.npz")


@dataclass(frozen=True)
class SavedSession:
    """What a session holds.

    Attributes
    ----------
    recipe:
        The running system at its step, with its live changes; ``picture`` is the view.
    draft:
        The edited system with its undo history.
    saved, path:
        What was opened or saved last, and its file.
    kept:
        The runs that were left.
    panels:
        What panels keep of their own, plain values by the panel's name.
    """

    recipe: Recipe
    draft: Edited
    saved: System | None = None
    path: Path | None = None
    kept: tuple[KeptRun, ...] = ()
    panels: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Summary:
    """What a session holds, in numbers: to say before it is taken up again."""

    name: str
    changes: int
    step: int
    operation: int
    curves: int
    unfinished: bool

    @property
    def is_empty(self) -> bool:
        """Whether nothing was typed or trained: there is nothing to go on with."""
        return not (self.changes or self.step or self.operation or self.curves or self.unfinished)

    def words(self) -> str:
        """Return it as text: "d2l-mlp, 20 changes, step 100, 1 kept curve"."""
        changes = tr("1 change") if self.changes == 1 else tr("{count} changes")
        curves = tr("1 kept curve") if self.curves == 1 else tr("{count} kept curves")
        parts = [
            self.name,
            changes.format(count=self.changes) if self.changes else "",
            tr("step {step}").format(step=whole(self.step)),
            curves.format(count=self.curves) if self.curves else "",
        ]
        return ", ".join(filter(None, parts))


class Systems:
    """The systems of one text by their number; remembers the texts of those written before."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[System, str]] = {}
        self._used: dict[int, int] = {}

    def begin(self) -> None:
        """Begin a text; what only earlier ones named is forgotten with ``end``."""
        self._used = {}

    def number(self, system: System) -> int:
        """Return the number of a system in this text."""
        if id(system) not in self._known:  # by identity: comparing large systems takes long
            self._known[id(system)] = system, json.dumps(_system_table(system))
        return self._used.setdefault(id(system), len(self._used))

    def letters(self, system: System) -> int:
        """Return the length of a system's text."""
        self.number(system)
        return len(self._known[id(system)][1])

    def end(self) -> list[str]:
        """Return the texts, in the order of their numbers."""
        self._known = {key: self._known[key] for key in self._used}
        return [text for _, text in self._known.values()]


def _system_table(system: System) -> dict[str, str]:
    try:
        folder = "" if system.folder is None else str(system.folder.absolute())
        return {"text": systems.to_text(system), "folder": folder}
    except ValueError as error:  # a number with more digits than Python writes
        raise InputError(tr("a system that can be written"), str(error)) from None


def to_text(session: SavedSession, known: Systems, file_of: Callable[[KeptRun], str]) -> str:
    """Return the session as text; ``file_of`` names the file with a kept run's rows.

    Raises
    ------
    InputError
        For a system that cannot be written.
    """
    draft, recipe = _bounded(session.draft, known), session.recipe
    known.begin()

    def numbered(settings: Settings) -> list[list[int]]:
        return [[step, known.number(system)] for step, system in settings]

    table = {
        "format": FORMAT,
        "summary": vars(summary_of(session)),
        "run": {
            "settings": numbered(((0, recipe.system), *recipe.changes)),
            "step": recipe.step,
            "operation": recipe.operation,
            "parameters": recipe.parameters,
            "batch": recipe.batch,
        },
        "picture": dict(recipe.picture),
        "draft": known.number(draft.system),
        "edits": [
            [known.number(edit.old), known.number(edit.new), edit.text, edit.typed]
            for edit in draft.edits
        ],
        "done": draft.done,
        "typed": draft.typed,
        "saved": None if session.saved is None else known.number(session.saved),
        "path": str(session.path or ""),
        "kept": [
            {"settings": numbered(run.settings), "file": file_of(run)} for run in session.kept
        ],
        "panels": dict(session.panels),
    }
    rest = json.dumps(table)
    text = f'{rest[:-1]}, "systems": [{", ".join(known.end())}]}}'
    return f"{_HEAD} {_hash(text)}\n{text}\n"


def summary_of(session: SavedSession) -> Summary:
    """Return what a session holds in numbers."""
    recipe, draft = session.recipe, session.draft
    curves = sum(len(one.get("curves", ())) for one in session.panels.values())
    return Summary(
        name=session.path.name if session.path else draft.system.called,
        changes=draft.done or len(draft.edits),
        step=recipe.step,
        operation=recipe.operation or 0,
        curves=len(session.kept) + curves,
        unfinished=any(one.get("unfinished") for one in session.panels.values()),
    )


def _bounded(draft: Edited, known: Systems) -> Edited:
    """Return the draft without its oldest edits, where their systems are too large together."""
    known.begin()
    letters = [known.letters(edit.new) for edit in draft.edits]
    dropped = 0
    while sum(letters[dropped:]) > MOST_SYSTEM_LETTERS:
        dropped += 1
    return replace(draft, edits=draft.edits[dropped:], done=max(0, draft.done - dropped))


def checked(text: str) -> dict[str, Any]:
    """Return the table of a text that ``to_text`` wrote.

    Raises
    ------
    InputError
        Where the text was cut off or changed, or is from another version of the program.
    """
    head, _, body = text.partition("\n")
    expected = tr("a session of this program")
    if not head.startswith(f"{_HEAD} ") or not body.endswith("\n"):
        raise InputError(expected, tr("another text, or the beginning of one"))
    if head != f"{_HEAD} {_hash(body[:-1])}":
        raise InputError(expected, tr("a damaged one"))
    try:
        table = json.loads(body)
        if table["format"] != FORMAT:
            raise InputError(tr("a session of this version's format"), repr(table["format"]))
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(expected, str(error)) from None
    return dict(table)


def summary_in(table: Mapping[str, Any]) -> Summary:
    """Return the summary in a table; ``InputError`` where there is none."""
    try:
        told = table["summary"]
        numbers = {name: _count(told[name]) for name in ("changes", "step", "operation", "curves")}
        return Summary(name=str(told["name"]), unfinished=bool(told["unfinished"]), **numbers)
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(tr("what the session holds"), str(error)) from None


def from_table(table: Mapping[str, Any], rows_of: Callable[[str], History]) -> SavedSession:
    """Return the session of a table; ``rows_of`` reads a file with rows of a run.

    A run whose rows cannot be read is left out.

    Raises
    ------
    InputError
        Where the table is not what ``to_text`` writes.
    """
    try:
        return _from_table(table, rows_of)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise InputError(tr("a session of this program"), str(error)) from None


def _from_table(table: Mapping[str, Any], rows_of: Callable[[str], History]) -> SavedSession:
    known = [_system(one) for one in table["systems"]]

    def settings(numbered: Any) -> Settings:
        return tuple((_count(step), known[_count(number)]) for step, number in numbered)

    run = table["run"]
    (_, first), *changes = settings(run["settings"])
    operation = None if run["operation"] is None else _count(run["operation"])
    recipe = Recipe(
        first,
        _count(run["step"]),
        operation,
        tuple(changes),
        str(run["parameters"]),
        str(run["batch"]),
        dict(table["picture"]),
    )
    edits = tuple(
        Edit(known[_count(old)], known[_count(new)], str(text), bool(typed))
        for old, new, text, typed in table["edits"]
    )
    system, done = known[_count(table["draft"])], min(_count(table["done"]), len(edits))
    kept = []
    for one in table["kept"]:
        if not _RUN_FILE.fullmatch(one["file"]):
            raise ValueError(one["file"])
        try:
            kept.append(KeptRun(settings(one["settings"]), rows_of(one["file"])))
        except EngineError:
            continue
    return SavedSession(
        recipe,
        Edited(system, edits, done, int(table["typed"])),
        None if table["saved"] is None else known[_count(table["saved"])],
        Path(table["path"]) if table["path"] else None,
        tuple(kept),
        dict(table["panels"]),
    )


def _system(one: Mapping[str, Any]) -> System:
    folder = Path(one["folder"]) if one["folder"] else None
    # Its text is no file in which a person could look up a line.
    return replace(systems.parse_text(one["text"], folder=folder), origin=None)


def _count(number: Any) -> int:
    if type(number) is not int or not 0 <= number <= MOST_STEP:
        raise ValueError(number)
    return number


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8")).hexdigest()
