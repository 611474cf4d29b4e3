"""What the window may see: a frozen description of the graph, and frozen frames of its numbers.

A ``Topology`` is sent once for each graph; every ``Frame`` after it holds arrays aligned with the
topology's nodes and edges. Both cross from the training thread to the window, so nothing in them
can change: arrays are read-only copies.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from engine.messages.measured import Measured
from engine.messages.wiring import Wiring
from engine.observe.neurons import Dense, Neurons, dense_layers
from engine.observe.pictures import Pictures
from engine.support.arrays import Flags, Floats

if TYPE_CHECKING:
    from engine.system.system import System

NodeKind = Literal["input", "parameter", "constant", "operation"]
Phase = Literal["batch", "forward", "backward", "update"]
# Differentiating a graph of more nodes again gives over 2,000: too many to see or to compute often.
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
    def origins(self) -> tuple[int, ...]:
        """The nodes it is tied to: whose gradient it holds, or else helps to compute."""
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
        """What it is called on screen."""
        return self.symbol or self.name


@dataclass(frozen=True)
class Operation:
    """What one press of "one operation" does, and what it lights up.

    ``nodes``: the nodes whose value (forward) or gradient (backward) becomes known;
    ``edges``: the edges along which it comes; ``stage``: the algorithm's line it belongs to
    ("forward · linear1"); ``words``: what happens, in symbols, without numbers.
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
        """Up to which order gradient nodes can be shown; 0 where nothing is known of any."""
        if len(self.counts) < 2:
            return 0
        return 2 if self.counts[1] <= SECOND_ORDER_UP_TO else 1

    def worked_out(self) -> "Topology":
        """Return this topology with what takes time worked out, on the thread that calls."""
        _ = self.forward, self.dense
        return self

    @cached_property
    def dense(self) -> tuple[Dense, ...]:
        """The dense layers that are small enough to show their neurons."""
        return dense_layers(self)

    @cached_property
    def layer_of(self) -> dict[int, int]:
        """The place in ``layers`` of what a parameter's node belongs to."""
        return {node: k for k, layer in enumerate(self.layers) for node in layer.parameters}

    @property
    def smallest_normal(self) -> float:
        """The smallest magnitude the dtype holds in full precision; below it lies underflow."""
        return float(np.finfo(self.dtype).tiny)

    @cached_property
    def wiring(self) -> Wiring:
        """Which nodes lead to which."""
        return Wiring(len(self.nodes), self.edges)


@dataclass(frozen=True)
class Scalars:
    """A row for each finished pass since the last frame, for the plots.

    Row k belongs to the parameters after ``step[k]`` updates and to that step's batch.
    ``layer_gradient_norm``, ``layer_weight_norm`` and ``layer_update_ratio`` are (rows, layers);
    ``validation_loss`` and ``validation_accuracy`` are NaN where they were not measured.
    """

    step: NDArray[np.int64]
    epoch: NDArray[np.int64]
    objective: Floats
    loss: Floats
    learning_rate: Floats
    gradient_norm_before_clipping: Floats
    gradient_norm_after_clipping: Floats
    layer_gradient_norm: Floats
    layer_weight_norm: Floats
    layer_update_ratio: Floats
    validation_loss: Floats
    validation_accuracy: Floats

    def __len__(self) -> int:
        return len(self.step)


@dataclass(frozen=True)
class LedgerRow:
    """One outgoing edge of a node: upstream gradient × local derivative = contribution.

    ``local_value`` is the local derivative in numbers where the operation works element by
    element (same shape as the contribution before broadcasting is summed), else None.
    """

    edge: int
    target: str
    position: int
    local: str
    upstream: NDArray[np.floating] | None
    local_value: NDArray[np.floating] | None
    contribution: NDArray[np.floating] | None


@dataclass(frozen=True)
class Past:
    """The norm of a gradient, or of a contribution, at the last steps: two arrays (steps,)."""

    steps: NDArray[np.int64]
    norms: NDArray[np.float64]


@dataclass(frozen=True)
class Detail:
    """The numbers of what is selected: a node, or one edge of it (``edge`` is not None).

    ``gradient`` is None where it is not computed yet in this pass or does not exist.
    ``residual`` is the largest |gradient − Σ contributions|. ``pictures`` is None where the
    node's numbers are none (an edge has those of the pooling it leads to); ``past`` where nothing
    is recorded (what flows back to the data).
    """

    node: int
    edge: int | None
    step: int
    value: NDArray[np.floating] | None
    gradient: NDArray[np.floating] | None
    ledger: tuple[LedgerRow, ...]
    residual: float | None
    pictures: Pictures | None = None
    past: Past | None = None


@dataclass(frozen=True)
class Place:
    """A node (index of the topology) for which a rule fired, and on what evidence."""

    node: int
    evidence: str


@dataclass(frozen=True)
class Finding:
    """A rule that fired: which, where (layer or node names), on what evidence, what helps.

    ``kind`` is the rule's name for programs (``engine.observe.trouble``), ``places`` the nodes:
    the one that it is about first, then those it speaks for as well ("and 4 more places").
    """

    rule: str
    where: str
    evidence: str
    remedy: str
    kind: str = ""
    places: tuple[Place, ...] = ()


@dataclass(frozen=True)
class Frame:
    """The state at one moment. Arrays are aligned with the topology of the same generation.

    ``step`` counts the updates made; ``cursor`` operations of this step's pass are done (0 …
    ``len(topology.operations) - 1``; the last operation, the update, leads to the next step with
    ``cursor`` 0). Where a ``*_ready`` flag is False the number is not computed yet in this pass.
    ``lit`` is the operation just done when stepping by operation, else None.
    ``scalar_*`` hold the signed number itself where an array has one element, NaN elsewhere.
    A node of the gradient graph is a gradient: its gradient norm is that of its value, and what
    an edge of it carries is its source.
    ``systems``: (step, the settings in force from that step on), the first at step 0.
    ``quantity``: what the nodes are to be coloured by, None for the gradient norm.
    ``first``: quantities by name as they were in the first whole pass of this training that was
    made while somebody looked at them: scales of colours are anchored there.
    ``neurons``: the scalars of the layers that are watched.
    ``nonfinite_since``: the step at which NaN or Inf first came up; None where none did.
    ``rewound``, ``reset``: since the last frame it went back, or began anew.
    """

    generation: int
    serial: int
    step: int
    epoch: int
    cursor: int
    running: bool
    busy: str
    message: str
    lit: int | None
    objective: float
    loss: float
    value_norm: Floats
    value_ready: Flags
    gradient_norm: Floats
    gradient_ready: Flags
    contribution_norm: Floats
    contribution_ready: Flags
    layer_gradient_norm: Floats
    scalars: Scalars
    first_nonfinite: int | None = None
    detail: Detail | None = None
    findings: tuple[Finding, ...] = ()
    rewound: bool = False
    progress: tuple[int, int] | None = None
    problem: str = ""
    input_scale: float | None = None
    learning_rate: float = field(default=float("nan"))
    scalar_value: Floats | None = None
    scalar_gradient: Floats | None = None
    scalar_contribution: Floats | None = None
    systems: "tuple[tuple[int, System], ...]" = ()
    quantity: Measured | None = None
    neurons: tuple[Neurons, ...] = ()
    first: Mapping[str, Floats] = field(default_factory=dict)
    nonfinite_since: int | None = None
    reset: bool = False
