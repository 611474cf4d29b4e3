"""Random keys, wheel and double clicks on a crowded graph while it trains: nothing may raise.

A short run by default; ``GRADIENT_FLOW_SOAK_SECONDS=600`` with ``-o faulthandler_timeout=0`` makes
it a long one, and ``GRADIENT_FLOW_SOAK_SEED`` another.
"""

import os
import random
import time

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from tests.gui.rig import open_system

SECONDS = float(os.environ.get("GRADIENT_FLOW_SOAK_SECONDS", "6"))
SEED = int(os.environ.get("GRADIENT_FLOW_SOAK_SEED", "42"))
# What opens, closes, zooms, colours, lights and trains. Orders of gradients are often chosen.
ACTIONS = (
    *("open-groups", "open-depth-1", "open-depth-2", "open-depth-3", "close-groups") * 3,
    *("zoom-in", "zoom-out", "zoom-reset", "fit") * 2,
    *("run", "operation", "operation-back", "step", "reset", "refit"),
    *("forward-only", "with-gradients", "neurons", "shares", "leave"),
)
PAUSES_MS = (0, 0, 1, 5, 20, 50, 120)


def at_random(window, dice):
    """Do one thing that a hand could do, and say what."""
    view = window.canvas.view
    area = view.viewport().rect()
    point = QPoint(dice.randrange(area.width()), dice.randrange(area.height()))
    what = dice.random()
    if what < 0.6:
        name = dice.choice(ACTIONS)
        window.actions_by_id[name].trigger()
        return name
    if what < 0.75:
        delta = dice.choice((-240, -120, 120, 240))
        event = QWheelEvent(
            QPointF(point), QPointF(view.viewport().mapToGlobal(point)), QPoint(), QPoint(0, delta),
            Qt.MouseButton.NoButton, Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase,
            False,
        )  # fmt: skip
        QApplication.sendEvent(view.viewport(), event)
        return f"wheel {delta}"
    nodes = list(view.graph.visible.nodes) if view.graph.visible is not None else []
    closed = [n.index for n in nodes if n.group is not None]
    if closed and view.graph.placement is not None and what < 0.9:
        node = dice.choice(closed)
        point = view.mapFromScene(QPointF(*view.graph.placement.centres[node]))
    if what < 0.82:
        QTest.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
        return f"double click {point.toTuple()}"
    QTest.mouseMove(view.viewport(), point)
    QTest.mouseClick(view.viewport(), Qt.MouseButton.LeftButton, pos=point)
    return f"click {point.toTuple()}"


@pytest.mark.timeout(2 * SECONDS + 120)
@pytest.mark.parametrize("name", ["lstm", "resnet-cnn"])
def test_nothing_raises_whatever_is_opened_zoomed_and_trained(qtbot, window, name):
    dice = random.Random(SEED)
    open_system(window, qtbot, name)
    done, end = [], time.monotonic() + SECONDS
    while time.monotonic() < end:
        with qtbot.captureExceptions() as raised:
            done.append(at_random(window, dice))
            QTest.qWait(dice.choice(PAUSES_MS))
        assert not raised, (done[-12:], raised)
    assert len(done) > SECONDS
