"""Learning-rate schedules: the rate is a pure function of settings, base rate and step.

Formulas are PyTorch's ``torch.optim.lr_scheduler`` in closed form. A schedule is one frozen class
with its settings and its formula; a subclass with a ``name`` is in the registry ``SCHEDULES``.
Step 0 is the first update.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar

from engine.settings.declaration import Formula, setting
from engine.support.errors import InputError
from engine.support.text import tr

SCHEDULES: dict[str, type["Schedule"]] = {}


@dataclass(frozen=True)
class Schedule(ABC):
    """Base of all schedules; η₀ is the optimiser's learning rate and t the step."""

    name: ClassVar[str]
    formula: ClassVar[str]
    source: ClassVar[str]

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        SCHEDULES[cls.name] = cls

    @abstractmethod
    def rate(self, base: float, step: int) -> float:
        """Return the learning rate of update ``step`` (from 0) for the base learning rate."""


@dataclass(frozen=True)
class Constant(Schedule):
    """The same rate at every step."""

    name = "constant"
    formula = tr("η = η₀")
    source = "—"

    def rate(self, base: float, step: int) -> float:
        """Return the base rate."""
        return base


@dataclass(frozen=True)
class Step(Schedule):
    """The rate drops by a factor every few steps."""

    name = "step"
    formula = tr("η = η₀ γ^⌊t / step_size⌋")
    source = "torch.optim.lr_scheduler.StepLR"

    step_size: int = setting(
        100, minimum=1, live=True, help=tr("How many steps pass between two drops.")
    )
    gamma: float = setting(
        0.1, minimum=0.0, live=True, help=tr("The factor by which the rate changes at each drop.")
    )

    def rate(self, base: float, step: int) -> float:
        """Return the base rate times gamma for each completed ``step_size`` steps."""
        return _decayed(base, self.gamma, step // self.step_size)


@dataclass(frozen=True)
class Exponential(Schedule):
    """The rate changes by a factor at every step."""

    name = "exponential"
    formula = tr("η = η₀ γᵗ")
    source = "torch.optim.lr_scheduler.ExponentialLR"

    gamma: float = setting(
        0.99,
        minimum=0.0,
        live=True,
        help=tr("The factor by which the rate changes at each step; above 1 it grows."),
    )

    def rate(self, base: float, step: int) -> float:
        """Return the base rate times gamma to the power of the step."""
        return _decayed(base, self.gamma, step)


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from the base rate to the minimum; on to the base again after it."""

    name = "cosine"
    formula = tr("η = ηₘᵢₙ + (η₀ − ηₘᵢₙ)(1 + cos(π t / total_steps)) / 2")
    source = "torch.optim.lr_scheduler.CosineAnnealingLR; Loshchilov & Hutter 2017"

    total_steps: int = setting(
        1000,
        minimum=1,
        live=True,
        help=tr("The step at which the rate is at its minimum; after it the rate rises again."),
    )
    minimum: float = setting(0.0, minimum=0.0, live=True, help=tr("The lowest learning rate."))

    def rate(self, base: float, step: int) -> float:
        """Return the rate; it repeats every 2·total_steps steps, as PyTorch's does."""
        return _cosine(base, self.minimum, step / self.total_steps)


@dataclass(frozen=True)
class WarmupCosine(Schedule):
    """The rate rises linearly to the base rate, then falls along half a cosine."""

    name = "warmup_cosine"
    formula = tr(
        "t < w: η = η₀ (s + (1 − s) t / w);  "
        "then η = ηₘᵢₙ + (η₀ − ηₘᵢₙ)(1 + cos(π (t − w) / (total_steps − w))) / 2"
    )
    source = "torch.optim.lr_scheduler: SequentialLR of LinearLR and CosineAnnealingLR"

    total_steps: int = setting(
        1000,
        minimum=1,
        live=True,
        help=tr("The step at which the rate is at its minimum; after it the rate rises again."),
    )
    warmup_steps: int = setting(
        100, minimum=0, live=True, help=tr("w: how many steps the linear rise takes.")
    )
    start_factor: float = setting(
        0.01,
        minimum=0.0,
        maximum=1.0,
        live=True,
        help=tr("s: the rate of step 0 as a share of the base rate."),
    )
    minimum: float = setting(0.0, minimum=0.0, live=True, help=tr("The lowest learning rate."))

    def __post_init__(self) -> None:
        if self.warmup_steps >= self.total_steps:
            raise InputError(
                tr("fewer warm-up steps than total_steps = {total}").format(total=self.total_steps),
                str(self.warmup_steps),
                field="schedule.warmup_steps",
            )

    def rate(self, base: float, step: int) -> float:
        """Return the rate of the linear phase before ``warmup_steps``, of the cosine after it."""
        if step < self.warmup_steps:
            return base * (self.start_factor + (1 - self.start_factor) * step / self.warmup_steps)
        done = (step - self.warmup_steps) / (self.total_steps - self.warmup_steps)
        return _cosine(base, self.minimum, done)


@dataclass(frozen=True)
class OneCycle(Schedule):
    """Up to the base rate along half a cosine, then down to almost nothing along another."""

    name = "one_cycle"
    formula = tr(
        "from η₀/div_factor up to η₀ at t = pct_start · total_steps − 1, "
        "then down to η₀/(div_factor · final_div_factor) at t = total_steps − 1, both as cosines"
    )
    source = "torch.optim.lr_scheduler.OneCycleLR (cosine, two phases); Smith & Topin 2018"

    total_steps: int = setting(
        1000,
        minimum=1,
        live=True,
        help=tr("The length of the cycle; after it the rate stays at its lowest."),
    )
    pct_start: float = setting(
        0.3,
        minimum=0.0,
        maximum=1.0,
        live=True,
        help=tr("The share of the cycle in which the rate rises."),
    )
    div_factor: float = setting(
        25.0, above=0.0, live=True, help=tr("The rate starts at the base rate divided by this.")
    )
    final_div_factor: float = setting(
        1e4, above=0.0, live=True, help=tr("The rate ends at its start divided by this.")
    )

    def rate(self, base: float, step: int) -> float:
        """Return the rate; the base is the peak, and momentum is not cycled."""
        start = base / self.div_factor
        last = self.total_steps - 1
        peak = self.pct_start * self.total_steps - 1
        step = min(step, last)
        if peak > 0 and step <= peak:
            return _cosine(start, base, step / peak)
        done = (step - peak) / (last - peak) if last > peak else 1.0
        return _cosine(base, start / self.final_div_factor, done)


def formulas() -> dict[str, Formula]:
    """Return what each schedule computes, by name."""
    return {name: Formula(cls.formula, cls.source.strip("—")) for name, cls in SCHEDULES.items()}


def _decayed(base: float, gamma: float, times: int) -> float:
    try:
        return base * gamma**times
    except OverflowError:
        return math.inf


def _cosine(start: float, end: float, done: float) -> float:
    """Return the point of half a cosine from ``start`` (done = 0) to ``end`` (done = 1)."""
    return end + (start - end) * (1 + math.cos(math.pi * done)) / 2
