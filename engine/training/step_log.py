"""``StepLog``: records at every training step the norm of every gradient and contribution.

A step writes one row of norms and a few numbers. What is shown (a layer's norm, the update ratio)
is computed for many rows at once, when a frame takes them (``take_rows``).
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from engine.execution.passes import Pass
from engine.messages.frame import Scalars
from engine.support.arrays import Array
from engine.support.norms import norms
from engine.training.evaluation import Evaluation

if TYPE_CHECKING:
    from engine.training.setup import Training

_ROWS = 256
_BYTES = 4 * 2**20
_PAST_BYTES = 32 * 2**20
_COLUMNS = ("objective", "loss", "learning_rate", "before", "after", "v_loss", "v_accuracy")


@dataclass
class _Past:
    """Rows of earlier steps, and the pass that says which column is which node."""

    compiled: Pass
    steps: NDArray[np.int64]
    rows: NDArray[np.float64]

    def cut(self, step: int) -> None:
        """Forget this step and those after it."""
        before = self.steps < step
        self.steps, self.rows = self.steps[before], self.rows[before]


class StepLog:
    """The rows of completed passes.

    Parameters
    ----------
    training:
        Its parameters and updates are measured. Call ``settle`` before its settings change, since
        waiting rows are computed with them.
    """

    def __init__(self, training: Training) -> None:
        self._training = training
        self._layers = len(training.model.layers)
        self._pass: Pass | None = None
        self._rows: NDArray[np.float64] = np.empty((0, 0))
        self._waiting: list[tuple[int, float, float]] = []
        self._clipped: dict[int, tuple[float, float]] = {}
        self._measured: dict[int, Evaluation] = {}
        self._ratios: dict[int, Array] = {}
        self._weights: deque[tuple[int, Array]] = deque(maxlen=4)
        self._settled: list[tuple[Array, Array, Array]] = []
        self._past: deque[_Past] = deque()
        self._past_bytes = 0

    def record(self, compiled: Pass, step: int, objective: float, loss: float) -> bool:
        """Record the pass of a step; return whether all gradients are finite.

        The caller has numpy's warnings off.
        """
        if compiled is not self._pass or len(self._waiting) == len(self._rows):
            self._make_room(compiled)
        row = self._rows[len(self._waiting)]
        self._waiting.append((step, objective, loss))
        return compiled.record(row)

    def note_clipping(self, step: int, before: float, after: float) -> None:
        """Record the gradient's norm before and after clipping."""
        self._clipped[step] = before, after

    def note_evaluation(self, step: int, measured: Evaluation) -> None:
        """Record loss and accuracy of the validation samples."""
        self._measured[step] = measured

    def note_update_ratio(self, step: int, ratio: Array) -> None:
        """Record the update ratio of a step whose predecessor is not in the log."""
        self._ratios[step] = ratio

    def forget_from(self, step: int) -> None:
        """Drop the rows of this step, whose pass will run again, and of later steps."""
        self.settle()
        self._settled = [
            tuple(part[rows] for part in parts)  # type: ignore[misc]
            for parts in self._settled
            if (rows := parts[0][:, 0] < step).any()
        ]
        for past in self._past:
            past.cut(step)
        self._past = deque(past for past in self._past if len(past.steps))
        self._past_bytes = sum(past.rows.nbytes for past in self._past)
        kept = [(one, weights) for one, weights in self._weights if one < step]
        self._weights = deque(kept, maxlen=4)

    def past(self, node: int, most: int = 1000) -> tuple[Array, Array]:
        """Return the last ``most`` steps (n,) and a gradient node's norm at each (n,).

        Empty for nodes that are not recorded: gradients of the data, and constants.
        """
        self.settle()
        steps: list[Array] = []
        found: list[Array] = []
        for past in reversed(self._past):
            column = past.compiled.column(node)
            if column is None or sum(map(len, steps)) >= most:
                break
            steps.insert(0, past.steps)
            found.insert(0, past.rows[:, column[0]] * column[1])
        if not steps:
            return np.empty(0, np.int64), np.empty(0)
        return np.concatenate(steps)[-most:], np.concatenate(found)[-most:]

    def take_rows(self) -> Scalars:
        """Return the scalars of all rows since the last call, and drop these rows."""
        self.settle()
        found, self._settled = self._settled, []
        if not found:
            nothing = np.empty((0, 2), np.int64), np.empty((0, len(_COLUMNS)))
            found = [(*nothing, np.empty((0, 3, self._layers)))]
        steps, table, measured = (np.concatenate(parts) for parts in zip(*found, strict=True))
        for array in (steps, table, measured):
            array.flags.writeable = False
        column = {name: table[:, k] for k, name in enumerate(_COLUMNS)}
        return Scalars(
            step=steps[:, 0],
            epoch=steps[:, 1],
            objective=column["objective"],
            loss=column["loss"],
            learning_rate=column["learning_rate"],
            gradient_norm_before_clipping=column["before"],
            gradient_norm_after_clipping=column["after"],
            layer_gradient_norm=measured[:, 0],
            layer_weight_norm=measured[:, 1],
            layer_update_ratio=measured[:, 2],
            validation_loss=column["v_loss"],
            validation_accuracy=column["v_accuracy"],
        )

    @property
    def bytes(self) -> int:
        """The memory of all rows, in bytes."""
        return self._rows.nbytes + self._past_bytes

    def settle(self) -> None:
        """Compute the scalars of the waiting rows."""
        if not self._waiting or self._pass is None:
            return
        steps = [step for step, _, _ in self._waiting]
        rows = self._rows[: len(steps)]
        parameters = self._pass.parameter_norms(rows)
        layers = np.empty((len(steps), self._layers))
        for k, part in enumerate(self._training.layer_parameters):
            layers[:, k] = norms(np.ascontiguousarray(parameters[:, part]))
        others = self._pass.norms_of_layers(rows)
        weights, updates = others[:, : self._layers], others[:, self._layers :]
        ratios = self._update_ratios(steps, weights, updates)
        numbers = np.array(steps, np.int64)
        epochs = numbers // self._training.steps_per_epoch
        whole = np.stack([layers, weights, ratios], axis=1)
        self._settled.append((np.stack([numbers, epochs], axis=1), self._table(layers), whole))
        self._keep(numbers, rows)
        self._weights.extend(zip(steps[-4:], weights[-4:], strict=True))
        self._waiting.clear()
        self._clipped.clear()
        self._measured.clear()
        self._ratios.clear()

    def _table(self, layers: NDArray[np.float64]) -> NDArray[np.float64]:
        """The numbers of each waiting step, in the order of ``_COLUMNS``."""
        table = np.full((len(self._waiting), len(_COLUMNS)), np.nan)
        table[:, 0] = [objective for _, objective, _ in self._waiting]
        table[:, 1] = [loss for _, _, loss in self._waiting]
        table[:, 2] = self._training.learning_rates(step for step, _, _ in self._waiting)
        table[:, 3] = table[:, 4] = norms(layers)
        if self._clipped or self._measured:
            for row, (step, _, _) in zip(table, self._waiting, strict=True):
                row[3:5] = self._clipped.get(step, row[3:5])
                if step in self._measured:
                    measured = self._measured[step]
                    row[5] = measured.loss
                    row[6] = np.nan if measured.accuracy is None else measured.accuracy
        return table

    def _keep(self, steps: NDArray[np.int64], rows: NDArray[np.float64]) -> None:
        """Keep the rows for ``past``, and drop the oldest beyond a limit."""
        assert self._pass is not None
        self._past.append(_Past(self._pass, steps, rows.copy()))
        self._past_bytes += self._past[-1].rows.nbytes
        while self._past_bytes > _PAST_BYTES and len(self._past) > 1:
            self._past_bytes -= self._past.popleft().rows.nbytes

    def _update_ratios(self, steps: list[int], weights: Array, updates: Array) -> Array:
        """‖Δθ‖ of the update that led to each step, over ‖θ‖ before it; 0 before the first."""
        before = np.empty_like(weights)
        before[1:] = weights[:-1]
        before[0] = next((w for step, w in self._weights if step == steps[0] - 1), np.nan)
        with np.errstate(all="ignore"):
            ratios: Array = updates / before
        for step, ratio in self._ratios.items():
            if step in steps:
                ratios[steps.index(step)] = ratio
        return ratios

    def _make_room(self, compiled: Pass) -> None:
        """Settle the rows, and make an empty table as wide as this pass's rows."""
        self.settle()
        size = compiled.training.size
        if self._rows.shape[1:] != (size,) or not len(self._rows):
            count = min(_ROWS, max(16, _BYTES // (8 * max(1, size))))
            self._rows = np.empty((count, size))
        self._pass = compiled
