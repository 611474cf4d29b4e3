"""Ranges of a colour scale as text: typed, copied, in settings and on the command line."""

import math
import re

from engine.observe.quantities import Kind
from engine.support.errors import InputError
from engine.support.text import tr

SUPERSCRIPT_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻−", "0123456789--")
# A number as it is typed (1e-6), or as the legend writes it (3.2·10⁻⁷, 10², 5 %).
_NUMBER = r"[+\-−]?[\d.]+(?:e[+\-−]?\d+)?(?:·10[⁻⁰-⁹¹²³]+|[⁻⁰-⁹¹²³]+)?\s*%?"
_RANGE = re.compile(rf"\s*({_NUMBER})\s*(?:…|\.\.\.?|:|;|to|–|\s)\s*({_NUMBER})\s*", re.IGNORECASE)


def range_text(low: float, high: float) -> str:
    """Return a range as text, which ``parse_range`` reads.

    >>> range_text(1e-6, 100.0)
    '1e-06 … 100'
    """
    return f"{_exact(low)} … {_exact(high)}"


def parse_range(text: str, kind: Kind) -> tuple[float, float]:
    """Return the two ends that a text gives: 1e-6 … 1e2, 1e-6:1e2, 10⁻⁶ to 10², 0 % … 5 %.

    Raises
    ------
    InputError
        Where it does not give two ends, or this kind of scale cannot have them.
    """
    found = _RANGE.fullmatch(text)
    try:
        if found is None:
            raise ValueError
        low, high = (_number(part) for part in found.groups())
    except ValueError:
        expected = tr("two numbers, such as {example}").format(example="1e-6 … 1e2")
        raise InputError(expected, repr(text[:60]), field="--range") from None
    problem = range_problem(low, high, kind)
    if problem:
        raise InputError(problem, f"{text.strip()!r}", field="--range")
    return low, high


def range_problem(low: float, high: float, kind: Kind) -> str:
    """Return what is expected instead, for ends that this kind of scale cannot have; else ""."""
    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        return tr("two finite numbers, the smaller one first")
    if kind == "magnitude" and low <= 0:
        return tr("numbers above 0: the scale is logarithmic")
    if kind == "fraction" and not (low >= 0 and high <= 1):
        return tr("shares from 0 % to 100 %")
    if kind == "signed" and abs(low + high) > 1e-9 * high:
        return tr("ends alike but for the sign: zero is in the middle")
    return ""


def _number(text: str) -> float:
    text = text.replace(" ", "")
    percent = text.endswith("%")
    text = text.rstrip("%").replace("·10", "e") if "·10" in text else text.rstrip("%")
    plain = text.translate(SUPERSCRIPT_DIGITS)
    if "e" not in plain.lower() and plain != text.replace("−", "-"):
        plain = plain.replace("10", "1e", 1)  # 10⁻⁶
    return float(plain) / (100 if percent else 1)


def _exact(value: float) -> str:
    short = f"{value:g}"
    return short if math.isclose(float(short), value, rel_tol=1e-12) else repr(value)
