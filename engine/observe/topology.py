"""Makes the ``Topology`` of a compiled pass: nodes, edges, layers and operations."""

from __future__ import annotations

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
from engine.training.operations import PassOperation
from engine.training.trainer import Trainer


def make_topology(trainer: Trainer, generation: int, not_given: tuple[str, ...] = ()) -> Topology:
    """Return the topology of a new trainer, before its first operation."""
    compiled, system, training = trainer.current, trainer.system, trainer.training
    words = _Words(compiled, system)
    model, graph = compiled.model, compiled.model.graph
    by_name = {p.name: p.node for p in model.parameters}
    return Topology(
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
        operations=tuple(words.operation(one) for one in trainer.operations),
        task=training.feed.task if training.feed else "",
        steps_per_epoch=training.steps_per_epoch,
        objective=reference(graph, graph.nodes[model.objective]),
        counts=(compiled.forward_nodes, node_count(compiled)),
        not_given=not_given,
    )


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


class _Words:
    """Describes a pass's operations: the part of the pass, and what is computed."""

    def __init__(self, compiled: Pass, system: System) -> None:
        self.compiled = compiled
        self.graph = compiled.model.graph
        self._system = system
        inputs = (self.graph.nodes[node].group for node in compiled.model.inputs)
        self._input_groups = {(), *inputs}
        grouped = (node.id for node in self.graph.nodes if node.group not in self._input_groups)
        self._first_grouped = next(grouped, 0)

    def operation(self, done: PassOperation) -> Operation:
        """Return an operation as the window lists it."""
        cancellation.checkpoint()
        match done.phase:
            case "batch":
                stage, words = tr("mini-batch"), self._batch_words()
            case "forward":
                stage = self._stage(done, tr("forward · {layer}"))
                words = formula_of(self.graph, done.nodes[0])
            case "backward":
                stage = self._stage(done, tr("backward · {layer}"))
                words = self._backward_words(done.nodes[0], done.edges)
            case "update":
                stage, words = tr("update"), of_rule(self._system)
        return Operation(done.phase, stage, done.nodes, done.edges, words)

    def _batch_words(self) -> str:
        samples = self.compiled.model.y
        assert samples is not None, "a mini-batch is drawn of samples only"
        count = self.graph.nodes[samples].shape[-1]
        return tr("draw a mini-batch of {count} samples").format(count=count)

    def _backward_words(self, identity: int, edges: tuple[int, ...]) -> str:
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

    def _stage(self, done: PassOperation, template: str) -> str:
        """The part of the pass: a layer forward or backward, or the loss.

        An expression has one of each, named after its result.
        """
        identity = done.nodes[0]
        group = self.graph.nodes[identity].group
        if self.compiled.model.y is None:
            objective = self.graph.nodes[self.compiled.model.objective]
            group = (objective.symbol or objective.name,)
        elif group in self._input_groups and identity < self._first_grouped:
            group = self._consumer_group(identity, done.edges) or (tr("inputs"),)
        return template.format(layer=group[0]) if group else tr("loss")

    def _consumer_group(self, identity: int, edges: tuple[int, ...]) -> tuple[str, ...]:
        """The group of the layer that takes a leaf along the first of its edges."""
        if self.graph.nodes[identity].op is not None or not edges:
            return ()
        return self.graph.nodes[self.compiled.edges[edges[0]][1]].group
