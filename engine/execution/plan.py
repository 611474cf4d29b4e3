"""A graph compiled to a flat list of numpy calls over buffers made once; every value can be read.

Each node has a buffer of its own, which is written once a run: nothing accumulates in place.
Stepping, frames, reports and checks run this plan. Training runs a leaner one
(``engine.execution.training_plan``) of the same calls; when values are to be read, this one repeats
the pass.
"""

from __future__ import annotations

import bisect
import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

from engine.execution.joined_products import Products, Slopes
from engine.execution.norm_groups import Recording
from engine.graph.graph import Graph, Node
from engine.graph.op import BoundCall, Workspace
from engine.graph.shapes import size
from engine.graph.symbols import formula_of
from engine.support import cancellation
from engine.support.arrays import Array, DType
from engine.support.errors import RunError
from engine.support.norms import norm
from engine.support.text import tr

KERNEL_ERRORS = (ValueError, TypeError, FloatingPointError, MemoryError)


class Plan:
    """An executable form of the part of a graph that some nodes need.

    Parameters
    ----------
    targets:
        Ids of the nodes wanted; their ancestors are included.
    leaves:
        Node id → array that the caller owns (parameters), read in place. Other leaves get a
        buffer of the plan's, to be filled through ``leaf``.
    outputs:
        Arrays of the caller's into which computed nodes write (parameter gradients side by side).
    products:
        The joined products of the pass.

    Attributes
    ----------
    order:
        Ids of the computed nodes, ascending; ``run`` goes through them.
    stale:
        Whether the values are older than the leaves: reading one runs the plan first.
    """

    def __init__(
        self,
        graph: Graph,
        targets: Iterable[int],
        dtype: DTypeLike,
        leaves: Mapping[int, Array] | None = None,
        outputs: Mapping[int, Array] | None = None,
        products: Products | None = None,
    ) -> None:
        self.graph = graph
        self.dtype = np.dtype(dtype)
        self._products = products or Products(graph)
        self._needed = needed_for(graph, targets)
        self._known = set(self._needed)
        self.order = [i for i in self._needed if graph.nodes[i].op is not None]
        self._arrays = {
            **place_leaves(graph, self._needed, self.dtype, self._products),
            **(leaves or {}),
        }
        self._outputs = dict(outputs or {})
        self._calls: list[BoundCall] = []
        self._views: set[int] = set()
        self.stale = False

    def _bind(self) -> None:
        """Make buffers and calls at the first use: a run that only trains never needs them."""
        if self._calls or not self.order:
            return
        memory = self._memory()
        shared: Workspace = {}
        for identity in self.order:
            cancellation.checkpoint()
            node = self.graph.nodes[identity]
            slopes = self._products.slopes.get(identity)
            if slopes is not None:
                self._calls.append(self._joined(slopes, memory) if identity in memory else NOTHING)
                continue
            inputs = [self._arrays[source] for source in node.inputs]
            view = view_of(node, inputs)
            if view is not None:
                self._arrays[identity] = view
                self._views.add(identity)
                self._calls.append(NOTHING)
                continue
            out = self._outputs.get(identity)
            out = self._products.shaped(memory[identity], node) if out is None else out
            self._arrays[identity] = out
            if identity in self._products.sums:
                self._calls.append(self._products.sum_call(identity, out))
            else:
                self._calls.append(node.op.bound_call(out, inputs, node.params, shared))  # type: ignore[union-attr]

    def _joined(self, slopes: Slopes, memory: Mapping[int, Array]) -> BoundCall:
        """Give the contributions of a joined product their arrays; return the product's call."""
        flat = memory[slopes.first]
        self._arrays.update(slopes.parts(flat, self.graph))
        return slopes.bound_call(flat, self._arrays[slopes.upstream])

    def _memory(self) -> dict[int, Array]:
        """Return each computed node's flat memory, NaN at first; equal sizes are adjacent.

        A joined product's memory is that of its first node.
        """
        products = self._products
        found = dict(products.memory)
        by_size: dict[int, list[int]] = {}
        for identity in self.order:
            slopes = products.slopes.get(identity)
            if slopes is None:
                if identity not in found and identity not in self._outputs:
                    elements = size(self.graph.nodes[identity].shape)
                    by_size.setdefault(elements, []).append(identity)
            elif slopes.place is not None:
                found[slopes.first] = slopes.place
            elif identity == slopes.first:
                by_size.setdefault(slopes.size, []).append(identity)
        for elements, nodes in by_size.items():
            block = np.full((len(nodes), elements), np.nan, self.dtype)
            found.update(zip(nodes, block, strict=True))
        return found

    def __contains__(self, node: int) -> bool:
        return node in self._known

    def run(self, start: int = 0, stop: int | None = None) -> None:
        """Run the calls from ``start`` up to, not including, ``stop``.

        NaN and Inf are data. Raises ``RunError`` naming the node and its formula where a kernel
        raises.
        """
        self._bind()
        self.stale = False
        with np.errstate(all="ignore"):
            for done, (function, arguments) in enumerate(self._calls[start:stop], start=start):
                try:
                    function(*arguments)
                except KERNEL_ERRORS as error:
                    raise self._failure(self.order[done], error) from error

    def _failure(self, identity: int, error: BaseException) -> RunError:
        return RunError(
            tr("{name}: {formula} failed: {error}").format(
                name=self.graph.nodes[identity].name,
                formula=formula_of(self.graph, identity),
                error=error,
            )
        )

    def refresh(self) -> None:
        """Run the plan where its values are stale."""
        if self.stale:
            self.run()

    def stop_after(self, node: int) -> int:
        """Return the ``stop`` for ``run`` at which this node's value is known."""
        return bisect.bisect_right(self.order, node)

    def value(self, node: int) -> Array:
        """Return a node's value as a read-only view of the live buffer."""
        self.refresh()
        view = self.array(node).view()
        view.flags.writeable = False
        return view

    def array(self, node: int) -> Array:
        """Return the buffer that a node is computed into."""
        self._bind()
        return self._arrays[node]

    def leaf(self, node: int) -> Array:
        """Return the buffer of an input leaf, to be filled."""
        return self._arrays[node]

    @property
    def leaves(self) -> dict[int, Array]:
        """The arrays of all leaves."""
        nodes = self.graph.nodes
        return {i: array for i, array in self._arrays.items() if nodes[i].op is None}

    def norms(self, nodes: Iterable[int]) -> NDArray[np.float64]:
        """Return the L2 norm of each node's value, right wherever the value is representable."""
        return NodeNorms(self, nodes).measure()

    def origin(self, node: int) -> tuple[int, float]:
        """Return the node whose memory is measured for a node's norm, and the factor on that norm.

        A reshaped node has its input's norm, one repeated n times √n times that.
        """
        self._bind()
        factor = 1.0
        while node in self._views:
            below = self.graph.nodes[node].inputs[0]
            repeats = self._arrays[node].size / max(1, self._arrays[below].size)
            if repeats < 1:
                break
            node, factor = below, factor * math.sqrt(repeats)
        return node, factor


