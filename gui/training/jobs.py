"""The interface of the trainer that the training thread works with, and its jobs."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from engine.messages.commands import (
    Change,
    Colour,
    Command,
    Inspect,
    Open,
    Rewind,
    ShowOrder,
    Speed,
    Watch,
)
from engine.messages.frame import Frame
from engine.messages.topology import Topology
from engine.support.arrays import Array
from engine.system.settings_by_step import Settings
from engine.system.system import System


class TrainerLike(Protocol):
    """What the worker needs of ``engine.observe.observer.Observer``; the tests put a fake in its
    place."""

    @property
    def topology(self) -> Topology: ...
    @property
    def system(self) -> System: ...
    @property
    def step(self) -> int: ...
    @property
    def nonfinite_since(self) -> int | None: ...
    @property
    def parameters(self) -> Mapping[str, Array]: ...
    def finish_pass(self) -> None: ...
    def retake(self, settings: Settings, step: int) -> None: ...
    def operate(self) -> None: ...
    def undo(self) -> None: ...
    def train_step(self) -> None: ...
    def reset(self) -> None: ...
    def rewind(self, step: int) -> None: ...
    def retell(self, words: System) -> None: ...
    def change(self, key: str, value: Any) -> None: ...
    def inspect(self, node: int | None, edge: int | None) -> None: ...
    def look_at(self, quantity: str) -> None: ...
    def watch(self, watch: Watch | None) -> None: ...
    def show_order(self, order: int) -> None: ...
    def take_frame(
        self,
        *,
        running: bool,
        busy: str,
        progress: tuple[int, int] | None,
        problem: str,
        quantity: str,
    ) -> Frame: ...


@dataclass
class Job:
    """Training that goes on until paused (``total`` 0) or for a number of steps."""

    total: int = 0
    done: int = 0


def supersedes(new: Command, last: Command) -> bool:
    """Whether ``last`` is pointless once ``new`` is queued."""
    if isinstance(new, Change) and isinstance(last, Change):
        return new.key == last.key
    newest = Open | Rewind | Inspect | Speed | Colour | ShowOrder | Watch
    return type(new) is type(last) and isinstance(new, newest)


def replacing(new: Command, last: Command) -> Command:
    """Return the command that replaces ``last``; an opening keeps those that it replaced."""
    if isinstance(new, Open) and isinstance(last, Open):
        return dataclasses.replace(new, instead=last)
    return new


def systems_of(opening: Open | None) -> tuple[System, ...]:
    """Return the systems of an opening and of those it replaced, oldest first."""
    if opening is None:
        return ()
    return (*systems_of(opening.instead), opening.system)
