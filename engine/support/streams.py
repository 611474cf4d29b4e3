"""Standard output and standard error, made fit for every text. Needs the standard library only."""

import codecs
import io
import os
import sys

_HANDLER = "engine.escaped"


def prepare() -> None:
    r"""Let both streams take any text, whatever their encoding, and be there even when closed.

    What an encoding lacks (Windows' code pages, ``LC_ALL=C``) is written as JSON escapes it,
    ``\u03c3`` for σ: so a report stays valid JSON.
    """
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:  # closed by who started us: there is nobody to tell
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def fit(text: str) -> str:
    """Return a JSON text for standard output: in ASCII, unless that is in UTF-8, as JSON is."""
    encoding = (sys.stdout.encoding or "").lower().replace("_", "-")
    return text if encoding in ("utf-8", "utf8") else text.encode("ascii", _HANDLER).decode()


def _escaped(error: UnicodeError) -> tuple[str, int]:
    """The escapes of what could not be encoded: UTF-16 units, two for a character beyond U+FFFF."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    pairs = (units[k : k + 2].hex() for k in range(0, len(units), 2))
    return "".join(f"\\u{pair}" for pair in pairs), error.end


codecs.register_error(_HANDLER, _escaped)
