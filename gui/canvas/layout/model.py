"""Input and result of a layout: frozen, without Qt, the same for every layout engine."""

from dataclasses import dataclass

BACKWARD = 1
Point = tuple[float, float]
# Start point, then two control points and an end point for each cubic segment.
Curve = tuple[Point, ...]
Rect = tuple[float, float, float, float]


@dataclass(frozen=True)
class Box:
    """A node to be placed; sizes in scene units.

    ``cap``: radius of the round left side on which edges arrive, 0 for a straight side;
    ``trunk``: True for nodes that compute, False for leaves: the trunk is kept straight;
    ``order``: 0 for the forward graph, 1 and 2 for gradient graphs, which stand below it;
    ``origin``: the box whose gradient it holds, or helps to compute.
    """

    width: float
    height: float
    cluster: int | None = None
    cap: float = 0.0
    trunk: bool = True
    order: int = 0
    origin: int | None = None


@dataclass(frozen=True)
class GroupFrame:
    """An open group's frame: the index of the frame around it, and the width of its title."""

    parent: int | None = None
    title_width: float = 60.0


@dataclass(frozen=True)
class Link:
    """An edge between two boxes; ``room``: their least distance, for a label on the edge."""

    source: int
    target: int
    room: float = 0.0


@dataclass(frozen=True)
class LayoutInput:
    """All that a layout depends on: equal inputs get equal placements."""

    boxes: tuple[Box, ...]
    frames: tuple[GroupFrame, ...]
    links: tuple[Link, ...]
    rank_gap: float = 46.0
    node_gap: float = 22.0
    aspect: float = 1.5


@dataclass(frozen=True)
class Placement:
    """Centres of the boxes, curves of the links, rectangles of the frames, y downwards.

    ``engine`` is "dot" or "quick".
    """

    centres: tuple[Point, ...]
    curves: tuple[Curve, ...]
    frames: tuple[Rect, ...]
    engine: str


TITLE_HEIGHT = 26.0
FRAME_PADDING = 11.0
