"""A session as a file, so that a crash or a power cut loses nothing: to JSON and NPZ, and back.

``SavedSession`` is collected on the GUI thread from frozen objects; turning it into bytes and back
is for other threads. A file is read like a stranger's: a bit may have flipped on the disk.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from engine.data.npz import read_archive
from engine.messages.frame import Scalars
from engine.recipes import recipe as recipes
from engine.recipes.recipe import Recipe
from engine.settings.declaration import parse, setting
from engine.support.errors import InputError
from engine.support.figures import whole
from engine.support.reading import read_bytes
from engine.support.text import tr
from engine.system import system as systems
from engine.system.settings_by_step import Settings
from engine.system.system import System
from gui.history.history import History
from gui.history.kept_runs import KeptRun
from gui.session.draft import Edit

FORMAT = 1
MOST_BYTES = 200_000_000
_LAYERED = {"layer_gradient_norm", "layer_weight_norm", "layer_update_ratio"}


@dataclass(frozen=True)
class SavedSession:
    """All that a person would miss.

    Attributes
    ----------
    recipe:
        The running system with its step, live changes, files and view.
    draft:
        The edited system, which may differ from the running one, or not even be built.
    path:
        The file that saving writes to, "" for none.
    edits, done:
        The undo history, and how many of its edits are in force.
    kept:
        The kept curves.
    """

    recipe: Recipe
    draft: System
    path: str = ""
    edits: tuple[Edit, ...] = ()
    done: int = 0
    kept: tuple[KeptRun, ...] = ()

    def words(self) -> str:
        """Return in words what it holds."""
        parts = [
            tr("“{name}”").format(name=self.draft.title or self.draft.called),
            tr("step {step}").format(step=whole(self.recipe.step)),
        ]
        if self.edits:
            parts.append(tr("changes: {count}").format(count=len(self.edits)))
        if self.kept:
            parts.append(tr("kept curves: {count}").format(count=len(self.kept)))
        return " · ".join(parts)


@dataclass(frozen=True)
class _Written:
    """The session's table as it is written."""

    format: int = setting(minimum=FORMAT, maximum=FORMAT)
    recipe: str = setting()
    draft: dict[str, Any] = setting()
    folder: str = setting("")
    path: str = setting("")
    edits: list[dict[str, Any]] = setting([])
    done: int = setting(0, minimum=0)


@dataclass(frozen=True)
class _WrittenEdit:
    words: str = setting()
    old: dict[str, Any] = setting()
    new: dict[str, Any] = setting()
    typed: bool = setting(False)


def to_bytes(saved: SavedSession) -> bytes:
    """Return everything but the kept curves."""
    edits = [
        {
            "words": edit.words,
            "old": systems.to_table(edit.old),
            "new": systems.to_table(edit.new),
            "typed": edit.typed,
        }
        for edit in saved.edits
    ]
    written = {
        "format": FORMAT,
        "recipe": recipes.to_text(saved.recipe),
        "draft": systems.to_table(saved.draft),
        "folder": str(saved.draft.folder or ""),
        "path": saved.path,
        "edits": edits,
        "done": saved.done,
    }
    return json.dumps(written).encode()


def read(path: Path) -> SavedSession:
    """Return the session of a file and of the kept curves beside it.

    Raises
    ------
    InputError
        Where the file is not as it was written.
    """
    try:
        table = json.loads(read_bytes(path, most=MOST_BYTES))
        written = parse(_Written, table if isinstance(table, dict) else {})
    except (ValueError, RecursionError):
        raise InputError(tr("a saved session"), tr("other content"), file=str(path)) from None
    folder = Path(written.folder) if written.folder else None
    edits = tuple(_edit_of(parse(_WrittenEdit, edit), folder) for edit in written.edits)
    kept = path.with_suffix(".kept")
    return SavedSession(
        recipes.parse(written.recipe, str(path), folder),
        systems.from_table(written.draft, folder),
        written.path,
        edits,
        min(written.done, len(edits)),
        tuple(kept_from(kept)) if kept.exists() else (),
    )


def _edit_of(written: _WrittenEdit, folder: Path | None) -> Edit:
    old, new = (systems.from_table(table, folder) for table in (written.old, written.new))
    return Edit(written.words, old, new, written.typed)


# -- kept curves ----------------------------------------------------------------------------------


def kept_to_bytes(runs: tuple[KeptRun, ...]) -> bytes:
    """Return kept curves as an NPZ file: the rows of each, and the settings it was trained with."""
    arrays: dict[str, Any] = {}
    for number, run in enumerate(runs):
        rows = list(run.rows.scalars())
        for field in fields(Scalars):
            parts = [getattr(one, field.name) for one in rows]
            arrays[f"{number}/{field.name}"] = np.concatenate(parts) if parts else np.empty(0)
        settings = [
            {"step": step, "system": systems.to_table(system), "folder": str(system.folder or "")}
            for step, system in run.settings
        ]
        arrays[f"{number}/settings"] = np.frombuffer(json.dumps(settings).encode(), np.uint8)
    stream = io.BytesIO()
    np.savez_compressed(stream, allow_pickle=False, **arrays)
    return stream.getvalue()


def kept_from(path: Path) -> list[KeptRun]:
    """Return the kept curves of a file.

    Raises
    ------
    InputError
        Where the file is not as it was written.
    """
    arrays = read_archive(path, str(path))
    try:
        count = len({name.partition("/")[0] for name in arrays})
        return [_kept(arrays, number) for number in range(count)]
    except (KeyError, ValueError, TypeError, IndexError, RecursionError, AttributeError):
        raise InputError(tr("kept curves"), tr("other content"), file=str(path)) from None


def _kept(arrays: dict[str, Any], number: int) -> KeptRun:
    columns = {field.name: arrays[f"{number}/{field.name}"] for field in fields(Scalars)}
    length, layers = columns["layer_gradient_norm"].shape
    for name, column in columns.items():
        whole_numbers = name in ("step", "epoch")
        if column.shape != ((length, layers) if name in _LAYERED else (length,)):
            raise ValueError(name)
        if column.dtype.kind != ("i" if whole_numbers else "f"):
            raise ValueError(name)
    if length == 0 or (np.diff(columns["step"]) <= 0).any() or columns["step"][0] < 0:
        raise ValueError("step")
    rows = History()
    rows.reset(-1, layers)
    rows.append(Scalars(**columns))
    settings: Settings = tuple(
        (int(one["step"]), systems.from_table(one["system"], Path(one["folder"] or ".")))
        for one in json.loads(arrays[f"{number}/settings"].tobytes())
    )
    return KeptRun(settings, rows)
