"""What a layer is: declared settings and a rule that appends it to a graph.

A new layer type is one file in this package: a frozen dataclass with a ``type_name``, settings
declared by ``engine.settings.setting``, and ``build``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from engine.initializer import INITIALIZERS
from engine.settings import setting
from engine.text import tr

if TYPE_CHECKING:
    from engine.graph import Value
    from engine.model import Builder

LAYERS: dict[str, type[Layer]] = {}

ACTIVATIONS = (
    "identity",
    "relu",
    "leaky_relu",
    "elu",
    "gelu",
    "silu",
    "softplus",
    "sigmoid",
    "tanh",
    "softmax",
)
ACTIVATION = {"choices": ACTIVATIONS, "help": tr("φ: the function applied to each output.")}
INITIALIZER = {
    "choices": tuple(INITIALIZERS),
    "help": tr("How the weights are drawn before training; a table gives it settings."),
}


@dataclass(frozen=True)
class Layer(ABC):
    """Base of all layers."""

    type_name: ClassVar[str]

    name: str = setting("", help=tr("The layer's name; by default its type and a number."))
    repeat: int = setting(
        1, minimum=1, maximum=1000, help=tr("How many copies of the layer follow each other.")
    )

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        if "type_name" in cls.__dict__:
            LAYERS[cls.type_name] = cls

    @abstractmethod
    def build(self, builder: Builder, name: str, x: Value) -> Value:
        """Append the layer to the builder's graph and return its output.

        ``x`` is (features, …, batch). Raises ``ShapeError`` where the input doesn't fit.
        """
