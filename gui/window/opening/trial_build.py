"""Reads a file and builds its system on trial, off the GUI thread, before anything is asked.

An error is shown before the question about unsaved changes; what a picture wants to read outside
its folder is asked before it is read.
"""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from engine.recipes.recipe import Recipe
from engine.support.text import tr
from gui.widgets.background_work import BackgroundWork, End
from gui.window.parts import WindowParts


class TrialBuild(QObject):
    """Reads and builds for ``Files``; a later file replaces it."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self._answers: tuple[Callable[[Recipe], None], Callable[[str], None]] | None = None
        self._work = BackgroundWork("trial build", self)
        self._work.ended.connect(self._end)

    def ask(
        self,
        work: Callable[[], Recipe],
        good: Callable[[Recipe], None],
        bad: Callable[[str], None],
        name: str,
    ) -> None:
        """Do the work, then call ``good(recipe)``, or ``bad(problem)`` where it cannot be done."""
        self._answers = good, bad
        self._work.start(lambda _: work())
        self._window.note(tr("Looking at {name}…").format(name=name))

    def forget(self) -> None:
        """Cancel the work without calling either function."""
        self._work.forget()

    def _end(self, end: End) -> None:
        assert self._answers is not None
        (good, bad), self._answers = self._answers, None
        self._window.note("")
        if end.error is None and not end.cancelled:
            good(end.result)
        elif end.error is not None and not end.crashed:
            bad(str(end.error))


def build(recipe: Recipe) -> Recipe:
    """Build the system and discard it; raises what opening it would raise."""
    from engine.recipes import replay  # imports numpy
    from engine.recipes.picture_values import check_against

    trainer = replay.make_trainer(recipe)
    order = int(recipe.picture.get("order", 0))
    if order:
        trainer.show_order(order)
    check_against(recipe.picture, trainer.topology)
    return recipe
