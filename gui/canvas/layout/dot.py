"""The layout by Graphviz's dot through pygraphviz: writes DOT text and reads dot's answer.

Only the layout process imports pygraphviz: a long layout can be killed, and a crash in the
library does not crash the window.
"""

import json

from gui.canvas.layout.model import (
    FRAME_PADDING,
    TITLE_HEIGHT,
    Curve,
    LayoutInput,
    Placement,
    Point,
    Rect,
)
from gui.canvas.layout.nesting import first_entries, frames_around

POINTS_PER_INCH = 72.0
# dot pulls clusters together with a weight of 128: only a larger one keeps the trunk straight.
TRUNK_WEIGHT = 400
MAIN_WEIGHT = 1500


def dot_layout(graph: LayoutInput) -> Placement:
    """Return dot's placement; raises ImportError where pygraphviz is missing."""
    import pygraphviz

    drawn_by_dot = pygraphviz.AGraph(string=dot_source(graph))
    try:
        answer = drawn_by_dot.draw(format="json0", prog="dot")
    finally:
        drawn_by_dot.close()
    return placement_of(graph, json.loads(answer))


def dot_source(graph: LayoutInput) -> str:
    """Return the graph in DOT: fixed sizes, ports at the sides, a cluster for each frame."""
    lines = [
        "digraph G {",
        "rankdir=LR; newrank=true; splines=true;",
        f"ranksep={graph.rank_gap / POINTS_PER_INCH:.4f};",
        f"nodesep={graph.node_gap / POINTS_PER_INCH:.4f};",
        'node [shape=box, fixedsize=true, label=""];',
        "edge [arrowhead=none, headport=w, tailport=e];",
    ]
    _write_level(graph, None, lines)
    main = main_path(graph)
    for link in graph.links:
        trunk = graph.boxes[link.source].trunk and graph.boxes[link.target].trunk
        weight = TRUNK_WEIGHT if trunk else 1
        if (link.source, link.target) in main:
            weight = MAIN_WEIGHT
        lines.append(f"n{link.source} -> n{link.target} [weight={weight}];")
    held = leaves_held_back(graph)
    lines += [f"n{a} -> n{b} [style=invis, weight=0];" for a, b in held]
    lines.append("}")
    return "\n".join(lines)


def _write_level(graph: LayoutInput, frame: int | None, lines: list[str]) -> None:
    for k, box in enumerate(graph.boxes):
        if box.cluster == frame:
            width, height = box.width / POINTS_PER_INCH, box.height / POINTS_PER_INCH
            lines.append(f"n{k} [width={width:.4f}, height={height:.4f}];")
    for k, inner in enumerate(graph.frames):
        if inner.parent == frame:
            # dot measures labels itself: n letters of a known width reserve the title's room.
            letters = "n" * max(1, round(inner.title_width / 8.5))
            lines.append(f"subgraph cluster_{k} {{")
            lines.append(f'label="{letters}"; labeljust=l; labelloc=t;')
            lines.append(f"fontsize={TITLE_HEIGHT - 8}; margin={FRAME_PADDING};")
            _write_level(graph, k, lines)
            lines.append("}")


def main_path(graph: LayoutInput) -> set[tuple[int, int]]:
    """Return the links of the longest path through the trunk, which is kept the straightest."""
    after: dict[int, list[int]] = {}
    waiting_for = [0] * len(graph.boxes)
    for link in graph.links:
        if graph.boxes[link.source].trunk and graph.boxes[link.target].trunk:
            after.setdefault(link.source, []).append(link.target)
            waiting_for[link.target] += 1
    length = [0] * len(graph.boxes)
    came_from: dict[int, int] = {}
    ready = [k for k, count in enumerate(waiting_for) if count == 0]
    for node in ready:  # grows while it is walked
        for target in after.get(node, ()):
            if length[node] + 1 > length[target]:
                length[target], came_from[target] = length[node] + 1, node
            waiting_for[target] -= 1
            if waiting_for[target] == 0:
                ready.append(target)
    node = max(range(len(length)), key=length.__getitem__, default=-1)
    path = set()
    while node in came_from:
        path.add((came_from[node], node))
        node = came_from[node]
    return path


def leaves_held_back(graph: LayoutInput) -> list[tuple[int, int]]:
    """Return (predecessor, leaf) pairs that keep a frame clear of the nodes before it.

    dot puts a layer's weights in the rank just before they are used, which is the rank of the
    layer before: the frame would have to move aside, and the trunk would bend. Leaves that enter
    a frame further on, such as a later time step's input, may be beside the frame.
    """
    after: dict[int, list[int]] = {}
    for link in graph.links:
        after.setdefault(link.source, []).append(link.target)
    targets = {link.target for link in graph.links}
    leaves: dict[int, list[int]] = {}
    for k, box in enumerate(graph.boxes):
        if k not in targets and k in after:
            for frame in frames_around(graph, box.cluster):
                leaves.setdefault(frame, []).append(k)
    reached: dict[int, set[int]] = {}
    pairs = []
    for before, entry, frame in dict.fromkeys(first_entries(graph)):
        for leaf in leaves.get(frame, ()):
            if entry not in after[leaf]:
                continue
            if leaf not in reached:
                reached[leaf] = _reachable(after, leaf)
            if before not in reached[leaf]:
                pairs.append((before, leaf))
    return pairs


def _reachable(after: dict[int, list[int]], start: int) -> set[int]:
    seen, waiting = {start}, [start]
    while waiting:
        for node in after.get(waiting.pop(), ()):
            if node not in seen:
                seen.add(node)
                waiting.append(node)
    return seen


def placement_of(graph: LayoutInput, answer: dict) -> Placement:
    """Read dot's JSON; y is turned to point downwards."""
    height = float(answer["bb"].split(",")[3])
    centres: dict[int, Point] = {}
    frames: dict[int, Rect] = {}
    for thing in answer.get("objects", ()):
        name = thing["name"]
        if name.startswith("cluster_"):
            x0, y0, x1, y1 = (float(v) for v in thing["bb"].split(","))
            frames[int(name[8:])] = (x0, height - y1, x1 - x0, y1 - y0)
        elif name.startswith("n"):
            x, y = thing["pos"].split(",")
            centres[int(name[1:])] = (float(x), height - float(y))
    # dot returns edges in another order; parallel ones are matched in the order they come.
    found: dict[tuple[int, int], list[Curve]] = {}
    names = {thing["_gvid"]: thing["name"] for thing in answer.get("objects", ())}
    for edge in answer.get("edges", ()):
        if edge.get("style") == "invis":
            continue
        ends = int(names[edge["tail"]][1:]), int(names[edge["head"]][1:])
        found.setdefault(ends, []).append(_curve(edge["pos"], height))
    curves = tuple(found[link.source, link.target].pop(0) for link in graph.links)
    return Placement(
        tuple(centres[k] for k in range(len(graph.boxes))),
        curves,
        tuple(frames[k] for k in range(len(graph.frames))),
        "dot",
    )


def _curve(text: str, height: float) -> Curve:
    points = []
    for word in text.split(";")[0].split():
        if word[0] not in "es":
            x, y = word.split(",")
            points.append((float(x), height - float(y)))
    return tuple(points)
