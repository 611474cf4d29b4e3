"""Makes trainers that start where a recipe says: with its files, step and live changes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING

from engine.support.cancellation import checkpoint

if TYPE_CHECKING:
    from engine.recipes.recipe import Recipe
    from engine.system.system import System
    from gui.training.jobs import TrainerLike

MakeTrainer = Callable[["System", int], "TrainerLike"]
REMEMBERED = 16


class Starts:
    """Makes the trainers of one session.

    A system that was opened from a recipe is recognised by identity. Its first trainer is trained
    to the recipe's step; later ones, after a rebuild, start with the same files at step 0. An
    edited system is another object, which starts with its own initial values and data.

    Parameters
    ----------
    make:
        Makes the trainers of all other systems.
    """

    def __init__(self, make: MakeTrainer) -> None:
        self._make = make
        self._known: list[tuple[System, Recipe]] = []
        self._gone: list[System] = []

    def add_recipe(self, recipe: Recipe) -> System:
        """Register a recipe; return the system to open, that in force at the recipe's end."""
        system = dataclasses.replace(recipe.changes[-1][1] if recipe.changes else recipe.system)
        changes = (*recipe.changes[:-1], *((step, system) for step, _ in recipe.changes[-1:]))
        first = recipe.system if changes else system
        recipe = dataclasses.replace(recipe, system=first, changes=changes)
        self._known = [*self._known, (system, recipe)][-REMEMBERED:]
        return system

    def of(self, system: System | None) -> Recipe | None:
        """Return the recipe that a system was opened for, None for any other."""
        return next((recipe for known, recipe in self._known if known is system), None)

    def make(self, system: System, generation: int) -> TrainerLike:
        """Make a trainer; called on the training thread, where long work can be cancelled."""
        recipe = self.of(system)
        if recipe is None or system.is_empty:
            return self._make(system, generation)
        from engine.recipes import replay  # imports numpy, which the window does not need at once

        if any(one is system for one in self._gone):
            again = dataclasses.replace(recipe, system=system, step=0, operation=None, changes=())
            return replay.make_trainer(again, generation=generation)
        if not (recipe.step or recipe.changes or "lit" in recipe.picture):
            # no picture was opened: start at step 0
            return replay.make_trainer(recipe, generation=generation)
        last = recipe.step

        def ended(step: int) -> bool:
            checkpoint(step, last)
            return False

        trainer = replay.make_trainer(recipe, generation=generation)
        replay.follow(trainer, recipe, ended=ended)
        self._gone = [*self._gone, system][-REMEMBERED:]
        return trainer
