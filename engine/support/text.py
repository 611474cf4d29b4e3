"""``tr``: every text that people read passes through it, so that it can be translated.

The engine knows nothing of Qt; the window installs Qt's translator here at start-up, and the
command line runs with the English source texts.
"""

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

_translate: Callable[[str], str] = str


def tr(source: str) -> str:
    """Return the text in the user's language; fill placeholders afterwards with ``.format``."""
    return _translate(source)


def install_translator(translate: Callable[[str], str]) -> None:
    """Make ``tr`` use this function from source text to the user's language."""
    global _translate
    _translate = translate


# What a terminal or a label obeys instead of showing it: control characters, and those that turn
# the direction of writing, by which a name can pretend to be another (Unicode TR 36, 2.3).
_OBEYED = re.compile(
    "[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
)


def visible(text: str, *, keep: str = "") -> str:
    r"""Return the text with characters that would be obeyed shown as escapes, but for ``keep``.

    >>> visible("a\x1b[2Jb\u202ec")
    'a\\x1b[2Jb\\u202ec'
    """

    def escaped(match: re.Match[str]) -> str:
        code = ord(match[0])
        if match[0] in keep:
            return match[0]
        return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}"

    return _OBEYED.sub(escaped, text)


def shortened(text: str, most: int) -> str:
    """Return the text with its middle left out where it has more than ``most`` characters.

    >>> shortened("0123456789abcdefghij", 13)
    '01234567 … hij'
    """
    if len(text) <= most:
        return text
    end = most // 4
    return f"{text[: most - end - 2]} … {text[-end:]}"


def quote(value: Any) -> str:
    """Return a value of a file as an error quotes it: as written there, at most 60 characters.

    >>> quote([1, "a", True]), quote("b" * 100)
    ("[1, 'a', true]", "'bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb … bbbbbbbbbbbbbb'")
    """
    return shortened(_written(value, 3), 60)


def _written(value: Any, depth: int) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, str):
        return repr(shortened(value, 60))
    if isinstance(value, Mapping):
        inner = ", ".join(f"{k} = {_written(v, depth - 1)}" for k, v in _first(value.items()))
        return f"{{{inner}}}" if depth else "{…}"
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_written(one, depth - 1) for one in _first(value))
        return f"[{inner}]" if depth else "[…]"
    return repr(value)


def _first(values: Iterable[Any]) -> list[Any]:
    return list(itertools.islice(values, 30))
