"""Builds a system on trial, so that errors are shown before any question about unsaved changes."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from engine.recipes.recipe import Recipe
from engine.support.text import tr
from gui.widgets.background_work import BackgroundWork, End
from gui.window.parts import WindowParts


class TrialBuild(QObject):
    """Builds a recipe's system off the GUI thread for ``Files``; a later one replaces it."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(window)
        self._window = window
        self._answers: tuple[Callable[[], None], Callable[[str], None]] | None = None
        self._work = BackgroundWork("trial build", self)
        self._work.ended.connect(self._end)

    def ask(self, recipe: Recipe, good: Callable[[], None], bad: Callable[[str], None]) -> None:
        """Build the system, then call ``good()``, or ``bad(problem)`` where it cannot be built."""
        self._answers = good, bad
        self._work.start(lambda _: build(recipe))
        self._window.note(tr("Looking at {name}…").format(name=recipe.system.name))

    def forget(self) -> None:
        """Cancel the build without calling either function."""
        self._work.forget()

    def _end(self, end: End) -> None:
        assert self._answers is not None
        (good, bad), self._answers = self._answers, None
        self._window.note("")
        if end.error is None and not end.cancelled:
            good()
        elif end.error is not None and not end.crashed:
            bad(str(end.error))


def build(recipe: Recipe) -> None:
    """Build the system and discard it; raises what opening it would raise."""
    from engine.recipes import replay  # imports numpy

    replay.make_trainer(recipe)
