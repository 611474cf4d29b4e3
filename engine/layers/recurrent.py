"""Recurrent layers unrolled over their time steps: RNN, LSTM, GRU, with PyTorch's weights.

weight_ih is (gates · units, in), weight_hh (gates · units, units); gates in PyTorch's order. Each
time step is a group; the weights are in a group of their own and shared by all time steps, so
their gradient is a sum of contributions of all steps. The state before the first step is zero, so
products with it are left out.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from engine.graph.symbols import subscript
from engine.layers.base import (
    INITIALIZER,
    Layer,
    features_of,
    renamed,
    shared_weights,
    steps,
    time_step,
)
from engine.model.builder import Flow
from engine.model.initializer import Initializer, XavierUniform
from engine.settings.declaration import setting
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.graph.graph import Value
    from engine.model.builder import Builder


@dataclass(frozen=True)
class Weights:
    """The shared parameters; biases are None where the layer has none."""

    ih: Value
    hh: Value
    bias_ih: Value | None
    bias_hh: Value | None

    def of_input(self, x: Value) -> Value:
        """W_ih x + b_ih."""
        z = self.ih @ x
        return z if self.bias_ih is None else z.apply("add_bias", self.bias_ih)

    def of_state(self, h: Value | None, like: Value) -> Value | None:
        """W_hh h + b_hh; None where both are zero."""
        if h is None:
            return None
        z = self.hh @ h
        return z if self.bias_hh is None else z.apply("add_bias", self.bias_hh)

    def gates(self, x: Value, h: Value | None) -> Value:
        """W_ih x + b_ih + W_hh h + b_hh."""
        z = self.of_input(x)
        if h is not None:
            z = z + self.hh @ h
        return z if self.bias_hh is None else z.apply("add_bias", self.bias_hh)


@dataclass(frozen=True, kw_only=True)
class _Recurrent(Layer):
    takes = "steps"
    gate_count: ClassVar[int]

    units: int = setting(32, minimum=1, help=tr("The size of the state h."))
    bias: bool = setting(True, help=tr("Whether there are biases."))
    sequence: bool = setting(
        False,
        help=tr(
            "Whether every step's state goes on, or the last one only. The layers after it then"
            " work at each step, until flatten puts the states one after the other or a layer"
            " ends the sequence."
        ),
    )
    initializer: Initializer = setting(XavierUniform, **INITIALIZER)

    @staticmethod
    def spelt(values: Mapping[str, Any]) -> dict[str, Any]:
        """Take other common names of the settings."""
        return renamed(values, hidden_size="units", return_sequences="sequence")

    def build(self, builder: Builder, name: str, x: Flow) -> Flow:
        """Append the weights and one group for each time step."""
        sequence = steps(x)
        with shared_weights(builder, sequence):
            weights = self._weights(builder, name, features_of(sequence))
        state: tuple[Value | None, ...] = (None, None)
        outputs = []
        for number, value in enumerate(sequence, start=1):
            with time_step(builder, number, len(sequence)):
                state = self.append_time_step(
                    builder, f"{name}.t{number}", number, weights, value, state
                )
            assert state[0] is not None
            outputs.append(state[0])
        return tuple(outputs) if self.sequence else outputs[-1]

    def _weights(self, builder: Builder, name: str, features: int) -> Weights:
        start, of_bias = self.initializer.of_recurrent(self.units)
        rows = self.gate_count * self.units
        ih = builder.parameter(name, "weight_ih", (rows, features), start, symbol="Wᵢₕ")
        hh = builder.parameter(name, "weight_hh", (rows, self.units), start, symbol="Wₕₕ")
        if not self.bias:
            return Weights(ih, hh, None, None)
        bias_ih = builder.parameter(name, "bias_ih", (rows,), of_bias, symbol="bᵢₕ")
        bias_hh = builder.parameter(name, "bias_hh", (rows,), of_bias, symbol="bₕₕ")
        return Weights(ih, hh, bias_ih, bias_hh)

    @abstractmethod
    def append_time_step(
        self,
        builder: Builder,
        name: str,
        number: int,
        weights: Weights,
        x: Value,
        state: tuple[Value | None, ...],
    ) -> tuple[Value | None, ...]:
        """Append one time step and return the new state, h first."""


def _named(builder: Builder, value: Value, name: str, letter: str, number: int) -> Value:
    return builder.variable(value, f"{name}.{letter}", f"{letter}{subscript(number)}", plain=True)


def _gate(value: Value, index: int, units: int) -> Value:
    return value.apply("rows", start=index * units, stop=(index + 1) * units)


@dataclass(frozen=True, kw_only=True)
class Rnn(_Recurrent):
    """h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)."""

    type_name = "rnn"
    gate_count = 1

    activation: str = setting(
        "tanh", choices=("tanh", "relu"), help=tr("φ: the function that makes the state.")
    )

    def append_time_step(
        self,
        builder: Builder,
        name: str,
        number: int,
        weights: Weights,
        x: Value,
        state: tuple[Value | None, ...],
    ) -> tuple[Value | None, ...]:
        """Append z and h."""
        z = _named(builder, weights.gates(x, state[0]), name, "z", number)
        return (_named(builder, z.apply(self.activation), name, "h", number),)


@dataclass(frozen=True, kw_only=True)
class Lstm(_Recurrent):
    """c_t = f ⊙ c_{t−1} + i ⊙ g and h_t = o ⊙ tanh(c_t); Hochreiter & Schmidhuber 1997.

    Gates i f g o: i, f, o = σ(…), g = tanh(…) of W_ih x_t + b_ih + W_hh h_{t−1} + b_hh.
    """

    type_name = "lstm"
    gate_count = 4

    def append_time_step(
        self,
        builder: Builder,
        name: str,
        number: int,
        weights: Weights,
        x: Value,
        state: tuple[Value | None, ...],
    ) -> tuple[Value | None, ...]:
        """Append the gates, the cell and h."""
        h, c = state
        z = _named(builder, weights.gates(x, h), name, "z", number)

        def gate(index: int, letter: str, function: str) -> Value:
            value = _gate(z, index, self.units).apply(function)
            return _named(builder, value, name, letter, number)

        i, g, o = gate(0, "i", "sigmoid"), gate(2, "g", "tanh"), gate(3, "o", "sigmoid")
        cell = i * g
        if c is not None:
            cell = gate(1, "f", "sigmoid") * c + cell
        cell = _named(builder, cell, name, "c", number)
        return _named(builder, o * cell.apply("tanh"), name, "h", number), cell


@dataclass(frozen=True, kw_only=True)
class Gru(_Recurrent):
    """h_t = (1 − z) ⊙ n + z ⊙ h_{t−1}; Cho et al. 2014, in PyTorch's form.

    Gates r z n: r, z = σ(…), n = tanh(W_in x_t + b_in + r ⊙ (W_hn h_{t−1} + b_hn)).
    """

    type_name = "gru"
    gate_count = 3

    def append_time_step(
        self,
        builder: Builder,
        name: str,
        number: int,
        weights: Weights,
        x: Value,
        state: tuple[Value | None, ...],
    ) -> tuple[Value | None, ...]:
        """Append the gates and h."""
        h = state[0]
        of_input = weights.of_input(x)
        of_state = weights.of_state(h, of_input)
        bias = weights.bias_hh

        def part(index: int) -> Value:
            value = _gate(of_input, index, self.units)
            if of_state is not None:
                return value + _gate(of_state, index, self.units)
            return (
                value if bias is None else value.apply("add_bias", _gate(bias, index, self.units))
            )

        def gate(value: Value, letter: str, function: str) -> Value:
            return _named(builder, value.apply(function), name, letter, number)

        r, z = gate(part(0), "r", "sigmoid"), gate(part(1), "z", "sigmoid")
        fresh = _gate(of_input, 2, self.units)
        if of_state is not None:
            fresh = fresh + r * _gate(of_state, 2, self.units)
        elif bias is not None:
            fresh = fresh + r.apply("scale_features", _gate(bias, 2, self.units))
        n = gate(fresh, "n", "tanh")
        new = z.apply("one_minus") * n
        if h is not None:
            new = new + z * h
        return (_named(builder, new, name, "h", number),)
