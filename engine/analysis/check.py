"""The gradient check: backpropagation against central differences, to order 2.

``check`` runs it for a whole system, for the command ``check`` and the tests.

The difference is of fourth order, (f(−2h) − 8f(−h) + 8f(h) − f(2h)) / 12h, in float64 along a
random direction. Operations with kinks stay on the smooth piece that the point lies on, so that a
ReLU within h of its kink is compared with the derivative that backpropagation means.

A gradient that is tiny beside the objective is lost in the objective's rounding. Then the change of
the node's consumers is measured instead and weighted with their gradients, which have comparisons
of their own: so errors are also found in the early layers of a network whose gradient vanishes.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator

import networkx as nx
import numpy as np

from engine.execution.plan import Plan
from engine.graph.differentiate import Gradients, differentiate
from engine.graph.graph import Graph, Value
from engine.graph.interpret import interpret
from engine.model.model import Model, start_values
from engine.support.arrays import Array
from engine.system.build import build
from engine.system.system import System, override
from engine.training.feed import Feed, Samples

TOLERANCE = 1e-6
STEPS = (1e-3, 1e-4, 1e-5)
FINEST = 1e-6
MOST_SAMPLES = 8
NEGLIGIBLE = 1e-9
RESOLUTION = 1e-3


@dataclasses.dataclass(frozen=True)
class Comparison:
    """One directional derivative: by backpropagation (``analytic``), by differences.

    ``order`` 1 compares ∂J/∂name, order 2 the derivative of ⟨∂J/∂θ, u⟩ with a random u.
    ``error`` is their difference beyond what rounding explains, relative to the larger of both;
    ``rounding`` is the part that rounding explains, in the same unit.
    """

    order: int
    name: str
    analytic: float
    numeric: float
    error: float
    rounding: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether both agree to ``TOLERANCE``."""
        return self.error <= TOLERANCE

    @property
    def resolved(self) -> bool:
        """Whether an error of ``RESOLUTION`` (a thousandth) would exceed the rounding."""
        return self.rounding <= RESOLUTION


def check(system: System, seed: int = 0) -> Iterator[Comparison]:
    """Yield a comparison for each node with a gradient, then for each leaf to order 2.

    Also yields, named "Σ contributions of …", the invariant that a node's gradient is the sum of
    its outgoing edges' contributions, and "plan" for the compiled plan against the naive
    interpreter.
    """
    rng = np.random.default_rng(seed)
    model, leaves = _prepare(system)
    graph = model.graph
    count = len(graph)
    gradients = differentiate(graph, graph.value(model.objective))
    values = interpret(graph, leaves)
    yield from _first_order(model, gradients, leaves, values, rng, count)
    yield from _sums(model, gradients, values, count)
    yield _plan(model, gradients, leaves, values)
    yield from _second_order(model, gradients, leaves, rng, count)


def _prepare(system: System) -> tuple[Model, dict[int, Array]]:
    """Build the system in float64 on a small batch, with its starting values."""
    system.require_something()
    system = override(system, "dtype", "float64")
    if system.is_expression:
        model = build(system)
        leaves = dict(model.given)
    else:
        feed = Feed(system)
        count = min(MOST_SAMPLES, feed.batch_size_of(0))
        first = Samples(feed.train.x[:count], feed.train.y[:count])
        model = build(system, feed.input_shapes, feed.outputs, count)
        inputs, y = feed.columns(first)
        leaves = dict(zip(model.inputs, inputs, strict=True))
        assert model.y is not None
        leaves[model.y] = y
        if model.input_scale is not None:
            leaves[model.input_scale] = np.asarray(system.data.input_scale, np.float64)
        rng = np.random.default_rng(system.seed)
        for mask in model.masks:
            leaves[mask.node] = mask.draw(model.graph.nodes[mask.node].shape, rng)
    start = start_values(model, system.parameters, np.random.default_rng([system.seed, 1]))
    leaves.update({p.node: np.asarray(start[p.name], np.float64) for p in model.parameters})
    return model, leaves


