"""Stochastic gradient descent, plain, with momentum and with Nesterov's momentum."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from engine.optimizer.base import RATE, Optimizer, OptimizerSettings, Vector
from engine.settings.declaration import setting
from engine.support.errors import InputError
from engine.support.figures import figure
from engine.support.text import tr


@dataclass(frozen=True)
class SGDSettings(OptimizerSettings):
    """Settings of ``SGD``; ``nesterov`` needs momentum and no dampening."""

    learning_rate: float = setting(0.1, **RATE)
    momentum: float = setting(
        0.0,
        minimum=0.0,
        live=True,
        help=tr("μ: the share of the last update that is kept; 0 is plain gradient descent."),
    )
    dampening: float = setting(
        0.0,
        minimum=0.0,
        maximum=1.0,
        live=True,
        help=tr("τ: how much less of the gradient enters the momentum."),
    )
    nesterov: bool = setting(
        False, live=True, help=tr("Look ahead along the momentum before stepping.")
    )

    def __post_init__(self) -> None:
        if self.nesterov and not self.momentum:
            raise InputError(
                tr("false without momentum"),
                tr("true"),
                field="optimizer.nesterov",
                hint=tr("Set the momentum, for instance to 0.9."),
            )
        if self.nesterov and self.dampening:
            raise InputError(
                tr("0 with nesterov"), figure(self.dampening), field="optimizer.dampening"
            )


class SGD(Optimizer[SGDSettings]):
    """θ ← θ − ηg, or θ ← θ − ηv with the momentum v, which begins as the first gradient."""

    name = "sgd"
    formula = "θ ← θ − η ∂J/∂θ"
    options: ClassVar[Mapping[str, str]] = {
        "weight_decay": "g = ∂J/∂θ + λθ,  θ ← θ − ηg",
        "momentum": "v ← μv + (1 − τ)g,  θ ← θ − ηv",
        "nesterov": "v ← μv + g,  θ ← θ − η(g + μv)",
    }
    source = "torch.optim.SGD; Sutskever et al. 2013 (momentum)"
    settings_type = SGDSettings
    optional_vectors = ("momentum_buffer",)

    def _fill_delta(self, gradient: Vector, rate: float) -> None:
        gradient = self._decayed(gradient)
        if self.settings.momentum:
            gradient = self._with_momentum(gradient)
        else:
            self._state.pop("momentum_buffer", None)  # switched on again, it starts anew
        np.multiply(gradient, -rate, self.delta)

    def _with_momentum(self, gradient: Vector) -> Vector:
        """Return v, or g + μv for Nesterov's."""
        settings = self.settings
        buffer = self._state.get("momentum_buffer")
        if buffer is None:
            buffer = self._state["momentum_buffer"] = gradient.copy()
        else:
            buffer *= settings.momentum
            np.multiply(gradient, 1 - settings.dampening, out=self._scratch)
            buffer += self._scratch
        if not settings.nesterov:
            return buffer
        np.multiply(buffer, settings.momentum, out=self._scratch)
        self._scratch += gradient
        return self._scratch
