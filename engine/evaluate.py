"""Loss and accuracy on the samples held back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from engine import data
from engine.feed import Feed
from engine.model import Model
from engine.op import Array
from engine.plan import Plan
from engine.system import System


@dataclass(frozen=True)
class Evaluation:
    """Loss, and for classification accuracy (0 … 1, else None), on ``samples`` held back."""

    loss: float
    accuracy: float | None
    samples: int


class Evaluator:
    """Runs the forward graph over all held-back samples at once, compiled on first use."""

    def __init__(
        self,
        feed: Feed | None,
        build: Callable[[int], Model],
        parameters: Mapping[str, Array],
        system: System,
    ) -> None:
        self._feed = feed
        self._build = build
        self._parameters = parameters
        self._system = system
        self._compiled: tuple[Model, Plan] | None = None

    def measure(self, input_scale: float | None = None) -> Evaluation | None:
        """Return the figures with the parameters as they are, or None with nothing held back."""
        if self._feed is None or self._feed.validation is None:
            return None
        samples = self._feed.validation
        model, plan = self._compile(len(samples.x))
        if model.input_scale is not None:
            plan.leaf(model.input_scale)[...] = input_scale
        plan.run()
        if model.output is None:
            return None
        output = plan.value(model.output)
        return Evaluation(
            float(plan.value(model.loss)), self._accuracy(output, samples.y.T), len(samples.x)
        )

    def _accuracy(self, output: Array, y: Array) -> float | None:
        if self._feed is None or self._feed.task != data.CLASSIFICATION:
            return None
        if len(output) == 1:
            threshold = 0.0 if self._system.loss.type == "binary_cross_entropy" else 0.5
            return float(np.mean((output[0] > threshold) == (y[0] > 0.5)))
        return float(np.mean(output.argmax(axis=0) == y.argmax(axis=0)))

    def _compile(self, count: int) -> tuple[Model, Plan]:
        if self._compiled is None:
            model = self._build(count)
            leaves = {p.node: self._parameters[p.name] for p in model.parameters}
            leaves.update({s.node: self._parameters[s.name] for s in model.statistics})
            targets = [model.loss] if model.output is None else [model.loss, model.output]
            plan = Plan(model.graph, targets, self._system.dtype, leaves)
            if self._feed is not None and self._feed.validation is not None:
                inputs, y = self._feed.columns(self._feed.validation)
                for node, array in zip(model.inputs, inputs, strict=True):
                    plan.leaf(node)[...] = array
                assert model.y is not None
                plan.leaf(model.y)[...] = y
            self._compiled = model, plan
        return self._compiled
