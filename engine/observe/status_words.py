"""The text of the status line: what just happened, in words with numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from engine.graph.symbols import denominator, reference
from engine.observe.seen import Seen
from engine.optimizer import optimizer_of
from engine.optimizer.clipping import FORMULAS
from engine.settings.declaration import NEXT_LINE
from engine.support.arrays import Array
from engine.support.figures import figure
from engine.support.norms import norm
from engine.support.text import tr

if TYPE_CHECKING:
    from engine.system.system import System


def of_rule(system: System) -> str:
    """Return the update in symbols: the formulas of clipping and optimiser by these settings."""
    settings, clipping = system.optimizer, system.clipping.type
    clip = "" if clipping == "none" else FORMULAS[clipping]
    return optimizer_of(settings).rule(settings, clip)


def of_update_settings(system: System) -> str:
    """Return the formulas of update and changing learning rate line by line, and the source."""
    lines = of_rule(system).split(NEXT_LINE)
    if system.schedule.name != "constant":
        lines.append(system.schedule.formula)
    return "\n".join([*lines, optimizer_of(system.optimizer).source])


def of_operation(seen: Seen, index: int) -> str:
    """Return "∂J/∂h = W⁽²⁾ᵀ ∂J/∂o, norm 0.183" for an operation just done."""
    operation = seen.topology.operations[index]
    if operation.phase == "batch":
        return tr("Step {step}, epoch {epoch}: {words}.").format(
            step=seen.step, epoch=seen.epoch, words=operation.words
        )
    node = operation.nodes[0]
    backward = operation.phase == "backward"
    array = seen.current.gradient(node) if backward else seen.current.value(node)
    return f"{operation.words}, {_figure(array)}"


def of_update(seen: Seen) -> str:
    """Return what the last update did to the parameters, and its formula.

    The numbers come first, since a long text is cut at its end.
    """
    rate = seen.training.learning_rate(seen.step - 1)
    return tr("Update to step {step}: ‖Δθ‖ = {size}, η = {rate}; {words}").format(
        words=of_rule(seen.system),
        rate=figure(rate),
        size=figure(norm(seen.training.optimizer.delta)),
        step=seen.step,
    )


def of_step(seen: Seen) -> str:
    """Return step, objective and loss after a whole training step."""
    objective, loss = seen.objective_and_loss()
    model = seen.current.model
    text = tr("{name} = {objective}").format(
        name=seen.topology.nodes[model.objective].symbol,
        objective=figure(objective, 5),
    )
    if model.loss != model.objective:
        text += tr(", L = {loss}").format(loss=figure(loss, 5))
    broken = first_broken(seen)
    if broken:
        words = tr("Step {step}: NaN or Inf, first in {broken}; {numbers}")
        return words.format(step=seen.step, broken=broken, numbers=text)
    return tr("Step {step}: {numbers}").format(step=seen.step, numbers=text)


def first_broken(seen: Seen) -> str:
    """Return the value or gradient in which NaN or Inf came up first; "" if not at this step."""
    found = seen.first_nonfinite
    if found is None or seen.nonfinite_since != seen.step:
        return ""
    graph, node = seen.current.model.graph, found.places[0].node
    if not np.isfinite(seen.current.value(node)).all():
        return reference(graph, graph.nodes[node])
    below = denominator(graph, graph.nodes[node])
    return f"∂{seen.topology.objective}/∂{below}"


def _figure(array: Array | None) -> str:
    if array is None:
        return tr("no gradient")
    if array.size == 1:
        return tr("value {value}").format(value=figure(float(array.reshape(())), 6))
    return tr("norm {value}").format(value=figure(norm(array)))
