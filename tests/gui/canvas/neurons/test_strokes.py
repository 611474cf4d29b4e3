"""The lines of a neuron view as pixels: quick ones at once, sharp ones when the weights rest."""

import numpy as np
import pytest
from PySide6.QtCore import QObject
from PySide6.QtGui import QImage, QPainter

from gui.appearance.theme import LIGHT
from gui.canvas.colours.palette import Palette
from gui.canvas.graph.neuron_plan import NeuronPlan, Spot
from gui.canvas.neurons.strokes import WeightLines


@pytest.fixture
def make(qapp):
    owners = []

    def strokes(values, heard=lambda: None):
        owners.append(QObject())
        made = WeightLines(NeuronPlan(*values.shape), owners[-1], heard)
        made.paint_as(Palette(LIGHT))
        made.show_values(values)
        return made

    yield strokes
    for owner in owners:
        owner.deleteLater()


def drawn(strokes, draw):
    """The pixels (height, width, 4: BGRA) of the field after ``draw(painter)``."""
    field = strokes.field
    size = round(field.width()), round(field.height())
    image = QImage(*size, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.translate(-field.topLeft())
    draw(painter)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(size[1], size[0], 4).astype(int)


def test_sign_is_blue_or_orange_and_magnitude_is_width(make):
    values = np.zeros((2, 2))
    values[0, 0], values[1, 1] = 1.0, -1.0
    strokes = make(values)
    pixels = drawn(strokes, strokes.draw_all)
    middle = pixels.shape[1] // 2
    half = pixels.shape[0] // 2
    upper, lower = pixels[:half, middle], pixels[half:, middle]
    assert upper[:, 0].sum() > upper[:, 2].sum() > -1  # blue over red
    assert lower[:, 2].sum() > lower[:, 0].sum()
    thick = (upper[:, 3] > 0).sum()
    values = values.copy()
    values[0, 0] = 0.2
    strokes.show_values(values)
    thin = (drawn(strokes, strokes.draw_all)[:half, middle, 3] > 0).sum()
    assert thick > thin > 0


def test_weights_of_zero_are_not_drawn(make):
    strokes = make(np.zeros((3, 3)))
    assert drawn(strokes, strokes.draw_all).max() == 0
    assert drawn(strokes, strokes.draw_live).max() == 0


def test_many_lines_are_quick_at_first_and_sharp_once_they_rest(make, qtbot):
    values = np.random.default_rng(0).normal(size=(32, 32))
    heard = []
    strokes = make(values, lambda: heard.append(True))
    quick = drawn(strokes, strokes.draw_live)
    assert quick.max() > 0
    qtbot.waitUntil(lambda: bool(heard), timeout=15_000)
    sharp, exact = drawn(strokes, strokes.draw_live), drawn(strokes, strokes.draw_all)
    assert np.abs(sharp - exact).mean() < 1.0
    assert np.abs(quick - exact).mean() > np.abs(sharp - exact).mean()


def test_new_weights_give_up_what_was_being_made_sharp(make, qtbot):
    random = np.random.default_rng(0)
    heard = []
    strokes = make(random.normal(size=(64, 64)), lambda: heard.append(True))
    drawn(strokes, strokes.draw_live)
    qtbot.waitUntil(lambda: strokes._sharp is not None, timeout=15_000)
    strokes.show_values(random.normal(size=(64, 64)))
    drawn(strokes, strokes.draw_live)
    assert strokes._sharp is None
    assert not heard


def test_what_is_not_finite_is_seen(make):
    values = np.full((2, 2), 0.5)
    before = make(values)
    without = drawn(before, before.draw_all)
    values = values.copy()
    values[0, 1] = np.nan
    after = make(values)
    assert (drawn(after, after.draw_all) != without).any()
    fan = drawn(after, lambda painter: after.draw_fan(painter, Spot("output", 1)))
    assert fan.max() > 0
