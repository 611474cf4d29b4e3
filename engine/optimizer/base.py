"""Optimisers on one flat parameter vector: a few vectorised calls in place, nothing allocated.

Formulas and defaults are PyTorch's ``torch.optim`` (except SGD's learning rate, 0.1 here, where
PyTorch has 0.001). In the formulas g is the gradient ∂J/∂θ of all parameters, η the learning rate
and t the number of the update from 1; all operations are entry by entry.

A new optimiser is one class: a subclass of ``Optimizer`` with a ``name`` and its settings.
"""

import dataclasses
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import SimpleNamespace
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from engine.settings.declaration import NEXT_LINE, rule_of, setting
from engine.support.errors import InputError
from engine.support.text import tr

Vector: TypeAlias = NDArray[Any]

OPTIMIZERS: dict[str, type["Optimizer[Any]"]] = {}

GRADIENT = "∂J/∂θ"

RATE = {"minimum": 0.0, "live": True, "help": tr("η: the length of a step along the update.")}
DECAY = {
    "minimum": 0.0,
    "live": True,
    "help": tr("λ: how strongly all parameters, biases too, are pulled towards zero."),
}
EPSILON = {
    "minimum": 0.0,
    "live": True,
    "help": tr("ε: keeps the division from zero; float16 rounds values below 3e-8 to 0."),
}


@dataclass(frozen=True)
class OptimizerSettings:
    """What every optimiser has."""

    learning_rate: float = setting(0.001, **RATE)
    weight_decay: float = setting(0.0, **DECAY)


S = TypeVar("S", bound=OptimizerSettings)


