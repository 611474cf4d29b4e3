"""Kept runs: the rows of rewound steps, so that training with other settings loses nothing.

Training is a function of system, parameters and step. After a rewind the same steps come again,
bit for bit, as long as the settings are the same: they stay *in reach*. Where the settings differ,
the earlier steps are a kept run, which plots draw beside the present one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from engine.messages.frame import Frame
from engine.system.settings_by_step import Settings, same_way
from gui.history.history import History

MOST = 6  # kept runs; beyond that the oldest is dropped


@dataclass(frozen=True, eq=False)
class KeptRun:
    """A kept run: the settings it was trained with, and its rows from the fork on."""

    settings: Settings
    rows: History

    @property
    def last(self) -> int:
        """Its last step."""
        return self.rows.last_step or 0


class KeptRuns(QObject):
    """The kept runs of a session; ``changed()`` is emitted when the list changes."""

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
        """The furthest step that was trained before with the present settings."""
        ahead = (run.last for run in self.runs if self._leads_on(run))
        return max(ahead, default=self._step)

    @property
    def others(self) -> list[KeptRun]:
        """The kept runs whose settings differ from those of the present run."""
        return [run for run in self.runs if not self._leads_on(run)]

    @property
    def span(self) -> int:
        """The last step of all kept runs; 0 without any."""
        return max((run.last for run in self.runs), default=0)

    def take_back(self, runs: Iterable[KeptRun], layers: int) -> None:
        """Keep the runs of a saved session; those of a graph with other layers are dropped."""
        self.runs = [run for run in runs if run.rows.layers == layers][-MOST:]
        self.changed.emit()

    def forget(self) -> None:
        """Drop all runs."""
        if self.runs:
            self.runs = []
            self.changed.emit()

    def follow(self, frame: Frame) -> None:
        """Bring the history up to a frame; rows after the step that it went back to are kept.

        A reset starts over: nothing is kept.
        """
        rows, before = frame.scalars, list(self.runs)
        # Between two frames training may go back and on: the rows then begin where it went back to.
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
        """Drop all runs, because the graph is another one."""
        self._settings, self._step = (), 0
        self.forget()

    def _leads_on(self, run: KeptRun) -> bool:
        return same_way(run.settings, self._settings, min(run.last, self._step))

    def _keep(self, tail: History) -> None:
        """Keep rewound rows, joined with kept rows that follow them with the same settings."""
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
