"""From a compiled pass to what the window sees: nodes, edges, layers and operations."""

from __future__ import annotations

from collections import defaultdict

from engine.execution.gradient_graph import node_count
from engine.execution.passes import Pass
from engine.graph.graph import Node
from engine.graph.symbols import (
    denominator,
    flow_of,
    formula_of,
    local_of,
    op_symbol,
    reference,
    shown,
)
from engine.messages.topology import EdgeInfo, LayerInfo, NodeInfo, Operation, Topology
from engine.observe.status_words import of_rule
from engine.support import cancellation
from engine.support.text import tr
from engine.system.system import System


def make_topology(
    compiled: Pass, system: System, generation: int, task: str, steps_per_epoch: int
) -> tuple[Topology, list[int]]:
    """Return the topology, and for each operation the plan's stop after it (−1: not the plan's)."""
    builder = _Operations(compiled, system)
    model, graph = compiled.model, compiled.model.graph
    by_name = {p.name: p.node for p in model.parameters}
    topology = Topology(
        generation=generation,
        system=system.name,
        title=system.title,
        seed=system.seed,
        dtype=system.dtype,
        nodes=tuple(_node_info(compiled, graph.nodes[i]) for i in range(compiled.forward_nodes)),
        edges=tuple(
            EdgeInfo(
                row,
                source,
                target,
                position,
                local_of(graph, target, position),
                (source, target, position) in compiled.gradients.by_edge,
            )
            for row, (source, target, position) in enumerate(compiled.edges)
        ),
        layers=tuple(
            LayerInfo(
                layer.name,
                layer.group,
                tuple(by_name[name] for name in layer.parameters),
                "" if model.y is not None else shown(layer.name),
            )
            for layer in model.layers
        ),
        operations=tuple(builder.operations),
        task=task,
        steps_per_epoch=steps_per_epoch,
        objective=reference(graph, graph.nodes[model.objective]),
        counts=(compiled.forward_nodes, node_count(compiled)),
    )
    return topology, builder.stops


def _node_info(compiled: Pass, node: Node) -> NodeInfo:
    cancellation.checkpoint()
    return NodeInfo(
        index=node.id,
        id=node.id,
        name=node.name,
        symbol=node.symbol,
        op=node.op_name,
        op_symbol=op_symbol(node),
        kind=node.kind,  # type: ignore[arg-type]
        group=node.group,
        shape=node.shape,
        formula=formula_of(compiled.model.graph, node.id),
        differentiable=node.id in compiled.gradients.by_node,
    )


class _Operations:
    """Lists what one press of "one operation" does, in the order of the pass."""

    def __init__(self, compiled: Pass, system: System) -> None:
        self.compiled = compiled
        self.graph = compiled.model.graph
        self.operations: list[Operation] = []
        self.stops: list[int] = []
        self._edges_in: dict[int, list[int]] = defaultdict(list)
        self._edges_out: dict[int, list[int]] = defaultdict(list)
        inputs = (self.graph.nodes[node].group for node in compiled.model.inputs)
        self._input_groups = {(), *inputs}
        grouped = (node.id for node in self.graph.nodes if node.group not in self._input_groups)
        self._first_grouped = next(grouped, 0)
        for row, edge in enumerate(compiled.edges):
            self._edges_in[edge[1]].append(row)
            if edge in compiled.gradients.by_edge:
                self._edges_out[edge[0]].append(row)
        self._batch()
        for identity in range(compiled.forward_nodes):
            if self.graph.nodes[identity].op is not None:
                self._forward(identity)
        for identity in range(compiled.forward_nodes - 1, -1, -1):
            if identity in compiled.gradients.by_node:
                self._backward(identity)
        self._add("update", tr("update"), (), (), of_rule(system), -1)

    def _add(
        self,
        phase: str,
        stage: str,
        nodes: tuple[int, ...],
        edges: tuple[int, ...],
        words: str,
        stop: int,
    ) -> None:
        cancellation.checkpoint()
        operation = Operation(phase, stage, nodes, edges, words)  # type: ignore[arg-type]
        self.operations.append(operation)
        self.stops.append(stop)

    def _batch(self) -> None:
        model = self.compiled.model
        if model.y is None:
            return
        count = self.graph.nodes[model.y].shape[-1]
        leaves = (*model.inputs, model.y, *(mask.node for mask in model.masks))
        words = tr("draw a mini-batch of {count} samples").format(count=count)
        self._add("batch", tr("mini-batch"), leaves, (), words, 0)

    def _forward(self, identity: int) -> None:
        self._add(
            "forward",
            self._stage(identity, tr("forward · {layer}")),
            (identity,),
            tuple(self._edges_in[identity]),
            formula_of(self.graph, identity),
            self.compiled.plan.stop_after(identity),
        )

    def _backward(self, identity: int) -> None:
        gradients = self.compiled.gradients
        edges = tuple(self._edges_out[identity])
        nodes = [gradients.by_node[identity]]
        nodes += [gradients.by_edge[self.compiled.edges[row]] for row in edges]
        stop = max(self.compiled.plan.stop_after(node) for node in nodes)
        stop = max(stop, self.stops[-1])
        self._add(
            "backward",
            self._stage(identity, tr("backward · {layer}")),
            (identity,),
            edges,
            self.backward_words(identity, edges),
            stop,
        )

    def backward_words(self, identity: int, edges: tuple[int, ...]) -> str:
        """Return "∂J/∂h = W⁽²⁾ᵀ ∂J/∂o": the sum of the outgoing edges' contributions."""
        objective = reference(self.graph, self.graph.nodes[self.compiled.model.objective])
        left = f"∂{objective}/∂{denominator(self.graph, self.graph.nodes[identity])}"
        if identity == self.compiled.model.objective:
            return f"{left} = 1"
        terms = []
        for row in edges:
            _, target, position = self.compiled.edges[row]
            upstream = f"∂{objective}/∂{denominator(self.graph, self.graph.nodes[target])}"
            terms.append(flow_of(self.graph, target, position, upstream))
        return f"{left} = {' + '.join(terms)}"

    def _stage(self, identity: int, template: str) -> str:
        """The line of the algorithm: a layer forward or backward, or the loss.

        An expression has one of each, named after its result.
        """
        group = self.graph.nodes[identity].group
        if self.compiled.model.y is None:
            objective = self.graph.nodes[self.compiled.model.objective]
            group = (objective.symbol or objective.name,)
        elif group in self._input_groups and identity < self._first_grouped:
            group = self._consumer_group(identity) or (tr("inputs"),)
        return template.format(layer=group[0]) if group else tr("loss")

    def _consumer_group(self, identity: int) -> tuple[str, ...]:
        """The group of the layer that takes a leaf."""
        if self.graph.nodes[identity].op is not None or not self._edges_out[identity]:
            return ()
        return self.graph.nodes[self.compiled.edges[self._edges_out[identity][0]][1]].group
