"""What can be exported, as the command line and the window see it: formats and their material."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from engine.recipes import embedding
from engine.support.errors import InputError
from engine.support.text import tr
from engine.support.whole_files import staged

if TYPE_CHECKING:  # ``--help`` lists the formats as well, without anything installed
    from engine.export.graph_files import Arrays
    from engine.messages.frame import Frame, Scalars
    from engine.messages.topology import Topology
    from engine.recipes.recipe import Recipe

Kind = Literal["picture", "data", "animation", "plot"]
# Each kind's option, and the entries of a recipe that concern this kind alone.
_OPTIONS = {"picture": "--export", "data": "--export", "animation": "--animate", "plot": "--plot"}
_OWN = {"animation": ("from_step", "to_step", "every", "fps"), "plot": ("plot", "input_scale")}


@dataclass(frozen=True)
class Material:
    """What an export is made of; frozen and plain, so that it can be sent to another process.

    Attributes
    ----------
    recipe:
        What was trained, and how it is drawn (``recipe.picture``).
    frames:
        An animation's frames; the colours are fitted to all of them.
    scalars:
        The recorded scalars of each step, for plots and tables.
    arrays:
        Small arrays for graph files; None: numbers of one-element arrays only.
    extra:
        What one kind needs besides, as the points of a sweep.
    folder:
        Where the file will stand, from which its recipe names the data; set by ``export``.
    kind:
        The kind of export; set by ``export``.
    """

    topology: Topology
    frame: Frame
    recipe: Recipe
    frames: Sequence[Frame] = ()
    scalars: Sequence[Scalars] = ()
    arrays: Arrays | None = None
    extra: Any = None
    folder: Path | None = None
    kind: Kind = "picture"

    def texts(self, name: str, frame: Frame | None = None) -> dict[str, str]:
        """Return the texts to embed in a file of this name: facts, a command, the recipe."""
        from engine.recipes import recipe as recipes

        frame = frame or self.frame
        recipe = self.recipe
        if frame is not self.frame:  # one frame of an animation, which shows a whole pass
            recipe = dataclasses.replace(recipe, step=frame.step, operation=None).drawn(
                lit=-1, trend=None, neurons_updates=None
            )
        words = recipes.facts(recipe, self.topology, frame)
        words["Command"] = recipes.command(_OPTIONS[self.kind], recipe, name)
        return words | {embedding.KEY: recipes.to_text(recipe, self.folder)}


@dataclass(frozen=True)
class Format:
    """One format: ``write(material, path)`` makes the file and returns notes for the user.

    ``suffixes`` are lower case with their dot, the first one the usual; "" stands for a folder.
    ``draws``: it needs Qt. ``pixels``: its size is counted in them.
    """

    name: str
    title: str
    kind: Kind
    suffixes: tuple[str, ...]
    write: Callable[[Material, Path], list[str]]
    draws: bool = True
    pixels: bool = False


def format_for(formats: Sequence[Format], kinds: Sequence[Kind], name: str) -> Format:
    """Return the format of these kinds that a file's suffix names.

    Raises
    ------
    InputError
        Listing the suffixes there are.
    """
    suffix = Path(name).suffix.lower()
    chosen = [one for one in formats if one.kind in kinds]
    for one in chosen:
        if suffix in one.suffixes:
            return one
    known = [s or tr("no suffix: a folder") for one in chosen for s in one.suffixes]
    expected = tr("a file name that ends in {suffixes}").format(suffixes=", ".join(known))
    raise InputError(expected, repr(Path(name).name), file=name)


def export(chosen: Format, material: Material, target: str | Path) -> list[str]:
    """Write a file whole or not at all; return notes for the user.

    Raises
    ------
    InputError
        Where it cannot be drawn or written.
    """
    others = {name: None for kind, names in _OWN.items() if kind != chosen.kind for name in names}
    material = dataclasses.replace(
        material,
        recipe=material.recipe.drawn(**others),
        folder=Path(target).absolute().parent,
        kind=chosen.kind,
    )
    with staged(target) as path:
        return chosen.write(material, path)
