"""Adagrad."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.optimizer.base import EPSILON, RATE, Optimizer, OptimizerSettings, Vector
from engine.settings.declaration import setting
from engine.support.text import tr


@dataclass(frozen=True)
class AdagradSettings(OptimizerSettings):
    """Settings of ``Adagrad``."""

    learning_rate: float = setting(0.01, **RATE)
    lr_decay: float = setting(
        0.0, minimum=0.0, live=True, help=tr("δ: how fast the learning rate falls with the steps.")
    )
    initial_accumulator_value: float = setting(
        0.0, minimum=0.0, help=tr("The sum of squared gradients at the beginning.")
    )
    eps: float = setting(1e-10, **EPSILON)


class Adagrad(Optimizer[AdagradSettings]):
    """Each parameter's step is divided by the root of the sum of its squared gradients."""

    name = "adagrad"
    formula = "s ← s + g²,  θ ← θ − ηg/(√s + ε)"
    options: ClassVar[Mapping[str, str]] = {
        "weight_decay": "g = ∂J/∂θ + λθ",
        "lr_decay": "θ ← θ − η/(1 + (t − 1)δ) · g/(√s + ε)",
    }
    source = "torch.optim.Adagrad; Duchi, Hazan, Singer 2011"
    settings_type = AdagradSettings
    vectors = ("sum",)

    def __init__(
        self, settings: AdagradSettings, theta: Vector, delta: Vector | None = None
    ) -> None:
        super().__init__(settings, theta, delta)
        self._state["sum"].fill(settings.initial_accumulator_value)

    def _fill_delta(self, gradient: Vector, rate: float) -> None:
        settings = self.settings
        gradient = self._decayed(gradient)
        total = self._state["sum"]
        np.multiply(gradient, gradient, out=self._scratch)
        total += self._scratch
        np.sqrt(total, out=self._scratch)
        self._scratch += settings.eps
        np.divide(gradient, self._scratch, out=self.delta)
        self.delta *= -rate / (1 + (self.step - 1) * settings.lr_decay)