class Optimizer(ABC, Generic[S]):
    """Changes the flat parameters ``theta`` (n,) in place by a gradient (n,) of the same dtype.

    Attributes
    ----------
    name, formula, options, source:
        The name in the registry; the update's formula, line by line; for each optional setting
        the lines that it adds or replaces; the source of the formula.
    settings_type, vectors, optional_vectors:
        Its settings class; PyTorch's names of the state vectors it always or sometimes has.
    delta:
        The last update (n,), before it was rounded into ``theta``: for update ratios.
    step:
        How many updates were made.
    updated:
        Whether ``delta`` is the update that led to ``theta``; False after ``restore``.
    """

    name: ClassVar[str]
    formula: ClassVar[str]
    options: ClassVar[Mapping[str, str]] = {}
    source: ClassVar[str]
    settings_type: ClassVar[type[OptimizerSettings]]
    vectors: ClassVar[tuple[str, ...]] = ()
    optional_vectors: ClassVar[tuple[str, ...]] = ()

    def __init_subclass__(cls, **keywords: Any) -> None:
        super().__init_subclass__(**keywords)
        OPTIMIZERS[cls.name] = cls

    def __init__(self, settings: S, theta: Vector, delta: Vector | None = None) -> None:
        if theta.ndim != 1 or theta.dtype.kind != "f":
            raise ValueError(f"theta must be a flat float vector, not {theta.dtype} {theta.shape}")
        self.settings = settings
        self.theta = theta
        self.step = 0
        self.updated = False
        self.delta = np.zeros_like(theta) if delta is None else delta
        self._state: dict[str, Vector] = {name: np.zeros_like(theta) for name in self.vectors}

    @classmethod
    def rule(cls, settings: OptimizerSettings, clipping: str = "") -> str:
        """Return the update in symbols under these settings.

        ``clipping``: the line by which the gradient is clipped first, if it is.

        >>> from engine.optimizer.sgd import SGD, SGDSettings
        >>> SGD.rule(SGDSettings())
        'θ ← θ − η ∂J/∂θ'
        >>> SGD.rule(SGDSettings(weight_decay=0.1, momentum=0.9))
        'g = ∂J/∂θ + λθ,  v ← μv + (1 − τ)g,  θ ← θ − ηv'
        """
        lines = cls.formula.split(NEXT_LINE)
        for name, option in cls.options.items():
            if getattr(settings, name):
                _put(option.split(NEXT_LINE), lines)
        if not any(line.startswith("g ") for line in lines) and any("g" in line for line in lines):
            lines.insert(0, f"g = {GRADIENT}")
        if clipping:
            clipped = [line.replace(GRADIENT, "g").replace("η g", "ηg") for line in lines]
            clipped = [line.replace("g = g +", "g ← g +") for line in clipped if line != "g = g"]
            lines = [f"g = {GRADIENT}", clipping, *clipped]
        return NEXT_LINE.join(lines)

    @classmethod
    def longest_rule(cls) -> str:
        """Return the update with all options switched on."""
        return cls.rule(cast(Any, SimpleNamespace(**dict.fromkeys(cls.options, True))))

    def update(self, gradient: Vector, learning_rate: float) -> None:
        """Take one step: θ ← θ + delta. The gradient is only read. NaN and Inf pass through."""
        with np.errstate(all="ignore"):
            self.advance(gradient, float(learning_rate))

    def advance(self, gradient: Vector, learning_rate: float) -> None:
        """Do what ``update`` does; for a loop that has numpy's warnings off already."""
        self.step += 1
        self.updated = True
        self._fill_delta(gradient, learning_rate)
        np.add(self.theta, self.delta, self.theta)

    def change(self, settings: S) -> None:
        """Use other settings from the next update on; only ``live`` ones may differ.

        Raises
        ------
        InputError
            For another optimiser's settings or a setting that is fixed when training begins.
        """
        if type(settings) is not type(self.settings):
            raise InputError(
                tr("settings of the optimiser {name}").format(name=self.name),
                type(settings).__name__,
                field="optimizer.type",
            )
        for field in dataclasses.fields(settings):
            old, new = getattr(self.settings, field.name), getattr(settings, field.name)
            if old != new and not rule_of(field).live:
                raise InputError(
                    tr("the value {value} that training began with").format(value=old),
                    str(new),
                    field=f"optimizer.{field.name}",
                    hint=tr("Reset the training to change it."),
                )
        self.settings = settings

    def state(self) -> dict[str, Vector]:
        """Return copies of the state that the next update depends on besides θ, g, η and settings.

        The number of updates is under "step", shape (); every other entry has θ's shape and dtype.
        """
        copies = {name: vector.copy() for name, vector in self._state.items()}
        return {"step": np.array(self.step), **copies}

    def restore(self, state: Mapping[str, Vector]) -> None:
        """Restore exactly a state returned by ``state``; the last ``delta`` is cleared.

        Raises
        ------
        InputError
            If the state belongs to another optimiser or other parameters; nothing is changed.
        """
        vectors = {name: np.array(state[name]) for name in state if name != "step"}
        needed = {"step", *self.vectors}
        if not needed <= state.keys() <= needed.union(self.optional_vectors):
            raise InputError(
                tr("the state of {name} ({entries})").format(
                    name=self.name, entries=", ".join(sorted(needed))
                ),
                ", ".join(sorted(state)) or tr("nothing"),
            )
        for name, vector in vectors.items():
            if vector.shape != self.theta.shape or vector.dtype != self.theta.dtype:
                raise InputError(
                    f"{self.theta.dtype} {self.theta.shape}",
                    f"{vector.dtype} {vector.shape}",
                    field=name,
                )
        self.step = int(state["step"])
        self._state = vectors
        self.delta.fill(0)
        self.updated = False

    @abstractmethod
    def _fill_delta(self, gradient: Vector, rate: float) -> None:
        """Write the update into ``delta``; ``step`` is already the number of this update."""

    @cached_property
    def _scratch(self) -> Vector:
        """A buffer for intermediate results, made at its first use: plain SGD needs none."""
        return np.zeros_like(self.theta)

    def _vector(self, name: str) -> Vector:
        """Return a state vector; an optional one is made, all zero, at its first use."""
        if name not in self._state:
            self._state[name] = np.zeros_like(self.theta)
        return self._state[name]

    def _decayed(self, gradient: Vector) -> Vector:
        """Return g + λθ (in ``delta``), or the gradient itself without weight decay."""
        if not self.settings.weight_decay:
            return gradient
        np.multiply(self.theta, self.settings.weight_decay, out=self.delta)
        self.delta += gradient
        return self.delta


def _put(option: list[str], lines: list[str]) -> None:
    """Replace lines of the same symbol by an option's; a new one goes before the next."""
    place = 0
    for line in reversed(option):
        symbols = [old.split()[0] for old in lines]
        if line.split()[0] in symbols:
            place = symbols.index(line.split()[0])
            lines[place] = line
        else:
            lines.insert(place, line)


def mean_square(average: Vector, gradient: Vector, keep: float, scratch: Vector) -> None:
    """v ← keep·v + (1 − keep) g², in place."""
    average *= keep
    np.multiply(gradient, 1 - keep, out=scratch)
    scratch *= gradient
    average += scratch


def mean(average: Vector, gradient: Vector, keep: float, scratch: Vector) -> None:
    """m ← m + (1 − keep)(g − m), in place: PyTorch's ``lerp``."""
    np.subtract(gradient, average, out=scratch)
    scratch *= 1 - keep
    average += scratch


def optimizer_of(settings: OptimizerSettings) -> type[Optimizer[Any]]:
    """Return the optimiser that these settings belong to."""
    for cls in OPTIMIZERS.values():
        if cls.settings_type is type(settings):
            return cls
    raise ValueError(f"no optimiser has the settings {type(settings).__name__}")


def make(settings: OptimizerSettings, theta: Vector, delta: Vector | None = None) -> Optimizer[Any]:
    """Return a new optimiser for these settings.

    ``delta`` is memory (n,) for its updates; by default it makes its own.
    """
    return optimizer_of(settings)(settings, theta, delta)
