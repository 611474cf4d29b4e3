"""The fully connected layer: h = φ(W x + b)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from engine.initializer import parse_initializer
from engine.layers.base import ACTIVATION, INITIALIZER, Flow, Layer, one
from engine.settings import setting
from engine.text import tr

if TYPE_CHECKING:
    from engine.builder import Builder


@dataclass(frozen=True, kw_only=True)
class Linear(Layer):
    """z = W x + b and h = φ(z), with W (units, in), b (units) and x (in, batch)."""

    type_name = "linear"

    units: int | None = setting(
        None, minimum=1, help=tr("How many outputs; by default as many as the target has.")
    )
    bias: bool = setting(True, help=tr("Whether each output has a bias b."))
    activation: str = setting("identity", **ACTIVATION)
    initializer: str | dict[str, Any] = setting("xavier_uniform", **INITIALIZER)

    def __post_init__(self) -> None:
        parse_initializer(self.initializer)

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append W, b, z and h."""
        x = one(x, 2, tr("a linear layer takes features × batch; put a flatten layer before it"))
        units = builder.outputs if self.units is None else self.units
        start = parse_initializer(self.initializer)
        weight = builder.parameter(name, "weight", (units, x.shape[0]), start, symbol="W")
        if not self.bias:
            z = builder.variable(weight @ x, f"{name}.z", "z")
        else:
            bias = builder.parameter(name, "bias", (units,), None, symbol="b")
            z = builder.variable((weight @ x).apply("add_bias", bias), f"{name}.z", "z")
        return builder.activate(z, self.activation, f"{name}.h")
