"""``tr``: every text that people read passes through it, so that it can be translated.

The engine knows nothing of Qt; the window installs Qt's translator here at start-up, and the
command line runs with the English source texts.
"""

from collections.abc import Callable

_translate: Callable[[str], str] = str


def tr(source: str) -> str:
    """Return the text in the user's language; fill placeholders afterwards with ``.format``."""
    return _translate(source)


def install_translator(translate: Callable[[str], str]) -> None:
    """Make ``tr`` use this function from source text to the user's language."""
    global _translate
    _translate = translate
