"""Which of a graph's numbers are computed after how many operations: frames flag the others."""

import numpy as np

from engine.messages.topology import Topology
from engine.support.arrays import Array, read_only


class Readiness:
    """Which values, gradients and contributions of a topology are computed at a cursor."""

    def __init__(self, topology: Topology) -> None:
        self._topology = topology
        self._targets = np.array([edge.target for edge in topology.edges], np.intp)
        self._cursor = -1
        self._flags: tuple[Array, Array, Array]

    def at(self, cursor: int) -> tuple[Array, Array, Array]:
        """Return read-only flags of values, gradients, contributions; the last are cached."""
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
        if cursor >= len(operations) - 1:  # second order is computed after the whole pass
            value |= again
            gradient |= again
            edge |= again[self._targets]
        # A part of a local derivative is no gradient, and the edges to and from it carry none.
        gradient[[node.index for node in nodes if node.order and not node.differentiable]] = False
        rows = [row.index for row in self._topology.edges if not row.differentiable]
        edge[rows] = False
        return read_only(value), read_only(gradient), read_only(edge)
