"""The syntax tree of an expression text, as frozen nodes.

``line`` and ``column`` (both from 1) tell where a node stands in the text; they don't take part in
comparisons.
"""

from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias, Union

# Each operator's precedence and the function that it calls; ** alone groups from the right.
OPERATORS = {
    "+": (1, "add"),
    "-": (1, "subtract"),
    "*": (2, "multiply"),
    "/": (2, "divide"),
    "@": (2, "matmul"),
    "**": (4, "power"),
}
# The sign's precedence and function: −x**2 is −(x**2).
SIGN_PRECEDENCE, NEGATE = 3, "negate"

Literal: TypeAlias = int | float | bool | tuple["Literal", ...]
Values: TypeAlias = float | list["Values"]
Expression: TypeAlias = Union["Number", "Name", "Call"]


@dataclass(frozen=True)
class Number:
    """A constant; negative ones too, since −2 is read as one number."""

    value: int | float
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)
    depth: ClassVar[int] = 1


@dataclass(frozen=True)
class Name:
    """A variable: an earlier line's, or free."""

    name: str
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)
    depth: ClassVar[int] = 1


@dataclass(frozen=True)
class Call:
    """A function of expressions; operators are calls of the functions in ``OPERATORS``.

    ``depth`` counts the nodes from here to the furthest leaf: at most ``MAX_DEPTH`` of the parser.
    """

    function: str
    arguments: tuple[Expression, ...]
    keywords: tuple[tuple[str, Literal], ...] = ()
    line: int = field(default=0, compare=False)
    column: int = field(default=0, compare=False)
    depth: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "depth", 1 + max((a.depth for a in self.arguments), default=0))


@dataclass(frozen=True)
class Assign:
    """One line: the name gets the expression's value."""

    name: str
    expression: Expression
    line: int = field(default=0, compare=False)


@dataclass(frozen=True)
class Program:
    """All lines in order, and the names without a line of their own in order of appearance."""

    statements: tuple[Assign, ...]
    free: tuple[str, ...]

    @property
    def result(self) -> str:
        """The name of the last line."""
        return self.statements[-1].name
