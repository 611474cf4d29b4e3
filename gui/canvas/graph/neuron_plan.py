"""The geometry of a neuron view: a small dense layer's neurons as dots and weights as lines.

Positions are in scene units from the middle of the layer's box. Inputs are on the left, outputs
on the right; a weight W[i, j] is the line from input j to output i. No widgets; the view itself is
``gui.canvas.neurons.board``.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from engine.support.arrays import Floats
from engine.support.figures import round_up

SpotKind = Literal["weight", "input", "output"]

HEADER, FOOTER, SIDE, PAD = 56.0, 60.0, 54.0, 14.0
TALLEST, WIDEST_PITCH = 384.0, 30.0
NARROWEST = 300.0
REACH = 5.0
# Number of distinct line strengths (widths and opacities).
LEVELS = 12


@dataclass(frozen=True)
class Spot:
    """One scalar of the layer: a weight (row, column), or a neuron by its row or column."""

    kind: SpotKind
    row: int = 0
    column: int = 0


@dataclass(frozen=True)
class NeuronPlan:
    """The places of a layer with ``rows`` outputs and ``columns`` inputs."""

    rows: int
    columns: int

    @property
    def pitch(self) -> float:
        """The distance from one neuron to the next in the taller column."""
        return min(WIDEST_PITCH, TALLEST / max(self.rows, self.columns))

    @property
    def inner(self) -> float:
        """The height of the taller column; no line is steeper than 45°."""
        return max(self.rows, self.columns) * self.pitch

    @property
    def span(self) -> float:
        """The distance from the inputs' column to the outputs'."""
        return max(NARROWEST, self.inner)

    @property
    def width(self) -> float:
        return self.span + 2 * SIDE

    @property
    def height(self) -> float:
        return HEADER + self.inner + 2 * PAD + FOOTER

    @property
    def radius(self) -> float:
        """The radius of a neuron's dot."""
        return min(8.0, self.pitch * 0.4)

    @property
    def thickest(self) -> float:
        """The width of the strongest line."""
        return min(5.0, max(1.4, self.pitch * 0.25))

    @property
    def top(self) -> float:
        """The y at which the field of the lines begins."""
        return -self.height / 2 + HEADER

    @cached_property
    def input_y(self) -> Floats:
        return self._column(self.columns)

    @cached_property
    def output_y(self) -> Floats:
        return self._column(self.rows)

    def _column(self, count: int) -> Floats:
        middle = self.top + PAD + self.inner / 2
        return np.asarray(middle + (np.arange(count) - (count - 1) / 2) * self.pitch, float)

    @cached_property
    def lines(self) -> Floats:
        """x₁, y₁, x₂, y₂ of every weight's line (rows · columns, 4), row by row."""
        left, right = np.full(self.rows * self.columns, -self.span / 2), self.span / 2
        return np.column_stack(
            [
                left,
                np.tile(self.input_y, self.rows),
                np.full(len(left), right),
                np.repeat(self.output_y, self.columns),
            ]
        )

    def place_of(self, spot: Spot) -> tuple[float, float]:
        """Return the centre of a neuron's dot."""
        if spot.kind == "input":
            return -self.span / 2, float(self.input_y[spot.column])
        return self.span / 2, float(self.output_y[spot.row])

    def fan(self, neuron: Spot) -> NDArray[np.bool_]:
        """Return flags (rows · columns) of the lines that end at a neuron."""
        inside = np.zeros((self.rows, self.columns), bool)
        if neuron.kind == "input":
            inside[:, neuron.column] = True
        else:
            inside[neuron.row] = True
        return inside.ravel()

    def spot_at(
        self, x: float, y: float, strength: Floats, only: NDArray[np.bool_] | None = None
    ) -> Spot | None:
        """Return the scalar at a point: a neuron, or the strongest of the lines near it, or None.

        ``strength`` (rows · columns) is from 0 to 1. With a fan (``only``) it is the nearest line.
        """
        neuron = self._neuron_at(x, y)
        if neuron is not None:
            return neuron
        t = (x + self.span / 2) / self.span
        if not 0.0 <= t <= 1.0:
            return None
        lines = self.lines
        rise = lines[:, 3] - lines[:, 1]
        away = np.abs(lines[:, 1] + rise * t - y) / np.hypot(1.0, rise / self.span)
        if only is not None:
            away = np.where(only, away, np.inf)
        nearest = int(away.argmin())
        if away[nearest] > REACH:
            return None
        if only is None:
            close = np.flatnonzero(away <= max(1.0, float(away[nearest])))
            nearest = int(close[np.nan_to_num(strength[close], nan=2.0).argmax()])
        row, column = divmod(nearest, self.columns)
        return Spot("weight", row, column)

    def _neuron_at(self, x: float, y: float) -> Spot | None:
        reach = max(self.radius + 1.5, self.pitch / 2)
        for kind, column in (("input", self.input_y), ("output", self.output_y)):
            side = -1.0 if kind == "input" else 1.0
            if abs(x - side * self.span / 2) <= max(self.radius + 2.0, 6.0):
                k = int(np.abs(column - y).argmin())
                if abs(column[k] - y) <= reach:
                    return Spot("input", 0, k) if kind == "input" else Spot("output", k, 0)
        return None

    def beside(self, spot: Spot, how: str) -> Spot | None:
        """Return the scalar that an arrow key (up, down, left, right) moves to; None past the end.

        From a weight, up and down change the input, left and right the output.
        """
        step = {"up": -1, "down": 1, "left": -1, "right": 1}.get(how)
        if step is None:
            return None
        row, column = spot.row, spot.column
        if spot.kind == "weight":
            row, column = (row, column + step) if how in ("up", "down") else (row + step, column)
        elif how in ("left", "right"):
            kind: SpotKind = "input" if how == "left" else "output"
            return (
                Spot(kind, 0, min(max(row, column), self.columns - 1))
                if kind == "input"
                else (Spot(kind, min(max(row, column), self.rows - 1), 0))
            )
        elif spot.kind == "input":
            column += step
        else:
            row += step
        if 0 <= row < self.rows and 0 <= column < self.columns:
            return Spot(spot.kind, row, column)
        return None


