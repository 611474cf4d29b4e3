"""The fully connected layer: h = φ(W x + b), with normalisation and identity path to choose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.initializer import parse_initializer
from engine.layers.base import ACTIVATION, INITIALIZER, Flow, Layer, one
from engine.layers.normalisation import BatchNorm, LayerNorm, Normalisation
from engine.layers.residual import with_identity
from engine.settings import setting
from engine.text import tr

if TYPE_CHECKING:
    from engine.builder import Builder

NORMALIZATIONS: dict[str, type[Normalisation]] = {"batch": BatchNorm, "layer": LayerNorm}


@dataclass(frozen=True, kw_only=True)
class Linear(Layer):
    """z = W x + b and h = φ(z), with W (units, in), b (units) and x (in, batch).

    The remedies for a gradient that dies in a deep stack of such layers are settings: z may be
    normalised before φ, and x may be added to the output, y = x + φ(norm(z)).
    """

    type_name = "linear"

    units: int | None = setting(
        None, minimum=1, help=tr("How many outputs; by default as many as the target has.")
    )
    bias: bool = setting(True, help=tr("Whether each output has a bias b."))
    activation: str = setting("identity", **ACTIVATION)
    initializer: str | dict[str, Any] = setting("xavier_uniform", **INITIALIZER)
    normalization: str = setting(
        "none",
        choices=("none", *NORMALIZATIONS),
        help=tr(
            "Whether z is normalised before φ: over the batch, or over each sample's features."
        ),
    )
    residual: bool = setting(
        False, help=tr("Whether the input is added to the output, as a path around the layer.")
    )

    def __post_init__(self) -> None:
        parse_initializer(self.initializer)

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append W, b, z and h; the normalisation in a group of its own; the sum with x."""
        x = one(x, 2, tr("a linear layer takes features × batch; put a flatten layer before it"))
        units = builder.outputs if self.units is None else self.units
        start = parse_initializer(self.initializer)
        weight = builder.parameter(name, "weight", (units, x.shape[0]), start, symbol="W")
        if self.bias:
            bias = builder.parameter(name, "bias", (units,), None, symbol="b")
            z = (weight @ x).apply("add_bias", bias)
        else:
            z = weight @ x
        z = builder.variable(z, f"{name}.z", "z")
        if self.normalization != "none":
            with builder.graph.group("norm"):
                z = NORMALIZATIONS[self.normalization]().within(builder, name, "norm.", z)
        h = builder.activate(z, self.activation, f"{name}.h")
        return with_identity(builder, name, x, h) if self.residual else h
