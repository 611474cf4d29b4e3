"""How a graph's boxes are nested in its frames, and which leaves are placed apart."""

from collections.abc import Container

from gui.canvas.layout.model import LayoutInput

Item = tuple[str, int]  # ("box" | "frame", index)
# By frame (None is the graph) the items directly inside, and the links between them.
Inside = dict[int | None, tuple[dict[Item, None], set[tuple[Item, Item]]]]


def frames_around(graph: LayoutInput, frame: int | None) -> tuple[int, ...]:
    """Return a frame and the frames around it, innermost first; () for None."""
    found: list[int] = []
    while frame is not None:
        found.append(frame)
        frame = graph.frames[frame].parent
    return tuple(found)


def first_entries(graph: LayoutInput) -> list[tuple[int, int, int]]:
    """Return (source, target, frame) for each link that enters a frame at its beginning.

    A link that enters further on, such as a later time step's input, leads to a box that is also
    fed from another part of the frame.
    """
    inside = [frames_around(graph, box.cluster) for box in graph.boxes]

    def part(box: int, frame: int) -> tuple[str, int]:
        """Return the item directly in the frame that has the box: a frame, or the box itself."""
        depth = inside[box].index(frame)
        return ("frame", inside[box][depth - 1]) if depth else ("box", box)

    further = {
        (part(link.target, frame), frame)
        for link in graph.links
        if graph.boxes[link.source].trunk
        for frame in inside[link.source]
        if frame in inside[link.target] and part(link.source, frame) != part(link.target, frame)
    }
    return [
        (link.source, link.target, frame)
        for link in graph.links
        for frame in inside[link.target]
        if frame not in inside[link.source] and (part(link.target, frame), frame) not in further
    ]


def shared_leaves(graph: LayoutInput) -> set[int]:
    """Return the leaves that many boxes use, such as the weights of all time steps."""
    targets: dict[int, set[int]] = {}
    for link in graph.links:
        targets.setdefault(link.source, set()).add(link.target)
    fed = {link.target for link in graph.links}
    return {
        box
        for box, used_by in targets.items()
        if len(used_by) > 2 and box not in fed and not graph.boxes[box].trunk
    }


def inputs_below(graph: LayoutInput) -> dict[int, int]:
    """Return the inputs of time steps, each with the first box that uses it.

    They are leaves outside of all frames, used by one box or inner frame that is not at the
    beginning of its frame; where there are any, the first step's input is one of them, too.
    """
    targets: dict[int, list[int]] = {}
    for link in graph.links:
        targets.setdefault(link.source, []).append(link.target)
    fed = {link.target for link in graph.links}
    chains = [frames_around(graph, box.cluster) for box in graph.boxes]
    first = {
        (source, target)
        for source, target, frame in first_entries(graph)
        if frame == chains[target][-1]
    }
    late, others = {}, {}
    for box, used_by in targets.items():
        around = {chains[target][-2:-1] or (("box", target),) for target in used_by}
        outer = {chains[target][-1:] for target in used_by}
        alone = len(around) == len(outer) == 1 and outer != {()}
        if box in fed or chains[box] or not alone:
            continue
        (frame,) = outer
        if any((box, target) in first for target in used_by):
            others[box] = (frame, used_by[0])
        else:
            late[box] = (frame, used_by[0])
    frames = {frame for frame, _ in late.values()}
    computes = {box: found for box, found in others.items() if graph.boxes[box].trunk}
    late.update({box: found for box, found in computes.items() if found[0] in frames})
    return {box: target for box, (_, target) in late.items()}


def inside_of(
    graph: LayoutInput, chains: list[tuple[int, ...]], left_out: Container[int] = ()
) -> Inside:
    """Return the items directly inside each frame (None is the graph) and the links between them.

    Each link is listed once: in the innermost frame that holds both of its ends.
    """
    found: Inside = {frame: ({}, set()) for frame in (*range(len(graph.frames)), None)}
    for k, chain in enumerate(chains):
        item: Item = ("box", k)
        for frame in chain:
            found[frame][0].setdefault(item)
            item = ("frame", frame)
        if k not in left_out:
            found[None][0].setdefault(item)
    for link in graph.links:
        source, target = chains[link.source], chains[link.target]
        around = next((frame for frame in source if frame in target), None)
        ends = (_below(around, k, chains[k]) for k in (link.source, link.target))
        found[around][1].add((next(ends), next(ends)))
    return found


def _below(frame: int | None, box: int, chain: tuple[int, ...]) -> Item:
    """Return the item directly inside a frame that holds a box: an inner frame, or the box."""
    depth = len(chain) if frame is None else chain.index(frame)
    return ("frame", chain[depth - 1]) if depth else ("box", box)
