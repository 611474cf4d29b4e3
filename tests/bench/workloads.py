"""The seven training steps that everything is measured on, each as a system and a fixed batch."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from engine.support.arrays import Array
from engine.system import system as systems
from engine.system.system import System
from engine.training.feed import Samples


@dataclass(frozen=True)
class Goals:
    """What the ratios must come to: ours ÷ hand-written at most, PyTorch ÷ ours at least."""

    numpy: float
    torch: float
    recording: float | None = None


@dataclass(frozen=True)
class Workload:
    """One training step: layers, loss and batch, described as a system file is.

    ``x`` is the shape of the batch's rows, ``picture`` and ``sequence`` that of one of them.
    """

    name: str
    title: str
    layers: tuple[dict[str, Any], ...]
    batch: int
    features: int
    outputs: int
    rate: float
    goals: Goals
    loss: dict[str, Any] = field(default_factory=lambda: {"type": "softmax_cross_entropy"})
    picture: tuple[int, int, int] | None = None
    sequence: tuple[int, int] | None = None

    @property
    def classes(self) -> bool:
        """Whether the targets are classes."""
        return self.loss["type"] == "softmax_cross_entropy"

    def system(self) -> System:
        """The workload as the engine takes it."""
        table = {
            "name": self.name,
            "seed": 1,
            "dtype": "float32",
            "layers": list(self.layers),
            "loss": self.loss,
            "optimizer": {"type": "sgd", "learning_rate": self.rate},
        }
        return systems.from_table(table)

    def samples(self) -> Samples:
        """The fixed batch: normal inputs; random classes, or one smooth target."""
        rng = np.random.default_rng(7)
        x = rng.standard_normal((self.batch, self.features))
        if self.classes:
            y = np.eye(self.outputs)[rng.integers(0, self.outputs, self.batch)]
        else:
            y = np.sin(x.sum(axis=1, keepdims=True))
        return Samples(x.astype(np.float32), y.astype(np.float32), self.picture, self.sequence)


@dataclass(frozen=True)
class Case:
    """What every column starts from: the batch as columns, and the parameters by name.

    ``inputs`` tells whether the gradient of the batch is wanted: the engine's graph decides.
    """

    workload: Workload
    x: Array
    y: Array
    start: dict[str, Array]
    inputs: bool


def _linear(units: int | None = None, **settings: Any) -> dict[str, Any]:
    return {"type": "linear", **({} if units is None else {"units": units}), **settings}


def _conv(channels: int, padding: int) -> dict[str, Any]:
    return {
        "type": "conv2d",
        "channels": channels,
        "kernel_size": 5,
        "padding": padding,
        "activation": "relu",
    }


_RELU = {"activation": "relu", "initializer": "he_normal"}
_POOL = {"type": "max_pool2d"}

WORKLOADS = {
    one.name: one
    for one in (
        Workload(
            name="W1",
            title="MLP 2-8-8-1 tanh, MSE, batch 32",
            layers=(_linear(8, activation="tanh"), _linear(8, activation="tanh"), _linear()),
            batch=32,
            features=2,
            outputs=1,
            rate=0.1,
            loss={"type": "mean_squared_error"},
            goals=Goals(1.3, 10),
        ),
        Workload(
            name="W2",
            title="MLP 784-256-10 ReLU, cross-entropy + L2, batch 256",
            layers=(_linear(256, **_RELU), _linear()),
            batch=256,
            features=784,
            outputs=10,
            rate=0.1,
            loss={"type": "softmax_cross_entropy", "l2": 0.001},
            goals=Goals(1.1, 1.3, 1.1),
        ),
        Workload(
            name="W3",
            title="50 hidden layers of 64 (64 inputs), tanh, 10 classes, batch 64",
            layers=(_linear(64, activation="tanh", repeat=50, name="hidden"), _linear()),
            batch=64,
            features=64,
            outputs=10,
            rate=0.05,
            goals=Goals(1.15, 2.5, 1.1),
        ),
        Workload(
            name="W4",
            title="50 hidden layers of 64: y = x + ReLU(LayerNorm(Wx + b)), 10 classes, batch 64",
            layers=(
                _linear(
                    64,
                    **_RELU,
                    repeat=50,
                    name="hidden",
                    normalization="layer",
                    residual=True,
                ),
                _linear(initializer={"type": "normal", "std": 0.01}),
            ),
            batch=64,
            features=64,
            outputs=10,
            rate=0.0002,
            goals=Goals(1.15, 2, 1.1),
        ),
        Workload(
            name="W5",
            title="LeNet: conv 5×5×6 pad 2, conv 5×5×16, ReLU, max pool, 120-84-10, batch 32",
            layers=(
                {"name": "conv1", **_conv(6, 2)},
                _POOL,
                {"name": "conv2", **_conv(16, 0)},
                _POOL,
                {"type": "flatten"},
                _linear(120, **_RELU),
                _linear(84, **_RELU),
                _linear(),
            ),
            batch=32,
            features=784,
            outputs=10,
            rate=0.05,
            picture=(1, 28, 28),
            goals=Goals(1.25, 1.6, 1.1),
        ),
        Workload(
            name="W6",
            title="tanh RNN T = 35, 28 → 64, loss at the last step, 10 classes, batch 32",
            layers=({"type": "rnn", "units": 64, "name": "cell"}, _linear()),
            batch=32,
            features=35 * 28,
            outputs=10,
            rate=0.1,
            sequence=(35, 28),
            goals=Goals(1.25, 2),
        ),
        Workload(
            name="W7",
            title="LSTM T = 35, 28 → 64, loss at the last step, 10 classes, batch 32",
            layers=({"type": "lstm", "units": 64, "name": "cell"}, _linear()),
            batch=32,
            features=35 * 28,
            outputs=10,
            rate=0.5,
            sequence=(35, 28),
            goals=Goals(1.25, 2.5),
        ),
    )
}
