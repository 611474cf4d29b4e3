"""A system built into a graph: what the trainer runs, for one batch size."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine import expression, expression_graph
from engine.errors import InputError, ShapeError, nearest
from engine.graph import Graph, LeafKind, Value
from engine.initializer import Initializer, Zeros
from engine.layers import Layer, types
from engine.names import superscript
from engine.op import Array
from engine.settings import type_name
from engine.shapes import Shape, shape_text
from engine.system import System
from engine.text import tr


@dataclass(frozen=True)
class Parameter:
    """A leaf that training changes: its name (LAYER.weight), node, layer and initialiser."""

    name: str
    node: int
    layer: str
    shape: Shape
    start: Initializer | Array


@dataclass(frozen=True)
class ModelLayer:
    """A layer of the model: its name, its group in the graph and its parameters' names."""

    name: str
    group: tuple[str, ...]
    parameters: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """A graph with the roles of its nodes (ids; None where the system has no such node)."""

    graph: Graph
    parameters: tuple[Parameter, ...]
    layers: tuple[ModelLayer, ...]
    objective: int
    loss: int
    x: int | None = None
    y: int | None = None
    output: int | None = None
    input_scale: int | None = None


def build(system: System, input_shape: Shape = (), outputs: int = 0, batch: int = 0) -> Model:
    """Build the forward graph of a system.

    Parameters
    ----------
    input_shape:
        Shape of one sample as the first layer takes it; ignored for expression systems.
    outputs:
        How many numbers the target has.
    batch:
        Samples in a batch.

    Raises
    ------
    InputError
        With the field: layers that don't fit each other (naming the shapes), names that don't
        exist, an expression that is wrong.
    """
    if system.is_expression:
        return _build_expression(system)
    builder = Builder(system, outputs)
    return builder.network((*input_shape, batch), (outputs, batch))


class Builder:
    """Appends layers to a graph, naming nodes and collecting parameters on the way."""

    def __init__(self, system: System, outputs: int) -> None:
        self.graph = Graph()
        self.system = system
        self.outputs = outputs
        self.parameters: list[Parameter] = []
        self._names = dict(system.names)
        self._index = 0
        self._known: list[str] = []

    def network(self, input_shape: Shape, target_shape: Shape) -> Model:
        """Build data, layers, loss and regulariser."""
        x = self._leaf("x", input_shape)
        scale, value = self._scaled(x)
        layers: list[ModelLayer] = []
        for position, name, layer in named_layers(self.system.layers):
            value = self._layer(position, name, layer, value)
            mine = tuple(p.name for p in self.parameters if p.layer == name)
            if mine:
                layers.append(ModelLayer(name, (name,), mine))
        output = self._output(value)
        self._check_output(output, target_shape)
        y = self._leaf("y", target_shape, differentiable=False)
        loss, objective = self._objective(output, y)
        self._check_names()
        return Model(
            self.graph,
            tuple(self.parameters),
            tuple(layers),
            objective.id,
            loss.id,
            x.id,
            y.id,
            output.id,
            None if scale is None else scale.id,
        )

    def parameter(
        self, layer: str, suffix: str, shape: Shape, start: Initializer | None, *, symbol: str
    ) -> Value:
        """Append a parameter LAYER.SUFFIX; without an initialiser it starts at zero."""
        if not any(p.layer == layer for p in self.parameters):
            self._index += 1
        full = f"{layer}.{suffix}"
        name, shown = self._named(full, symbol + superscript(self._index))
        value = self.graph.leaf("parameter", name, shape, symbol=shown)
        self.parameters.append(Parameter(full, value.id, layer, shape, start or Zeros()))
        return value

    def variable(self, value: Value, name: str, symbol: str) -> Value:
        """Name an intermediate: it becomes a variable, drawn as a box."""
        name, shown = self._named(name, symbol + superscript(self._index))
        return self.graph.rename(value, name, shown)

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

    def _leaf(self, name: str, shape: Shape, *, differentiable: bool = True) -> Value:
        name, symbol = self._named(name, name)
        return self.graph.leaf("input", name, shape, symbol=symbol, differentiable=differentiable)

    def _scaled(self, x: Value) -> tuple[Value | None, Value]:
        if self.system.data.input_scale is None:
            return None, x
        name, symbol = self._named("input_scale", "c")
        scale = self.graph.leaf("input", name, (), symbol=symbol)
        name, symbol = self._named("x_scaled", f"{symbol} x")
        return scale, self.graph.rename(x * scale, name, symbol)

    def _layer(self, position: int, name: str, layer: Layer, value: Value) -> Value:
        with self.graph.group(name):
            try:
                return layer.build(self, name, value)
            except ShapeError as error:
                raise InputError(
                    tr("a layer that fits the one before it"),
                    tr("{name}: {problem}").format(name=name, problem=error),
                    field=f"layers.{position}",
                ) from None

    def _output(self, value: Value) -> Value:
        node = value.node
        if node.op is not None and node.name not in self.system.names.values():
            return self.graph.rename(value, node.name, "o")
        return value

    def _check_output(self, output: Value, target_shape: Shape) -> None:
        if output.shape == target_shape:
            return
        raise InputError(
            tr("{count} outputs of the last layer, as many as the target has").format(
                count=target_shape[0]
            ),
            shape_text(output.shape[:-1]),
            field=f"layers.{len(self.system.layers) - 1}",
            hint=tr("Leave out units in the last layer, and it gets the right number."),
        )

    def _objective(self, output: Value, y: Value) -> tuple[Value, Value]:
        settings = self.system.loss
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
        return parameter.name.rpartition(".")[2].startswith("weight")

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


