"""Converts between the text of a form field and a setting's value."""

import dataclasses
import math
import re
import types
import typing
from typing import Any

from engine.settings.declaration import Rule
from engine.settings.toml_values import parse_value, quoted
from engine.support.text import tr


@dataclasses.dataclass(frozen=True)
class FormEntry:
    """One setting in the form: its dotted key, declared type and rule.

    ``name`` replaces the key's last part as its name on screen.
    """

    key: str
    hint: Any
    rule: Rule
    name: str = ""

    @property
    def kinds(self) -> tuple[Any, ...]:
        """The types of the value without their arguments: ``list`` for ``list[str]``."""
        if isinstance(self.hint, types.UnionType) or typing.get_origin(self.hint) is typing.Union:
            alternatives = typing.get_args(self.hint)
        else:
            alternatives = (self.hint,)
        return tuple(typing.get_origin(kind) or kind for kind in alternatives)

    @property
    def numeric(self) -> bool:
        """Whether ↑ and ↓ change the value."""
        return int in self.kinds or float in self.kinds

    @property
    def label(self) -> str:
        """The field's label, with the books' symbol where the help names one."""
        words = tr((self.name or self.key.rpartition(".")[2]).replace("_", " "))
        symbol = re.match(r"([^\x00-\x7f]₀?):", self.rule.help)
        return f"{words} {symbol[1]}" if symbol else words


def parse_text(entry: FormEntry, text: str) -> Any:
    """Return the value that a text means; a text without a meaning is returned as it is.

    Whether the value is allowed is checked by the engine.

    >>> from engine.settings.declaration import Rule
    >>> parse_text(FormEntry("rate", float, Rule()), "1e-3")
    0.001
    >>> parse_text(FormEntry("batch_size", int | str, Rule(words=("full",))), "1e2")
    100
    """
    text = text.strip().replace("−", "-")
    kinds = entry.kinds
    if not text and type(None) in kinds:
        return None
    if text in entry.rule.words:
        return text
    if int in kinds or float in kinds:
        number = _number(text, whole=float not in kinds)
        if number is not None:
            return number
    if any(kind in kinds for kind in (list, tuple, dict, Any)):
        return _structure(text, bare=list in kinds or tuple in kinds)
    return text


def show_value(value: Any) -> str:
    """Return the text that ``parse_text`` reads back as this value.

    >>> show_value(0.001), show_value(1e-5), show_value(None), show_value([1.0, 2.5])
    ('0.001', '1e-5', '', '[1, 2.5]')
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _short(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_shown_inside(item) for item in value) + "]"
    if isinstance(value, dict):
        return (
            "{" + ", ".join(f"{name} = {_shown_inside(item)}" for name, item in value.items()) + "}"
        )
    return str(value)


def stepped(value: float, up: bool, *, whole: bool, large: bool) -> float:
    """Return the next value for ↑ or ↓: whole numbers count, others go 1, 2, 5, 10 …

    >>> stepped(0.1, True, whole=False, large=False), stepped(0.1, False, whole=False, large=True)
    (0.2, 0.01)
    """
    if whole:
        return value + (1 if up else -1) * (10 if large else 1)
    if value == 0 or not math.isfinite(value):
        return 1e-4 if up and value == 0 else value
    if large:
        return float(f"{value * (10 if up else 0.1):.6g}")
    size, sign = abs(value), math.copysign(1.0, value)
    decade = 10.0 ** math.floor(math.log10(size) + 1e-12)
    series = [s * d for d in (decade / 10, decade, decade * 10) for s in (1, 2, 5)]
    if up:
        found = next(s for s in series if s > size * 1.0001)
    else:
        found = next(s for s in reversed(series) if s < size * 0.9999)
    return sign * float(f"{found:.6g}")


def _short(value: float) -> str:
    text = f"{value:.10g}"
    mantissa, e, exponent = text.partition("e")
    return f"{mantissa}e{int(exponent)}" if e else text


def _shown_inside(item: Any) -> str:
    return quoted(item) if isinstance(item, str) else show_value(item)


def _number(text: str, *, whole: bool) -> float | int | None:
    try:
        return int(text)
    except ValueError:
        pass
    try:
        number = float(text)
    except ValueError:
        return None
    return int(number) if whole and number.is_integer() else number


def _structure(text: str, *, bare: bool) -> Any:
    """Parse a list or table in TOML's notation; the brackets of a list may be omitted."""
    for candidate in (text, f"[{text}]") if bare else (text,):
        try:
            return parse_value(candidate)
        except ValueError:
            continue
    return text
