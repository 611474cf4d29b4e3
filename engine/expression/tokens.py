"""Expression text → words, numbers and symbols with their places."""

import re
import unicodedata
from dataclasses import dataclass
from typing import NoReturn

from engine.support.errors import InputError
from engine.support.text import tr

MAX_LENGTH = 100_000

_TOKEN = re.compile(
    r"(?P<space>[^\S\n]+|\#[^\n]*)"
    r"|(?P<newline>[\n;])"
    r"|(?P<number>(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)"
    r"|(?P<name>[^\W0-9⁰¹²³⁴-⁹](?:[^\W⁰¹²³⁴-⁹]|[\u0300-\u036f])*(?:⁽[⁰¹²³⁴-⁹]+⁾)?)"
    r"|(?P<symbol>\*\*|[-+*/@(),=\[\]])"
    r"|(?P<other>.)",
    re.DOTALL,
)
_LOOKALIKES = {
    "^": "**", "²": "**2", "³": "**3", "÷": "/", "−": "-", "–": "-", ":": "=",
    "·": "*", "⋅": "*", "×": "*", "∙": "*", "⊙": "*", "∗": "*", "{": "(", "}": ")",
}  # fmt: skip


@dataclass(frozen=True)
class Token:
    """A word of the text; ``kind`` is number, name, symbol, newline or end."""

    kind: str
    text: str
    line: int
    column: int

    def shown(self) -> str:
        """Return how messages name the token and its place."""
        what = repr(self.text if len(self.text) <= 40 else self.text[:39] + "…")
        if self.kind == "end" or self.text == "\n":
            what = tr("the end") if self.kind == "end" else tr("the end of the line")
        return tr("{what} at column {column}").format(what=what, column=self.column)


def fail(token: Token, expected: str, hint: str = "", found: str = "") -> NoReturn:
    """Raise the ``InputError`` of an unexpected token."""
    raise InputError(expected, found or token.shown(), line=token.line, hint=hint)


def tokenize(text: str, line: int = 1) -> list[Token]:
    """Return the text's tokens, the last of kind "end"; line ends inside brackets are left out.

    Raises
    ------
    InputError
        For a character that is not of the language, or a text beyond ``MAX_LENGTH``.
    """
    if len(text) > MAX_LENGTH:
        raise InputError(
            tr("a text of at most {limit} characters").format(limit=MAX_LENGTH), str(len(text))
        )
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    tokens: list[Token] = []
    start = brackets = 0
    for match in _TOKEN.finditer(text):
        kind, word = match.lastgroup or "", match.group()
        token = Token(kind, word, line, match.start() - start + 1)
        if kind == "other" or (kind == "name" and not _spells_a_name(word)):
            _refuse(token)
        if kind == "symbol":
            brackets = max(0, brackets + (word in "([") - (word in ")]"))
        if kind != "space" and not (word == "\n" and brackets):
            tokens.append(token)
        if word == "\n":
            line, start = line + 1, match.end()
    tokens.append(Token("end", "", line, len(text) - start + 1))
    return tokens


def _spells_a_name(word: str) -> bool:
    letters = word.partition("⁽")[0]
    if "ᵀ" in letters or not (letters[0].isalpha() or letters[0] == "_"):
        return False
    return all(c.isalpha() or c in "_0123456789₀₁₂₃₄₅₆₇₈₉" or _is_accent(c) for c in letters)


def _is_accent(character: str) -> bool:
    return "\u0300" <= character <= "\u036f"


def _refuse(token: Token) -> NoReturn:
    operator = _LOOKALIKES.get(token.text)
    hint = tr("Write {operator} for it.").format(operator=operator) if operator else ""
    if "ᵀ" in token.text:
        hint = tr("A raised T is not part of a name; call a function that transposes.")
    fail(token, tr("names, numbers and + - * / ** @ ( ) [ ] , ="), hint)