def named_layers(layers: tuple[Layer, ...]) -> list[tuple[int, str, Layer]]:
    """Unroll repeated layers and name them: (position in the file, linear1 or hidden2, layer)."""
    counts: dict[str, int] = {}
    taken: set[str] = set()
    result: list[tuple[int, str, Layer]] = []
    for position, layer in enumerate(layers):
        kind = type_name(types(), layer)
        for copy in range(1, layer.repeat + 1):
            if layer.name:
                name = f"{layer.name}{copy}" if layer.repeat > 1 else layer.name
            else:
                counts[kind] = counts.get(kind, 0) + 1
                name = f"{kind}{counts[kind]}"
            if name in taken or not name or any(mark in name for mark in "./\n"):
                raise InputError(
                    tr("a name of its own without dot or slash"),
                    repr(name),
                    field=f"layers.{position}.name",
                )
            taken.add(name)
            result.append((position, name, layer))
    return result


def _build_expression(system: System) -> Model:
    try:
        program = expression.parse(system.expression, expression_graph.functions())
    except InputError as error:
        raise error.located(field="expression") from None
    values = {name: _numbers(f"values.{name}", v) for name, v in system.values.items()}
    for name in values:
        if name not in program.free:
            raise InputError(
                tr("a variable of the expression"),
                repr(name),
                field=f"values.{name}",
                hint=nearest(name, program.free),
            )
    trainable = program.free if system.trainable is None else system.trainable
    for name in trainable:
        if name not in program.free:
            raise InputError(
                tr("a variable of the expression"),
                repr(name),
                field="trainable",
                hint=nearest(name, program.free),
            )
    graph = Graph()
    leaves: dict[str, Value] = {}
    for name in program.free:
        if name not in values:
            raise InputError(
                tr("a value for {name}").format(name=name), tr("none"), field=f"values.{name}"
            )
        kind: LeafKind = "parameter" if name in trainable else "input"
        leaves[name] = graph.leaf(kind, name, values[name].shape)
    objective = expression_graph.append(program, leaves, graph)
    parameters = tuple(
        Parameter(name, leaves[name].id, name, leaves[name].shape, values[name])
        for name in program.free
        if name in trainable
    )
    layers = tuple(ModelLayer(p.name, (), (p.name,)) for p in parameters)
    return Model(graph, parameters, layers, objective.id, objective.id)


def _numbers(field: str, value: Any) -> Array:
    try:
        array = np.asarray(value)
        if array.dtype.kind not in "fiu":
            raise TypeError
        return array.astype(np.float64)
    except (TypeError, ValueError):
        raise InputError(
            tr("a number or a list of numbers of one shape"), repr(value), field=field
        ) from None


def start_values(
    model: Model, given: Mapping[str, Any], rng: np.random.Generator
) -> dict[str, Array]:
    """Return each parameter's starting array (float64): the one given, else as initialised.

    Every parameter is drawn whether it is given or not, so that giving one leaves the others as
    they were. ``given`` may use the parameter's name, its node's name, or that in plain letters
    (W1 for W⁽¹⁾).

    Raises
    ------
    InputError
        A name that is no parameter's, or an array of another shape.
    """
    drawn = {
        p.name: p.start.fill(p.shape, rng) if isinstance(p.start, Initializer) else p.start
        for p in model.parameters
    }
    aliases = _aliases(model)
    seen: dict[str, str] = {}
    for name, value in given.items():
        if name not in aliases:
            raise InputError(
                tr("the name of a parameter"),
                repr(name),
                field=f"parameters.{name}",
                hint=nearest(name, drawn),
            )
        if aliases[name] in seen:
            raise InputError(
                tr("each parameter once"),
                tr("{a!r} and {b!r}").format(a=seen[aliases[name]], b=name),
                field=f"parameters.{name}",
            )
        seen[aliases[name]] = name
        drawn[aliases[name]] = _fitting(name, value, drawn[aliases[name]].shape)
    return drawn


def _fitting(name: str, value: Any, shape: Shape) -> Array:
    array = _numbers(f"parameters.{name}", value)
    if array.shape != shape:
        raise InputError(
            tr("an array of shape ({shape})").format(shape=shape_text(shape)),
            f"({shape_text(array.shape)})",
            field=f"parameters.{name}",
        )
    return array


def _aliases(model: Model) -> dict[str, str]:
    plain = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉", "0123456789" * 2, "⁽⁾")
    aliases: dict[str, str] = {}
    for parameter in model.parameters:
        node = model.graph.nodes[parameter.node]
        for alias in (node.name.translate(plain), node.name, parameter.name):
            aliases[alias] = parameter.name
    return aliases
