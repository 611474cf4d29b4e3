"""``Recipe``: all that a picture was made from, as one TOML text embedded in its file.

Wherever a system's file can be named, so can a picture, plot or table that this program wrote
(``read``): it gives the system, step and settings, and can be made again.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.recipes import embedding
from engine.recipes.outside_files import made_here, outside, signed
from engine.recipes.picture_values import check_values
from engine.settings import declaration
from engine.settings.declaration import setting
from engine.settings.toml_text import parse_toml
from engine.support.about import PROGRAM, program_version
from engine.support.errors import InputError
from engine.support.text import quote, tr
from engine.system import system as systems
from engine.system.catalogue import load
from engine.system.system import System

FORMAT = 1
MOST_STEPS = 10**12
_FILES = ("parameters", "batch")


@dataclass(frozen=True)
class _Change:
    """A live change as it is written in a recipe."""

    step: int = setting(minimum=0, maximum=MOST_STEPS)
    system: dict[str, Any] = setting()


@dataclass(frozen=True)
class _Written:
    """A recipe as it is written, its fields checked as those of a system file."""

    format: int = setting()
    system: dict[str, Any] = setting()
    step: int = setting(minimum=0, maximum=MOST_STEPS)
    version: str = setting("")
    operation: int | None = setting(None, minimum=0)
    parameters: str = setting("")
    batch: str = setting("")
    picture: dict[str, Any] = setting({})
    changes: list[dict[str, Any]] = setting([])


@dataclass(frozen=True)
class Recipe:
    """What to train, how far, and how to draw it.

    Attributes
    ----------
    system:
        The settings at step 0.
    step, operation:
        Updates made, and operations done of that step's pass (None: the whole pass).
    changes:
        Live changes: (step, the settings in force from that step on).
    parameters, batch:
        The NPZ files of ``--params`` and ``--batch``, "" for none.
    picture:
        How it is drawn: plain values under the names of the command line's options.
    outside:
        The files that it reads outside the folder of the picture it came in, where that picture
        was not made here: a person is asked before they are read.
    """

    system: System
    step: int = 0
    operation: int | None = None
    changes: tuple[tuple[int, System], ...] = ()
    parameters: str = ""
    batch: str = ""
    picture: Mapping[str, Any] = field(default_factory=dict)
    outside: tuple[str, ...] = ()

    def mapped(self, change: Callable[[System], System]) -> Recipe:
        """Return the recipe with ``change`` applied to each of its systems."""
        changes = tuple((step, change(system)) for step, system in self.changes)
        return dataclasses.replace(self, system=change(self.system), changes=changes)

    def drawn(self, **picture: Any) -> Recipe:
        """Return the recipe with these entries of ``picture`` as well; None removes one."""
        merged = {k: v for k, v in {**self.picture, **picture}.items() if v is not None}
        return dataclasses.replace(self, picture=merged)


def of_frame(topology: Topology, frame: Frame, **picture: Any) -> Recipe:
    """Return the recipe of what a frame shows; the frame must have its ``systems``."""
    (_, first), *changes = frame.systems
    whole = frame.cursor >= len(topology.operations) - 1
    operation = None if whole else frame.cursor
    recipe = Recipe(first, frame.step, operation, tuple(changes))
    order = topology.order or None
    return recipe.drawn(lit=-1 if frame.lit is None else frame.lit, order=order, **picture)


def to_text(recipe: Recipe, folder: Path | None = None) -> str:
    """Return the recipe as TOML; data files are named relative to ``folder``."""
    import tomli_w

    def table(system: System) -> dict[str, Any]:
        return systems.to_table(system if folder is None else systems.moved(system, folder))

    text: dict[str, Any] = {"format": FORMAT, "version": program_version(), "step": recipe.step}
    if recipe.operation is not None:
        text["operation"] = recipe.operation
    for name in _FILES:
        if getattr(recipe, name):
            text[name] = _seen_from(folder, getattr(recipe, name))
    text["picture"] = dict(recipe.picture)
    text["system"] = table(recipe.system)
    text["changes"] = [{"step": step, "system": table(new)} for step, new in recipe.changes]
    written = tomli_w.dumps({k: v for k, v in text.items() if v != []}, multiline_strings=True)
    return signed(written) if folder is not None and _outside(recipe, folder) else written


def _outside(recipe: Recipe, folder: Path) -> tuple[str, ...]:
    """Return the files outside a folder that a recipe reads; data are relative to their own."""
    every = [recipe.system, *(system for _, system in recipe.changes)]
    return outside(every, [recipe.parameters, recipe.batch], folder)


def parse(text: str, file: str = "", folder: Path | None = None) -> Recipe:
    """Return the recipe that ``to_text`` wrote.

    Raises
    ------
    InputError
        Where it is from a later version of the program, or no recipe.
    """
    table = parse_toml(text, file)
    try:
        if table.get("format") != FORMAT:
            raise InputError(
                tr("a picture of this version's format"), quote(table.get("format")), field="format"
            )
        return _recipe_of(declaration.parse(_Written, table), folder)
    except InputError as error:
        raise error.located(file=file or None) from None


def _recipe_of(written: _Written, folder: Path | None) -> Recipe:
    changes: list[tuple[int, System]] = []
    for number, entry in enumerate(written.changes):
        where = f"changes.{number}"
        change = declaration.parse(_Change, entry, where)
        if changes and change.step <= changes[-1][0]:
            expected = tr("a later step than the one before")
            raise InputError(expected, str(change.step), field=f"{where}.step")
        changes.append((change.step, _system_of(change.system, folder, f"{where}.system")))
    files = {name: getattr(written, name) for name in _FILES}
    found = {name: str((folder or Path()) / file) if file else "" for name, file in files.items()}
    return Recipe(
        _system_of(written.system, folder, "system"),
        written.step,
        written.operation,
        tuple(changes),
        found["parameters"],
        found["batch"],
        check_values(written.picture),
    )


def _system_of(table: Mapping[str, Any], folder: Path | None, where: str) -> System:
    try:
        return systems.from_table(table, folder)
    except InputError as error:
        raise error.under(where) from None


def read(path: str | Path) -> Recipe:
    """Return the recipe embedded in a picture, plot, table or graph file.

    Raises
    ------
    InputError
        Where the file cannot be read, or was not made by this program.
    """
    path = Path(path)
    text = embedding.read(path)
    if text is None:
        expected = tr("a file exported by {program}").format(program=PROGRAM)
        raise InputError(expected, tr("no recipe in it"), file=str(path))
    folder = path.absolute().parent
    recipe = parse(text, str(path), folder)
    elsewhere = () if made_here(text) else _outside(recipe, folder)
    return dataclasses.replace(recipe, outside=elsewhere)


def facts(recipe: Recipe, topology: Topology, frame: Frame | None) -> dict[str, str]:
    """Return the metadata of a file, one short text under each name (System, Step, …)."""
    found = {
        "Title": recipe.system.title or recipe.system.called,
        "Software": PROGRAM,
        "Version": program_version(),
        "System": recipe.system.called,
        "Seed": str(topology.seed),
        "Dtype": topology.dtype,
        "Step": str(recipe.step),
    }
    if frame is not None:
        found |= {
            "Epoch": str(frame.epoch),
            "Operation": str(frame.cursor),
            "Objective": repr(float(frame.objective)),
            "Loss": repr(float(frame.loss)),
        }
    return found


def command(option: str, recipe: Recipe, name: str) -> str:
    """Return the command line that makes a file again from its own recipe."""
    path = Path(name)
    again = path.with_name(f"{path.stem}-again{path.suffix}").name
    if "plot" in recipe.picture:
        again = f"{recipe.picture['plot']}={again}"
    verb = "sweep" if "input_scale" in recipe.picture else "run"
    shown = [f'"{word}"' if " " in word else word for word in (path.name, again)]
    return f"python3 main.py {verb} {shown[0]} {option} {shown[1]}"


def _seen_from(folder: Path | None, file: str) -> str:
    if folder is None:
        return file
    try:
        return Path(os.path.relpath(file, folder)).as_posix()
    except ValueError:  # another drive
        return str(Path(file).absolute())


def open_system(name_or_path: str) -> System:
    """Return the system of a catalogue name, of a .toml file, or of a picture of this program."""
    return open_recipe(name_or_path).system


def open_recipe(name_or_path: str) -> Recipe:
    """Return the recipe of a picture; for a name or a .toml file, that of its system at step 0."""
    if name_or_path.lower().endswith(".toml"):
        return Recipe(systems.load(name_or_path))
    if Path(name_or_path).suffix.lower() in embedding.SUFFIXES:
        return read(name_or_path)
    return Recipe(load(name_or_path))
