"""Which settings held from which step on: what commands carry and a timeline is asked about."""

from typing import TypeAlias

from engine.system.system import System

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
