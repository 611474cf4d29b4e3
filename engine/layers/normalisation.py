"""Batch and layer normalisation, drawn with the paths through the mean and the variance."""

from __future__ import annotations

import math
from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.layers.base import Layer, each_step, features_of, renamed, shared_weights, stacked
from engine.model.builder import Flow
from engine.model.initializer import Constant
from engine.settings.declaration import setting
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.graph.graph import Value
    from engine.model.builder import Builder


@dataclass(frozen=True, kw_only=True)
class Normalisation(Layer):
    """γ ⊙ ẑ + β with ẑ = (x − μ) / √(σ² + ε), a factor γ and a shift β for each feature."""

    takes = None

    eps: float = setting(1e-5, above=0.0, help=tr("ε: added to the variance before the root."))

    @staticmethod
    def spelt(values: Mapping[str, Any]) -> dict[str, Any]:
        """Take another common name of a setting."""
        return renamed(values, epsilon="eps")

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append mean, variance, ẑ and γ ẑ + β."""
        x = self.taken(x)
        with shared_weights(builder, x):
            factors = self.factors(builder, name, "", features_of(x))

        def normalised(value: Value, at: str) -> Value:
            return self.normalised(builder, f"{at}.", value, factors)

        return each_step(builder, x, name, normalised)

    @staticmethod
    def taken(x: Flow) -> Flow:
        """Return the layer's input in the form in which it is normalised."""
        return x

    def factors(
        self, builder: Builder, layer: str, prefix: str, features: int
    ) -> tuple[Value, Value]:
        """Append γ and β as parameters of a layer, whose names get the prefix."""
        shape = (features,)
        gamma = builder.parameter(layer, f"{prefix}weight", shape, Constant(1.0), symbol="γ")
        return gamma, builder.parameter(layer, f"{prefix}bias", shape, None, symbol="β")

    def normalised(
        self, builder: Builder, name: str, x: Value, factors: tuple[Value, Value]
    ) -> Value:
        """Append γ ẑ + β; ``name`` is what its nodes' names begin with."""
        gamma, beta = factors
        scaled = self.normal(builder, name, x).apply("scale_features", gamma)
        return builder.variable(scaled.apply("add_bias", beta), f"{name}h", "z′")

    @abstractmethod
    def normal(self, builder: Builder, name: str, x: Value) -> Value:
        """Append ẑ; ``name`` is what its nodes' names begin with."""

    def _moments(
        self, builder: Builder, name: str, x: Value, axes: tuple[int, ...]
    ) -> tuple[Value, Value, Value]:
        """Append μ, x − μ and σ² over these axes."""
        mean = builder.variable(x.apply("mean", axis=axes, keepdims=True), f"{name}mean", "μ")
        centred = x - mean
        squares = (centred * centred).apply("mean", axis=axes, keepdims=True)
        return mean, centred, builder.variable(squares, f"{name}variance", "var")

    def _divided(self, builder: Builder, name: str, centred: Value, variance: Value) -> Value:
        deviation = (variance + self.eps).apply("sqrt")
        return builder.variable(centred / deviation, f"{name}normal", "ẑ")


@dataclass(frozen=True, kw_only=True)
class BatchNorm(Normalisation):
    """ẑ = (x − μ) / √(σ² + ε) with the batch's mean and variance; Ioffe & Szegedy 2015.

    For evaluation running statistics take their place: running ← (1 − momentum) running +
    momentum · batch, with the unbiased variance, as PyTorch does. Of pictures a channel's mean is
    over height and width as well, of a sequence over its time steps, which are stacked.
    """

    type_name = "batch_norm"

    momentum: float = setting(
        0.1, minimum=0.0, maximum=1.0, help=tr("The batch's weight in the running statistics.")
    )

    @staticmethod
    def taken(x: Flow) -> Value:
        """Return the time steps of a sequence stacked, since they share mean and variance."""
        return stacked(x)

    def normal(self, builder: Builder, name: str, x: Value) -> Value:
        """Append mean, variance and ẑ, and keep the running statistics."""
        kept = (x.shape[0],) + (1,) * (len(x.shape) - 1)
        if not builder.training:
            mean = builder.statistic(f"{name}running_mean", kept, 0.0)
            variance = builder.statistic(f"{name}running_var", kept, 1.0)
            return self._divided(builder, name, x - mean, variance)
        axes = tuple(range(1, len(x.shape)))
        mean, centred, variance = self._moments(builder, name, x, axes)
        count = math.prod(x.shape[1:])
        builder.keep_running_average(f"{name}running_mean", mean, self.momentum, 0.0)
        unbiased = count / max(1, count - 1)
        builder.keep_running_average(f"{name}running_var", variance, self.momentum, 1.0, unbiased)
        return self._divided(builder, name, centred, variance)


@dataclass(frozen=True, kw_only=True)
class LayerNorm(Normalisation):
    """ẑ = (x − μ) / √(σ² + ε) with each sample's own mean and variance; Ba et al. 2016.

    For pictures over channels, height and width, with γ and β for each channel; for a sequence
    over the features of each step.
    """

    type_name = "layer_norm"

    def normal(self, builder: Builder, name: str, x: Value) -> Value:
        """Append mean, variance and ẑ."""
        axes = (0,) if len(x.shape) == 3 else tuple(range(len(x.shape) - 1))
        _, centred, variance = self._moments(builder, name, x, axes)
        return self._divided(builder, name, centred, variance)


NORMALIZATIONS: dict[str, type[Normalisation]] = {"batch": BatchNorm, "layer": LayerNorm}
NORMALIZATION: dict[str, Any] = {"choices": ("none", *NORMALIZATIONS)}
