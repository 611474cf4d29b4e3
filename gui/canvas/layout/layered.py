"""The quick layered layout: shown first, and kept where Graphviz is missing, too slow or no better.

Every open group is laid out by itself and is then one box in the level around it, so frames
never overlap and contain only their own nodes (see ``levels``). Weights that many boxes share are
above them, the inputs of time steps below their steps (see ``time_steps``).
"""

from dataclasses import dataclass

from gui.canvas.layout.levels import Level, Placer, Stretch
from gui.canvas.layout.model import (
    FRAME_PADDING,
    TITLE_HEIGHT,
    Curve,
    LayoutInput,
    Placement,
    Point,
    Rect,
)
from gui.canvas.layout.nesting import Item, frames_around, inputs_below, inside_of, shared_leaves
from gui.canvas.layout.ranks import IN, OUT, Wire
from gui.canvas.layout.time_steps import from_shared, place_below, raised, up_to

# Gap between time steps, where only the state's edge is.
STEP_GAP, TREE_GAP = 24.0, 46.0


@dataclass
class _Resolved:
    """Absolute places of all levels' content."""

    origins: dict[int | None, Point]
    centres: dict[int, Point]
    frames: dict[int, Rect]


def quick_layout(graph: LayoutInput) -> Placement:
    """Return the layered placement in milliseconds; deterministic."""
    chains = [frames_around(graph, box.cluster) for box in graph.boxes]
    below, shared = inputs_below(graph), shared_leaves(graph)
    common = _common(chains, shared)
    inside = inside_of(graph, chains, below)
    wires = _wires(graph, chains, {*below, *shared})
    sizes: dict[Item, Point] = {
        ("box", k): (box.width, box.height) for k, box in enumerate(graph.boxes)
    }
    placer = Placer(graph, sizes)
    depth = {k: len(frames_around(graph, k)) for k in range(len(graph.frames))}
    for k in sorted(depth, key=lambda k: -depth[k]):
        level = _level(placer, list(inside[k][0]), wires.get(k, []), common)
        placer.levels[k] = level
        width = max(level.width, graph.frames[k].title_width) + 2 * FRAME_PADDING
        sizes["frame", k] = (width, level.height + 2 * FRAME_PADDING + TITLE_HEIGHT)
    whole = _level(placer, list(inside[None][0]), wires.get(None, []), common)
    levels = placer.levels | {None: whole}
    found = _resolve(levels, sizes)
    place_below(graph, below, found.centres, found.frames)
    centres = tuple(found.centres[k] for k in range(len(graph.boxes)))
    curves = []
    for k, link in enumerate(graph.links):
        if link.source in shared:
            curves.append(from_shared(graph, centres, k))
        elif link.source in below:
            curves.append(up_to(graph, centres, k))
        else:
            curves.append(_curve(graph, centres, k, _stretches_of(graph, k, chains, levels, found)))
    frames = tuple(found.frames[k] for k in range(len(graph.frames)))
    return Placement(centres, tuple(curves), frames, "quick")


def _wires(
    graph: LayoutInput, chains: list[tuple[int, ...]], left_out: set[int]
) -> dict[int | None, list[Wire]]:
    """Cut each link where it crosses frames; return by frame the pieces that run in it."""
    found: dict[int | None, list[Wire]] = {}
    for number, link in enumerate(graph.links):
        if link.source in left_out:
            continue
        source, target = chains[link.source], chains[link.target]
        around = next((frame for frame in source if frame in target), None)
        start: Item = ("box", link.source)
        for frame in source[: source.index(around) if around is not None else None]:
            found.setdefault(frame, []).append(Wire(start, (OUT, link.source), number))
            start = ("frame", frame)
        end: Item = ("box", link.target)
        for frame in target[: target.index(around) if around is not None else None]:
            found.setdefault(frame, []).append(Wire((IN, link.source), end, number))
            end = ("frame", frame)
        found.setdefault(around, []).append(Wire(start, end, number))
    return found


def _level(placer: Placer, inside: list[Item], wires: list[Wire], common: set[Item]) -> Level:
    """Place the boxes and inner frames that lie directly in one frame."""
    above = [item for item in inside if item in common]
    if not above or len(above) == len(inside):
        return placer.place(inside, wires, placer.graph.rank_gap)
    steps = [item for item in inside if item not in common]
    given = {wire.source for wire in wires if wire.target in steps and wire.source in steps}
    takers = [wire.target for wire in wires if wire.source in given and wire.target in steps]
    in_a_row = len(takers) == len(set(takers))
    level = placer.place(steps, wires, STEP_GAP if in_a_row else TREE_GAP, in_line=True)
    return raised(placer.graph, level, above, placer.sizes)


def _common(chains: list[tuple[int, ...]], shared: set[int]) -> set[Item]:
    """Return the shared boxes, and the frames that hold nothing else."""
    inside: dict[int, list[bool]] = {}
    for k, chain in enumerate(chains):
        for frame in chain:
            inside.setdefault(frame, []).append(k in shared)
    frames: set[Item] = {("frame", frame) for frame, all_of_it in inside.items() if all(all_of_it)}
    return frames | {("box", k) for k in shared}


def _resolve(levels: dict[int | None, Level], sizes: dict[Item, Point]) -> _Resolved:
    """Return the boxes' centres and the frames' rectangles from the places within levels."""
    found = _Resolved({None: (0.0, 0.0)}, {}, {})
    waiting: list[int | None] = [None]
    while waiting:
        level = waiting.pop()
        left, top = found.origins[level]
        for (kind, k), (x, y) in levels[level].places.items():
            width, height = sizes[kind, k]
            if kind == "box":
                found.centres[k] = (left + x + width / 2, top + y + height / 2)
            else:
                found.frames[k] = (left + x, top + y, width, height)
                slack = width - 2 * FRAME_PADDING - levels[k].width
                found.origins[k] = (
                    left + x + FRAME_PADDING + slack / 2,
                    top + y + FRAME_PADDING + TITLE_HEIGHT,
                )
                waiting.append(k)
    return found


def _stretches_of(
    graph: LayoutInput,
    number: int,
    chains: list[tuple[int, ...]],
    levels: dict[int | None, Level],
    found: _Resolved,
) -> list[Stretch]:
    """Return the stretches at which a link passes beside items, from left to right."""
    ends = graph.links[number]
    passed: list[Stretch] = []
    for frame in {*chains[ends.source], *chains[ends.target], None}:
        left, top = found.origins[frame]
        stretches = levels[frame].stretches.get(number, ())
        passed += [(a + left, b + left, y + top) for a, b, y in stretches]
    return sorted(passed)


def _curve(
    graph: LayoutInput, centres: tuple[Point, ...], number: int, passed: list[Stretch]
) -> Curve:
    """Return the curve from box to box, horizontal where the link passes beside items."""
    link = graph.links[number]
    (x0, y0), (x1, y1) = centres[link.source], centres[link.target]
    x0 += graph.boxes[link.source].width / 2
    x1 -= graph.boxes[link.target].width / 2
    points: list[Point] = [(x0, y0)]
    for left, right, y in (*passed, (x1, x1, y1)):
        points += _s_curve(points[-1], (left, y))
        if right > left:
            points += [(left + (right - left) / 3, y), (right - (right - left) / 3, y), (right, y)]
    return tuple(points)


def _s_curve(start: Point, end: Point) -> list[Point]:
    """Return a cubic from one height to another, horizontal at both ends."""
    across = end[0] - start[0]
    bend = max(24.0, abs(across) * 0.45) if across < 60 else across * 0.5
    return [(start[0] + bend, start[1]), (end[0] - bend, end[1]), end]
