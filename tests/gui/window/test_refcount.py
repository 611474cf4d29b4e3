"""Watches for a binding that eats references to None: PySide6 6.12.0 on Python 3.11 does.

Each void call took one reference; after some thousand calls the interpreter aborts. Where None is
immortal (Python 3.12 and newer) the count never moves.
"""

import sys

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainterPath
from PySide6.QtWidgets import QGraphicsRectItem

ROUNDS = 5_000
SLACK = 500


def test_void_calls_leave_the_reference_count_of_none_alone(qapp: object) -> None:
    item = QGraphicsRectItem()
    path = QPainterPath()
    before = sys.getrefcount(None)
    for k in range(ROUNDS):
        item.setRect(QRectF(0, 0, k, 1))
        path.lineTo(k, 1)
    assert abs(sys.getrefcount(None) - before) < SLACK
