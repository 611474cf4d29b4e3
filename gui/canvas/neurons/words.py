"""The texts of a neuron view, its switches and its state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from numpy.typing import NDArray
from PySide6.QtCore import QRectF

from engine.messages.frame import Neurons
from engine.messages.topology import Dense, Topology
from engine.support.figures import figure, whole
from engine.support.text import tr
from gui.canvas.graph.neuron_plan import FOOTER, NeuronPlan, Spot, limit_of
from gui.canvas.graph.node_look import node_title, text_width

What = Literal["weights", "gradient", "update"]
WHATS: tuple[What, ...] = ("weights", "gradient", "update")
CHIP_HEIGHT, CHIP_GAP, CHIP_PAD = 20.0, 5.0, 9.0
INSIDE = 14.0
TITLE_STRIP = 28.0

Chip = tuple[str, QRectF, str, bool]


@dataclass(frozen=True)
class Names:
    """The titles on screen of a layer's weight, bias, inputs and outputs."""

    weight: str
    bias: str
    input: str
    output: str

    @classmethod
    def of(cls, topology: Topology, layer: Dense) -> "Names":
        def name(node: int | None) -> str:
            return "" if node is None else node_title(topology.nodes[node])

        return cls(name(layer.weight), name(layer.bias), name(layer.source), name(layer.output))


@dataclass(frozen=True)
class BoardState:
    """The state of one neuron view.

    ``what`` the lines show; ``fan``: the neuron whose lines are shown alone; ``chosen`` and
    ``hovered``: the scalars that are selected and under the pointer. ``full``: magnitudes of full
    colour by name, where they are fixed, as in an animation.
    """

    names: Names
    neurons: Neurons | None = None
    what: What = "weights"
    chosen: Spot | None = None
    hovered: Spot | None = None
    fan: Spot | None = None
    full: Mapping[str, float] = field(default_factory=dict)

    def limit(self, name: str) -> float:
        """Return the magnitude of full colour of weights, gradient, update, inputs or outputs."""
        if name in self.full:
            return self.full[name]
        return limit_of(None if self.neurons is None else getattr(self.neurons, name))

    @property
    def values(self) -> NDArray | None:
        """The values that the lines show (rows, columns); None where they are not known."""
        return None if self.neurons is None else getattr(self.neurons, self.what)


def what_words(what: What) -> str:
    """Return the name of what the lines show."""
    words = {"weights": tr("weight"), "gradient": tr("gradient"), "update": tr("last update")}
    return words[what]


def head_row(plan: NeuronPlan) -> QRectF:
    """Return the rectangle of the row of switches below the title."""
    top = -plan.height / 2 + TITLE_STRIP
    return QRectF(-plan.width / 2 + INSIDE, top, plan.width - 2 * INSIDE, CHIP_HEIGHT)


def chips(plan: NeuronPlan, state: BoardState | None) -> list[Chip]:
    """Return (name, rectangle, text, whether it is on) of the switches, from left to right."""
    row = head_row(plan)
    found: list[Chip] = []
    x = row.left()
    for what in WHATS:
        text = what_words(what)
        width = text_width(text, 11) + 2 * CHIP_PAD
        on = state is not None and state.what == what
        found.append((what, QRectF(x, row.top(), width, CHIP_HEIGHT), text, on))
        x += width + CHIP_GAP
    text = tr("ops")
    width = text_width(text, 11) + 2 * CHIP_PAD
    right = row.right() - width
    found.append(("ops", QRectF(right, row.top(), width, CHIP_HEIGHT), text, False))
    right -= CHIP_GAP
    text = sample_words(state.neurons) if state is not None and state.neurons is not None else ""
    width = text_width(text, 11) + 2 * CHIP_PAD
    if text and right - width > x:
        found.append(("sample", QRectF(right - width, row.top(), width, CHIP_HEIGHT), text, False))
    return found


def sample_words(neurons: Neurons) -> str:
    """Return the text on whose activations the dots show: a sample's, or the mean."""
    if neurons.sample is None:
        return tr("mean of {n}").format(n=whole(neurons.samples))
    return tr("sample {k}").format(k=neurons.sample)


def footer(plan: NeuronPlan, state: BoardState, *, live: bool = True) -> list[tuple[QRectF, str]]:
    """Return the lines at the bottom: one or two on a scalar, and one on the colours.

    Unless it is ``live``, as in an export, there is no hint on what can be hovered.
    """
    top = plan.height / 2 - FOOTER
    rect = QRectF(-plan.width / 2 + INSIDE, top + 3, plan.width - 2 * INSIDE, 17)
    spot = state.hovered or state.chosen
    words = scalar_lines(state, spot) if spot is not None else [hint()] if live else []
    lines = [*words, "", ""][:2]
    return [
        (rect.translated(0, 16 * k), text) for k, text in enumerate([*lines, colour_words(state)])
    ]


def hint() -> str:
    """Return the hint on what can be done, shown while no scalar is hovered."""
    return tr("Point at a line or a neuron; a click keeps it, arrow keys move on.")


def colour_words(state: BoardState) -> str:
    """Return the text on the values of full colour."""
    if state.neurons is None:
        return ""
    values = state.values
    if values is None:
        unknown = tr("no update is known") if state.what == "update" else _pending()
        return f"{what_words(state.what)}: {unknown}"
    limit = figure(state.limit(state.what), 3)
    text = tr("lines: {what}, blue + / orange −, full at ±{limit}").format(
        what=what_words(state.what), limit=limit
    )
    return text + " · " + tr("step {step}").format(step=whole(state.neurons.step))


def scalar_words(state: BoardState, spot: Spot) -> str:
    """Return the text on a scalar: its value, gradient and last update."""
    return " · ".join(scalar_lines(state, spot))


def scalar_lines(state: BoardState, spot: Spot) -> list[str]:
    """Return that text in lines: one for a weight, two for a neuron's value and bias."""
    neurons, names = state.neurons, state.names
    if neurons is None:
        return []
    row, column = spot.row, spot.column
    if spot.kind == "weight":
        name = f"{names.weight}[{row}, {column}]"
        found = (neurons.weights, neurons.gradient, neurons.update)
        return [_with_gradient(name, row * neurons.layer.columns + column, *found)]
    inputs = spot.kind == "input"
    values, at = (neurons.inputs, column) if inputs else (neurons.outputs, row)
    value = _pending() if values is None else figure(float(values[at]), 4)
    name = names.input if inputs else names.output
    lines = [f"{name}[{at}] = {value} ({sample_words(neurons)})"]
    if not inputs and neurons.bias is not None:
        found = (neurons.bias, neurons.bias_gradient, neurons.bias_update)
        lines.append(_with_gradient(f"{names.bias}[{row}]", row, *found))
    return lines


def _with_gradient(
    name: str, at: int, values: NDArray, gradient: NDArray | None, update: NDArray | None
) -> str:
    parts = [f"{name} = {figure(float(values.flat[at]), 4)}"]
    for word, array, unknown in (
        (tr("gradient"), gradient, _pending()),
        (tr("last update"), update, tr("not known")),
    ):
        parts.append(f"{word} " + (unknown if array is None else figure(float(array.flat[at]), 4)))
    return " · ".join(parts)


def _pending() -> str:
    return tr("not computed yet")
