"""Types of command-line arguments for ``argparse``, with errors in plain words."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from engine.support.text import tr


def whole(low: int, high: int | None = None) -> Callable[[str], int]:
    """Return the type of a whole number within bounds, with a message in plain words."""
    bounds = tr("of {low} or more").format(low=low)
    if high is not None:
        bounds = tr("from {low} to {high}").format(low=low, high=high)

    def read(text: str) -> int:
        number = int(text) if text.strip().lstrip("+-").isdecimal() else None
        if number is None or number < low or (high is not None and number > high):
            raise argparse.ArgumentTypeError(
                tr("expected a whole number {bounds}, found {text!r}").format(
                    bounds=bounds, text=text
                )
            )
        return number

    return read
