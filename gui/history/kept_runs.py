"""Ways that training took and left: going back and training on in another way loses nothing.

Training is a function of system, parameters and step. The steps after the one gone back to come
again, bit for bit, as long as the settings are those of then: they stay *in reach*. Where the
settings differ, what was trained before is another way, and kept beside the present one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from engine.messages.frame import Frame
from engine.system.settings_by_step import Settings, same_way
from gui.history.history import History

MOST = 6  # runs that are kept; of more the oldest go


@dataclass(frozen=True, eq=False)
class KeptRun:
    """A way that was left: the settings it was trained by, and its rows from the fork on."""

    settings: Settings
    rows: History

    @property
    def last(self) -> int:
        """Its last step."""
        return self.rows.last_step or 0


class KeptRuns(QObject):
    """The runs that were left; ``changed()`` when there are others than before."""

    changed = Signal()

    def __init__(self, history: History, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs: list[KeptRun] = []
        self._history = history
        self._settings: Settings = ()
        self._step = 0

    def __iter__(self) -> Iterator[KeptRun]:
        return iter(self.runs)

    @property
    def in_reach(self) -> int:
        """The furthest step that comes again just as it was."""
        ahead = (run.last for run in self.runs if self._leads_on(run))
        return max(ahead, default=self._step)

    @property
    def others(self) -> list[KeptRun]:
        """The runs on another way than the present one."""
        return [run for run in self.runs if not self._leads_on(run)]

    @property
    def span(self) -> int:
        """The last step of them all; 0 where there are none."""
        return max((run.last for run in self.runs), default=0)

    def forget(self) -> None:
        """Drop all runs."""
        if self.runs:
            self.runs = []
            self.changed.emit()

    def follow(self, frame: Frame) -> None:
        """Bring the history up to a frame; what the frame goes back behind is kept.

        A reset means to begin anew: nothing is kept.
        """
        rows, before = frame.scalars, list(self.runs)
        # A frame may have gone back and on again: then its rows begin where it went back to.
        back_to = min(frame.step, int(rows.step[0])) if len(rows) else frame.step
        if frame.reset:
            self._history.truncate(-1)
            self.runs = []
        elif (self._history.last_step or 0) > back_to:
            self._keep(self._history.split(back_to))
        self._history.append(rows)
        self._settings, self._step = frame.systems, frame.step
        self.runs = [run for run in self.runs if run.last > frame.step or not self._leads_on(run)]
        if self.runs != before:
            self.changed.emit()

    def begin_run(self) -> None:
        """Another graph stands there: forget all."""
        self._settings, self._step = (), 0
        self.forget()

    def _leads_on(self, run: KeptRun) -> bool:
        return same_way(run.settings, self._settings, min(run.last, self._step))

    def _keep(self, tail: History) -> None:
        """Keep rows that were gone back behind, with what came after them on the same way."""
        last = tail.last_step or 0
        for run in self.runs:
            if run.last >= last and same_way(run.settings, self._settings, last):
                if (run.rows.first_step or 0) > (tail.first_step or 0):
                    tail.extend(run.rows)
                    self.runs[self.runs.index(run)] = KeptRun(run.settings, tail)
                break
        else:
            self.runs.append(KeptRun(self._settings, tail))
        while len(self.runs) > 1 and (
            len(self.runs) > MOST or self._bytes > self._history.max_bytes
        ):
            del self.runs[0]

    @property
    def _bytes(self) -> int:
        return sum(run.rows.nbytes for run in self.runs)
