"""Dropout: each entry is kept with probability 1 − rate, and then scaled by 1 / (1 − rate)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.layers.base import Layer, each_step, renamed
from engine.model.builder import Flow
from engine.settings.declaration import setting
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.graph.graph import Value
    from engine.model.builder import Builder


@dataclass(frozen=True, kw_only=True)
class Dropout(Layer):
    """h = m ⊙ x with a mask m drawn from the seed for each step; the identity in evaluation.

    Srivastava et al. 2014; inverted, as PyTorch's. Each time step of a sequence has its own mask.
    """

    type_name = "dropout"
    takes = None

    rate: float = setting(0.5, minimum=0.0, maximum=0.99, help=tr("The share of entries dropped."))

    @staticmethod
    def spelt(values: Mapping[str, Any]) -> dict[str, Any]:
        """Take PyTorch's name of the setting."""
        return renamed(values, p="rate")

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append mask and product."""
        if self.rate == 0 or not builder.training:
            return x

        def masked(value: Value, at: str) -> Value:
            mask = builder.mask(f"{at}.mask", value.shape, self.rate)
            return builder.variable(value * mask, f"{at}.h", "h′")

        return each_step(builder, x, name, masked)
