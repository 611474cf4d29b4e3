"""The residual block: y = φ(x + F(x)), with a projection of x where the shapes differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.errors import InputError
from engine.initializer import parse_initializer
from engine.layers.base import ACTIVATION, LAYERS, Flow, Layer, Takes, first_form, one
from engine.settings import setting
from engine.shapes import misfit
from engine.text import tr

if TYPE_CHECKING:
    from engine.builder import Builder
    from engine.graph import Value


@dataclass(frozen=True, kw_only=True)
class Residual(Layer):
    """The layers inside compute F; the identity path carries the gradient past them.

    He et al. 2016. Where F changes the shape, x passes a linear map (a 1 × 1 convolution with
    the matching stride for pictures) without bias.
    """

    type_name = "residual"

    layers: tuple[Layer, ...] = setting((), variants=lambda: LAYERS)
    activation: str = setting("identity", **ACTIVATION)

    def __post_init__(self) -> None:
        if not self.layers:
            raise InputError(tr("[[layers.layers]] inside the block"), tr("none"), field="layers")

    def first_takes(self) -> Takes | None:
        """As the first layer inside that is not indifferent."""
        return first_form(self.layers)

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append F, the projection where it is needed, the sum and φ."""
        x = one(x)
        out = one(builder.inner(name, self.layers, x))
        total = with_identity(builder, name, x, out)
        return builder.activate(total, self.activation, f"{name}.h")


def with_identity(builder: Builder, name: str, x: Value, out: Value) -> Value:
    """Append x + F(x), named as the layer's sum; where the shapes differ x is projected."""
    path = x if out.shape == x.shape else _projection(builder, name, x, out)
    return builder.variable(path + out, f"{name}.sum", "y")


def _projection(builder: Builder, name: str, x: Value, out: Value) -> Value:
    if len(x.shape) != len(out.shape) or len(x.shape) not in (2, 4):
        raise misfit(tr("a block's input and output must be of one kind"), x.shape, out.shape)
    start = parse_initializer("he_normal")
    if len(x.shape) == 2:
        shape: tuple[int, ...] = (out.shape[0], x.shape[0])
        weight = builder.parameter(name, "projection.weight", shape, start, symbol="W")
        return weight @ x
    stride = -(-x.shape[1] // out.shape[1])
    shape = (out.shape[0], x.shape[0], 1, 1)
    weight = builder.parameter(name, "projection.weight", shape, start, symbol="K")
    return x.apply("conv2d", weight, stride=stride, padding=0)
