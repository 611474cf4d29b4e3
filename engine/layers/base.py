"""What a layer is: declared settings and a rule that appends it to a graph.

A new layer type is one file in this package: a frozen dataclass with a ``type_name``, settings
declared by ``engine.settings.setting``, and ``build``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from engine.errors import ShapeError
from engine.graph import Value
from engine.initializer import INITIALIZERS
from engine.settings import setting
from engine.shapes import misfit
from engine.text import tr

if TYPE_CHECKING:
    from engine.builder import Builder

# What flows between layers: one value, or one value a time step.
Flow: TypeAlias = "Value | tuple[Value, ...]"
Takes: TypeAlias = Literal["columns", "picture", "steps", "tokens"]

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
ACTIVATION: dict[str, Any] = {
    "choices": ACTIVATIONS,
    "help": tr("φ: the function applied to each output."),
}
INITIALIZER: dict[str, Any] = {
    "choices": tuple(INITIALIZERS),
    "help": tr("How the weights are drawn before training; a table gives it settings."),
}


@dataclass(frozen=True, kw_only=True)
class Layer(ABC):
    """Base of all layers.

    ``takes`` says in which form the first layer of a network wants the samples: columns
    (features, batch), picture (channels, height, width, batch), steps (a (features, batch) for
    each time step), tokens (features, steps, batch); None where any form will do.
    """

    type_name: ClassVar[str]
    takes: ClassVar[Takes | None] = "columns"

    name: str = setting("", help=tr("The layer's name; by default its type and a number."))
    repeat: int = setting(
        1, minimum=1, maximum=1000, help=tr("How many copies of the layer follow each other.")
    )

    def __init_subclass__(cls, **keywords: object) -> None:
        super().__init_subclass__(**keywords)
        if "type_name" in cls.__dict__:
            LAYERS[cls.type_name] = cls

    @abstractmethod
    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append the layer to the builder's graph and return its output.

        Raises ``ShapeError`` where the input doesn't fit.
        """

    def first_takes(self) -> Takes | None:
        """The form in which this layer wants the samples when it is the first."""
        return self.takes


def first_form(layers: Iterable[Layer]) -> Takes | None:
    """Return the form of the samples that the first layer that is not indifferent takes."""
    return next((form for form in (layer.first_takes() for layer in layers) if form), None)


def one(x: Flow, dimensions: int = 0, hint: str = "") -> Value:
    """Return the value that flows in; ShapeError for a sequence or other dimensions."""
    if not isinstance(x, Value):
        raise ShapeError(
            tr("takes one value, found a sequence of {n}; end the one before with its last").format(
                n=len(x)
            )
        )
    if dimensions and len(x.shape) != dimensions:
        raise misfit(hint or tr("needs {n} dimensions").format(n=dimensions), x.shape)
    return x


def steps(x: Flow) -> tuple[Value, ...]:
    """Return the sequence that flows in; ShapeError for a single value."""
    if isinstance(x, Value):
        raise misfit(tr("takes a sequence of time steps, found one value"), x.shape)
    return x


def each_step(x: Flow, name: str, build: Callable[[Value, str], Value]) -> Flow:
    """Apply what a layer does to a value to each time step of a sequence, by the step's name."""
    if isinstance(x, Value):
        return build(x, name)
    return tuple(build(value, f"{name}.t{t}") for t, value in enumerate(x, start=1))


def renamed(values: Mapping[str, Any], **names: str) -> dict[str, Any]:
    """Rewrite other common spellings of settings: ``other="ours"``."""
    return {names.get(key, key): value for key, value in values.items()}
