"""The menu Train ▸ Runs left behind: return to one of them, or forget all."""

from __future__ import annotations

from functools import partial

from PySide6.QtWidgets import QMenu

from engine.support.figures import figure, whole
from engine.support.text import tr
from engine.system.setting_words import words_of
from gui.history.kept_runs import KeptRun
from gui.session.draft import differences
from gui.window.parts import WindowParts


class KeptMenu(QMenu):
    """Lists the runs that were left, each with its differences from the present run."""

    def __init__(self, window: WindowParts) -> None:
        super().__init__(tr("Runs &left behind"), window)
        self._session = window.session
        self.setToolTipsVisible(True)
        self._session.kept_runs.changed.connect(self._offer)
        self.aboutToShow.connect(self._fill)
        self._offer()

    def _offer(self) -> None:
        self.menuAction().setEnabled(bool(self._session.kept_runs.runs))

    def _fill(self) -> None:
        self.clear()
        for run in self._session.kept_runs:
            action = self.addAction(self.words(run))
            action.setToolTip(tr("Go to the last step of this run; the present one is kept"))
            action.triggered.connect(partial(self._retake, run))
        self.addSeparator()
        forget = self.addAction(tr("&Forget them"))
        forget.triggered.connect(lambda _=False: self._session.kept_runs.forget())

    def _retake(self, run: KeptRun, _checked: bool = False) -> None:
        self._session.retake(run)

    def words(self, run: KeptRun) -> str:
        """Return a run's entry: "To step 100: learning rate of the optimizer 0.5"."""
        system = self._session.system
        found = differences(system, run.settings[-1][1]) if system and run.settings else ()
        apart = [f"{words_of(d.key, system)} {_value(d.new)}" for d in found]
        text = tr("To step {step}").format(step=whole(run.last))
        return f"{text}: {', '.join(apart)}" if apart else text


def _value(value: object) -> str:
    return figure(value) if isinstance(value, float) else str(value)
