"""Plausible topologies and frames without an engine, for the tests of the window's parts.

The numbers are made up (seeded), the structure is that of the systems they are named after.
"""

import dataclasses
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.messages.frame import Frame, Scalars
from engine.messages.topology import EdgeInfo, LayerInfo, NodeInfo, NodeKind, Operation, Topology
from engine.observe.quantities import GRADIENT_NORM

NAMES = ("d2l-mlp", "cs231n-gates", "cs231n-add-mul", "deep-mlp")


@dataclass
class _Builder:
    """Collects nodes and edges; ``add`` returns the new node's index."""

    nodes: list[NodeInfo] = field(default_factory=list)
    edges: list[EdgeInfo] = field(default_factory=list)
    layers: list[LayerInfo] = field(default_factory=list)

    def add(
        self,
        name: str,
        *arguments: int,
        symbol: str | None = None,
        op: str = "",
        op_symbol: str = "",
        kind: NodeKind = "operation",
        group: tuple[str, ...] = (),
        shape: tuple[int, ...] = (),
        formula: str = "",
        differentiable: bool = True,
    ) -> int:
        index = len(self.nodes)
        shown = name if symbol is None else symbol
        self.nodes.append(
            NodeInfo(
                index,
                index,
                name,
                shown,
                op,
                op_symbol,
                kind,
                group,
                shape,
                formula,
                differentiable,
            )
        )
        for position, source in enumerate(arguments):
            parent = self.nodes[source]
            self.edges.append(
                EdgeInfo(
                    len(self.edges),
                    source,
                    index,
                    position,
                    f"∂{shown or name}/∂{parent.symbol or parent.name}",
                    parent.differentiable,
                )
            )
        return index

    def input(self, name: str, shape: tuple[int, ...] = (), **more: Any) -> int:
        return self.add(name, kind="input", shape=shape, formula=name, **more)

    def parameter(self, name: str, shape: tuple[int, ...] = (), **more: Any) -> int:
        return self.add(name, kind="parameter", shape=shape, formula=name, **more)

    def constant(self, name: str, **more: Any) -> int:
        return self.add(name, kind="constant", differentiable=False, formula=name, **more)

    def topology(self, system: str, title: str, dtype: str, generation: int) -> Topology:
        return Topology(
            generation,
            system,
            title,
            0,
            dtype,
            tuple(self.nodes),
            tuple(self.edges),
            tuple(self.layers),
            _operations(self.nodes, self.edges),
            task="" if system.startswith("cs231n") else "classification",
            steps_per_epoch=40,
        )


def _operations(nodes: list[NodeInfo], edges: list[EdgeInfo]) -> tuple[Operation, ...]:
    """One operation for the batch, each forward op, each gradient, and the update."""
    leaves = tuple(n.index for n in nodes if n.kind != "operation")
    found = [Operation("batch", "batch", leaves, (), "draw the batch")]
    for node in nodes:
        if node.kind == "operation":
            inside = tuple(e.index for e in edges if e.target == node.index)
            stage = f"forward · {node.group[-1] if node.group else 'loss'}"
            found.append(Operation("forward", stage, (node.index,), inside, node.formula))
    for node in reversed(nodes):
        if node.differentiable:
            out = tuple(e.index for e in edges if e.source == node.index and e.differentiable)
            stage = f"backward · {node.group[-1] if node.group else 'loss'}"
            words = f"∂J/∂{node.symbol or node.name}"
            found.append(Operation("backward", stage, (node.index,), out, words))
    found.append(Operation("update", "update", (), (), "W ← W − η ∂J/∂W"))
    return tuple(found)


def fake_topology(name: str, *, generation: int = 1) -> Topology:
    """Return a topology of ``NAMES``; ``deep-mlp:N`` has N layers, 50 without a number."""
    if name.startswith("deep-mlp"):
        _, _, count = name.partition(":")
        return _deep_mlp(int(count or 50), generation)
    builders = {"d2l-mlp": _d2l_mlp, "cs231n-gates": _gates, "cs231n-add-mul": _add_mul}
    return builders[name](generation)


