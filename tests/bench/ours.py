"""The engine's own training step: what the window and the command line train with."""

from __future__ import annotations

import numpy as np

from engine.execution.training_plan import TrainingPlan
from engine.observe.observer import Observer
from engine.support.arrays import Array
from tests.bench.workloads import Case, Workload


class Ours:
    """A workload in the engine; ``record`` keeps the norms of all gradients at every step.

    Recording is ``Observer.train``, history and all. There is no switch for less in the program:
    without recording it is the same plan without the measuring, and the optimiser.
    """

    def __init__(self, workload: Workload, *, record: bool) -> None:
        self.trainer = Observer(workload.system(), batch=workload.samples())
        self.training, self.compiled = self.trainer.training, self.trainer.current
        self.bare = None if record else self._without_recording()
        self._begun = False

    def steps(self, count: int) -> None:
        """Take so many training steps: each a pass and the update after it.

        The trainer puts the update before the next pass, so that the pass last run can be seen.
        """
        if self.bare is None:
            if not self._begun:
                self._begun = True
                self.trainer.finish_pass()
                count -= 1
            if count:
                self.trainer.train(count)
            return
        training, compiled, run = self.training, self.compiled, self.bare.run
        with np.errstate(all="ignore"):
            for _ in range(count):
                run()
                compiled.gather()
                training.update(0, compiled)

    def step(self) -> None:
        """Take a training step."""
        self.steps(1)

    def case(self, workload: Workload) -> Case:
        """What the other columns start from; the engine says what is recorded."""
        feed = self.training.feed
        assert feed is not None
        inputs, y = feed.columns(feed.train)
        start = {name: array.copy() for name, array in self.trainer.parameters.items()}
        x = np.stack(inputs) if len(inputs) > 1 else inputs[0]
        return Case(workload, np.ascontiguousarray(x), np.ascontiguousarray(y), start, inputs=False)

    def loss(self) -> float:
        """The objective of the last forward pass."""
        if self.bare is None:
            return self.trainer.objective_and_loss()[0]
        return float(self.bare.array(self.compiled.model.objective))

    def gradients(self) -> dict[str, Array]:
        """The parameters' gradients of the last backward pass, by name."""
        return {name: array.copy() for name, array in self.training.vectors.gradients.items()}

    def norms(self) -> Array:
        """The norms recorded: of every node's gradient and every edge's contribution."""
        row = np.empty(self.compiled.training.size)
        with np.errstate(all="ignore"):
            self.compiled.record(row)
        return self.compiled.recorded_norms(row)

    def history_bytes(self) -> int:
        """The memory of what is kept of earlier steps: rows of norms, states to go back to."""
        return self.trainer.recorder.bytes + self.trainer.timeline.checkpoints.bytes

    def _without_recording(self) -> TrainingPlan:
        compiled, vectors = self.compiled, self.training.vectors
        model, by_node = compiled.model, compiled.gradients.by_node
        copied = {id(place) for place, _ in compiled.copies}
        outputs = {
            by_node[p.node]: vectors.gradients[p.name]
            for p in model.parameters
            if id(vectors.gradients[p.name]) not in copied
        }
        keep = {model.objective, *(node for _, node in compiled.copies)}
        plan = compiled.plan
        return TrainingPlan(
            plan.graph, plan.dtype, plan.leaves, outputs, keep, (), products=compiled.products
        )
