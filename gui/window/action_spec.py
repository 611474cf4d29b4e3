"""How an action of the window is declared."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Spec:
    """One action. ``needs_system`` greys it out while there is no system, also while it is an
    empty one unless ``empty_too``,
    ``needs_samples`` while there is none or that of an expression, which has no epochs.

    ``menu`` is the menu it stands in ("" for none), ``keys`` its shortcuts, the first of which is
    shown; ``rule`` starts a new group of the menu with it.
    """

    id: str
    menu: str
    text: str
    tip: str
    run: Callable[[Any], object]  # of the WindowParts, which has all of them
    keys: tuple[str, ...] = ()
    icon: str = ""
    rule: bool = False
    needs_system: bool = False
    needs_samples: bool = False
    checkable: bool = False
    empty_too: bool = False
