"""Training in time: one operation, one step, back again. Frames tell the window where it stands.

Confined to one thread. Stepping by operation and training at full speed run the same plan over
the same ranges, so both give bit-equal parameters.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from engine import system as systems
from engine import words
from engine.checkpoints import Checkpoints
from engine.diagnose import diagnose, non_finite
from engine.errors import InputError
from engine.evaluate import Evaluation
from engine.feed import Samples
from engine.frame import Finding, Frame
from engine.framing import Readiness, Recorder, make_frame
from engine.op import Array
from engine.passes import Pass
from engine.system import System
from engine.text import tr
from engine.topology import make_topology
from engine.training import Training

LEISURE = 0.5


class Trainer:
    """Trains a system, one operation or one step at a time.

    Parameters
    ----------
    generation:
        Number of this trainer in the session; frames carry it.
    parameters:
        Starting values by name, in place of the initialisers' (see ``start_values``).
    batch:
        A fixed batch in place of the system's data.

    Attributes
    ----------
    training:
        What a step does: data, parameters, compiled passes, optimiser.
    current:
        The compiled pass of the current step's batch size.
    topology:
        The graph as the window sees it.
    step, cursor:
        Updates made, and operations done of this step's pass.
    first_nonfinite:
        Where NaN or Inf first came up, and at which step; later passes spread it.
    readiness, recorder:
        What is computed at which cursor; the scalars of the passes since the last frame.

    Raises
    ------
    EngineError
        A system that cannot be built; the message says where it is wrong.
    """

    def __init__(
        self,
        system: System,
        generation: int = 0,
        *,
        parameters: Mapping[str, Any] | None = None,
        batch: Samples | None = None,
    ) -> None:
        self.generation = generation
        self.training = Training(system, parameters or {}, batch)
        self.current: Pass = self.training.begin(0)
        self.topology, self._stops = make_topology(
            self.current,
            system,
            generation,
            self.training.feed.task if self.training.feed else "",
            self.training.steps_per_epoch,
        )
        self.readiness = Readiness(self.topology)
        self.step = 0
        self.cursor = 0
        self.recorder = Recorder(len(self.training.model.layers))
        self._recorded = -1
        self._checkpoints = Checkpoints()
        self._checkpoints.add(self.training.state(0))
        self._systems: list[tuple[int, System]] = [(0, system)]
        self._selection: tuple[int | None, int | None] = (None, None)
        self._lit: int | None = None
        self._message: Callable[[], str] = lambda: tr("Ready: press → for the first operation.")
        self._rewound = False
        self._serial = 0
        self.first_nonfinite: Finding | None = None
        self._findings: tuple[Finding, ...] = ()
        self._diagnosed = -math.inf

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
        """Whether all of this step's pass but the update is done."""
        return self.cursor == len(self._stops) - 1

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next update."""
        return self.training.learning_rate(self.step)

    # Forward in time

    def operate(self) -> None:
        """Do one operation: of the forward pass, then the backward pass, then the update."""
        done = self.cursor
        if self.complete:
            self.finish_pass()
            self._update()
            text = words.of_update(self)
        else:
            self._advance(self.cursor + 1)
            text = words.of_operation(self, done)
        self._say(text)
        self._lit = done

    def train_step(self) -> None:
        """Finish the pass, make one update, and run the whole next pass."""
        self.finish_pass()
        self._update()
        self.finish_pass()
        self._lit = None
        self._message = lambda: words.of_step(self)

    def finish_pass(self) -> None:
        """Do what is left of this step's forward and backward pass; nothing is updated."""
        if not self.complete:
            self._advance(len(self._stops) - 1)
        elif self._recorded != self.step:  # nothing to compute, as in f = 3
            self._record()

    def evaluate(self) -> Evaluation | None:
        """Measure the held-back samples with the current parameters; None where there are none."""
        return self.training.evaluate()

    def diagnose(self, *, at_leisure: bool = False) -> tuple[Finding, ...]:
        """Return what the rules find in this step's pass, once it is whole.

        ``at_leisure`` repeats the last findings where they are younger than half a second.
        """
        if not self.complete:
            return ()
        now = time.monotonic()
        if not at_leisure or now - self._diagnosed > LEISURE:
            self._diagnosed = now
            self._findings = diagnose(self)
        return self._findings

    # Back in time

    def undo(self) -> None:
        """Take one operation back, across the update as well; at the very start nothing."""
        if self.cursor > 0:
            self.cursor -= 1
            self._lit = self.cursor - 1 if self.cursor else None
            words_back = self.topology.operations[self.cursor].words
            self._say(tr("Back: {words}").format(words=words_back))
        elif self.step > 0:
            self.rewind(self.step - 1)
            self._say(tr("Back before the update of step {step}.").format(step=self.step))

    def reset(self) -> None:
        """Back to step 0 with the initial parameters, before its first operation.

        Live settings stay as they are now.
        """
        kept = self.system
        self._restore(0)
        self.training.change(kept)
        self._systems = [(0, kept)]
        self.cursor = 0
        self._lit = None
        self._recorded = -1
        self._say(tr("Reset to step 0."))

    def rewind(self, step: int) -> None:
        """Go back to the whole pass of an earlier step; what came after is forgotten."""
        if not 0 <= step <= self.step:
            raise InputError(
                tr("a step from 0 to {last}").format(last=self.step), str(step), field="step"
            )
        before = self.system
        self._restore(step)
        self._recorded = step - 1
        self.finish_pass()
        self._lit = None
        text = tr("Rewound to step {step}.").format(step=step)
        if self.system != before:
            text += " " + tr("Settings changed since are as they were then.")
        self._say(text)

    # Settings, selection, frames

    def change(self, key: str, value: Any) -> None:
        """Change a live setting; this step's pass is done again with it as far as it was done.

        Raises
        ------
        InputError
            With the field: not a live setting, or not a valid value.
        """
        changed = systems.override(self.system, key, value)
        if not systems.is_live(self.system, key):
            raise InputError(
                tr("a setting that may change during training"),
                repr(key),
                field=key,
                hint=tr("Rebuild the system to change it."),
            )
        self.training.change(changed)
        self._systems = [(s, old) for s, old in self._systems if s < self.step]
        self._systems.append((self.step, changed))
        self._checkpoints.forget_after(self.step)
        self._repeat_pass()
        self._say(
            tr("{key} = {value} from step {step} on.").format(key=key, value=value, step=self.step)
        )

    def _repeat_pass(self) -> None:
        """Bring this step's pass, as far as it is done, up to the settings that now hold.

        What is on screen then belongs to them, and replaying the step gives the same again.
        """
        done, self.cursor = self.cursor, 0
        self._recorded = min(self._recorded, self.step - 1)
        self.recorder.forget_from(self.step)
        if done:
            self._advance(done)

    def inspect(self, node: int | None = None, edge: int | None = None) -> None:
        """Choose the node or edge whose ``Detail`` frames carry."""
        self._selection = (node, edge)

    def take_frame(
        self,
        *,
        running: bool = False,
        busy: str = "",
        progress: tuple[int, int] | None = None,
        problem: str = "",
    ) -> Frame:
        """Return everything since the last frame taken."""
        self._serial += 1
        frame = make_frame(
            self,
            serial=self._serial,
            running=running,
            busy=busy,
            progress=progress,
            problem=problem,
            message=self._message(),
            lit=self._lit,
            selection=self._selection,
            rewound=self._rewound,
        )
        self._rewound = False
        return frame

    def objective_and_loss(self) -> tuple[float, float]:
        """Return objective and loss of the pass as far as it is computed (NaN where not)."""
        model = self.current.model
        return float(self.current.value(model.objective)), float(self.current.value(model.loss))

    def _say(self, text: str) -> None:
        self._message = lambda: text

    def _advance(self, cursor: int) -> None:
        """Run the operations from the cursor up to, not including, another one."""
        if self.cursor == 0:
            self.current = self.training.begin(self.step)
        start = max(0, self._stops[self.cursor - 1]) if self.cursor else 0
        stop = self._stops[cursor - 1]
        if stop > start:
            self.current.plan.run(start, stop)
        self.cursor = cursor
        if self.complete and self._recorded != self.step:
            self._record()
        elif self.complete:  # done once more, after an operation was taken back
            self.training.clip(self.current)

    def _record(self) -> None:
        """The pass is whole: clip the gradients and keep the scalars of this step."""
        self._recorded = self.step
        training = self.training
        before, after = training.clip(self.current)
        measured = None
        if self.step % training.steps_per_epoch == 0:
            measured = self.evaluate()
        objective, loss = self.objective_and_loss()
        if self.first_nonfinite is None and not math.isfinite(objective + before):
            self.first_nonfinite = next(non_finite(self), None)
        self.recorder.add(
            step=self.step,
            epoch=self.epoch,
            objective=objective,
            loss=loss,
            learning_rate=self.learning_rate,
            before=before,
            after=after,
            gradient=training.gradient_norms(),
            weight=training.weights,
            ratio=training.update_ratio,
            validation=measured,
        )

    def _update(self) -> None:
        """Take the optimiser's step."""
        self.training.update(self.step, self.current)
        self.step += 1
        self.cursor = 0
        if self._checkpoints.wants(self.step):
            self._checkpoints.add(self.training.state(self.step))

    def _restore(self, step: int) -> None:
        """Take the state of a step from the checkpoint before it, and replay from there."""
        state = self._checkpoints.before(step)
        self.training.restore(state)
        self.step = state.step
        self.cursor = 0
        while self.step < step:
            self._use_system_of(self.step)
            self._recorded = self.step
            self.finish_pass()
            self.training.clip(self.current)
            self._update()
        self._use_system_of(step)
        self._systems = [(s, system) for s, system in self._systems if s <= step]
        self._checkpoints.forget_after(step)
        self.recorder.forget_from(step)
        self.first_nonfinite = None
        self._rewound = True

    def _use_system_of(self, step: int) -> None:
        """Train as the settings were at that step; changes made since are not replayed early."""
        self.training.change(next(system for s, system in reversed(self._systems) if s <= step))
