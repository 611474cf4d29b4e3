"""The places of all panels as plain data, which is changed, saved and shown.

Around the canvas are four areas. An area is a row of stacks, a stack one or more panels with tabs.
Every panel has a place at all times; a closed or floating panel keeps it and returns to it. What is
shown depends only on this and the window's size, so that a first start, a later one, Reset and a
window that was narrow for a while all look the same.
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from gui.panels.area import AREAS, Area, Home

ScreenRect = tuple[int, int, int, int]  # x, y, width, height on the screen

# The plots and the panels that explain them share two stacks at the right, so that only the flat
# transport panel takes height from the canvas. Each stack is named by its first panel.
STACKS = ("gradient_norms", "inspector")
# The settings get a column of their own if three fit, else a tab at the right.
FORM, BESIDE_FORM = "settings", "diagnosis"
ROOMY = 1320
LEFT_WIDTH, RIGHT_WIDTH, RIGHT_SHARE = 296, 392, 0.36
CANVAS_SHARE = 0.4  # least share of the window's width and height for the canvas


@dataclass(frozen=True)
class Stack:
    """Panels in one place with tabs; ``weight`` is the stack's share of its area's length."""

    panels: tuple[str, ...]
    front: str = ""
    weight: float = 1.0


@dataclass(frozen=True)
class Arrangement:
    """The places of all panels.

    ``sizes`` are widths (left, right) and heights (top, bottom) in pixels that were dragged;
    an area without one has its default. ``floating`` maps panels to their rectangle on the screen.
    """

    areas: dict[Area, tuple[Stack, ...]]
    sizes: dict[Area, int] = field(default_factory=dict)
    floating: dict[str, ScreenRect] = field(default_factory=dict)
    closed: frozenset[str] = frozenset()

    def panels(self) -> set[str]:
        """Return the names of all panels."""
        return {name for stacks in self.areas.values() for s in stacks for name in s.panels}

    def place_of(self, name: str) -> tuple[Area, int]:
        """Return the area of a panel, and the index of its stack there."""
        return next(
            (area, index)
            for area in AREAS
            for index, stack in enumerate(self.areas.get(area, ()))
            if name in stack.panels
        )

    # -- changed -----------------------------------------------------------------------------

    def opened(self, name: str) -> Arrangement:
        """Return the arrangement with a closed panel shown again, at its place."""
        return replace(self, closed=self.closed - {name})

    def shut(self, name: str) -> Arrangement:
        """Return the arrangement with a panel closed; it keeps its place."""
        return replace(self, closed=self.closed | {name})

    def resting_at(self, name: str, frame: ScreenRect) -> Arrangement:
        """Return the arrangement with a floating panel at this rectangle of the screen."""
        return replace(self, floating={**self.floating, name: frame})

    def raised(self, name: str, area: Area, index: int) -> Arrangement:
        """Return the arrangement with a panel in front of the stack that shows it."""
        stacks = list(self.areas[area])
        stacks[index] = replace(stacks[index], front=name)
        return replace(self, areas={**self.areas, area: tuple(stacks)})

    def floated(self, name: str, frame: ScreenRect) -> Arrangement:
        """Return the arrangement with a panel in a window of its own."""
        closed = self.closed - {name}
        return replace(self, floating={**self.floating, name: frame}, closed=closed)

    def docked(self, name: str) -> Arrangement:
        """Return the arrangement with a floating panel back at its place."""
        floating = {other: frame for other, frame in self.floating.items() if other != name}
        return replace(self, floating=floating).opened(name)

    def moved(self, name: str, area: Area, index: int, *, join: bool) -> Arrangement:
        """Return it with a panel in stack ``index`` of an area, or in a new stack before that."""
        without = {
            a: tuple(replace(s, panels=tuple(p for p in s.panels if p != name)) for s in found)
            for a, found in self.areas.items()
        }
        stacks = list(without.get(area, ()))
        if join and index < len(stacks):
            stacks[index] = replace(stacks[index], panels=(*stacks[index].panels, name), front=name)
        else:
            others = [stack.weight for stack in stacks if stack.panels]
            weight = sum(others) / len(others) if others else 1.0
            stacks.insert(index, Stack((name,), name, weight))
        areas = {**without, area: tuple(stacks)}
        kept = {a: tuple(stack for stack in found if stack.panels) for a, found in areas.items()}
        return replace(self, areas=kept).docked(name)

    def sized(self, area: Area, size: int) -> Arrangement:
        """Return it with an area as wide or high as its handle was dragged to."""
        return replace(self, sizes={**self.sizes, area: size})

    def weighted(self, area: Area, weights: dict[int, int]) -> Arrangement:
        """Return it with an area's stacks, by index, as long as their handles were dragged to."""
        total = sum(weights.values()) or 1
        before = sum(self.areas[area][index].weight for index in weights)
        stacks = [
            replace(s, weight=before * weights[k] / total) if k in weights else s
            for k, s in enumerate(self.areas[area])
        ]
        return replace(self, areas={**self.areas, area: tuple(stacks)})

    # -- saved -------------------------------------------------------------------------------

    def to_text(self) -> str:
        """Return the arrangement as JSON."""
        areas = {a: [[s.panels, s.front, s.weight] for s in self.areas.get(a, ())] for a in AREAS}
        rest = {"sizes": self.sizes, "floating": self.floating, "closed": sorted(self.closed)}
        return json.dumps({"areas": areas, **rest})


