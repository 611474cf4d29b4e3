"""From the trainer's state to frames: copies of what is computed, flags of what is not yet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from engine.execution.gradient_graph import extended
from engine.messages.frame import Detail, Frame, Past
from engine.messages.topology import Topology
from engine.observe.detail import make_detail, make_gradient_detail
from engine.observe.quantities import GRADIENT_NORM, measured
from engine.support.arrays import Array, read_only

if TYPE_CHECKING:
    from engine.training.trainer import Trainer

MOST_OF_THE_PAST = 500


def make_frame(
    trainer: Trainer,
    *,
    serial: int,
    running: bool,
    busy: str,
    progress: tuple[int, int] | None,
    problem: str,
    message: str,
    lit: int | None,
    selection: tuple[int | None, int | None],
    rewound: bool,
    reset: bool,
    quantity: str = GRADIENT_NORM,
    first: Mapping[str, Array] | None = None,
) -> Frame:
    """Copy the trainer's state into a frame; of the quantities only this one is measured."""
    compiled = trainer.current
    order = trainer.topology.order
    seen = extended(compiled, order) if order else compiled
    if order > 1 and trainer.complete:
        extended(compiled, order).renew()
    value_ready, gradient_ready, edge_ready = trainer.readiness.at(trainer.cursor)
    objective, loss = trainer.objective_and_loss()
    model, scalars = compiled.model, seen.scalars()
    norms = seen.norms()
    values = np.where(value_ready, norms.values, np.nan)
    gradients = np.where(gradient_ready, norms.gradients, np.nan)
    return Frame(
        generation=trainer.generation,
        serial=serial,
        step=trainer.step,
        epoch=trainer.epoch,
        cursor=trainer.cursor,
        running=running,
        busy=busy,
        message=message,
        lit=lit,
        objective=objective if value_ready[model.objective] else float("nan"),
        loss=loss if value_ready[model.loss] else float("nan"),
        value_norm=read_only(values),
        value_ready=value_ready,
        gradient_norm=read_only(gradients),
        gradient_ready=gradient_ready,
        contribution_norm=read_only(np.where(edge_ready, norms.contributions, np.nan)),
        contribution_ready=edge_ready,
        layer_gradient_norm=read_only(_layer_norms(trainer, gradients, gradient_ready)),
        scalars=trainer.recorder.take(),
        first_nonfinite=_first_nonfinite(values, value_ready),
        detail=_detail(trainer, selection, value_ready, gradient_ready),
        findings=trainer.diagnose(at_leisure=running),
        rewound=rewound,
        reset=reset,
        progress=progress,
        problem=problem,
        input_scale=trainer.system.data.input_scale,
        learning_rate=trainer.learning_rate,
        scalar_value=read_only(np.where(value_ready, scalars[0], np.nan)),
        scalar_gradient=read_only(np.where(gradient_ready, scalars[1], np.nan)),
        scalar_contribution=read_only(np.where(edge_ready, scalars[2], np.nan)),
        systems=trainer.timeline.systems,
        nonfinite_since=trainer.nonfinite_since,
        quantity=None if quantity == GRADIENT_NORM else measured(trainer, quantity),
        first=first or {},
    )


class Readiness:
    """Which values, gradients and contributions are computed after so many operations."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._targets = np.array([edge.target for edge in topology.edges], np.intp)
        self._cursor = -1
        self._flags: tuple[Array, Array, Array]

    def at(self, cursor: int) -> tuple[Array, Array, Array]:
        """Return read-only flags by node, node and edge; the last answer is remembered."""
        if cursor != self._cursor:
            self._flags = self._computed(cursor)
            self._cursor = cursor
        return self._flags

    def _computed(self, cursor: int) -> tuple[Array, Array, Array]:
        nodes, operations = self._topology.nodes, self._topology.operations
        value = np.array([node.kind != "operation" and node.order == 0 for node in nodes])
        again = np.array([node.order == 2 for node in nodes], bool)
        first = np.array([node.order == 1 for node in nodes], bool)
        gradient = np.zeros(len(nodes), bool)
        edge = np.zeros(len(self._topology.edges), bool)
        for operation in operations:
            if operation.phase == "batch":
                value[list(operation.nodes)] = False
        for operation in operations[:cursor]:
            if operation.phase == "backward":
                gradient[list(operation.nodes)] = True
                edge[list(operation.edges)] = True
            else:
                value[list(operation.nodes)] = True
        value |= gradient & first
        if cursor >= len(operations) - 1:  # what is of second order needs the whole pass
            value |= again
            gradient |= again
            edge |= again[self._targets]
        # A part of a local derivative is no gradient, and the edges to and from it carry none.
        gradient[[node.index for node in nodes if node.order and not node.differentiable]] = False
        rows = [row.index for row in self._topology.edges if not row.differentiable]
        edge[rows] = False
        return read_only(value), read_only(gradient), read_only(edge)


def _layer_norms(trainer: Trainer, gradients: Array, ready: Array) -> Array:
    """Each layer's gradient norm; NaN where the backward pass has not reached all of a layer."""
    if trainer.complete:
        return trainer.training.gradient_norms()
    places = [list(layer.parameters) for layer in trainer.topology.layers]
    norms = [
        np.hypot.reduce(gradients[p], initial=0.0) if ready[p].all() else np.nan for p in places
    ]
    return np.array(norms, float)


def _first_nonfinite(values: Array, value_ready: Array) -> int | None:
    bad = np.flatnonzero(value_ready & ~np.isfinite(values))
    return int(bad[0]) if len(bad) else None


def _detail(
    trainer: Trainer,
    selection: tuple[int | None, int | None],
    value_ready: Array,
    gradient_ready: Array,
) -> Detail | None:
    node, edge = selection
    topology, compiled = trainer.topology, trainer.current
    if edge is not None:
        node = topology.edges[edge].source if edge < len(topology.edges) else None
    if node is None or node >= len(topology.nodes):
        return None  # a node that is not shown any more
    if node >= compiled.forward_nodes or (edge is not None and edge >= len(compiled.edges)):
        graph = extended(compiled, topology.order)
        return make_gradient_detail(topology, graph, node, edge, trainer.step, value_ready)
    feed = trainer.training.feed
    detail = make_detail(compiled, node, edge, trainer.step, value_ready, gradient_ready, feed)
    return replace(detail, past=_past(trainer, node, edge))


def _past(trainer: Trainer, node: int, edge: int | None) -> Past | None:
    """How long the gradient of a node, or an edge's contribution, was at the last steps."""
    compiled = trainer.current
    if edge is None:
        holder = compiled.gradients.by_node.get(node)
    else:
        holder = compiled.gradients.by_edge.get(compiled.edges[edge])
    if holder is None:
        return None
    steps, norms = trainer.recorder.past(holder, MOST_OF_THE_PAST)
    return Past(read_only(steps), read_only(norms)) if len(steps) > 1 else None
