"""The norm of the selected gradient over the last steps."""

import numpy as np
from PySide6.QtCore import QRectF

from engine.messages.frame import Past
from gui.panels.inspector.past_curve import PastCurve


def past(norms: list[float]) -> Past:
    return Past(np.arange(len(norms), dtype=np.int64), np.array(norms))


def test_a_line_falls_as_the_logarithm_of_the_norm_does(qtbot):
    curve = PastCurve()
    qtbot.addWidget(curve)
    curve.show_past(past([1.0, 1e-2, 1e-4]))
    (line,) = curve.lines(QRectF(0, 0, 100, 40))
    assert [(line.at(k).x(), line.at(k).y()) for k in range(line.size())] == [
        (0, 0),
        (50, 20),
        (100, 40),
    ]


def test_zeros_and_what_is_not_finite_are_gaps(qtbot):
    curve = PastCurve()
    qtbot.addWidget(curve)
    curve.show_past(past([1.0, 1.0, 0.0, 1.0, float("nan"), float("inf"), 1.0]))
    assert [piece.size() for piece in curve.lines(QRectF(0, 0, 60, 40))] == [2, 1, 1]


def test_it_is_hidden_where_there_is_nothing_to_tell(qtbot):
    curve = PastCurve()
    qtbot.addWidget(curve)
    for nothing in (None, past([0.0, 0.0])):
        curve.show_past(nothing)
        assert curve.isHidden()
    curve.show_past(past([3.0, 5.0, 4.0]))
    assert not curve.isHidden()
    assert curve.words() == "steps 0 to 2: from 3 to 4, at most 5"
    curve.resize(200, 40)
    assert not curve.grab().isNull()
