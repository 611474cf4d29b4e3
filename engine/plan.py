"""A graph compiled to a flat list of numpy calls over buffers made once.

Buffers of equal size lie side by side in one block, so that the norms of all nodes of that size
are one call. Every buffer is written once a run; nothing accumulates in place.
"""

from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine import norms
from engine.errors import RunError
from engine.graph import Graph, Node
from engine.names import formula_of
from engine.op import Array, DType, Step
from engine.shapes import size
from engine.text import tr


class Plan:
    """An executable form of the part of a graph that some nodes need.

    Parameters
    ----------
    targets:
        Ids of the nodes wanted; their ancestors come with them.
    leaves:
        Arrays that the caller owns (parameters); the plan reads them in place. Other leaves get
        a buffer of the plan's, to be filled through ``leaf``.
    outputs:
        Arrays of the caller's into which computed nodes write (parameter gradients side by side).

    Attributes
    ----------
    order:
        Ids of the computed nodes, ascending; ``run`` goes through them.
    """

    def __init__(
        self,
        graph: Graph,
        targets: Iterable[int],
        dtype: DTypeLike,
        leaves: Mapping[int, Array] | None = None,
        outputs: Mapping[int, Array] | None = None,
    ) -> None:
        self.graph = graph
        self.dtype = np.dtype(dtype)
        self._arrays: dict[int, Array] = dict(leaves or {})
        self._outputs = dict(outputs or {})
        needed = _needed(graph, targets)
        self._place_leaves(needed)
        self.order: list[int] = []
        self._steps: list[Step] = []
        placed = [i for i in needed if i not in self._outputs]
        self._blocks, slots = _blocks(graph, placed, self.dtype)
        self._bind(needed, slots)
        self._norm_rows = self._rows(needed, slots)

    def _place_leaves(self, needed: list[int]) -> None:
        for identity in needed:
            node = self.graph.nodes[identity]
            if node.op is None and identity not in self._arrays:
                value = node.params.get("value", 0.0)
                self._arrays[identity] = np.full(node.shape, value, self.dtype)

    def _bind(self, needed: list[int], slots: dict[int, tuple[int, int]]) -> None:
        for identity in needed:
            node = self.graph.nodes[identity]
            if node.op is None:
                continue
            inputs = [self._arrays[source] for source in node.inputs]
            if node.op.view is not None:
                seen = node.op.view(inputs[0], **node.params)
                if np.may_share_memory(seen, inputs[0]):
                    self._arrays[identity] = seen
                    continue
            if identity in self._outputs:
                out = self._outputs[identity]
            else:
                elements, row = slots[identity]
                out = self._blocks[elements][row].reshape(node.shape)
            self._arrays[identity] = out
            self._steps.append(node.op.bind(out, inputs, node.params))
            self.order.append(identity)

    def _rows(
        self, needed: list[int], slots: dict[int, tuple[int, int]]
    ) -> dict[int, tuple[int, int] | int]:
        """Where each node's norm is found: (block, row), or the node whose memory it views."""
        rows: dict[int, tuple[int, int] | int] = {}
        computed = set(self.order)
        for identity in needed:
            node = self.graph.nodes[identity]
            if identity in computed and identity in slots:
                rows[identity] = slots[identity]
            elif node.op is None or identity in self._outputs or self._is_part(node):
                rows[identity] = identity
            else:
                rows[identity] = rows[node.inputs[0]]
        return rows

    def _is_part(self, node: Node) -> bool:
        """Whether a view shows only a part of its input: it has a norm of its own."""
        return size(node.shape) != size(self.graph.nodes[node.inputs[0]].shape)

    def __len__(self) -> int:
        return len(self._steps)

    def __contains__(self, node: int) -> bool:
        return node in self._arrays

    def run(self, start: int = 0, stop: int | None = None) -> None:
        """Run the steps from ``start`` up to, not including, ``stop``.

        NaN and Inf are data. Raises ``RunError`` naming the node and its formula where a kernel
        raises.
        """
        steps = self._steps if start == 0 and stop is None else self._steps[start:stop]
        done = start
        with np.errstate(all="ignore"):
            try:
                for function, arguments in steps:
                    function(*arguments)
                    done += 1
            except (ValueError, TypeError, FloatingPointError, MemoryError) as error:
                identity = self.order[done]
                raise RunError(
                    tr("{name}: {formula} failed: {error}").format(
                        name=self.graph.nodes[identity].name,
                        formula=formula_of(self.graph, identity),
                        error=error,
                    )
                ) from error

    def stop_after(self, node: int) -> int:
        """Return the ``stop`` for ``run`` at which this node's value is known."""
        return int(np.searchsorted(self.order, node, side="right"))

    def value(self, node: int) -> Array:
        """Return a node's value as a read-only view of the live buffer."""
        view = self._arrays[node].view()
        view.flags.writeable = False
        return view

    def leaf(self, node: int) -> Array:
        """Return the buffer of an input leaf, to be filled."""
        return self._arrays[node]

    def norms(self, nodes: Iterable[int]) -> NDArray[np.float64]:
        """Return the L2 norm of each node's value, right wherever the value is representable."""
        return self.recorder(nodes)()

    def recorder(self, nodes: Iterable[int]) -> "NormRecorder":
        """Return a callable that gives these nodes' norms at the moment of the call."""
        wanted = list(nodes)
        return NormRecorder([self._norm_rows[node] for node in wanted], self._blocks, self._arrays)


