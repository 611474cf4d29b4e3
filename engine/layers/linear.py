"""The fully connected layer: h = φ(W x + b), with normalisation and identity path to choose."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from engine.graph.graph import Value
from engine.graph.shapes import misfit
from engine.layers.base import ACTIVATION, INITIALIZER, Layer, each_step, product, shared_weights
from engine.layers.normalisation import NORMALIZATION, NORMALIZATIONS
from engine.layers.residual import projection, with_identity
from engine.model.builder import Flow
from engine.model.initializer import Initializer, XavierUniform
from engine.settings.declaration import setting
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.model.builder import Builder


@dataclass(frozen=True)
class _Parameters:
    """W, b, γ and β of the normalisation, and the projection of the identity path."""

    weight: Value
    bias: Value | None
    factors: tuple[Value, Value] | None
    projection: Value | None


@dataclass(frozen=True, kw_only=True)
class Linear(Layer):
    """z = W x + b and h = φ(z), with W (units, in), b (units) and x (in, batch).

    The remedies for a gradient that dies in a deep stack of such layers are settings: z may be
    normalised before φ, and x may be added to the output, y = x + φ(norm(z)). A sequence passes
    the layer time step by time step.
    """

    type_name = "linear"

    units: int | None = setting(
        None, minimum=1, help=tr("How many outputs; by default as many as the target has.")
    )
    bias: bool = setting(True, help=tr("Whether each output has a bias b."))
    activation: str = setting("identity", **ACTIVATION)
    initializer: Initializer = setting(XavierUniform, **INITIALIZER)
    normalization: str = setting(
        "none",
        **NORMALIZATION,
        help=tr(
            "Whether z is normalised before φ: over the batch, or over each sample's features."
        ),
    )
    residual: bool = setting(
        False, help=tr("Whether the input is added to the output, as a path around the layer.")
    )

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append W, b, z and h; the normalisation in a group of its own; the sum with x."""
        x = self._taken(x)
        with shared_weights(builder, x):
            parts = self._parameters(builder, name, x)

        def layer(value: Value, at: str) -> Value:
            z = product(parts.weight, value)
            if parts.bias is not None:
                z = z.apply("add_bias", parts.bias)
            z = builder.variable(z, f"{at}.z", "z")
            if parts.factors is not None:
                with builder.graph.group("norm"):
                    norm = NORMALIZATIONS[self.normalization]()
                    z = norm.normalised(builder, f"{at}.norm.", z, parts.factors)
            h = builder.activate(z, self.activation, f"{at}.h")
            if not self.residual:
                return h
            return with_identity(builder, at, value, h, parts.projection)

        return each_step(builder, x, name, layer)

    def _taken(self, x: Flow) -> Flow:
        """The layer's input as (features, batch) values, one for each time step."""
        if self.normalization != "none":
            x = NORMALIZATIONS[self.normalization].taken(x)
        if isinstance(x, Value) and len(x.shape) not in (2, 3):
            message = tr("a linear layer takes features × batch; put a flatten layer before it")
            raise misfit(message, x.shape)
        return x

    def _parameters(self, builder: Builder, name: str, x: Flow) -> _Parameters:
        units = builder.outputs if self.units is None else self.units
        before = (x if isinstance(x, Value) else x[0]).shape
        start, shape = self.initializer, (units, before[0])
        weight = builder.parameter(name, "weight", shape, start, symbol="W")
        bias = None
        if self.bias:
            bias = builder.parameter(name, "bias", (units,), start.of_bias(shape), symbol="b")
        factors = None
        if self.normalization != "none":
            norm = NORMALIZATIONS[self.normalization]()
            with ExitStack() as inside:
                if isinstance(x, Value):
                    inside.enter_context(builder.graph.group("norm"))
                factors = norm.factors(builder, name, "norm.", units)
        after = (units, *before[1:])
        path = None
        if self.residual:
            path = projection(builder, name, before, after, start.of_projection())
        return _Parameters(weight, bias, factors, path)
