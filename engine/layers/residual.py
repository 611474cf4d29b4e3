"""The residual block: y = φ(x + F(x)), with a projection of x where the shapes differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.graph.graph import Value
from engine.graph.shapes import Shape, misfit
from engine.layers.base import ACTIVATION, INITIALIZER, each_step, product, shared_weights, stacked
from engine.layers.block import Container
from engine.model.builder import Flow
from engine.model.initializer import HeNormal, Initializer
from engine.settings.declaration import setting
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.model.builder import Builder


@dataclass(frozen=True, kw_only=True)
class Residual(Container):
    """The layers inside compute F; the identity path carries the gradient past them.

    He et al. 2016. Where F changes the shape, x passes a linear map (a 1 × 1 convolution with
    the matching stride for pictures) without bias. For a sequence the sum is at each time step.
    """

    type_name = "residual"

    activation: str = setting("identity", **ACTIVATION)
    initializer: Initializer = setting(
        HeNormal,
        **{
            **INITIALIZER,
            "help": tr("How the weight of the identity path is drawn, if it has one."),
        },
    )

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append F, the projection where it is needed, the sum and φ."""
        out = builder.inner(name, self.layers, x)
        if isinstance(x, Value) or isinstance(out, Value):
            x, out = stacked(x), stacked(out)
            weight = projection(builder, name, x.shape, out.shape, self.initializer)
            return self._sum(builder, name, x, out, weight)
        with shared_weights(builder, x):
            weight = projection(builder, name, x[0].shape, out[0].shape, self.initializer)
        after = iter(out)
        return each_step(
            builder, x, name, lambda value, at: self._sum(builder, at, value, next(after), weight)
        )

    def _sum(
        self, builder: Builder, name: str, x: Value, out: Value, weight: Value | None
    ) -> Value:
        total = with_identity(builder, name, x, out, weight)
        return builder.activate(total, self.activation, f"{name}.h")


def with_identity(builder: Builder, name: str, x: Value, out: Value, weight: Value | None) -> Value:
    """Append x + F(x), named as the layer's sum; with a weight, W x + F(x)."""
    return builder.variable(_projected(x, out, weight) + out, f"{name}.sum", "y")


def _projected(x: Value, out: Value, weight: Value | None) -> Value:
    if weight is None:
        return x
    if len(x.shape) < 4:
        return product(weight, x)
    stride = -(-x.shape[1] // out.shape[1])
    return x.apply("conv2d", weight, stride=stride, padding=0)


def projection(
    builder: Builder, name: str, x: Shape, out: Shape, start: Initializer
) -> Value | None:
    """Append the weight that projects x to the shape of F(x); None where the shapes are equal."""
    if x == out:
        return None
    if len(x) != len(out) or (len(x) == 3 and x[1] != out[1]):
        raise misfit(
            tr(
                "a block's input and output must be of one kind; let every layer inside that ends"
                " a sequence go on with it (sequence = true), and put flatten outside"
            ),
            x,
            out,
        )
    pictures = len(x) == 4
    shape = (out[0], x[0], 1, 1) if pictures else (out[0], x[0])
    symbol = "K" if pictures else "W"
    return builder.parameter(name, "projection.weight", shape, start, symbol=symbol)
