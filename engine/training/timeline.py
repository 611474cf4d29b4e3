"""The way that training took: which settings held from which step on, and states to go back to."""

from __future__ import annotations

from typing import TypeAlias

from engine.system.system import System, retold
from engine.training.checkpoints import Checkpoints, State

# The way that training takes: (step, the settings in force from that step on), the first at 0.
Settings: TypeAlias = tuple[tuple[int, System], ...]


def until(settings: Settings, step: int) -> list[tuple[int, System]]:
    """Return the changes of settings up to a step; what changed nothing is left out."""
    found: list[tuple[int, System]] = []
    for since, system in settings:
        if since <= step and (not found or found[-1][1] != system):
            found.append((since, system))
    return found


def same_way(one: Settings, other: Settings, step: int) -> bool:
    """Whether both lead to the same numbers at a step."""
    return until(one, step) == until(other, step)


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
        self.systems: tuple[tuple[int, System], ...] = ((0, system),)
        self.checkpoints = Checkpoints()
        self.checkpoints.add(start)

    def system_at(self, step: int) -> System:
        """Return the settings that were in force at a step."""
        return next(system for since, system in reversed(self.systems) if since <= step)

    def adopt(self, step: int, system: System) -> None:
        """Let settings hold from this step on, whatever came after it before."""
        earlier = tuple((since, old) for since, old in self.systems if since < step)
        self.systems = (*earlier, (step, system))
        self.checkpoints.forget_after(step)

    def retell(self, words: System) -> None:
        """Call the settings of all steps by the name and title of these: numbers stay the same."""
        self.systems = tuple((since, retold(system, words)) for since, system in self.systems)

    def cut(self, step: int) -> None:
        """Forget what came after a step: training takes another way from there."""
        self.systems = tuple((since, system) for since, system in self.systems if since <= step)
        self.checkpoints.forget_after(step)
