"""What the training thread sends to the window: frozen frames of a graph's numbers.

A ``Topology`` is sent once for each graph; every ``Frame`` after it holds arrays aligned with the
topology's nodes and edges. Both are read on another thread than the one that makes them, so they
are immutable: arrays are read-only copies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.messages.measured import Measured
from engine.messages.pictures import Pictures
from engine.messages.topology import Dense
from engine.support.arrays import Array, Flags, Floats

if TYPE_CHECKING:
    from engine.system.system import System


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
    node's value is no picture (an edge has those of the pooling it leads to); ``past`` is None
    where no norms are recorded (gradients of the data).
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
    """A diagnosis rule that fired: which, where (layer or node names), evidence and remedy.

    ``kind`` is the rule's name for programs (``engine.observe.trouble``), ``places`` the nodes:
    first the one that it is about, then others it stands for ("and 4 more places").
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
    ``quantity``: the quantity that colours the nodes, None for the gradient norm.
    ``first``: quantities by name, from the first complete pass of this training in which they
    were shown: the scales of colours are fitted to them.
    ``neurons``: the scalars of the layers that are watched.
    ``nonfinite_since``: the step at which NaN or Inf first came up; None where none did.
    ``rewound``, ``reset``: whether training went back, or to its start, since the last frame.
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
    systems: tuple[tuple[int, System], ...] = ()
    quantity: Measured | None = None
    neurons: tuple[Neurons, ...] = ()
    first: Mapping[str, Floats] = field(default_factory=dict)
    nonfinite_since: int | None = None
    reset: bool = False


@dataclass(frozen=True)
class Neurons:
    """The scalars of a dense layer at one moment; all arrays are read-only copies.

    ``weights``, ``gradient`` and ``update`` are (n, m), those of the bias (n,); ``inputs`` (m,) and
    ``outputs`` (n,) are the values of sample ``sample`` of the batch, or their means over the batch
    where it is None. What is not computed yet in this pass is None; so is an update that
    is not known: none was made yet, or training went back. ``update`` is what the optimiser added
    last, before rounding: it led to this step's weights.
    """

    layer: Dense
    step: int
    sample: int | None
    samples: int
    weights: Array
    gradient: Array | None
    update: Array | None
    bias: Array | None
    bias_gradient: Array | None
    bias_update: Array | None
    inputs: Array | None
    outputs: Array | None
