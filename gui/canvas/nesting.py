"""How the boxes of a picture lie in its frames, and which leaves belong beside what they feed."""

from gui.canvas.picture import Picture


def frames_around(picture: Picture, frame: int | None) -> tuple[int, ...]:
    """Return a frame and the frames around it, innermost first; () outside of all."""
    found: list[int] = []
    while frame is not None:
        found.append(frame)
        frame = picture.frames[frame].parent
    return tuple(found)


def first_entries(picture: Picture) -> list[tuple[int, int, int]]:
    """Return (source, target, frame) for each link that enters a frame where it begins.

    What enters further on, such as a later time step's input, meets something that comes from
    another part of the frame.
    """
    inside = [frames_around(picture, box.cluster) for box in picture.boxes]

    def part(box: int, frame: int) -> tuple[str, int]:
        """What stands directly in the frame and holds the box: an inner frame, or itself."""
        depth = inside[box].index(frame)
        return ("frame", inside[box][depth - 1]) if depth else ("box", box)

    further = {
        (part(link.target, frame), frame)
        for link in picture.links
        if picture.boxes[link.source].trunk
        for frame in inside[link.source]
        if frame in inside[link.target] and part(link.source, frame) != part(link.target, frame)
    }
    return [
        (link.source, link.target, frame)
        for link in picture.links
        for frame in inside[link.target]
        if frame not in inside[link.source] and (part(link.target, frame), frame) not in further
    ]


def shared_leaves(picture: Picture) -> set[int]:
    """Return the leaves off the trunk that many boxes use: the weights of all time steps."""
    targets: dict[int, set[int]] = {}
    for link in picture.links:
        targets.setdefault(link.source, set()).add(link.target)
    fed = {link.target for link in picture.links}
    return {
        box
        for box, used_by in targets.items()
        if len(used_by) > 2 and box not in fed and not picture.boxes[box].trunk
    }


def late_inputs(picture: Picture) -> dict[int, int]:
    """Return the leaves outside of all frames that one box further on in a frame takes, with it."""
    targets: dict[int, set[int]] = {}
    for link in picture.links:
        targets.setdefault(link.source, set()).add(link.target)
    fed = {link.target for link in picture.links}
    first = {(source, target) for source, target, _ in first_entries(picture)}
    late = {}
    for box, used_by in targets.items():
        (target, *others) = used_by
        outside = picture.boxes[box].cluster is None and picture.boxes[target].cluster is not None
        if outside and not others and box not in fed and (box, target) not in first:
            late[box] = target
    return late