def first(homes: dict[str, Home]) -> Arrangement:
    """Return the default arrangement of these panels."""
    stacks: dict[str, list[str]] = {name: [] for name in STACKS}
    for name, home in homes.items():
        stack = stacks.setdefault(home.stack or name, [])
        stack.insert(len(stack) if home.stack else 0, name)
    areas: dict[Area, tuple[Stack, ...]] = dict.fromkeys(AREAS, ())
    for names in filter(None, stacks.values()):
        areas[homes[names[0]].area] += (Stack(tuple(names), names[0]),)
    return Arrangement(areas)


def from_text(text: str, homes: dict[str, Home]) -> Arrangement:
    """Read a saved arrangement; panels that it does not contain get their default place.

    A text that cannot be read gives the default arrangement.
    """
    begin = first(homes)
    try:
        saved = json.loads(text)
        areas: dict[Area, tuple[Stack, ...]] = {}
        seen: set[str] = set()
        for area in AREAS:
            found = []
            for names, front, weight in saved["areas"][area]:
                known = tuple(n for n in dict.fromkeys(names) if n in homes and n not in seen)
                seen.update(known)
                if known:
                    found.append(Stack(known, str(front), max(float(weight), 1e-3)))
            areas[area] = tuple(found)
        sizes = {area: int(saved["sizes"][area]) for area in AREAS if area in saved["sizes"]}
        floating = {str(n): _frame(f) for n, f in saved["floating"].items() if n in homes}
        closed = frozenset(name for name in saved["closed"] if name in homes)
        restored = Arrangement(areas, sizes, floating, closed)
    except (ValueError, TypeError, KeyError, AttributeError):
        return begin
    for name in homes:
        if name not in seen:
            area, index = begin.place_of(name)
            join = name not in (FORM,) and len(begin.areas[area][index].panels) > 1
            restored = restored.moved(name, area, index, join=join)
    return restored


def _frame(numbers: Iterable[object]) -> ScreenRect:
    x, y, width, height = (int(str(number)) for number in numbers)
    return x, y, width, height


# -- what is shown -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Shown:
    """A stack as it is shown: the index of its place, and the panels that are visible in it."""

    index: int
    panels: tuple[str, ...]
    front: str
    weight: float


def shown(arrangement: Arrangement, width: int) -> dict[Area, tuple[Shown, ...]]:
    """Return the stacks shown in a window of this width, by area."""
    away = arrangement.closed | arrangement.floating.keys()
    form_goes = width < ROOMY and FORM not in away and _alone(arrangement, "left") == FORM
    host = arrangement.place_of(BESIDE_FORM) if form_goes else None
    if host is not None and host[0] == "left":
        host = None
    found: dict[Area, tuple[Shown, ...]] = {}
    for area in AREAS:
        stacks = []
        for index, stack in enumerate(arrangement.areas.get(area, ())):
            names = [n for n in stack.panels if n not in away and not (host and n == FORM)]
            names += [FORM] * ((area, index) == host)
            if names:
                front = stack.front if stack.front in names else names[0]
                stacks.append(Shown(index, tuple(names), front, stack.weight))
        found[area] = tuple(stacks)
    return found


def _alone(arrangement: Arrangement, area: Area) -> str:
    """Return the only panel of an area, "" where there are more or none."""
    stacks = arrangement.areas.get(area, ())
    return stacks[0].panels[0] if len(stacks) == 1 and len(stacks[0].panels) == 1 else ""


def side_widths(arrangement: Arrangement, there: Sequence[Area], total: int) -> dict[Area, int]:
    """Return the widths of the side areas; the canvas keeps its share."""
    firsts: dict[Area, int] = {
        "left": LEFT_WIDTH,
        "right": min(RIGHT_WIDTH, round(RIGHT_SHARE * total)),
    }
    wanted = {area: arrangement.sizes.get(area, firsts[area]) for area in firsts if area in there}
    return _squeezed(wanted, total)


def heights(arrangement: Arrangement, hints: dict[Area, int], total: int) -> dict[Area, int]:
    """Return the heights of top and bottom, whose contents have the size hints ``hints``."""
    return _squeezed(
        {area: arrangement.sizes.get(area, hint) for area, hint in hints.items()}, total
    )


def _squeezed(wanted: dict[Area, int], total: int) -> dict[Area, int]:
    asked = sum(wanted.values())
    if asked <= most(total):
        return wanted
    return {area: int(size * most(total) / asked) for area, size in wanted.items()}


def most(total: int) -> int:
    """Return the length left for the areas beside the canvas."""
    return round((1 - CANVAS_SHARE) * total)


def lengths(weights: Sequence[float], total: int) -> list[int]:
    """Divide a length by weights into whole pixels that add up to it."""
    sums = [sum(weights[:k]) for k in range(len(weights) + 1)]
    ends = [round(total * part / (sums[-1] or 1)) for part in sums]
    return [end - start for start, end in itertools.pairwise(ends)]
