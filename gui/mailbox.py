"""What comes up from the training thread, and how an unread one is merged with the next."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from engine.frame import Frame, Scalars, Topology
from engine.system import System


@dataclass(frozen=True)
class Parcel:
    """All that happened since the last parcel.

    ``topology`` and ``system`` are there only when they changed; ``refusals`` are the errors meant
    for the user, ``not_built`` the systems whose opening they ended, ``crashes`` the tracebacks of
    what should never happen.
    """

    frame: Frame | None = None
    topology: Topology | None = None
    system: System | None = None
    busy: str = ""
    refusals: tuple[Exception, ...] = ()
    not_built: tuple[System, ...] = ()
    crashes: tuple[str, ...] = ()


def merge(old: Parcel | None, new: Parcel) -> Parcel:
    """Return one parcel that says what both say: the newest state, and every row and error."""
    if old is None:
        return new
    frame = new.frame or old.frame
    if old.frame and new.frame and old.frame.generation == new.frame.generation:
        frame = dataclasses.replace(
            new.frame,
            scalars=join(old.frame.scalars, new.frame.scalars, new.frame.step),
            rewound=old.frame.rewound or new.frame.rewound,
            problem=new.frame.problem or old.frame.problem,
        )
    return Parcel(
        frame=frame,
        topology=new.topology or old.topology,
        system=new.system or old.system,
        busy=new.busy,
        refusals=old.refusals + new.refusals,
        not_built=old.not_built + new.not_built,
        crashes=old.crashes + new.crashes,
    )


def join(old: Scalars, new: Scalars, step: int) -> Scalars:
    """Put the rows of two frames behind each other, the second one standing at ``step``.

    After going back, rows of ``old`` lie ahead of ``step`` or come again in ``new``: those go.
    """
    limit = min(step, int(new.step[0]) - 1) if len(new) else step
    kept = old.step <= limit
    joined = {}
    for field in dataclasses.fields(Scalars):
        parts = [getattr(old, field.name)[kept], getattr(new, field.name)]
        joined[field.name] = np.concatenate(parts)
        joined[field.name].flags.writeable = False
    return Scalars(**joined)
