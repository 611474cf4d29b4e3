"""What comes up from the training thread, and how an unread frame joins the next."""

import dataclasses
import threading
import time
from dataclasses import dataclass

import numpy as np

from engine.messages.frame import Frame, Scalars
from engine.messages.topology import Topology
from engine.system.system import System
from gui.training.pace import Pace


@dataclass(frozen=True)
class Parcel:
    """Everything that happened since the last parcel.

    ``busy`` names the long work under way, ``progress`` is (done, total) of it once it takes long
    (total 0: not known), ``cancelled`` what was cancelled. ``topology`` and ``system`` are set only
    if they changed. ``refusals`` are errors to show, ``not_built`` the systems whose opening they
    ended, ``crashes`` tracebacks of unexpected exceptions. ``threads`` is the number used by a
    matrix product (0: not known), ``said`` what was done, in words.
    """

    frame: Frame | None = None
    topology: Topology | None = None
    system: System | None = None
    busy: str = ""
    progress: tuple[int, int] | None = None
    cancelled: str = ""
    refusals: tuple[Exception, ...] = ()
    not_built: tuple[System, ...] = ()
    crashes: tuple[str, ...] = ()
    threads: int | None = None
    said: str = ""


class Mailbox:
    """One slot between two threads, guarded by a condition that they share.

    An unread parcel is merged with the next one. ``drawing`` is true from ``take`` to ``release``.
    """

    def __init__(self, condition: threading.Condition) -> None:
        self.pace = Pace()
        self._condition = condition
        self._slot: Parcel | None = None
        self._since = 0.0
        self._released = True
        self._held_until = 0.0

    @property
    def empty(self) -> bool:
        """Whether every parcel was taken."""
        return self._slot is None

    @property
    def drawing(self) -> bool:
        """Whether the window is drawing what it took."""
        return self._slot is None and not self._released

    @property
    def busy(self) -> bool:
        """Whether the window draws, or needs the processor for other work."""
        return self.drawing or self.held_seconds > 0

    def hold(self, seconds: float) -> None:
        """Reserve the processor for the window for some seconds; the training thread may wait."""
        self._held_until = time.monotonic() + seconds

    @property
    def held_seconds(self) -> float:
        """Seconds for which the window still needs the processor, 0 where it does not."""
        return max(0.0, self._held_until - time.monotonic())

    @property
    def unread_seconds(self) -> float:
        """Seconds since the unread parcel was put, 0 where there is none."""
        return 0.0 if self._slot is None else time.monotonic() - self._since

    def put(self, parcel: Parcel) -> None:
        """Add what happened; called on the training thread."""
        with self._condition:
            self._slot = merge(self._slot, parcel)
            self._released = False
            self._since = time.monotonic()

    def take(self) -> Parcel | None:
        """Return what is new, or None; the GUI thread draws it and then calls ``release``."""
        with self._condition:
            parcel, self._slot = self._slot, None
            if parcel is not None:
                self.pace.taken()
            return parcel

    def release(self) -> None:
        """Note that the window has drawn what it took."""
        with self._condition:
            if not self._released:
                self.pace.drawn()
            self._released = True
            self._condition.notify()


def merge(old: Parcel | None, new: Parcel) -> Parcel:
    """Return one parcel with the content of both: the newest state, and all rows and errors."""
    if old is None:
        return new
    frame = new.frame or old.frame
    if old.frame and new.frame and old.frame.generation == new.frame.generation:
        frame = dataclasses.replace(
            new.frame,
            scalars=join(old.frame.scalars, new.frame.scalars, new.frame.step),
            rewound=old.frame.rewound or new.frame.rewound,
            reset=old.frame.reset or new.frame.reset,
            problem=new.frame.problem or old.frame.problem,
        )
    return Parcel(
        frame=frame,
        topology=new.topology or old.topology,
        system=new.system or old.system,
        busy=new.busy,
        progress=new.progress,
        cancelled=new.cancelled or old.cancelled,
        refusals=old.refusals + new.refusals,
        not_built=old.not_built + new.not_built,
        crashes=old.crashes + new.crashes,
        threads=old.threads if new.threads is None else new.threads,
        said=new.said or old.said,
    )


def join(old: Scalars, new: Scalars, step: int) -> Scalars:
    """Append the rows of the new frame to those of the old; the result is at the new ``step``.

    After going back, rows of ``old`` that lie after ``step`` or occur again in ``new`` are dropped.
    """
    limit = min(step, int(new.step[0]) - 1) if len(new) else step
    kept = old.step <= limit
    joined = {}
    for field in dataclasses.fields(Scalars):
        parts = [getattr(old, field.name)[kept], getattr(new, field.name)]
        joined[field.name] = np.concatenate(parts)
        joined[field.name].flags.writeable = False
    return Scalars(**joined)
