"""``Model``: a system as a graph for one batch size, with the roles of its nodes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from engine.graph.graph import Graph
from engine.graph.shapes import Shape
from engine.model.initializer import Initializer
from engine.support.arrays import Array
from engine.support.errors import InputError, nearest
from engine.support.figures import shape_text
from engine.support.text import tr


@dataclass(frozen=True)
class Parameter:
    """A leaf that training updates: its name (LAYER.weight), node, layer and initialiser."""

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
class Mask:
    """A leaf that takes a dropout mask: each entry 0 with probability ``rate``."""

    node: int
    rate: float

    def draw(self, shape: Shape, rng: np.random.Generator) -> Array:
        """Return a mask of this shape: 0 with probability rate, else 1 / (1 − rate)."""
        drawn: Array = (rng.random(shape) >= self.rate) / (1.0 - self.rate)
        return drawn


@dataclass(frozen=True)
class Statistic:
    """A running average: running += momentum (factor · value of the node − running).

    In an evaluation graph ``node`` is the leaf that takes the average.
    """

    name: str
    node: int
    shape: Shape
    momentum: float
    start: float
    factor: float = 1.0


@dataclass(frozen=True)
class Model:
    """A graph with the roles of its nodes (ids; None where the system has no such node).

    ``inputs`` has one leaf, or one a time step; ``given`` are the values of an expression's
    variables that training leaves alone.
    """

    graph: Graph
    parameters: tuple[Parameter, ...]
    layers: tuple[ModelLayer, ...]
    objective: int
    loss: int
    inputs: tuple[int, ...] = ()
    y: int | None = None
    output: int | None = None
    input_scale: int | None = None
    masks: tuple[Mask, ...] = ()
    statistics: tuple[Statistic, ...] = ()
    given: tuple[tuple[int, Array], ...] = ()


def numbers_at(field: str, value: Any) -> Array:
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
    model: Model,
    given: Mapping[str, Any],
    rng: np.random.Generator,
    over: Mapping[str, Any] | None = None,
) -> dict[str, Array]:
    """Return each parameter's initial array (float64): the one given, else as initialised.

    A parameter that is given is drawn as well, so that the others are drawn the same as without.
    ``given`` may use the parameter's name, its node's name, or that in plain letters
    (W1 for W⁽¹⁾); so may ``over``, which takes precedence.

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
    for layer in (given, over or {}):
        drawn.update(_by_parameter(layer, aliases, drawn))
    return drawn


def not_given(model: Model, given: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the names of the parameters for which nothing is given under any of their names."""
    aliases = _aliases(model)
    there = {aliases[name] for name in given}
    return tuple(p.name for p in model.parameters if p.name not in there)


def _by_parameter(
    given: Mapping[str, Any], aliases: Mapping[str, str], drawn: Mapping[str, Array]
) -> dict[str, Array]:
    """Return what is given under the parameters' own names, each once and in its shape."""
    seen: dict[str, str] = {}
    found: dict[str, Array] = {}
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
        found[aliases[name]] = _fitting(name, value, drawn[aliases[name]].shape)
    return found


def _fitting(name: str, value: Any, shape: Shape) -> Array:
    array = numbers_at(f"parameters.{name}", value)
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
