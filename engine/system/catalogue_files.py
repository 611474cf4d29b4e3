"""The built-in systems: the TOML files in ``resources/systems``."""

from pathlib import Path

from engine.recipes import embedding
from engine.recipes import recipe as recipes
from engine.recipes.recipe import Recipe
from engine.support.errors import InputError, nearest
from engine.support.text import tr
from engine.system import system as systems
from engine.system.catalogue import FOLDER
from engine.system.catalogue import Entry as Entry
from engine.system.catalogue import entries as entries
from engine.system.system import System


def load(name: str) -> System:
    """Return a built-in system; InputError with the nearest name where there is none."""
    path = FOLDER / f"{name}.toml"
    if name != path.stem or not path.is_file():
        raise InputError(
            tr("a system of the catalogue or a .toml file"),
            repr(name),
            hint=nearest(name, [entry.name for entry in entries()]),
        )
    return systems.load(path)


def is_entry(system: System) -> bool:
    """Return whether this is a system of the catalogue as it stands there."""
    return any(one.name == system.name for one in entries()) and load(system.name) == system


def open_system(name_or_path: str) -> System:
    """Return the system of a catalogue name, of a .toml file, or of a picture made by us."""
    return open_recipe(name_or_path).system


def open_recipe(name_or_path: str) -> Recipe:
    """Return what a picture was made from; of a name or a .toml file, the system at step 0."""
    if name_or_path.lower().endswith(".toml"):
        return Recipe(systems.load(name_or_path))
    if Path(name_or_path).suffix.lower() in embedding.SUFFIXES:
        return recipes.read(name_or_path)
    return Recipe(load(name_or_path))
