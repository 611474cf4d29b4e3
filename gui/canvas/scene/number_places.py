"""Places for the numbers along the edges of a small scalar graph, without overlaps."""

import math
from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF
from PySide6.QtGui import QPainterPath

PLACES = (0.5, 0.42, 0.58, 0.34, 0.66, 0.27, 0.73, 0.2)
SAMPLES = 40
HEIGHT = 15.0
DISTANCE = 5.0


def beside(path: QPainterPath, at: float, width: float, height: float, side: int) -> QPointF:
    """Return the centre of a text above (side 1) or below (−1) a line, without touching it."""
    middle = path.pointAtPercent(at)
    angle = math.radians(path.angleAtPercent(at))
    across, up = -math.sin(angle), -math.cos(angle)  # the normal, upwards as y points down
    if up > 0:
        across, up = -across, -up
    reach = abs(across) * width / 2 + abs(up) * height / 2 + DISTANCE
    return QPointF(middle.x() + side * across * reach, middle.y() + side * up * reach)


def choose_places(
    paths: Sequence[QPainterPath],
    boxes: Sequence[QRectF],
    widths: Sequence[float],
    alone: Sequence[bool],
) -> list[tuple[float, int]]:
    """Return for each line the place with the fewest overlaps, and the gradient's side.

    The place is a share of the line's length, from 0 to 1.

    Of two numbers the gradient is below (−1); one that is ``alone`` may be above (1) as well.
    """
    lines = [_samples(path) for path in paths]
    taken: list[QRectF] = list(boxes)
    chosen = []
    for k, path in enumerate(paths):
        others = np.vstack([*(line for n, line in enumerate(lines) if n != k), np.empty((0, 2))])
        places = [(at, side) for at in PLACES for side in ((-1, 1) if alone[k] else (-1,))]
        costs = []
        for order, (at, side) in enumerate(places):
            pair = _rects(path, at, widths[k], (side,) if alone[k] else (1, -1))
            met = sum(_meets(rect, others) for rect in pair)
            met += sum(20.0 for rect in pair for other in taken if rect.intersects(other))
            costs.append((met + sum(_meets(r, lines[k]) for r in pair), order))
        at, side = places[min(costs)[1]]
        taken += _rects(path, at, widths[k], (side,) if alone[k] else (1, -1))
        chosen.append((at, side))
    return chosen


def _rects(path: QPainterPath, at: float, width: float, sides: Sequence[int]) -> list[QRectF]:
    found = []
    for side in sides:
        middle = beside(path, at, width, HEIGHT, side)
        corner = QPointF(middle.x() - width / 2, middle.y() - HEIGHT / 2)
        found.append(QRectF(corner.x(), corner.y(), width, HEIGHT))
    return found


def _meets(rect: QRectF, points: np.ndarray) -> float:
    inside = (points[:, 0] > rect.left() - 2) & (points[:, 0] < rect.right() + 2)
    inside &= (points[:, 1] > rect.top() - 2) & (points[:, 1] < rect.bottom() + 2)
    return float(np.count_nonzero(inside))


def _samples(path: QPainterPath) -> np.ndarray:
    points = [path.pointAtPercent(k / SAMPLES) for k in range(SAMPLES + 1)]
    return np.array([(p.x(), p.y()) for p in points])
