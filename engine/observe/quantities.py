"""The quantities that nodes can be coloured by: one declaration each, measured on demand.

A quantity is part / whole of each node, so that a closed group has it as well: the parts of its
members together over their wholes together (``Measured.of_groups``). A new one is one more entry
of ``_DECLARED``, under a name of ``engine.settings.choices``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from engine.messages.measured import Measured
from engine.observe.measuring import (
    Measure,
    gradient_norms,
    gradient_rms,
    is_not_finite,
    is_zero,
    itself,
    over,
    parts_of,
    updates,
    value_norms,
    value_rms,
)
from engine.observe.seen import Seen
from engine.support.arrays import Array
from engine.support.errors import InputError, nearest
from engine.support.text import tr

# The colour scale: logarithmic for a magnitude, 0 to 1 for a fraction, symmetric for a signed one.
Kind = Literal["magnitude", "fraction", "signed"]
# What has to be computed before the quantity is known.
Source = Literal["gradient", "value", "update"]
# The members whose quantity a closed group shows; all members where it has none of these.
Members = Literal["parameters", "operations"]


@dataclass(frozen=True)
class Quantity:
    """One quantity of nodes.

    Attributes
    ----------
    name, title, symbol, unit:
        The name on the command line; the title, formula and unit on screen. The texts may
        contain "{objective}".
    kind, source, members:
        The kind of colour scale; what must be computed before; which members count in a group.
    words:
        The sentence that states it for a node.
    measure:
        From a trainer (``Seen``) to parts and wholes by node; see ``Measured``.
    squared:
        Whether parts and wholes are norms.
    only_parameters:
        Whether no other node has it.
    """

    name: str
    title: str
    symbol: str
    unit: str
    kind: Kind
    source: Source
    members: Members
    words: str
    measure: Measure
    squared: bool = False
    only_parameters: bool = False


def measured(seen: Seen, name: str) -> Measured:
    """Measure a quantity of the current pass; the arrays are read-only copies.

    Raises
    ------
    InputError
        For an unknown quantity.
    """
    quantity = quantity_of(name)
    nodes = seen.topology.nodes
    exists = np.ones(len(nodes), bool)
    if quantity.only_parameters:
        exists = np.array([node.kind == "parameter" for node in nodes], bool)
    value_ready, gradient_ready = seen.readiness.at(seen.cursor)[:2]
    ready = value_ready
    if quantity.source == "gradient":
        ready = gradient_ready
        exists &= np.isin(
            np.arange(len(nodes)), [k for p in parts_of(seen, gradients=True) for k in p.places]
        )
    elif quantity.source == "update":
        ready = np.full(len(nodes), seen.training.optimizer.updated)
    known = ready & exists
    parts, wholes = quantity.measure(seen)
    parts = np.where(known, parts, np.nan)
    wholes = None if wholes is None else np.where(known, wholes, np.nan)
    for array in (parts, wholes, known, exists):
        if array is not None:
            array.flags.writeable = False
    return Measured(name, parts, wholes, quantity.squared, known, exists)


def whole(seen: Seen, name: str) -> Array | None:
    """Return a quantity of all nodes that have it, to fit a colour scale to; read-only.

    With the gradient norm come the norms of all contributions. None where some are not computed
    yet, and where no value is finite and not 0.
    """
    if name == GRADIENT_NORM:
        if not seen.complete:
            return None
        norms = seen.current.norms()
        values = np.concatenate([norms.gradients, norms.contributions])
    else:
        found = measured(seen, name)
        if not found.ready[found.exists].all():
            return None
        values = found.values[found.exists]
    if not (np.isfinite(values) & (values != 0)).any():
        return None
    values.flags.writeable = False
    return values


# -- the registry ----------------------------------------------------------------------------------

GRADIENT_NORM = "gradient-norm"

_DECLARED = (
    Quantity(
        GRADIENT_NORM,
        tr("Gradient norm"),
        "‖∂{objective}/∂·‖₂",
        tr("{objective} per unit"),
        "magnitude",
        "gradient",
        "parameters",
        tr("How strongly the objective depends on the node as a whole."),
        gradient_norms,
        squared=True,
    ),
    Quantity(
        "gradient-rms",
        tr("Gradient RMS"),
        "‖∂{objective}/∂·‖₂ / √n",
        tr("{objective} per unit"),
        "magnitude",
        "gradient",
        "parameters",
        tr("The gradient of a typical element: arrays of any size can be compared."),
        gradient_rms,
        squared=True,
    ),
    Quantity(
        "value-norm",
        tr("Value norm"),
        "‖·‖₂",
        tr("its own unit"),
        "magnitude",
        "value",
        "operations",
        tr("How large the node's value is as a whole."),
        value_norms,
        squared=True,
    ),
    Quantity(
        "value-rms",
        tr("Value RMS"),
        "‖·‖₂ / √n",
        tr("its own unit"),
        "magnitude",
        "value",
        "operations",
        tr("How large a typical element of the value is."),
        value_rms,
        squared=True,
    ),
    Quantity(
        "update-ratio",
        tr("Update ratio"),
        "‖Δθ‖₂ / ‖θ‖₂",
        tr("no unit"),
        "magnitude",
        "update",
        "parameters",
        tr("The last update against the parameter before it; 10⁻³ is a usual value."),
        updates,
        squared=True,
        only_parameters=True,
    ),
    Quantity(
        "value-zeros",
        tr("Zeros in the value"),
        "#{{· = 0}} / n",
        tr("% of elements"),
        "fraction",
        "value",
        "operations",
        tr("The share of the value's elements that are exactly 0: after a ReLU, silent units."),
        over(is_zero, gradients=False),
    ),
    Quantity(
        "gradient-zeros",
        tr("Zeros in the gradient"),
        "#{{∂{objective}/∂· = 0}} / n",
        tr("% of elements"),
        "fraction",
        "gradient",
        "parameters",
        tr("The share of the elements that no gradient reaches: 100 % learns nothing."),
        over(is_zero, gradients=True),
    ),
    Quantity(
        "value-nonfinite",
        tr("Non-finite values"),
        "#{{NaN, ±∞}} / n",
        tr("% of elements"),
        "fraction",
        "value",
        "operations",
        tr("The share of the value's elements that are NaN or infinite."),
        over(is_not_finite, gradients=False),
    ),
    Quantity(
        "gradient-nonfinite",
        tr("Non-finite gradients"),
        "#{{∂{objective}/∂·: NaN, ±∞}} / n",
        tr("% of elements"),
        "fraction",
        "gradient",
        "parameters",
        tr("The share of the gradient's elements that are NaN or infinite."),
        over(is_not_finite, gradients=True),
    ),
    Quantity(
        "gradient-sign",
        tr("Mean sign of the gradient"),
        "mean sgn ∂{objective}/∂·",
        tr("no unit"),
        "signed",
        "gradient",
        "parameters",
        tr("Whether the gradient's elements pull the same way (±1) or against each other (0)."),
        over(np.sign, gradients=True),
    ),
    Quantity(
        "value-mean",
        tr("Mean of the value"),
        "mean ·",
        tr("its own unit"),
        "signed",
        "value",
        "operations",
        tr("The mean of the value's elements: which way activations are shifted."),
        over(itself, gradients=False),
    ),
    Quantity(
        "weight-mean",
        tr("Mean of the weights"),
        "mean θ",
        tr("its own unit"),
        "signed",
        "value",
        "parameters",
        tr("The mean of a parameter's elements; other nodes have none."),
        over(itself, gradients=False),
        only_parameters=True,
    ),
)

QUANTITIES = {quantity.name: quantity for quantity in _DECLARED}


def quantity_of(name: str) -> Quantity:
    """Return the quantity of this name.

    Raises
    ------
    InputError
        With the nearest name.
    """
    try:
        return QUANTITIES[name]
    except KeyError:
        raise InputError(
            tr("a quantity of nodes ({names})").format(names=", ".join(QUANTITIES)),
            repr(name),
            field="--colour",
            hint=nearest(name, QUANTITIES),
        ) from None
