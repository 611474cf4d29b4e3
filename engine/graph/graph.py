"""The computational graph: append-only structure in networkx, and expressions over it.

Node ids are integers in topological order by construction. The graph is a ``MultiDiGraph`` whose
edge key is the argument's position: x·x is two edges, and each carries a contribution of its own.
The graph holds structure only; numbers live in a plan.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from engine.graph import op as op_module
from engine.graph.op import Op
from engine.graph.shapes import Shape
from engine.support import cancellation
from engine.support.errors import GraphError, ShapeError
from engine.support.figures import figure
from engine.support.text import tr

if TYPE_CHECKING:
    import networkx as nx

MOST_NODES = 300_000  # of some 20 kB each when trained; a network of 20,000 layers has a third
LeafKind = Literal["input", "parameter", "constant"]

_Key = tuple[int, str, tuple[int, ...], tuple[tuple[str, Any], ...]]


@dataclass(frozen=True)
class Node:
    """One node: an operation applied to earlier nodes, or a leaf (``op`` is None).

    ``order`` is 0 in the forward graph, 1 in its gradient graph, 2 where that is differentiated
    again; ``origin`` is the forward node whose gradient this node helps to compute.
    """

    id: int
    op: Op | None
    inputs: tuple[int, ...]
    shape: Shape
    params: dict[str, Any]
    name: str
    symbol: str
    group: tuple[str, ...]
    order: int = 0
    origin: int | None = None
    kind: str = "operation"
    differentiable: bool = True

    @property
    def op_name(self) -> str:
        """The operation's name, or the leaf's kind."""
        return self.op.name if self.op else self.kind


class Graph:
    """An append-only computational graph.

    Attributes
    ----------
    network:
        The ``networkx.MultiDiGraph``: nodes carry ``data`` (a ``Node``), edges are keyed by the
        argument's position.
    nodes:
        The same nodes as a list, so that passes over the graph are plain sweeps over ids.
    """

    def __init__(self) -> None:
        import networkx as nx  # takes 0.1 s, which ``list`` does without

        self.network: nx.MultiDiGraph[int] = nx.MultiDiGraph()
        self.nodes: list[Node] = []
        self._ids: dict[str, int] = {}
        self._counts: dict[str, int] = {}
        self._derived: dict[_Key | None, int] = {}
        self._group: tuple[str, ...] = ()
        self._order = 0
        self._origin: int | None = None

    def __len__(self) -> int:
        return len(self.nodes)

    def leaf(
        self,
        kind: LeafKind,
        name: str,
        shape: Shape,
        *,
        symbol: str = "",
        differentiable: bool = True,
        value: float | None = None,
    ) -> Value:
        """Append a leaf; a constant carries its scalar ``value``."""
        params = {} if value is None else {"value": value}
        return self._append(None, (), shape, params, name, symbol or name, kind, differentiable)

    def constant(self, value: float) -> Value:
        """Append a scalar constant."""
        name = self._fresh("constant")
        return self.leaf(
            "constant", name, (), symbol=figure(value, 6), differentiable=False, value=value
        )

    def apply(
        self, op: Op, *inputs: Value, name: str = "", symbol: str = "", **params: Any
    ) -> Value:
        """Append an operation on earlier values.

        Raises
        ------
        GraphError
            A value of another graph, or the wrong number of inputs.
        ShapeError
            Shapes that the operation refuses; the message names it and them.
        """
        if any(value.graph is not self for value in inputs):
            raise GraphError(tr("{op}: an input belongs to another graph").format(op=op.name))
        if not op.variadic and len(inputs) != len(op.pullbacks):
            raise GraphError(
                tr("{op} takes {expected} inputs, found {found}").format(
                    op=op.name, expected=len(op.pullbacks), found=len(inputs)
                )
            )
        params = {**op.defaults, **params}
        key = self._key(op, inputs, params) if self._origin is not None and not name else None
        if key in self._derived:
            return Value(self, self._derived[key])
        try:
            shape = op.shape(*(value.shape for value in inputs), **params)
        except ShapeError as error:
            where = f"{name} ({op.name})" if name and name != op.name else op.name
            text = tr("{where}: {problem}").format(where=where, problem=error)
            raise ShapeError(text) from None
        ids = tuple(value.id for value in inputs)
        label = name or self._fresh(op.name)
        shown = symbol or name
        value = self._append(op, ids, shape, params, label, shown, "operation", True)
        if key is not None:
            self._derived[key] = value.id
        return value

    def _key(self, op: Op, inputs: tuple[Value, ...], params: dict[str, Any]) -> _Key:
        """The key by which equal gradient nodes are shared: the second one is not appended."""
        return self._order, op.name, tuple(v.id for v in inputs), tuple(sorted(params.items()))

    def rename(self, value: Value, name: str, symbol: str = "") -> Value:
        """Give a node its final name (an intermediate that turns out to be a variable)."""
        if name in self._ids and self._ids[name] != value.id:
            raise GraphError(tr("the name {name!r} is taken").format(name=name))
        old = self.nodes[value.id]
        del self._ids[old.name]
        self._ids[name] = value.id
        fields = {**old.__dict__, "name": name, "symbol": symbol or name}
        self._store(Node(**fields))
        return value

    def value(self, key: int | str) -> Value:
        """Return the node with this id or name as a value to build on."""
        if isinstance(key, str):
            if key not in self._ids:
                raise GraphError(tr("there is no node {name!r}").format(name=key))
            key = self._ids[key]
        return Value(self, key)

    def __contains__(self, name: str) -> bool:
        return name in self._ids

    def consumers(self, node: int) -> list[tuple[int, int]]:
        """Return the outgoing edges as (target, position), in order."""
        return sorted((target, key) for _, target, key in self.network.out_edges(node, keys=True))

    @property
    def current_group(self) -> tuple[str, ...]:
        """The path of groups that new nodes get."""
        return self._group

    @contextmanager
    def group(self, name: str) -> Iterator[None]:
        """A context in which new nodes get this group, inside the current one."""
        before = self._group
        self._group = (*before, name)
        try:
            yield
        finally:
            self._group = before

    @contextmanager
    def gradient_of(self, node: int, order: int) -> Iterator[None]:
        """A context in which new nodes are gradient nodes of ``node``, in its group."""
        before = self._order, self._origin, self._group
        self._order, self._origin, self._group = order, node, self.nodes[node].group
        try:
            yield
        finally:
            self._order, self._origin, self._group = before

    def _fresh(self, base: str) -> str:
        prefix = "∂" * self._order
        while True:
            key = ".".join((*self._group, prefix + base))
            self._counts[key] = self._counts.get(key, 0) + 1
            name = f"{key}{self._counts[key]}"
            if name not in self._ids:
                return name

    def _append(
        self,
        op: Op | None,
        inputs: tuple[int, ...],
        shape: Shape,
        params: dict[str, Any],
        name: str,
        symbol: str,
        kind: str,
        differentiable: bool,
    ) -> Value:
        if name in self._ids:
            raise GraphError(tr("the name {name!r} is taken").format(name=name))
        identity = len(self.nodes)
        cancellation.checkpoint(identity)
        if identity >= MOST_NODES:
            raise GraphError(tr("more than {most} nodes in the graph").format(most=MOST_NODES))
        node = Node(
            identity,
            op,
            inputs,
            shape,
            params,
            name,
            symbol,
            self._group,
            self._order,
            self._origin,
            kind,
            differentiable,
        )
        self._ids[name] = identity
        self.nodes.append(node)
        self._store(node)
        for position, source in enumerate(inputs):
            self.network.add_edge(source, identity, key=position)
        return Value(self, identity)

    def _store(self, node: Node) -> None:
        self.nodes[node.id] = node
        self.network.add_node(node.id, data=node)


@dataclass(frozen=True)
class Value:
    """A node seen as an expression: arithmetic on values appends operations to their graph."""

    graph: Graph = field(repr=False, compare=False, hash=False)
    id: int

    @property
    def node(self) -> Node:
        """The node's data."""
        return self.graph.nodes[self.id]

    @property
    def shape(self) -> Shape:
        """The node's shape."""
        return self.node.shape

    @property
    def name(self) -> str:
        """The node's name."""
        return self.node.name

    def apply(self, op: str, *others: Value, **params: Any) -> Value:
        """Append the operation of this name with this value as first input."""
        return self.graph.apply(op_module.find(op), self, *others, **params)

    def __add__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return self.apply("add", other)
        return self.apply("shift", amount=float(other))

    def __radd__(self, other: float) -> Value:
        return self + other

    def __sub__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return self.apply("subtract", other)
        return self.apply("shift", amount=-float(other))

    def __rsub__(self, other: float) -> Value:
        return -self + other

    def __mul__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return self.apply("multiply", other)
        return self.apply("scale", factor=float(other))

    def __rmul__(self, other: float) -> Value:
        return self * other

    def __truediv__(self, other: Value | float) -> Value:
        divisor = other if isinstance(other, Value) else self.graph.constant(float(other))
        return self.apply("divide", divisor)

    def __rtruediv__(self, other: float) -> Value:
        inverse = self.apply("reciprocal")
        return inverse if other == 1 else inverse * other

    def __pow__(self, other: Value | float) -> Value:
        if isinstance(other, Value):
            return self.apply("pow", other)
        return self.apply("power", exponent=float(other))

    def __rpow__(self, other: float) -> Value:
        return self.graph.constant(float(other)).apply("pow", self)

    def __matmul__(self, other: Value) -> Value:
        return self.apply("matmul", other)

    def __neg__(self) -> Value:
        return self.apply("negate")
