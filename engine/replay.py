"""Training on a recipe's course: to its step, with its live changes, frames kept on the way."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any

from engine.data.npz import read_archive
from engine.errors import InputError
from engine.feed import read_batch
from engine.frame import Frame
from engine.quantities import GRADIENT_NORM
from engine.recipe import Recipe
from engine.text import tr
from engine.trainer import Trainer

MOST_FRAMES = 2000
Ended = Callable[[int], bool]


def make_trainer(recipe: Recipe, parameters: Mapping[str, Any] | None = None) -> Trainer:
    """Return the trainer that a recipe starts with.

    ``parameters`` take the place of those in the recipe's file.

    Raises
    ------
    EngineError
        A system that cannot be built, or a file that does not fit it.
    """
    system = recipe.system
    batch = read_batch(recipe.batch, system) if recipe.batch else None
    if parameters is not None or not recipe.parameters:
        return Trainer(system, parameters=parameters, batch=batch)
    given = read_parameters(recipe.parameters)
    try:
        return Trainer(system, parameters=given, batch=batch)
    except InputError as error:
        if (error.field or "").startswith("parameters."):
            raise error.located(file=recipe.parameters) from None
        raise


def advance(
    trainer: Trainer,
    recipe: Recipe,
    steps: int,
    *,
    kept: Collection[int] = (),
    ended: Ended = lambda step: False,
) -> list[Frame]:
    """Train to ``steps`` with the recipe's changes; return the frames of the ``kept`` steps.

    ``ended(step)`` is asked before each step and hears how far the training is; where it says
    True, that is all. The pass of the last step is whole.
    """
    changes = dict(recipe.changes)
    quantity = quantity_drawn(recipe)
    frames = []
    trainer.finish_pass()
    while True:
        if trainer.step in changes:
            trainer.adopt(changes[trainer.step])
        if trainer.step in kept:
            frames.append(trainer.take_frame(quantity=quantity))
        if trainer.step >= steps or ended(trainer.step):
            return frames
        trainer.train_step()


def quantity_drawn(recipe: Recipe) -> str:
    """Return the name of what a recipe's picture colours the nodes by."""
    return str(recipe.picture.get("colour", GRADIENT_NORM))


def stand_at(trainer: Trainer, operation: int | None) -> None:
    """Take operations of this step's pass back until as many are done as the recipe says."""
    while operation is not None and trainer.cursor > operation:
        trainer.undo()


def chosen_steps(first: int, last: int, every: int) -> range:
    """Return the steps of an animation; InputError where there are too many of them."""
    steps = range(first, last + 1, every)
    if not 0 < len(steps) <= MOST_FRAMES:
        raise InputError(
            tr("from 1 to {most} pictures").format(most=MOST_FRAMES),
            tr("{count} from step {first} to step {last}").format(
                count=len(steps), first=first, last=last
            ),
            field="--every",
        )
    return steps


def read_parameters(path: str) -> dict[str, Any]:
    """Return the arrays of an NPZ file by name, "parameter/NAME" (as dumped) as NAME.

    Raises
    ------
    InputError
        Naming the file and the array: unreadable, or no real numbers.
    """
    arrays: dict[str, Any] = {}
    for key, array in read_archive(Path(path), path).items():
        if array.dtype.kind not in "fiub":
            raise InputError(tr("an array of real numbers"), str(array.dtype), file=path, field=key)
        name = key.removeprefix("parameter/")
        if name != key or "/" not in key:  # a whole dump has values and gradients as well
            if name in arrays:
                raise InputError(tr("each parameter once"), key, file=path, field=name)
            arrays[name] = array
    return arrays
