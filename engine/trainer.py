"""The one owner of plan, parameters and optimiser: one operation, one step, back again.

Confined to one thread. Stepping by operation and training at full speed run the same plan over
the same ranges, so both give bit-equal parameters.
"""

from __future__ import annotations

import math
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from engine import system as systems
from engine import words
from engine.checkpoints import Checkpoints, State
from engine.diagnose import diagnose
from engine.errors import InputError
from engine.evaluate import Evaluation, Evaluator
from engine.feed import Feed, Samples
from engine.frame import Finding, Frame, Topology
from engine.framing import Recorder, make_frame
from engine.model import Model, build, start_values
from engine.norms import PartNorms
from engine.op import Array
from engine.optimizer import make
from engine.passes import Pass
from engine.system import System
from engine.text import tr
from engine.topology import make_topology
from engine.vectors import Vectors

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
    topology:
        The graph as the window sees it.
    step, cursor:
        Updates made, and operations done of this step's pass.
    vectors:
        All parameters and their gradients, flat and by name.
    weight_norms, gradient_norms:
        Called, they return the L2 norm of each layer's part of these vectors.
    evaluation:
        Loss and accuracy on the held-back samples when last measured, or None.

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
        self.system = system
        self.generation = generation
        self.feed = None if system.is_expression else Feed(system, batch)
        model = self._build(self._batch_size(0))
        start = start_values(
            model,
            {**system.parameters, **(parameters or {})},
            np.random.default_rng([system.seed, 1]),
        )
        self.vectors = Vectors(model, start, np.dtype(system.dtype))
        self.optimizer = make(system.optimizer, self.theta)
        self.weight_norms = PartNorms(self.theta, self.vectors.parts)
        self.gradient_norms = PartNorms(self.gradient, self.vectors.parts)
        self._update_norms = PartNorms(self.optimizer.delta, self.vectors.parts)
        self._weights = np.zeros(len(model.layers))
        self._passes: dict[int, Pass] = {}
        self._pass = self._compile(self._batch_size(0), model)
        self.topology, self._stops = self._topology()
        self._evaluator = Evaluator(self.feed, self._build, self.parameters, system)
        self.evaluation: Evaluation | None = None
        self.recorder = Recorder(len(model.layers))
        self.step = 0
        self.cursor = 0
        self._checkpoints = Checkpoints()
        self._checkpoints.add(self._state())
        self._systems: list[tuple[int, System]] = [(0, system)]
        self._recorded = -1
        self._update_ratio = np.zeros(len(model.layers))
        self._clipped = self.gradient
        self._selection: tuple[int | None, int | None] = (None, None)
        self._lit: int | None = None
        self._message = tr("Ready: press → for the first operation.")
        self._rewound = False
        self._serial = 0
        self._findings: tuple[Finding, ...] = ()
        self._diagnosed = -math.inf

    # What there is

    @property
    def theta(self) -> Array:
        """All parameters, flat."""
        return self.vectors.theta

    @property
    def gradient(self) -> Array:
        """The gradient of all parameters, flat, before clipping."""
        return self.vectors.gradient

    @property
    def parameters(self) -> Mapping[str, Array]:
        """The parameters by name: views of ``theta``."""
        return self.vectors.parameters

    @property
    def current(self) -> Pass:
        """The compiled pass of the current step's batch size."""
        return self._pass

    @property
    def epoch(self) -> int:
        """The epoch that the current step belongs to."""
        return self.feed.sampler.epoch(self.step) if self.feed else 0

    @property
    def complete(self) -> bool:
        """Whether all of this step's pass but the update is done."""
        return self.cursor == len(self._stops) - 1

    @property
    def update_ratio(self) -> Array:
        """‖Δθ‖ / ‖θ‖ of each layer at the last update; 0 before the first."""
        return self._update_ratio

    @property
    def learning_rate(self) -> float:
        """The learning rate of the next update."""
        return self.system.schedule.rate(self.system.optimizer.learning_rate, self.step)

    # Forward in time -------------------------------------------------------------------------

    def operate(self) -> None:
        """Do one operation: of the forward pass, then the backward pass, then the update."""
        done = self.cursor
        if self.complete:
            self._update()
            self._message = words.of_update(self)
        else:
            self._advance(self.cursor + 1)
            self._message = words.of_operation(self, done)
        self._lit = done

    def train_step(self) -> None:
        """Finish the pass, make one update, and run the whole next pass."""
        self.finish_pass()
        self._update()
        self.finish_pass()
        self._lit = None
        self._message = words.of_step(self)

    def finish_pass(self) -> None:
        """Do what is left of this step's forward and backward pass; nothing is updated."""
        if not self.complete:
            self._advance(len(self._stops) - 1)

    def evaluate(self) -> Evaluation | None:
        """Measure the held-back samples with the current parameters; None where there are none."""
        self.evaluation = self._evaluator.measure()
        return self.evaluation

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

    # Back in time ----------------------------------------------------------------------------

    def undo(self) -> None:
        """Take one operation back, across the update as well; at the very start nothing."""
        if self.cursor > 0:
            self.cursor -= 1
            self._lit = self.cursor - 1 if self.cursor else None
            self._message = tr("Back: {words}").format(
                words=self.topology.operations[self.cursor].words
            )
        elif self.step > 0:
            self.rewind(self.step - 1)
            self._message = tr("Back before the update of step {step}.").format(step=self.step)

    def reset(self) -> None:
        """Back to step 0 with the initial parameters, before its first operation."""
        self._restore(0)
        self.cursor = 0
        self._lit = None
        self._recorded = -1
        self._message = tr("Reset to step 0.")

    def rewind(self, step: int) -> None:
        """Go back to the whole pass of an earlier step; what came after is forgotten."""
        if not 0 <= step <= self.step:
            raise InputError(
                tr("a step from 0 to {last}").format(last=self.step), str(step), field="step"
            )
        self._restore(step)
        self._recorded = step - 1
        self.finish_pass()
        self._lit = None
        self._message = tr("Rewound to step {step}.").format(step=step)

    # Settings, selection, frames -------------------------------------------------------------

    def change(self, key: str, value: Any) -> None:
        """Change a live setting, from the next training step on.

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
        self.optimizer.change(changed.optimizer)
        self._systems = [(s, old) for s, old in self._systems if s < self.step]
        self._systems.append((self.step, changed))
        self.system = changed
        self._checkpoints.forget_after(self.step)
        self._message = tr("{key} = {value} from the next step on.").format(key=key, value=value)

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
            message=self._message,
            lit=self._lit,
            selection=self._selection,
            rewound=self._rewound,
        )
        self._rewound = False
        return frame

    def objective_and_loss(self) -> tuple[float, float]:
        """Return objective and loss of the pass as far as it is computed (NaN where not)."""
        model = self._pass.model
        return float(self._pass.value(model.objective)), float(self._pass.value(model.loss))

    def _build(self, batch: int) -> Model:
        if self.feed is None:
            return build(self.system)
        return build(self.system, (self.feed.features,), self.feed.outputs, batch)

    def _batch_size(self, step: int) -> int:
        return self.feed.batch_size_of(step) if self.feed else 0

    def _compile(self, batch: int, model: Model | None = None) -> Pass:
        if batch not in self._passes:
            model = model or self._build(batch)
            dtype = np.dtype(self.system.dtype)
            self._passes[batch] = Pass(model, dtype, self.vectors)
        return self._passes[batch]

    def _topology(self) -> tuple[Topology, list[int]]:
        task = self.feed.task if self.feed else ""
        per_epoch = self.feed.sampler.steps_per_epoch if self.feed else 1
        return make_topology(self._pass, self.system, self.generation, task, per_epoch)

    def _advance(self, cursor: int) -> None:
        """Run the operations from the cursor up to, not including, another one."""
        if self.cursor == 0:
            self._begin()
        start = max(0, self._stops[self.cursor - 1]) if self.cursor else 0
        stop = self._stops[cursor - 1]
        if stop > start:
            self._pass.plan.run(start, stop)
        self.cursor = cursor
        if self.complete and self._recorded != self.step:
            self._record()

    def _begin(self) -> None:
        """Take up this step's batch."""
        self._pass = self._compile(self._batch_size(self.step))
        if self.feed is not None:
            self._pass.feed(*self.feed.batch_of(self.step))
        if self.system.data.input_scale is not None:
            self._pass.set_input_scale(self.system.data.input_scale)

    def _record(self) -> None:
        """The pass is whole: clip the gradients and keep the scalars of this step."""
        self._recorded = self.step
        before, after = self._clip()
        measured = None
        if self.feed is not None and self.step % self.feed.sampler.steps_per_epoch == 0:
            measured = self.evaluate()
        objective, loss = self.objective_and_loss()
        self.recorder.add(
            step=self.step,
            epoch=self.epoch,
            objective=objective,
            loss=loss,
            learning_rate=self.learning_rate,
            before=before,
            after=after,
            gradient=self.gradient_norms(),
            weight=self._weights,
            ratio=self._update_ratio,
            validation=measured,
        )

    def _clip(self) -> tuple[float, float]:
        """Make the gradient that the update takes; return its norm before and after clipping."""
        self._pass.gather()
        self._weights = self.weight_norms()
        clipping = self.system.clipping
        self._clipped = self.gradient if clipping.type == "none" else self.gradient.copy()
        return clipping.apply(self._clipped)

    def _update(self) -> None:
        """Take the optimiser's step on the clipped gradients."""
        self.optimizer.update(self._clipped, self.learning_rate)
        with np.errstate(all="ignore"):
            self._update_ratio = self._update_norms() / self._weights
        self.step += 1
        self.cursor = 0
        if self._checkpoints.wants(self.step):
            self._checkpoints.add(self._state())

    def _state(self) -> State:
        return State(self.step, self.theta.copy(), self.optimizer.state())

    def _restore(self, step: int) -> None:
        """Take the state of a step from the checkpoint before it, and replay from there."""
        state = self._checkpoints.before(step)
        self.theta[...] = state.theta
        self.optimizer.restore(state.optimizer)
        self.step = state.step
        self.cursor = 0
        self._update_ratio = np.zeros_like(self._update_ratio)
        while self.step < step:
            self._use_system_of(self.step)
            self._recorded = self.step
            self._advance(len(self._stops) - 1)
            self._clip()
            self._update()
        self._use_system_of(step)
        self._systems = [(s, system) for s, system in self._systems if s <= step]
        self._checkpoints.forget_after(step)
        self.recorder.forget_after(step)
        self._rewound = True

    def _use_system_of(self, step: int) -> None:
        """Train as the settings were at that step; changes made since are not replayed early."""
        self.system = next(system for s, system in reversed(self._systems) if s <= step)
        self.optimizer.change(self.system.optimizer)
