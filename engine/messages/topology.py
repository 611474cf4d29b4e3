"""``Topology``: a graph as the window shows it, with nodes, edges, layers and operations."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from engine.messages.wiring import Wiring

NodeKind = Literal["input", "parameter", "constant", "operation"]
Phase = Literal["batch", "forward", "backward", "update"]


# A larger graph has over 2,000 nodes in second order: too many to see or to compute often.
SECOND_ORDER_UP_TO = 700


@dataclass(frozen=True)
class NodeInfo:
    """One node of the graph: an operation with the variable it computes, or a leaf.

    ``name`` is unique; ``symbol`` is what is drawn in the box (W⁽¹⁾), empty for an unnamed
    intermediate, of which only the operator's circle with ``op_symbol`` is drawn.
    ``group`` is the path of groups it lies in, outermost first.

    ``order`` is 0 in the forward graph, 1 in its gradient graph, 2 where that is differentiated
    again. ``gradient_of``: the nodes whose gradient this node holds (several where one array
    is the gradient of all of them); ``origin``: the node whose gradient it helps to compute.
    """

    index: int
    id: int
    name: str
    symbol: str
    op: str
    op_symbol: str
    kind: NodeKind
    group: tuple[str, ...]
    shape: tuple[int, ...]
    formula: str
    differentiable: bool = True
    order: int = 0
    origin: int | None = None
    gradient_of: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        """The symbol, or the name where there is none."""
        return self.symbol or self.name

    @property
    def origins(self) -> tuple[int, ...]:
        """The forward nodes that a gradient node belongs to: ``gradient_of``, else ``origin``."""
        return self.gradient_of or (() if self.origin is None else (self.origin,))


def gradient_group(group: tuple[str, ...], order: int) -> tuple[str, ...]:
    """Return the group in the gradient graph of this order that belongs to a group of nodes."""
    mark = ("", "∂ ", "∂² ")[order]
    return tuple(mark + name for name in group)


@dataclass(frozen=True)
class EdgeInfo:
    """``source`` is argument ``position`` of ``target`` (indices into ``Topology.nodes``).

    ``local`` is the local derivative in symbols, such as "∂z/∂x = W⁽¹⁾ᵀ ·". An edge of the
    gradient graph is ``differentiable`` where it carries a gradient on, and not a local derivative.
    """

    index: int
    source: int
    target: int
    position: int
    local: str
    differentiable: bool = True


@dataclass(frozen=True)
class LayerInfo:
    """A layer whose gradient norm is plotted: its name, its group and its parameters' nodes.

    ``symbol`` is what it is called on screen, where that is not its name.
    """

    name: str
    group: tuple[str, ...]
    parameters: tuple[int, ...]
    symbol: str = ""

    @property
    def title(self) -> str:
        """The symbol, or the name where there is none."""
        return self.symbol or self.name


@dataclass(frozen=True)
class Operation:
    """What one press of "one operation" does, and which nodes and edges it highlights.

    ``nodes``: the nodes whose value (forward) or gradient (backward) becomes known;
    ``edges``: the edges used; ``stage``: the part of the pass ("forward · linear1");
    ``words``: what is computed, in symbols, without numbers.
    """

    phase: Phase
    stage: str
    nodes: tuple[int, ...]
    edges: tuple[int, ...]
    words: str


@dataclass(frozen=True)
class Topology:
    """A graph as the window sees it; ``generation`` counts the graphs of a session.

    ``objective`` is the symbol of what is differentiated: J, or L without a regulariser.
    ``order``: up to which order gradient nodes stand behind the forward nodes; ``counts``: how many
    nodes there are up to order 0, 1 and, once that was built, 2. ``not_given``: the parameters that
    were initialised although others came from a file.
    """

    generation: int
    system: str
    title: str
    seed: int
    dtype: str
    nodes: tuple[NodeInfo, ...]
    edges: tuple[EdgeInfo, ...]
    layers: tuple[LayerInfo, ...]
    operations: tuple[Operation, ...]
    task: str = ""
    steps_per_epoch: int = 1
    objective: str = "J"
    order: int = 0
    counts: tuple[int, ...] = ()
    not_given: tuple[str, ...] = ()

    @cached_property
    def forward(self) -> tuple[NodeInfo, ...]:
        """The nodes of the forward graph, which come first."""
        if not self.order:
            return self.nodes
        return tuple(node for node in self.nodes if node.order == 0)

    @property
    def has_samples(self) -> bool:
        """Whether it is trained on samples: an expression has a value, no loss and no epochs."""
        return bool(self.task)

    @property
    def highest_order(self) -> int:
        """The highest order of gradient nodes that can be shown; 0 where there are none."""
        if len(self.counts) < 2:
            return 0
        return 2 if self.counts[1] <= SECOND_ORDER_UP_TO else 1

    def worked_out(self) -> Topology:
        """Compute the cached properties on the calling thread, and return this topology."""
        _ = self.forward, self.dense
        return self

    @cached_property
    def dense(self) -> tuple[Dense, ...]:
        """The dense layers that are small enough to show their neurons."""
        return dense_layers(self)

    @cached_property
    def layer_of(self) -> dict[int, int]:
        """Node of a parameter → the index in ``layers`` of its layer."""
        return {node: k for k, layer in enumerate(self.layers) for node in layer.parameters}

    @property
    def smallest_normal(self) -> float:
        """The smallest magnitude the dtype holds in full precision; below it lies underflow."""
        return float(np.finfo(self.dtype).tiny)

    @cached_property
    def wiring(self) -> Wiring:
        """Which nodes lead to which."""
        return Wiring(len(self.nodes), self.edges)


# The most neurons of a layer that can be told apart on one screen.
MOST_NEURONS = 64


@dataclass(frozen=True)
class Dense:
    """A layer h = φ(W x + b), as nodes of a topology.

    ``weight`` is W (n, m), ``source`` x (m, batch), ``product`` W x + b (n, batch) or W x where
    the layer has no ``bias``; ``output`` the last value of that shape in the layer's group.
    """

    group: tuple[str, ...]
    weight: int
    bias: int | None
    source: int
    product: int
    output: int
    rows: int
    columns: int


def dense_layers(topology: Topology) -> tuple[Dense, ...]:
    """Return the dense layers of at most 64 × 64 weights that are used once in a pass.

    A layer that is used at each time step is left out: it has several activations.
    """
    nodes = topology.nodes
    uses: dict[int, list[EdgeInfo]] = {}
    inputs: dict[int, dict[int, int]] = {}
    inside: dict[tuple[str, ...], list[NodeInfo]] = {}
    for edge in topology.edges:
        if nodes[edge.target].order == 0:
            uses.setdefault(edge.source, []).append(edge)
            inputs.setdefault(edge.target, {})[edge.position] = edge.source
    for node in topology.forward:
        inside.setdefault(node.group, []).append(node)
    found: dict[tuple[str, ...], list[Dense]] = {}
    for weight in topology.forward:
        small = len(weight.shape) == 2 and max(weight.shape) <= MOST_NEURONS
        if weight.kind != "parameter" or not small or not weight.group:
            continue
        products = [e for e in uses.get(weight.index, []) if nodes[e.target].op == "matmul"]
        if len(products) != 1 or products[0].position != 0:
            continue
        product, bias = products[0].target, None
        source = inputs[product][1]
        if len(nodes[source].shape) != 2 or nodes[product].group != weight.group:
            continue
        for edge in uses.get(product, []):
            if nodes[edge.target].op == "add_bias":
                product, bias = edge.target, inputs[edge.target][1]
        output = max(
            node.index
            for node in inside[weight.group]
            if node.kind == "operation" and node.shape == nodes[product].shape
        )
        found.setdefault(weight.group, []).append(
            Dense(weight.group, weight.index, bias, source, product, output, *weight.shape)
        )
    return tuple(layers[0] for layers in found.values() if len(layers) == 1)
