"""Building what is to be opened, on trial: what can't be opened is told before any question."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

from PySide6.QtCore import QObject, QTimer

from engine.recipes.recipe import Recipe
from engine.support.errors import EngineError
from engine.support.text import tr
from gui.window.parts import WindowParts

POLL_MS = 30


class TrialBuild(QObject):
    """Builds a recipe's system off the GUI thread; then calls one of the two.

    ``good()``, or ``bad(problem)`` where it cannot be built. A later one takes its place.
    """

    def __init__(
        self,
        window: WindowParts,
        recipe: Recipe,
        good: Callable[[], None],
        bad: Callable[[str], None],
    ) -> None:
        super().__init__(window)
        self._window, self._good, self._bad = window, good, bad
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="looking")
        self._trial: Future[Any] = self._pool.submit(build, recipe)
        self._timer = QTimer(self)
        self._timer.setInterval(POLL_MS)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        window.note(tr("Looking at {name}…").format(name=recipe.system.name))

    def give_up(self) -> None:
        """Forget it."""
        self._timer.stop()
        self._pool.shutdown(wait=False, cancel_futures=True)
        self.deleteLater()

    def _look(self) -> None:
        if not self._trial.done():
            return
        self.give_up()
        self._window.note("")
        try:
            self._trial.result()
        except (EngineError, OSError) as error:
            self._bad(str(error))
        else:
            self._good()


def build(recipe: Recipe) -> None:
    """Raise what opening it would raise."""
    from engine.recipes import replay  # numpy's time, not before it is needed

    replay.make_trainer(recipe)
