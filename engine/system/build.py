"""A system built into a model: a network layer by layer, or the graph of an expression."""

from __future__ import annotations

from engine import expression
from engine.expression import to_graph
from engine.graph.graph import Graph, LeafKind, Value
from engine.graph.shapes import Shape
from engine.graph.symbols import shown
from engine.layers.base import first_form
from engine.model.builder import Builder
from engine.model.model import Model, ModelLayer, Parameter, numbers_at
from engine.support.errors import InputError, nearest
from engine.support.text import tr
from engine.system.system import System


def build(
    system: System,
    input_shapes: tuple[Shape, ...] = (),
    outputs: int = 0,
    batch: int = 0,
    *,
    training: bool = True,
) -> Model:
    """Build the forward graph of a system.

    Parameters
    ----------
    input_shapes:
        Shape of one sample as the first layer takes it: one, or one a time step; ignored for
        expression systems, as are the rest.
    outputs, batch:
        How many numbers the target has; samples in a batch.
    training:
        Whether the graph is for training or for evaluation.

    Raises
    ------
    InputError
        With the field: layers that don't fit each other (naming the shapes), names that don't
        exist, an expression that is wrong.
    """
    if system.is_expression:
        return build_expression(system)
    builder = Builder(system.names, outputs, training=training)
    return builder.network(
        system.layers,
        system.loss,
        tuple((*one, batch) for one in input_shapes),
        (outputs, batch),
        steps=first_form(system.layers) == "steps",
        scaled=system.data.input_scale is not None,
    )


def build_expression(system: System) -> Model:
    """Build the graph of an expression system.

    Raises
    ------
    InputError
        With the field: an expression that is wrong, values that are missing or unknown.
    """
    try:
        program = expression.parse(system.expression, to_graph.functions())
    except InputError as error:
        raise error.located(field="expression") from None
    values = {name: numbers_at(f"values.{name}", v) for name, v in system.values.items()}
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
        leaves[name] = graph.leaf(kind, name, values[name].shape, symbol=shown(name))
    objective = to_graph.append(program, leaves, graph)
    parameters = tuple(
        Parameter(name, leaves[name].id, name, leaves[name].shape, values[name])
        for name in program.free
        if name in trainable
    )
    layers = tuple(ModelLayer(p.name, (), (p.name,)) for p in parameters)
    given = tuple((leaves[n].id, values[n]) for n in program.free if n not in trainable)
    return Model(graph, parameters, layers, objective.id, objective.id, given=given)
