"""An activation function as a layer of its own: h = φ(x)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.layers.base import ACTIVATION, Layer, each_step
from engine.model.builder import Flow
from engine.settings.declaration import setting

if TYPE_CHECKING:
    from engine.model.builder import Builder


@dataclass(frozen=True, kw_only=True)
class Activation(Layer):
    """h = φ(x), element by element (softmax: over the features of each sample).

    A sequence passes time step by time step.
    """

    type_name = "activation"
    takes = None

    activation: str = setting("relu", **ACTIVATION)

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append h; the identity appends nothing."""
        if self.activation == "identity":
            return x
        return each_step(
            builder, x, name, lambda value, at: builder.activate(value, self.activation, f"{at}.h")
        )
