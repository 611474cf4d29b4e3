"""The settings in force at each step of a training, which live changes make several.

Timelines, frames, ``Retake`` and the kept runs of the window have them.
"""

from typing import TypeAlias

from engine.system.system import System

# (step, the settings in force from that step on), ascending, the first at step 0.
Settings: TypeAlias = tuple[tuple[int, System], ...]


def until(settings: Settings, step: int) -> list[tuple[int, System]]:
    """Return the entries up to a step, without those that change nothing."""
    found: list[tuple[int, System]] = []
    for since, system in settings:
        if since <= step and (not found or found[-1][1] != system):
            found.append((since, system))
    return found


def same_way(one: Settings, other: Settings, step: int) -> bool:
    """Whether training by both gives the same numbers at a step."""
    return until(one, step) == until(other, step)
