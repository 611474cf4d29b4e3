"""A network built into a graph, layer by layer."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import ClassVar, Protocol, TypeAlias, TypeVar

import engine.ops  # noqa: F401  its operations are found by name
from engine.graph.graph import Graph, Value
from engine.graph.shapes import Shape, misfit, size
from engine.graph.symbols import layer_mark, subscript
from engine.model.initializer import Initializer, Zeros
from engine.model.loss import LossSettings
from engine.model.model import Mask, Model, ModelLayer, Parameter, Statistic
from engine.support.errors import InputError, ShapeError, nearest
from engine.support.figures import shape_text
from engine.support.text import tr

# What a layer passes to the next one: a value, or a value for each time step. One value may also
# hold a whole sequence, with its time steps stacked: (features, steps, batch).
Flow: TypeAlias = "Value | tuple[Value, ...]"


# The group of the parameters that time steps share, and how many steps stand side by side before
# they are put into how many stretches.
WEIGHTS = "weights"
MOST_STEPS, STRETCHES = 12, 8


def step_groups(number: int, count: int, letter: str = "t") -> tuple[str, ...]:
    """Return the groups that time step ``number`` of ``count`` stands in, outermost first.

    Many time steps are drawn as a few groups of adjacent steps, which open into their steps.

    >>> step_groups(2, 8), step_groups(7, 40)
    (('t2',), ('t6-10', 't7'))
    """
    groups = []
    first, last = 1, count
    while last - first + 1 > MOST_STEPS:
        length = -(-(last - first + 1) // STRETCHES)
        first += (number - first) // length * length
        last = min(first + length - 1, last)
        if first < last:
            groups.append(f"{letter}{first}-{last}")
    return (*groups, f"{letter}{number}")


MOST_NUMBERS = 2**44
LayerT = TypeVar("LayerT", bound="Buildable")


class Buildable(Protocol):
    """What the builder needs of a layer; ``engine.layers.base.Layer`` has it."""

    type_name: ClassVar[str]

    @property
    def name(self) -> str: ...
    @property
    def repeat(self) -> int: ...
    def build(self, builder: Builder, name: str, x: Flow) -> Flow: ...


class Builder:
    """Appends layers to a graph; names nodes and collects the parameters.

    ``training`` is False for a graph for evaluation: there dropout is the identity, and batch
    normalisation uses its running statistics.
    """

    def __init__(
        self, names: Mapping[str, str], outputs: int = 0, *, training: bool = True
    ) -> None:
        self.graph = Graph()
        self.outputs = outputs
        self.training = training
        self.parameters: list[Parameter] = []
        self._layers: dict[str, tuple[str, ...]] = {}
        self._masks: list[Mask] = []
        self._statistics: list[Statistic] = []
        self._names = dict(names)
        self._given = frozenset(names.values())
        self._index = 0
        self._layer_group: tuple[str, ...] = ()
        self._place = ""  # the field of the block that is being built, as "layers.2."
        self._known: list[str] = []

    def network(
        self,
        layers: Sequence[Buildable],
        loss: LossSettings,
        input_shapes: tuple[Shape, ...],
        target_shape: Shape,
        *,
        steps: bool = False,
        scaled: bool = False,
    ) -> Model:
        """Build data, layers, loss and regulariser.

        Parameters
        ----------
        layers:
            In their order; repeated ones are unrolled.
        input_shapes, target_shape:
            With the batch as their last axis: of x, or of each time step; and of y.
        steps:
            Whether the first layer takes one value a time step, of which there may be one only.
        scaled:
            Whether the inputs are multiplied with an input scale, a leaf of its own.
        """
        last_field = f"layers.{len(layers) - 1}"
        scale = self._input_scale() if scaled else None
        inputs, flow = self._inputs(input_shapes, scale, steps=steps)
        flow = self._chain(layers, "", flow)
        if not isinstance(flow, Value):
            last = named_layers(layers)[-1][1]
            found = tr("{name}: a sequence of {n} steps, each ({shape})")
            raise InputError(
                tr("one output of the last layer"),
                found.format(name=last, n=len(flow), shape=shape_text(flow[-1].shape)),
                field=last_field,
                hint=tr(
                    "Set sequence = false in the last recurrent layer, or put a flatten layer"
                    " before the last one."
                ),
            )
        output = self._output(flow)
        self._check_output(output, target_shape, last_field)
        y = self._leaf("y", target_shape, differentiable=False)
        loss_value, objective = self._objective(output, y, loss)
        self._check_names()
        of_layer: dict[str, list[str]] = {}
        for parameter in self.parameters:
            of_layer.setdefault(parameter.layer, []).append(parameter.name)
        return Model(
            graph=self.graph,
            parameters=tuple(self.parameters),
            layers=tuple(
                ModelLayer(name, group, tuple(of_layer.get(name, ())))
                for name, group in self._layers.items()
            ),
            objective=objective.id,
            loss=loss_value.id,
            inputs=tuple(value.id for value in inputs),
            y=y.id,
            output=output.id,
            input_scale=None if scale is None else scale.id,
            masks=tuple(self._masks),
            statistics=tuple(self._statistics),
        )

    def inner(self, name: str, layers: Sequence[Buildable], x: Flow) -> Flow:
        """Build the layers inside a block; their names follow the block's and a dot."""
        return self._chain(layers, f"{name}.", x)

    def parameter(
        self, layer: str, suffix: str, shape: Shape, start: Initializer | None, *, symbol: str
    ) -> Value:
        """Append a parameter LAYER.SUFFIX; without an initialiser it starts at zero."""
        if layer not in self._layers:
            self._index += 1
            self._layers[layer] = self._layer_group
        if size(shape) > MOST_NUMBERS:
            raise misfit(tr("its {name} is larger than any memory").format(name=suffix), shape)
        full = f"{layer}.{suffix}"
        name, shown = self._named(full, symbol + layer_mark(self._index))
        value = self.graph.leaf("parameter", name, shape, symbol=shown)
        self.parameters.append(Parameter(full, value.id, layer, shape, start or Zeros()))
        return value

    def variable(self, value: Value, name: str, symbol: str, *, plain: bool = False) -> Value:
        """Name an intermediate value, which makes it a variable, drawn as a box.

        The symbol gets the layer's number (h⁽²⁾) unless it is to stay ``plain``.
        """
        name, shown = self._named(name, symbol if plain else symbol + layer_mark(self._index))
        return self.graph.rename(value, name, shown)

    def mask(self, name: str, shape: Shape, rate: float) -> Value:
        """Append a dropout mask, drawn anew for each step."""
        name, symbol = self._named(name, "m")
        value = self.graph.leaf("input", name, shape, symbol=symbol, differentiable=False)
        self._masks.append(Mask(value.id, rate))
        return value

    def keep_running_average(
        self, name: str, value: Value, momentum: float, start: float, factor: float = 1.0
    ) -> None:
        """Register a running average of a node: running += momentum (factor · value − running)."""
        self._statistics.append(Statistic(name, value.id, value.shape, momentum, start, factor))

    def statistic(self, name: str, shape: Shape, start: float) -> Value:
        """Append the leaf that takes a running average in evaluation."""
        value = self.graph.leaf("input", name, shape, differentiable=False)
        self._statistics.append(Statistic(name, value.id, shape, 0.0, start))
        return value

    def activate(self, value: Value, activation: str, name: str) -> Value:
        """Append an activation function; the identity appends nothing."""
        if activation == "identity":
            return value
        params = {"axis": 0} if activation == "softmax" else {}
        return self.variable(value.apply(activation, **params), name, "h")

    def _named(self, default: str, symbol: str) -> tuple[str, str]:
        self._known.append(default)
        given = self._names.pop(default, None)
        if given is None:
            return default, symbol
        if given in self.graph:
            raise InputError(tr("a name of its own"), repr(given), field=f"names.{default}")
        return given, given

    def _leaf(
        self, name: str, shape: Shape, *, symbol: str = "", differentiable: bool = True
    ) -> Value:
        name, symbol = self._named(name, symbol or name)
        return self.graph.leaf("input", name, shape, symbol=symbol, differentiable=differentiable)

    def _input_scale(self) -> Value:
        name, symbol = self._named("input_scale", "c")
        return self.graph.leaf("input", name, (), symbol=symbol)

    def _inputs(
        self, shapes: tuple[Shape, ...], scale: Value | None, *, steps: bool
    ) -> tuple[list[Value], Flow]:
        """Append x, or x₁ to x_T, and their products with the input scale.

        The inputs of many time steps are grouped as in the layer that takes them.
        """
        inputs: list[Value] = []
        flow: list[Value] = []
        for t, shape in enumerate(shapes, start=1):
            with ExitStack() as stretch:
                for group in step_groups(t, len(shapes), "x")[:-1]:
                    stretch.enter_context(self.graph.group(group))
                name, symbol = (f"x{t}", f"x{subscript(t)}") if steps else ("x", "x")
                inputs.append(self._leaf(name, shape, symbol=symbol))
                flow.append(inputs[-1] if scale is None else self._times(inputs[-1], scale))
        return inputs, tuple(flow) if steps else flow[0]

    def _times(self, x: Value, scale: Value) -> Value:
        name, symbol = self._named(f"{x.name}_scaled", f"{scale.node.symbol} {x.node.symbol}")
        return self.graph.rename(x * scale, name, symbol)

    def _chain(self, layers: Sequence[Buildable], prefix: str, flow: Flow) -> Flow:
        around, place = self._layer_group, self._place
        for position, name, layer in named_layers(layers, place):
            with self.graph.group(name):
                self._layer_group = self.graph.current_group
                self._place = f"{place}layers.{position}."
                try:
                    flow = layer.build(self, prefix + name, flow)
                except ShapeError as error:
                    raise InputError(
                        tr("a layer that fits the one before it"),
                        tr("{name}: {problem}").format(name=prefix + name, problem=error),
                        field=f"{place}layers.{position}",
                    ) from None
        self._layer_group, self._place = around, place
        return flow

    def _output(self, value: Value) -> Value:
        node = value.node
        if node.op is not None and node.name not in self._given:
            return self.graph.rename(value, node.name, "o")
        return value

    def _check_output(self, output: Value, target_shape: Shape, field: str) -> None:
        if output.shape == target_shape:
            return
        hint = tr("Leave out units in the last layer, and it gets the right number.")
        if len(output.shape) == 3:
            hint = tr("Put a flatten layer before the last one, or set sequence = false before it.")
        elif len(output.shape) > 3:
            hint = tr("End with a flatten and a linear layer.")
        raise InputError(
            tr("{count} outputs of the last layer, as many as the target has").format(
                count=target_shape[0]
            ),
            shape_text(output.shape[:-1]),
            field=field,
            hint=hint,
        )

    def _objective(self, output: Value, y: Value, settings: LossSettings) -> tuple[Value, Value]:
        try:
            loss = output.apply(settings.type, y)
        except ShapeError as error:
            raise InputError(
                tr("a loss that fits the data"),
                str(error),
                field="loss.type",
                hint=tr("Regression takes mean_squared_error or squared_error."),
            ) from None
        self.graph.rename(loss, *self._named("L", "L"))
        if settings.l2 == 0:
            return loss, loss
        norms = [self._squared_norm(p) for p in self.parameters if self._is_weight(p)]
        if not norms:
            return loss, loss
        total = norms[0] if len(norms) == 1 else norms[0].apply("sum_all", *norms[1:])
        regulariser = total * (settings.l2 / 2)
        self.graph.rename(regulariser, *self._named("s", "s"))
        objective = loss + regulariser
        return loss, self.graph.rename(objective, *self._named("J", "J"))

    def _is_weight(self, parameter: Parameter) -> bool:
        weight = parameter.name.rpartition(".")[2].startswith("weight")
        return weight and len(parameter.shape) > 1  # a normalisation's γ is no matrix

    def _squared_norm(self, parameter: Parameter) -> Value:
        weight = self.graph.value(parameter.node)
        name, symbol = self._named(f"{parameter.name}.norm", f"‖{weight.node.symbol}‖²")
        return self.graph.rename(weight.apply("sum_squares"), name, symbol)

    def _check_names(self) -> None:
        for left in self._names:
            raise InputError(
                tr("the name of a node"),
                repr(left),
                field=f"names.{left}",
                hint=nearest(left, self._known),
            )


