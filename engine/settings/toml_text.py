"""Reads TOML: system files, recipes of pictures, single values of ``--set``.

The standard library's parser is recursive and, for dotted keys, quadratic. What would cost it
minutes, gigabytes or its stack is refused first, by one pass over the text.
"""

from __future__ import annotations

import re
import tomllib
from typing import Any

from engine.settings.toml_lines import invalid_toml
from engine.support.errors import InputError
from engine.support.text import tr

MOST_DEPTH = 60  # tables and lists inside each other; a residual block is one or two of them
MOST_WORD = 400  # characters of a number or a name without quotes
_TOKEN = re.compile(
    r'"""(?:[^\\]|\\.)*?"""'
    r"|'''.*?'''"
    r'|"(?:[^"\\\n]|\\.)*"'
    r"|'[^'\n]*'"
    r"|\#[^\n]*"
    r"|[\[{\]}=,\n.]"
    r"|[^\s\"'#\[{\]}=,.]+"
    r"|[ \t\r]+"
    r"|.",
    re.DOTALL,
)


def parse_toml(text: str, file: str | None = None) -> dict[str, Any]:
    """Return the table that a TOML text describes.

    Raises
    ------
    InputError
        With file and line, where it is no TOML, nested too deeply, or holds a number or a name
        that is too long.
    """
    try:
        _refuse_costly(text)
        table = tomllib.loads(text)
        _refuse_deep(table)
    except tomllib.TOMLDecodeError as error:
        raise invalid_toml(text, str(error)).located(file=file) from None
    except InputError as error:
        raise error.located(file=file) from None
    return table


def _refuse_costly(text: str) -> None:
    """Refuse deep brackets, keys of many parts and long words; takes 0.1 s a megabyte."""
    depth = parts = 0
    for match in _TOKEN.finditer(text):
        token = match[0]
        if token in "[{":
            depth += 1
        elif token in "]}":
            depth -= 1
        elif token == ".":
            parts += 1
        elif len(token) > MOST_WORD and token[0] not in "\"'# \t\r":
            expected = tr("numbers and names of at most {most} characters")
            found = tr("one of {count}").format(count=len(token))
            raise InputError(expected.format(most=MOST_WORD), found, line=_line(text, match))
        if token in "\n=,[{":
            parts = 0
        if depth > MOST_DEPTH or parts > MOST_DEPTH:
            raise _too_deep(_line(text, match))


def _refuse_deep(table: dict[str, Any]) -> None:
    """Refuse tables and lists too deep inside each other, however they were written."""
    level: list[Any] = [table]
    for _ in range(MOST_DEPTH):
        level = [
            inner
            for outer in level
            for inner in (outer.values() if isinstance(outer, dict) else outer)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return
    raise _too_deep(None)


def _too_deep(line: int | None) -> InputError:
    expected = tr("at most {most} tables or lists inside each other").format(most=MOST_DEPTH)
    return InputError(expected, tr("more"), line=line)


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1