class NodeNorms:
    """L2 norms of a fixed list of a plan's nodes; nodes that share memory are measured once."""

    def __init__(self, plan: Plan, nodes: Iterable[int]) -> None:
        self._plan = plan
        origins = [plan.origin(node) for node in nodes]
        distinct = list(dict.fromkeys(node for node, _ in origins))
        slots = {node: slot for slot, node in enumerate(distinct)}
        self._places = np.array([slots[node] for node, _ in origins], np.intp)
        self._factors = np.array([factor for _, factor in origins])
        arrays = [plan.array(node) for node in distinct]
        self._solid = np.array([array.flags.forc for array in arrays], bool)
        self._recording = Recording([a for a in arrays if a.flags.forc])
        self._loose = [a for a in arrays if not a.flags.forc]

    def measure(self) -> NDArray[np.float64]:
        """Return the nodes' current norms (nodes,), as a new array."""
        self._plan.refresh()
        found = np.empty(len(self._solid))
        found[self._solid] = self._recording.measure()
        found[~self._solid] = [norm(array) for array in self._loose]
        measured: NDArray[np.float64] = found[self._places] * self._factors
        return measured


def _nothing() -> None:
    """The call of a node that needs none: a view, or a part of a joined product."""


NOTHING: BoundCall = (_nothing, ())


def needed_for(
    graph: Graph, targets: Iterable[int], reads: Callable[[Node], Iterable[int]] | None = None
) -> list[int]:
    """Return the ids of the targets and their ancestors, ascending: one reverse sweep.

    ``reads(node)`` returns the nodes that a node is computed from; by default its inputs.
    """
    wanted = set(targets)
    if not wanted:
        return []
    found = []
    for identity in range(max(wanted), -1, -1):
        if identity in wanted:
            found.append(identity)
            node = graph.nodes[identity]
            wanted.update(node.inputs if reads is None else reads(node))
    return found[::-1]


@np.errstate(all="ignore")  # float16 has no 1e6: data, not an error
def place_leaves(
    graph: Graph, needed: Iterable[int], dtype: DType, products: Products
) -> dict[int, Array]:
    """Return an array for each leaf; a constant's holds its value."""
    found: dict[int, Array] = {}
    for leaf in (graph.nodes[i] for i in needed if graph.nodes[i].op is None):
        flat = products.memory.get(leaf.id)
        flat = np.empty(size(leaf.shape), dtype) if flat is None else flat
        flat.fill(leaf.params.get("value", 0.0))
        found[leaf.id] = flat.reshape(leaf.shape)
    return found


def view_of(node: Node, inputs: Sequence[Array]) -> Array | None:
    """Return the node's value as a view of its input's memory, None where it is no view."""
    if node.op is None or node.op.view is None:
        return None
    seen = node.op.view(inputs[0], **node.params)
    return seen if np.may_share_memory(seen, inputs[0]) else None
