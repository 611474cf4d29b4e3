"""An axis's numbers never run together, however narrow the plot is."""

from itertools import pairwise

import pyqtgraph as pg
import pytest
from PySide6.QtGui import QImage, QPainter

from gui.plots.number_axis import NumberAxis, with_room

RANGES = [
    (0.0, 1.0), (0.0, 13569.0), (0.0, 999_999.0), (-0.004, 0.004), (12.5, 13.1), (3e-9, 8e-9),
    (0.0, 2.5e7),
]  # fmt: skip
LOG_RANGES = [(-9.0, 2.0), (-1.2, 0.4), (0.0, 1.0), (2.1, 2.6), (-300.0, 10.0), (-2.0, 4.0)]


def numbers(side, low, high, length, *, log=False):
    """What stands on an axis of so many pixels: boxes and texts, from one end to the other."""
    upright = side == "left"
    view = pg.PlotWidget(axisItems={side: NumberAxis(side)})
    item = view.getPlotItem()
    item.setLogMode(x=log and not upright, y=log and upright)
    item.hideButtons()
    item.setRange(xRange=None if upright else (low, high), yRange=(low, high) if upright else None,
                  padding=0)  # fmt: skip
    axis = item.getAxis(side)
    view.resize(*((300, length + 30) if upright else (length + 60, 200)))
    view.grab()
    image = QImage(10, 10, QImage.Format.Format_RGB32)
    painter = QPainter(image)
    try:
        _, ticks, texts = axis.generateDrawSpecs(painter)
    finally:
        painter.end()
    key = (lambda spec: spec[0].top()) if upright else (lambda spec: spec[0].left())
    return ticks, sorted(texts, key=key)


@pytest.mark.parametrize("length", [90, 130, 180, 240, 400, 900])
@pytest.mark.parametrize(("low", "high", "log"), [
    *((low, high, False) for low, high in RANGES), *((low, high, True) for low, high in LOG_RANGES),
])  # fmt: skip
def test_numbers_side_by_side_keep_apart(qapp, low, high, log, length):
    ticks, texts = numbers("bottom", low, high, length, log=log)
    for (a, _, _), (b, _, _) in pairwise(texts):
        assert b.left() - a.right() >= 6
    assert ticks
    assert len(texts) >= (2 if length >= 240 else 1)


@pytest.mark.parametrize("length", [40, 60, 90, 150, 400])
@pytest.mark.parametrize(("low", "high", "log"), [
    *((low, high, False) for low, high in RANGES), *((low, high, True) for low, high in LOG_RANGES),
])  # fmt: skip
def test_numbers_above_each_other_keep_apart(qapp, low, high, log, length):
    _, texts = numbers("left", low, high, length, log=log)
    for (a, _, _), (b, _, _) in pairwise(texts):
        assert b.top() - a.bottom() >= -4, "boxes of texts hold some room within"


def test_where_there_is_room_nothing_is_left_out(qapp):
    _, texts = numbers("bottom", 0.0, 100.0, 900)
    assert len(texts) >= 6


def test_of_two_ways_to_thin_the_rounder_numbers_stay():
    spans = [(30.0 * k, 30.0 * k + 28) for k in range(6)]
    kept = with_room(spans, ["10", "20", "30", "40", "50", "60"], 8)
    assert kept == [0, 2, 4]
    assert with_room(spans, ["0.05", "0.1", "0.15", "0.2", "0.25", "0.3"], 8) == [1, 3, 5]
    assert with_room([], [], 8) == []