def named_layers(layers: Sequence[LayerT], place: str = "") -> list[tuple[int, str, LayerT]]:
    """Unroll repeated layers and name them: (position in the file, linear1 or hidden2, layer).

    Copies of a layer whose name ends in a digit have a dot before their number (conv1.12), since
    conv112 reads as another layer. A layer without a name gets its type and the first number that
    no other layer has. ``place`` is the field that the layers are in, as ``layers.2.``.

    Raises
    ------
    InputError
        With the field: a name with a dot or a slash, or one that two layers share.
    """
    given = [copy_names(layer.name, layer.repeat) for layer in layers]
    taken = {name: position for position, names in enumerate(given) for name in names}
    counts: dict[str, int] = {}
    result: list[tuple[int, str, LayerT]] = []
    for position, (layer, names) in enumerate(zip(layers, given, strict=True)):
        if layer.name and any(mark in layer.name for mark in "./\n"):
            raise InputError(
                tr("a name without dot or slash"),
                repr(layer.name),
                field=f"{place}layers.{position}.name",
            )
        twice = next((name for name in names if taken[name] != position), None)
        if twice is not None:
            raise InputError(
                tr("a name of its own"),
                tr("{name!r}, as another layer is called").format(name=twice),
                field=f"{place}layers.{taken[twice]}.name",
            )
        if not layer.name:
            kind = layer.type_name
            free = (f"{kind}{number}" for number in itertools.count(counts.get(kind, 0) + 1))
            names = list(itertools.islice((n for n in free if n not in taken), layer.repeat))
            counts[kind] = int(names[-1].removeprefix(kind))
        result += [(position, name, layer) for name in names]
    return result


def copy_names(name: str, repeat: int) -> list[str]:
    """Return the names of the copies of a layer of this name; without a name, none.

    >>> copy_names("hidden", 2), copy_names("conv1", 2), copy_names("conv1", 1)
    (['hidden1', 'hidden2'], ['conv1.1', 'conv1.2'], ['conv1'])
    """
    if not name or repeat == 1:
        return [name] * bool(name)
    dot = "." if name[-1].isdigit() else ""
    return [f"{name}{dot}{number}" for number in range(1, repeat + 1)]
