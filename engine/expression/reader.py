"""Reading tokens one by one, and the literals that expressions and values share."""

import keyword
import math
from collections.abc import Mapping

from engine.expression.syntax import Literal
from engine.expression.tokens import Token, fail
from engine.support.text import tr

MAX_AXES = 32
_CLOSING = {"(": ")", "[": "]"}


class Reader:
    """A position in a list of tokens; the last one is of kind "end" and is never consumed."""

    def __init__(self, tokens: list[Token]) -> None:
        self.tokens = tokens
        self.at = 0

    @property
    def token(self) -> Token:
        return self.tokens[self.at]

    def take_token(self) -> Token:
        """Return the current token and go to the next one; stays at the last."""
        token = self.token
        self.at += token.kind != "end"
        return token

    def found(self, symbol: str) -> bool:
        """Consume the symbol if it is the next token; return whether it was."""
        hit = self.token.text == symbol
        self.at += hit
        return hit

    def expect(self, symbol: str) -> None:
        """Consume the symbol; ``InputError`` where the next token is another."""
        if not self.found(symbol):
            fail(self.token, repr(symbol))

    def close(self, opening: Token, before: str, hint: str = "") -> None:
        """Consume the bracket that closes ``opening``; ``before`` says what else may stand here."""
        closing = _CLOSING[opening.text]
        if self.found(closing):
            return
        if self.token.kind == "end" or self.token.line != opening.line:
            hint = tr("The bracket opens on line {line} at column {column}.").format(
                line=opening.line, column=opening.column
            )
        expected = tr("{before} or {closing!r}").format(before=before, closing=closing)
        fail(self.token, expected, hint)

    def skip_newlines(self) -> None:
        while self.token.kind == "newline":
            self.at += 1

    def literal(self, words: Mapping[str, Literal], axes: int = 0) -> Literal:
        """Read a signed number, one of the words, or a (nested) list of them as a tuple."""
        token = self.take_token()
        if token.text in ("(", "["):
            return self.literals(token, words, axes + 1)
        sign = -1 if token.text == "-" else 1
        value = self.take_token() if token.text in ("+", "-") else token
        if value.kind == "number":
            return sign * number(value)
        if value.text not in words or (value is not token and isinstance(words[value.text], bool)):
            fail(value, tr("a number or a list of numbers"))
        word = words[value.text]
        return -word if sign < 0 and isinstance(word, float) else word

    def literals(self, opening: Token, words: Mapping[str, Literal], axes: int) -> Literal:
        if axes > MAX_AXES:
            fail(opening, tr("at most {limit} lists inside each other").format(limit=MAX_AXES))
        items = [self.literal(words, axes)]
        comma = False
        while self.found(","):
            comma = True
            if self.token.text == _CLOSING[opening.text]:
                break
            items.append(self.literal(words, axes))
        self.close(opening, "','")
        return tuple(items) if comma or opening.text == "[" else items[0]


def check_word(token: Token) -> None:
    if keyword.iskeyword(token.text):
        fail(token, tr("a name"), tr("The word is reserved; take another name."))


def number(token: Token) -> int | float:
    """Return the number; whole ones that float64 holds exactly as int."""
    value = float(token.text)
    if math.isinf(value):
        fail(token, tr("a number that float64 holds"))
    return int(value) if token.text.isdecimal() and value < 2**53 else value
