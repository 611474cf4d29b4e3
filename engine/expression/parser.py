"""Expression tokens → Program, by recursive descent with operator precedence."""

from collections.abc import Collection
from typing import NoReturn

from engine.expression.reader import Reader, check_word, number
from engine.expression.syntax import (
    NEGATE,
    OPERATORS,
    SIGN_PRECEDENCE,
    Assign,
    Call,
    Expression,
    Literal,
    Name,
    Number,
    Program,
)
from engine.expression.tokens import Token, fail, tokenize
from engine.support.errors import nearest
from engine.support.text import tr

# Bounds the recursion of this parser and of functions that walk the tree.
MAX_DEPTH = 100


def parse(text: str, functions: Collection[str], first_line: int = 1) -> Program:
    """Return the program that the text describes.

    >>> program = parse("q = x + y; f = q * z", ())
    >>> program.free, program.result
    (('x', 'y', 'z'), 'f')

    Parameters
    ----------
    functions:
        The names that may be called.
    first_line:
        The number of the text's first line in messages and nodes.

    Raises
    ------
    InputError
        With ``line`` set and the column in the text: a syntax error, an unknown
        function, a name that gets a value twice or after its use, too deep a nesting.
    """
    return _Parser(tokenize(text, first_line), functions).program()


class _Parser(Reader):
    """One method for each rule of the grammar; each consumes the tokens of its rule."""

    def __init__(self, tokens: list[Token], functions: Collection[str]) -> None:
        super().__init__(tokens)
        self.functions = functions
        self.nesting = 0
        self.assigned: dict[str, int] = {}
        self.free: dict[str, int] = {}

    def factor_hint(self) -> str:
        """Return the hint for a value that follows a value, as in 2x."""
        follows = self.token.kind in ("number", "name") or self.token.text == "("
        return tr("Write * between factors.") if follows else ""

    def program(self) -> Program:
        statements = []
        self.skip_newlines()
        while self.token.kind != "end":
            statements.append(self.assignment())
            if self.token.kind not in ("newline", "end"):
                fail(self.token, tr("an operator or the end of the line"), self.factor_hint())
            self.skip_newlines()
        if not statements:
            fail(self.token, tr("a line such as f = (x + y) * z"), found=tr("nothing"))
        return Program(tuple(statements), tuple(self.free))

    def assignment(self) -> Assign:
        target = self.take_token()
        if target.kind != "name" or self.token.text != "=":
            fail(target, tr("a line such as f = (x + y) * z"))
        check_word(target)
        self.expect("=")
        expression = self.expression()
        name = target.text
        if name in self.assigned or name in self.free:
            line = self.assigned.get(name) or self.free.get(name)
            hint = tr("It is on line {line} already; take another name.").format(line=line)
            fail(target, tr("a new name"), hint)
        self.assigned[name] = target.line
        return Assign(name, expression, target.line)

    def expression(self, precedence: int = 1) -> Expression:
        """Parse an expression of operators whose precedence is at least ``precedence``."""
        self.nesting += 1
        if self.nesting > MAX_DEPTH:
            _fail_deep(self.token)
        left = self.operand()
        while self.token.text in OPERATORS and OPERATORS[self.token.text][0] >= precedence:
            token = self.take_token()
            binding, function = OPERATORS[token.text]
            right = self.expression(binding if token.text == "**" else binding + 1)
            left = _call(token, function, (left, right))
        self.nesting -= 1
        return left

    def operand(self) -> Expression:
        token = self.take_token()
        if token.kind == "number":
            return Number(number(token), token.line, token.column)
        if token.kind == "name":
            check_word(token)
            return self.function(token) if self.token.text == "(" else self.variable(token)
        if token.text == "(":
            inner = self.expression()
            self.close(token, tr("an operator"), self.factor_hint())
            return inner
        if token.text not in ("+", "-"):
            fail(token, tr("a number, a name or '('"))
        inner = self.expression(SIGN_PRECEDENCE)
        if token.text == "+":
            return inner
        if isinstance(inner, Number):
            return Number(-inner.value, token.line, token.column)
        return _call(token, NEGATE, (inner,))

    def variable(self, token: Token) -> Name:
        if token.text not in self.assigned:
            if token.text in self.functions:
                fail(self.token, tr("'(' after the function {name}").format(name=token.text))
            self.free.setdefault(token.text, token.line)
        return Name(token.text, token.line, token.column)

    def function(self, token: Token) -> Call:
        if token.text not in self.functions:
            hint = nearest(token.text, self.functions)
            if token.text in self.assigned or token.text in self.free:
                hint = tr("Write * between factors.")
            fail(token, tr("the name of a function"), hint)
        opening = self.take_token()
        arguments: list[Expression] = []
        keywords: dict[str, Literal] = {}
        while not arguments or self.found(","):
            if self.token.kind == "name" and self.tokens[self.at + 1].text == "=":
                word = self.take_token()
                if word.text in keywords or not arguments:
                    fail(word, tr("an argument") if not arguments else tr("each keyword once"))
                self.expect("=")
                keywords[word.text] = self.literal({"True": True, "False": False})
            elif keywords:
                fail(self.token, tr("a keyword argument after the first one"))
            else:
                arguments.append(self.expression())
        self.close(opening, tr("an operator, ','"), self.factor_hint())
        return _call(token, token.text, tuple(arguments), tuple(keywords.items()))


def _call(
    token: Token,
    function: str,
    arguments: tuple[Expression, ...],
    keywords: tuple[tuple[str, Literal], ...] = (),
) -> Call:
    call = Call(function, arguments, keywords, token.line, token.column)
    if call.depth > MAX_DEPTH:
        _fail_deep(token)
    return call


def _fail_deep(token: Token) -> NoReturn:
    fail(
        token,
        tr("at most {limit} operations inside each other").format(limit=MAX_DEPTH),
        tr("Give parts of it names on lines of their own."),
        found=tr("more at column {column}").format(column=token.column),
    )
