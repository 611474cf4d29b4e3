"""Flattening of pictures or sequences to one column of features for each sample."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.layers.base import Layer, stacked
from engine.model.builder import Flow

if TYPE_CHECKING:
    from engine.model.builder import Builder


@dataclass(frozen=True, kw_only=True)
class Flatten(Layer):
    """(features, …, batch) to (all features, batch), in PyTorch's order.

    The states of a sequence's time steps are stacked, the first step's on top.
    """

    type_name = "flatten"
    takes = None

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append the reshape, where there is anything to flatten."""
        x = stacked(x)
        if len(x.shape) == 2:
            return x
        if len(x.shape) == 3:
            x = x.apply("transpose", axes=(1, 0, 2))
        shape = (math.prod(x.shape[:-1]), x.shape[-1])
        return builder.variable(x.apply("reshape", shape=shape), f"{name}.h", "v")
