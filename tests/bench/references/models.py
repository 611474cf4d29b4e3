"""The workloads written once for PyTorch and JAX, in the operations that both have.

``keep`` marks what a gradient norm is recorded of: every intermediate, and an alias where a value
has several consumers, since the gradient of the alias is that edge's contribution. Samples are
rows here, as is usual there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from tests.bench.workloads import Case

Tensor = Any
Keep = Callable[[Tensor], Tensor]


class Operations(Protocol):
    """What a library has to offer; weights are (out, in)."""

    def linear(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor: ...
    def add_product(self, z: Tensor, x: Tensor, weight: Tensor) -> Tensor: ...
    def tanh(self, x: Tensor) -> Tensor: ...
    def sigmoid(self, x: Tensor) -> Tensor: ...
    def relu(self, x: Tensor) -> Tensor: ...
    def layer_norm(self, x: Tensor, weight: Tensor, bias: Tensor) -> Tensor: ...
    def conv2d(self, x: Tensor, weight: Tensor, bias: Tensor, padding: int) -> Tensor: ...
    def max_pool(self, x: Tensor) -> Tensor: ...
    def alias(self, x: Tensor) -> Tensor: ...
    def split(self, x: Tensor) -> tuple[Tensor, ...]: ...
    def sum_squares(self, x: Tensor) -> Tensor: ...
    def mean_squared_error(self, o: Tensor, y: Tensor) -> Tensor: ...
    def cross_entropy(self, o: Tensor, y: Tensor) -> Tensor: ...


Model = Callable[[Operations, Mapping[str, Tensor], Tensor, Tensor, Keep], Tensor]


def model_of(case: Case) -> Model:
    """The loss of a workload as a function of operations, parameters, x, y and ``keep``."""
    return {
        "W1": mlp(("linear1", "linear2"), "tanh"),
        "W2": regularised(case.workload.loss.get("l2", 0.0)),
        "W3": mlp(tuple(f"hidden{k}" for k in range(1, 51)), "tanh"),
        "W4": residual,
        "W5": lenet,
        "W6": rnn,
        "W7": lstm,
    }[case.workload.name]


def _output(ops: Operations, p: Mapping[str, Tensor], name: str, h: Tensor, keep: Keep) -> Tensor:
    return keep(ops.linear(h, p[f"{name}.weight"], p[f"{name}.bias"]))


def mlp(names: tuple[str, ...], activation: str) -> Model:
    """Equal layers and a last one: mean squared error for one output, else cross-entropy."""

    def loss(ops: Operations, p: Mapping[str, Tensor], x: Tensor, y: Tensor, keep: Keep) -> Tensor:
        act = getattr(ops, activation)
        last = list(p)[-1].rpartition(".")[0]
        h = x
        for name in names:
            h = keep(act(_output(ops, p, name, h, keep)))
        o = _output(ops, p, last, h, keep)
        if o.shape[1] == 1:
            return ops.mean_squared_error(o, y)
        return ops.cross_entropy(o, y)

    return loss


def regularised(decay: float) -> Model:
    """W2: each weight is used twice, by its layer and by the regulariser."""

    def loss(ops: Operations, p: Mapping[str, Tensor], x: Tensor, y: Tensor, keep: Keep) -> Tensor:
        used, squares = dict(p), 0.0
        for name, weight in p.items():
            if name.endswith("weight"):
                used[name] = keep(ops.alias(weight))
                squares = squares + ops.sum_squares(keep(ops.alias(weight)))
        return mlp(("linear1",), "relu")(ops, used, x, y, keep) + decay / 2 * squares

    return loss


def residual(ops: Operations, p: Mapping[str, Tensor], x: Tensor, y: Tensor, keep: Keep) -> Tensor:
    """W4; LayerNorm is one operation here, without gradients of what is inside it."""
    h = x
    for k in range(1, 51):
        name = f"hidden{k}"
        z = _output(ops, p, name, keep(ops.alias(h)), keep)
        z = keep(ops.layer_norm(z, p[f"{name}.norm.weight"], p[f"{name}.norm.bias"]))
        h = keep(h + keep(ops.relu(z)))
    return ops.cross_entropy(_output(ops, p, "linear1", h, keep), y)


def lenet(ops: Operations, p: Mapping[str, Tensor], x: Tensor, y: Tensor, keep: Keep) -> Tensor:
    """W5."""
    h = x
    for name, padding in (("conv1", 2), ("conv2", 0)):
        z = keep(ops.conv2d(h, p[f"{name}.weight"], p[f"{name}.bias"], padding))
        h = keep(ops.max_pool(keep(ops.relu(z))))
    h = h.reshape((len(h), -1))
    for name in ("linear1", "linear2"):
        h = keep(ops.relu(_output(ops, p, name, h, keep)))
    return ops.cross_entropy(_output(ops, p, "linear3", h, keep), y)


def _cell(
    ops: Operations, p: Mapping[str, Tensor], bias: Tensor, x: Tensor, h: Tensor, keep: Keep
) -> Tensor:
    """W_ih x + W_hh h + b with an alias of each: a time step's contribution."""
    z = ops.linear(x, keep(ops.alias(p["cell.weight_ih"])), keep(ops.alias(bias)))
    if h is not None:
        z = ops.add_product(z, h, keep(ops.alias(p["cell.weight_hh"])))
    return keep(z)


def rnn(ops: Operations, p: Mapping[str, Tensor], x: Tensor, y: Tensor, keep: Keep) -> Tensor:
    """W6. x is a list of (batch, features), one a time step."""
    h, bias = None, p["cell.bias_ih"] + p["cell.bias_hh"]
    for now in x:
        h = keep(ops.tanh(_cell(ops, p, bias, now, h, keep)))
    return ops.cross_entropy(_output(ops, p, "linear1", h, keep), y)


def lstm(ops: Operations, p: Mapping[str, Tensor], x: Tensor, y: Tensor, keep: Keep) -> Tensor:
    """W7: gates i f g o; the cell is used twice."""
    h = c = None
    bias = p["cell.bias_ih"] + p["cell.bias_hh"]
    for now in x:
        i, f, g, o = ops.split(_cell(ops, p, bias, now, h, keep))
        i, g, o = keep(ops.sigmoid(keep(i))), keep(ops.tanh(keep(g))), keep(ops.sigmoid(keep(o)))
        new = i * g
        if c is not None:
            new = keep(ops.sigmoid(keep(f))) * keep(ops.alias(c)) + new
        c = keep(new)
        h = keep(o * keep(ops.tanh(keep(ops.alias(c)))))
    return ops.cross_entropy(_output(ops, p, "linear1", h, keep), y)
