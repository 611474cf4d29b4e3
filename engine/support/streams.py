"""Standard output and error that can print every text. Imports the standard library only."""

import codecs
import io
import os
import sys
from typing import TextIO

from engine.support.text import visible

_HANDLER = "engine.escaped"


def prepare() -> None:
    r"""Make both streams accept any text in any encoding; a closed one is replaced.

    What an encoding lacks (Windows' code pages, ``LC_ALL=C``) is written as JSON escapes it,
    ``\u03c3`` for σ: so a report stays valid JSON.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # the parent process closed it: the text goes nowhere
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def say(text: str, stream: TextIO | None = None) -> None:
    """Print a text for people, standard output by default: what a terminal would obey is shown.

    A name in a file may hold a control sequence, or turn the direction of writing.
    """
    print(visible(text, keep="\n"), file=stream or sys.stdout)


def fit(text: str) -> str:
    """Return a JSON text for standard output: unchanged if that is UTF-8, else in ASCII."""
    encoding = (sys.stdout.encoding or "").lower().replace("_", "-")
    return text if encoding in ("utf-8", "utf8") else text.encode("ascii", _HANDLER).decode()


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """The JSON escapes of characters that cannot be encoded: two for one beyond U+FFFF."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[k : k + 2].hex() for k in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs), error.end


codecs.register_error(_HANDLER, _escaped)
