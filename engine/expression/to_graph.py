"""From a program of the expression language to a graph; nothing is ever evaluated as code."""

import math
import operator
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

import engine.ops  # noqa: F401  its operations are found by name
from engine.expression import Assign, Call, Expression, Name, Number, Program
from engine.graph.graph import Graph, Value
from engine.graph.op import registered
from engine.graph.symbols import shown
from engine.support.errors import EngineError, GraphError, InputError
from engine.support.text import tr

Operand = Value | float

_OPERATORS: dict[str, Callable[..., Any]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "power": operator.pow,
    "matmul": operator.matmul,
    "negate": operator.neg,
}
_ALIASES = {
    "σ": "sigmoid",
    "ln": "log",
    "dot": "matmul",
    "norm2": "sum_squares",
    "square": "square",
    "min": "min",
}
_AXIS = "a whole number, or several in brackets"
_WHOLE = "whole numbers in brackets"
_NUMBER = "a number"
_TRUTH = "True or False"
_REDUCTION = {"axis": _AXIS, "keepdims": _TRUTH}
_KEYWORDS: dict[str, dict[str, str]] = {
    "sum": _REDUCTION,
    "mean": _REDUCTION,
    "max": _REDUCTION,
    "min": _REDUCTION,
    "logsumexp": _REDUCTION,
    "softmax": {"axis": _AXIS},
    "transpose": {"axes": _WHOLE},
    "reshape": {"shape": _WHOLE},
    "leaky_relu": {"slope": _NUMBER},
    "elu": {"alpha": _NUMBER},
}
_REQUIRED = {"reshape": ("shape",)}
_INTERNAL = {
    "add_bias",
    "broadcast_to",
    "greater_equal",
    "is_max",
    "leaky_slope",
    "one_minus",
    "positive",
    "scale",
    "shift",
    "sum_all",
    "sum_to",
}


@cache
def functions() -> tuple[str, ...]:
    """Return the names that an expression may call."""
    return (*sorted(set(registered()) - _INTERNAL), *_ALIASES)


def append(program: Program, variables: Mapping[str, Value], graph: Graph) -> Value:
    """Append the program to the graph and return its last line's value, a scalar.

    Each line's value gets the line's name.

    Raises
    ------
    InputError
        With the line: shapes that don't fit, wrong arguments, a result that is no scalar.
    """
    known: dict[str, Operand] = dict(variables)
    for statement in program.statements:
        try:
            known[statement.name] = _named(statement, known, graph)
        except InputError:
            raise
        except (EngineError, ArithmeticError, ValueError, TypeError) as error:
            overflow = isinstance(error, OverflowError)
            found = tr("a number that is too large") if overflow else str(error)
            raise InputError(
                tr("operations that fit"), found, line=statement.line, field="expression"
            ) from None
    result = known[program.result]
    if not isinstance(result, Value) or result.shape != ():
        shape = "" if not isinstance(result, Value) else str(result.shape)
        raise InputError(
            tr("a scalar in the last line"),
            tr("the shape {shape}").format(shape=shape),
            line=program.statements[-1].line,
            field="expression",
            hint=tr("Sum it: sum({name}).").format(name=program.result),
        )
    return result


def _named(statement: Assign, known: Mapping[str, Operand], graph: Graph) -> Value:
    value = _value(statement.expression, known, graph)
    if not isinstance(value, Value):
        value = graph.constant(value)
    node = value.node
    if (node.op is None and node.kind != "constant") or node.name in known:
        value = value.apply("scale", factor=1.0)
    return graph.rename(value, statement.name, shown(statement.name))


def _value(expression: Expression, known: Mapping[str, Operand], graph: Graph) -> Operand:
    if isinstance(expression, Number):
        return float(expression.value)
    if isinstance(expression, Name):
        return known[expression.name]
    arguments = [_value(argument, known, graph) for argument in expression.arguments]
    return _call(expression, arguments, graph)


def _call(call: Call, arguments: list[Operand], graph: Graph) -> Operand:
    name = _ALIASES.get(call.function, call.function)
    if name in _OPERATORS and not call.keywords:
        return _operate(name, arguments, graph)
    values = [a if isinstance(a, Value) else graph.constant(a) for a in arguments]
    params = _keywords(call, name)
    if not values:
        raise GraphError(tr("{function} needs an argument").format(function=call.function))
    return _apply(name, values, params)


def _keywords(call: Call, name: str) -> dict[str, Any]:
    """Check a call's keyword arguments; lists of numbers come as tuples."""
    allowed = _KEYWORDS.get(name, {})
    for keyword, value in call.keywords:
        if keyword not in allowed:
            raise GraphError(
                tr("{function} takes no argument {keyword!r}").format(
                    function=call.function, keyword=keyword
                )
            )
        if not _is(allowed[keyword], value):
            raise GraphError(
                tr("{function} takes {keyword} = {expected}, found {value}").format(
                    function=call.function, keyword=keyword, expected=allowed[keyword], value=value
                )
            )
    given = dict(call.keywords)
    for keyword in _REQUIRED.get(name, ()):
        if keyword not in given:
            raise GraphError(
                tr("{function} needs {keyword} = {expected}").format(
                    function=call.function, keyword=keyword, expected=allowed[keyword]
                )
            )
    return given


def _is(kind: str, value: Any) -> bool:
    whole = isinstance(value, int) and not isinstance(value, bool)
    several = isinstance(value, tuple) and all(
        isinstance(one, int) and not isinstance(one, bool) for one in value
    )
    if kind == _TRUTH:
        return isinstance(value, bool)
    if kind == _NUMBER:
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return several or (whole and kind == _AXIS)


def _operate(name: str, arguments: list[Operand], graph: Graph) -> Operand:
    """Apply an operator; between two numbers it is computed at once, and an overflow is refused."""
    if any(isinstance(a, Value) for a in arguments):
        if name == "matmul":
            arguments = [a if isinstance(a, Value) else graph.constant(a) for a in arguments]
        result: Operand = _OPERATORS[name](*arguments)
        return result
    number = _OPERATORS[name](*arguments)
    if isinstance(number, complex) or not math.isfinite(number):
        raise GraphError(
            tr("{name} of {numbers} is no finite number").format(
                name=name, numbers=", ".join(map(str, arguments))
            )
        )
    return float(number)


def _apply(name: str, values: list[Value], params: dict[str, Any]) -> Value:
    first = values[0]
    if name in ("max", "min") and len(values) > 1:
        if params:
            raise GraphError(
                tr("{name} of several values takes no {keyword}").format(
                    name=name, keyword=next(iter(params))
                )
            )
        for other in values[1:]:
            first = first.apply(f"{name}imum", other)
        return first
    if name == "min":
        return -((-first).apply("max", **params))
    if name == "square" and len(values) == 1:
        return first * first
    if name == "square":
        raise GraphError(tr("square takes 1 input, found {n}").format(n=len(values)))
    return first.apply(name, *values[1:], **params)