class NormRecorder:
    """L2 norms of a fixed list of nodes: one call a block of equal-sized buffers, none twice."""

    def __init__(
        self,
        places: list[tuple[int, int] | int],
        blocks: Mapping[int, Array],
        arrays: Mapping[int, Array],
    ) -> None:
        slots = {place: slot for slot, place in enumerate(dict.fromkeys(places))}
        self._expand = np.array([slots[place] for place in places], dtype=np.intp)
        self._found = np.zeros(len(slots))
        by_block: dict[int, list[tuple[int, int]]] = {}
        self._single: list[tuple[int, Array]] = []
        for place, slot in slots.items():
            if isinstance(place, tuple):
                by_block.setdefault(place[0], []).append((slot, place[1]))
            else:
                self._single.append((slot, arrays[place]))
        self._blocks = [
            (
                blocks[elements],
                np.array([slot for slot, _ in pairs]),
                np.array([row for _, row in pairs]),
            )
            for elements, pairs in by_block.items()
        ]

    def __call__(self) -> NDArray[np.float64]:
        """Return a new vector of the norms, in the order of the nodes asked for."""
        found = self._found
        with np.errstate(all="ignore"):
            for block, slots, rows in self._blocks:
                found[slots] = norms.norms(block)[rows]
            for slot, array in self._single:
                found[slot] = norms.norm(array)
        return found[self._expand]


def _needed(graph: Graph, targets: Iterable[int]) -> list[int]:
    """Return the ancestors of the targets, and them, ascending: one reverse sweep."""
    wanted = set(targets)
    if not wanted:
        return []
    found = []
    for identity in range(max(wanted), -1, -1):
        if identity in wanted:
            found.append(identity)
            wanted.update(graph.nodes[identity].inputs)
    return found[::-1]


def _blocks(
    graph: Graph, needed: list[int], dtype: DType
) -> tuple[dict[int, Array], dict[int, tuple[int, int]]]:
    """Give each computed node a row in the block of its size; NaN until computed."""
    rows: dict[int, int] = {}
    slots: dict[int, tuple[int, int]] = {}
    for identity in needed:
        node = graph.nodes[identity]
        if node.op is not None:
            elements = size(node.shape)
            slots[identity] = (elements, rows.get(elements, 0))
            rows[elements] = rows.get(elements, 0) + 1
    blocks = {
        elements: np.full((count, elements), np.nan, dtype) for elements, count in rows.items()
    }
    return blocks, slots
