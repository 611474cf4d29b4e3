"""``Recipe``: all that a picture was made from, as one TOML text embedded in its file.

Wherever a system's file can be named, so can a picture, plot or table that this program wrote
(``read``): it gives the system, step and settings, and can be made again.
"""

from __future__ import annotations

import dataclasses
import os
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.recipes import embedding
from engine.support.about import PROGRAM, program_version
from engine.support.errors import InputError
from engine.support.text import tr
from engine.system import system as systems
from engine.system.catalogue import load
from engine.system.system import System

FORMAT = 1
_FILES = ("parameters", "batch")


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
    """

    system: System
    step: int = 0
    operation: int | None = None
    changes: tuple[tuple[int, System], ...] = ()
    parameters: str = ""
    batch: str = ""
    picture: Mapping[str, Any] = field(default_factory=dict)

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
    return tomli_w.dumps({k: v for k, v in text.items() if v != []}, multiline_strings=True)


def parse(text: str, file: str = "", folder: Path | None = None) -> Recipe:
    """Return the recipe that ``to_text`` wrote.

    Raises
    ------
    InputError
        Where it is from a later version of the program, or no recipe.
    """
    try:
        table = tomllib.loads(text)
        if table.get("format") != FORMAT:
            raise InputError(
                tr("a picture of this version's format"), repr(table.get("format")), file=file
            )
        changes = tuple(
            (int(one["step"]), systems.from_table(one["system"], folder))
            for one in table.get("changes", [])
        )
        files = {
            name: str((folder or Path()) / table[name]) if table.get(name) else ""
            for name in _FILES
        }
        return Recipe(
            systems.from_table(table["system"], folder),
            int(table["step"]),
            table.get("operation"),
            changes,
            picture=dict(table.get("picture", {})),
            **files,
        )
    except InputError as error:
        raise error.located(file=file or None) from None
    except (tomllib.TOMLDecodeError, KeyError, TypeError, ValueError) as error:
        raise InputError(tr("the recipe of a picture"), str(error), file=file) from None


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
    return parse(text, str(path), path.absolute().parent)


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