def _d2l_mlp(generation: int) -> Topology:
    b = _Builder()
    x = b.input("x", (64, 32))
    w1 = b.parameter("W1", (256, 64), symbol="W⁽¹⁾")
    z = b.add("z", w1, x, op="matmul", op_symbol="×", shape=(256, 32), formula="z = W⁽¹⁾ x")
    h = b.add("h", z, op="relu", op_symbol="φ", shape=(256, 32), formula="h = φ(z)")
    w2 = b.parameter("W2", (10, 256), symbol="W⁽²⁾")
    o = b.add("o", w2, h, op="matmul", op_symbol="×", shape=(10, 32), formula="o = W⁽²⁾ h")
    y = b.input("y", (10, 32), differentiable=False)
    loss = b.add("L", o, y, op="softmax_cross_entropy", op_symbol="ℓ", formula="L = ℓ(o, y)")
    n1 = b.add("W1_squared", w1, symbol="", op="sum_squares", op_symbol="‖·‖²")
    n2 = b.add("W2_squared", w2, symbol="", op="sum_squares", op_symbol="‖·‖²")
    both = b.add("squared", n1, n2, symbol="", op="add", op_symbol="+")
    half = b.constant("half_lambda", symbol="λ/2")
    s = b.add("s", half, both, op="multiply", op_symbol="×", formula="s = λ/2 (‖W⁽¹⁾‖² + …)")
    b.add("J", loss, s, op="add", op_symbol="+", formula="J = L + s")
    b.layers += [LayerInfo("hidden", (), (w1,)), LayerInfo("output", (), (w2,))]
    return b.topology("d2l-mlp", "Multilayer perceptron of D2L 4.7", "float64", generation)


def _gates(generation: int) -> Topology:
    b = _Builder()
    x, y, z, w = (b.input(name) for name in "xyzw")
    product = b.add("_1", x, y, symbol="", op="multiply", op_symbol="×", formula="x·y")
    largest = b.add("_2", z, w, symbol="", op="maximum", op_symbol="max", formula="max(z, w)")
    total = b.add("_3", product, largest, symbol="", op="add", op_symbol="+", formula="…")
    two = b.constant("2")
    b.add("f", total, two, op="multiply", op_symbol="×", formula="f = 2·(x·y + max(z, w))")
    return b.topology("cs231n-gates", "CS231n: patterns in backward flow", "float64", generation)


def _add_mul(generation: int) -> Topology:
    b = _Builder()
    x, y, z = (b.input(name) for name in "xyz")
    q = b.add("q", x, y, op="add", op_symbol="+", formula="q = x + y")
    b.add("f", q, z, op="multiply", op_symbol="×", formula="f = q·z")
    return b.topology("cs231n-add-mul", "CS231n: (x + y)·z", "float64", generation)


