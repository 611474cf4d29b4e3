"""The convolution layer: h = φ(K ∗ x + b) on pictures, with normalisation to choose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.layers.base import ACTIVATION, INITIALIZER, Layer, one, renamed
from engine.layers.normalisation import NORMALIZATION, NORMALIZATIONS
from engine.model.builder import Flow
from engine.model.initializer import HeNormal, Initializer
from engine.settings.declaration import setting
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.model.builder import Builder


@dataclass(frozen=True, kw_only=True)
class Conv2d(Layer):
    """z = K ∗ x + b and h = φ(norm(z)), with K (channels, in, kernel_size, kernel_size).

    x is (in, height, width, batch) and becomes (channels, height', width', batch) with
    height' = (height + 2 padding − kernel_size) // stride + 1.
    """

    type_name = "conv2d"
    takes = "picture"

    channels: int = setting(
        16, minimum=1, help=tr("How many kernels, and so channels of the output.")
    )
    kernel_size: int = setting(3, minimum=1, help=tr("Height and width of a kernel."))
    stride: int = setting(1, minimum=1, help=tr("How far the kernel moves at a time."))
    padding: int = setting(0, minimum=0, help=tr("Zeros put around the picture on each side."))
    bias: bool = setting(True, help=tr("Whether each channel has a bias b."))
    activation: str = setting("identity", **ACTIVATION)
    initializer: Initializer = setting(HeNormal, **INITIALIZER)
    normalization: str = setting(
        "none",
        **NORMALIZATION,
        help=tr(
            "Whether z is normalised before φ: each channel over batch and picture, or each"
            " sample over its channels and picture."
        ),
    )

    @staticmethod
    def spelt(values: Mapping[str, Any]) -> dict[str, Any]:
        """Take other common names of the settings."""
        return renamed(
            values,
            out_channels="channels",
            filters="channels",
            units="channels",
            kernel="kernel_size",
            size="kernel_size",
        )

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append K, b, z and h; the normalisation in a group of its own."""
        x = one(x, 4, tr("a convolution takes pictures (channels, height, width, batch)"))
        shape = (self.channels, x.shape[0], self.kernel_size, self.kernel_size)
        start = self.initializer
        weight = builder.parameter(name, "weight", shape, start, symbol="K")
        z = x.apply("conv2d", weight, stride=self.stride, padding=self.padding)
        if self.bias:
            bias = builder.parameter(
                name, "bias", (self.channels,), start.of_bias(shape), symbol="b"
            )
            z = z.apply("add_bias", bias)
        z = builder.variable(z, f"{name}.z", "z")
        if self.normalization != "none":
            norm = NORMALIZATIONS[self.normalization]()
            with builder.graph.group("norm"):
                factors = norm.factors(builder, name, "norm.", self.channels)
                z = norm.normalised(builder, f"{name}.norm.", z, factors)
        return builder.activate(z, self.activation, f"{name}.h")
