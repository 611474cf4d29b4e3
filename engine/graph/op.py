"""What an operation is: one frozen declaration in one place, kept in a registry.

A declaration says how the operation is drawn, which shapes it takes, how it is computed and how it
is differentiated. Engine, canvas, inspector and tests all read it, so the tests cover a new
operation without a new test.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from typing import Any

import numpy as np

from engine.graph.shapes import Shape, ShapeRule
from engine.support.arrays import Array, DType
from engine.support.errors import GraphError, nearest
from engine.support.text import tr

BoundCall = tuple[Callable[..., Any], tuple[Any, ...]]
Binder = Callable[..., BoundCall]
Workspace = dict[Any, Any]
Pullback = Callable[..., Any]  # returns Value | None of engine.graph.graph, which imports this file
Branch = Callable[..., Array]


@dataclass(frozen=True)
class Sample:
    """Inputs on which the tests check an operation: shapes, value range, parameters.

    ``one_hot`` is the position of an input that holds a class as a column of 0s and one 1; no
    derivative is asked for there.
    """

    shapes: tuple[Shape, ...]
    low: float = -2.0
    high: float = 2.0
    params: dict[str, Any] = field(default_factory=dict)
    one_hot: int | None = None


@dataclass(frozen=True)
class Op:
    """One operation.

    Attributes
    ----------
    name, symbol:
        The registry's key; what the operator's circle shows.
    formula:
        "{y} = {a} {b}" with the output as y, the inputs as a, b, c and parameters by name.
    local:
        The local derivative with respect to each input, in the same placeholders ("{b}ᵀ").
        A variadic operation has one text for all inputs.
    shape:
        Rule from ``engine.graph.shapes``.
    bind:
        ``bind(out, inputs, params)`` returns ``(callable, args)`` that computes into ``out`` and
        does not change the inputs. A plan binds once and calls often with the same arrays, so
        what does not change from run to run is prepared in ``bind``.
    shares:
        ``bind`` takes the plan's workspace as well: a dict in which an operation stores what its
        derivatives need again (a convolution's windows, or its own output). The first in the
        plan fills it; outputs of such operations are not overwritten during a run.
    pullbacks:
        For each input ``(g, y, *inputs, **params) -> Value | None``: the contribution
        upstream × local derivative as more graph; None where no gradient flows. A variadic
        operation has one, called with the position first.
    samples:
        Inputs for the tests.
    elementwise:
        Works element by element with broadcasting: contributions are summed to the input's shape.
    variadic:
        Takes any number of inputs.
    flow:
        The contribution to each input where it is not "{g} ⊙ local derivative", with the upstream
        gradient as g ("{a}ᵀ {g}").
    view:
        ``view(input, **params)`` gives the output as a view of the input's memory where numpy
        can; the plan then computes nothing. ``bind`` copies for where it cannot.
    branch:
        For an operation with kinks: ``branch(base_inputs, inputs, **params)`` computes the smooth
        piece on which ``base_inputs`` lies, so that central differences may cross the kink.
    defaults:
        Parameters that a call may leave out.
    """

    name: str
    symbol: str
    formula: str
    local: tuple[str, ...]
    shape: ShapeRule
    bind: Binder
    pullbacks: tuple[Pullback | None, ...]
    samples: tuple[Sample, ...]
    elementwise: bool = False
    variadic: bool = False
    flow: tuple[str, ...] = ()
    view: Callable[..., Array] | None = None
    branch: Branch | None = None
    shares: bool = False
    defaults: dict[str, Any] = field(default_factory=dict)

    def bound_call(
        self,
        out: Array,
        inputs: Sequence[Array],
        params: dict[str, Any],
        workspace: Workspace | None = None,
    ) -> BoundCall:
        """Return (function, arguments): calling it computes the operation into ``out``."""
        if self.shares:
            return self.bind(out, inputs, params, {} if workspace is None else workspace)
        return self.bind(out, inputs, params)

    def pullback(self, position: int) -> Pullback | None:
        """Return the pullback for the input at this position, None where no gradient flows."""
        if self.variadic:
            rule = self.pullbacks[0]
            return None if rule is None else partial(rule, position)
        return self.pullbacks[position]

    def equation(self, **symbols: str) -> str:
        """Return the formula in these symbols: ``y`` for the result, ``a``, ``b`` … for inputs.

        >>> import engine.ops
        >>> find("relu").equation(y="h", a="z")
        'h = max(0, z)'
        """
        return tr(self.formula).format(**self.defaults, **symbols)

    def local_text(self, position: int) -> str:
        """Return the template of the local derivative for the input at this position."""
        return self.local[0 if self.variadic else position]

    def flow_text(self, position: int) -> str:
        """Return the template of the contribution: upstream × local derivative in symbols."""
        if self.flow:
            return self.flow[0 if self.variadic else position]
        local = self.local_text(position)
        if local == "1":
            return "{g}"
        if local == "−1":
            return "−{g}"
        wrapped = f"({local})" if " " in local else local
        return f"{{g}} ⊙ {wrapped}" if self.elementwise else f"{{g}} · {wrapped}"


_registry: dict[str, Op] = {}


def register(op: Op) -> Op:
    """Add a declaration to the registry and return it."""
    if op.name in _registry:
        raise GraphError(tr("the operation {name!r} is declared twice").format(name=op.name))
    _registry[op.name] = op
    return op


def registered() -> dict[str, Op]:
    """Return all operations by name: those of ``engine.ops``, once it is imported."""
    return dict(_registry)


def find(name: str) -> Op:
    """Return the operation of this name; GraphError with the nearest name where there is none."""
    try:
        return _registry[name]
    except KeyError:
        hint = nearest(name, _registry)
        raise GraphError(
            tr("there is no operation {name!r}. {hint}").format(name=name, hint=hint)
        ) from None


def ufunc(function: Callable[..., Any]) -> Binder:
    """Bind a numpy ufunc: called as ``function(*inputs, out)``, 0.1 µs quicker than ``out=``."""

    def bind(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
        return function, (*inputs, out)

    return bind


def with_number(
    function: Callable[..., Any], number: float | str, *, first: bool = False
) -> Binder:
    """Bind a ufunc of the input and a number, or of the parameter of that name.

    As an array without axes the number costs half of what a Python number does.
    """

    def bind(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
        value = params[number] if isinstance(number, str) else number
        constant = np.array(value, out.dtype)
        pair = (constant, inputs[0]) if first else (inputs[0], constant)
        return function, (*pair, out)

    return bind


@lru_cache(maxsize=256)
def filled(value: float, shape: Shape, dtype: DType) -> Array:
    """Return a read-only constant array; equal ones are shared and stay in the cache."""
    array = np.full(shape, value, dtype)
    array.flags.writeable = False
    return array


def kernel(function: Callable[..., Any]) -> Binder:
    """Bind ``function(out, *inputs, **params)``."""

    def bind(out: Array, inputs: Sequence[Array], params: dict[str, Any]) -> BoundCall:
        return (partial(function, **params) if params else function), (out, *inputs)

    return bind
