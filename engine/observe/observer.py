"""``Observer``: a trainer with what is shown of it: topology, frames, findings, status text.

The window's training thread, the command line and recipes make one; a sweep, which shows nothing
on the way, makes a ``Trainer``.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from engine.execution.gradient_graph import extended
from engine.messages.commands import Watch
from engine.messages.frame import Finding, Frame
from engine.model.model import not_given
from engine.observe import gradient_topology, quantities
from engine.observe import status_words as words
from engine.observe.detail import detail_of
from engine.observe.diagnose import Diagnosis, non_finite
from engine.observe.neurons import neurons_of
from engine.observe.quantities import GRADIENT_NORM, measured
from engine.observe.readiness import Readiness
from engine.observe.topology import make_topology
from engine.observe.trouble import layer_norms
from engine.support.arrays import Array, read_only
from engine.support.figures import figure, whole
from engine.support.text import tr
from engine.system.setting_words import words_of
from engine.system.system import System
from engine.training.feed import Samples
from engine.training.trainer import Trainer


class Observer(Trainer):
    """A ``Trainer`` that also reports its state.

    Parameters
    ----------
    generation:
        Number of this observer in the session; frames and the topology carry it.

    Attributes
    ----------
    topology:
        The graph as the window sees it.
    readiness:
        Which of its numbers are computed at which cursor.
    first_nonfinite, nonfinite_since:
        Where and at which step NaN or Inf came up first, before later passes spread it.
    """

    def __init__(
        self,
        system: System,
        generation: int = 0,
        *,
        parameters: Mapping[str, Any] | None = None,
        batch: Samples | None = None,
    ) -> None:
        super().__init__(system, parameters=parameters, batch=batch)
        self.generation = generation
        missing = not_given(self.training.model, parameters) if parameters else ()
        self.topology = make_topology(self, generation, missing)
        self.readiness = Readiness(self.topology)
        self.first_nonfinite: Finding | None = None
        self.nonfinite_since: int | None = None
        self._diagnosis = Diagnosis()
        self._selection: tuple[int | None, int | None] = (None, None)
        self._watch: Watch | None = None
        self._looked_at: tuple[str, ...] = ()
        self._first: dict[str, Array] = {}
        self._lit: int | None = None
        self._message: Callable[[], str] = lambda: tr("Ready: press → for the first operation.")
        self._rewound = self._reset = False
        self._serial = 0

    # -- what frames show --------------------------------------------------------------------------

    def inspect(self, node: int | None = None, edge: int | None = None) -> None:
        """Choose the node or edge whose ``Detail`` frames carry."""
        self._selection = (node, edge)

    def look_at(self, quantity: str) -> None:
        """Choose the quantity that frames show; its values in its first complete pass are kept."""
        self._looked_at = (GRADIENT_NORM, quantity)
        self._keep_first()

    def watch(self, watch: Watch | None) -> None:
        """Choose the layers whose ``Neurons`` frames carry; None for none."""
        self._watch = watch

    def show_order(self, order: int) -> None:
        """Show gradient nodes up to ``order``: 0, 1 or 2.

        Raises
        ------
        InputError
            For the second order of a graph that is too large for it.
        """
        self.topology = gradient_topology.up_to_order(self.topology, self.current, order)
        self.readiness = Readiness(self.topology)

    # -- frames ------------------------------------------------------------------------------------

    def diagnose(self, *, at_leisure: bool = False) -> tuple[Finding, ...]:
        """Return the findings in this step's pass, none before it is complete.

        ``at_leisure`` allows findings that are up to half a second old.
        """
        return self._diagnosis.of(self, at_leisure=at_leisure) if self.complete else ()

    def take_frame(
        self,
        *,
        running: bool = False,
        busy: str = "",
        progress: tuple[int, int] | None = None,
        problem: str = "",
        quantity: str = GRADIENT_NORM,
    ) -> Frame:
        """Return a frame of the current state, with the scalars recorded since the last frame.

        Only this quantity of the nodes is measured. What is not computed yet is NaN.
        """
        self._serial += 1
        self.look_at(quantity)
        compiled, order = self.current, self.topology.order
        seen = extended(compiled, order) if order else compiled
        if order > 1 and self.complete:
            extended(compiled, order).renew()
        value_ready, gradient_ready, edge_ready = self.readiness.at(self.cursor)
        objective, loss = self.objective_and_loss()
        model, scalars = compiled.model, seen.scalars()
        norms = seen.norms()
        values = np.where(value_ready, norms.values, np.nan)
        gradients = np.where(gradient_ready, norms.gradients, np.nan)
        frame = Frame(
            generation=self.generation,
            serial=self._serial,
            step=self.step,
            epoch=self.epoch,
            cursor=self.cursor,
            running=running,
            busy=busy,
            message=self._message(),
            lit=self._lit,
            objective=objective if value_ready[model.objective] else float("nan"),
            loss=loss if value_ready[model.loss] else float("nan"),
            value_norm=read_only(values),
            value_ready=value_ready,
            gradient_norm=read_only(gradients),
            gradient_ready=gradient_ready,
            contribution_norm=read_only(np.where(edge_ready, norms.contributions, np.nan)),
            contribution_ready=edge_ready,
            layer_gradient_norm=read_only(self._layer_norms(gradients, gradient_ready)),
            scalars=self.recorder.take_rows(),
            first_nonfinite=_first_nonfinite(values, value_ready),
            detail=detail_of(self, *self._selection),
            findings=self.diagnose(at_leisure=running),
            rewound=self._rewound,
            reset=self._reset,
            progress=progress,
            problem=problem,
            input_scale=self.system.data.input_scale,
            learning_rate=self.learning_rate,
            scalar_value=read_only(np.where(value_ready, scalars[0], np.nan)),
            scalar_gradient=read_only(np.where(gradient_ready, scalars[1], np.nan)),
            scalar_contribution=read_only(np.where(edge_ready, scalars[2], np.nan)),
            systems=self.timeline.systems,
            nonfinite_since=self.nonfinite_since,
            quantity=None if quantity == GRADIENT_NORM else measured(self, quantity),
            first=self._first,
            neurons=() if self._watch is None else neurons_of(self, self._watch),
        )
        self._rewound = self._reset = False
        return frame

    def _layer_norms(self, gradients: Array, ready: Array) -> Array:
        """Each layer's gradient norm; NaN where the backward pass has not reached all of it."""
        if self.complete:
            return self.training.gradient_norms()
        reached = [ready[list(layer.parameters)].all() for layer in self.topology.layers]
        return np.where(reached, layer_norms(self.topology, gradients), np.nan)

    # -- training, with status texts ---------------------------------------------------------------

    @np.errstate(all="ignore")
    def operate(self) -> None:
        """Do one operation; frames then highlight it and say what it computed."""
        done, updates = self.cursor, self.complete
        super().operate()
        self._say(words.of_update(self) if updates else words.of_operation(self, done))
        self._lit = done

    def train(self, steps: int, until: float = math.inf) -> None:
        """Make this many updates (see ``Trainer``); frames then say the last step's objective."""
        super().train(steps, until)
        self._lit = None
        self._message = lambda: words.of_step(self)

    def undo(self) -> None:
        """Take one operation back; frames then say which."""
        step, cursor = self.step, self.cursor
        super().undo()
        if cursor > 0:
            self._lit = self.cursor - 1 if self.cursor else None
            words_back = self.topology.operations[self.cursor].words
            self._say(tr("Back: {words}").format(words=words_back))
        elif step > 0:
            self._say(tr("Back before the update of step {step}.").format(step=self.step))

    def reset(self) -> None:
        """Go back to step 0; the next frame tells the window to clear its curves."""
        super().reset()
        self._lit = None
        self._reset = True
        self._say(tr("Reset to step 0."))

    def rewind(self, step: int) -> None:
        """Go back to an earlier step; frames then say whether settings changed with it."""
        before = self.system
        super().rewind(step)
        self._lit = None
        text = tr("Rewound to step {step}.").format(step=step)
        if self.system != before:
            text += " " + tr("Settings changed since are as they were then.")
        self._say(text)

    def change(self, key: str, value: Any) -> None:
        """Change a live setting; frames then say from which step on it holds."""
        super().change(key, value)
        self._say(
            tr("{setting} = {value} from step {step} on.").format(
                setting=words_of(key, self.system),
                value=figure(value) if isinstance(value, float) else value,
                step=whole(self.step),
            )
        )

    def _say(self, text: str) -> None:
        self._message = lambda: text

    # -- hooks of the trainer ----------------------------------------------------------------------

    def _pass_recorded(self, *, finite: bool) -> None:
        if not finite and self.first_nonfinite is None:
            self.first_nonfinite = next(non_finite(self), None)
            self.nonfinite_since = None if self.first_nonfinite is None else self.step
        self._keep_first()

    def _pass_forgotten(self) -> None:
        """Forget a NaN or Inf that came up in this step's pass or after it."""
        if self.nonfinite_since is not None and self.nonfinite_since >= self.step:
            self.first_nonfinite = self.nonfinite_since = None

    def _went_back(self) -> None:
        self._pass_forgotten()
        self._rewound = True

    def _keep_first(self) -> None:
        """Keep the shown quantities of their first complete pass, to anchor colour scales."""
        for name in self._looked_at:
            if name not in self._first and (values := quantities.whole(self, name)) is not None:
                self._first = {
                    **self._first,
                    name: values,
                }  # a new dict: frames hold the one before


def _first_nonfinite(values: Array, value_ready: Array) -> int | None:
    bad = np.flatnonzero(value_ready & ~np.isfinite(values))
    return int(bad[0]) if len(bad) else None