def _deep_mlp(count: int, generation: int) -> Topology:
    b = _Builder()
    h = b.input("x", (64, 32))
    for k in range(1, count + 1):
        group = (f"linear{k}",)
        n, m = (10 if k == count else 32), (64 if k == 1 else 32)
        up = str(k).translate(str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹"))
        w = b.parameter(f"linear{k}.weight", (n, m), symbol=f"W⁽{up}⁾", group=group)
        v = b.parameter(f"linear{k}.bias", (n, 1), symbol=f"b⁽{up}⁾", group=group)
        more: dict[str, Any] = {"group": group, "shape": (n, 32)}
        p = b.add(f"p{k}", w, h, symbol="", op="matmul", op_symbol="×", formula="W h", **more)
        h = b.add(f"z{k}", p, v, symbol=f"z⁽{up}⁾", op="add", op_symbol="+", **more)
        if k < count:
            h = b.add(f"h{k}", h, symbol=f"h⁽{up}⁾", op="sigmoid", op_symbol="σ", **more)
        b.layers.append(LayerInfo(f"linear{k}", group, (w, v)))
    y = b.input("y", (10, 32), differentiable=False)
    b.add("J", h, y, op="softmax_cross_entropy", op_symbol="ℓ", formula="J = ℓ(o, y)")
    return b.topology("deep-mlp", f"Deep MLP, {count} layers", "float32", generation)


def fake_frame(
    topology: Topology,
    *,
    step: int = 0,
    cursor: int | None = None,
    seed: int = 0,
    serial: int = 0,
    lit: bool = True,
) -> Frame:
    """Return a frame after a complete pass, or standing after ``cursor`` operations of one."""
    random = np.random.default_rng([seed, step])
    count = len(topology.nodes)
    value = 10.0 ** random.uniform(-1, 2, count)
    if all(not n.shape for n in topology.nodes):
        value = np.abs(random.integers(1, 9, count).astype(float))
    depth = np.arange(count) / max(1, count - 1)
    decades = 18.0 if topology.system == "deep-mlp" else 4.0
    gradient = 10.0 ** ((depth - 1) * decades + random.uniform(-0.4, 0.4, count))
    gradient[-1] = 1.0
    differentiable = np.array([n.differentiable for n in topology.nodes])
    gradient[~differentiable] = np.nan
    contribution = np.array(
        [
            gradient[e.source] * random.uniform(0.6, 1.0) if e.differentiable else np.nan
            for e in topology.edges
        ]
    )
    value_ready, gradient_ready, contribution_ready = _ready(topology, cursor)
    value[~value_ready] = np.nan
    gradient[~gradient_ready] = np.nan
    contribution[~contribution_ready] = np.nan
    layers = np.array(
        [np.sqrt(np.sum(gradient[list(layer.parameters)] ** 2)) for layer in topology.layers]
    )
    at = len(topology.operations) - 1 if cursor is None else cursor
    words = topology.operations[at - 1].words if at else ""
    return Frame(
        generation=topology.generation,
        serial=serial,
        step=step,
        epoch=step // topology.steps_per_epoch,
        cursor=at,
        running=False,
        busy="",
        message=words,
        lit=at - 1 if cursor and lit else None,
        objective=2.3 / (1 + 0.01 * step),
        loss=2.2 / (1 + 0.01 * step),
        value_norm=frozen(value),
        value_ready=frozen(value_ready),
        gradient_norm=frozen(gradient),
        gradient_ready=frozen(gradient_ready),
        contribution_norm=frozen(contribution),
        contribution_ready=frozen(contribution_ready),
        layer_gradient_norm=frozen(layers),
        scalars=fake_scalars(topology, step, layers),
        learning_rate=0.1,
        first={} if cursor is not None else {GRADIENT_NORM: np.append(gradient, contribution)},
    )


def _ready(topology: Topology, cursor: int | None) -> tuple[Any, Any, Any]:
    """Return which values, gradients and contributions ``cursor`` operations have computed."""
    nodes, edges = len(topology.nodes), len(topology.edges)
    can = np.array([n.differentiable for n in topology.nodes])
    edge_can = np.array([e.differentiable for e in topology.edges])
    if cursor is None:
        return np.ones(nodes, bool), can, edge_can
    value, gradient = np.zeros(nodes, bool), np.zeros(nodes, bool)
    contribution = np.zeros(edges, bool)
    for operation in topology.operations[:cursor]:
        if operation.phase in ("batch", "forward"):
            value[list(operation.nodes)] = True
        elif operation.phase == "backward":
            gradient[list(operation.nodes)] = True
            contribution[list(operation.edges)] = True
    return value, gradient & can, contribution & edge_can


def fake_scalars(topology: Topology, step: int, layers: Any, rows: int = 1) -> Scalars:
    """Return ``rows`` rows of scalars that end at ``step``."""
    steps = np.arange(step - rows + 1, step + 1)
    flat = 2.3 / (1 + 0.01 * np.maximum(steps, 0))
    table = np.repeat(np.asarray(layers, float)[None, :], rows, axis=0)
    nothing = np.full(rows, np.nan)
    return Scalars(
        step=frozen(steps),
        epoch=frozen(steps // topology.steps_per_epoch),
        objective=frozen(flat),
        loss=frozen(flat * 0.95),
        learning_rate=frozen(np.full(rows, 0.1)),
        gradient_norm_before_clipping=frozen(flat),
        gradient_norm_after_clipping=frozen(flat),
        layer_gradient_norm=frozen(table),
        layer_weight_norm=frozen(np.full_like(table, 5.0)),
        layer_update_ratio=frozen(table * 0.02),
        validation_loss=frozen(nothing),
        validation_accuracy=frozen(nothing),
    )


def with_gradient(frame: Frame, norms: dict[int, float]) -> Frame:
    """Return the frame with the gradient norms of some nodes replaced (0, NaN, tiny …)."""
    changed = frame.gradient_norm.copy()
    for node, norm in norms.items():
        changed[node] = norm
    return dataclasses.replace(frame, gradient_norm=frozen(changed))


def frozen(array: Any) -> Any:
    """Return a read-only copy."""
    copy = np.array(array)
    copy.flags.writeable = False
    return copy
