"""One TOML value apart from a file: read from ``--set`` and the settings form; texts quoted."""

from typing import Any

from engine.settings.toml_text import parse_toml
from engine.support.errors import InputError


def parse_value(text: str) -> Any:
    """Return the value that a text writes in TOML's notation, as it would stand behind ``key =``.

    >>> parse_value("[1, 2.5]"), parse_value('"full"')
    ([1, 2.5], 'full')

    Raises
    ------
    ValueError
        Where the text is not exactly one value.
    """
    try:
        table = parse_toml(f"value = {text}")
    except InputError as error:
        raise ValueError(str(error)) from None
    if len(table) != 1:  # a line break may begin another key
        raise ValueError("more than one value")
    return table["value"]


def quoted(text: str) -> str:
    r"""Return a text as a TOML string.

    >>> print(quoted('a "b"'))
    "a \"b\""
    """
    import tomli_w  # here: ``list`` and ``--help`` import this package before anything is installed

    return tomli_w.dumps({"value": text}).removeprefix("value = ").rstrip("\n")
