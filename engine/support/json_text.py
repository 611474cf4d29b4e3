"""JSON in which NaN and infinity are texts, which JSON cannot write; for files and reports."""

import json
import math
from typing import Any


def json_text(value: Any, indent: int | None = None) -> str:
    """Return JSON; numbers that are not finite become "NaN", "Infinity", "-Infinity".

    >>> json_text({"loss": [0.5, float("inf")]})
    '{"loss": [0.5, "Infinity"]}'
    """
    return json.dumps(spelled(value), ensure_ascii=False, allow_nan=False, indent=indent)


def spelled(value: Any) -> Any:
    """Return tables, lists and numbers with numbers that are not finite as texts."""
    if isinstance(value, dict):
        return {key: spelled(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [spelled(one) for one in value]
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value
