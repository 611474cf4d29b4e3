"""What a layer is: declared settings and a rule that appends it to a graph.

A new layer type is one file in this package: a frozen dataclass with a ``type_name``, settings
declared by ``engine.settings.declaration.setting``, and ``build``.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

import engine.ops  # noqa: F401  its operations are found by name
from engine.graph.graph import Value
from engine.graph.op import find
from engine.graph.shapes import misfit
from engine.model.builder import WEIGHTS, Flow, step_groups
from engine.model.initializer import INITIALIZERS, formulas
from engine.settings.declaration import Formula, setting
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.model.builder import Builder

Takes: TypeAlias = Literal["columns", "picture", "steps", "tokens"]

LAYERS: dict[str, type[Layer]] = {}
_ORDER = (
    *("linear", "conv2d", "max_pool2d", "avg_pool2d", "flatten", "batch_norm", "layer_norm"),
    *("dropout", "activation", "residual", "block"),
    *("rnn", "lstm", "gru", "self_attention", "embedding"),
)


# The activation functions in the order of the menu, and where they are from.
_SOURCES = {
    "identity": "",
    "relu": "Nair & Hinton 2010; torch.nn.ReLU",
    "leaky_relu": "Maas, Hannun, Ng 2013; torch.nn.LeakyReLU",
    "elu": "Clevert, Unterthiner, Hochreiter 2016; torch.nn.ELU",
    "gelu": "Hendrycks & Gimpel 2016; torch.nn.GELU",
    "silu": "Elfwing, Uchibe, Doya 2018; torch.nn.SiLU",
    "softplus": "Dugas et al. 2001; torch.nn.Softplus",
    "sigmoid": "Dive into Deep Learning 5.1; torch.nn.Sigmoid",
    "tanh": "Dive into Deep Learning 5.1; torch.nn.Tanh",
    "softmax": "Bridle 1990; torch.nn.Softmax over the features",
}
ACTIVATIONS = tuple(_SOURCES)


def _activation_formulas() -> dict[str, Formula]:
    found = {"identity": Formula("h = z")}
    for name, source in _SOURCES.items():
        if name != "identity":
            found[name] = Formula(find(name).equation(y="h", a="z"), source)
    return found


ACTIVATION: dict[str, Any] = {
    "choices": ACTIVATIONS,
    "formulas": _activation_formulas,
    "help": tr("φ: the function applied to each output."),
}
INITIALIZER: dict[str, Any] = {
    "variants": lambda: INITIALIZERS,
    "by_name": True,
    "formulas": formulas,
    "help": tr("How the weights are drawn before training."),
}


@dataclass(frozen=True, kw_only=True)
class Layer(ABC):
    """Base of all layers.

    ``takes`` says in which form the first layer of a network wants the samples: columns
    (features, batch), picture (channels, height, width, batch), steps (a (features, batch) for
    each time step), tokens (features, steps, batch); None where it accepts any.
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


def types() -> dict[str, type[Layer]]:
    """Return the layer types by name, in the order of the menu; the first is a layer's default."""
    return {name: LAYERS[name] for name in (*_ORDER, *LAYERS) if name in LAYERS}


def first_form(layers: Iterable[Layer]) -> Takes | None:
    """Return the ``takes`` of the first layer that asks for a form of the samples."""
    return next((form for form in (layer.first_takes() for layer in layers) if form), None)


def one(x: Flow, dimensions: int = 0, hint: str = "") -> Value:
    """Return the layer's input as one value; ShapeError for a sequence or other dimensions."""
    if not isinstance(x, Value):
        raise misfit(
            tr(
                "takes one value, not a sequence of {n} steps; set sequence = false in the"
                " recurrent layer before it, or put a flatten layer between"
            ).format(n=len(x)),
            x[0].shape,
        )
    if dimensions and len(x.shape) != dimensions:
        raise misfit(hint or tr("needs {n} dimensions").format(n=dimensions), x.shape)
    return x


def steps(x: Flow) -> tuple[Value, ...]:
    """Return the layer's input as one value a time step; ShapeError where it is no sequence."""
    if not isinstance(x, Value):
        return x
    if len(x.shape) != 3:
        raise misfit(
            tr(
                "takes a sequence of time steps, not one value; make it the first layer, or set"
                " sequence = true in the recurrent or attention layer before it"
            ),
            x.shape,
        )
    return tuple(x.apply("step_of", index=t) for t in range(x.shape[1]))


def stacked(x: Flow) -> Value:
    """Return the layer's input as one value, the time steps of a sequence stacked."""
    return x if isinstance(x, Value) else x[0].apply("stack_steps", *x[1:])


def features_of(x: Flow) -> int:
    """Return the number of features of the layer's input, of a sequence at each step."""
    return (x if isinstance(x, Value) else x[0]).shape[0]


def product(weight: Value, x: Value) -> Value:
    """Append W x; of a value that holds a sequence, for each of its steps."""
    if len(x.shape) == 3:
        return weight.apply("einsum", x, spec="oi,itb->otb")
    return weight @ x


def each_step(builder: Builder, x: Flow, name: str, build: Callable[[Value, str], Value]) -> Flow:
    """Apply what a layer does to a value to each time step of a sequence, in the step's group.

    ``build`` takes a value and what the names of its nodes begin with.
    """
    if isinstance(x, Value):
        return build(x, name)
    results = []
    for t, value in enumerate(x, start=1):
        with time_step(builder, t, len(x)):
            results.append(build(value, f"{name}.t{t}"))
    return tuple(results)


@contextmanager
def time_step(builder: Builder, number: int, count: int) -> Iterator[None]:
    """A context in which new nodes get the groups of time step ``number`` of ``count``."""
    with ExitStack() as groups:
        for group in step_groups(number, count):
            groups.enter_context(builder.graph.group(group))
        yield


@contextmanager
def shared_weights(builder: Builder, x: Flow) -> Iterator[None]:
    """A context for parameters that all time steps share: their group is drawn as one node."""
    if isinstance(x, Value):
        yield
        return
    with builder.graph.group(WEIGHTS):
        yield


def renamed(values: Mapping[str, Any], **names: str) -> dict[str, Any]:
    """Return the values with other common names of settings replaced: ``other="ours"``."""
    return {names.get(key, key): value for key, value in values.items()}
