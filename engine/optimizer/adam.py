"""Adam, and AdamW with decoupled weight decay."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from engine.optimizer.base import (
    DECAY,
    EPSILON,
    RATE,
    Optimizer,
    OptimizerSettings,
    Vector,
    mean,
    mean_square,
)
from engine.settings.declaration import setting
from engine.support.text import tr


@dataclass(frozen=True)
class AdamSettings(OptimizerSettings):
    """Settings of ``Adam``; PyTorch's ``betas`` are ``beta1`` and ``beta2``."""

    learning_rate: float = setting(0.001, **RATE)
    beta1: float = setting(
        0.9,
        minimum=0.0,
        maximum=0.999999,
        live=True,
        help=tr("β₁: the share of the past in the mean of the gradient."),
    )
    beta2: float = setting(
        0.999,
        minimum=0.0,
        maximum=0.999999,
        live=True,
        help=tr("β₂: the share of the past in the mean of the squared gradient."),
    )
    eps: float = setting(1e-8, **EPSILON)
    amsgrad: bool = setting(
        False, help=tr("Divide by the largest mean square so far, so that steps never grow back.")
    )

    @staticmethod
    def spelt(values: Mapping[str, Any]) -> dict[str, Any]:
        """Take PyTorch's ``betas = [β₁, β₂]`` for ``beta1`` and ``beta2``."""
        rest = dict(values)
        betas = rest.get("betas")
        if isinstance(betas, (list, tuple)) and len(betas) == 2:
            del rest["betas"]
            rest = {"beta1": betas[0], "beta2": betas[1], **rest}
        return rest


@dataclass(frozen=True)
class AdamWSettings(AdamSettings):
    """Settings of ``AdamW``: Adam's, with another default of the weight decay."""

    weight_decay: float = setting(0.01, **DECAY)


class Adam(Optimizer[AdamSettings]):
    """Steps along the mean gradient, each divided by the root mean square of its gradient."""

    name = "adam"
    formula = (
        "m ← β₁m + (1 − β₁)g,  v ← β₂v + (1 − β₂)g²,  m′ = m/(1 − β₁ᵗ),  v′ = v/(1 − β₂ᵗ),  "
        "θ ← θ − η m′/(√v′ + ε)"
    )
    options: ClassVar[Mapping[str, str]] = {
        "weight_decay": "g = ∂J/∂θ + λθ",
        "amsgrad": "u ← max(u, v),  v′ = u/(1 − β₂ᵗ)",
    }
    source = "torch.optim.Adam; Kingma & Ba 2015; Reddi, Kale, Kumar 2018 (amsgrad)"
    settings_type = AdamSettings
    vectors = ("exp_avg", "exp_avg_sq")
    optional_vectors = ("max_exp_avg_sq",)

    def _fill_delta(self, gradient: Vector, rate: float) -> None:
        self._fill_adam(self._decayed(gradient), rate)

    def _fill_adam(self, gradient: Vector, rate: float) -> None:
        settings = self.settings
        average = self._vector("exp_avg")
        square = self._vector("exp_avg_sq")
        mean(average, gradient, settings.beta1, self._scratch)
        mean_square(square, gradient, settings.beta2, self._scratch)
        if settings.amsgrad:
            largest = self._vector("max_exp_avg_sq")
            square = np.maximum(largest, square, out=largest)
        np.sqrt(square, out=self._scratch)
        self._scratch /= math.sqrt(1 - settings.beta2**self.step)
        self._scratch += settings.eps
        np.divide(average, self._scratch, out=self.delta)
        self.delta *= -rate / (1 - settings.beta1**self.step)


class AdamW(Adam):
    """Adam whose weight decay shrinks the parameters directly, not through the gradient."""

    name = "adamw"
    options: ClassVar[Mapping[str, str]] = {
        "weight_decay": "θ ← θ − ηλθ − η m′/(√v′ + ε)",
        "amsgrad": "u ← max(u, v),  v′ = u/(1 − β₂ᵗ)",
    }
    source = "torch.optim.AdamW; Loshchilov & Hutter 2019"
    settings_type = AdamWSettings

    def _fill_delta(self, gradient: Vector, rate: float) -> None:
        self._fill_adam(gradient, rate)
        if self.settings.weight_decay:
            np.multiply(self.theta, rate * self.settings.weight_decay, out=self._scratch)
            self.delta -= self._scratch
