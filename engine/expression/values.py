"""``x = -2, W = [[1, 2], [3, 4]]`` → numbers by name."""

import math

from engine.expression.reader import Reader, check_word
from engine.expression.syntax import Literal, Values
from engine.expression.tokens import Token, fail, tokenize
from engine.support.errors import InputError
from engine.support.text import tr


def parse_values(text: str) -> dict[str, Values]:
    """Return the numbers, or nested lists of numbers, that the text gives to names.

    >>> parse_values("x = -2, W = [[1, 2], [3, 4]]")
    {'x': -2.0, 'W': [[1.0, 2.0], [3.0, 4.0]]}

    A comma, a semicolon or a line end parts the entries; ``nan`` and ``inf`` are numbers here.

    Raises
    ------
    InputError
        With the column: a missing value, a name twice, lists of unequal lengths.
    """
    try:
        return _ValuesReader(tokenize(text)).values()
    except InputError as error:
        line = error.line if "\n" in text else None
        raise InputError(error.expected, error.found, line=line, hint=error.hint) from None


class _ValuesReader(Reader):
    def values(self) -> dict[str, Values]:
        result: dict[str, Values] = {}
        self.skip_newlines()
        while self.token.kind != "end":
            target = self.take_token()
            if target.kind != "name":
                fail(target, tr("a name"))
            check_word(target)
            if target.text in result:
                fail(target, tr("each name once"))
            self.expect("=")
            first = self.token
            result[target.text] = _regular(
                self.literal({"nan": math.nan, "inf": math.inf}), target.text, first
            )
            if self.token.kind not in ("newline", "end") and not self.found(","):
                fail(self.token, tr("',' or the end"))
            self.skip_newlines()
        return result


def _regular(value: Literal, name: str, token: Token) -> Values:
    """Return tuples as lists, refusing rows of unequal lengths."""
    if not isinstance(value, tuple):
        return float(value)
    items = [_regular(item, name, token) for item in value]
    if len({_shape(item) for item in items}) > 1:
        found = tr("rows of unequal lengths at column {column}").format(column=token.column)
        fail(token, tr("a regular array for {name}").format(name=name), found=found)
    return items


def _shape(value: Values) -> tuple[int, ...]:
    return (len(value), *_shape(value[0])) if isinstance(value, list) else ()
