"""Pictures or sequences to one column of features a sample."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.layers.base import Layer

if TYPE_CHECKING:
    from engine.graph import Value
    from engine.model import Builder


@dataclass(frozen=True)
class Flatten(Layer):
    """(features, …, batch) to (all features, batch); the numbers stay where they are."""

    type_name = "flatten"

    def build(self, builder: Builder, name: str, x: Value) -> Value:
        """Append the reshape, where there is anything to flatten."""
        if len(x.shape) == 2:
            return x
        shape = (math.prod(x.shape[:-1]), x.shape[-1])
        return builder.variable(x.apply("reshape", shape=shape), f"{name}.h", "h")