def _first_order(
    model: Model,
    gradients: Gradients,
    leaves: dict[int, Array],
    values: dict[int, Array],
    rng: np.random.Generator,
    count: int,
) -> Iterator[Comparison]:
    graph, objective = model.graph, model.objective
    scale = _terms(values[node] * values[found] for node, found in gradients.by_node.items())
    for node in range(count):
        if node not in gradients.by_node:
            continue
        direction = rng.normal(size=graph.nodes[node].shape)
        along = _moved(graph, leaves, values, objective, node, direction)
        analytic = _along(values[gradients.by_node[node]], direction)
        found = _compare(1, graph.nodes[node].name, analytic, along, values[node], scale)
        if found.passed and not found.resolved:
            found = _compared_nearby(found, graph, gradients, leaves, values, node, direction)
        yield found


def _compared_nearby(
    found: Comparison,
    graph: Graph,
    gradients: Gradients,
    leaves: dict[int, Array],
    values: dict[int, Array],
    node: int,
    direction: Array,
) -> Comparison:
    """Compare with Σ ⟨gradient of a consumer, change of the consumer⟩ where that rounds less."""
    near = {n for n in graph.network.successors(node) if n in gradients.by_node}
    if not near:
        return found
    weights = {n: values[gradients.by_node[n]] for n in near}

    def along(t: float) -> float:
        moved = {node: values[node] + t * direction}
        run = interpret(graph, leaves, last=max(near), overrides=moved, base=values, only=near)
        return sum(_along(run[n] - values[n], weight) for n, weight in weights.items())

    scale = _terms(values[n] * weight for n, weight in weights.items())
    nearby = _compare(1, found.name, found.analytic, along, values[node], scale)
    return nearby if nearby.rounding < found.rounding else found


def _terms(products: Iterable[Array]) -> float:
    """Σ |entries|: the rounding of a sum is proportional to it; 0 where it is not finite."""
    with np.errstate(all="ignore"):
        size = float(sum(np.sum(np.abs(product)) for product in products))
    return size if math.isfinite(size) else 0.0


def _moved(
    graph: Graph,
    leaves: dict[int, Array],
    values: dict[int, Array],
    objective: int,
    node: int,
    direction: Array,
) -> Callable[[float], float]:
    """The objective as a function of the node's displacement; only its descendants are computed."""
    reached = nx.descendants(graph.network, node)

    def along(t: float) -> float:
        moved = {node: values[node] + t * direction}
        run = interpret(graph, leaves, last=objective, overrides=moved, base=values, only=reached)
        return float(run[objective])

    return along


def _second_order(
    model: Model,
    gradients: Gradients,
    leaves: dict[int, Array],
    rng: np.random.Generator,
    count: int,
) -> Iterator[Comparison]:
    """Differentiate ⟨∂J/∂θ, u⟩ again and compare along a direction of each leaf."""
    graph = model.graph
    terms: list[Value] = []
    leaves = dict(leaves)
    for parameter in model.parameters:
        if parameter.node in gradients.by_node:
            name = f"u.{parameter.name}"
            u = graph.leaf("input", name, parameter.shape, differentiable=False)
            leaves[u.id] = rng.normal(size=parameter.shape)
            terms.append((graph.value(gradients.by_node[parameter.node]) * u).apply("sum"))
    if not terms:
        return
    total = terms[0] if len(terms) == 1 else terms[0].apply("sum_all", *terms[1:])
    second = differentiate(graph, total)
    values = interpret(graph, leaves)
    scale = _terms(values[node] * values[found] for node, found in second.by_node.items())
    for node in range(count):
        if graph.nodes[node].op is not None or node not in gradients.by_node:
            continue
        direction = rng.normal(size=graph.nodes[node].shape)

        def along(t: float, node: int = node, direction: Array = direction) -> float:
            moved = {**leaves, node: leaves[node] + t * direction}
            return float(interpret(graph, moved, last=total.id, base=values)[total.id])

        found = second.by_node.get(node)
        analytic = 0.0 if found is None else _along(values[found], direction)
        yield _compare(2, graph.nodes[node].name, analytic, along, values[node], scale)


