"""How an action of the window is declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Spec:
    """One action of the window.

    ``menu`` is its menu ("" for none), ``keys`` its shortcuts, the first of which is shown;
    ``rule`` begins a new group of the menu. ``needs_system`` disables it without a system, and
    with an empty one unless ``empty_too``; ``needs_samples`` disables it without a system that
    has data.
    """

    id: str
    menu: str
    text: str
    tip: str
    run: Callable[[Any], object]  # called with the WindowParts
    keys: tuple[str, ...] = ()
    icon: str = ""
    rule: bool = False
    needs_system: bool = False
    needs_samples: bool = False
    checkable: bool = False
    empty_too: bool = False
