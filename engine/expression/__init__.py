"""The small language of ``f = (x + y) * z``: text → Program, checked and never executed.

A line is ``NAME = EXPRESSION`` with + - * / ** @, parentheses, numbers, names and calls of the
functions that the caller allows, whose keyword arguments are literals (``sum(x, axis=0)``).
Precedence is Python's. ``#`` begins a comment, ``;`` parts statements on one line, and a line goes
on inside brackets. Names may hold Greek letters, subscripts and a raised index: σ, x₀, W⁽¹⁾.
"""

from engine.expression.parser import parse
from engine.expression.syntax import (
    NEGATE,
    OPERATORS,
    Assign,
    Call,
    Expression,
    Literal,
    Name,
    Number,
    Program,
    Values,
)
from engine.expression.values import parse_values

__all__ = [
    "NEGATE",
    "OPERATORS",
    "Assign",
    "Call",
    "Expression",
    "Literal",
    "Name",
    "Number",
    "Program",
    "Values",
    "parse",
    "parse_values",
]
