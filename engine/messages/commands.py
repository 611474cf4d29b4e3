"""The commands that the window sends to the training thread: small frozen messages."""

from dataclasses import dataclass
from typing import Any

from engine.messages.topology import Dense
from engine.system.settings_by_step import Settings
from engine.system.system import System


@dataclass(frozen=True)
class Command:
    """Base of all commands."""


@dataclass(frozen=True)
class Open(Command):
    """Build this system and stop before its first operation; increases the generation.

    ``instead``: a waiting ``Open`` that this one replaced; it is done if this one is refused.
    """

    system: System
    instead: "Open | None" = None


@dataclass(frozen=True)
class Run(Command):
    """Train until paused."""


@dataclass(frozen=True)
class Pause(Command):
    """Stop after the current training step; also cancels ``Train``."""


@dataclass(frozen=True)
class Speed(Command):
    """Training steps a second while running; None = as many as the display can show.

    ``full``: training gets all the time, and frames are shown at irregular intervals.
    """

    steps_per_second: float | None = None
    full: bool = False


@dataclass(frozen=True)
class Train(Command):
    """Make ``steps`` updates, or finish ``epochs`` epochs; ``Pause`` cancels it."""

    steps: int = 0
    epochs: int = 0


@dataclass(frozen=True)
class Operate(Command):
    """Do ``count`` operations (forward, then backward, then the update)."""

    count: int = 1


@dataclass(frozen=True)
class TrainTo(Command):
    """Train up to a step as ``Train`` does: with frames on the way, halting at NaN or Inf."""

    step: int


@dataclass(frozen=True)
class Undo(Command):
    """Take one operation back, across updates as well."""


@dataclass(frozen=True)
class Reset(Command):
    """Back to step 0 with the initial parameters and an empty history."""


@dataclass(frozen=True)
class Rewind(Command):
    """Go back (or forward) to the state after ``step`` updates; later history is dropped."""

    step: int


@dataclass(frozen=True)
class Retake(Command):
    """Return to a run that was left: train with these settings up to ``step``.

    ``settings``: (step, the settings in force from that step on), the first at step 0.
    """

    settings: Settings
    step: int


@dataclass(frozen=True)
class Change(Command):
    """Change a live setting by its dotted name, from the next training step on."""

    key: str
    value: Any


@dataclass(frozen=True)
class Retell(Command):
    """Give the running system the name, title and description of this one."""

    system: System


@dataclass(frozen=True)
class SaveParameters(Command):
    """Write the parameters as they are now to an NPZ file, keys by their names."""

    path: str


@dataclass(frozen=True)
class Threads(Command):
    """Use this number of BLAS threads from now on; None only asks for the current number."""

    count: int | None = None


@dataclass(frozen=True)
class Colour(Command):
    """Send this quantity of the nodes with frames (see ``engine.observe.quantities``)."""

    quantity: str


@dataclass(frozen=True)
class Inspect(Command):
    """Send the ``Detail`` of a node or an edge (indices of the topology) with the frames."""

    node: int | None = None
    edge: int | None = None


@dataclass(frozen=True)
class Watch(Command):
    """Send the ``Neurons`` of these layers with frames; an empty tuple ends it.

    ``sample``: whose activations, by its place in the batch; None for their mean.
    """

    generation: int
    layers: tuple[Dense, ...] = ()
    sample: int | None = None


@dataclass(frozen=True)
class ShowOrder(Command):
    """Show gradient nodes up to ``order``: 1 the gradient graph, 2 its derivatives as well.

    Also applies to systems that are opened later.
    """

    order: int


@dataclass(frozen=True)
class Stop(Command):
    """End the thread."""
