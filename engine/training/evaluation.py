"""Loss and accuracy on the validation samples (held back from training)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine import data
from engine.execution.plan import Plan
from engine.model.model import Model
from engine.support.arrays import Array
from engine.system.system import System
from engine.training.feed import Feed, Samples

PORTION = 512


@dataclass(frozen=True)
class Evaluation:
    """Loss, and for classification accuracy (0 … 1, else None), on ``samples`` held back."""

    loss: float
    accuracy: float | None
    samples: int


class Evaluator:
    """Runs the forward graph over the held-back samples, in portions that bound its memory."""

    def __init__(
        self,
        feed: Feed | None,
        build: Callable[[int], Model],
        arrays: Mapping[str, Array],
        system: System,
    ) -> None:
        self._feed = feed
        self._build = build
        self._arrays = arrays
        self._system = system
        self._compiled: dict[int, tuple[Model, Plan]] = {}

    def measure(self, input_scale: float | None = None) -> Evaluation | None:
        """Return loss and accuracy with the current parameters; None with nothing held back."""
        if self._feed is None or self._feed.validation is None:
            return None
        held = self._feed.validation
        count = len(held.x)
        loss = right = 0.0
        for start in range(0, count, PORTION):
            part = Samples(held.x[start : start + PORTION], held.y[start : start + PORTION])
            model, plan = self._run(part, input_scale)
            loss += float(plan.value(model.loss)) * len(part.x)
            assert model.output is not None
            right += self._right(plan.value(model.output), part.y.T)
        classes = self._feed.task == data.CLASSIFICATION
        return Evaluation(loss / count, right / count if classes else None, count)

    def _run(self, part: Samples, input_scale: float | None) -> tuple[Model, Plan]:
        assert self._feed is not None
        model, plan = self._compile(len(part.x))
        inputs, y = self._feed.columns(part)
        for node, array in zip(model.inputs, inputs, strict=True):
            plan.leaf(node)[...] = array
        assert model.y is not None
        plan.leaf(model.y)[...] = y
        if model.input_scale is not None:
            with np.errstate(over="ignore"):  # float16 has no 1e6: data, not an error
                plan.leaf(model.input_scale)[...] = input_scale
        plan.run()
        return model, plan

    def _right(self, output: Array, y: Array) -> int:
        """The number of samples that are classified correctly."""
        if len(output) == 1:
            threshold = 0.0 if self._system.loss.type == "binary_cross_entropy" else 0.5
            return int(np.sum((output[0] > threshold) == (y[0] > 0.5)))
        return int(np.sum(output.argmax(axis=0) == y.argmax(axis=0)))

    def _compile(self, count: int) -> tuple[Model, Plan]:
        if count not in self._compiled:
            model = self._build(count)
            leaves = {p.node: self._arrays[p.name] for p in model.parameters}
            leaves.update({s.node: self._arrays[s.name] for s in model.statistics})
            results = [model.loss] if model.output is None else [model.loss, model.output]
            targets = [*results, *model.inputs]  # a network may leave an input unused
            plan = Plan(model.graph, targets, self._system.dtype, leaves)
            self._compiled[count] = model, plan
        return self._compiled[count]
