"""Trains as a recipe says: to its step, with its live changes; returns frames on the way.

The command line and the window's ``Starts`` replay recipes with it.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Collection
from typing import Any

from engine.messages.frame import Frame
from engine.observe.observer import Observer
from engine.observe.quantities import GRADIENT_NORM
from engine.recipes.emphasis import watch_of
from engine.recipes.recipe import Recipe
from engine.support.cancellation import checkpoint
from engine.support.errors import InputError
from engine.support.text import tr
from engine.training.feed import read_batch
from engine.training.parameter_files import blamed, read_parameters

MOST_FRAMES = 2000
Ended = Callable[[int], bool]


def make_trainer(recipe: Recipe, generation: int = 0) -> Observer:
    """Return a new trainer at step 0 of a recipe; ``generation`` is its number in the session.

    Raises
    ------
    EngineError
        A system that cannot be built, or a file that does not fit it.
    """
    system = recipe.system
    batch = read_batch(recipe.batch, system) if recipe.batch else None
    if not recipe.parameters:
        return Observer(system, generation, batch=batch)
    given = read_parameters(recipe.parameters)
    try:
        return Observer(system, generation, parameters=given, batch=batch)
    except InputError as error:
        raise blamed(error, given, recipe.parameters) from None


def advance(
    trainer: Observer,
    recipe: Recipe,
    steps: int,
    *,
    kept: Collection[int] = (),
    ended: Ended = lambda step: False,
    frames: list[Frame] | None = None,
) -> list[Frame]:
    """Train to step ``steps`` with the recipe's changes; return the frames of the ``kept`` steps.

    They are appended to ``frames`` as they come, where that is given.

    ``ended(step)`` is called before each step and ends the training by returning True. The pass
    of the last step is complete.
    """
    changes = dict(recipe.changes)
    frames = [] if frames is None else frames
    trainer.finish_pass()
    while True:
        if trainer.step in changes:
            trainer.adopt(changes[trainer.step])
        if trainer.step in kept:
            frames.append(frame_of(trainer, recipe))
        if trainer.step >= steps or ended(trainer.step):
            return frames
        checkpoint(trainer.step, steps)
        trainer.train_step()


def follow(trainer: Observer, recipe: Recipe, *, ended: Ended = lambda step: False) -> None:
    """Train a new trainer to the step and operation of the recipe's picture."""
    step, operation = recipe.step, recipe.operation
    if operation is None:
        advance(trainer, recipe, step, ended=ended)
        return
    if step:
        advance(trainer, recipe, step - 1, ended=ended)
        trainer.operate()  # the update that leads to the step
    changes = dict(recipe.changes)
    if step in changes:
        trainer.adopt(changes[step])
    last = len(trainer.topology.operations) - 1
    if operation > last:
        raise InputError(
            tr("an operation from 0 to {last}").format(last=last), str(operation), field="operation"
        )
    while trainer.cursor < operation:
        checkpoint(trainer.cursor, operation)
        trainer.operate()


def frame_of(trainer: Observer, recipe: Recipe, *, own: bool = False) -> Frame:
    """Return the trainer's frame with the numbers that the recipe's picture shows.

    ``own``: the trainer is at the picture's own step, so the frame shows what that picture did.
    """
    picture = recipe.picture
    trainer.watch(watch_of(trainer.topology, picture))
    frame = trainer.take_frame(quantity=quantity_drawn(recipe))
    if own and "lit" in picture:
        lit = int(picture["lit"])
        frame = dataclasses.replace(frame, lit=None if lit < 0 else lit)
    if own and not picture.get("neurons_updates", True):
        nothing: Any = {"update": None, "bias_update": None}
        neurons = tuple(dataclasses.replace(one, **nothing) for one in frame.neurons)
        frame = dataclasses.replace(frame, neurons=neurons)
    return frame


def quantity_drawn(recipe: Recipe) -> str:
    """Return the name of the quantity that colours the nodes of a recipe's picture."""
    return str(recipe.picture.get("colour", GRADIENT_NORM))


def stand_at(trainer: Observer, operation: int | None) -> None:
    """Undo operations of this step's pass until only ``operation`` are done; None undoes none."""
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
