"""The legend's scale: unit and ends are there, it fits, and marks stand where they should."""

import numpy as np
import pytest
from PySide6.QtGui import QColor, QImage, QPainter

from engine.quantities import QUANTITIES
from gui.canvas.colour_bar import SPARE, TEXT_PIXELS, ScaleBar
from gui.canvas.colour_scales import fresh_scale
from gui.canvas.colour_values import Standing
from gui.canvas.legend import BAR_NARROWEST, EDGE, GAP, Legend
from gui.canvas.legend_strip import LegendStrip
from gui.canvas.look import text_width
from gui.canvas.palette import Palette
from gui.colour import MagnitudeScale
from gui.fonts import register_fonts
from gui.theme import DARK, LIGHT

NAMES = pytest.mark.parametrize("name", list(QUANTITIES))


def bar_of(name, **more):
    quantity = QUANTITIES[name]
    scale = fresh_scale(quantity.kind, 1e-300).anchored([1e-3, 0.3])
    return ScaleBar(Palette(LIGHT), scale, quantity, **more)


def painted(bar, width=320):
    image = QImage(width + 60, 58, QImage.Format.Format_RGB32)
    image.fill(QColor(LIGHT.canvas))
    painter = QPainter(image)
    bar.paint(painter, 20, 0, width)
    painter.end()
    return np.frombuffer(image.bits(), np.uint8).reshape(58, -1, 4)[:, :, :3].astype(int)


@pytest.fixture(autouse=True)
def fonts(qapp):
    register_fonts()


@NAMES
def test_the_unit_is_shown_even_in_the_narrowest_bar(qtbot, name):
    quantity = QUANTITIES[name]
    strip = LegendStrip(Legend(Palette(LIGHT), bar_of(name).scale, quantity=quantity))
    qtbot.addWidget(strip)
    bar = strip.legend.bar
    note = bar._note(BAR_NARROWEST + SPARE - bar.title_width)
    assert bar.unit in note
    assert text_width(note, TEXT_PIXELS) <= BAR_NARROWEST + SPARE - bar.title_width


@NAMES
@pytest.mark.parametrize("width", [436, 752, 1200])
def test_the_legend_fits_its_width(qtbot, name, width):
    quantity = QUANTITIES[name]
    legend = Legend(
        Palette(DARK),
        bar_of(name).scale,
        groups=True,
        full=False,
        quantity=quantity,
        edge_scale=MagnitudeScale(-12, 2),
    )
    strip = LegendStrip(legend)
    qtbot.addWidget(strip)
    for line in legend._lines(width):
        assert sum(section.width + GAP for section in line) - GAP <= width - 2 * EDGE + 1


@NAMES
def test_it_explains_itself(name):
    bar = bar_of(name)
    words = bar.explanation()
    low, high = bar.scale.end_texts
    for part in (bar.title, bar.symbol, bar.unit, low, high, bar.quantity.words):
        assert part in words
    kind = {"magnitude": "logarithmic", "fraction": "linear", "signed": "zero in the middle"}
    assert kind[bar.quantity.kind] in words


@pytest.mark.parametrize(
    ("name", "value", "place"),
    [("gradient-norm", 1e-2, 2 / 4), ("value-zeros", 0.25, 0.25), ("gradient-sign", 0.0, 0.5)],
)
def test_the_selection_is_marked_where_it_stands(name, value, place):
    bar = bar_of(name, selection=Standing("h", value))
    if name == "gradient-norm":
        bar.scale = MagnitudeScale(-4, 0, provisional=False)
    accent = QColor(LIGHT.accent)
    image = painted(bar)
    same = np.abs(image - [accent.blue(), accent.green(), accent.red()]).max(axis=2) < 6
    tip = np.flatnonzero(same[18:22].any(axis=0))  # above the bar there is the tip alone
    assert tip.mean() == pytest.approx(20 + 320 * place, abs=1.5)


def test_what_has_no_place_is_told_without_a_mark():
    bar = bar_of("value-zeros", selection=Standing("x → h", 3.0, placed=False))
    accent = QColor(LIGHT.accent)
    image = painted(bar)
    same = np.abs(image - [accent.blue(), accent.green(), accent.red()]).max(axis=2) < 6
    assert not same[18:22].any()
    assert (image != painted(bar_of("value-zeros"))).any()


def test_a_title_is_painted_where_no_control_stands():
    assert (painted(bar_of("value-zeros"))[:16, :120] < 120).any()
    held = painted(bar_of("value-zeros", title_width=140))
    assert not (held[:16, :120] < 120).any()
