"""The norms of ∂J/∂h_t over the time steps of a recurrent layer: now, at earlier steps, and kept.

The data of ``TimeView``; without Qt.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from engine.messages.frame import Frame
from engine.messages.state_paths import StatePath, state_paths
from engine.messages.topology import Topology
from engine.support.arrays import Floats

MOST_PAST = 6


@dataclass(frozen=True, eq=False)
class TimeCurve:
    """Gradient norms over the time steps of one state, at one training step of one system.

    ``norms[k]`` belongs to time step ``times[k]``; both are (time steps,). NaN: not computed.
    """

    system: str
    path: StatePath
    step: int
    norms: Floats

    @property
    def times(self) -> Floats:
        return np.array(self.path.times, float)

    @property
    def factor(self) -> float | None:
        """The factor by which the norm changes per step back in time."""
        return factor_per_step_back(self.times, self.norms)


def plain_curve(curve: TimeCurve) -> dict[str, Any]:
    """Return a curve as plain values, which ``curve_of`` reads; None for a norm not computed."""
    norms = [None if math.isnan(norm) else norm for norm in curve.norms.tolist()]
    return {**asdict(curve), "norms": norms}


def curve_of(plain: dict[str, Any]) -> TimeCurve:
    """Return the curve; KeyError, TypeError or ValueError where it is none."""
    path = plain["path"]
    times, nodes = ([int(number) for number in path[name]] for name in ("times", "nodes"))
    norms = np.array([np.nan if norm is None else float(norm) for norm in plain["norms"]])
    if not len(norms) == len(times) == len(nodes):
        raise ValueError(norms.shape)
    path = StatePath(str(path["layer"]), str(path["letter"]), tuple(times), tuple(nodes))
    return TimeCurve(str(plain["system"]), path, int(plain["step"]), norms)


def factor_per_step_back(times: Floats, norms: Floats) -> float | None:
    """10^(−slope) of the least-squares line through log₁₀ of the norms; None without two points.

    Zeros and non-finite norms have no logarithm and are left out.

    >>> factor_per_step_back(np.array([1.0, 2.0, 3.0]), np.array([0.25, 0.5, 1.0]))
    0.5
    """
    drawn = np.isfinite(norms) & (norms > 0)
    if np.count_nonzero(drawn) < 2:
        return None
    x, y = times[drawn], np.log10(norms[drawn])
    x = x - x.mean()
    return float(10.0 ** -(x @ (y - y.mean()) / (x @ x)))


@dataclass
class TimeNorms:
    """The curves of the present frame, of earlier frames, and the kept ones."""

    paths: tuple[StatePath, ...] = ()
    system: str = ""
    symbol: str = "J"
    now: tuple[TimeCurve, ...] = ()
    first: tuple[TimeCurve, ...] = ()
    past: list[tuple[TimeCurve, ...]] = field(default_factory=list)
    kept: list[TimeCurve] = field(default_factory=list)
    whole: tuple[TimeCurve, ...] = ()

    def start_system(self, topology: Topology) -> None:
        """Begin with another system's graph; kept curves remain."""
        self.paths = state_paths(topology)
        self.system, self.symbol = topology.system, topology.objective
        self.now = self.first = self.whole = ()
        self.past.clear()

    def take_frame(self, frame: Frame) -> None:
        """Read the norms from a frame; the previous step's curves are added to the past."""
        self.now = tuple(
            TimeCurve(self.system, path, frame.step, frame.gradient_norm[list(path.nodes)])
            for path in self.paths
        )
        self._forget_from(frame.step)
        ready = all(frame.gradient_ready[list(path.nodes)].all() for path in self.paths)
        if not self.paths or not ready:
            return
        if self.whole and self.whole[0].step < frame.step:
            self.past = [*self.past, self.whole][-MOST_PAST:]
        self.whole = self.now
        if not self.first:
            self.first = self.now

    def _forget_from(self, step: int) -> None:
        """Remove this step and later ones from the past, as after going back."""
        self.past = [curves for curves in self.past if curves[0].step < step]
        if self.whole and self.whole[0].step > step:
            self.whole = self.past.pop() if self.past else ()
        if self.first and self.first[0].step > step:
            self.first = ()

    @property
    def before(self) -> list[tuple[TimeCurve, ...]]:
        """Return the curves of the first and the last frames, oldest first, without the present."""
        step = self.now[0].step if self.now else -1
        every = [self.first, *self.past, self.whole] if self.first else []
        by_step = {curves[0].step: curves for curves in every if curves and curves[0].step != step}
        return [by_step[key] for key in sorted(by_step)]

    def keep(self, most: int) -> None:
        """Keep the curves of the last complete pass, at most ``most``; the oldest are dropped."""
        if self.whole and not any(curve is self.whole[0] for curve in self.kept):
            self.kept = [*self.kept, *self.whole][-most:]
