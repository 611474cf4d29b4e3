"""RMSprop."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.optimizer.base import (
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
class RMSpropSettings(OptimizerSettings):
    """Settings of ``RMSprop``."""

    learning_rate: float = setting(0.01, **RATE)
    alpha: float = setting(
        0.99,
        minimum=0.0,
        maximum=1.0,
        live=True,
        help=tr("α: the share of the past in the mean of the squared gradient."),
    )
    eps: float = setting(1e-8, **EPSILON)
    momentum: float = setting(
        0.0, minimum=0.0, live=True, help=tr("μ: the share of the last update that is kept.")
    )
    centered: bool = setting(
        False, help=tr("Divide by the gradient's variance in place of its mean square.")
    )


class RMSprop(Optimizer[RMSpropSettings]):
    """Each parameter's step is divided by the running root mean square of its gradient.

    Where the variance of ``centered`` comes out negative by rounding, PyTorch's root is NaN;
    here it is 0.
    """

    name = "rmsprop"
    formula = "v ← αv + (1 − α)g²,  s = √v,  θ ← θ − ηg/(s + ε)"
    options: ClassVar[Mapping[str, str]] = {
        "weight_decay": "g = ∂J/∂θ + λθ",
        "centered": "m ← αm + (1 − α)g,  s = √(v − m²)",
        "momentum": "b ← μb + g/(s + ε),  θ ← θ − ηb",
    }
    source = "torch.optim.RMSprop; Tieleman & Hinton 2012; Graves 2013 (centered)"
    settings_type = RMSpropSettings
    vectors = ("square_avg",)
    optional_vectors = ("grad_avg", "momentum_buffer")

    def _fill_delta(self, gradient: Vector, rate: float) -> None:
        settings = self.settings
        gradient = self._decayed(gradient)
        square = self._vector("square_avg")
        mean_square(square, gradient, settings.alpha, self._scratch)
        if settings.centered:
            average = self._vector("grad_avg")
            mean(average, gradient, settings.alpha, self._scratch)
            np.multiply(average, average, out=self._scratch)
            np.subtract(square, self._scratch, out=self._scratch)
            np.maximum(self._scratch, 0, out=self._scratch)
            np.sqrt(self._scratch, out=self._scratch)
        else:
            np.sqrt(square, out=self._scratch)
        self._scratch += settings.eps
        np.divide(gradient, self._scratch, out=self.delta)
        if settings.momentum:
            buffer = self._vector("momentum_buffer")
            buffer *= settings.momentum
            buffer += self.delta
            np.multiply(buffer, -rate, out=self.delta)
        else:
            self.delta *= -rate
