"""``Trainer``: runs and takes back operations and training steps.

Frames and status texts are made by its subclass in ``engine.observe.observer``. A trainer belongs
to one thread. Stepping by operation and training at full speed make the same calls on the same
numbers, so both give bit-equal parameters.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine.execution.passes import Pass
from engine.support.arrays import Array
from engine.support.cancellation import Cancelled, checkpoint
from engine.support.errors import InputError
from engine.support.text import tr
from engine.system import system as systems
from engine.system.settings_by_step import Settings, same_way, until
from engine.system.system import System
from engine.training.evaluation import Evaluation
from engine.training.feed import Samples
from engine.training.operations import operations_of
from engine.training.setup import Training
from engine.training.step_log import StepLog
from engine.training.timeline import Timeline


class Trainer:
    """Trains a system, one operation or one step at a time.

    ``_pass_recorded``, ``_pass_forgotten`` and ``_went_back`` are hooks that do nothing here;
    ``Observer`` overrides them.

    Parameters
    ----------
    parameters:
        Starting values by name, in place of the initialisers' (see ``start_values``).
    batch:
        A fixed batch in place of the system's data.

    Attributes
    ----------
    training:
        Data, parameters, compiled passes and optimiser: what a step does.
    current:
        The compiled pass of the current step's batch size.
    operations:
        The operations of a pass, in their order.
    step, cursor:
        Updates made, and operations done of this step's pass.
    recorder, timeline:
        The log of completed passes; the settings and states of earlier steps.

    Raises
    ------
    EngineError
        A system that cannot be built; the message says where it is wrong.
    """

    def __init__(
        self,
        system: System,
        *,
        parameters: Mapping[str, Any] | None = None,
        batch: Samples | None = None,
    ) -> None:
        self.training = Training(system, parameters or {}, batch)
        self.current: Pass = self.training.begin(0)
        self.operations = operations_of(self.current)
        self._whole = len(self.operations) - 1
        self.step = 0
        self.cursor = 0
        self.recorder = StepLog(self.training)
        self._recorded = -1
        start = self.training.state(0, np.zeros(len(self.training.model.layers)))
        self.recorder.note_update_ratio(0, start.update_ratio)
        self.timeline = Timeline(system, start)

    @property
    def system(self) -> System:
        """The settings in force."""
        return self.training.system

    @property
    def theta(self) -> Array:
        """All parameters, flat."""
        return self.training.vectors.theta

    @property
    def gradient(self) -> Array:
        """The gradient of all parameters, flat, before clipping."""
        return self.training.vectors.gradient

    @property
    def parameters(self) -> Mapping[str, Array]:
        """The parameters by name: views of ``theta``."""
        return self.training.vectors.parameters

    @property
    def epoch(self) -> int:
        """The epoch that the current step belongs to."""
        return self.training.epoch(self.step)

    @property
    def complete(self) -> bool:
        """Whether forward and backward pass of this step are done."""
        return self.cursor == self._whole

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next update."""
        return self.training.learning_rate(self.step)

    @np.errstate(all="ignore")
    def operate(self) -> None:
        """Do one operation: of the forward pass, then the backward pass, then the update."""
        if self.complete:
            self.finish_pass()
            self._update()
        else:
            self._advance(self.cursor + 1)

    def train_step(self) -> None:
        """Finish the pass, make one update, and run the whole next pass."""
        self.train(1)

    @np.errstate(all="ignore")
    def train(self, steps: int, until: float = math.inf) -> None:
        """Make ``steps`` updates; stop after one that ends past ``until`` (``perf_counter``)."""
        self.finish_pass()
        for _ in range(steps):
            self._update()
            self._train_pass()
            if until < math.inf and time.perf_counter() >= until:
                break

    def _train_pass(self) -> None:
        """Run and record the whole pass of this step: the inner part of the training loop."""
        compiled = self.current = self.training.begin(self.step)
        compiled.train()
        self.cursor = self._whole
        self._end_pass()

    def _end_pass(self) -> None:
        """Record the pass; one that is repeated, as after going back, is only clipped again."""
        if self._recorded != self.step:
            self._record()
        else:
            self.training.clip(self.current)

    @np.errstate(all="ignore")
    def finish_pass(self) -> None:
        """Complete this step's forward and backward pass, without an update."""
        if self.cursor == 0 and not self.complete:
            self._train_pass()
        elif not self.complete:
            self._advance(self._whole)
        elif self._recorded != self.step:  # nothing to compute, as in f = 3
            self._record()

    def evaluate(self) -> Evaluation | None:
        """Measure the held-back samples with the current parameters; None where there are none."""
        return self.training.evaluate()

    def undo(self) -> None:
        """Take one operation back, an update as well; does nothing at the start."""
        if self.cursor > 0:
            self.cursor -= 1
        elif self.step > 0:
            self.rewind(self.step - 1)

    def reset(self) -> None:
        """Go back to step 0 with the initial parameters, before its first operation.

        Live settings keep their current values.
        """
        kept = self.system
        self._restore(0)
        self._change(kept)
        self.timeline.adopt(0, kept)
        self.cursor = 0
        self._recorded = -1

    def rewind(self, step: int) -> None:
        """Go back to the complete pass of an earlier step; later steps are forgotten."""
        if not 0 <= step <= self.step:
            raise InputError(
                tr("a step from 0 to {last}").format(last=self.step), str(step), field="step"
            )
        self._restore_or_stay(step)
        self._recorded = step - 1
        self.finish_pass()

    def change(self, key: str, value: Any) -> None:
        """Change a live setting; this step's pass is repeated with it up to the cursor.

        Raises
        ------
        InputError
            With the field: not a live setting, or not a valid value.
        """
        self.adopt(systems.override_live(self.system, key, value))

    def adopt(self, system: System) -> None:
        """Use these settings from this step on; only live ones may differ from the old."""
        self._change(system)
        self.timeline.adopt(self.step, system)
        self._repeat_pass()

    def retake(self, settings: Settings, step: int) -> None:
        """Go to a step of another run: back to where its settings differ, then on by them."""
        changes = sorted(since for since, _ in (*settings, *self.timeline.systems))
        apart = (k for k in changes if not same_way(settings, self.timeline.systems, k))
        parting = next(apart, step + 1)
        self.rewind(min(self.step, step, max(0, parting - 1)))
        start = self.step

        def train_to(wanted: int) -> None:
            while self.step < wanted:
                checkpoint(self.step - start, step - start)
                self.train_step()

        for since, system in until(settings, step):
            if since >= parting:
                train_to(since)
                self.adopt(system)
        train_to(step)

    def retell(self, words: System) -> None:
        """Take over name, title and description, for all steps: nothing is computed from them."""
        self.training.system = systems.retold(self.system, words)
        self.timeline.retell(words)

    def _repeat_pass(self) -> None:
        """Repeat this step's pass up to the cursor with the current settings.

        So what is shown belongs to them, and replaying the step gives the same numbers.
        """
        done, self.cursor = self.cursor, 0
        self._recorded = min(self._recorded, self.step - 1)
        self.recorder.forget_from(self.step)
        self._pass_forgotten()
        if done:
            self._advance(done)

    def objective_and_loss(self) -> tuple[float, float]:
        """Return objective and loss of the pass as far as it is computed (NaN where not)."""
        model, live = self.current.model, self.current.live
        return live(model.objective).item(), live(model.loss).item()

    def _change(self, system: System) -> None:
        """Use other live settings; rows recorded under the old ones are settled first."""
        self.recorder.settle()
        self.training.change(system)

    @np.errstate(all="ignore")
    def _advance(self, cursor: int) -> None:
        """Run the operations from the cursor up to, not including, another one."""
        if self.cursor == 0:
            self.current = self.training.begin(self.step)
        begun = self.cursor and not self.current.plan.stale  # stale: run by the plan for training
        start = max(0, self.operations[self.cursor - 1].stop) if begun else 0
        stop = self.operations[cursor - 1].stop
        if stop > start:
            self.current.run(start, stop)
        self.cursor = cursor
        if self.complete:
            self._end_pass()

    def _record(self) -> None:
        """Record a complete pass and its evaluation, and clip the gradient.

        The caller has numpy's warnings off, also for ``_update``.
        """
        self._recorded = step = self.step
        training, compiled = self.training, self.current
        objective, loss = self.objective_and_loss()
        finite = self.recorder.record(compiled, step, objective, loss)
        clipped = training.clip(compiled)
        if clipped is not None:
            self.recorder.note_clipping(step, *clipped)
        if training.evaluates(step) and (measured := self.evaluate()):
            self.recorder.note_evaluation(step, measured)
        self._pass_recorded(finite=finite and math.isfinite(objective))

    def _pass_recorded(self, *, finite: bool) -> None:
        """Hook: this step's pass is complete and recorded; ``finite``: without NaN and Inf."""

    def _pass_forgotten(self) -> None:
        """Hook: this step's pass will be repeated, and later steps are forgotten."""

    def _went_back(self) -> None:
        """Hook: an earlier step is restored; its pass will be repeated."""

    def _update(self) -> None:
        """Make the optimiser's update, and keep a checkpoint if one is due."""
        training = self.training
        due = self.timeline.checkpoints.wants(self.step + 1)
        weights = self.current.layer_norms()[0] if due else None
        training.update(self.step, self.current)
        self.step, self.cursor = self.step + 1, 0
        if weights is not None:
            ratio = self.current.layer_norms()[1] / weights
            self.timeline.checkpoints.add_state(training.state(self.step, ratio))

    def _restore_or_stay(self, step: int) -> None:
        """Restore a step; if that is cancelled, return exactly to the current state."""
        unknown = np.full(len(self.training.model.layers), np.nan)  # its row is recorded already
        here, system = self.training.state(self.step, unknown), self.system
        cursor, recorded = self.cursor, self._recorded
        try:
            self._restore(step)
        except Cancelled:
            self.training.restore(here)
            self._change(system)
            self.step, self.cursor = here.step, 0
            self._recorded = self.step  # the repeated pass is in the history already
            if cursor:
                self._advance(cursor)
            self._recorded = recorded
            raise

    @np.errstate(all="ignore")
    def _restore(self, step: int) -> None:
        """Restore a step: load the checkpoint before it, and replay the steps from there."""
        state = self.timeline.checkpoints.before(step)
        self.training.restore(state)
        self.step, self.cursor = state.step, 0
        ratio = state.update_ratio
        while self.step < step:
            checkpoint(self.step - state.step, step - state.step)
            self._change(self.timeline.system_at(self.step))
            self._recorded = self.step
            self.finish_pass()
            weights = self.current.layer_norms()[0]
            self._update()
            ratio = self.current.layer_norms()[1] / weights
        self._change(self.timeline.system_at(step))
        self.timeline.cut(step)
        self.recorder.forget_from(step)
        self.recorder.note_update_ratio(step, ratio)
        self._went_back()