def limit_of(values: Floats | None) -> float:
    """Return the magnitude drawn in full colour: 1, 2 or 5 · 10ᵏ, at least the largest value.

    Rounded, so that colours do not flicker while the largest value changes a little.
    """
    if values is None:
        return 1.0
    finite = np.abs(values[np.isfinite(values)])
    largest = float(finite.max()) if len(finite) else 0.0
    return round_up(largest) if largest else 1.0


def strengths(values: Floats, limit: float) -> Floats:
    """Return the strength of each line, from 0 to 1; NaN where the value is not finite."""
    flat = np.asarray(values, float).ravel()
    with np.errstate(all="ignore"):
        return np.where(np.isfinite(flat), np.minimum(np.abs(flat) / limit, 1.0), np.nan)


class Quick:
    """Draws all lines, one pixel wide, into an array of pixels within a few milliseconds.

    Antialiased lines take some 100 ms: they are drawn once the weights stop changing.
    """

    def __init__(self, plan: NeuronPlan, width: int, height: int) -> None:
        self.size = (width, height)
        scale_y, top = height / (plan.inner + 2 * PAD), plan.top
        y1, y2 = ((plan.lines[:, k] - top) * scale_y for k in (1, 3))
        t = (np.arange(width) + 0.5) / width
        rows = (y1[:, None] + (y2 - y1)[:, None] * t).astype(np.int32)
        self._place = np.clip(rows, 0, height - 1) * width + np.arange(width, dtype=np.int32)

    def draw(self, colours: NDArray[np.uint32], strength: Floats) -> NDArray[np.uint32]:
        """Return the pixels (height, width): premultiplied ARGB, the strongest line on top."""
        order = np.argsort(np.nan_to_num(strength, nan=2.0), kind="stable")
        order = order[colours[order] != 0]
        width, height = self.size
        pixels = np.zeros(width * height, np.uint32)
        pixels[self._place[order]] = colours[order][:, None]
        return pixels.reshape(height, width)