def _along(gradient: Array, direction: Array) -> float:
    with np.errstate(all="ignore"):
        return float(np.vdot(gradient, direction))


def _compare(
    order: int,
    name: str,
    analytic: float,
    along: Callable[[float], float],
    point: Array,
    scale: float,
) -> Comparison:
    """Compare at smaller and smaller steps until one agrees.

    Curvature needs a small step and rounding a large one; a wrong derivative agrees at none. The
    finest step is tried only where rounding is too small to hide a wrong derivative. ``scale`` is
    Σ |value × gradient| over all nodes, to which the objective's rounding is proportional, also
    where large values cancel.
    """
    size = max(float(np.max(np.abs(point), initial=0.0)), 1e-2)
    best: Comparison | None = None
    for step in STEPS:
        found = _compare_at(step * size, order, name, analytic, along, scale)
        if best is None or found.error < best.error:
            best = found
        if best.passed:
            return best
    assert best is not None
    h = FINEST * size
    if _rounding(h, scale, along(0.0)) < TOLERANCE * abs(analytic):
        finest = _compare_at(h, order, name, analytic, along, scale)
        best = min(best, finest, key=lambda c: c.error)
    return best


def _rounding(h: float, scale: float, *values: float) -> float:
    """A bound on the rounding of a difference quotient of step h over these objective values."""
    eps = float(np.finfo(float).eps)
    return eps * max(64 * max(map(abs, values)), 4 * scale) / h


def _compare_at(
    h: float,
    order: int,
    name: str,
    analytic: float,
    along: Callable[[float], float],
    scale: float,
) -> Comparison:
    with np.errstate(all="ignore"):
        near = along(h), along(-h)
        far = along(2 * h), along(-2 * h)
    numeric = (8 * (near[0] - near[1]) - (far[0] - far[1])) / (12 * h)
    rounding = _rounding(h, scale, *near, *far)
    difference = abs(analytic - numeric)
    excess = max(0.0, difference - rounding) if math.isfinite(difference) else math.inf
    larger = max(abs(analytic), abs(numeric))
    if not larger or not math.isfinite(larger):
        return Comparison(order, name, analytic, numeric, excess)
    return Comparison(order, name, analytic, numeric, excess / larger, rounding / larger)


def _sums(
    model: Model, gradients: Gradients, values: dict[int, Array], count: int
) -> Iterator[Comparison]:
    parts: dict[int, Array] = {}
    with np.errstate(all="ignore"):
        for (source, _, _), node in gradients.by_edge.items():
            parts[source] = parts.get(source, np.zeros(())) + values[node]
    for node in range(count):
        if node in parts:
            gradient = values[gradients.by_node[node]]
            name = f"Σ contributions of {model.graph.nodes[node].name}"
            scale = float(np.max(np.abs(gradient), initial=0.0))
            yield Comparison(1, name, scale, scale, _apart(gradient, parts[node]))


def _plan(
    model: Model, gradients: Gradients, leaves: dict[int, Array], values: dict[int, Array]
) -> Comparison:
    plan = Plan(model.graph, gradients.by_node.values(), np.float64)
    for node, array in leaves.items():
        if node in plan:
            plan.leaf(node)[...] = array
    plan.run()
    finite = [np.abs(values[node][np.isfinite(values[node])]) for node in plan.order]
    largest = max((float(array.max(initial=0.0)) for array in finite), default=0.0)
    floor = NEGLIGIBLE * largest
    worst = max((_apart(plan.value(node), values[node], floor) for node in plan.order), default=0.0)
    return Comparison(1, "plan against interpreter", worst, 0.0, worst)


def _apart(found: Array, expected: Array, floor: float = 0.0) -> float:
    """The largest difference relative to the largest entry; infinite where NaN or Inf differ.

    The largest entry counts as at least ``floor``, the size of rounding where sums cancel.
    """
    with np.errstate(all="ignore"):
        if np.array_equal(found, expected, equal_nan=True):
            return 0.0
        difference = float(np.max(np.abs(found - expected)))
        scale = max(floor, float(np.max(np.abs(expected))))
    if not math.isfinite(difference):
        return math.inf
    return difference / scale if scale else difference
