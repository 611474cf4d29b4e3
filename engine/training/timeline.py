"""``Timeline``: the settings in force at each step, and checkpoints to go back to."""

from __future__ import annotations

from dataclasses import dataclass

from engine.support.arrays import Array
from engine.system.settings_by_step import Settings
from engine.system.system import System, retold

MOST_STATES = 256
STATE_SPACING = 64


@dataclass(frozen=True)
class State:
    """All that a step's pass depends on besides the system: parameters, optimiser, averages."""

    step: int
    theta: Array
    optimizer: dict[str, Array]
    statistics: dict[str, Array]
    update_ratio: Array

    @property
    def bytes(self) -> int:
        """Its memory in bytes."""
        others = (*self.optimizer.values(), *self.statistics.values())
        return self.theta.nbytes + sum(array.nbytes for array in others)


class Checkpoints:
    """States at evenly spaced steps, the first always among them.

    Parameters
    ----------
    limit:
        Bytes the states may take together (at least four are kept whatever they take).
    """

    def __init__(self, limit: int = 64 * 2**20) -> None:
        self.limit = limit
        self.spacing = STATE_SPACING
        self._states: dict[int, State] = {}

    def wants(self, step: int) -> bool:
        """Whether a checkpoint is due at this step."""
        return step % self.spacing == 0 and step not in self._states

    def add_state(self, state: State) -> None:
        """Keep a state; beyond the limit every second one is dropped."""
        self._states[state.step] = state
        most = max(4, min(MOST_STATES, self.limit // max(1, state.bytes)))
        while len(self._states) > most:
            self.spacing *= 2
            self._states = {k: s for k, s in self._states.items() if k % self.spacing == 0}

    @property
    def bytes(self) -> int:
        """The memory of all states in bytes."""
        return sum(state.bytes for state in self._states.values())

    def before(self, step: int) -> State:
        """Return the latest state at or before a step."""
        return self._states[max(k for k in self._states if k <= step)]

    def forget_after(self, step: int) -> None:
        """Drop the states after a step, from which training goes on differently."""
        self._states = {k: s for k, s in self._states.items() if k <= step}


class Timeline:
    """Settings by the step from which they hold, and checkpoints.

    Attributes
    ----------
    systems:
        (step, the settings in force from that step on), the first at step 0.
    checkpoints:
        The states kept.
    """

    def __init__(self, system: System, start: State) -> None:
        self.systems: Settings = ((0, system),)
        self.checkpoints = Checkpoints()
        self.checkpoints.add_state(start)

    def system_at(self, step: int) -> System:
        """Return the settings that were in force at a step."""
        return next(system for since, system in reversed(self.systems) if since <= step)

    def adopt(self, step: int, system: System) -> None:
        """Set the settings in force from this step on; later entries and states are dropped."""
        earlier = tuple((since, old) for since, old in self.systems if since < step)
        self.systems = (*earlier, (step, system))
        self.checkpoints.forget_after(step)

    def retell(self, words: System) -> None:
        """Give the settings of all steps the name and title of these; nothing else changes."""
        self.systems = tuple((since, retold(system, words)) for since, system in self.systems)

    def cut(self, step: int) -> None:
        """Drop settings and states after a step, from which training goes on differently."""
        self.systems = tuple((since, system) for since, system in self.systems if since <= step)
        self.checkpoints.forget_after(step)
