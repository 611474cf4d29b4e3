"""From the trainer's state to frames: copies of what is computed, flags of what is not yet."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.detail import make_detail
from engine.frame import Detail, Frame, Topology
from engine.op import Array

if TYPE_CHECKING:
    from engine.trainer import Trainer


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
) -> Frame:
    """Copy the trainer's state into a frame."""
    compiled = trainer.current
    value_ready, gradient_ready, edge_ready = trainer.readiness.at(trainer.cursor)
    objective, loss = trainer.objective_and_loss()
    model, scalars = compiled.model, compiled.scalars()
    norms = compiled.norms()
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
        value_norm=_frozen(values),
        value_ready=value_ready,
        gradient_norm=_frozen(gradients),
        gradient_ready=gradient_ready,
        contribution_norm=_frozen(np.where(edge_ready, norms.contributions, np.nan)),
        contribution_ready=edge_ready,
        layer_gradient_norm=_frozen(_layer_norms(trainer)),
        scalars=trainer.recorder.take(),
        first_nonfinite=_first_nonfinite(values, value_ready),
        detail=_detail(trainer, selection, value_ready, gradient_ready),
        findings=trainer.diagnose(at_leisure=running),
        rewound=rewound,
        progress=progress,
        problem=problem,
        input_scale=trainer.system.data.input_scale,
        learning_rate=trainer.learning_rate,
        scalar_value=_frozen(np.where(value_ready, scalars[0], np.nan)),
        scalar_gradient=_frozen(np.where(gradient_ready, scalars[1], np.nan)),
        scalar_contribution=_frozen(np.where(edge_ready, scalars[2], np.nan)),
        systems=trainer.timeline.systems,
    )


class Readiness:
    """Which values, gradients and contributions are computed after so many operations."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
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
        value = np.array([node.kind != "operation" for node in nodes])
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
        return _frozen(value), _frozen(gradient), _frozen(edge)


def _layer_norms(trainer: Trainer) -> Array:
    if trainer.complete:
        return trainer.training.gradient_norms()
    return np.full(len(trainer.topology.layers), np.nan)


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
    if edge is not None:
        node = trainer.current.edges[edge][0]
    if node is None:
        return None
    feed = trainer.training.feed
    return make_detail(trainer.current, node, edge, trainer.step, value_ready, gradient_ready, feed)


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array
