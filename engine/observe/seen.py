"""``Seen``: the part of an observer that the functions of this package read.

Quantities, rules, details and status texts take this protocol and not ``Observer``, which imports
them.
"""

from __future__ import annotations

from typing import Protocol

from engine.execution.passes import Pass
from engine.messages.frame import Finding
from engine.messages.topology import Topology
from engine.observe.readiness import Readiness
from engine.system.system import System
from engine.training.setup import Training
from engine.training.step_log import StepLog


class Seen(Protocol):
    """The attributes that are read; ``Trainer`` and ``Observer`` document them."""

    generation: int
    topology: Topology
    readiness: Readiness
    training: Training
    current: Pass
    recorder: StepLog
    step: int
    cursor: int
    first_nonfinite: Finding | None
    nonfinite_since: int | None

    @property
    def system(self) -> System: ...
    @property
    def epoch(self) -> int: ...
    @property
    def complete(self) -> bool: ...
    def objective_and_loss(self) -> tuple[float, float]: ...
